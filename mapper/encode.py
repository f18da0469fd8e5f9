"""Read a text once with the encoder: word-level scores for places and for happenings.

A small transformer (bge-small, fine-tuned by ``training/train_encoder.py``, int8 ONNX)
reads windows of whole sentences, each with the end of what came before as context.  Its
heads tag places, nominal references, triggers and their arguments; a pair scorer over the
same vectors says what belongs to which trigger and which triggers report one incident.

Texts of any length take linear time and the same text gives the same reading at any
number of threads: one window at a time, and pairs only within ``LINK_BEFORE`` and
``LINK_AFTER`` words, or with the lead of the text (its first ``LEAD_WORDS`` words).
"""

from __future__ import annotations

import hashlib
import io
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model import Span
from mapper.segment import sentences, words

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

ROLES = ("literal", "metonymic", "demonym", "organisation", "nominal")
KINDS = (
    "battle",
    "explosion_remote_violence",
    "violence_against_civilians",
    "protest",
    "riot",
    "strategic_development",
    "crime",
    "accident",
    "disaster",
    "politics",
)
MODALITIES = ("occurred", "ongoing", "planned", "threatened", "hypothetical", "denied", "foiled")
ARGUMENTS = ("date", "fatalities", "injured", "actor", "count")
RELATIONS = (
    "none",
    "place",
    "date",
    "fatalities",
    "injured",
    "perpetrator",
    "participant",
    "target",
    "victim",
    "authority",
)
TARGETS = ROLES + ARGUMENTS
"""What a trigger can be linked to: labels of ``Reading.places`` and ``.arguments``."""

MODEL = Path(__file__).parent / "models" / "encoder"
MAX_PIECES = 256
CONTEXT_PIECES = 56
MAX_WORD_PIECES = 16
LINK_BEFORE = 250
LINK_AFTER = 120
LEAD_WORDS = 60
SAME_BEFORE = 400
DISTANCE_EDGES = (-200, -100, -50, -30, -20, -12, -7, -4, -2, 0, 2, 4, 7, 12, 20, 30, 50, 100, 200)
FLOORS = {"place": 0.3, "nominal": 0.3, "trigger": 0.15, "argument": 0.3}
"""Spans scored below .5 are doubtful; those below the floor are left out."""

_WORD_BATCH = 4096


class ModelError(RuntimeError):
    """The model's files are missing or not the ones its manifest names."""


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A stretch of text that a tagging head marked, with the head's probabilities.

    ``start``/``end`` are code points, ``words`` the word indices (end exclusive), ``label``
    the best label and ``scores`` the probability of each label of that head.  ``score`` is
    the probability that the span is one at all; below .5 it is a doubtful candidate.
    """

    start: int
    end: int
    words: tuple[int, int]
    label: str
    score: float
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Trigger(TaggedSpan):
    """A trigger phrase: ``label`` is its kind; modality and background come scored beside."""

    modality: dict[str, float]
    background: float


class Sparse:
    """Scores of pairs, row by row, for the columns near each row; linear in the text.

    ``scores[i, j]`` is the score (or vector of scores) of a pair, the ``default`` where
    the pair was too far apart to be scored; ``scores[i]`` the dense row; ``near(i)`` the
    columns that were scored and their scores.
    """

    __slots__ = ("_columns", "_default", "_values", "shape")

    def __init__(
        self,
        columns: Sequence[IntArray],
        values: Sequence[FloatArray],
        shape: tuple[int, ...],
        default: FloatArray,
    ) -> None:
        self._columns = tuple(columns)
        self._values = tuple(values)
        self._default = default
        self.shape = shape

    def near(self, row: int) -> tuple[IntArray, FloatArray]:
        """Columns scored for this row, ascending, and their scores."""
        return self._columns[row], self._values[row]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            row, column, *rest = key
            if isinstance(column, slice):
                dense = self[row][column]
                return dense[(slice(None), *rest)] if rest else dense
            if not -self.shape[1] <= column < self.shape[1]:
                raise IndexError(column)
            column %= self.shape[1]
            columns, values = self.near(row)
            at = int(np.searchsorted(columns, column))
            found = at < len(columns) and columns[at] == column
            value = values[at] if found else self._default
            return value[tuple(rest)] if rest else value
        dense = np.empty(self.shape[1:], dtype=np.float32)
        dense[:] = self._default
        columns, values = self.near(key)
        dense[columns] = values
        return dense

    def dense(self) -> FloatArray:
        """The whole array; its size is quadratic in the text."""
        if not len(self):
            return np.zeros(self.shape, dtype=np.float32)
        return np.stack([self[i] for i in range(len(self))])


@dataclass(frozen=True, slots=True)
class Reading:
    """What the encoder saw in one text.

    ``places`` carries spans labelled with a role (literal, metonymic, demonym, organisation,
    nominal); ``arguments`` spans labelled date, fatalities, injured, actor, count; both in
    the order of the text.  ``links[i, j]`` gives, for trigger i and span j of
    ``places + arguments``, the probabilities over RELATIONS (certainly "none" for pairs too
    far apart); ``same[i, k]`` the probability that triggers i and k report one incident
    (0 for those too far apart).  ``sentences`` are code points.
    """

    words: tuple[Span, ...]
    places: tuple[TaggedSpan, ...]
    triggers: tuple[Trigger, ...]
    arguments: tuple[TaggedSpan, ...]
    links: Sparse  # (triggers, places + arguments, relations)
    same: Sparse  # (triggers, triggers)
    sentences: tuple[Span, ...] = ()


# ---------------------------------------------------------------- pieces and windows


def casing(word: str) -> int:
    """Class of a word's casing: 0 lower, 1 Title, 2 UPPER, 3 Mixed, 4 digit, 5 other."""
    if word.islower():
        return 0
    if word.istitle() or (word[:1].isupper() and word[1:].islower()):
        return 1
    if word.isupper():
        return 2 if len(word) > 1 else 1
    if word[:1].isdigit():
        return 4
    return 3 if any(c.isalpha() for c in word) else 5


@cache
def whole_words() -> frozenset[str]:
    """Words that the network's vocabulary holds whole: English's common ones, in small letters."""
    data = json.loads((MODEL / "tokenizer.json").read_text(encoding="utf-8"))
    return frozenset(word for word in data["model"]["vocab"] if word.isalpha())


class Pieces:
    """Words to word pieces and casing classes, each distinct word looked up once."""

    def __init__(self, tokenizer: Any) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._unknown = int(tokenizer.token_to_id("[UNK]"))
        self.first = int(tokenizer.token_to_id("[CLS]"))
        self.last = int(tokenizer.token_to_id("[SEP]"))
        self.mask = int(tokenizer.token_to_id("[MASK]"))
        self._known: dict[str, tuple[tuple[int, ...], int]] = {}

    def __call__(self, tokens: Sequence[str]) -> list[tuple[tuple[int, ...], int]]:
        """(piece ids, casing class) of each word; at least one piece each."""
        known = self._known
        if len(known) > 200_000:  # a bound on memory, not on what can be read
            known = self._known = {}  # another thread may be looking at the old one
        missing = list({t for t in tokens if t not in known})
        for at in range(0, len(missing), _WORD_BATCH):
            batch = missing[at : at + _WORD_BATCH]
            clean = [t[:100].encode("utf-8", "replace").decode("utf-8") for t in batch]
            encoded = self._tokenizer.encode_batch(clean, add_special_tokens=False)
            for token, pieces in zip(batch, encoded, strict=True):
                ids = tuple(pieces.ids[:MAX_WORD_PIECES]) or (self._unknown,)
                known[token] = (ids, casing(token))
        return [known[t] for t in tokens]


@dataclass(frozen=True, slots=True)
class Window:
    """Words ``start`` to ``end`` read with those from ``context`` on before them."""

    context: int
    start: int
    end: int


def windows(lengths: Sequence[int], sentence: Sequence[int]) -> Iterator[Window]:
    """Cut a text into windows of whole sentences of at most MAX_PIECES pieces.

    ``lengths`` gives the pieces of each word, ``sentence`` its sentence's index.  A
    sentence too long for a window is cut between words.
    """
    n = len(lengths)
    start = 0
    while start < n:
        context, used = start, 0
        kept = start
        while context > 0 and used + lengths[context - 1] <= CONTEXT_PIECES:
            context -= 1
            used += lengths[context]
            if context == 0 or sentence[context - 1] != sentence[context]:
                kept = context
        if kept < start:  # whole sentences where one fits, else whatever fits
            used -= sum(lengths[context:kept])
            context = kept
        budget = MAX_PIECES - 2 - used
        end, last_whole = start, start
        while end < n and lengths[end] <= budget:
            budget -= lengths[end]
            end += 1
            if end == n or sentence[end] != sentence[end - 1]:
                last_whole = end
        end = last_whole if last_whole > start else max(end, start + 1)
        yield Window(context, start, end)
        start = end


def sentence_indices(starts: Sequence[int], sentence_starts: Sequence[int]) -> list[int]:
    """The index of the sentence that each word (by its start) lies in."""
    return [max(0, bisect_right(sentence_starts, a) - 1) for a in starts]


# ---------------------------------------------------------------- decoding


def bio_spans(
    inside: FloatArray,
    begin: FloatArray,
    floor: float,
    sentence: Sequence[int] | None = None,
    *,
    bridge: bool = False,
) -> list[tuple[int, int, float]]:
    """Spans of words with their probability, from tag probabilities.

    ``inside`` is 1 - P(O), ``begin`` P(B) - P(I).  Runs at .5 and above first; runs
    between ``floor`` and .5 only where they touch none of those.  A run is split where a
    beginning is much likelier than a continuation, and where a ``sentence`` (its number,
    for each word) ends.  With ``bridge`` runs that one word parts within a sentence become
    one: phrases such as "fought (their) way into".
    """

    def runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        hits = np.flatnonzero(mask)
        if not len(hits):
            return
        start = last = int(hits[0])
        for hit in hits[1:]:
            at = int(hit)
            gap = at - last - 1
            new = begin[at] > 0.6 * inside[at] if gap == 0 else not bridge or gap > 1
            if sentence is not None and sentence[at] != sentence[start]:
                new = True
            if new:
                yield start, last + 1
                start = at
            last = at
        yield start, last + 1

    sure = inside >= 0.5
    found = [(a, b, float(inside[a:b].mean())) for a, b in runs(sure)]
    taken = sure.copy()
    for a, b, _ in found:
        taken[a:b] = True
    doubtful = (inside >= floor) & ~taken
    if doubtful.any():
        for a, b in runs(doubtful):
            if taken[a:b].any() or (a > 0 and taken[a - 1]) or (b < len(taken) and taken[b]):
                continue
            found.append((a, b, float(inside[a:b].mean())))
    return sorted(found)


def _softmax(logits: FloatArray) -> FloatArray:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float32)


# ---------------------------------------------------------------- layout of the output

TAG_HEADS = ("place", "nominal", "trigger", *ARGUMENTS)
HIDDEN, PRODUCT, SAME_HIDDEN = 128, 64, 64
LAYOUT: dict[str, slice] = {}
_at = 0
for _name, _size in (
    ("tags", 3 * len(TAG_HEADS)),
    ("role", len(ROLES) - 1),
    ("kind", len(KINDS)),
    ("modality", len(MODALITIES)),
    ("background", 1),
    ("trigger_sum", HIDDEN),
    ("target_sum", HIDDEN),
    ("trigger_product", PRODUCT),
    ("target_product", PRODUCT),
    ("same_sum", SAME_HIDDEN),
    ("same_product", SAME_HIDDEN),
):
    LAYOUT[_name] = slice(_at, _at + _size)
    _at += _size
WIDTH = _at
"""Columns of the network's output for each word, by name."""


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """Bucketed features of (row, column) pairs, each an index array of one length."""

    distance: IntArray
    sentence: IntArray
    rank: IntArray
    lead: IntArray


SENTENCE_BUCKETS, RANK_BUCKETS, LEAD_BUCKETS = 9, 7, 3
DISTANCE_BUCKETS = len(DISTANCE_EDGES) + 1


def pair_features(
    row: tuple[int, int],
    starts: IntArray,
    ends: IntArray,
    sentence: IntArray,
    row_sentence: int,
    rank: IntArray,
) -> PairFeatures:
    """Features of one trigger against spans of words given by ``starts`` and ``ends``.

    Distances are counted in words from edge to edge (0: they touch or overlap), negative
    where the span comes first; ``rank`` counts the spans of the same class that lie
    between, signed likewise.
    """
    gap = np.where(
        starts >= row[1], starts - row[1] + 1, np.where(ends <= row[0], ends - row[0] - 1, 0)
    )
    return PairFeatures(
        np.searchsorted(np.asarray(DISTANCE_EDGES), gap, side="right").astype(np.int64),
        np.clip(sentence - row_sentence, -4, 4) + 4,
        np.clip(rank, -3, 3) + 3,
        np.where(starts < 12, 0, np.where(starts < LEAD_WORDS, 1, 2)).astype(np.int64),
    )


def ranks(row: tuple[int, int], starts: IntArray, classes: IntArray) -> IntArray:
    """For spans in the order of the text: how many of the same class lie between, signed."""
    out = np.zeros(len(starts), dtype=np.int64)
    for name in np.unique(classes):
        mine = np.flatnonzero(classes == name)
        before = mine[starts[mine] < row[0]]
        after = mine[starts[mine] >= row[0]]
        out[before] = -(np.arange(len(before))[::-1] + 1)
        out[after] = np.arange(len(after)) + 1
    return out


RANK_CLASS = np.array([0, 0, 0, 0, 0, 1, 2, 3, 4, 5])
"""TARGETS to the classes that ranks are counted in: places together, arguments apart."""


class PairScorer:
    """The small networks over pairs, in numpy: links and sameness."""

    def __init__(self, weights: dict[str, FloatArray]) -> None:
        self._w = weights

    def links(
        self, trigger: FloatArray, targets: FloatArray, types: IntArray, features: PairFeatures
    ) -> FloatArray:
        """Probabilities over RELATIONS of one trigger's vector against targets' vectors."""
        w = self._w
        hidden = (
            trigger[LAYOUT["trigger_sum"]]
            + targets[:, LAYOUT["target_sum"]]
            + w["link_type"][types]
            + w["link_distance"][features.distance]
            + w["link_sentence"][features.sentence]
            + w["link_rank"][features.rank]
            + w["link_lead"][features.lead]
        )
        product = trigger[LAYOUT["trigger_product"]] * targets[:, LAYOUT["target_product"]]
        logits = (
            np.maximum(hidden, 0) @ w["link_out"].T + product @ w["link_product"].T + w["link_bias"]
        )
        allowed = w["link_allowed"][types]
        return _softmax(np.where(allowed > 0, logits, -1e4).astype(np.float32))

    def same(self, one: FloatArray, others: FloatArray, features: PairFeatures) -> FloatArray:
        """Probability that one trigger and each of the others report one incident."""
        w = self._w
        hidden = (
            one[LAYOUT["same_sum"]]
            + others[:, LAYOUT["same_sum"]]
            + w["same_distance"][features.distance]
            + w["same_sentence"][features.sentence]
        )
        product = one[LAYOUT["same_product"]] * others[:, LAYOUT["same_product"]]
        logits = (
            np.maximum(hidden, 0) @ w["same_out"] + product @ w["same_product"] + w["same_bias"]
        )
        return _sigmoid(np.asarray(logits, dtype=np.float32))


# ---------------------------------------------------------------- the encoder


HEADS = slice(0, LAYOUT["background"].stop)
"""The columns that are logits; the rest are each network's own vectors for pairs."""


class Encoder:
    """The model, loaded once; ``read`` is a pure function of the text, safe in any thread.

    It is one network or several that were trained apart, in one file, an output each: their
    logits are averaged, and so are the probabilities of their pair scorers.  Two read better than
    one where labels are few (Lakshminarayanan et al. 2017, deep ensembles); what they share is
    computed once.
    """

    def __init__(
        self, session: Any, scorers: Sequence[PairScorer], tokenizer: Any, name: str
    ) -> None:
        self._session = session
        self._scorers = tuple(scorers)
        self._pieces = Pieces(tokenizer)
        self.name = name
        """Name and hash of the weights, for provenance."""

    @classmethod
    def open(cls, path: Path | str | None = None, threads: int = 1) -> Encoder:
        """Load the model from a folder (the shipped one by default).

        Raises ModelError when a file is missing or differs from ``manifest.json``.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        folder = Path(path) if path is not None else MODEL
        files = _checked(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            files["encoder.onnx"], options, providers=["CPUExecutionProvider"]
        )
        scorers = []
        for name in sorted(name for name in files if name.endswith(".npz")):
            with np.load(io.BytesIO(files[name]), allow_pickle=False) as stored:
                scorers.append(
                    PairScorer({key: stored[key].astype(np.float32) for key in stored.files})
                )
        if len(session.get_outputs()) != len(scorers):
            raise ModelError(f"{folder}: a network without its pairs: reinstall, or train it again")
        tokenizer = Tokenizer.from_str(files["tokenizer.json"].decode("utf-8"))
        digest = hashlib.sha256(files["manifest.json"]).hexdigest()[:12]
        return cls(session, scorers, tokenizer, f"encoder-{digest}")

    def _vectors(self, tokens: Sequence[str], sentence: Sequence[int]) -> list[FloatArray]:
        """Each network's output for each word, window by window; the logits are their mean."""
        pieces = self._pieces(tokens)
        lengths = [len(ids) for ids, _ in pieces]
        out = [np.empty((len(tokens), WIDTH), dtype=np.float32) for _ in self._scorers]
        for window in windows(lengths, sentence):
            found = self._session.run(None, self._feed(pieces, window))
            for rows, part in zip(out, found, strict=True):
                rows[window.start : window.end] = part
        if len(out) > 1:
            out[0][:, HEADS] = np.mean([rows[:, HEADS] for rows in out], axis=0)
        return out

    def _feed(
        self, pieces: Sequence[tuple[Sequence[int], int]], window: Window
    ) -> dict[str, IntArray]:
        """What the networks are asked for a window: its pieces, and where its words begin."""
        ids = [self._pieces.first]
        types = [0]
        first = []
        for ids_of, case in pieces[window.context : window.end]:
            first.append(len(ids))
            ids.extend(ids_of)
            types.extend([case] * len(ids_of))
        ids.append(self._pieces.last)
        types.append(0)
        return {
            "input_ids": np.array([ids], dtype=np.int64),
            "token_type_ids": np.array([types], dtype=np.int64),
            "first": np.array(first[window.start - window.context :], dtype=np.int64),
        }

    def read(
        self,
        text: str,
        places: Sequence[Span] | None = None,
        triggers: Sequence[Span] | None = None,
    ) -> Reading:
        """Read a text; linear in its length.

        With ``places`` or ``triggers`` (code points) those spans are taken as given in
        place of what the heads would mark; spans that touch no word are left out.
        """
        spans = words(text)
        sents = sentences(text)
        starts = [a for a, _ in spans]
        sentence = sentence_indices(starts, [a for a, _ in sents])
        tokens = [text[a:b] for a, b in spans]
        if not tokens:
            none = np.zeros(0, dtype=np.float32)
            return Reading(
                (), (), (), (), Sparse((), (), (0, 0, 10), none), Sparse((), (), (0, 0), none)
            )
        members = self._vectors(tokens, sentence)
        vectors = members[0]
        tags = _softmax(vectors[:, LAYOUT["tags"]].reshape(len(tokens), len(TAG_HEADS), 3))
        inside, begin = 1 - tags[:, :, 0], tags[:, :, 1] - tags[:, :, 2]
        ends = [b for _, b in spans]

        def given(asked: Sequence[Span]) -> list[tuple[int, int, float]]:
            touched = [(bisect_right(ends, a), bisect_left(starts, b)) for a, b in asked]
            return sorted({(a, b, 1.0) for a, b in touched if a < b})

        def marked(head: str, floor: str) -> list[tuple[int, int, float]]:
            column = TAG_HEADS.index(head)
            return bio_spans(
                inside[:, column],
                begin[:, column],
                FLOORS[floor],
                sentence,
                bridge=head == "trigger",
            )

        found_places = self._places(
            vectors, spans, marked, given(places) if places is not None else None
        )
        found_triggers = _triggers(
            vectors,
            spans,
            given(triggers) if triggers is not None else marked("trigger", "trigger"),
        )
        arguments = sorted(
            (
                TaggedSpan(
                    spans[a][0], spans[b - 1][1], (a, b), name, _round(score), {name: _round(score)}
                )
                for name in ARGUMENTS
                for a, b, score in marked(name, "argument")
            ),
            key=lambda s: (s.words, ARGUMENTS.index(s.label)),
        )
        links, same = self._score_pairs(
            members, sentence, found_triggers, [*found_places, *arguments]
        )
        return Reading(
            spans, tuple(found_places), tuple(found_triggers), tuple(arguments), links, same, sents
        )

    @staticmethod
    def _places(
        vectors: FloatArray,
        spans: Sequence[Span],
        marked: Any,
        given: list[tuple[int, int, float]] | None,
    ) -> list[TaggedSpan]:
        """Named places with their roles, and nominals that no name overlaps."""
        out: list[TaggedSpan] = []
        taken: set[int] = set()
        named = given if given is not None else marked("place", "place")
        for a, b, score in named:
            roles = _softmax(vectors[a:b, LAYOUT["role"]].mean(axis=0))
            scores = {role: _round(p) for role, p in zip(ROLES[:-1], roles, strict=True)}
            label = max(scores, key=scores.__getitem__)
            out.append(
                TaggedSpan(spans[a][0], spans[b - 1][1], (a, b), label, _round(score), scores)
            )
            if score >= 0.5:
                taken.update(range(a, b))
        if given is None:
            for a, b, score in marked("nominal", "nominal"):
                if taken.isdisjoint(range(a, b)):
                    out.append(
                        TaggedSpan(
                            spans[a][0],
                            spans[b - 1][1],
                            (a, b),
                            "nominal",
                            _round(score),
                            {"nominal": _round(score)},
                        )
                    )
        return sorted(out, key=lambda s: s.words)

    def _score_pairs(
        self,
        members: Sequence[FloatArray],
        sentence: Sequence[int],
        triggers: Sequence[Trigger],
        targets: Sequence[TaggedSpan],
    ) -> tuple[Sparse, Sparse]:
        """Links of every trigger to the targets near it or in the lead, and sameness."""
        pools = [_pool(vectors, [t.words for t in targets]) for vectors in members]
        heads = [_pool(vectors, [t.words for t in triggers]) for vectors in members]
        order = sorted(range(len(targets)), key=lambda j: targets[j].words)
        ordered = np.array(order, dtype=np.int64)
        starts = np.array([targets[j].words[0] for j in order], dtype=np.int64)
        ends = np.array([targets[j].words[1] for j in order], dtype=np.int64)
        types = np.array([TARGETS.index(targets[j].label) for j in order], dtype=np.int64)
        sents = np.array([sentence[a] for a in starts], dtype=np.int64)
        lead = int(np.searchsorted(starts, LEAD_WORDS))
        columns: list[IntArray] = []
        values: list[FloatArray] = []
        for i, trigger in enumerate(triggers):
            chosen = near_targets(trigger.words, starts, lead)
            features = pair_features(
                trigger.words,
                starts[chosen],
                ends[chosen],
                sents[chosen],
                sentence[trigger.words[0]],
                ranks(trigger.words, starts[chosen], RANK_CLASS[types[chosen]]),
            )
            near = ordered[chosen]
            scores = _mean(
                [
                    scorer.links(mine[i], pool[near], types[chosen], features)
                    for scorer, mine, pool in zip(self._scorers, heads, pools, strict=True)
                ]
            )
            back = np.argsort(ordered[chosen], kind="stable")
            columns.append(ordered[chosen][back])
            values.append(np.round(scores[back], 4))
        nothing = np.zeros(len(RELATIONS), dtype=np.float32)
        nothing[0] = 1.0
        shape = (len(triggers), len(targets), len(RELATIONS))
        return Sparse(columns, values, shape, nothing), self._same(heads, sentence, triggers)

    def _same(
        self, heads: Sequence[FloatArray], sentence: Sequence[int], triggers: Sequence[Trigger]
    ) -> Sparse:
        n = len(triggers)
        starts = np.array([t.words[0] for t in triggers], dtype=np.int64)
        ends = np.array([t.words[1] for t in triggers], dtype=np.int64)
        sents = np.array([sentence[a] for a in starts], dtype=np.int64)
        rows: list[tuple[list[int], list[float]]] = [([], []) for _ in range(n)]
        for i in range(n):
            low = int(np.searchsorted(starts, starts[i] - SAME_BEFORE))
            rows[i][0].append(i)
            rows[i][1].append(1.0)
            if low == i:
                continue
            before = np.arange(low, i)
            features = pair_features(
                triggers[i].words,
                starts[before],
                ends[before],
                sents[before],
                int(sents[i]),
                before * 0,
            )
            scores = np.round(
                _mean(
                    [
                        scorer.same(mine[i], mine[before], features)
                        for scorer, mine in zip(self._scorers, heads, strict=True)
                    ]
                ),
                4,
            )
            for j, score in zip(before.tolist(), scores.tolist(), strict=True):
                rows[i][0].append(j)
                rows[i][1].append(score)
                rows[j][0].append(i)
                rows[j][1].append(score)
        columns: list[IntArray] = []
        values: list[FloatArray] = []
        for indices, scores_of in rows:
            order = np.argsort(np.array(indices, dtype=np.int64), kind="stable")
            columns.append(np.array(indices, dtype=np.int64)[order])
            values.append(np.array(scores_of, dtype=np.float32)[order])
        return Sparse(columns, values, (n, n), np.float32(0.0))  # type: ignore[arg-type]


def near_targets(row: tuple[int, int], starts: IntArray, lead: int) -> IntArray:
    """Which targets (ordered by start) are scored for a trigger: near ones and the lead's."""
    low = int(np.searchsorted(starts, row[0] - LINK_BEFORE))
    high = int(np.searchsorted(starts, row[1] + LINK_AFTER))
    near = np.arange(low, high, dtype=np.int64)
    return np.concatenate([np.arange(min(lead, low), dtype=np.int64), near])


def _triggers(
    vectors: FloatArray, spans: Sequence[Span], found: list[tuple[int, int, float]]
) -> list[Trigger]:
    out = []
    for a, b, score in found:
        mean = vectors[a:b].mean(axis=0)
        kinds = {k: _round(p) for k, p in zip(KINDS, _softmax(mean[LAYOUT["kind"]]), strict=True)}
        modality = _softmax(mean[LAYOUT["modality"]])
        out.append(
            Trigger(
                spans[a][0],
                spans[b - 1][1],
                (a, b),
                max(kinds, key=kinds.__getitem__),
                _round(score),
                kinds,
                {m: _round(p) for m, p in zip(MODALITIES, modality, strict=True)},
                _round(_sigmoid(mean[LAYOUT["background"]])[0]),
            )
        )
    return out


def _pool(vectors: FloatArray, spans: Sequence[tuple[int, int]]) -> FloatArray:
    """Mean vector of the words of each span."""
    if not spans:
        return np.zeros((0, vectors.shape[1]), dtype=np.float32)
    return np.stack([vectors[a:b].mean(axis=0) for a, b in spans])


def _mean(scores: Sequence[FloatArray]) -> FloatArray:
    """The mean of the networks' scores; of one, those scores to the bit."""
    return scores[0] if len(scores) == 1 else np.mean(scores, axis=0, dtype=np.float32)


def _round(value: Any) -> float:
    return round(float(value), 4)


def _checked(folder: Path) -> dict[str, bytes]:
    """The model's files, each compared with the manifest's sha256."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise ModelError(f"no encoder in {folder}: reinstall, or train it (training/README.md)")
    raw = manifest.read_bytes()
    files = {"manifest.json": raw}
    for name, wanted in json.loads(raw)["sha256"].items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"{path} is missing: reinstall, or train the encoder again")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != wanted:
            raise ModelError(f"{path} is not the file that manifest.json names: reinstall")
        files[name] = data
    return files
