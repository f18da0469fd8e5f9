"""Load what the encoder learns from, as words with labels per head.

Every corpus marks something different; a head's label is ``UNKNOWN`` where a corpus is
silent, and losses skip it.  Texts stay where they are: nothing of them enters the project.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from mapper.encode import ARGUMENTS, KINDS, MODALITIES, RELATIONS, ROLES
from mapper.extract.resources import ontology
from mapper.extract.triggers import cue_pattern
from mapper.segment import sentences, words
from training.silver import Silver, own_places, silver

UNKNOWN = -1
NUMBER_WORDS = dict(
    enumerate(
        (
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ),
        start=2,
    )
)
OUTSIDE, BEGIN, INSIDE = 0, 1, 2
TAG_HEADS = ("place", "nominal", "trigger", *ARGUMENTS)
RELATION_INDEX = {name: i for i, name in enumerate(RELATIONS)}
HERE = Path(__file__).parent

Json = dict[str, Any]
Tags = NDArray[np.int64]


@dataclass
class Trigger:
    """Word span of a trigger; label indices or ``UNKNOWN``; ids of the incidents it reports."""

    start: int
    end: int
    kind: int = UNKNOWN
    modality: int = UNKNOWN
    background: int = UNKNOWN
    incidents: frozenset[str] = frozenset()


@dataclass
class Target:
    """Word span that a trigger may link to; ``label`` is a role or an argument type.

    ``label`` indexes ROLES + ARGUMENTS; ``role`` is UNKNOWN where no corpus says it.
    """

    start: int
    end: int
    label: int
    role: int = UNKNOWN


@dataclass
class Example:
    """One text as words with labels."""

    id: str
    source: str
    fold_key: str
    tokens: list[str]
    sentence: list[int]
    tags: dict[str, Tags]
    targets: list[Target] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    relations: dict[tuple[int, int], int] = field(default_factory=dict)
    linked: bool = False
    """Whether a pair that ``relations`` leaves out is known to be unrelated."""
    swappable: list[tuple[int, int]] = field(default_factory=list)
    weight: float = 1.0
    silver: bool = False
    """Whether the places are a stock model's rather than a reader's."""
    text: str = ""
    round: int = 1
    """1, or 2, 3 and so on: coded after the networks of the round before were trained."""


class Words:
    """The words of a text, and which of them a span of code points touches."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = words(text)
        self.starts = [a for a, _ in self.spans]
        self.ends = [b for _, b in self.spans]

    def of(self, start: int, end: int) -> tuple[int, int] | None:
        """Word indices (end exclusive) of the words that the span touches."""
        a, b = bisect_right(self.ends, start), bisect_left(self.starts, end)
        return (a, b) if a < b else None

    def of_place(self, start: int, end: int) -> tuple[int, int] | None:
        """The same without a leading article and a trailing possessive."""
        found = self.of(start, end)
        if not found:
            return None
        a, b = found
        if b - a > 1 and self.text[self.starts[a] : self.ends[a]].lower() == "the":
            a += 1
        if b - a > 1 and self.text[self.starts[b - 1] : self.ends[b - 1]].lower() in ("'s", "’s"):
            b -= 1
        return a, b


def _example(text: str, doc_id: str, source: str, fold_key: str) -> tuple[Example, Words]:
    located = Words(text)
    starts = [a for a, _ in sentences(text)]
    sentence = [max(0, bisect_right(starts, a) - 1) for a in located.starts]
    n = len(located.spans)
    return (
        Example(
            doc_id,
            source,
            fold_key,
            [text[a:b] for a, b in located.spans],
            sentence,
            {head: np.full(n, UNKNOWN, dtype=np.int64) for head in TAG_HEADS},
            text=text,
        ),
        located,
    )


def _mark(tags: Tags, span: tuple[int, int]) -> None:
    tags[span[0] : span[1]] = INSIDE
    tags[span[0]] = BEGIN


def _mark_all(tags: Tags, spans: Iterable[tuple[int, int]]) -> None:
    tags[:] = OUTSIDE
    for span in sorted(spans, key=lambda s: s[0] - s[1]):
        if not (tags[span[0] : span[1]] != OUTSIDE).any():
            _mark(tags, span)


GEOWEBNEWS_ROLES = {
    "Literal": "literal",
    "Coercion": "literal",
    "Metonymic": "metonymic",
    "Demonym": "demonym",
    "Language": "demonym",
}


def geowebnews_role(toponym: Mapping[str, Any]) -> str | None:
    """The project's role for a GeoWebNews ``type`` and ``modifier_type``.

    Adjectives are demonyms, unless inside a name ("British Embassy": organisation); a
    noun that modifies ("Rome police") stands for its people or government: metonymic.
    """
    kind, modifier = str(toponym["type"]), toponym.get("modifier_type")
    if kind == "Embedded_Non_Lit":
        return "organisation"
    if kind in GEOWEBNEWS_ROLES:
        return GEOWEBNEWS_ROLES[kind]
    if modifier == "Adjective":
        return "demonym"
    if kind in ("Literal_Modifier", "Mixed", "Embedded_Literal"):
        return "literal"
    return "metonymic" if kind == "Non_Literal_Modifier" else None


def _add_places(
    example: Example, located: Words, places: Iterable[tuple[int, int, str | None]]
) -> None:
    """Mark places that are all known: (start, end, role or None); nominals apart."""
    spans: list[tuple[int, int]] = []
    nominal: list[tuple[int, int]] = []
    seen: set[tuple[int, int]] = set()
    for start, end, role in places:
        span = located.of_place(start, end) if role != "nominal" else located.of(start, end)
        if span is None or span in seen:
            continue
        seen.add(span)
        (nominal if role == "nominal" else spans).append(span)
        index = ROLES.index(role) if role else UNKNOWN
        example.targets.append(Target(*span, label=max(index, 0), role=index))
        if role in (None, "literal", "metonymic"):
            example.swappable.append(span)
    _mark_all(example.tags["place"], spans)
    if nominal:
        _mark_all(example.tags["nominal"], nominal)


def _add_silver(example: Example, located: Words, found: Silver) -> None:
    """Mark silver places; words of doubtful entities stay unknown."""
    example.silver = True
    tags = example.tags["place"]
    spans = {s for a, b in found["places"] if (s := located.of_place(a, b))}
    _mark_all(tags, spans)
    for a, b in found["doubtful"]:
        span = located.of(a, b)
        if span and (tags[span[0] : span[1]] == OUTSIDE).all():
            tags[span[0] : span[1]] = UNKNOWN
    have = {(t.start, t.end) for t in example.targets}
    for span in sorted(spans - have):
        example.targets.append(Target(*span, label=0))


def _quote_span(item: Mapping[str, Any]) -> tuple[int, int] | None:
    start, end = item.get("start"), item.get("end")
    if item.get("span"):
        start, end = item["span"]
    if isinstance(start, int):
        if isinstance(end, int):
            return start, end
        return start, start + len(item["quote"])
    return None


def _date_span(item: Mapping[str, Any], text: str, near: int) -> tuple[int, int] | None:
    """Where a date's quote stands: its own offsets, else the occurrence nearest to ``near``."""
    if item.get("span"):
        return int(item["span"][0]), int(item["span"][1])
    quote = item.get("quote")
    if not quote:
        return None
    best: tuple[int, int] | None = None
    at = text.find(quote)
    while at >= 0:
        if best is None or abs(at - near) < abs(best[0] - near):
            best = (at, at + len(quote))
        at = text.find(quote, at + 1)
    return best


def _label_class(label: int) -> int:
    """Labels that share a span's target: all roles are one class."""
    return max(label, len(ROLES) - 1)


def _definite(example: Example, span: tuple[int, int]) -> bool:
    """Whether the words are a definite reference such as "the city", not yet marked."""
    tokens = example.tokens[span[0] : span[1]]
    return (
        tokens[0].lower() in ("the", "this", "that", "there", "here")
        and all(t.islower() for t in tokens[1:])
        and any(t.istitle() for t in example.tokens)  # else the text is lower-cased
        and bool((example.tags["nominal"][span[0] : span[1]] == UNKNOWN).all())
    )


def _count_span(example: Example, count: int, triggers: Iterable[int]) -> tuple[int, int] | None:
    """The number word in a trigger's sentence that says how many incidents there were."""
    forms = {str(count), f"{count:,}", NUMBER_WORDS.get(count, "")}
    for index in triggers:
        trigger = example.triggers[index]
        number = example.sentence[trigger.start]
        near = [
            w
            for w in range(max(0, trigger.start - 60), min(len(example.tokens), trigger.end + 60))
            if example.sentence[w] == number and example.tokens[w].lower() in forms
        ]
        if near:
            best = min(near, key=lambda w: abs(w - trigger.start))
            return best, best + 1
    return None


def _add_incidents(example: Example, located: Words, incidents: Iterable[Json]) -> None:
    """Mark triggers, arguments and the relations between them of a fully coded text."""
    text = located.text
    by_span: dict[tuple[int, int, int], int] = {
        (t.start, t.end, _label_class(t.label)): i for i, t in enumerate(example.targets)
    }
    arguments: dict[str, set[tuple[int, int]]] = {name: set() for name in ARGUMENTS}
    trigger_at: dict[int, int] = {}
    coded: list[tuple[list[int], list[tuple[int, int]]]] = []

    def target(span: tuple[int, int], label: int) -> int:
        """Index of the target at these words, added where it is new."""
        key = (*span, _label_class(label))
        found = by_span.get(key)
        if found is None:
            example.targets.append(Target(*span, label=label))
            found = len(example.targets) - 1
            by_span[key] = found
        return found

    for incident in incidents:
        mine: list[int] = []
        key = f"{example.id}/{incident['id']}"
        for mention in incident["mentions"]:
            place = _quote_span(mention)
            span = located.of(*place) if place else None
            if span is None:
                continue
            clash = [trigger_at[w] for w in range(*span) if w in trigger_at]
            if clash:
                index = clash[0]
                example.triggers[index].incidents |= {key}
            else:
                index = len(example.triggers)
                example.triggers.append(
                    Trigger(
                        *span,
                        kind=KINDS.index(incident["kind"]),
                        modality=MODALITIES.index(incident["modality"]),
                        background=int(bool(incident.get("background"))),
                        incidents=frozenset({key}),
                    )
                )
                for w in range(*span):
                    trigger_at[w] = index
            mine.append(index)
        pairs: list[tuple[int, int]] = []
        near = located.starts[example.triggers[mine[0]].start] if mine else 0
        for place_item in incident.get("places") or []:
            found = _quote_span(place_item)
            span = located.of_place(*found) if found else None
            if span is None:
                continue
            inside = [
                i
                for i, t in enumerate(example.targets)
                if t.label < len(ROLES) and t.start < span[1] and span[0] < t.end
            ]
            index = inside[0] if inside else target(span, 0)
            if not inside and example.silver:  # a place the stock model overlooked
                tags = example.tags["place"][span[0] : span[1]]
                tags[tags == OUTSIDE] = UNKNOWN
            pairs.append((index, RELATION_INDEX["place"]))
            whole = located.of(*found) if found else None
            if whole and not place_item.get("inferred") and _definite(example, whole):
                _mark(example.tags["nominal"], whole)
        date = incident.get("date")
        found = _date_span(date, text, near) if date else None
        span = located.of(*found) if found else None
        if span:
            arguments["date"].add(span)
            pairs.append(
                (target(span, len(ROLES) + ARGUMENTS.index("date")), RELATION_INDEX["date"])
            )
        for name in ("fatalities", "injured"):
            toll = incident.get(name)
            found = _quote_span(toll) if toll else None
            span = located.of(*found) if found else None
            if span:
                arguments[name].add(span)
                pairs.append(
                    (target(span, len(ROLES) + ARGUMENTS.index(name)), RELATION_INDEX[name])
                )
        for actor in incident.get("actors") or []:
            found = _quote_span(actor)
            span = located.of(*found) if found else None
            if span:
                arguments["actor"].add(span)
                role = RELATION_INDEX.get(actor["role"])
                if role is not None:
                    index = target(span, len(ROLES) + ARGUMENTS.index("actor"))
                    pairs.append((index, role))
        if incident.get("count"):
            span = _count_span(example, int(incident["count"]), mine)
            if span:
                arguments["count"].add(span)
        coded.append((mine, pairs))
    _mark_all(example.tags["trigger"], [(t.start, t.end) for t in example.triggers])
    for name, spans in arguments.items():
        _mark_all(example.tags[name], spans)
    example.linked = True
    # the same name elsewhere in the text is the same place
    twins: dict[str, list[int]] = {}
    for i, t in enumerate(example.targets):
        if t.label < len(ROLES):
            twins.setdefault(" ".join(example.tokens[t.start : t.end]).lower(), []).append(i)
    for mine, pairs in coded:
        for index, relation in pairs:
            same = [index]
            if relation == RELATION_INDEX["place"]:
                t = example.targets[index]
                same = twins[" ".join(example.tokens[t.start : t.end]).lower()]
            for trigger in mine:
                for other in same:
                    example.relations.setdefault((trigger, other), relation)


def _read(path: Path) -> Iterator[Json]:
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)


def _crosswalk(corpus: str, event_type: str) -> int:
    table: dict[str, str] = yaml.safe_load((HERE / "data" / "kind_crosswalk.yaml").read_text())[
        corpus
    ]
    kind = event_type.lower()
    best = max((p for p in table if kind.startswith(p)), key=len, default=None)
    return KINDS.index(table[best]) if best else UNKNOWN


def load(shared: Path, *, auxiliary: bool = True) -> list[Example]:
    """All examples: coded texts first, then auxiliary ones (``weight`` below 1).

    ``shared`` holds ``corpora/`` and ``evaluation/``; whatever is missing is left out.
    """
    corpora, evaluation = shared / "corpora", shared / "evaluation"
    incidents: dict[str, list[Json]] = {}
    documents: dict[str, Json] = {}
    rounds: dict[str, int] = {}
    for name in ("documents_single", "documents"):
        documents.update({d["id"]: d for d in _read(evaluation / f"{name}.jsonl")})
    coded_corpora: set[str] = set()
    for row in _read(HERE / "data" / "coded.jsonl"):
        incidents[row["doc"]] = row["incidents"]
        coded_corpora.add(row["corpus"])
        rounds[row["doc"]] = row.get("round", 1)
    for corpus in sorted(coded_corpora):
        for row in _read(corpora / f"{corpus}.jsonl"):
            if row["id"] in incidents:
                documents.setdefault(row["id"], row)
    for name in ("incidents_single", "incidents"):
        for row in _read(evaluation / f"{name}.jsonl"):
            incidents[row["doc"]] = row["incidents"]
    for row in _read(HERE / "data" / "composed.jsonl"):
        documents[row["id"]] = row
        incidents[row["id"]] = row["incidents"]
    gold: dict[str, Json] = {}
    for name in ("lgl", "geowebnews"):
        gold.update({d["id"]: d | {"source": name} for d in _read(corpora / f"{name}.jsonl")})
    bare = {k: d["text"] for k, d in documents.items() if k not in gold}
    rams = [d for d in _read(corpora / "rams.jsonl") if d["id"] not in documents]
    wiki = [d for d in _read(corpora / "wikievents.jsonl") if d["id"] not in documents]
    verbs = list(_read(corpora / "event_location.jsonl"))
    plover = list(_read(corpora / "plover_gsr.jsonl"))
    if auxiliary:
        bare |= {d["id"]: d["text"] for d in (*rams, *wiki, *verbs, *plover)}
    marked = silver({k: text for k, text in bare.items() if rounds.get(k, 1) == 1})
    marked |= own_places({k: text for k, text in bare.items() if rounds.get(k, 1) > 1})
    examples: list[Example] = []
    for doc_id, doc in (gold | {k: d for k, d in documents.items() if k not in gold}).items():
        source = doc.get("source") or ("composed" if doc_id.startswith("c-") else "coded")
        example, located = _example(doc["text"], doc_id, source, fold_key(doc))
        if doc_id in gold:
            _add_places(
                example,
                located,
                (
                    (t["start"], t["end"], geowebnews_role(t) if source == "geowebnews" else None)
                    for t in doc["toponyms"]
                ),
            )
        elif doc_id in marked:
            _add_silver(example, located, marked[doc_id])
        if doc_id in incidents:
            _add_incidents(example, located, incidents[doc_id])
        example.round = rounds.get(doc_id, 1)
        examples.append(example)
    placed = [(d, "written") for d in _read(evaluation / "written.jsonl")]
    placed += [(d, "composed") for d in _read(HERE / "data" / "composed_places.jsonl")]
    for doc, source in placed:
        example, located = _example(doc["text"], doc["id"], source, fold_key(doc))
        _add_places(example, located, ((m["start"], m["end"], m["role"]) for m in doc["mentions"]))
        if (example.tags["nominal"] == UNKNOWN).all():
            example.tags["nominal"][:] = OUTSIDE
        _add_incidents(example, located, doc["incidents"])
        example.round = doc.get("round", 1)
        examples.append(example)
    if auxiliary:
        examples += _auxiliary(corpora, rams, wiki, verbs, plover, marked)
    return [e for e in examples if e.tokens]


def _auxiliary(
    corpora: Path,
    rams: list[Json],
    wiki: list[Json],
    verbs: list[Json],
    plover: list[Json],
    marked: Mapping[str, Silver],
) -> list[Example]:
    """Texts with partial labels: tweets with places, events of other schemes, bare verbs."""
    examples: list[Example] = []
    for doc in _read(corpora / "geocorpora.jsonl"):
        if not doc["toponyms"]:
            continue
        example, located = _example(doc["text"], doc["id"], "geocorpora", doc["id"])
        _add_places(example, located, ((t["start"], t["end"], None) for t in doc["toponyms"]))
        example.weight = 0.3
        examples.append(example)
    for source, docs in (("rams", rams), ("wikievents", wiki), ("plover", plover)):
        for doc in docs:
            example, located = _example(doc["text"], doc["id"], source, fold_key(doc))
            example.weight = 0.3
            _add_silver(example, located, marked[doc["id"]])
            if source != "plover":
                _add_foreign_events(example, located, doc["events"], source)
            examples.append(example)
    for doc in verbs:
        example, located = _example(doc["text"], doc["id"], "event_location", doc["id"])
        example.weight = 1.5  # one pair or two a text, against dozens in an article
        _add_silver(example, located, marked[doc["id"]])
        _add_verb(example, located, doc["events"][0])
        examples.append(example)
    return examples


@cache
def _verb_cues() -> re.Pattern[str]:
    """What tells a verb of an incident: the ontology's cues, politics aside, and some more."""
    kinds = ontology("kinds")["kinds"]
    cues = [c for kind, facts in kinds.items() if kind != "politics" for c in facts["cues"]]
    more = yaml.safe_load((HERE / "data" / "verbs.yaml").read_text(encoding="utf-8"))
    return re.compile(cue_pattern([*cues, *more["verbs"]]))


def _place_target(example: Example, span: tuple[int, int]) -> int:
    for i, t in enumerate(example.targets):
        if t.label < len(ROLES) and t.start < span[1] and span[0] < t.end:
            return i
    example.targets.append(Target(*span, label=0))
    return len(example.targets) - 1


def _add_foreign_events(
    example: Example, located: Words, events: Iterable[Json], corpus: str
) -> None:
    """Triggers of another scheme: kinds by crosswalk, places as links; no negatives."""
    for event in events:
        kind = _crosswalk(corpus, event["type"])
        span = located.of(*event["trigger"]["span"])
        if kind == UNKNOWN or span is None:
            continue
        if (example.tags["trigger"][span[0] : span[1]] != UNKNOWN).any():
            continue
        _mark(example.tags["trigger"], span)
        index = len(example.triggers)
        example.triggers.append(Trigger(*span, kind=kind))
        for role, fillers in event["args"].items():
            if role.lower() != "place":
                continue
            for filler in fillers:
                where = located.of_place(*filler["span"])
                if where:
                    target = _place_target(example, where)
                    example.relations[index, target] = RELATION_INDEX["place"]
                    example.linked = True


def _add_verb(example: Example, located: Words, event: Json) -> None:
    """A bare verb and the places where it happens; every other place is not one.

    A verb that is a cue of an incident is a trigger too; what other words are is unknown.
    """
    first = event["trigger"][0]
    span = located.of(first["start"], first["end"])
    if span is None:
        return
    example.triggers.append(Trigger(*span))
    if _verb_cues().match(located.text[first["start"] : first["end"] + 25].lower()):
        _mark(example.tags["trigger"], span)
    example.linked = True
    for place in event["location_spans"]:
        where = located.of_place(place["start"], place["end"])
        if where:
            target = _place_target(example, where)
            example.relations[0, target] = RELATION_INDEX["place"]


def fold_key(doc: Mapping[str, Any]) -> str:
    """What decides a document's fold: its outlet where known, else its id."""
    from urllib.parse import urlsplit

    doc_id = str(doc["id"])
    if doc_id.startswith(("lgl-", "gwn-")):
        host = doc.get("domain") or urlsplit(doc.get("url") or "").netloc
        host = str(host).removeprefix("www.")
        return host or doc_id
    return doc_id
