"""Give each mention its place on Earth, how sure that is, and why.

Names are judged together (:mod:`mapper.rank`); nominal references ("the capital", "that
town", "the south") then take their place from what they refer to; a facility that no
gazetteer knows is set in the place that the text sets it in, and says so.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, cast

import yaml
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from geodata import area_phrases, areas
from geodata.gazetteer import Entry, GazetteerLike
from mapper import refer
from mapper.candidates import F32, Block, Candidates
from mapper.discourse import DATELINE_REACH, Discourse, could_hold, discourse, is_dateline
from mapper.model import Article, Candidate, GeoJSONGeometry, Mention, Place, Precision
from mapper.names import NO_FITTING_NAME, NO_SUCH_NAME, clean, fold, shape, word_set
from mapper.rank import (
    ANCHOR_FLOOR,
    Chosen,
    Ranker,
    Table,
    anchors,
    believed,
    prefers_anchor,
    settle,
)
from mapper.setting import cos_km, pairs

FLOOR = 0.25
"""A mention carries a place from this confidence on.

Maps and exports draw only what reaches the ranker's own ``threshold`` (where 95 of 100 are
right); between the two a place is a guess that is shown as one.
"""

ANCHOR_UNCERTAINTY_M = 25_000
"""How far, at least, such a name may lie from the place that it is set in."""

CHUNK = 700
"""Mentions judged together at most: in longer texts neighbours are, in turn."""

_SHOWN = 5
_NOMINAL_FACTOR = 0.85
_SPOKEN_OF_KM = 50.0
_SPOKEN_OF = {"literal": 1.0, "nominal": 0.8, "metonymic": 0.9, "organisation": 0.6}
_BY_ITS_PLACES = 0.4
_AROUND = 300
"""Mentions on either side that a reference is weighed with: time is linear in the text."""
_UNIT_REACH = 250.0  # code points in which a named province loses two thirds of its weight
_UNIT_MENTIONS = 80  # mentions before and after that are looked at, however long the text
_POINTS = ("city", "capital", "neighbourhood", "admin2", "admin3")
_CUES = Path(__file__).parent / "cues" / "nominals.yaml"
_KM_PER_DEGREE = 111.2
_CLAUSE_BREAK = re.compile(
    r"[,.;:!?\n“”\"—–(]|\b(?:and|but|or|when|while|where|after|before|who|which|that|as|because"
    r"|since|until|if)\b",
    re.IGNORECASE,
)
_SETS_IN = re.compile(r"\s*(?:,\s*(?:in\s+)?|\(\s*|\s+in\s+)(?:the\s+)?")
_GOVERNED = re.compile(
    r"\b(?:in|at|to|from|near|into|of|on|for|around|outside|inside|through|across|towards?|over)"
    r"\s+(?:the\s+)?$",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def _nominals() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(_CUES.read_text(encoding="utf-8"))
    return loaded


class Resolver:
    """A gazetteer and a ranker with what they have answered so far."""

    def __init__(self, gazetteer: GazetteerLike, ranker: Ranker) -> None:
        self.gazetteer = gazetteer
        self.ranker = ranker
        self.candidates = Candidates(gazetteer)
        self._shapes: dict[str, GeoJSONGeometry | None] = {}
        self._areas: dict[
            tuple[str, str | None], list[tuple[tuple[tuple[str, str], ...], Place | None]]
        ] = {}
        self._capitals: dict[str, Entry | None] = {}

    def geometry(self, entry: Entry) -> GeoJSONGeometry | None:
        """The entry's area, simplified to what a map of its extent shows; kept once made."""
        if not entry.has_geometry:
            return None
        if entry.id not in self._shapes:
            if len(self._shapes) > 4000:
                self._shapes.clear()
            self._shapes[entry.id] = simplified(self.gazetteer.geometry(entry.id))
        return self._shapes[entry.id]

    def place(self, entry: Entry) -> Place:
        """An entry as the contract's PLACE."""
        return Place(
            id=entry.id,
            name=entry.name,
            kind=entry.kind,
            country=entry.country,
            admin1=entry.admin1_name or entry.admin1,
            lat=entry.lat,
            lon=entry.lon,
            geonameid=entry.geonameid,
            precision=cast(Precision, entry.precision),
            uncertainty_m=entry.uncertainty_m,
            geometry=self.geometry(entry),
            source=entry.source,
        )

    def capital(self, country: str) -> Entry | None:
        """The capital of a country by its ISO code."""
        if country not in self._capitals:
            asked = getattr(self.gazetteer, "capital", None)
            self._capitals[country] = asked(country) if asked else None
        return self._capitals[country]

    def resolve(self, article: Article, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
        """Place the mentions of one article; their order and spans stay."""
        return tuple(self._placed(article, mentions).mentions)

    def choices(
        self, article: Article, mentions: Sequence[Mention], by: Mapping[str, float] | None = None
    ) -> dict[int, list[refer.Choice]]:
        """What each reference to a settlement may mean, by the mention's index.

        ``by`` gives the weights under which earlier references were read (None: the shipped ones).
        """
        return self._placed(article, mentions, by).settlements.asked

    def _placed(
        self, article: Article, mentions: Sequence[Mention], by: Mapping[str, float] | None = None
    ) -> _Scene:
        out: list[Mention] = list(mentions)
        entries: list[Entry | None] = [None] * len(out)
        stands: dict[int, Entry] = {}
        order = sorted(range(len(out)), key=lambda i: (out[i].start, out[i].end))
        for first in range(0, len(order), CHUNK):
            part = order[first : first + CHUNK]
            self._names(article, out, entries, part, stands)
        scene = _Scene(article, out, entries, order, stands)
        scene.settlements.by = by
        for i in order:
            if out[i].role == "nominal":
                self._nominal(scene, i)
        return scene

    def _names(
        self,
        article: Article,
        out: list[Mention],
        entries: list[Entry | None],
        part: Sequence[int],
        stands: dict[int, Entry],
    ) -> None:
        told = discourse(article, [out[i] for i in part], self.candidates)
        if not told.names:
            return
        table = Table(told.names, told.home)
        belief = self.ranker.believe(table)
        chosen = settle(table, belief)
        paired = pairs(table, chosen)
        which, features = anchors(table, belief, chosen, paired, self.ranker.pick(paired.features))
        chances = self.ranker.anchored(features)
        settled = {
            at: self._settle(table, told, at, belief, chosen[at])
            for at in sorted({at for at in told.of_mention if at >= 0})
        }
        countries = Counter(
            s.entry.country for s in settled.values() if s.entry is not None and s.sure >= 0.5
        )
        for i, at in zip(part, told.of_mention, strict=True):
            if at < 0:
                continue
            s = settled[at]
            near = int(which[at])
            if near >= 0:
                chance = float(chances[at])
                away = chance > ANCHOR_FLOOR and _named_after(told.names[at].block, s)
                if away or prefers_anchor(told.names[at], s.sure, chance, features[at]):
                    row = (
                        settled[near].index
                        if near in settled
                        else int(chosen[near].row - table.starts[near])
                    )
                    stands[i] = told.names[near].block.entries[row]
                    out[i] = self._set_near(out[i], stands[i], chance, s)
                    continue
                s = replace(s, sure=round(believed(s.sure, chance, features[at]), 4))
            if s.entry is None:
                out[i] = replace(out[i], candidates=(), why=(NO_SUCH_NAME,))
                continue
            why = self._why(table, told, at, s, countries)
            placed = s.sure >= FLOOR
            if not placed:
                why = (*why, "too unsure to be placed")
            entries[i] = s.entry if placed else None
            out[i] = replace(
                out[i],
                place=self._of(out[i], s) if placed else None,
                confidence=s.sure,
                candidates=s.candidates,
                why=why,
            )

    def _set_near(self, mention: Mention, entry: Entry, chance: float, s: _Settled) -> Mention:
        """A name that nobody knows, set in the place that the text speaks of just there."""
        place = replace(self.place(entry), geometry=None)
        if place.precision in ("facility", "neighbourhood"):
            # it lies somewhere around there, which is no more than the town
            place = replace(place, precision="city")
        known = NO_SUCH_NAME
        if s.entry is not None:
            known = NO_FITTING_NAME
        return replace(
            mention,
            place=replace(place, uncertainty_m=max(place.uncertainty_m, ANCHOR_UNCERTAINTY_M)),
            confidence=round(chance, 4),
            candidates=(
                Candidate(entry.id, entry.name, entry.lat, entry.lon, round(chance, 4)),
                *(replace(c, score=min(c.score, chance)) for c in s.candidates),
            ),
            why=(known, f"the text speaks of {entry.name} just there"),
        )

    def _of(self, mention: Mention, s: _Settled) -> Place:
        assert s.entry is not None
        place = self.place(s.entry)
        form = shape(clean(mention.text))
        if s.how == "stripped" and form.direction:
            entry = s.entry
            area = self._area(clean(mention.text), entry.country, lambda _: entry)
            if area is not None:
                return area
        if s.how == "part" and place.precision in ("city", "neighbourhood", "district"):
            # it lies somewhere in or near the place that its name holds
            return replace(place, uncertainty_m=max(place.uncertainty_m, 5_000))
        return place

    def _settle(
        self, table: Table, told: Discourse, at: int, belief: F32, best_of: Chosen
    ) -> _Settled:
        row, mass = best_of.row, best_of.mass
        if row < 0:
            return _Settled(None, "", 0.0, (), 0)
        block = told.names[at].block
        start = table.starts[at]
        local = belief[start : table.none_rows[at]]
        best = _plainest(block, local, int(row - start))
        order = sorted(range(len(local)), key=lambda k: (k != best, -float(local[k]), k))
        shown = tuple(
            Candidate(e.id, e.name, e.lat, e.lon, float(local[k]))
            for k in order[:_SHOWN]
            for e in (block.entries[k],)
        )
        return _Settled(
            block.entries[best], block.hows[best], self.ranker.calibrate(mass), shown, int(best)
        )

    def _why(
        self,
        table: Table,
        told: Discourse,
        at: int,
        s: _Settled,
        countries: Mapping[str | None, int],
    ) -> tuple[str, ...]:
        """The reasons for the winner, as a reader of the article would give them."""
        assert s.entry is not None
        name = told.names[at]
        entry = s.entry
        block = name.block
        why: list[str] = []
        if s.how == "part":
            why.append(f"{block.name!r} is in no gazetteer; its name says {entry.name}")
        elif s.how == "demonym":
            why.append(f"{block.name!r} means of {entry.name}")
        elif s.how == "abbreviation":
            why.append(f"{block.name!r} is short for {entry.name}")
        elif s.how in ("alias", "stripped", "fuzzy") and fold(entry.name) != fold(block.name):
            word = "spelt almost like" if s.how == "fuzzy" else "another name of"
            why.append(f"{block.name!r} is {word} {entry.name}")
        n = len(block.entries)
        why.append("the only place of that name" if n == 1 else f"chosen among {n} places")
        if at in told.parent_text:
            parents = {table.names[p].block for p in name.parents}
            if any(bool(could_hold(p, block)[s.index]) for p in parents):
                why.append(f"the text sets it in {told.parent_text[at]}")
        others = countries.get(entry.country, 0) - 1
        if entry.country and others > 0 and entry.precision != "country":
            where = f"{others} other place{'s' if others > 1 else ''}"
            why.append(f"{where} in the text {'lie' if others > 1 else 'lies'} in the same country")
        if name.in_dateline:
            why.append("it is the dateline")
        home = told.home
        if home.country and entry.country:
            known = self.candidates.country_number(entry.country) == home.country
            if known and entry.precision != "country" and n > 1:
                why.append("the outlet is at home in that country")
        if n > 1 and entry.population > 0:
            rivals = [e for e in block.entries if e.kind not in ("country", "admin1")]
            if entry.population >= max((e.population for e in rivals), default=0):
                why.append(f"the most populous of that name ({entry.population:,})")
        return tuple(why)

    # -- what has no name of its own --------------------------------------------------

    def _nominal(self, scene: _Scene, i: int) -> None:
        """Place "the capital", "that town", "southern provinces" by what they refer to."""
        mention = scene.mentions[i]
        phrase = clean(mention.text).lower()
        words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", phrase)
        cues = _nominals()
        head = next((w for w in reversed(words) if _head(w)), None)
        found: tuple[Entry, float, str] | None = None
        if self._direction(scene, i):
            return
        if head == "here":
            found = scene.filed_from(i) or scene.antecedent(i, head, self)
        elif head and _head(head) == "capital":
            found = self._the_capital(scene, i, words)
        elif head in ("embassy", "consulate", "mission"):
            found = self._mission(scene, i)
        elif head:
            found = scene.antecedent(i, _head(head) or head, self)
        if found is None and head is None and words and words[-1] in cues["sites"]:
            anchor = scene.anchor(i)
            if anchor:
                found = (*anchor, f"the text speaks of {anchor[0].name} just there")
        if found is None and head == "region":
            found = self._wider_region(scene)
        if found is None:
            scene.mentions[i] = replace(mention, why=("it is not clear what it refers to",))
            return
        entry, sure, because = found
        scene.entries[i] = entry
        scene.settlements.took(i, (_head(head) or head) if head else "", entry)
        scene.mentions[i] = replace(
            mention,
            place=self.place(entry),
            confidence=round(sure * _NOMINAL_FACTOR, 4),
            candidates=(Candidate(entry.id, entry.name, entry.lat, entry.lon, 1.0),),
            why=(because,),
        )

    def _wider_region(self, scene: _Scene) -> tuple[Entry, float, str] | None:
        """The wider region of a text about several of its countries: the Middle East, the Sahel."""
        spoken = scene.countries()
        best: tuple[int, str, list[str]] | None = None
        for name, members in _nominals()["wider_regions"].items():
            here = [c for c in members if c in spoken]
            said = sum(spoken[c] for c in here)
            if len(here) > 1 and (best is None or said > best[0]):
                best = (said, name, here)
        if best is None:
            return None
        for match in self.gazetteer.lookup(best[1], limit=4):
            entry = match.entry
            area = self.gazetteer.geometry(entry.id) if entry.has_geometry else None
            if match.how != "primary" or entry.kind not in ("region", "continent") or area is None:
                continue
            middle = area.centroid
            because = f"the text speaks of several countries of {entry.name}"
            return replace(entry, lat=middle.y, lon=middle.x), 1.0, because
        return None

    def _mission(self, scene: _Scene, i: int) -> tuple[Entry, float, str] | None:
        """An embassy or consulate: in the city spoken of, at its own site where that is known."""
        phrase = clean(scene.mentions[i].text)
        anchor = scene.anchor(i)
        if anchor is None or phrase.lower() in ("embassy", "consulate", "mission"):
            return scene.antecedent(i, "embassy", self)
        city, sure = anchor
        for match in self.gazetteer.lookup(f"{phrase} in {city.name}", limit=3):
            if match.how in ("primary", "alias") and match.entry.country == city.country:
                return match.entry, sure, f"the text speaks of {city.name} just there"
        return city, sure * 0.9, f"the text speaks of {city.name} just there"

    def _the_capital(
        self, scene: _Scene, i: int, words: Sequence[str]
    ) -> tuple[Entry, float, str] | None:
        regional = {"state", "provincial", "regional", "county", "district"} & set(words)
        if regional:
            return scene.antecedent(i, "city", self)
        country = scene.country_of(i)
        if country is None:
            return None
        if "this" in words:  # "in this capital", in a report from La Paz
            filed = scene.filed_from(i)
            if filed is not None and filed[0].country == country:
                return filed
        entry = self.capital(country)
        if entry is None:
            return None
        return entry, 1.0, f"the capital of the country spoken of is {entry.name}"

    def _area(
        self, phrase: str, country: str | None, meant: Callable[[str], Entry | None]
    ) -> Place | None:
        """The area that words describe around places that the text has; kept once drawn."""
        for anchors_, place in self._areas.get((phrase, country), ()):
            if all((e.id if (e := meant(n)) else "") == i for n, i in anchors_):
                return place
        asked: list[tuple[str, str]] = []

        def noted(name: str) -> Entry | None:
            entry = meant(name)
            asked.append((name, entry.id if entry else ""))
            return entry or areas.resolver(self.gazetteer, country)(name)

        # some village is called South: words that end in lower case are no name
        named = phrase.rsplit(" ", 1)[-1][:1].isupper()
        parsed = area_phrases.parse(
            phrase,
            is_name=(lambda t: areas.is_name(self.gazetteer, t)) if named else None,
            is_demonym=lambda t: areas.is_demonym(self.gazetteer, t),
        )
        if parsed is None and (phrase.islower() or phrase.isupper()) and " " in phrase:
            first, rest = phrase.lower().split(" ", 1)
            parsed = area_phrases.parse(f"{first} {rest.title()}")
        entries = [noted(a.text) for a in parsed.anchors] if parsed else []
        known = [e for e in entries if e is not None]
        area = None
        if parsed is not None and len(known) == len(entries):
            area = areas.draw(parsed, known, self.gazetteer, country)
        made: Place | None = None
        if area is not None:
            made = Place(
                id="area:" + hashlib.sha256(f"{area.name}|{asked}".encode()).hexdigest()[:12],
                name=area.name,
                kind="area",
                country=area.country or country,
                admin1=None,
                lat=round(area.lat, 5),
                lon=round(area.lon, 5),
                geonameid=None,
                precision=cast(Precision, area.precision),
                uncertainty_m=area.uncertainty_m,
                geometry=simplified(area.geometry),
                source=area.source,
            )
        if len(self._areas) > 2000:
            self._areas.clear()
        self._areas.setdefault((phrase, country), []).append((tuple(asked), made))
        return made

    def _direction(self, scene: _Scene, i: int) -> bool:
        mention = scene.mentions[i]
        country = scene.country_of(i)
        phrase = " ".join(mention.text.split())
        holder = _OF_WHAT.search(phrase)
        if holder:
            # "the east of the city": of the city spoken of, never of its country
            return self._part_of(scene, i, phrase, holder)
        area = self._area(phrase, country, scene.bearer)
        if area is None and not phrase.lower().startswith("the "):
            area = self._area(f"the {phrase}", country, scene.bearer)
        return self._drawn(scene, i, area, _NOMINAL_FACTOR)

    def _part_of(self, scene: _Scene, i: int, phrase: str, holder: re.Match[str]) -> bool:
        """Place "the east of the city", "the town's outskirts" around what the head refers to."""
        head = (holder["of"] or holder["whose"]).lower()
        found = (
            self._the_capital(scene, i, [head])
            if head == "capital"
            else scene.antecedent(i, head, self)
        )
        if found is None:
            return False
        entry, sure, _ = found
        rest = phrase[: holder.start()] + phrase[holder.end() :]
        if rest.isupper():
            rest = rest.lower()
        rest = rest.strip()
        forms = (f"{rest} of {entry.name}", f"the {rest} of {entry.name}", f"{entry.name}'s {rest}")
        for said in forms[:2] if holder["of"] else forms[2:]:
            area = self._area(said, entry.country, lambda _: entry)
            if area is not None:
                return self._drawn(scene, i, area, round(sure * _NOMINAL_FACTOR, 4))
        return False

    def _drawn(self, scene: _Scene, i: int, area: Place | None, sure: float) -> bool:
        """Give a mention the area drawn for its words, if there is one."""
        if area is None:
            return False
        scene.mentions[i] = replace(
            scene.mentions[i],
            place=area,
            confidence=sure,
            candidates=(Candidate(area.id, area.name, area.lat, area.lon, 1.0),),
            why=("worked out from the words", area.name),
        )
        return True


def _holders() -> str:
    """The head words that a part may be of, but for the country, which needs no antecedent."""
    heads = (h for h in _nominals()["heads"] if h not in ("country", "nation", "kingdom"))
    return "|".join(sorted(heads, key=lambda h: (-len(h), h)))


_OF_WHAT = re.compile(
    rf"\s+of\s+(?:the|this|that|our)\s+(?P<of>{_holders()})\Z"
    rf"|\A(?:the|this|that|our|its|their)\s+(?P<whose>{_holders()})['’]s?\s+",
    re.IGNORECASE,
)
"""The end of "the east of the city", the beginning of "the city's east"."""


@dataclass(frozen=True, slots=True)
class _Settled:
    """What was decided for one name."""

    entry: Entry | None
    how: str
    sure: float
    candidates: tuple[Candidate, ...]
    index: int


def _named_after(block: Block, s: _Settled) -> bool:
    """Whether all that is known of a site is what it is named after, which need not hold it.

    "Terry Road" leads to Terry from another town; "Chui Avenue" is in the province, as is much.
    """
    if s.entry is None or s.how != "part" or block.shape.kind != "facility":
        return False
    street = block.name.split(" ")[-1].lower().rstrip(".") in word_set("streets")
    return street or s.entry.precision in ("province", "region", "country")


def _plainest(block: Block, belief: F32, best: int) -> int:
    """The town, where a name that says nothing of a unit means the town, the unit or the airport.

    "Baghdad" is the city; "Baghdad Governorate" says so, and so does a belief that is clear.
    """
    entry = block.entries[best]
    airport = entry.kind in ("airport", "air_base")
    unitary = entry.kind in ("admin1", "admin2", "admin3")
    if not (unitary or airport) or block.shape.kind is not None:
        return best
    unit = float(belief[best])
    towns = [
        i
        for i, e in enumerate(block.entries)
        if e.kind in ("city", "capital")
        and e.country == entry.country
        and block.hows[i] in ("primary", "alias")
        and float(block.xyz[i] @ block.xyz[best]) > cos_km(60)
        and (
            (
                fold(e.name) == fold(entry.name)
                and (
                    e.kind == "capital"
                    or float(belief[i]) > (_SEAT if _seat(e, entry) else _NAMESAKE) * unit
                )
            )
            # Basrah and Al Başrah are both "Basra"; an airport bears the name of its town
            or float(belief[i]) > (_NAMED_AFTER if airport else 0.6) * unit
        )
    ]
    return max(towns, key=lambda i: (float(belief[i]), -i)) if towns else best


_NAMESAKE = 0.15
"""How likely a town must be beside the unit of its name, as a share, to be what is meant."""
_NAMED_AFTER = 0.5
"""The same for a town beside the airport of its name."""
_SEAT = 0.03
"""The same where the town lies in the unit, which has its name from it."""


def _seat(town: Entry, unit: Entry) -> bool:
    """Whether a town lies in the district that bears its name."""
    here = (unit.admin1, unit.admin2)
    return unit.kind == "admin2" and all(here) and (town.admin1, town.admin2) == here


def _head(word: str) -> str | None:
    """The head word's entry in the cue file ("towns" is "town"), or None."""
    heads = _nominals()["heads"]
    for form in (word, word.removesuffix("s"), word.removesuffix("ies") + "y"):
        if form in heads:
            return form
    return None


def settlement_head(phrase: str) -> str | None:
    """The head word of a reference to a settlement ("the temple town": "town"), or None."""
    words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", clean(phrase).lower())
    head = next((h for h in map(_head, reversed(words)) if h), None)
    return head if head in _nominals()["settlements"] else None


class _Scene:
    """The placed mentions of an article, as later references look back on them."""

    def __init__(
        self,
        article: Article,
        mentions: list[Mention],
        entries: list[Entry | None],
        order: Sequence[int],
        stands: Mapping[int, Entry],
    ) -> None:
        self.article = article
        self.stands = stands
        self.mentions = mentions
        self.entries = entries
        self.order = list(order)
        self.rank = {i: k for k, i in enumerate(self.order)}
        self.units: dict[tuple[str, str], Entry | None] = {}
        self.settlements = refer.Settlements(
            article, mentions, entries, self.order, _nominals()["settlement_kinds"]
        )

    def before(self, i: int) -> Iterator[int]:
        """The placed mentions before mention i, nearest first, as far as texts look back."""
        for rank in range(self.rank[i] - 1, max(-1, self.rank[i] - 1 - _AROUND), -1):
            k = self.order[rank]
            if self.entries[k] is not None and self.mentions[k].end <= self.mentions[i].start:
                yield k

    def after(self, i: int) -> Iterator[int]:
        """The placed mentions after mention i, nearest first."""
        here = self.rank[i]
        return (k for k in self.order[here + 1 : here + 1 + _AROUND] if self.entries[k] is not None)

    def around(self, i: int) -> Sequence[int]:
        """The mentions on either side of mention i that are weighed with it, in their order."""
        here = self.rank[i]
        return self.order[max(0, here - _AROUND) : here + 1 + _AROUND]

    def bearer(self, name: str) -> Entry | None:
        """What a name means in this article, where one of its mentions bears it.

        For a name that no gazetteer knows, the place that it is set in.
        """
        key = fold(clean(name))
        for k in self.order:
            entry = self.entries[k] or self.stands.get(k)
            if entry is not None and fold(clean(self.mentions[k].text)) == key:
                return entry
        return None

    def countries(self) -> Counter[str]:
        """How often the text speaks of places of each country (ISO code), outlets aside."""
        return Counter(
            entry.country
            for entry, mention in zip(self.entries, self.mentions, strict=True)
            if entry is not None and entry.country and mention.role != "organisation"
        )

    def filed_from(self, i: int) -> tuple[Entry, float, str] | None:
        """Where the report was filed from: a reporter's "here", but not one that is quoted."""
        text, at = self.article.text, self.mentions[i].start
        paragraph = text[text.rfind("\n", 0, at) + 1 : at]
        if paragraph.count('"') % 2 or paragraph.count("“") > paragraph.count("”"):
            return None
        found: tuple[Entry, float, str] | None = None
        for k in self.order:
            entry, mention = self.entries[k], self.mentions[k]
            if mention.start > min(at, DATELINE_REACH):
                break
            if entry is not None and entry.kind in _POINTS and is_dateline(text, mention):
                found = entry, mention.confidence, f"the report is from {entry.name}"
        return found

    def anchor(self, i: int) -> tuple[Entry, float] | None:
        """The town or the like that the text speaks of around a mention."""
        at = self.mentions[i].start
        weights: dict[str, float] = defaultdict(float)
        entries: dict[str, tuple[Entry, float]] = {}
        for k in [*self.before(i), *self.after(i)]:
            entry, mention = self.entries[k], self.mentions[k]
            if entry is None or mention.role not in ("literal", "nominal"):
                continue
            if entry.kind not in _POINTS:
                continue
            gap = abs(mention.start - at)
            behind = 1.0 if mention.start < at else 0.6
            if "\n\n" in self.article.text[min(at, mention.start) : max(at, mention.start)]:
                behind *= 0.6
            weights[entry.id] += behind * (math.exp(-gap / 250) + 0.08)
            best = entries.get(entry.id)
            if best is None or best[1] < mention.confidence:
                entries[entry.id] = (entry, mention.confidence)
        if not weights:
            return None
        best_id = max(sorted(weights), key=lambda e: weights[e])
        return entries[best_id]

    def country_of(self, i: int) -> str | None:
        """The country that the text speaks of around a mention (ISO code)."""
        mention = self.mentions[i]
        weights: dict[str, float] = defaultdict(float)
        for k in self.around(i):
            entry, other = self.entries[k], self.mentions[k]
            if entry is None or not entry.country:
                continue
            if other.start >= mention.start and other.end <= mention.end and k != i:
                return entry.country  # "the Armenian capital"
            if 0 <= mention.start - other.end <= 3 and other.role == "demonym":
                return entry.country
            if self.article.text[other.end : mention.start] in ("'s ", "’s "):
                return entry.country
            weight = {"literal": 1.0, "nominal": 1.0}.get(other.role, 0.25)
            if entry.precision == "country":
                weight *= 0.7
            gap = abs(other.start - mention.start)
            near = math.exp(-gap / 300) * (1.0 if other.start < mention.start else 0.6)
            weights[entry.country] += weight * (near + 0.25)
        if not weights:
            return None
        return max(sorted(weights), key=lambda c: weights[c])

    def antecedent(self, i: int, head: str, resolver: Resolver) -> tuple[Entry, float, str] | None:
        """The place that a head word takes up again: the latest that fits it."""
        kinds: Sequence[str] = _nominals()["heads"].get(head, ())
        if head == "country":
            country = self.country_of(i)
            if country:
                for k in self.order:
                    entry = self.entries[k]
                    if entry is not None and entry.country == country and entry.kind == "country":
                        return entry, self.mentions[k].confidence, f"it refers to {entry.name}"
                named = [e for e in (self._parent(country, resolver),) if e is not None]
                if named:
                    return named[0], 0.8, f"the country spoken of is {named[0].name}"
            return None
        if kinds and kinds[0] in ("admin1", "admin2"):
            return self._unit(i, kinds, resolver)
        size = _nominals()["settlements"].get(head)
        if size:
            return self._settlement(i, head, size)
        sites = set(_nominals()["sites"])
        # "There" points back; a building that "the airport" means may be named next.
        for back in (self.before(i), () if head == "there" else islice(self.after(i), 4)):
            for k in back:
                entry, mention = self.entries[k], self.mentions[k]
                if entry is None or mention.role in ("organisation", "demonym", "metonymic"):
                    continue
                if head == "there" and self._subject_of(k, i):
                    continue
                words = clean(mention.text).lower().split()
                if head in sites and head in words[-1:] + words[:1]:
                    return entry, mention.confidence, f"it refers to {mention.text!r}"
                if head not in sites and entry.kind in kinds:
                    if head == "there":
                        entry, mention = self._set_in_it(k, kinds)
                    return entry, mention.confidence, f"it refers to {entry.name}"
        anchor = self.anchor(i) if head in sites else None
        if anchor:
            return (*anchor, f"the text speaks of {anchor[0].name} just there")
        return None

    def _settlement(self, i: int, head: str, size: str) -> tuple[Entry, float, str] | None:
        """The settlement that "the city", "that village", "the temple town" takes up again."""
        words = clean(self.mentions[i].text).lower().split()
        modified = len([w for w in words if w not in _nominals()["determiners"]]) > 1
        choices = self.settlements.choices(i, head, size, modified=modified)
        if not choices:
            return None
        likely = refer.chances(choices, self.settlements.by)
        best = max(range(len(choices)), key=lambda k: likely[k])
        entry = choices[best].entry
        sure = max(self.mentions[k].confidence for k in choices[best].mentions)
        return entry, sure, f"it refers to {entry.name}"

    def _set_in_it(self, k: int, kinds: Sequence[str]) -> tuple[Entry, Mention]:
        """Mention k, or what the text sets in it just before it: Omaha of "Omaha, Nebraska"."""
        entry, mention = self.entries[k], self.mentions[k]
        assert entry is not None, "only placed mentions are looked at"
        for j in islice(self.before(k), 1):
            inner, one = self.entries[j], self.mentions[j]
            if inner is None or inner.kind not in kinds or one.role not in ("literal", "nominal"):
                continue
            gap = self.article.text[one.end : mention.start]
            if kinds.index(inner.kind) < kinds.index(entry.kind) and _SETS_IN.fullmatch(gap):
                return inner, one
        return entry, mention

    def _subject_of(self, k: int, i: int) -> bool:
        """Whether mention k acts in the clause of mention i, so that its "there" is elsewhere."""
        one, other = self.mentions[k], self.mentions[i]
        text = self.article.text
        if other.start - one.end > 200 or _CLAUSE_BREAK.search(text[one.end : other.start]):
            return False
        return not _GOVERNED.search(text[max(0, one.start - 40) : one.start])

    def _unit(
        self, i: int, kinds: Sequence[str], resolver: Resolver
    ) -> tuple[Entry, float, str] | None:
        """The province or district that the text speaks of around a mention.

        Named itself (a government's too: "the Gujarat government ... in the state") it counts
        more than by a place that lies in it.
        """
        at = self.mentions[i].start
        weights: dict[str, float] = defaultdict(float)
        found: dict[str, tuple[Entry, float, str]] = {}
        named: set[str] = set()
        here = self.rank[i]
        for k in self.order[max(0, here - _UNIT_MENTIONS) : here + _UNIT_MENTIONS]:
            entry, mention = self.entries[k], self.mentions[k]
            if entry is None or k == i:
                continue
            weight = _SPOKEN_OF.get(mention.role, 0.0)
            unit, because = entry, f"it refers to {entry.name}"
            if entry.kind not in kinds:
                if mention.role not in ("literal", "nominal"):
                    continue
                held = self._held(entry, kinds[0], resolver)
                if held is None:
                    continue
                unit, because = held, f"{entry.name} lies in it"
                weight *= _BY_ITS_PLACES
            elif entry.kind != kinds[0]:
                weight *= 0.5
            gap = abs(mention.start - at)
            weights[unit.id] += weight * (
                math.exp(-gap / _UNIT_REACH) * (1.0 if mention.start < at else 0.5) + 0.02
            )
            if unit.id not in named:
                found[unit.id] = (unit, mention.confidence, because)
            if unit is entry:
                named.add(unit.id)
        if not weights:
            return None
        return found[max(sorted(weights), key=lambda u: weights[u])]

    def _held(self, entry: Entry, kind: str, resolver: Resolver) -> Entry | None:
        """The unit of a kind that an entry lies in; the gazetteer is asked once."""
        if (entry.id, kind) not in self.units:
            above = resolver.gazetteer.parents(entry)
            self.units[entry.id, kind] = next((u for u in above if u.kind == kind), None)
        return self.units[entry.id, kind]

    def _parent(self, country: str, resolver: Resolver) -> Entry | None:
        for entry in self.entries:
            if entry is not None and entry.country == country:
                for above in resolver.gazetteer.parents(entry):
                    if above.kind == "country":
                        return above
        return None


def simplified(area: BaseGeometry | None, *, detail: int = 90) -> GeoJSONGeometry | None:
    """An area as GeoJSON, simplified to about 1/``detail`` of its extent, 4 decimals."""
    if area is None or area.is_empty:
        return None
    west, south, east, north = area.bounds
    extent = math.hypot(east - west, north - south)
    small = area.simplify(max(extent / detail / 2, 0.001), preserve_topology=True)
    if small.is_empty:
        small = area

    def rounded(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [rounded(v) for v in value]
        return round(float(value), 4)

    shape_: dict[str, Any] = mapping(small)
    return {"type": shape_["type"], "coordinates": rounded(shape_["coordinates"])}


_RESOLVERS: list[Resolver] = []


def resolver_for(gazetteer: GazetteerLike, ranker: Ranker) -> Resolver:
    """The resolver of this gazetteer and ranker, kept with its answers (the last four)."""
    for known in _RESOLVERS:
        if known.gazetteer is gazetteer and known.ranker is ranker:
            return known
    _RESOLVERS.append(Resolver(gazetteer, ranker))
    del _RESOLVERS[:-4]
    return _RESOLVERS[-1]


def resolve(
    article: Article, mentions: Sequence[Mention], gazetteer: GazetteerLike, ranker: Ranker
) -> tuple[Mention, ...]:
    """Place the mentions of an article.

    Each comes back, in order, with its candidates, ``confidence`` (the calibrated chance that
    the place is right within 161 km), the reasons, and its ``place`` when the confidence
    reaches ``FLOOR``.  A name that cannot be placed leaves the others as they are.
    """
    return resolver_for(gazetteer, ranker).resolve(article, mentions)
