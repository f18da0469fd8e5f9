"""An article cut for the reading pane: paragraphs of pieces, each knowing what it stands for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from mapper.model import Analysis
from mapper.segment import paragraphs
from mapper.webmap.rows import Row
from mapper.webmap.words import label_of


def reading(analysis: Analysis, rows: Sequence[Row]) -> dict[str, Any]:
    """The article as paragraphs of groups of runs.

    A group is a stretch that the same incidents cite (``ids``, with the kind and state of the
    first); a run inside it is plain, a place mention (``role``, and ``tip`` in words) or an
    incident's trigger.  Joining the text of all runs gives each paragraph exactly.
    """
    article = analysis.article
    text = article.text
    mine = [row for row in rows if row.analysis.article.id == article.id]
    marks: list[tuple[int, int, str]] = []
    triggers: list[tuple[int, int]] = []
    kinds = {row.id: (row.incident.kind, row.state) for row in mine}
    for row in mine:
        for evidence in row.incident.evidence:
            marks.append((evidence.start, evidence.end, row.id))
            triggers.append(evidence.trigger)
    shown = []
    by_start = sorted(marks)
    mentions = sorted(analysis.mentions, key=lambda m: (m.start, -m.end))
    triggers.sort()
    for number, (start, end) in enumerate(paragraphs(text)):
        cited = [m for m in by_start if m[0] < end and m[1] > start]
        named = [m for m in mentions if m.start < end and m.end > start]
        pulled = [t for t in triggers if t[0] < end and t[1] > start]
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
                inside |= {p for p in t if a < p < b}
            runs = []
            points = sorted(inside)
            for x, y in itertools.pairwise(points):
                run: dict[str, Any] = {"t": text[x:y]}
                mention = next((m for m in named if m.start <= x and m.end >= y), None)
                if mention:
                    run["role"] = mention.role
                    where = mention.place.name if mention.place else "not found on the map"
                    run["tip"] = f"{where} – {label_of('role', mention.role)}"
                    run["placed"] = mention.place is not None
                if ids and any(t[0] <= x and t[1] >= y for t in pulled):
                    run["trigger"] = True
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
