"""Where work is kept: articles, what was found in them, and every correction.

``Store`` is what the app asks of it; ``GeoPackageStore`` keeps it in one file.  Another
database behind the same interface needs no change elsewhere.  A store knows no user
interface, no clock and no pipeline.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import shapely

from mapper import corrections, decode
from mapper.corrections import Corrected, Correction
from mapper.errors import MapperError, OutputError
from mapper.export.crosswalk import vaguest
from mapper.export.features import incident_geometry, label
from mapper.model import Analysis, Article, Incident
from mapper.read import text_sha256

_SCHEMA = Path(__file__).parent / "schema" / "workspace.sql"
_VERSION = "1"
_APPLICATION_ID = 0x47504B47  # "GPKG"
_ADDED = ("source_name", "source_sha256", "brought_in")
_WAIT_S = 10.0  # for another process that is writing
_KEPT = 48_000_000  # characters of analyses whose decoded values are kept: some 300 MB


class StoreError(MapperError):
    """The workspace cannot be used; the text says why in one line."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list of articles: its data without the text, and how much was found.

    ``incidents`` is None before the first analysis.
    """

    id: str
    title: str | None
    published: str | None
    url: str | None
    domain: str | None
    incidents: int | None
    corrections: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article came from, so that others can check it against the original.

    ``name`` is the file's, or says how else it came; ``sha256`` is of the raw bytes as they
    were brought in, before any cleaning; ``at`` an ISO 8601 time in UTC.
    """

    name: str
    sha256: str
    at: str


class Store(Protocol):
    """What is asked of a store."""

    def put_article(self, article: Article) -> None:
        """Keep an article, or its changed data (title, date, address)."""

    def article(self, article_id: str) -> Article | None:
        """An article with its text."""

    def articles(self) -> tuple[Summary, ...]:
        """All articles in the order they came, without texts."""

    def remove_article(self, article_id: str) -> None:
        """Take an article off the list; its corrections stay in the log."""

    def put_source(self, article_id: str, source: Source) -> None:
        """Keep where an article came from; what was kept first stays."""

    def source(self, article_id: str) -> Source | None:
        """Where an article came from, if that is known."""

    def put_analysis(self, analysis: Analysis) -> None:
        """Keep what the machine found, and its article."""

    def analysis(self, article_id: str) -> Analysis | None:
        """What the machine found last."""

    def corrected(self, article_id: str) -> Corrected | None:
        """What the machine found last, with the corrections."""

    def stamp(self) -> Hashable:
        """A value that changes with every correction, analysis and article, whoever wrote it."""

    def correct(self, entry: Correction) -> Correction:
        """Append an entry to the log; returns it with its number."""

    def undo(self, article_id: str, *, user: str, at: str) -> Correction | None:
        """Take the article's last correction back; None if there is none."""

    def redo(self, article_id: str, *, user: str, at: str) -> Correction | None:
        """Bring the article's last undone correction back; None if there is none."""

    def log(self, article_id: str | None = None) -> tuple[Correction, ...]:
        """The log, of one article or all, oldest first."""

    def setting(self, key: str) -> Any:
        """A value kept under a key (what is selected and filtered), or None."""

    def put_setting(self, key: str, value: Any) -> None:
        """Keep a JSON value under a key."""


@dataclass(frozen=True, slots=True)
class _Revision:
    """What of the file an article's state rests on: unequal as soon as any of it was written."""

    file: tuple[int, int]
    article: tuple[Any, ...]
    analysis: int
    correction: int


@dataclass(frozen=True, slots=True)
class _State:
    """An article's decoded analysis, as found and as corrected, at a revision."""

    revision: _Revision
    found: Analysis
    corrected: Corrected
    size: int


class _Kept:
    """The decoded states last used, shared by all threads, up to a sum of sizes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, article_id: str) -> _State | None:
        """The state kept last, of whatever revision."""
        with self._lock:
            state = self._states.get(article_id)
            if state:
                self._states.move_to_end(article_id)
            return state

    def put(self, article_id: str, state: _State) -> None:
        """Keep a state; the ones not used for longest go."""
        with self._lock:
            self._states[article_id] = state
            self._states.move_to_end(article_id)
            size = sum(kept.size for kept in self._states.values())
            while size > self._room and len(self._states) > 1:
                size -= self._states.popitem(last=False)[1].size


class GeoPackageStore:
    """A workspace in one GeoPackage (SQLite) file.

    Every call is a transaction of its own and saved when it returns; the file may be shared by
    threads and processes.  ``incidents`` in it is a layer that any GIS opens.

    What was decoded last is kept in memory and given again, the same objects, for as long as
    nobody wrote anything of the article: no call decodes or applies twice what did not change.
    """

    def __init__(self, path: Path, kept: int = _KEPT) -> None:
        self.path = path
        self._kept = _Kept(kept)
        self._decoding = threading.Lock()

    @classmethod
    def open(cls, path: Path | str) -> GeoPackageStore:
        """Open a workspace file, or make it where there is none.

        Raises:
            StoreError: the file is something else, or of a newer version.
            OutputError: it cannot be made.
        """
        path = Path(path)
        store = cls(path)
        try:
            if not path.exists() or path.stat().st_size == 0:
                store._make()
            with store._connected() as database:
                (identity,) = database.execute("PRAGMA application_id").fetchone()
                row = database.execute(
                    "SELECT value FROM settings WHERE key = 'workspace_version'"
                ).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                raise StoreError(f"'{path}' is no workspace: choose another file") from None
            raise OutputError(f"cannot open workspace '{path}': {error}") from None
        except sqlite3.DatabaseError:
            raise StoreError(f"'{path}' is no workspace: choose another file") from None
        if identity != _APPLICATION_ID or row is None:
            raise StoreError(f"'{path}' is no workspace: choose another file")
        if row[0] != _VERSION:
            raise StoreError(
                f"'{path}' is a workspace of version {row[0]}, this program reads "
                f"{_VERSION}: use the newer program"
            )
        store._complete()
        return store

    def _make(self) -> None:
        """All tables in one transaction: a half-made file must not look like a workspace."""
        script = _SCHEMA.read_text(encoding="utf-8")
        with self._connected() as database:
            database.executescript(f"BEGIN IMMEDIATE;\n{script}\nCOMMIT;")

    def _complete(self) -> None:
        """Add the columns that workspaces made before them lack."""

        def missing(database: sqlite3.Connection) -> list[str]:
            there = {row[1] for row in database.execute("PRAGMA table_info(articles)")}
            return [name for name in _ADDED if name not in there]

        with self._connected() as database:
            if not missing(database):
                return
        with self._writing() as database:
            for name in missing(database):
                database.execute(f"ALTER TABLE articles ADD COLUMN {name} TEXT")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            yield database
        finally:
            database.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection whose troubles (full disk, file gone or locked) are told in one line."""
        try:
            with self._connected() as database:
                yield database
        except sqlite3.OperationalError as error:
            raise StoreError(f"cannot use workspace '{self.path}': {error}") from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or nothing."""
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    # ----------------------------------------------------------------------- articles

    def put_article(self, article: Article) -> None:
        """Keep an article, or its changed data; the text of an id never changes.

        Raises:
            StoreError: another text was kept under this id.
        """
        with self._writing() as database:
            _put_article(database, article)

    def article(self, article_id: str) -> Article | None:
        """An article with its text; None if there is none of this id."""
        with self._reading() as database:
            return _article(database, article_id)

    def articles(self) -> tuple[Summary, ...]:
        """All articles in the order they came, without texts."""
        with self._reading() as database:
            rows = database.execute(
                """
                SELECT id, title, published, url, domain,
                  CASE WHEN EXISTS (SELECT 1 FROM analyses WHERE article = articles.id)
                    THEN (SELECT count(*) FROM incidents WHERE article = articles.id) END,
                  (SELECT count(*) FROM corrections WHERE article = articles.id)
                FROM articles WHERE NOT removed ORDER BY number
                """
            )
            return tuple(Summary(*row) for row in rows)

    def remove_article(self, article_id: str) -> None:
        """Take an article off the list and the map; the log keeps its corrections."""
        with self._writing() as database:
            database.execute("UPDATE articles SET removed = 1 WHERE id = ?", (article_id,))
            database.execute("DELETE FROM incidents WHERE article = ?", (article_id,))

    def put_source(self, article_id: str, source: Source) -> None:
        """Keep where an article came from; what was kept first stays."""
        with self._writing() as database:
            database.execute(
                "UPDATE articles SET source_name = ?, source_sha256 = ?, brought_in = ? "
                "WHERE id = ? AND source_sha256 IS NULL",
                (source.name, source.sha256, source.at, article_id),
            )

    def source(self, article_id: str) -> Source | None:
        """Where an article came from; None where that was not told."""
        with self._reading() as database:
            row = database.execute(
                "SELECT source_name, source_sha256, brought_in FROM articles "
                "WHERE id = ? AND source_sha256 IS NOT NULL",
                (article_id,),
            ).fetchone()
        return Source(*row) if row else None

    # ----------------------------------------------------------------------- analyses

    def put_analysis(self, analysis: Analysis) -> None:
        """Keep what the machine found, and its article; earlier analyses stay."""
        written = json.dumps(analysis.to_dict(), ensure_ascii=False, allow_nan=False)
        with self._writing() as database:
            _put_article(database, analysis.article)
            last = _last_analysis(database, analysis.article.id)
            if last != written:
                database.execute(
                    "INSERT INTO analyses (article, analysis) VALUES (?, ?)",
                    (analysis.article.id, written),
                )
            state = self._state(database, analysis.article.id)
            _draw(database, analysis.article.id, None, state)
        if state:
            self._kept.put(analysis.article.id, state)

    def analysis(self, article_id: str) -> Analysis | None:
        """What the machine found last; None before that."""
        with self._reading() as database:
            state = self._state(database, article_id)
        if state:
            self._kept.put(article_id, state)
        return state.found if state else None

    def corrected(self, article_id: str) -> Corrected | None:
        """What the machine found last, with the corrections that stand."""
        with self._reading() as database:
            state = self._state(database, article_id)
        if state:
            self._kept.put(article_id, state)
        return state.corrected if state else None

    def stamp(self) -> Hashable:
        """A value that changes with every correction, analysis and article, whoever wrote it.

        An article's title, source or address alone do not change it.
        """
        with self._reading() as database:
            row = database.execute(
                """
                SELECT (SELECT max(number) FROM analyses), (SELECT max(number) FROM corrections),
                  (SELECT count(*) FROM articles WHERE NOT removed)
                """
            ).fetchone()
        file = self.path.stat()
        return (file.st_dev, file.st_ino, *row)

    def _state(
        self, database: sqlite3.Connection, article_id: str, before: _State | None = None
    ) -> _State | None:
        """The article's state as the connection sees it, decoded only as far as it must be.

        ``before`` is an earlier state that the caller has.
        """
        revision = self._revision(database, article_id)
        if revision is None:
            return None
        known = before or self._kept.get(article_id)
        if known and known.revision == revision:
            return known
        # Analyses and log only ever grow: what is read up to these numbers is one state, whatever
        # others write meanwhile.
        log = [e for e in _log(database, article_id) if e.number <= revision.correction]
        if known and replace(known.revision, correction=revision.correction) == revision:
            further = [e for e in log if e.number > known.revision.correction]
            if revision.correction > known.revision.correction and not any(
                e.action in ("undo", "redo") for e in further
            ):
                corrected = corrections.advance(known.corrected, further)
            else:
                corrected = corrections.apply(known.found, log)
            return replace(known, revision=revision, corrected=corrected)
        article = _article(database, article_id)
        (written,) = database.execute(
            "SELECT analysis FROM analyses WHERE number = ?", (revision.analysis,)
        ).fetchone()
        assert article is not None
        # One at a time: of several sessions that open an article at once, one decodes it.
        # Nothing is asked of the database meanwhile, so that no writer waits for this.
        with self._decoding:
            known = self._kept.get(article_id)
            if known and known.revision == revision:
                return known
            found = decode.analysis(_shared_areas(json.loads(written)), article)
            state = _State(revision, found, corrections.apply(found, log), len(written))
            if not database.in_transaction:  # what is not yet written may be taken back
                self._kept.put(article_id, state)
            return state

    def _revision(self, database: sqlite3.Connection, article_id: str) -> _Revision | None:
        row = database.execute(
            """
            SELECT (SELECT max(number) FROM analyses WHERE article = articles.id),
              (SELECT max(number) FROM corrections WHERE article = articles.id),
              published, title, url, domain, text_sha256
            FROM articles WHERE id = ?
            """,
            (article_id,),
        ).fetchone()
        if row is None or row[0] is None:
            return None
        file = self.path.stat()
        return _Revision((file.st_dev, file.st_ino), tuple(row[2:]), row[0], row[1] or 0)

    # -------------------------------------------------------------------- corrections

    def correct(self, entry: Correction) -> Correction:
        """Append an entry to the log, saved when this returns; it comes back numbered.

        Raises:
            StoreError: there is no such article.
        """
        with self._writing() as database:
            made, state = self._appended(database, entry)
        if state:
            self._kept.put(entry.article, state)
        return made

    def undo(self, article_id: str, *, user: str, at: str) -> Correction | None:
        """Take the article's last standing correction back."""
        with self._writing() as database:
            entry = corrections.undo(_log(database, article_id), user=user, at=at)
            if entry is None:
                return None
            made, state = self._appended(database, entry)
        if state:
            self._kept.put(article_id, state)
        return made

    def redo(self, article_id: str, *, user: str, at: str) -> Correction | None:
        """Bring the article's last undone correction back."""
        with self._writing() as database:
            entry = corrections.redo(_log(database, article_id), user=user, at=at)
            if entry is None:
                return None
            made, state = self._appended(database, entry)
        if state:
            self._kept.put(article_id, state)
        return made

    def _appended(
        self, database: sqlite3.Connection, entry: Correction
    ) -> tuple[Correction, _State | None]:
        """The numbered entry, and the article's state after it, drawn."""
        before = self._state(database, entry.article)
        made = _append(database, entry)
        after = self._state(database, entry.article, before)
        _draw(database, entry.article, before, after)
        return made, after

    def log(self, article_id: str | None = None) -> tuple[Correction, ...]:
        """The log, of one article or all, oldest first."""
        with self._reading() as database:
            return _log(database, article_id)

    # ----------------------------------------------------------------------- settings

    def setting(self, key: str) -> Any:
        """A value kept under a key, or None."""
        with self._reading() as database:
            row = database.execute(
                "SELECT value FROM settings WHERE key = ?", (f"app:{key}",)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def put_setting(self, key: str, value: Any) -> None:
        """Keep a JSON value under a key."""
        written = json.dumps(value, ensure_ascii=False)
        with self._writing() as database:
            database.execute(
                "INSERT INTO settings (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (f"app:{key}", written),
            )


def _put_article(database: sqlite3.Connection, article: Article) -> None:
    digest = text_sha256(article.text)
    row = database.execute(
        "SELECT text_sha256 FROM articles WHERE id = ?", (article.id,)
    ).fetchone()
    if row and row[0] != digest:
        raise StoreError(f"article '{article.id}' is there with another text: give it another id")
    database.execute(
        """
        INSERT INTO articles (id, text, published, title, url, domain, text_sha256)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET published = excluded.published, title = excluded.title,
            url = excluded.url, domain = excluded.domain, removed = 0
        """,
        (
            article.id,
            article.text,
            article.published,
            article.title,
            article.url,
            article.domain,
            digest,
        ),
    )


def _article(database: sqlite3.Connection, article_id: str) -> Article | None:
    row = database.execute(
        "SELECT id, text, published, title, url, domain FROM articles WHERE id = ?", (article_id,)
    ).fetchone()
    return Article(*row) if row else None


def _last_analysis(database: sqlite3.Connection, article_id: str) -> str | None:
    row = database.execute(
        "SELECT analysis FROM analyses WHERE article = ? ORDER BY number DESC LIMIT 1",
        (article_id,),
    ).fetchone()
    return str(row[0]) if row else None


def _shared_areas(data: dict[str, Any]) -> dict[str, Any]:
    """The JSON of an analysis with one object for each area that several of its places have."""
    known: dict[str, Any] = {}
    places = [mention["place"] for mention in data["mentions"] if mention["place"]]
    for incident in data["incidents"]:
        places += incident["places"]
        places += incident.get("unsure", ())
    for place in places:
        if place["geometry"] is not None:
            first = known.setdefault(place["id"], place["geometry"])
            if first == place["geometry"]:
                place["geometry"] = first
    return data


def _append(database: sqlite3.Connection, entry: Correction) -> Correction:
    if not database.execute("SELECT 1 FROM articles WHERE id = ?", (entry.article,)).fetchone():
        raise StoreError(f"there is no article '{entry.article}' in the workspace")
    target = json.dumps(entry.target.to_dict(), ensure_ascii=False) if entry.target else None
    cursor = database.execute(
        "INSERT INTO corrections (article, action, target, attribute, old, new, why, user, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.article,
            entry.action,
            target,
            entry.attribute,
            json.dumps(entry.old, ensure_ascii=False),
            json.dumps(entry.new, ensure_ascii=False),
            entry.why,
            entry.user,
            entry.at,
        ),
    )
    assert cursor.lastrowid is not None
    return replace(entry, number=cursor.lastrowid)


def _log(database: sqlite3.Connection, article_id: str | None) -> tuple[Correction, ...]:
    where, values = ("WHERE article = ?", (article_id,)) if article_id is not None else ("", ())
    rows = database.execute(
        "SELECT number, article, action, target, attribute, old, new, why, user, at "
        f"FROM corrections {where} ORDER BY number",
        values,
    )
    names = [
        "number",
        "article",
        "action",
        "target",
        "attribute",
        "old",
        "new",
        "why",
        "user",
        "at",
    ]
    found: list[Correction] = []
    for row in rows:
        data = dict(zip(names, row, strict=True))
        for key in ("target", "old", "new"):
            data[key] = json.loads(data[key]) if data[key] else None
        found.append(Correction.from_dict(data))
    return tuple(found)


def _draw(
    database: sqlite3.Connection, article_id: str, before: _State | None, after: _State | None
) -> None:
    """Write the article's rows of the incidents layer: those that changed, or all of them."""
    wanted = after.corrected.analysis.incidents if after else ()
    drawn = before.corrected.analysis.incidents if before else ()
    known = {incident.id: incident for incident in drawn}
    names = {incident.id for incident in wanted}
    if before and len(known) == len(drawn) and len(names) == len(wanted):
        gone = [name for name, incident in known.items() if name not in names]
        wanted = tuple(i for i in wanted if known.get(i.id) is not i and known.get(i.id) != i)
        database.executemany(
            "DELETE FROM incidents WHERE article = ? AND incident = ?",
            [(article_id, name) for name in (*gone, *(i.id for i in wanted))],
        )
    else:
        database.execute("DELETE FROM incidents WHERE article = ?", (article_id,))
    database.executemany(
        "INSERT INTO incidents (geom, article, incident, title, kind, modality, background, "
        "date_start, date_end, place, precision, uncertainty_m, confidence, quote, corrected, "
        "verified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_row(article_id, incident) for incident in wanted],
    )


def _row(article_id: str, incident: Incident) -> tuple[Any, ...]:
    place = vaguest(incident.places)
    geometry = incident_geometry(incident.places)
    return (
        None if geometry is None else _blob(geometry),
        article_id,
        incident.id,
        label(incident),
        incident.kind,
        incident.modality,
        incident.background,
        incident.date.start if incident.date else None,
        incident.date.end if incident.date else None,
        "; ".join(dict.fromkeys(item.place.name for item in incident.places)) or None,
        place.place.precision if place else None,
        max((item.place.uncertainty_m for item in incident.places), default=None),
        round(incident.confidence, 4),
        incident.evidence[0].quote if incident.evidence else None,
        ", ".join(incident.corrected) or None,
        incident.verified,
    )


def _blob(geometry: Any) -> bytes:
    """A geometry as GeoPackage keeps it: header without envelope (little endian), then WKB."""
    return struct.pack("<2sBBi", b"GP", 0, 1, 4326) + bytes(shapely.to_wkb(geometry, byte_order=1))


def corrected_analyses(store: Store, article_ids: Sequence[str] | None = None) -> list[Analysis]:
    """The corrected analyses of the articles (all of them by default), for exports."""
    ids = article_ids if article_ids is not None else [item.id for item in store.articles()]
    states = [store.corrected(article_id) for article_id in ids]
    return [state.analysis for state in states if state is not None]
