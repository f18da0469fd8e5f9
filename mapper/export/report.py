"""A report to print: map, table, quotes, sources, method and versions, as one HTML page."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import shapely
from lxml import etree
from lxml.builder import E

from mapper.abstain import confidences
from mapper.export.features import Options, attribution, coarsened, identified, incident_geometry
from mapper.export.styles import style_of
from mapper.export.words import kind_label
from mapper.model import Analysis, Incident, Span
from mapper.read import language_note
from mapper.webmap.rows import Row as Shown
from mapper.webmap.totals import totals
from mapper.webmap.words import (
    BY_HAND,
    actors_in_words,
    figures_in_words,
    label_of,
    place_in_words,
    precision_in_words,
    range_in_words,
    sureness_in_words,
    when_of,
)

_BASEMAP = Path(__file__).parents[1] / "webmap" / "assets" / "basemap.js"
_STYLE = Path(__file__).with_name("report.css")
_WIDTH = 1000  # of the drawing, in its own units
_CHARACTER, _LINE = 9.6, 17  # of a number: width and height
_MOST_NAMES = 16
_MOST_MAPS = 12
_CAPTION = (
    "Numbers refer to the table. Filled: happened. Hollow: planned, threatened, possible, denied "
    "or foiled, or only recalled. Shaded: an area, as the text says no more."
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

METHOD = (
    "A language model reads the article's text for names of places and for words that report "
    "happenings. The names are looked up in a gazetteer, and the candidates weighed by what "
    "else the article names. Dates are worked out from the date of publication. What the "
    "program found is listed with the words of the text that say so, and what the text does not "
    "say is left open. Confidence is the program's own estimate of being right. A person may "
    "have changed, added, checked or thrown out entries, and each says so; a value marked as set "
    "by a person need not stand in the text. Totals are of what happened or goes on, without "
    "what is only recalled; a figure given for several incidents is counted once."
)

Row = tuple[int, Analysis, Incident]
Spot = tuple[float, float]
Box = tuple[float, float, float, float]


def write_report(analyses: Sequence[Analysis], path: Path, options: Options) -> None:
    """The report as one HTML file with print styles; it asks for nothing outside itself."""
    rows: list[Row] = []
    for number, (analysis, incident, _) in enumerate(identified(analyses, options.least), start=1):
        if options.coarsen_km:
            incident = coarsened(incident, options.coarsen_km)
        rows.append((number, analysis, incident))
    title = "Incident report"
    if len(analyses) == 1 and analyses[0].article.title:
        title = f"Incident report: {analyses[0].article.title}"
    placed = sum(bool(incident.places) for _, _, incident in rows)
    page = E.html(
        E.head(
            E.meta(charset="utf-8"),
            E.meta(name="viewport", content="width=device-width,initial-scale=1"),
            E.meta(
                {
                    "http-equiv": "Content-Security-Policy",
                    "content": "default-src 'none'; style-src 'unsafe-inline'",
                }
            ),
            E.title(_text(title)),
            E.style(_STYLE.read_text(encoding="utf-8")),
        ),
        E.body(
            E.h1(_text(title)),
            E.p(
                f"{len(rows)} incidents in {len(analyses)} "
                f"article{'s' if len(analyses) != 1 else ''}; {placed} on the map, "
                f"{len(rows) - placed} without a place that the text states."
            ),
            *_totals(rows, analyses),
            *_figures(rows, analyses),
            E.h2("Incidents"),
            _table(rows),
            E.h2("What the text says"),
            *[_quotes(row) for row in rows],
            *_rejected(analyses),
            E.h2("Sources"),
            E.ul(*[_source(analysis) for analysis in analyses]),
            E.h2("Method"),
            E.p(METHOD),
            *(
                [
                    E.p(
                        f"Coordinates are coarsened to a grid of {options.coarsen_km:g} km to "
                        "protect people."
                    )
                ]
                if options.coarsen_km
                else []
            ),
            E.ul(*[E.li(_text(line)) for line in _versions(analyses)]),
            E.p(_text(f"Places: {attribution(analyses)}")),
        ),
        lang="en",
    )
    written = etree.tostring(page, method="html", encoding="unicode")
    path.write_text(f"<!doctype html>\n{written}\n", encoding="utf-8")


def _totals(rows: Sequence[Row], analyses: Sequence[Analysis]) -> Iterator[Any]:
    """How many died and were hurt, as the app counts them, and what a person did."""
    counted = totals([Shown(str(number), incident, of) for number, of, incident in rows])
    for name, found in (("Killed", counted.killed), ("Injured", counted.injured)):
        if not found.stated:
            yield E.p(f"{name}: no figure stated.")
            continue
        figures = f"{found.stated} figure{'' if found.stated == 1 else 's'}"
        shared = f", {found.shared} of them for several incidents together" if found.shared else ""
        yield E.p(f"{name}: {range_in_words(found.low, found.high)} ({figures}{shared}).")
    out = sum(len(analysis.rejected) for analysis in analyses)
    yield E.p(
        f"By a person: {counted.verified} checked, {counted.corrected} changed or added, "
        f"{out} thrown out."
    )


def _rejected(analyses: Sequence[Analysis]) -> Iterator[Any]:
    """What a person threw out, with the words it rested on and the reason."""
    gone = [(analysis, item) for analysis in analyses for item in analysis.rejected]
    if not gone:
        return
    yield E.h2("Thrown out: no incidents")
    for analysis, item in gone:
        quotes = " … ".join(evidence.quote for evidence in item.incident.evidence)
        yield E.section(
            E.h3(_text(_what(item.incident))),
            E.p(_text(f"“{quotes}” ({analysis.article.id})")),
            E.p(
                _text(
                    f"Reason: {item.why or 'none given'}. By {item.user}, "
                    f"{item.at.replace('T', ' ').removesuffix('Z')} UTC."
                )
            ),
        )


def _figures(rows: Sequence[Row], analyses: Sequence[Analysis]) -> Iterator[Any]:
    """A map an article, so that it is as close as it can be; one for all of many articles."""
    groups = [[row for row in rows if row[1] is analysis] for analysis in analyses]
    if len(analyses) > _MOST_MAPS:
        groups = [list(rows)]
    for group in groups:
        article = group[0][1].article if group and len(groups) > 1 else None
        heading = f"{article.title or article.id}. " if article else ""
        yield E.figure(_map(group), E.figcaption(_text(heading + _CAPTION)))


def _table(rows: Sequence[Row]) -> Any:
    head = ("No.", "What", "Where", "When", "Killed", "Injured", "Certainty")
    sure = {id(analysis): confidences(analysis) for _, analysis, _ in rows}
    return E.table(
        E.thead(E.tr(*[E.th(word, scope="col") for word in head])),
        E.tbody(
            *[
                E.tr(
                    E.th(str(number), scope="row"),
                    E.td(_text(_what(incident))),
                    E.td(
                        _text(
                            "; ".join(
                                place_in_words(item) + ("" if item.cited else f" ({BY_HAND})")
                                for item in incident.places
                            )
                            or _guesses(incident)
                            or "not stated"
                        )
                    ),
                    E.td(_text(when_of(analysis, incident))),
                    E.td(_toll(incident.fatalities)),
                    E.td(_toll(incident.injured)),
                    E.td(_text(_certainty(incident, sure[id(analysis)]))),
                )
                for number, analysis, incident in rows
            ]
        ),
    )


def _guesses(incident: Incident) -> str:
    """What was held back from the map, or nothing."""
    names = ", ".join(dict.fromkeys(item.place.name for item in incident.unsure))
    return f"unsure, not on the map ({names}?)" if names else ""


def _what(incident: Incident) -> str:
    many = f"{incident.count} × " if incident.count and incident.count > 1 else ""
    state = "" if incident.modality == "occurred" else f" ({incident.modality})"
    return (
        f"{many}{kind_label(incident.kind)}{state}{' (background)' if incident.background else ''}"
    )


def _toll(toll: Any) -> str:
    if toll is None:
        return "–"
    return (
        range_in_words(toll.low, toll.high)
        + (" (shared)" if toll.shared_with else "")
        + (f": {figures_in_words(toll)}" if toll.figures else "")
        + ("" if toll.quote else f" ({BY_HAND})")
    )


def _certainty(incident: Incident, placed: Mapping[Span, float]) -> str:
    changed = dict.fromkeys(
        label_of("changed", name) for name in incident.corrected if name != "added"
    )
    marks = [f"changed by a person: {', '.join(changed)}"] if changed else []
    return "; ".join([sureness_in_words(incident, placed), *marks])


def _quotes(row: Row) -> Any:
    number, analysis, incident = row
    details = [precision_in_words(item) + ": " + item.place.name for item in incident.places]
    if incident.actors:
        details.append(actors_in_words(incident.actors))
    return E.section(
        E.h3(_text(f"{number}. {_what(incident)}")),
        *[
            E.blockquote(
                _text(evidence.quote),
                E.cite(
                    _text(f" {analysis.article.id}, characters {evidence.start}-{evidence.end}")
                ),
            )
            for evidence in incident.evidence
        ],
        *[E.p(_text(line)) for line in details],
    )


def _source(analysis: Analysis) -> Any:
    article = analysis.article
    parts = [article.title or article.id, article.domain, article.published, article.url]
    shown = ", ".join(part for part in parts if part)
    said = [f"{shown}. SHA-256 of the text: {analysis.provenance.text_sha256}"]
    if note := language_note(analysis.language):
        said.append(f"{note[0].upper()}{note[1:]}")
    if not article.published:
        said.append("Its date of publication is not known, so its weekdays are not dated")
    return E.li(_text(". ".join(said)))


def _versions(analyses: Sequence[Analysis]) -> list[str]:
    return sorted(
        {
            f"Made with {a.provenance.tool}, configuration {a.provenance.config}, "
            f"gazetteer {a.provenance.gazetteer}"
            for a in analyses
        }
    )


# ---------------------------------------------------------------------------------- map


def _map(rows: Sequence[Row]) -> Any:
    """A plain map (equirectangular, true to scale at its middle) as inline SVG."""
    shapes = [(row, incident_geometry(row[2].places)) for row in rows]
    drawn = [(row, geometry) for row, geometry in shapes if geometry is not None]
    west, south, east, north = _bounds([geometry for _, geometry in drawn])
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = _WIDTH / ((east - west) * squeeze)
    height = round((north - south) * scale)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - west) * squeeze * scale, 1), round((north - lat) * scale, 1)

    def path(geometry: Any, **attributes: str) -> Any:
        parts = []
        for part in shapely.get_parts(geometry):
            lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            for line in lines:
                points = " L".join(f"{x} {y}" for x, y in (at(*p) for p in line.coords))
                parts.append(f"M{points}" + ("Z" if part.geom_type == "Polygon" else ""))
        return E.path(d=" ".join(parts), **attributes)

    ground = []
    for name, closed in (("land", True), ("lakes", True), ("borders", False)):
        for line in _lines(name):
            if len(line) < (4 if closed else 2):
                continue
            figure = shapely.Polygon(line) if closed else shapely.LineString(line)
            clipped = shapely.clip_by_rect(figure, west, south, east, north)
            kept = [
                part
                for part in shapely.get_parts(clipped)
                if part.geom_type in (("Polygon",) if closed else ("LineString",))
            ]
            if kept:
                ground.append(path(shapely.GeometryCollection(kept), **{"class": name}))
    areas: list[Any] = []
    shaded: set[bytes] = set()
    spots: dict[tuple[float, float], list[tuple[int, str, str]]] = {}
    for (number, _, incident), geometry in drawn:
        colour = style_of(incident.kind).colour
        happened = incident.modality in ("occurred", "ongoing") and not incident.background
        for part in shapely.get_parts(geometry):
            if part.geom_type == "Point":
                spot = at(part.x, part.y)
                fill = colour if happened else "#fff"
            else:
                if part.wkb not in shaded:
                    # Once, however many incidents share it, or what lies under it is lost.
                    shaded.add(part.wkb)
                    areas.append(path(part, fill=colour, stroke=colour, **{"class": "area"}))
                inside = part.representative_point()
                spot = at(inside.x, inside.y)
                fill = ""  # no dot: the text names no point
            spots.setdefault(spot, []).append((number, colour, fill))
    names = [
        E.text(_text(name), x=str(x), y=str(y), **{"class": "name"})
        for name, (x, y) in _names((west, south, east, north), at, spots)
    ]
    return E.svg(
        E.rect(x="0", y="0", width=str(_WIDTH), height=str(height), **{"class": "sea"}),
        *ground,
        *areas,
        *names,
        *[element for spot, here in spots.items() for element in _dot(spot, here)],
        *[
            element
            for spot, label in _labels({s: _numbers(h) for s, h in spots.items()}, height).items()
            for element in _number(spot, *label)
        ],
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        **{"aria-label": f"Map of {len(drawn)} incidents"},
    )


def _dot(spot: Spot, here: Sequence[tuple[int, str, str]]) -> Iterator[Any]:
    """A dot, if a point lies there."""
    x, y = spot
    dots = [(colour, fill) for _, colour, fill in here if fill]
    if dots:
        colour, fill = dots[0]
        yield E.circle(cx=str(x), cy=str(y), r="7", fill=fill, stroke=colour, **{"class": "dot"})


def _numbers(here: Sequence[tuple[int, str, str]]) -> str:
    """The numbers of all incidents at a spot, each once, longer runs joined: ``2–5, 9``."""
    runs: list[list[int]] = []
    for number in sorted({number for number, _, _ in here}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


def _labels(texts: Mapping[Spot, str], height: float) -> dict[Spot, tuple[str, Spot]]:
    """For each spot its text and where that begins: beside the spot, over no other one or dot."""
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in texts]
    placed: dict[Spot, tuple[str, Spot]] = {}
    for (x, y), text in sorted(texts.items()):
        wide = _CHARACTER * len(text)

        def box(away: float, turn: float, x: float = x, y: float = y, w: float = wide) -> Box:
            # The nearest point of the box lies so far away, in that direction.
            right, down = math.cos(turn), math.sin(turn)
            left = x + away * right - w * (1 - right) / 2
            top = y + away * down - _LINE * (1 - down) / 2
            return (left, top, left + w, top + _LINE)

        def cost(found: Box) -> float:
            left, top, right, bottom = found
            outside = left < 0 or top < 0 or right > _WIDTH or bottom > height
            return (1e9 if outside else 0.0) + sum(
                max(0.0, min(right, r) - max(left, lf)) * max(0.0, min(bottom, b) - max(top, t))
                for lf, t, r, b in taken
            )

        ways = [
            box(away, math.radians(turn))
            for away in (10, 22, 36, 52, 70, 90)
            for turn in (0, 180, 270, 90, 315, 45, 225, 135)
        ]
        chosen = next((way for way in ways if cost(way) == 0), None) or min(ways, key=cost)
        taken.append(chosen)
        placed[x, y] = (text, (round(chosen[0], 1), round(chosen[1], 1)))
    return placed


def _number(spot: Spot, text: str, corner: Spot) -> Iterator[Any]:
    """A spot's numbers, with a line to the spot where they stand apart from it."""
    (x, y), (left, top) = spot, corner
    right, bottom = left + _CHARACTER * len(text), top + _LINE
    near = (min(max(x, left), right), min(max(y, top), bottom))
    if math.hypot(near[0] - x, near[1] - y) > 16:
        yield E.line(x1=str(x), y1=str(y), x2=str(near[0]), y2=str(near[1]), **{"class": "lead"})
    yield E.text(text, x=str(left), y=str(round(bottom - 3, 1)))


def _names(
    bounds: tuple[float, float, float, float],
    at: Callable[[float, float], tuple[float, float]],
    taken: Iterable[tuple[float, float]],
) -> list[tuple[str, tuple[float, float]]]:
    """The most prominent names of the basemap within the bounds, none over another or a dot."""
    west, south, east, north = bounds
    inside = [
        row for row in _basemap()["labels"] if west < row[2] < east and south < row[3] < north
    ]
    kept: list[tuple[str, tuple[float, float]]] = []
    for _, name, lon, lat, *_ in sorted(inside, key=lambda row: row[4]):
        x, y = at(lon, lat)
        others = [*taken, *(spot for _, spot in kept)]
        if all(abs(x - a) > 110 or abs(y - b) > 22 for a, b in others):
            kept.append((name, (x, y)))
        if len(kept) == _MOST_NAMES:
            break
    return kept


def _bounds(shapes: Sequence[Any]) -> tuple[float, float, float, float]:
    """West, south, east, north with a margin; the world without shapes."""
    if not shapes:
        return (-180.0, -60.0, 180.0, 80.0)
    west, south, east, north = shapely.total_bounds(list(shapes))
    margin = max(east - west, north - south, 1.0) * 0.15
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    # Neither a ribbon nor a tower: at most twice as long as wide, either way.
    wide, tall = east - west, north - south
    if wide < tall / 2:
        west, east = west - (tall / 2 - wide) / 2, east + (tall / 2 - wide) / 2
    if tall < wide / 2:
        south, north = south - (wide / 2 - tall) / 2, north + (wide / 2 - tall) / 2
    return (
        float(max(west, -180)),
        float(max(south, -85)),
        float(min(east, 180)),
        float(min(north, 85)),
    )


@lru_cache(maxsize=1)
def _basemap() -> dict[str, Any]:
    """The app's basemap: a script that sets one value, its lines in steps of 1/unit degree."""
    script = _BASEMAP.read_text(encoding="utf-8")
    start = script.index(".core=") + len(".core=")
    loaded: dict[str, Any] = json.loads(script[start:].rstrip().rstrip(";"))
    return loaded


def _lines(name: str) -> Iterator[list[tuple[float, float]]]:
    basemap = _basemap()
    unit = basemap["unit"]
    for steps in basemap[name]:
        lons, lats = accumulate(steps[0::2]), accumulate(steps[1::2])
        yield [(lon / unit, lat / unit) for lon, lat in zip(lons, lats, strict=True)]


def _text(value: str) -> str:
    return _FORBIDDEN.sub("�", value)
