# ruff: noqa: E501 - patterns are easier to read on one line
"""Put the figures of one incident together: sources that differ, dead that are added, the attacker.

A toll phrase is one statement; the sentences around it may give another figure for the same
people ("a committee counts 23"), tell of more dead ("two others died in hospital"), give the sum
("bringing the toll to nine"), or say that the attacker died too.  Figures in conflict make a range,
more dead are added, and perpetrators who died count (``mapper/ontology/tolls.yaml`` has the words).
Who gives each of the figures in conflict is kept with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from mapper.extract.resources import ontology
from mapper.extract.scene import Scene, TollCandidate
from mapper.extract.tolls import What, counts_things_in, figures, parse_toll
from mapper.model import Figure, Span, Toll
from mapper.names import any_of
from mapper.segment import small_letters

__all__ = ["Reckoned", "reckon"]

AFTER = 3
"""Sentences after a toll phrase in which the same dead may be counted again."""
OTHER_TRIGGER = 0.5
"""Encoder's score from which another trigger begins another matter."""
APART = 40
"""How many times as large another source's figure may be."""

Range = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A toll after all statements about it, and a line that says what was done to it."""

    toll: Toll
    reason: str | None


def _words(name: str) -> str:
    return any_of(str(w) for w in ontology("tolls")[name])


@cache
def _number() -> str:
    t = ontology("tolls")
    modifiers = any_of(str(w) for k in ("at_least", "at_most", "about") for w in t[k])
    q = figures()
    return rf"(?:(?:{modifiers}|between)\s+)?(?:{q})(?![\w%])(?:\s*(?:-|–|—|to|or|and)\s*(?:{q})(?![\w%]))?"


@cache
def _said_words(what: What) -> tuple[str, str]:
    """Words of this kind of harm, and of the other kind."""
    t = ontology("tolls")
    hurt = any_of([*t["hurt_nouns"], *t["hurt_passive"]])
    dead = any_of([*t["figure_dead"], *t["kill_passive"], *t["die"]])
    return (dead, hurt) if what == "fatalities" else (hurt, dead)


@cache
def _other_figures(what: What) -> tuple[re.Pattern[str], ...]:
    """Statements by which another source gives its own figure; the figure is ``np``."""
    give, fill, nouns = _words("give_figure"), _words("before_figure"), _words("figure_nouns")
    mine, other = _said_words(what)
    n = _number() + r"(?!\s+of\s+(?:the|these|those|them|whom|its|their|his)\b)"
    end = r"(?=\s*(?:[.,;:)\"”]|$|\bnames\b|\bin\s+all\b|\bbecause\b|\bbut\b|\bwhile\b|\bboth\b))"
    people = r"(?:\s+(?:of\s+\w+\s+)?(?!(?:or|and|to|in|at|on)\b)[\w'’-]+){0,3}?"
    return (
        # "doctors had counted 34 bodies", "the junta admitted four deaths"
        re.compile(rf"\b(?:{give})(?:,?\s+(?:{fill}))*,?\s+[\"“]?(?P<np>{n})[\"”]?{people}\s+(?:(?:were|had|have|been)\s+)*(?:{mine})\b"),
        # "insisted the toll was nearer 20", "gave a higher figure, 22"
        re.compile(rf"\b(?:{give})(?:\s+[\w'’]+){{0,3}}?\s+(?:{nouns})\b(?:,?\s+(?:{fill}))*,?\s+[\"“]?(?P<np>{n})(?!\s*(?:{other}))"),
        # "a committee of the displaced says 23", "a channel speaks of two"
        re.compile(rf"\b(?:{give})(?:,?\s+(?:{fill}))*\s+[\"“]?(?P<np>{n})[\"”]?{end}"),
    )  # fmt: skip


@cache
def _after_phrase() -> tuple[re.Pattern[str], ...]:
    """Another figure right after the phrase: "or 37", "three according to a doctor"."""
    n = _number()
    return (
        re.compile(rf"^[^.;:]{{0,50}}?,?\s+(?:or|maybe|perhaps|possibly|if\s+not)\s+(?P<np>{n})(?=\s*(?:[.,;:)]|$|\bpeople\b|\bpersons\b|\bdead\b))"),
        re.compile(rf"^[^.;]{{0,30}}?\b(?:according\s+to|by\s+the\s+count\s+of)\s+[^,;.]{{3,60}}[,;]\s*(?:and\s+|but\s+|or\s+)?(?P<np>{n})\s+(?:[a-z]+\s+)?(?:according\s+to|by\s+(?:the\s+count|that)\s+of)\b"),
        re.compile(rf"^[^.;]{{0,60}}?,\s+(?:[\w'’-]+\s+){{1,6}}(?:of|says|say|said|counts|counted)\s+(?P<np>{n})(?=\s*(?:[.;)]|$))"),
    )  # fmt: skip


@cache
def _more(what: What) -> re.Pattern[str]:
    """More dead than those counted: "two others died", "another six were killed"."""
    more = _words("more_dead")
    mine, _ = _said_words(what)
    n = _number()
    people = r"(?:\s+(?:of\s+(?:the\s+)?)?(?!(?:and|were|was|had)\b)[\w'’-]+){0,3}?"
    be = r"(?:\s+(?:have|has|had|were|was|been|also|later|since))*"
    return re.compile(
        rf"(?:\b(?P<np>{n})\s+(?:{more})\b{people}|\b(?:another|a\s+further|an\s+additional)\s+(?P<np2>{n}){people}"
        rf"|\b(?P<np3>{n})\s+of\s+the\s+(?:wounded|injured)\b|\b(?P<one>another|a\s+(?:second|third|fourth|fifth|sixth|seventh))\s+[\w'’-]+(?:\s+[\w'’-]+)?"
        rf"|\b(?P<np4>(?:{n}|an?|one|his|her)(?:\s+[\w'’-]+){{1,3}}?)(?=\s+(?:was|were|had|has|have)\s+(?:been\s+)?also\b|\s+also\b)){be}\s+(?:{mine})\b"
    )


_SUM = re.compile(
    r"\b(?:bring|brought|rais|tak|took|push|lift|driv|increas)\w*\s+(?:the|its|his|their|that)\s+(?:[\w'’-]+\s+){0,3}?"
    r"(?:toll|number|total|count|tally)\s+(?:[\w'’-]+\s+){0,6}?to\s+"
)
# "took the murder count for the year to 42" counts more than this happening's dead.
_LONGER = re.compile(
    r"\b(?:for|of|in|over|during)\s+(?:the|this|last|that)\s+(?:year|month|week|decade|season|quarter)\b"
    r"|\b(?:this|so\s+far\s+this)\s+(?:year|month|season)\b|\bsince\b"
)
_FOR_DEAD = re.compile(r"\b(?:for|not|neither|half)\s+dead\b")
_ATTRIBUTED = re.compile(
    r"\b(?:said|says|told|according\s+to|reported|claimed|insisted|lamented|medics|hospital\s+sources)\b"
)


@cache
def _attacker() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """That the attacker died as well, and that he is among those counted already."""
    t = ontology("tolls")
    one = _words("attacker")
    dead = any_of([*t["kill_passive"], *t["die"]])
    authority = any_of(str(w) for w in ontology("actors")["authority"])
    also = r"(?:\s+(?:was|were|is|has|had|been|also|later|then|himself|herself|reportedly))*"
    died = re.compile(
        rf"\b(?:the|lone|alleged)\s+(?:\w+\s+)?(?:{one}){also}\s+(?:{dead})\b"
        rf"|\b(?:{authority})\s+(?:then\s+|later\s+|eventually\s+)?(?:shot|killed|gunned\s+down)\s+(?:and\s+killed\s+)?(?:him|her|the\s+(?:\w+\s+)?(?:{one}))(?:\s+dead)?\b"
        rf"|\bbefore\s+(?:he|she)\s+was\s+(?:shot|killed|gunned)|\bbefore\s+being\s+(?:shot\s+dead|shot\s+and\s+killed|killed|gunned\s+down)"
        rf"|\b(?:{_words('own_death')})\b"
    )
    among = re.compile(
        rf"\b(?:including|among\s+them|counting|as\s+well\s+as|along\s+with|excluding|besides|not\s+counting|plus)\s+(?:the\s+)?(?:\w+\s+)?(?:{one}|himself|herself)\b"
        rf"|\bone\s+of\s+(?:them|the\s+(?:dead|victims))\s+(?:was|is|being)\s+(?:the|an?)\s+(?:\w+\s+)?(?:{one})\b"
        rf"|\b(?:dead|victims|toll)\s+(?:includ\w+)\s+(?:the\s+)?(?:{one})\b"
    )
    return died, among


def _low(r: Range) -> int:
    return r[0] if r[0] is not None else r[1] or 0


def _span(base: Range, others: Sequence[Range]) -> Range:
    """One range over figures in conflict; a higher figure closes "at least"."""
    known = [x for r in (base, *others) for x in r if x is not None]
    low = min(known)
    top = max((base, *others), key=_low)
    high = top[1] if top[1] is None else max(known)
    return (low, high)


def _plus(a: Range, b: Range) -> Range:
    low = None if a[0] is None or b[0] is None else a[0] + b[0]
    high = None if a[1] is None or b[1] is None else a[1] + b[1]
    return (low, high)


def _read(np: str, what: What) -> Range:
    low, _, high = parse_toll(np, what)
    return (low, high)


def _window(scene: Scene, own: Sequence[Span], toll: Toll) -> list[tuple[int, int]]:
    """The stretches after a phrase that still speak of the same incident: clauses up to another."""
    first = scene.sentence_of(toll.span[0])
    out: list[tuple[int, int]] = []
    for k in range(first, min(len(scene.sentences), first + AFTER + 1)):
        a, b = scene.sentences[k]
        a = max(a, toll.span[1]) if k == first else a
        if k > first and re.match(r"\s*(?:[•*–—-]|\d+[.)])\s", scene.text[a : a + 4]):
            break
        foreign = [
            t.start
            for t in scene.triggers
            if a <= t.start < b
            and t.score >= OTHER_TRIGGER
            and not any(x < t.end and t.start < y for x, y in own)
        ]
        stop = min(foreign, default=b)
        if k > first or stop > a:
            out.append((a, stop if k > first else b))
        if foreign and k > first:
            break
    return out


def _differs(base: Range, other: Range) -> bool:
    if other == base or other[1] == 0:
        return False
    small, large = sorted((_low(base), _low(other)))
    return small > 0 and large <= APART * small and not (small == large and other[1] == base[1])


def reckon(scene: Scene, own: Sequence[Span], toll: Toll, what: What, kind: str) -> Reckoned:
    """A toll with what the text says further of the same dead (or hurt).

    ``own`` are the incident's trigger spans; ``toll`` the phrase chosen for it.  Looked at are the
    rest of its sentence and the next ``AFTER`` sentences, until another incident is told of.
    """
    lead = scene.text[max(0, toll.span[0] - 40) : toll.span[0]].lower()
    if toll.high == 0 or not scene.sentences or _PART.search(lead):
        return Reckoned(toll, None)
    base: Range = (toll.low, toll.high)
    sides = _SIDES.match(scene.text[toll.span[1] : toll.span[1] + 40].lower())
    if sides:
        base = _plus(base, base)
    others: list[Figure] = []
    quotes: list[str] = []

    reached = any(t.total and (t.start, t.end) == toll.span for t in scene.tolls)

    def differs(found: Range, start: int, end: int) -> None:
        """Take a figure in conflict with the base, and who gives it; not a part of a total."""
        if reached and _low(found) < _low(base):
            return
        others.append(_figure(scene, found, (start, end)))
        quotes.append(scene.text[start:end].lower())

    added: Range = (0, 0)
    maybe: Range | None = None
    total: Range | None = None
    a, b = scene.sentences[scene.sentence_of(toll.span[0])]
    # Two kinds of harm in one sentence leave a bare figure open.
    mixed = re.search(rf"\b(?:{_said_words(what)[1]})\b", scene.text[a:b].lower()) is not None
    for pattern in _after_phrase():
        m = pattern.search(small_letters(scene.text[toll.span[1] : b]))
        if m and _differs(base, _read(m["np"], what)):
            differs(_read(m["np"], what), *(toll.span[1] + at for at in m.span("np")))
            break
    for n, (start, end) in enumerate(_window(scene, own, toll)):
        part = small_letters(scene.text[start:end])
        m = _SUM.search(part)
        if m and not _LONGER.search(part[m.start() : m.end() + 60]):
            figure = re.match(_number(), part[m.end() :])
            if figure and what == "fatalities":
                total = _read(figure.group(), what)
                quotes.append(m.group() + figure.group())
                break
        m = _more(what).search(part)
        if m and (_FOR_DEAD.search(m.group()) or counts_things_in(m.group())):
            continue
        if m and not (n == 0 and m.start() < 3 and toll.quote.lower().endswith(("or", "and"))):
            np = m["np"] or m["np2"] or m["np3"] or m["np4"]
            more = _read(np, what) if np else (1, 1)
            if _low(more) > 0 and toll.quote.lower() not in m.group():
                sentence = scene.text[start:end].lower()
                if _ATTRIBUTED.search(sentence) and n > 0:
                    maybe = more if maybe is None else _plus(maybe, more)
                else:
                    added = _plus(added, more)
                quotes.append(m.group())
                continue
        for k, pattern in enumerate(_other_figures(what)):
            m = pattern.search(part)
            if m is None or (k == 2 and (mixed or n > 1 or others)):
                continue
            if _elsewhere(scene, start + m.start("np"), start + m.end()) or _OLD.search(part):
                continue
            spoken = part[: m.end()] if k == 2 else m.group()
            if re.search(rf"\b(?:{_said_words(what)[1]})\b", spoken):
                continue
            other = _read(m["np"], what)
            if _differs(base, other) and other not in map(_range, others):
                differs(other, *(start + at for at in m.span("np")))
            break
    if not others:
        bound = _bound(scene, toll, base, what, own)
        if bound is not None:
            differs(*bound)
    if what == "fatalities" and _attacker_died(scene, own, toll, kind):
        added = _plus(added, (1, 1))
        quotes.append("the attacker")
    found = total or base
    if total is None and others:
        found = _span(base, [_range(figure) for figure in others])
    if total is None:
        found = _plus(found, added)
        if maybe is not None and not others:
            found = (found[0], _plus(found, maybe)[1])
    if found == (toll.low, toll.high) or found == (None, None):
        return Reckoned(toll, None)
    low, high = found
    best = low if high is None else high if low is None else (low + high) // 2
    if sides:
        quotes.append(sides.group())
    said = "”, “".join(dict.fromkeys(q.strip() for q in quotes))
    stated: tuple[Figure, ...] = ()
    if total is None and others:
        stated = (_figure(scene, (toll.low, toll.high), toll.span), *others)
    made = replace(toll, low=low, best=best, high=high, figures=stated)
    return Reckoned(made, f"with “{said}”")


def _figure(scene: Scene, bounds: Range, span: Span) -> Figure:
    return Figure(*bounds, scene.text[slice(*span)], span, _source(scene, span))


def _range(figure: Figure) -> Range:
    return (figure.low, figure.high)


_CLAUSE = re.compile(
    r"[,;:.()“”\"—–]\s*|\b(?:but|while|and|whereas|though|although)\s+", re.IGNORECASE
)


@cache
def _sources() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Who gives a figure: in its clause before it, after it, and at the head of its sentence."""
    verbs = any_of(w for w in ontology("tolls")["give_figure"] if w not in {"had", "has", "have"})
    told = rf"(?:(?:have|has|had|also|later|now|only)\s+){{0,2}}(?:{verbs}|told)\b"
    who = r"[^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’-]*){0,7}?"
    ends = r"(?=\s*(?:[,;:.)]|$|\b(?:and|but|while)\b))"
    by = rf"(?:according\s+to|by\s+the\s+(?:count|word|account)\s+of)\s+({who})"
    owned = rf"by\s+({who})['’]s?\s+(?:count|word|account|figures|tally)\b"
    return (
        re.compile(rf"\s*({who})\s+{told}", re.IGNORECASE),
        re.compile(
            rf"(?:[^;.:]{{0,80}}?\b)?(?:{by}{ends}|{owned})|[^;.:]{{0,80}}?,\s*({who})\s+{told}",
            re.IGNORECASE,
        ),
        re.compile(rf"\s*{by}\s*,", re.IGNORECASE),
    )


def _source(scene: Scene, span: Span) -> str | None:
    """Who gives a figure in its own sentence, in the text's words; None where nobody is named."""
    a, b = scene.sentences[scene.sentence_of(span[0])]
    before, after = scene.text[a : span[0]], scene.text[span[1] : b]
    clauses = [m.end() for m in _CLAUSE.finditer(before)]
    clause = before[clauses[-1] :] if clauses else before
    another = re.search(rf"(?<!\w)(?:{figures()})(?!\w)", small_letters(after))
    after = after[: another.start()] if another else after
    in_clause, behind, at_head = _sources()
    found = in_clause.match(clause) or behind.match(after)
    if found is None and len(clauses) < 2:
        found = at_head.match(before)
    if found is None:
        return None
    who = next(group for group in found.groups() if group is not None)
    nobody = small_letters(who).split()[-1] in ontology("tolls")["no_source"]
    return None if nobody else " ".join(who.split())


_PART = re.compile(
    r"\b(?:including|include[sd]?|excluding|not\s+counting|among\s+them|of\s+whom|in\s+addition\s+to)\s+(?:the\s+)?$"
)
_SIDES = re.compile(r"\s*(?:dead\s+|killed\s+)?on\s+(?:each|either)\s+side\b")
_OLD = re.compile(
    r"\b(?:initial|initially|earlier|previous|previously|preliminary|at\s+first|revised|lowered|not\s+\d)"
)


def _elsewhere(scene: Scene, start: int, end: int) -> bool:
    """Whether a figure is said of a place of its own ("124 deaths in the city alone")."""
    return any(
        end <= m.start <= end + 12
        and m.role == "literal"
        and not re.search(r"[.;:!?\n]", scene.text[end : m.start])
        for m in scene.mentions
        if start < m.start < end + 40
    )


def _bound(
    scene: Scene, toll: Toll, base: Range, what: What, own: Sequence[Span]
) -> tuple[Range, int, int] | None:
    """What was counted where the phrase says "as many as", and the other way round; and where."""
    stretches = _window(scene, own, toll)

    def near(t: TollCandidate) -> bool:
        return (
            t.what == what
            and t.rule >= 0.6
            and (t.end <= toll.span[0] or toll.span[1] <= t.start)
            and any(x <= t.start < y for x, y in stretches)
        )

    for t in scene.tolls:
        if not near(t):
            continue
        if base[0] is None and base[1] is not None and t.low is not None and 0 < t.low < base[1]:
            return (t.low, t.low), t.start, t.end
        if base[0] is not None and t.low is None and t.high is not None and t.high > base[0]:
            return (t.high, t.high), t.start, t.end
    return None


_VIOLENT = frozenset(
    {"battle", "explosion_remote_violence", "violence_against_civilians", "crime", "riot"}
)


def _attacker_died(scene: Scene, own: Sequence[Span], toll: Toll, kind: str) -> bool:
    """Whether the attacker died and is not among those whom the phrase counts."""
    if kind not in _VIOLENT or kind == "battle":
        return False
    died, among = _attacker()
    own_sentences = {scene.sentence_of(a) for a, _ in own}
    here = scene.sentence_of(toll.span[0])
    if here not in {k + d for k in own_sentences for d in (0, 1)}:
        return False
    a, b = scene.sentences[here]
    around = scene.text[a:b].lower()
    if among.search(around) or re.search(rf"\b(?:{_words('attacker')})s?\b", toll.quote.lower()):
        return "besides" in around and died.search(_before(scene, here)) is not None
    stretches = [scene.text[x:y].lower() for x, y in _window(scene, own, toll)[:3]]
    if any(among.search(s) for s in stretches):
        return False
    if died.search(around) and not _counted_there(died, around, toll, a):
        return True
    return any(died.search(s) for s in stretches[1:]) or (
        here - 1 in own_sentences and died.search(_before(scene, here)) is not None
    )


def _before(scene: Scene, here: int) -> str:
    a, b = scene.sentences[here - 1] if here > 0 else (0, 0)
    return scene.text[a:b].lower()


def _counted_there(died: re.Pattern[str], around: str, toll: Toll, at: int) -> bool:
    """Whether the words about the attacker are themselves the phrase that was chosen."""
    return any(
        m.start() + at < toll.span[1] and toll.span[0] < m.end() + at for m in died.finditer(around)
    )
