"""An article cut for the reading pane: paragraphs of pieces, each knowing what it stands for."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from mapper.abstain import default_threshold, enough
from mapper.model import Analysis
from mapper.segment import paragraphs
from mapper.webmap.rows import Row
from mapper.webmap.words import label_of


class _Spans:
    """Spans by their start, so that those in a stretch of text are found without a walk."""

    def __init__(self, items: list[tuple[int, int, Any]]) -> None:
        self._items = sorted(items, key=lambda item: (item[0], -item[1]))
        self._starts = [item[0] for item in self._items]
        self._longest = max((b - a for a, b, _ in items), default=0)

    def within(self, start: int, end: int) -> list[tuple[int, int, Any]]:
        """The spans that touch ``start`` to ``end``."""
        first = bisect_left(self._starts, start - self._longest)
        last = bisect_left(self._starts, end)
        return [item for item in self._items[first:last] if item[1] > start]


def reading(analysis: Analysis, rows: Sequence[Row], least: float | None = None) -> dict[str, Any]:
    """The article as paragraphs of groups of runs.

    A group is a stretch that the same incidents cite (``ids``, with the kind and state of the
    first); a run inside it is plain, a place mention (``role``, and ``tip`` in words) or an
    incident's trigger.  Joining the text of all runs gives each paragraph exactly.  A mention below
    the confidence ``least`` (None: the default threshold) is shown as unsure.
    """
    floor = default_threshold() if least is None else least
    article = analysis.article
    text = article.text
    mine = [row for row in rows if row.analysis.article.id == article.id]
    marks: list[tuple[int, int, str]] = []
    triggers: list[tuple[int, int, str]] = []
    kinds = {row.id: (row.incident.kind, row.state) for row in mine}
    for row in mine:
        for evidence in row.incident.evidence:
            marks.append((evidence.start, evidence.end, row.id))
            triggers.append((*evidence.trigger, row.id))
    shown = []
    by_start = _Spans([(a, b, i) for a, b, i in marks])
    by_mention = _Spans([(m.start, m.end, m) for m in analysis.mentions])
    by_trigger = _Spans([(a, b, i) for a, b, i in triggers])
    for number, (start, end) in enumerate(paragraphs(text)):
        cited = by_start.within(start, end)
        named = [m for _, _, m in by_mention.within(start, end)]
        pulled = by_trigger.within(start, end)
        cuts = {start, end}
        for a, b, _ in cited:
            cuts |= {max(a, start), min(b, end)}
        edges = sorted(cuts)
        groups = []
        for a, b in itertools.pairwise(edges):
            ids = list(dict.fromkeys(i for x, y, i in cited if x <= a and y >= b))
            inside = {a, b}
            for m in named:
                inside |= {p for p in (m.start, m.end) if a < p < b}
            for t in pulled:
                inside |= {p for p in t[:2] if a < p < b}
            runs = []
            points = sorted(inside)
            for x, y in itertools.pairwise(points):
                run: dict[str, Any] = {"t": text[x:y]}
                mention = next((m for m in named if m.start <= x and m.end >= y), None)
                if mention:
                    run["role"] = mention.role
                    sure = mention.place is not None and enough(mention, floor)
                    where = mention.place.name if mention.place else "not found on the map"
                    if mention.place and not sure:
                        where = f"perhaps {where}, too unsure for the map"
                    run["tip"] = f"{where} – {label_of('role', mention.role)}"
                    run["placed"] = sure
                told = dict.fromkeys(i for p, q, i in pulled if p <= x and q >= y)
                if ids and told:
                    run["trigger"] = True
                    if len(ids) > 1:
                        run["by"] = [i for i in told if i in ids]
                runs.append(run)
            group: dict[str, Any] = {"at": a, "runs": runs}
            if ids:
                kind, state = kinds[ids[0]]
                group |= {"ids": ids, "kind": kind, "state": state}
            groups.append(group)
        # A short line that ends like no sentence; the first may be a headline of any kind.
        short = end - start < (160 if number == 0 else 90)
        heading = short and text[end - 1] not in ".!?…:;,”\"'" and len(text) > 2 * (end - start)
        shown.append({"heading": heading, "groups": groups})
    return {
        "id": article.id,
        "title": article.title,
        "direction": "rtl" if analysis.language in ("ar", "fa", "he", "ur", "ps", "yi") else "ltr",
        "language": analysis.language,
        "paragraphs": shown,
    }
