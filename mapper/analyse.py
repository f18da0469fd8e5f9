"""The pipeline: an Article in, an Analysis out, every stage in its turn.

    read -> recognise -> resolve -> extract -> merge

``Analyser`` holds what is loaded once (encoder, gazetteer, ranker); the stages themselves
are plain functions that know neither it nor each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

from mapper.ahead import ahead
from mapper.errors import InputError, SetupError
from mapper.model import Analysis, Article, Incident, Mention, Provenance, Span
from mapper.read import article_from_text, language, text_sha256
from mapper.version import __version__

_PACKAGE = Path(__file__).parent
_CONFIGURATION = (
    _PACKAGE / "models",
    _PACKAGE / "ontology",
    _PACKAGE / "cues",
    _PACKAGE / "data",
    _PACKAGE.parent / "geodata" / "regions",
    _PACKAGE.parent / "geodata" / "curated",
)


class Stages(Protocol):
    """What the pipeline is made of; ``Analyser.open`` gives the real ones."""

    def read(self, text: str) -> Any:
        """Read the text once with the encoder."""

    def recognise(
        self, article: Article, reading: Any, given: Sequence[Span] | None
    ) -> tuple[Mention, ...]:
        """Find the mentions of places, or take the spans given."""

    def resolve(self, article: Article, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        """Give each mention its place."""

    def extract(
        self, article: Article, reading: Any, mentions: tuple[Mention, ...]
    ) -> tuple[Incident, ...]:
        """Find what happened, merged."""

    @property
    def gazetteer_name(self) -> str:
        """Name, version and hash of the gazetteer."""


class _Pipeline:
    """The project's own stages, with what they need loaded."""

    def __init__(self, gazetteer_path: Path | None = None) -> None:
        from geodata.gazetteer import Gazetteer, GazetteerError
        from mapper import encode, extract, merge, rank, recognise, resolve
        from mapper.extract import learned

        try:
            self._encoder = encode.Encoder.open()
            self._gazetteer = Gazetteer.open(gazetteer_path)
            learned.load_models()  # now, not at the first document
        except (encode.ModelError, learned.ModelFileError, GazetteerError) as error:
            raise SetupError(str(error)) from error
        self._ranker = rank.Ranker.open()
        self._recognise, self._resolve = recognise, resolve
        self._extract, self._merge = extract, merge

    @property
    def gazetteer(self) -> Any:
        return self._gazetteer

    @property
    def gazetteer_name(self) -> str:
        return gazetteer_name(self._gazetteer)

    def read(self, text: str) -> Any:
        return self._encoder.read(text)

    def recognise(
        self, article: Article, reading: Any, given: Sequence[Span] | None
    ) -> tuple[Mention, ...]:
        if given is None:
            return self._recognise.recognise(article, reading, self._gazetteer)
        return self._recognise.from_spans(article, given, reading, self._gazetteer)

    def resolve(self, article: Article, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        return self._resolve.resolve(article, mentions, self._gazetteer, self._ranker)

    def extract(
        self, article: Article, reading: Any, mentions: tuple[Mention, ...]
    ) -> tuple[Incident, ...]:
        found = self._extract.believed(article, reading, mentions)
        return self._merge.merge(article, found)


class Analyser:
    """Analyses articles with what was loaded once.

    >>> analyser = Analyser.open()  # doctest: +SKIP
    >>> analysis = analyser.analyse(article)  # doctest: +SKIP
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    @classmethod
    def open(cls, gazetteer_path: Path | None = None) -> Analyser:
        """Load the encoder, the gazetteer (``gazetteer_path`` or the shipped one) and the ranker.

        Raises:
            SetupError: a model or the gazetteer is missing or broken.
        """
        return cls(_Pipeline(gazetteer_path))

    @property
    def gazetteer(self) -> Any:
        """The gazetteer in use, for look-ups beside the pipeline (corrections)."""
        return getattr(self._stages, "gazetteer", None)

    def analyse(self, article: Article, given_spans: Sequence[Span] | None = None) -> Analysis:
        """All that one article says of places and incidents.

        With ``given_spans`` (code points, end exclusive) the mentions are those spans instead
        of recognised ones.

        Raises:
            InputError: the text is empty.
        """
        return self._analysis(article, given_spans, lambda: self._stages.read(article.text))

    def each(
        self, jobs: Iterable[tuple[Article, Sequence[Span] | None]]
    ) -> Iterator[Callable[[], Analysis]]:
        """For each article (with the spans given for it or None), in order, its analysis.

        What comes is a call that gives the analysis or raises as :meth:`analyse` does, so that
        one bad document takes no other along.  The next texts are read on other threads.
        """

        def read(job: tuple[Article, Sequence[Span] | None]) -> Any:
            return self._stages.read(job[0].text) if job[0].text.strip() else None

        for (article, spans), reading in ahead(jobs, read):
            yield partial(self._analysis, article, spans, reading)

    def _analysis(
        self,
        article: Article,
        given_spans: Sequence[Span] | None,
        read: Callable[[], Any],
    ) -> Analysis:
        if not article.text.strip():
            raise InputError("the text is empty: nothing to map")
        reading = read()
        mentions = self._placed(article, given_spans, reading)
        return Analysis(
            article=article,
            language=language(article.text),
            mentions=mentions,
            incidents=self._stages.extract(article, reading, mentions),
            provenance=Provenance(
                tool=f"incident-mapper {__version__}",
                config=config_hash(),
                gazetteer=self._stages.gazetteer_name,
                text_sha256=text_sha256(article.text),
            ),
        )

    def mentions(
        self, article: Article, given_spans: Sequence[Span] | None = None
    ) -> tuple[Mention, ...]:
        """The placed mentions alone, without looking for incidents (for measuring)."""
        return self._placed(article, given_spans, self._stages.read(article.text))

    def _placed(
        self, article: Article, given_spans: Sequence[Span] | None, reading: Any
    ) -> tuple[Mention, ...]:
        found = self._stages.recognise(article, reading, given_spans)
        return self._stages.resolve(article, found)


def gazetteer_name(gazetteer: Any) -> str:
    """``NAME VERSION sha256:HASH`` of a gazetteer, as provenance states it."""
    name = getattr(gazetteer, "name", "gazetteer")
    return f"{name} {gazetteer.version} sha256:{gazetteer.sha256}"


@lru_cache(maxsize=1)
def config_hash() -> str:
    """Sixteen hex digits over everything that steers the result beside the gazetteer.

    The models (with the thresholds stored beside them), the ontology, the cue words, the
    curated tables and the stages' own code: SHA-256 over names and contents in order.
    """
    digest = hashlib.sha256(__version__.encode())
    files = [path for folder in _CONFIGURATION for path in folder.rglob("*") if path.is_file()]
    files += [*_PACKAGE.glob("*.py"), *(_PACKAGE / "extract").glob("*.py")]
    for path in sorted(files):
        digest.update(str(path.relative_to(_PACKAGE.parent)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _analyser() -> Analyser:
    return Analyser.open()


def analyse(
    text: str,
    published: str | None = None,
    *,
    title: str | None = None,
    url: str | None = None,
) -> Analysis:
    """From a text to its analysis in one call; models are loaded at the first.

    ``published`` (ISO date) lets "on Monday" become a date; without it the date is read from
    the text's head where it stands there.

    >>> import mapper  # doctest: +SKIP
    >>> mapper.analyse("Rockets hit Basra on Monday.", "2019-12-17").incidents  # doctest: +SKIP

    Raises:
        InputError: the text is empty or too long, or ``published`` is no date.
    """
    return _analyser().analyse(article_from_text(text, published=published, title=title, url=url))
