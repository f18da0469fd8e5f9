"""Which settlement a head word takes up again: "the city", "that village", "the temple town".

A choice among the settlements that the text names (conditional logit).  It weighs how lately,
how often and how early each is named, whether the report is from there, whether it is only
where somebody goes to or comes from, and whether its size fits the word.  The weights are in
``models/antecedent.json``, made by ``training/train_antecedent.py``.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from geodata.gazetteer import Entry, distance_km
from mapper.discourse import is_dateline
from mapper.model import Article, Mention
from mapper.segment import paragraphs, sentences

WEIGHTS = Path(__file__).parent / "models" / "antecedent.json"
_LATEST, _MOST = 12, 8
"""How many settlements are weighed: those named last, and those named most, before the word."""
_AHEAD = 3
"""How many that are named only after the word are weighed too."""
_AROUND = 12  # mentions on either side whose places may lie in a settlement
_IN_IT_KM = 25.0
_LINK = 60  # code points before and after a name that say what part it has
_MOVED = re.compile(
    r"\b(?:to|from|for|towards?|via|of|left|leaving|reach(?:ed|ing)?|near|outside|than|like|with"
    r"|between|by)\s+(?:the\s+)?(?:[\w-]+\s+(?:city|town|village)\s+of\s+)?$",
    re.IGNORECASE,
)
_SET = re.compile(
    r"\b(?:in|at|inside|into|across|throughout|around|within)\s+(?:the\s+)?"
    r"(?:(?:[\w-]+\s+){0,3}of\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A settlement that may be meant: its entry, the mentions of it, and what speaks for it."""

    entry: Entry
    mentions: tuple[int, ...]
    features: Mapping[str, float]


@lru_cache(maxsize=4)
def weights(path: Path = WEIGHTS) -> Mapping[str, float]:
    """The weight of each feature."""
    loaded: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["weights"]
    return loaded


def _log_size(entry: Entry) -> float:
    """Decimal logarithm of the population; a settlement without a figure counts as small."""
    return math.log10(max(entry.population, 1000))


class Settlements:
    """The settlements that an article names, in the order in which they are named."""

    def __init__(
        self,
        article: Article,
        mentions: Sequence[Mention],
        entries: Sequence[Entry | None],
        order: Sequence[int],
        kinds: Sequence[str],
    ) -> None:
        self.text = article.text
        self.mentions, self.entries, self.order = mentions, entries, order
        self.kinds = frozenset(kinds)
        self.sentences = [a for a, _ in sentences(self.text)]
        self.paragraphs = [a for a, _ in paragraphs(self.text)]
        self.rank = {i: k for k, i in enumerate(order)}
        self.of: dict[str, list[int]] = {}  # ranks of the mentions of each, ascending
        self.known: dict[str, Entry] = {}
        self.sites: list[int] = []  # ranks of the other places, which may lie in one
        self.taken: dict[str, tuple[str, int]] = {}  # what each head word took up last
        self.datelines: set[str] = set()
        self.asked: dict[int, list[Choice]] = {}  # the choices of each reference so far
        self.by: Mapping[str, float] | None = None  # other weights than the shipped ones
        for k, i in enumerate(order):
            entry = entries[i]
            if entry is not None and mentions[i].role != "nominal":
                self._add(k, entry)
                if is_dateline(self.text, mentions[i]):
                    self.datelines.add(entry.id)

    def _add(self, rank: int, entry: Entry) -> None:
        if entry.kind in self.kinds:
            self.known.setdefault(entry.id, entry)
            insort(self.of.setdefault(entry.id, []), rank)
        elif entry.kind not in ("country", "admin1", "region", "continent"):
            insort(self.sites, rank)

    def took(self, i: int, head: str, entry: Entry) -> None:
        """Note that mention ``i`` with a head word was found to mean an entry."""
        self._add(self.rank[i], entry)
        if entry.kind in self.kinds:
            self.taken[head] = (entry.id, self.rank[i])

    def _sentence(self, at: int) -> int:
        return bisect_right(self.sentences, at)

    def choices(self, i: int, head: str, size: str, *, modified: bool) -> list[Choice]:
        """The settlements that mention ``i`` may mean, each with its features.

        ``size`` is "city", "town" or "village"; ``modified`` says that the phrase describes what
        it means ("the temple town").
        """
        here = self.rank[i]
        before: list[tuple[int, int, str]] = []  # (last rank before, times before, id)
        after: list[tuple[int, str]] = []
        for key, ranks in self.of.items():
            n = bisect_left(ranks, here)
            while n and self.mentions[self.order[ranks[n - 1]]].end > self.mentions[i].start:
                n -= 1
            if n:
                before.append((ranks[n - 1], n, key))
            elif ranks[-1] > here:
                after.append((ranks[bisect_right(ranks, here)], key))
        before.sort(reverse=True)
        most = sorted(before, key=lambda b: (-b[1], b[2]))[:_MOST]
        pool = {b[2]: b for b in [*before[:_LATEST], *most]}
        first = min((self.of[key][0] for key in pool), default=-1)
        out = [
            self._weighed(i, head, size, modified, key, last, n, first, before[0][0])
            for key, (last, n, _) in pool.items()
        ]
        for next_rank, key in sorted(after)[:_AHEAD]:
            out.append(self._ahead(i, head, size, modified, key, next_rank))
        self.asked[i] = out
        return out

    def _general(
        self, i: int, head: str, size: str, modified: bool, entry: Entry
    ) -> dict[str, float]:
        """What does not depend on where an entry is named: its size, the dateline, sites in it."""
        log = _log_size(entry)
        f: dict[str, float] = {}
        if size == "city":
            f["city_large"] = max(0.0, log - 5.0)
        elif size == "town":
            f["town_large"] = max(0.0, log - 5.0)
        else:
            f["village_large"] = max(0.0, log - 3.7)
        f["capital"] = float(entry.kind == "capital")
        dateline = float(entry.id in self.datelines)
        f["dateline"] = dateline
        f["dateline_modified"] = dateline * modified
        f["sites"] = self._sites(i, entry)
        last = self.taken.get(head)
        f["taken"] = float(last is not None and last[0] == entry.id)
        other = [h for h, (key, _) in self.taken.items() if key == entry.id and h != head]
        f["taken_other"] = float(bool(other) and not f["taken"])
        return f

    def _sites(self, i: int, entry: Entry) -> float:
        """How many of the facilities and quarters named around a mention lie in an entry."""
        here = self.rank[i]
        at = bisect_left(self.sites, here)
        near = 0
        for rank in self.sites[max(0, at - _AROUND // 2) : at + _AROUND // 2]:
            site = self.entries[self.order[rank]]
            if site is None or abs(rank - here) > _AROUND:
                continue
            near += distance_km((site.lat, site.lon), (entry.lat, entry.lon)) < _IN_IT_KM
        return math.log1p(near)

    def _moved(self, k: int) -> bool:
        """Whether a mention is only where one goes to, comes from or measures from."""
        start = self.mentions[k].start
        said = self.text[max(0, start - _LINK) : start]
        return bool(_MOVED.search(said)) and not _SET.search(said)

    def _weighed(
        self,
        i: int,
        head: str,
        size: str,
        modified: bool,
        key: str,
        last: int,
        times: int,
        first: int,
        latest: int,
    ) -> Choice:
        entry = self.known[key]
        ranks = self.of[key]
        one, other = self.mentions[self.order[last]], self.mentions[i]
        f = self._general(i, head, size, modified, entry)
        gap = self._sentence(other.start) - self._sentence(one.start)
        f["same_sentence"] = float(gap == 0)
        f["sentence_before"] = float(gap == 1)
        f["sentences"] = math.log1p(gap)
        f["same_paragraph"] = float(
            bisect_right(self.paragraphs, other.start) == bisect_right(self.paragraphs, one.start)
        )
        f["latest"] = float(last == latest)
        f["latest_same_paragraph"] = f["latest"] * f["same_paragraph"]
        f["times"] = math.log(times)
        f["first"] = float(ranks[0] == first)
        shown = [self.order[r] for r in ranks[:times][-4:]]
        f["moved"] = sum(map(self._moved, shown)) / len(shown)
        f["spoken_for"] = float(one.role not in ("literal", "nominal"))
        f["literal"] = float(any(self.mentions[k].role in ("literal", "nominal") for k in shown))
        f["called"] = float(any(self._called(k, head) for k in shown))
        return Choice(entry, tuple(shown), f)

    def _ahead(
        self, i: int, head: str, size: str, modified: bool, key: str, next_rank: int
    ) -> Choice:
        entry = self.known[key]
        k = self.order[next_rank]
        f = self._general(i, head, size, modified, entry)
        f["ahead"] = 1.0
        return Choice(entry, (k,), f)

    def _called(self, k: int, head: str) -> bool:
        """Whether the text calls a mention by the head word: "Adas village", "X, a town in"."""
        m = self.mentions[k]
        after = self.text[m.end : m.end + _LINK].lower()
        is_one = rf"\s*(?:,|is|was)\s+(?:an?|the)\s+(?:[\w-]+\s+){{0,4}}?{head}\b"
        if re.match(rf"\s+{head}\b|{is_one}", after):
            return True
        before = self.text[max(0, m.start - _LINK) : m.start].lower()
        return bool(re.search(rf"\b{head}\s+(?:of\s+|called\s+|named\s+)?$", before))


def chances(choices: Sequence[Choice], by: Mapping[str, float] | None = None) -> list[float]:
    """How likely each choice is what is meant; they sum to 1."""
    by = weights() if by is None else by
    scores = [sum(by.get(n, 0.0) * v for n, v in c.features.items()) for c in choices]
    top = max(scores, default=0.0)
    powers = [math.exp(s - top) for s in scores]
    return [p / sum(powers) for p in powers]
