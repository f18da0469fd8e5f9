"""Bringing articles in: paste, upload, samples; and the list of those there are."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import streamlit as st

from mapper.errors import MapperError
from mapper.model import Analysis, Article
from mapper.samples import samples
from mapper.store import Source
from mapper.views import engine, signing, state
from mapper.webmap.words import undated_for

LONG = 60_000
"""Code points from which a text takes long enough to be warned of."""


def bring_in(articles: list[tuple[Article, Source | None]], failures: list[str]) -> None:
    """Analyse articles one by one, saying how far it is; keep them, each with where it came from.

    The last is shown.  A failed article does not stop the others; each failure is told in a line.
    """
    progress = st.progress(0.0, text="Reading …")
    last = None
    for number, (article, source) in enumerate(articles, start=1):
        name = article.title or article.id
        words = len(article.text.split())
        progress.progress(
            (number - 0.7) / max(len(articles), 1),
            text=f"{number} of {len(articles)}: reading “{_short(name)}” ({words:,} words) …",
        )
        try:
            article = _fresh(article)
            analysis = engine.analyse(article)
            state.store().put_article(article)
            if source:
                state.store().put_source(article.id, source)
            state.store().put_analysis(analysis)
        except MapperError as error:
            failures.append(f"“{_short(name)}”: {error}")
            continue
        except Exception as error:  # whatever a text does to the pipeline, the app goes on
            reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
            failures.append(
                f"“{_short(name)}” could not be analysed "
                f"({type(error).__name__}: {reason[:160]}). The other articles are not affected."
            )
            continue
        last = article.id
        state.changed(article.id)
        _remark(analysis, name)
    progress.empty()
    st.session_state.unread = (tuple(failures), last is not None)
    if last:
        st.session_state.article = last
        state.select(None)
        st.session_state.fit += 1


def unread() -> None:
    """What could not be brought in, and why, in sight wherever the page is scrolled to.

    It stays until it is closed: whoever brought in many files has to go back to some.
    """
    failures, others = st.session_state.unread or ((), False)
    if not failures:
        return
    with st.container(key="unread", border=True):
        st.markdown(
            f"**Not brought in: {len(failures)}.**" + (" The rest is on the map." if others else "")
        )
        # As text, not as markup: names of files and words of errors are what others wrote.
        with st.container(key="unread-list"):
            for failure in failures:
                st.text(failure)
        st.button("Close", key="unread-close", on_click=_forget_unread)


def _forget_unread() -> None:
    st.session_state.unread = None


def _fresh(article: Article) -> Article:
    """The article under an id that no other text in the workspace has."""
    identity, copy = article.id, 2
    while True:
        there = state.store().article(identity)
        if there is None or there.text == article.text:
            return replace(article, id=identity)
        identity = f"{article.id}-{copy}"
        copy += 1


def _remark(analysis: Analysis, name: str) -> None:
    placed = sum(1 for incident in analysis.incidents if incident.places)
    if not analysis.incidents:
        state.note(
            "info",
            f"“{_short(name)}” was read, but no incident was found in it. "
            "You can select a sentence in the text and add one by hand.",
        )
    elif not placed:
        state.note(
            "info",
            f"“{_short(name)}”: {len(analysis.incidents)} incidents, but none at a place that "
            "could be found. They are listed under “Not on the map”.",
        )


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= 60 else line[:59] + "…"


def _told(file: str, identity: str | None) -> str:
    """The name of what failed: the file's, and of one among many in it its own."""
    several = file.lower().endswith(".jsonl") and identity
    return f"{_short(file)}, {_short(identity)}" if several and identity else _short(file)


def _day(typed: str) -> str | None:
    """A date of publication as typed (2024-05-14, 14 May 2024) in its ISO form; None for nothing.

    Raises:
        InputError: it is no day of the calendar.
    """
    from mapper.read import iso_date
    from mapper.views.correct import iso_in_words

    form = iso_in_words(typed)
    return iso_date(form if len(form) == len("YYYY-MM-DD") else typed)


def _sentence(error: Exception) -> str:
    """An error as a sentence of its own."""
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def open_sample() -> None:
    """Map the first sample, for a workspace that is empty."""
    for sample in samples()[:1]:
        bring_in([(sample.article, _source("sample", sample.article.text.encode()))], [])


def _source(name: str, raw: bytes) -> Source:
    """Where an article came from, now."""
    return Source(name, hashlib.sha256(raw).hexdigest(), state.now())


def sidebar() -> None:
    """The sidebar: add articles, choose one, what the map may ask of whom."""
    with st.sidebar:
        st.title("Incident Mapper")
        if st.button("Add articles", type="primary", width="stretch", icon=":material/add:"):
            add_articles()
        _list()
        with st.expander("Settings", icon=":material/settings:"):
            signing.field("settings", "Your name, for the log of corrections")
            st.toggle(
                "Street map from the internet",
                key="tiles",
                help="Off: nothing leaves this computer. On: your browser asks "
                "tile.openstreetmap.org for pictures of the area you look at, and so tells it "
                "which area that is. The article itself is never sent.",
            )
            if st.session_state.get("tiles"):
                st.warning(
                    "Your browser now asks tile.openstreetmap.org for map pictures of the "
                    "area you look at.",
                    icon=":material/public:",
                )
            st.caption("Workspace file, saved at every change:")
            # Not st.code, which for one line loads a highlighter of all languages: 1.5 MB.
            st.text(str(state.workspace_path()))


def _list() -> None:
    articles = state.store().articles()
    memory = st.session_state
    if not articles:
        memory.article = None
        return
    ids = [item.id for item in articles]
    if memory.article != state.ALL and memory.article not in ids:
        memory.article = ids[0]
    # No counts here: a correction draws the page beside this list, but not the list.
    names = {item.id: _short(item.title or item.id) for item in articles}
    names[state.ALL] = f"All {len(ids)} articles"
    options = ([state.ALL] if len(ids) > 1 else []) + ids
    # The widget's key names what is chosen, so that a choice made elsewhere is shown here.
    at = options.index(memory.article) if memory.article in options else 0
    key = f"articles-{memory.article}-{len(ids)}"
    title = "Articles"
    chosen = (
        st.radio(title, options, at, format_func=names.__getitem__, key=key)
        if len(ids) <= 12
        else st.selectbox(title, options, at, format_func=names.__getitem__, key=key)
    )
    if chosen != memory.article:
        memory.article = chosen
        state.select(None)
        memory.fit += 1
        st.rerun()
    if memory.article != state.ALL:
        _article_data(memory.article)


def _article_data(identity: str) -> None:
    article = state.store().article(identity)
    if article is None:
        return
    with (
        st.expander("About this article", icon=":material/description:"),
        st.form(f"about-{identity}", border=False),
    ):
        title = st.text_input("Title", article.title or "", max_chars=300)
        published = st.text_input(
            "Published",
            article.published or "",
            max_chars=40,
            placeholder="YYYY-MM-DD",
            help="“On Monday” can become a date only when it is known when the text was published.",
        )
        outlet = st.text_input("Source", article.domain or "", max_chars=200)
        url = st.text_input("Address", article.url or "", max_chars=2000)
        if source := state.store().source(identity):
            st.caption(f"Brought in {source.at[:10]} {source.at[11:16]} UTC")
            st.text(f"{source.name}\nSHA-256 {source.sha256}")
        kept = st.form_submit_button("Save and analyse again", width="stretch")
        gone = st.form_submit_button("Remove from the workspace", width="stretch")
    if kept:
        from mapper.read import domain_of

        try:
            day = _day(published)
        except MapperError as error:
            st.error(_sentence(error))
            return
        changed = replace(
            article,
            title=title.strip() or None,
            url=url.strip() or None,
            domain=outlet.strip() or domain_of(url.strip() or None),
            published=day,
        )
        bring_in([(changed, None)], [])
        st.rerun()
    if gone:
        state.store().remove_article(identity)
        state.changed()
        st.session_state.article = None
        state.select(None)
        state.note("info", "The article is off the map; its corrections stay in the log.")
        st.rerun()


def notices(analysis: Analysis) -> None:
    """What holds for an article for as long as it is shown: its language, a date it lacks."""
    from mapper.read import language_note

    # A container that is always there: what follows keeps its place.
    with st.container(key="notices"):
        if said := language_note(analysis.language):
            st.warning(f"{said[:1].upper()}{said[1:]}.", icon=":material/translate:")
        waiting = [found for i in analysis.incidents if (found := undated_for(analysis, i))]
        if waiting:
            many = "1 incident has" if len(waiting) == 1 else f"{len(waiting)} incidents have"
            words = ", ".join(f"“{word}”" for word in dict.fromkeys(waiting))
            st.info(
                f"{many} no date: the text says {words}. Which day that was depends on when "
                "the text was published, and that is not known.",
                icon=":material/event:",
            )
            if st.button("Give the date of publication", key="give-date"):
                give_date(analysis.article)


@st.dialog("When was it published?")
def give_date(article: Article) -> None:
    """Ask for the date of publication alone, and read the article again with it."""
    with st.form("give-date-form", border=False):
        typed = st.text_input("Published", max_chars=40, placeholder="YYYY-MM-DD")
        given = st.form_submit_button("Save and analyse again", type="primary")
    if not given:
        return
    try:
        day = _day(typed)
    except MapperError as error:
        st.error(_sentence(error))
        return
    if day is None:
        st.error("Write the date first, for example 2024-05-14.")
        return
    bring_in([(replace(article, published=day), None)], [])
    st.rerun()


@st.dialog("Add articles", width="large")
def add_articles() -> None:
    """Paste a text, upload files, or take a sample."""
    from mapper.read import ENDINGS, Failure, article_from_text, read_bytes

    given, upload, sample = st.tabs(["Paste a text", "Upload files", "Samples"])
    found: list[tuple[Article, Source | None]] = []
    failures: list[str] = []
    with given, st.form("paste", border=False):
        text = st.text_area(
            "Text of the article", height=260, placeholder="Paste the article here."
        )
        left, right = st.columns(2)
        title = left.text_input("Title (read from the text if left empty)", max_chars=300)
        published = right.text_input(
            "Published (read from the text if left empty)", max_chars=40, placeholder="YYYY-MM-DD",
            help="Without a date of publication, “on Monday” stays undated.",
        )  # fmt: skip
        left, right = st.columns(2)
        outlet = left.text_input("Source (for example, the newspaper's domain)", max_chars=200)
        url = right.text_input("Address of the article", max_chars=2000)
        if st.form_submit_button("Show on the map", type="primary"):
            try:
                article = article_from_text(
                    text,
                    title=title.strip() or None,
                    published=_day(published),
                    url=url.strip() or None,
                )
                article = replace(article, domain=outlet.strip() or article.domain)
                found.append((article, _source("pasted text", text.encode("utf-8", "replace"))))
            except MapperError as error:
                st.error(_sentence(error))
    with upload, st.form("upload", border=False):
        files = st.file_uploader(
            "Articles", type=[ending[1:] for ending in ENDINGS], accept_multiple_files=True,
            help=f"One article a file ({', '.join(ENDINGS[:-1])}), or one a line in a .jsonl file.",
        )  # fmt: skip
        published = st.text_input(
            "Published, where a file does not say", max_chars=40, placeholder="YYYY-MM-DD"
        )
        if st.form_submit_button("Show on the map", type="primary"):
            try:
                day = _day(published)
            except MapperError as error:
                st.error(_sentence(error))
                return
            for file in files:
                source = _source(file.name, file.getvalue())
                try:
                    for item in read_bytes(file.name, file.getvalue(), published=day):
                        if isinstance(item, Failure):
                            failures.append(f"“{_told(file.name, item.id)}”: {item.error}.")
                        else:
                            found.append((item, source))
                except MapperError as error:
                    failures.append(f"“{_short(file.name)}”: {error}.")
            if not files:
                st.error("Choose at least one file first.")
    with sample:
        for example in samples():
            article = example.article
            if st.button(article.title or article.id, key=f"sample-{article.id}"):
                found.append((article, _source("sample", article.text.encode())))
            st.caption(example.note)
    if sum(len(article.text) for article, _ in found) > LONG:
        st.info("That is a long text: reading it may take a minute.")
    if failures and not found:
        # Nothing to show: the dialog stays open, with what is wrong beside what was chosen.
        with upload:
            for failure in failures:
                st.error(failure)
        return
    if found:
        bring_in(found, failures)
        st.rerun()
