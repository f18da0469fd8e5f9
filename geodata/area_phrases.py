# ruff: noqa: E501 - the grammar reads best with a pattern on a line
"""Words to structure: the expressions of a text from which an area can be computed.

``southern Iraq``, ``30 km west of Baghdad``, ``between Mosul and Erbil``, ``the northern
outskirts of Kharkiv``, ``off the coast of Yemen``, ``the Syrian border``, ``the south``.  The
parser knows words only: it finds the direction, the relation, the distance and where the names
stand; what the names mean is for a gazetteer to say (``geodata.areas``).

Names that merely hold a direction (South Africa, North Korea, West Bank, Northern Ireland) are
no expressions.  The caller says so: by passing the spans of the names it has recognised, or a
test ``is_name``.  The words themselves are in ``regions/vocabulary.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

VOCABULARY = Path(__file__).parent / "regions" / "vocabulary.yaml"

Form = Literal[
    "part",  # inside the anchor, on one side: southern Iraq, the south of the country
    "side",  # outside the anchor, on one side: south of Krasnohorivka
    "distance",  # so far from the anchor: 30 km west of Baghdad
    "between",  # between two or more anchors, or on the road from one to the other
    "near",  # around the anchor: near, close to, around
    "fringe",  # the anchor's edge: outskirts, suburbs
    "countryside",  # the land about a town
    "border",  # a land border, whole or near it
    "coast",  # the coast of the anchor, on land
    "off_coast",  # the sea off the anchor
]

NAME = "\ue000"
"""Stands for each character of a name while the words around it are read."""
DEMONYM = "\ue001"
"""The same for an adjective of a country (Syrian)."""


@dataclass(frozen=True, slots=True)
class AnchorSpan:
    """Where a name stands in the text: code points, end exclusive."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class AreaPhrase:
    """An expression for an area.

    ``start``/``end`` are code points of the text.  ``bearing`` is in degrees clockwise from
    north, None without a direction; ``direction`` its name (``north_east``, ``centre``).
    ``distance_m`` is the least and greatest distance in metres.  ``units`` says that whole
    provinces are meant; ``extreme`` that the outermost part is (``far north``).  ``also`` holds
    further directions ("northern and eastern Syria").  ``anchors`` are the names it rests on, in
    order; none means the place the text is about: ``nominal`` is then the word for it ("the
    south of the country", "the state's north"), if there is one.  ``descriptor`` holds a word
    before the direction ("Shia-majority" south).  ``near_border``: not the border itself but
    the land along it.
    """

    start: int
    end: int
    text: str
    form: Form
    direction: str | None = None
    bearing: float | None = None
    distance_m: tuple[float, float] | None = None
    anchors: tuple[AnchorSpan, ...] = ()
    units: bool = False
    extreme: bool = False
    near_border: bool = False
    nominal: str | None = None
    descriptor: str | None = None
    also: tuple[tuple[str, float | None], ...] = ()

    @property
    def relation(self) -> str:
        """How a happening at this area lies to its anchor: in, near, north_of, between, ..."""
        if self.form in ("side", "distance"):
            return f"{self.direction}_of" if self.direction else "near"
        return {
            "part": "in", "between": "between", "near": "near", "fringe": "outskirts_of",
            "countryside": "near", "border": "border_of", "coast": "in", "off_coast": "off_coast",
        }[self.form]  # fmt: skip


@dataclass(frozen=True)
class _Words:
    """The vocabulary, compiled."""

    bearing: dict[str, tuple[str, float]]
    numbers: dict[str, tuple[float, float]]
    units: dict[str, float]
    first_order: frozenset[str]
    compass: frozenset[str]
    common: frozenset[str]
    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    direction: re.Pattern[str]
    adjectives: re.Pattern[str]
    needs: dict[str, re.Pattern[str]]


def _words_pattern(words: Iterable[str]) -> str:
    """An alternation of words, longest first; a hyphen may be a blank or nothing."""
    out = []
    for word in sorted(set(words), key=lambda w: (-len(w), w)):
        escaped = re.escape(word).replace(r"\ ", r"\s+")
        out.append(escaped.replace(r"\-", r"[-\s]?"))
    return "(?:" + "|".join(out) + ")"


def _plain(word: str) -> str:
    """A direction word without blanks and hyphens, lower case."""
    return re.sub(r"[-\s]+", "", word).casefold()


@cache
def _vocabulary(path: Path = VOCABULARY) -> _Words:
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    bearing: dict[str, tuple[str, float]] = {}
    adjectives: list[str] = []
    nouns: list[str] = []
    for name, entry in raw["directions"].items():
        for word in entry["adjective"] + entry["noun"]:
            bearing[_plain(word)] = (name, float(entry["bearing"]))
        adjectives += entry["adjective"]
        nouns += entry["noun"]
    eight = sorted(
        ((float(e["bearing"]), n) for n, e in raw["directions"].items()), key=lambda p: p[0]
    )

    def nearest(angle: float) -> str:
        name: str = min(eight, key=lambda p: abs((p[0] - angle + 180) % 360 - 180))[1]
        return name

    for word, angle in raw["compass_words"].items():
        bearing[_plain(word)] = (nearest(float(angle)), float(angle))
        nouns.append(word)
    compass = {code: float(angle) for code, angle in raw["compass"].items()}
    for code, angle in compass.items():
        bearing[code.casefold()] = (nearest(angle), angle)
    centre = raw["centre"]
    for word in centre["adjective"] + centre["noun"]:
        bearing[_plain(word)] = ("centre", -1.0)

    numbers = {str(k): (float(v[0]), float(v[1])) for k, v in raw["numbers"].items()}
    units = {unit: float(size) for size, names in raw["units"].items() for unit in names}

    adj = _words_pattern(adjectives)
    noun = _words_pattern(nouns)
    cadj = _words_pattern(centre["adjective"])
    cnoun = _words_pattern(centre["noun"])
    short = "(?-i:" + "|".join(sorted(compass, key=len, reverse=True)) + ")"
    # "Mosul, Iraq" is one anchor with a qualifier: kept whole by the caller's spans.
    name = f"(?:the\\s+)?(?P<a>{NAME}+)(?:,\\s*{NAME}+)?"
    name2 = f"(?:the\\s+)?(?P<b>{NAME}+)(?:,\\s*{NAME}+)?"
    people = f"(?P<a>[{NAME}{DEMONYM}]+)"
    extreme = "(?:(?P<x>" + "|".join(raw["extreme"]) + r")[-\s]+)?"
    about = f"(?:{_words_pattern(raw['about'])}\\s+)*"
    figure = r"(?:\d[\d,]*(?:\.\d+)?|\.\d+)"
    number = f"(?:{figure}|{_words_pattern(numbers)})"
    unit = _words_pattern(units)
    measure = (
        f"{about}(?P<n1>{number})(?:\\s*(?:-|–|to|or)\\s*(?P<n2>{number}))?"
        f"[-\\s]*(?P<u>{unit})\\b(?:\\s*\\([^()]{{1,25}}\\))?(?:\\s*/\\s*{figure}\\s*{unit}\\b)?"
    )
    fringe = _words_pattern(raw["fringe"])
    rural = _words_pattern(raw["countryside"])
    quarter = _words_pattern(raw["quarter"])
    coast = _words_pattern(raw["coast"])
    border = _words_pattern(raw["border"])
    provinces = _words_pattern(raw["unit_words"])
    land = "|".join(raw["whole_country"] + raw["container"])
    joined = r"\s*(?:,|/|and|or|and/or|&)\s*"
    near = _words_pattern(raw["near"])
    around = _words_pattern(raw["around"])
    outside = _words_pattern(raw["outside"])
    part_noun = f"(?:(?P<d0>{noun}){joined})?(?P<d>{noun}|{cnoun})"
    part_adj = f"(?:(?P<d0>{adj}|{cadj}){joined})?(?P<d>{adj}|{cadj})"
    any_d = f"(?P<d>{noun}|{short})"
    poss = r"['’]s?"
    of_country = rf"(?:of|in)\s+(?:the|our|this|that|its|their)\s+(?P<land>{land})"
    whose = rf"(?:the\s+)?(?P<land>{land}){poss}"
    desc = (
        r"(?P<desc>[A-Za-z]+(?:[-\s](?:majority|dominated|speaking|populated|held|controlled))\s+)?"
    )
    nearby = f"(?P<near>(?:{near}|{around}|along|on|at|from|across|over)\\s+)?"

    def p(pattern: str) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w-]){pattern}(?!\w)", re.IGNORECASE)

    patterns = (
        # to the west of Aleppo: outside it
        ("side", p(f"to\\s+the\\s+(?:(?P<d0>{noun}){joined})?(?P<d>{noun})\\s+of\\s+(?:the\\s+(?:city|town|village|capital|port)\\s+of\\s+)?{name}")),
        # 30 km west of Baghdad; 5 miles outside Kyiv; 20 km from the Syrian border
        ("distance", p(f"{measure}\\s+(?:from|of)\\s+(?:the\\s+)?{people}(?:{poss})?\\s+(?P<border>{border})")),
        ("distance", p(f"{measure}\\s+(?:from|of)\\s+(?:the\\s+)?(?P<border>{border})\\s+with\\s+{name}")),
        ("distance", p(f"{measure}\\s+(?:to\\s+the\\s+|due\\s+)?{any_d}\\s+(?:of|from)\\s+(?:the\\s+(?:city|town|village|capital|port)\\s+of\\s+)?{name}")),
        ("distance", p(f"{measure}\\s+(?:away\\s+)?(?P<off>off)\\s+(?:the\\s+)?(?:coast\\s+of\\s+)?{name}(?:{poss}\\s+{coast})?")),
        ("distance", p(f"{measure}\\s+(?:away\\s+)?(?:from|outside(?:\\s+of)?|of)\\s+(?:the\\s+(?:city|town|village|capital|port)\\s+of\\s+)?{name}")),
        ("distance", p(f"{measure}\\s+inside\\s+{name}")),
        # between Mosul and Erbil; the road from A to B; the A-B highway
        ("border", p(f"{nearby}(?:the\\s+)?(?P<border>{border})\\s+between\\s+{name}\\s+and\\s+{name2}")),
        ("border", p(f"{nearby}(?:the\\s+)?(?P<a>[{NAME}{DEMONYM}]+)\\s*[-–—/]\\s*(?P<b>[{NAME}{DEMONYM}]+)\\s+(?P<border>{border})")),
        ("between", p(f"(?:halfway|midway|half[-\\s]way)?\\s*between\\s+{name}\\s+and\\s+{name2}")),
        ("between", p(f"(?:the\\s+)?(?:road|highway|motorway|route|railway|line)\\s+(?:from|linking|connecting|running\\s+from)\\s+{name}\\s+(?:to|and|with)\\s+{name2}")),
        ("between", p(f"(?:the\\s+)?(?P<a>{NAME}+)\\s*(?:[-–—]|to)\\s*(?P<b>{NAME}+)\\s+(?:road|highway|motorway|railway|line)")),
        ("between", p(f"from\\s+{name}\\s+to\\s+{name2}(?=\\s+(?:road|highway))")),
        # borders
        ("border", p(f"{nearby}(?P<a>{NAME}+){poss}\\s+(?:{part_adj}\\s+)?(?P<border>{border})\\s+with\\s+{name2}")),
        ("border", p(f"{nearby}(?:the|its|their|our|a)\\s+(?:{part_adj}\\s+)?(?P<border>{border})\\s+with\\s+{name}")),
        ("border", p(f"{nearby}(?:the\\s+)?{part_adj}\\s+{people}(?:{poss})?\\s+(?P<border>{border})")),
        ("border", p(f"{nearby}(?:the\\s+)?{part_adj}\\s+(?P<border>{border})\\s+of\\s+{name}")),
        ("border", p(f"{nearby}(?P<a>{NAME}+){poss}\\s+{part_adj}\\s+(?P<border>{border})")),
        ("border", p(f"{nearby}(?:the\\s+)?{people}(?:{poss})?\\s+(?P<border>{border})")),
        ("border", p(f"{nearby}(?:the\\s+)?(?P<border>{border})\\s+of\\s+{name}")),
        # the sea off a coast; a coast
        ("off_coast", p(f"(?:in\\s+(?:the\\s+)?)?waters\\s+off\\s+(?:the\\s+)?(?:coast\\s+of\\s+)?{name}(?:{poss}\\s+(?:{part_adj}\\s+)?{coast})?")),
        ("off_coast", p(f"off\\s+(?:the\\s+)?(?:{part_adj}\\s+)?{coast}\\s+of\\s+{name}")),
        ("off_coast", p(f"off\\s+(?:the\\s+)?(?P<a>[{NAME}{DEMONYM}]+)(?:{poss})?\\s+(?:{part_adj}\\s+)?{coast}")),
        ("off_coast", p(f"(?<=\\s)off\\s+(?P<a>{NAME}+)")),
        ("coast", p(f"(?:the\\s+)?(?:{part_adj}\\s+)?{coast}\\s+of\\s+{name}")),
        ("coast", p(f"(?:the\\s+)?(?P<a>[{NAME}{DEMONYM}]+)(?:{poss})?\\s+(?:{part_adj}\\s+)?{coast}")),
        # outskirts, countryside
        ("fringe", p(f"(?:on\\s+)?(?:the\\s+)?(?:{part_adj}\\s+)?{fringe}\\s+of\\s+(?:the\\s+(?:city|town|village|capital|port)\\s+of\\s+)?{name}")),
        ("fringe", p(f"(?P<a>{NAME}+){poss}\\s+(?:{part_adj}\\s+)?{fringe}")),
        ("fringe", p(f"(?:{part_adj}\\s+)?(?P<a>{NAME}+)\\s+{fringe}")),
        ("countryside", p(f"(?:the\\s+)?(?:{part_adj}\\s+)?{rural}\\s+(?:of|around|outside)\\s+{name}")),
        ("countryside", p(f"(?P<a>{NAME}+){poss}\\s+(?:{part_adj}\\s+)?{rural}")),
        ("countryside", p(f"(?:the\\s+)?(?:{part_adj}\\s+)?(?P<a>{NAME}+)\\s+{rural}")),
        # provinces: whole units
        ("part", p(f"(?:the\\s+)?{desc}{extreme}{part_adj}\\s+(?P<units>{provinces})\\s+of\\s+{name}")),
        ("part", p(f"(?P<a>{NAME}+){poss}\\s+{desc}{extreme}{part_adj}\\s+(?P<units>{provinces})")),
        ("part", p(f"(?:the\\s+)?{extreme}{part_adj}\\s+(?P<a>[{NAME}{DEMONYM}]+)\\s+(?P<units>{provinces})")),
        # parts: the south of Iraq, Iraq's south, northern Iraq, the south-east of the country
        ("part", p(f"(?:in\\s+)?(?:the\\s+)?(?:{whose}|(?:the|its|their)\\s+(?P<land2>{land}){poss})\\s+{desc}{extreme}(?P<d>{adj}|{noun}|{cnoun}|{cadj})(?:\\s+(?:{quarter}|(?P<units>{provinces})))?")),
        ("part", p(f"(?:the\\s+)?{extreme}{part_noun}\\s+{of_country}")),
        ("part", p(f"(?:the\\s+)?{extreme}(?P<d>{adj}|{noun}|{cadj})\\s+(?:{quarter}|(?P<units>{provinces}))\\s+{of_country}")),
        ("part", p(f"the\\s+{extreme}{part_noun}\\s+of\\s+(?:the\\s+(?:city|town|province|state|capital)\\s+of\\s+)?{name}")),
        ("part", p(f"(?P<x>{'|'.join(raw['extreme'])})[-\\s]+(?P<d>{noun})\\s+of\\s+{name}")),
        ("part", p(f"(?P<a>{NAME}+){poss}\\s+{desc}{extreme}(?P<d>{noun}|{adj}|{cnoun}|{cadj})(?:\\s+{quarter})?")),
        ("part", p(f"(?P<a>{DEMONYM}+)\\s+{desc}{extreme}(?P<d>{noun})")),
        ("part", p(f"(?:the\\s+)?{desc}{extreme}(?P<d>{adj}|{cadj})\\s+{quarter}\\s+of\\s+{name}")),
        ("part", p(f"{extreme}{part_adj}[-\\s]+(?P<a>{NAME}+)")),
        # south of Krasnohorivka; to the west of Aleppo
        ("side", p(f"(?:to\\s+the\\s+|just\\s+|due\\s+|immediately\\s+|further\\s+|farther\\s+)*(?:(?P<d0>{noun}){joined})?(?P<d>{noun})\\s+of\\s+(?:the\\s+(?:city|town|village|capital|port)\\s+of\\s+)?{name}")),
        # near, around, outside
        ("near", p(f"(?P<near>{near}|{around}|{outside})\\s+(?:the\\s+(?:city|town|village|capital|port)\\s+of\\s+)?{name}")),
        # the country it is about: southern provinces, the Shia-majority south, the north
        ("part", p(f"(?:the\\s+|its\\s+|their\\s+|several\\s+|most\\s+){{0,2}}{desc}{extreme}{part_adj}\\s+(?P<units>{provinces})")),
        ("part", p(f"(?:the|its|their)\\s+{desc}{extreme}(?P<d>{noun})(?!\\s+(?:of|and|bank|side|wing|gate|coast|wall|tower|face|pole|end|korean?s?|african?s?)\\b)")),
        ("part", p(r"(?P<desc>[A-Za-z]+-(?:majority|dominated|speaking|populated|held|controlled)\s+)" + f"{extreme}(?P<d>{noun})")),
        ("coast", p(f"the\\s+(?:{part_adj}\\s+)?(?:coast|coastline|seaboard)")),
        ("border", p(f"{nearby}the\\s+{part_adj}\\s+(?P<border>{border})")),
    )  # fmt: skip
    # What a stretch of text, in lower case, must hold for a form to be worth the search.
    sides = _words_pattern([*adjectives, *nouns, *centre["adjective"], *centre["noun"]])
    needs = {
        "distance": f"{number}[-\\s]*{unit}\\b", "between": "between|road|highway|motorway|route|railway|line",
        "border": border, "off_coast": r"off\b", "coast": coast, "fringe": fringe,
        "countryside": rural, "part": sides, "side": sides,
        "near": f"{near}|{around}|{outside}",
    }  # fmt: skip
    return _Words(
        bearing, numbers, units, frozenset(raw["first_order"]), frozenset(compass),
        frozenset(raw["no_names"]), patterns,
        re.compile(rf"(?<!\w)(?:{adj}|{cadj})(?!\w)", re.IGNORECASE),
        re.compile(rf"(?:{extreme}(?:{adj}|{cadj})[-\s]+)", re.IGNORECASE),
        {form: re.compile(words) for form, words in needs.items()},
    )  # fmt: skip


def _measure(words: _Words, match: re.Match[str]) -> tuple[float, float] | None:
    """The distance in metres that a match states: least and greatest."""
    groups = match.groupdict()
    if not groups.get("n1"):
        return None
    unit = words.units[re.sub(r"\s+", " ", groups["u"]).casefold()]

    def value(text: str) -> tuple[float, float]:
        key = re.sub(r"\s+", " ", text.strip()).casefold()
        if key in words.numbers:
            return words.numbers[key]
        number = float(key.replace(",", ""))
        return number, number

    low, high = value(groups["n1"])
    if groups.get("n2"):
        second = value(groups["n2"])
        low, high = min(low, second[0]), max(high, second[1])
    return low * unit, high * unit


_UPPER = "A-ZÀ-ÖØ-ÞĀ-ſЀ-Я"
_ARTICLE = "(?:(?:al|el|ad|ar|as|at|ash|an|az|ez|es|ed|et|il|ul|de|la|le)[-\\s])?"
_RUN = re.compile(
    rf"\b{_ARTICLE}\b[{_UPPER}][\w’'\-]*(?:(?<=\bSt|\bMt|\bFt)\.(?=\s*[A-Z]))?"
    rf"(?:(?:\s+|\s+(?:of(?:\s+the)?|al|el|de|del|la|du|e|y)\s+|,\s(?=[A-Z]{{2}}\b))"
    rf"{_ARTICLE}[{_UPPER}][\w’'\-]*)*"
)
_GROUP = re.compile(r"[-\s](?:majority|dominated|speaking|populated|held|controlled)\b")
_PAIR = re.compile(r"[-–—]")
_PAIRED = re.compile(r"\s+(?:border|frontier|boundary|road|highway|motorway|railway|line)")


def _capital_runs(
    words: _Words, text: str, is_name: Callable[[str], bool] | None
) -> list[tuple[int, int]]:
    """Spans of capitalised names, without the direction words in front of them.

    "Southern Iraq" gives Iraq, "South Africa" stays whole when ``is_name`` says it is a name.
    """
    out: list[tuple[int, int]] = []
    for match in _RUN.finditer(text):
        start, end = match.span()
        piece = text[start:end]
        # Words that only begin a sentence are no part of a name.
        while True:
            first = re.match(r"(\S+)\s+(?:of\s+(?:the\s+)?)?", piece)
            lead = first and (first[1] in words.common or first[1] in words.compass)
            if first and lead and not (is_name and is_name(piece)):
                start += first.end()
                piece = text[start:end]
                continue
            break
        if not (is_name and is_name(_bare(piece))):
            cut = words.adjectives.match(piece)
            if cut and cut.end() < len(piece):
                start += cut.end()
                joint = re.match(r"of\s+(?:the\s+)?", text[start:end])
                start += joint.end() if joint else 0
                piece = text[start:end]
            elif words.direction.fullmatch(piece) or piece in words.common:
                continue
        tail = re.search(r"['’]s?$", piece)
        if tail:
            end -= len(tail[0])
            piece = text[start:end]
        if not piece or piece in words.common or piece in words.compass:
            continue
        group = re.search(r"[-\s](?:majority|dominated|speaking|populated|held|controlled)$", piece)
        if group or _GROUP.match(text, end):
            continue
        pair = [m.start() for m in _PAIR.finditer(piece) if piece[m.end() :][:1].isupper()]
        if len(pair) == 1 and _PAIRED.match(text, end):
            out += [(start, start + pair[0]), (start + pair[0] + 1, end)]
        else:
            out.append((start, end))
    return out


def _bare(text: str) -> str:
    """A name without a possessive ending."""
    return re.sub(r"['’]s?$", "", text)


def find(
    text: str,
    names: Sequence[tuple[int, int]] | None = None,
    *,
    is_name: Callable[[str], bool] | None = None,
    is_demonym: Callable[[str], bool] | None = None,
) -> tuple[AreaPhrase, ...]:
    """The expressions for areas in ``text``, in order, not overlapping.

    ``names`` are the spans of the place names already recognised (code points); without them
    runs of capitalised words are taken, of which ``is_name`` tells whether a whole run
    ("South Africa") is a name.  A span that itself holds a direction ("southern Iraq") is split
    unless ``is_name`` says that it is a name.  ``is_demonym`` tells adjectives of countries
    from names ("the Syrian border"); without it a name stands for both.
    """
    words = _vocabulary()
    if names is None:
        spans = _capital_runs(words, text, is_name)
    else:
        spans = []
        for start, end in names:
            piece = text[start:end]
            cut = words.adjectives.match(piece)
            if cut and cut.end() < len(piece) and not (is_name and is_name(_bare(piece))):
                start += cut.end()
            tail = re.search(r"['’]s?$", text[start:end])
            if tail:
                end -= len(tail[0])
            if start < end and not _GROUP.match(text, end):
                spans.append((start, end))
    return _parse(words, text, spans, is_demonym)


def _parse(
    words: _Words,
    text: str,
    spans: Iterable[tuple[int, int]],
    is_demonym: Callable[[str], bool] | None,
) -> tuple[AreaPhrase, ...]:
    mask = list(text)
    for start, end in spans:
        sign = DEMONYM if is_demonym and is_demonym(text[start:end]) else NAME
        mask[start:end] = sign * (end - start)
    masked = "".join(mask)
    where: dict[str, list[tuple[int, int]]] = {form: [] for form in words.needs}
    for start, end in _stretches(masked):
        said = masked[start:end].lower()
        for form, need in words.needs.items():
            if need.search(said):
                where[form].append((start, end))
    found: list[AreaPhrase] = []
    for form, pattern in words.patterns:
        for start, end in where[form]:
            for match in pattern.finditer(masked, start, end):
                phrase = _phrase(words, text, form, match)
                if phrase is None or "\n\n" in phrase.text:
                    continue
                if any(p.start < phrase.end and phrase.start < p.end for p in found):
                    continue
                found.append(phrase)
    return tuple(sorted(found, key=lambda p: p.start))


_MARK = re.compile(r"\([^()]{1,25}\)|(?<!\b[cC])[.;!?](?=\s)")


def _stretches(masked: str) -> Iterator[tuple[int, int]]:
    """The text cut at marks that no expression holds, so that each is searched only where it may be.

    A stop after "c." and what stands in short brackets ("30 km (approx. 19 miles)") may be
    within one.
    """
    start = 0
    for mark in _MARK.finditer(masked):
        if masked[mark.start()] != "(":
            yield start, mark.start()
            start = mark.end()
    yield start, len(masked)


def _phrase(words: _Words, text: str, form: str, match: re.Match[str]) -> AreaPhrase | None:
    groups = match.groupdict()
    anchors = tuple(
        AnchorSpan(*match.span(key), text[slice(*match.span(key))])
        for key in ("a", "b")
        if groups.get(key)
    )
    direction: str | None = None
    bearing: float | None = None
    if groups.get("d"):
        direction, bearing = words.bearing[_plain(groups["d"])]
        if direction == "centre":
            bearing = None
    also: tuple[tuple[str, float | None], ...] = ()
    if groups.get("d0"):
        name, angle = words.bearing[_plain(groups["d0"])]
        also = ((name, None if name == "centre" else angle),)
    start, end = match.span()
    lead = len(match[0]) - len(match[0].lstrip())
    unit = groups.get("units")
    # "East State" or "west region" of nothing named is more likely a name than a direction.
    if unit and not anchors and not (groups.get("land") or groups.get("land2")):
        singular = unit.casefold() in words.first_order and not unit.casefold().endswith("s")
        if singular:
            return None
    phrase = AreaPhrase(
        start + lead,
        end,
        text[start + lead : end],
        _form(form),
        direction,
        bearing,
        _measure(words, match),
        anchors,
        bool(unit and unit.casefold() in words.first_order),
        bool(groups.get("x")),
        False,
        (groups.get("land") or groups.get("land2") or "").casefold() or None,
        (groups.get("desc") or "").strip() or None,
        also,
    )
    if groups.get("border") and form == "distance":
        return replace(phrase, near_border=True)
    if groups.get("off") and form == "distance":
        return replace(phrase, form="off_coast")
    if form == "border" and (groups.get("near") or "").strip().casefold() not in ("", "along"):
        return replace(phrase, near_border=True)
    return phrase


def _form(name: str) -> Form:
    form: Form = name  # type: ignore[assignment]
    return form


def parse(
    phrase: str,
    *,
    is_name: Callable[[str], bool] | None = None,
    is_demonym: Callable[[str], bool] | None = None,
) -> AreaPhrase | None:
    """The expression that ``phrase`` is as a whole (articles and prepositions aside), or None.

    Of a phrase that is a name (``is_name``), None.
    """
    bare = phrase.strip()
    if is_name and is_name(re.sub(r"^the\s+", "", bare, flags=re.IGNORECASE)):
        return None
    found = find(phrase, is_name=is_name, is_demonym=is_demonym)
    if not found:
        return None
    best = max(found, key=lambda p: p.end - p.start)
    rest = phrase[: best.start] + phrase[best.end :]
    if re.sub(r"\b(?:the|in|at|on|to|of|a|an|and|from|for)\b|\W", "", rest.casefold()):
        return None
    return best
