"""From a source to Articles: files and pasted text in, clean text with what is known of it out.

What is cleaned here is cleaned before any offset is taken: ``Article.text`` is the text that
every later span points into.  Documents for ``annotate`` come with the caller's own offsets,
so their text is checked but never changed.
"""

from __future__ import annotations

import calendar
import datetime
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mapper.errors import InputError, short
from mapper.model import Article, Span

MAX_CHARACTERS = 400_000
"""Longest text taken, in code points: about 65,000 English words."""

MAX_BYTES = 20_000_000
"""Largest article file taken, in bytes (pages carry scripts and images inline)."""

ENDINGS = (".txt", ".html", ".htm", ".md", ".markdown", ".jsonl")
"""Endings of the files that can be read."""

_HEAD_LINES = 8  # a publication date stands in the first lines or not at all
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_INVISIBLE = dict.fromkeys(
    [c for c in range(32) if c not in (9, 10)]
    + list(range(0x7F, 0xA0))
    + [0xFEFF, 0x200B, 0x2060, 0x00AD]
)
_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<day>\d\d)(?!\d)",
        r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?"
        + _MONTH
        + r",?\s+(?P<year>(?:19|20)\d\d)\b",
        r"\b" + _MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)\b",
    )
)
# What may stand beside a date on a line that does nothing but date the article.
_DATE_LINE = re.compile(
    r"(?:\W|\d|\b(?:first|last|date|dated|published|posted|updated|created|issued|on|at|by|time|"
    r"mon|tues?|wed|thur?s?|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"am|pm|hours?|hrs?|minutes?|mins?|days?|ago|gmt|utc|bst|e[sd]t|c[es]t|p[sd]t|noon|local|[a-z]{3}t)\b)*",
    re.IGNORECASE,
)
# "BAGHDAD, Dec 16, 2019 (Agency) -": capitals, a date with its year, a dash.
_DATELINE_LENGTH = 90
_DATELINE = re.compile(r"[A-Z][^.!?\n]*?\s*(?:--|[-–—]|:)\s")
_LABEL = re.compile(
    r"(?P<key>title|headline|date|published|source|url|link)\s*:\s*(?P<value>\S.*)", re.I
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read: its id (None if it has none) and one line on why."""

    id: str | None
    error: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document for ``annotate``: the article and the spans given with it, if any."""

    article: Article
    spans: tuple[Span, ...] | None = None


def clean(text: str) -> str:
    """Normalise a text that has no offsets yet.

    Line breaks become line feeds, tabs and no-break spaces a space, characters that cannot be
    seen go, lone surrogates become U+FFFD, letters are composed (NFC); runs of blank lines
    become one, and no line ends in spaces.  Quotes, dashes and paragraphs stay.
    """
    text = _LINE_BREAKS.sub("\n", text)
    text = re.sub("[\ud800-\udfff]", "�", text)
    text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    text = re.sub(r"[^\S\n]", " ", text)
    text = re.sub(r" +(?=\n|$)", "", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def article_from_text(
    text: str,
    *,
    id: str | None = None,
    published: str | None = None,
    title: str | None = None,
    url: str | None = None,
) -> Article:
    """An Article of a pasted or loaded plain text, cleaned.

    Publication date and title are read from the text's head where they stand there and are
    not given.  Without an ``id`` the article is named after its text's hash.

    Raises:
        InputError: the text is empty or too long, or ``published`` is no date.
    """
    text = clean(text)
    _check_length(text)
    head = read_head(text)
    url = url or head.get("url")
    return Article(
        id=id or text_id(text),
        text=text,
        published=iso_date(published) or head.get("published"),
        title=title or head.get("title"),
        url=url,
        domain=domain_of(url),
    )


def text_id(text: str) -> str:
    """A short id made of the text alone: ``text-`` and twelve hex digits of its SHA-256."""
    return "text-" + text_sha256(text)[:12]


def text_sha256(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def iso_date(value: str | None) -> str | None:
    """A publication date as ``YYYY-MM-DD``; of a timestamp its date, in its own time zone.

    Raises:
        InputError: the value is no calendar date.
    """
    if value is None or not value.strip():
        return None
    day = value.strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ].*)?", day):
        try:
            return datetime.date.fromisoformat(day[:10]).isoformat()
        except ValueError:
            pass
    raise InputError(f"publication date {short(value)} is no date: write it as YYYY-MM-DD")


def domain_of(url: str | None) -> str | None:
    """The host of an address without ``www.``, or None."""
    if not url:
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def read_head(text: str) -> dict[str, str]:
    """Title, publication date and address where a text states them at its head.

    A date counts only with its year, on a line of its own ("Published 16 December 2019,
    14:05 GMT"), after a label, or in a dateline; a date in running text is a date of the
    story.  Keys, each only if found: ``title``, ``published`` (ISO), ``url``.
    """
    found: dict[str, str] = {}
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines[:_HEAD_LINES]):
        label = _LABEL.fullmatch(line)
        if label and number < 6:
            key, value = label["key"].lower(), label["value"].strip()
            if key in ("title", "headline"):
                found.setdefault("title", value)
            elif key in ("url", "link", "source") and value.startswith(("http://", "https://")):
                found.setdefault("url", value)
        found_date = _head_date(line)
        if found_date:
            found.setdefault("published", found_date)
    first = lines[0] if lines else ""
    is_heading = len(lines) > 1 and len(first) <= 150 and not first.endswith((".", ":", ";", ","))
    if "title" not in found and is_heading and not _LABEL.match(first) and not _head_date(first):
        found["title"] = first
    return found


def _head_date(line: str) -> str | None:
    """The date of a line that dates the article, ISO, or None."""
    for pattern in _DATES:
        match = pattern.search(line)
        if not match:
            continue
        label = _LABEL.fullmatch(line)
        before, after = line[: match.start()], line[match.end() :]
        alone = bool(_DATE_LINE.fullmatch(before)) and bool(_DATE_LINE.fullmatch(after))
        labelled = label is not None and label["key"].lower() in ("date", "published")
        dateline = (
            before[:1].isupper()
            and before.split(",")[0].split("(")[0].strip().isupper()
            and match.end() <= _DATELINE_LENGTH
            and bool(_DATELINE.match(line[:_DATELINE_LENGTH], 0))
            and bool(re.match(r"[^.!?\n]{0,40}?(?:--|[-–—])\s", after))
        )
        if not (alone or labelled or dateline):
            continue
        groups = match.groupdict()
        month = int(groups["m"]) if groups.get("m") else _MONTHS[groups["month"].lower()]
        try:
            return datetime.date(int(groups["year"]), month, int(groups["day"])).isoformat()
        except ValueError:
            continue
    return None


def language(text: str) -> str:
    """ISO 639-1 code of the language the text is most likely in; ``und`` without letters.

    py3langid's naive Bayes over byte n-grams (Lui and Baldwin 2012).
    """
    if not any(character.isalpha() for character in text):
        return "und"
    # The head tells as much as the whole, and a long text costs time.
    code, _ = _identifier().classify(re.sub("[\ud800-\udfff]", " ", text[:20_000]))
    return str(code)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_note(code: str) -> str | None:
    """One line for the reader when the text is not in English, else None."""
    if code in ("en", "und"):
        return None
    return (
        f"the text seems to be in another language ({code}); "
        "only English is understood, so expect places and incidents to be missed"
    )


def read_path(path: Path | str, *, published: str | None = None) -> tuple[Article | Failure, ...]:
    """The articles of one file, by its ending (``ENDINGS``), in their order.

    A ``.jsonl`` gives an article a line; every other file one.  ``published`` goes before what
    a file seems to say of its date, but not before a ``.jsonl`` document's own.

    Raises:
        InputError: the file is missing, unreadable, too large, or of an unknown kind.
    """
    path = Path(path)
    try:
        data = path.read_bytes() if path.suffix.lower() in ENDINGS else b""
    except OSError as error:
        raise InputError(f"cannot read '{path}': {error.strerror or error}") from None
    return read_bytes(path.name, data, published=published)


def read_bytes(
    name: str, data: bytes, *, published: str | None = None
) -> tuple[Article | Failure, ...]:
    """As ``read_path``, of a file's name and content (an upload)."""
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"cannot read '{name}': its ending is none of {', '.join(ENDINGS)}")
    stem = Path(name).stem or "article"
    if _binary(data):
        return (Failure(stem, _no_text(data)),)
    if ending == ".jsonl":
        return tuple(
            item
            if isinstance(item, Failure)
            else replace(item.article, published=item.article.published or iso_date(published))
            for item in read_documents(data.splitlines())
        )
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{short(name)} has {len(data):,} bytes, more than {MAX_BYTES:,}: split it"
        )
    try:
        if ending in (".html", ".htm"):
            article = _from_html(data, stem)
        elif ending in (".md", ".markdown"):
            article = _from_markdown(_decode(data), stem)
        else:
            article = article_from_text(_decode(data), id=stem)
    except InputError as error:
        return (Failure(stem, str(error)),)
    return (replace(article, published=iso_date(published)) if published else article,)


# How files that hold no plain text begin, for those that were given the wrong ending.
_NO_TEXT = (
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"RIFF", "an image, sound or film (RIFF)"),
    (b"II*\x00", "an image (TIFF)"),
    (b"MM\x00*", "an image (TIFF)"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a packed or office document (ZIP, .docx, .odt)"),
    (b"\xd0\xcf\x11\xe0", "an old office document (.doc)"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"SQLite format 3", "a database"),
)


def _binary(data: bytes) -> bool:
    """Whether bytes are no text in any of the ways that are read: a tenth of them control it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return len(data) % 2 == 1  # UTF-16, which writes a letter in two bytes or four
    begins = data[:4096]
    odd = len(begins.translate(None, _WRITTEN))
    return odd > 0.1 * len(begins) or (odd > 0 and _kind_of(data) is not None)


_WRITTEN = bytes(b for b in range(256) if b >= 32 or b in b"\t\n\v\f\r\x1b")


def _kind_of(data: bytes) -> str | None:
    """What the bytes are by how they begin, where that is known to be no text."""
    return next((what for begins, what in _NO_TEXT if data.startswith(begins)), None)


def _no_text(data: bytes) -> str:
    """That a file is no text, what it is where that is known, and what to do."""
    kind = _kind_of(data)
    if kind:
        return f"this is not a text file but {kind}: save its text as .txt"
    return "this is not a text file: save the article's text as .txt in UTF-8, or paste it"


def _decode(data: bytes) -> str:
    """Text of UTF-8 bytes, or of UTF-16 that says so by its byte order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError(
                "this is not a text file, or a broken one: it begins as UTF-16 but is none from "
                f"byte {error.start}: save it as text in UTF-8"
            ) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if _kind_of(data):
            raise InputError(_no_text(data)) from None
        raise InputError(
            "this is not a text file, or its letters are written in another way than UTF-8 "
            f"(byte 0x{data[error.start]:02x} at offset {error.start}): save it as text in UTF-8"
        ) from None


def _from_html(data: bytes, stem: str) -> Article:
    """The article of a web page: its body by trafilatura, its title put first."""
    import trafilatura

    page = trafilatura.bare_extraction(
        data,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        # The upper bound would else be today: the same page must give the same date tomorrow.
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": "2199-12-31",
        },
    )
    meta: dict[str, Any] = page if isinstance(page, dict) else page.as_dict() if page else {}
    body = re.sub(r"\n+", "\n\n", clean(meta.get("text") or ""))
    if not body:
        raise InputError("no article text found in the page: paste its text instead")
    title = clean(meta.get("title") or "")
    if title and not body.startswith(title):
        body = f"{title}\n\n{body}"
    url = meta.get("url") or None
    _check_length(body)
    return Article(
        id=stem,
        text=body,
        published=_date_or_none(meta.get("date")) or read_head(body).get("published"),
        title=title or None,
        url=url,
        domain=domain_of(url) or meta.get("hostname") or None,
    )


def _from_markdown(source: str, stem: str) -> Article:
    """The plain text of Markdown, its front matter read as metadata."""
    import yaml

    meta: Mapping[str, Any] = {}
    front = re.match(r"---\s*\n(.*?\n)(?:---|\.\.\.)\s*(?:\n|$)", source, re.DOTALL)
    if front:
        try:
            loaded = yaml.safe_load(front[1])
        except yaml.YAMLError:
            raise InputError("the front matter between '---' lines is not YAML: mend it") from None
        if isinstance(loaded, Mapping):
            meta, source = loaded, source[front.end() :]
    values = {str(key).lower(): str(value) for key, value in meta.items() if value is not None}
    article = article_from_text(
        _plain(source),
        id=stem,
        title=values.get("title"),
        url=values.get("url") or values.get("link"),
    )
    stated = _date_or_none(values.get("date") or values.get("published"))
    return replace(article, published=stated) if stated else article


def _plain(markdown: str) -> str:
    """Paragraphs, headings and list items of Markdown as text, blank lines between."""
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    for token in MarkdownIt("commonmark", {"html": False}).parse(markdown):
        if token.type == "inline":
            parts = [
                "\n" if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            ]
            blocks.append("".join(parts))
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content)
    return "\n\n".join(blocks)


def _date_or_none(value: str | None) -> str | None:
    try:
        return iso_date(value)
    except InputError:
        return None


def _check_length(text: str) -> None:
    if not text.strip():
        raise InputError("the text is empty: nothing to map")
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"the text has {len(text):,} characters, more than {MAX_CHARACTERS:,}: "
            "split it into its articles"
        )


def read_documents(lines: Iterator[bytes] | list[bytes]) -> Iterator[Document | Failure]:
    """The documents of JSON lines, in their order; a blank line is skipped.

    ``text`` is taken as it stands, for the caller holds offsets into it.  A line that is no
    good document gives a Failure with its id, or with None and the line's number in words.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            yield Failure(None, f"line {number}: not UTF-8 (byte {error.start + 1} of the line)")
            continue
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "nested too deep")
            yield Failure(None, f"line {number}: not JSON ({reason})")
            continue
        if not isinstance(data, dict):
            yield Failure(None, f"line {number}: not an object but {short(data)}")
            continue
        identity = data.get("id")
        if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
            yield Failure(None, f'line {number}: no usable "id" ({short(identity)}): give a string')
            continue
        try:
            yield _document(data, str(identity))
        except InputError as error:
            yield Failure(str(identity), str(error))


def _document(data: Mapping[str, Any], identity: str) -> Document:
    text = data.get("text")
    if not isinstance(text, str):
        raise InputError(f'"text" must be a string, not {short(text)}')
    surrogate = re.search("[\ud800-\udfff]", text)
    if surrogate:
        raise InputError(
            f'"text" holds the lone surrogate U+{ord(surrogate[0]):04X} at {surrogate.start()}, '
            "which is no character: remove it"
        )
    _check_length(text)
    given: dict[str, str | None] = {}
    for key in ("published", "title", "url", "domain"):
        value = data.get(key)
        if value is not None and not isinstance(value, str):
            raise InputError(f'"{key}" must be a string or null, not {short(value)}')
        given[key] = re.sub("[\ud800-\udfff]", "�", value) if value else None
    article = Article(
        id=identity,
        text=text,
        published=iso_date(given["published"]),
        title=given["title"],
        url=given["url"],
        domain=given["domain"] or domain_of(given["url"]),
    )
    return Document(article, _spans(data["spans"], text) if data.get("spans") is not None else None)


def _spans(value: Any, text: str) -> tuple[Span, ...]:
    """The spans given with a document, checked against its text.

    Raises:
        InputError: one is not a pair of whole numbers, or does not lie within the text.
    """
    if not isinstance(value, list):
        raise InputError(f'"spans" must be a list of [start, end], not {short(value)}')
    spans: list[Span] = []
    for pair in value:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(n, int) and not isinstance(n, bool) for n in pair)
        ):
            raise InputError(f"span {short(pair)} is no pair of whole numbers [start, end]")
        start, end = pair
        if not 0 <= start < end <= len(text):
            raise InputError(f"span {short(pair)} does not lie within the {len(text)} characters")
        spans.append((start, end))
    return tuple(spans)
