# ruff: noqa: E501 - patterns are easier to read on one line
"""Numbers of people killed and hurt: find the phrases and read them as ranges.

A toll is low, best and high; None is an open bound.  "at least 460" has no high, "nearly 100" no
low, "dozens" is 24 and up, unnumbered plurals of people are 2 and up, a named or single person is
one.  Numbers of weapons, dates, ages and the like are left out.  The words are in
``mapper/ontology/tolls.yaml``; number words are read by ``text2num``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from text_to_num import text2num

from mapper.extract.resources import ontology
from mapper.names import any_of

__all__ = [
    "TollExpression",
    "What",
    "counts_things",
    "counts_things_in",
    "counts_things_next",
    "figures",
    "find_tolls",
    "is_day",
    "parse_toll",
    "says",
    "with_number",
]

What = Literal["fatalities", "injured"]


@dataclass(frozen=True, slots=True)
class TollExpression:
    """A phrase that says how many were killed or hurt, as a range; offsets in code points."""

    start: int
    end: int
    quote: str
    what: What
    low: int | None
    best: int | None
    high: int | None
    strength: float
    """How sure the pattern is that this is a toll, 0..1."""
    total: bool = False
    """Whether it is said to be a running total ("the death toll rose to 31")."""


_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER_WORD = rf"(?:{_TENS}|{_TEENS}|{_ONES}|hundred|thousand|million)"
_NUMBER_WORDS = rf"{_NUMBER_WORD}(?:(?:[-\s]|\s+and\s+){_NUMBER_WORD})*"
_DIGITS = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"


def _list(name: str) -> list[str]:
    return [str(w) for w in ontology("tolls")[name]]


@cache
def figures() -> str:
    """A pattern for one number: figures, number words, or words such as "dozens"."""
    t = ontology("tolls")
    vague = any_of([*t["vague"], *t["exact"]])
    return rf"(?:(?:{_DIGITS})(?:\s+(?:million|thousand|hundred))?|{vague}|{_NUMBER_WORDS})"


def _figure(text: str) -> tuple[int | None, int | None] | None:
    """Low and high of one quantity as matched by :func:`figures`."""
    t = ontology("tolls")
    text = " ".join(text.lower().split())
    if text in t["exact"]:
        return (int(t["exact"][text]),) * 2
    if text in t["vague"]:
        return (int(t["vague"][text]), None)
    m = re.fullmatch(rf"({_DIGITS})(?:\s+(million|thousand|hundred))?", text)
    if m:
        n = float(m.group(1).replace(",", "")) * int(t["multipliers"].get(m.group(2) or "", 1))
        return (int(n), int(n))
    try:
        n = int(text2num(text.replace("-", " "), "en"))
    except ValueError:
        return None
    return (n, n)


@cache
def _ages() -> re.Pattern[str]:
    """Ages and the like, which are no counts: blanked out before counting."""
    return re.compile(
        r"\b(?:\d{1,3}|"
        + _NUMBER_WORDS
        + r")[-\s]years?[-\s]olds?\b|\baged?\s+(?:about\s+)?\d{1,3}\b"
        r"|(?<=,\s)\d{1,2}(?=\s*,)|\(\d{1,3}\)|\b(?:youngster|person|"
        + any_of(_list("person_nouns"))
        + r")\s+of\s+(?:about\s+)?(?:\d{1,2}|"
        + _NUMBER_WORDS
        + r")\b|(?<=[a-z],\s)\d{2}(?=$|[.;])"
        r"|\bin\s+(?:his|her|their)\s+\w+ies\b|\b\d{1,2}(?:st|nd|rd|th)\b|\b(?:19|20)\d\d\b(?=$|[\s,.])"
        r"(?!\s+(?:people|dead|deaths|killed|injured|wounded|persons))"
    )


@cache
def _counted() -> re.Pattern[str]:
    t = ontology("tolls")
    q = figures()
    low, high, about = (any_of(t[k]) for k in ("at_least", "at_most", "about"))
    return re.compile(
        rf"(?<![\w.$£€])(?<!\d:)(?:(?P<low>{low})\s+|(?P<high>{high})\s+|(?:{about})\s+|(?P<between>between|"
        rf"from)\s+|(?:the\s+)?(?:other|all|these|those|remaining)\s+)*(?P<n>{q})(?![\w%])(?!\.\d)"
        rf"(?:\s*(?P<link>-|–|—|to|or|and)\s*(?:(?:perhaps|maybe|possibly|as\s+many\s+as)\s+)?"
        rf"(?P<m>{q})(?![\w%]))?(?P<more>\s+(?:{any_of(t['or_more'])}))?"
    )


_PLURAL_PEOPLE = re.compile(
    r"\b(?:others|people|persons|men|women|children|civilians|soldiers|police|policemen|officers|"
    r"residents|villagers|protesters|demonstrators|passengers|militants|fighters|rebels|workers|"
    r"students|members|\w{3,}(?:ers|ors|ists|ants|ians|men|ees|ents|als|ts|ls|ns|rs|ds))\b"
)
_SINGULAR = re.compile(
    r"\b(?:an?|another|one|the|his|her|its|their|our|my)\s+(?:[\w'’-]+\s+){0,4}?(?=[\w'’-]+)"
)


@cache
def _zero_pattern() -> re.Pattern[str]:
    t = ontology("tolls")
    words = any_of([*t["nobody"], *t["nobody_hurt"], *t["unhurt"], *t["empty"], *t["harm_none"]])
    return re.compile(
        rf"(?<!\w)(?:{words})(?!\w)|\Ano\s+(?!fewer|less|more|longer)\w+"
        r"|\A(?:not|[a-z]+n['’]t)\s+(?:\w+\s+)?(?:suffer|sustain|receiv)"
        rf"|\A(?:not|[a-z]+n['’]t)\s+(?:{any_of(t['bring_about'])})\b"
    )


def _zero(lower: str) -> bool:
    """Whether a phrase says that nobody was."""
    return _zero_pattern().search(lower) is not None


@cache
def _not_people() -> frozenset[str]:
    return frozenset(_list("not_people"))


@cache
def _no_person() -> frozenset[str]:
    return frozenset(_list("not_a_person"))


@cache
def _things() -> frozenset[str]:
    """Nouns, of one and of many, for what is no person."""
    many = _not_people()
    one = {w.removesuffix("s") for w in many if w.endswith("s")}
    one |= {w.removesuffix("es") for w in many if w.endswith(("ses", "shes", "ches", "xes"))}
    return many | one


@cache
def _goes_on() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A number at the end of a phrase, and a number right before one."""
    q = figures()
    bounds = any_of(w for k in ("at_least", "at_most", "about") for w in _list(k))
    return (
        re.compile(rf"(?:\A|\s)(?:{q})\Z"),
        re.compile(rf"(?<![\w.$£€-])(?:(?:{bounds})\s+)?(?:{q})\s+\Z"),
    )


def counts_things_next(quote: str, after: str) -> bool:
    """Whether a phrase that ends in a number counts the things named next: "three" mobile homes."""
    if _goes_on()[0].search(quote.lower()) is None:
        return False
    next_words = re.match(r"\s+([a-z-]+)(?:\s+([a-z-]+))?", after.lower())
    return next_words is not None and not _not_people().isdisjoint(next_words.groups())


def with_number(text: str, start: int, quote: str) -> int:
    """Where a bare plural of people begins with the number before it: "two" persons."""
    if " " in quote.strip() or not _plural(quote.lower()):
        return start
    before = text[max(0, start - 40) : start]
    m = _goes_on()[1].search(before.lower())
    return (
        start
        if m is None or len(before.lower()) != len(before)
        else start - len(before) + m.start()
    )


def counts_things(quote: str) -> bool:
    """Whether a phrase counts or names what is no person: "seven blocks", "a military bus"."""
    lower = " ".join(quote.lower().split())
    if re.search(r"\b(?:kill|dead|died|murder|wound|injur|hurt)", lower):
        return False
    words = _HEAD_ENDS.split(lower, maxsplit=1)[0].split()
    return bool(words) and words[-1].strip(".,;:'\"") in _things()


def counts_things_in(lower: str) -> bool:
    """Whether a phrase in small letters names many of what is no people: "70 cattle were also"."""
    return not _not_people().isdisjoint(re.findall(r"[a-z]+", lower))


def _only(what: What, lower: str) -> str:
    """The part of a phrase that speaks of this kind of toll: "one and wounded others" is one."""
    hurt = r"\b(?:wound|injur|hurt)"
    dead = r"\b(?:kill|dead\b|died|murder)"
    mine, other = (dead, hurt) if what == "fatalities" else (hurt, dead)
    if re.search(other, lower) and re.search(mine, lower):
        parts = re.split(r"\s*(?:,|;|\band\b|\bwhile\b|\bwith\b)\s*", lower)
        kept = [p for p in parts if not re.search(other, p)]
        if kept and any(re.search(mine, p) for p in kept):
            return " and ".join(kept)
    return lower


@cache
def _asides() -> re.Pattern[str]:
    """Parts of a number that is already given: "four civilians, two of them children"."""
    part = any_of(_list("part_of"))
    return re.compile(
        rf",?\s*\b(?:up|down|rising|risen|revised|increased)\s+(?:\w+\s+)?from\s+(?:{figures()})"
        rf"|,?\s*\b(?:{figures()})\s+of\s+(?:them|whom)\b[^,;.]*"
        rf"|,?\s*\b(?:{part})\s+[^,;.]*?(?=\s+(?:{any_of(_verbs())})\b|[,;.]|$)"
    )


@cache
def _verbs() -> tuple[str, ...]:
    """Everything that may be said to have become of people, longest first."""
    keys = ("kill_passive", "die", "hurt_passive", "hurt_verbs")
    words = {w for k in keys for w in _list(k)} | {"were", "was", "are", "is", "have", "has"}
    return tuple(sorted(words, key=lambda w: (-len(w), w)))


@cache
def _said(what: What) -> re.Pattern[str]:
    """A number, what became of them, and the comma or "and" that opens another matter."""
    keys = ("kill_passive", "die") if what == "fatalities" else ("hurt_passive", "hurt_verbs")
    words = any_of([w for k in keys for w in _list(k)])
    return re.compile(
        rf"^(?P<own>[^,;.]*?\b(?:{figures()})(?![\w%])[^,;.]*?\b(?:{words}))"
        r"(?:\s*[,;]|\s+and\b|\s+while\b|\s+with\b)(?P<rest>.*)$"
    )


def _own(what: What, lower: str) -> str:
    """A phrase without the numbers that count others, or the same people again.

    "four died, one of them a child" is four; "two were killed and thirteen others" is two, for
    what became of the thirteen is said after the phrase.
    """
    m = re.match(r"(?P<own>.*?\d\w*|\w+),\s+with\s+(?P<rest>.*\d.*)$", lower)
    if m and not _deadly(what).search(m.group("rest")):
        lower = m.group("own")
    # "people died and 350 people": the number is of those hurt, who are told of next.
    m = _uncounted(what).match(lower)
    if m and not _deadly(what).search(m.group("rest")):
        return m.group("own")
    cut = _asides().sub(" ", lower)
    if _counted().search(cut):
        lower = cut
    m = _said(what).match(lower)
    # A second verb of the same sort makes the rest its own too.
    if (
        m
        and not re.match(r"\s*(?:maybe|perhaps|possibly|or)\b", m.group("rest"))
        and not _deadly(what).search(m.group("rest"))
    ):
        return m.group("own")
    return lower


@cache
def _uncounted(what: What) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<own>(?:people\s+|persons\s+)?{_deadly(what).pattern})\s+and\s+(?P<rest>(?:{figures()})\b.*)$"
    )


@cache
def _deadly(what: What) -> re.Pattern[str]:
    """Words that say once more that people were killed (or hurt)."""
    fatal = ("kill_passive", "kill_active", "die", "dead_nouns")
    keys = fatal if what == "fatalities" else ("hurt_passive", "hurt_active", "hurt_nouns")
    return re.compile(rf"\b(?:{any_of(w for k in keys for w in _list(k))})\b")


_TOLL_TO = re.compile(r"^.*\btoll\b[^,;]*?\b(?:to|at|is|was)\s+(?=\S*\d|\w+)")
"""What leads up to the figure that a toll has reached: "at ten police raised the toll to"."""


def parse_toll(quote: str, what: What = "fatalities") -> tuple[int | None, int | None, int | None]:
    """Low, best and high of a phrase that is known to state a toll.

    ``quote`` is the phrase ("at least 460 people dead", "an officer and two conscripts");
    ``what`` tells which part counts where it speaks of killed and hurt together.
    """
    lower = " ".join(quote.lower().split())
    if _zero(lower):
        return (0, 0, 0)
    lower = _TOLL_TO.sub("", lower)
    lower = _ages().sub(" PERSON ", _own(what, _only(what, lower)))
    lower = _of_all().sub(lambda m: m.group("all" if m.group("dead") else "part"), lower)
    if lower == "no":
        return (0, 0, 0)
    found: list[tuple[int | None, int | None]] = []
    taken: list[tuple[int, int]] = []
    open_high = False
    not_people = _not_people()
    for m in _counted().finditer(lower):
        after = lower[m.end() : m.end() + 24].split()
        if after and after[0].strip(".,;") in not_people:
            taken.append(m.span())
            continue
        if _COMPOUND.match(lower, m.end()) or (found and lower[: m.start()].endswith(" of ")):
            taken.append(m.span())
            continue  # "an 11-year sentence", "seven members of one family"
        first = _figure(m.group("n"))
        second = _figure(m.group("m")) if m.group("m") else None
        if first is None:
            continue
        if found and _WHEN.search(lower[: m.start()]) and m.group("n").isdigit():
            taken.append(m.span())
            continue
        if second is not None:
            if m.group("link") == "and" and not m.group("between"):
                first = (_add(first[0], second[0]), _add(first[1], second[1]))
            else:
                bounds = [b for b in (*first, *second) if b is not None]
                first = (min(bounds), max(bounds))
        if m.group("high") and second is None:
            first = (None, first[1])
        elif m.group("low") and second is None:
            n = first[0]
            plus = m.group("n") in {"a dozen", "two dozen", "dozen"} and "more" in m.group("low")
            first = ((n or 0) + 1 if plus else n, None)
        elif m.group("more"):
            first = (first[0], None)
        if "unknown number" in m.group():
            open_high = True
        found.append(first)
        taken.append(m.span())
    alternatives = re.search(r"(?:,\s*|\s)(?:or|maybe|perhaps)\s", lower)
    singles = 0
    for part in re.split(r"(?:,|;|\band\b|\bas well as\b|\bplus\b)", _mask(lower, taken)):
        part = part.strip()
        if "#" in part or not part:
            continue
        if re.search(r"\b(?:himself|herself)\b", part):
            singles += 1
        elif re.match(
            r"(?:(?:killing|killed|wounded|wounding|injuring|injured|murder\w*|death)\s+(?:of\s+)?)?"
            r"(?:an?|another|his|her|their|the)\s+(?!number|few|total|least)[a-zA-Z]",
            part,
        ):
            # The head of the phrase says how many: "a police inspector" is one.
            head = _HEAD_ENDS.split(part, maxsplit=1)[0].split()[-1]
            if head in _groups():
                singles += _groups()[head]
            elif found and head in _no_person():
                continue
            elif not _plural(head):
                singles += 1
            else:
                open_high = True
                singles += 2 if not found else 0
        elif found and re.match(r"(?:some\s+)?others\b", part):
            open_high = True
            found.append((2, 2))
    named = _names_in(quote, what) if not found else 0
    if named > singles:
        return (named, named, named)
    if found:
        if alternatives and len(found) > 1:
            bounds = [b for pair in found for b in pair if b is not None]
            return _best(min(bounds), max(bounds))
        low: int | None = 0
        high: int | None = 0
        for a, b in found:
            low, high = _add(low, a), _add(high, b)
        if all(a is None for a, _ in found):
            low = None
        low = low + singles if low is not None else None
        high = None if open_high else (high + singles if high is not None else None)
        return _best(low, high)
    if singles and not open_high:
        return (singles, singles, singles)
    if _plural(lower):
        return (2, 2, None)
    return (1, 1, 1)


_COMPOUND = re.compile(r"\s?-\s?(?:years?|months?|days?|hours?|minutes?|storey|foot|mile|km)\b")
"""What makes a number no count: "an 11-year sentence"."""
_WHEN = re.compile(r"\b(?:on|in|at|by|since|until|from|before|after|no\.?)\s+$")
_A_NAME = (
    r"(?:(?:the|an?|his|her|their)\s+)?(?!(?:people|men|women|children|others|police)\b)[^\W\d][\w'’.-]*"
    r"(?:\s+(?!and\b)[^\W\d][\w'’.-]*){0,2}"
)
_HEAD_ENDS = re.compile(
    r"\s+(?:of|in|from|at|on|who|whose|with|near|was|were|has|had|by|aged?|dead|to|for)\b"
)
_NAMES = re.compile(rf"(?P<list>{_A_NAME}(?:,\s+{_A_NAME})*),?\s+and\s+{_A_NAME}")


@cache
def _groups() -> dict[str, int]:
    """Singular nouns for a known number of people."""
    return {str(k): int(v) for k, v in ontology("tolls")["group_of"].items()}


@cache
def _of_all() -> re.Pattern[str]:
    """Match “four of the 14 passengers who died”: the 14 where the 14 died, else the four."""
    q = figures()
    dead = any_of([*_list("kill_passive"), *_list("die")])
    return re.compile(
        rf"\b(?P<part>{q})\s+of\s+(?:the|its|their|those)\s+(?P<all>{q})\b(?!\s*(?:million|thousand))"
        rf"(?=[^,;]*?(?P<dead>\bwho\s+(?:were\s+|had\s+)?(?:{dead})\b)|)"
    )


def _names_in(quote: str, what: What) -> int:
    """How many single people an enumeration without numbers has ("the mayor and his driver")."""
    text = " ".join(_only(what, " ".join(quote.split())).split())
    text = re.split(rf"\s+(?:{any_of(_verbs())})\b", text, maxsplit=1)[0].strip(" ,")
    m = _NAMES.fullmatch(text)
    if m is None:
        return 0
    parts = [*m.group("list").split(","), text[m.end("list") :]]
    heads = [p.split()[-1] for p in parts if p.split()]
    cased = not text.isupper()
    if any(
        h.lower() in _not_people() or (_plural(h.lower()) and not (cased and h[0].isupper()))
        for h in heads
    ):
        return 0
    return len(heads)


def _plural(part: str) -> bool:
    return _PLURAL_PEOPLE.search(part) is not None


def _mask(text: str, spans: Sequence[tuple[int, int]]) -> str:
    out = list(text)
    for a, b in spans:
        out[a:b] = "#" * (b - a)
    return "".join(out)


def _add(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def _best(low: int | None, high: int | None) -> tuple[int | None, int | None, int | None]:
    """The single figure that a reader would take: the bound that is said, or the middle."""
    if low is None or high is None:
        return (low, low if high is None else high, high)
    return (low, (low + high) // 2, high)


# --- finding -----------------------------------------------------------------------------------


@cache
def _patterns() -> tuple[tuple[What | Literal["both"], float, bool, re.Pattern[str]], ...]:
    """What is counted, how sure, whether a running total, and the pattern (group ``np``)."""
    t = ontology("tolls")
    q = figures()
    mod = rf"(?:(?:{any_of([*t['at_least'], *t['at_most'], *t['about']])}|between|from|all|other|the|another|these|(?:an?|the)\s+(?:{any_of(t['more_of'])}))\s+)*"
    num = rf"{mod}(?!one\s+another\b)(?:{q})(?:\s*(?:-|–|—|to|or|and)\s*(?:{q}))?(?:\s+(?:{any_of(t['or_more'])}))?"
    tail = r"(?:\s+(?!and\b|were\b|was\b|have\b|had\b|has\b|in\b|on\b|at\b|when\b|after\b|as\b|dead\b|killed\b|who\b|from\b|by\b|while\b|with\b|to\b|since\b|during\b|including\b|over\b|near\b|outside\b|before\b|injured\b|wounded\b|died\b|hurt\b|perished\b|lost\b|of\s+(?:them|whom)\b)(?:(?:[a-z]\.){2,}|[\w'’-]+)){0,5}"
    noun = r"(?:\s+(?!and\b|includ(?:es?|ed|ing)\b|were\b|was\b|have\b|had\b|has\b|are\b|is\b|died\b|dead\b|killed\b|injured\b|wounded\b|hurt\b|perished\b|lost\b)(?:(?:[a-z]\.){2,}|[\w'’-]+)){0,6}?"
    # What has a preposition in it is no compound: "5,000 youths angry at the death of a fan".
    close = noun.replace(
        "(?!and\\b|",
        "(?!and\\b|at\\b|over\\b|after\\b|about\\b|against\\b|for\\b|to\\b|the\\b|who\\b|",
    )
    one = r"(?:an?|another|one(?!\s+another\b)|the|his|her|its|their)(?!\s+\d0s\b)(?:\s+(?!and\b|were\b|was\b|had\b|has\b|in\b|on\b)(?:(?:[a-z]\.){2,}|[\w'’-]+)){1,4}?"
    two = r"(?:an?|another|one(?!\s+another\b)|his|her|their|the(?=(?:\s+[\w'’-]+){1,2}(?:,\s+\d{1,2},)?\s+and\b))(?!\s+\d0s\b)(?:\s+(?!and\b|were\b|was\b|had\b|has\b|in\b|on\b)(?:(?:[a-z]\.){2,}|[\w'’-]+)){1,2}?(?:\s+of\s+x+)?"
    # "a rancher, his daughter and her fiance": each of them one, the last with any article.
    each = r"(?:an?|another|his|her|their)(?:\s+(?!and\b|were\b|was\b|had\b|has\b|in\b|on\b|who\b|said\b|told\b)[\w'’-]+){1,3}?"
    last = r"(?:an?|another|the|his|her|their)(?:\s+(?!and\b|were\b|was\b|had\b|has\b|in\b|on\b)[\w'’-]+){1,3}?"
    row = rf"{each}(?:,\s+{each})+,?\s+and\s+{last}"
    group = rf"(?P<np>{row}|{num}{noun}(?:\s+and\s+(?:{num}{noun}|{two}))?|{two}(?:,\s+\d{{1,2}},)?(?:\s+and\s+(?:{num}{noun}|{two}))|{one})"
    obj = rf"(?P<np>(?:himself|herself)\s+and\s+(?:{num}{tail}|{two})|{row}(?=[\s,.;:]|$)|{num}{tail}(?:(?:,\s+(?:{num}{tail}|{two}))*\s+and\s+(?:{num}{tail}|{two}))?|{two}(?:\s+of\s+(?:the\s+)?[\w'’-]+(?:\s+(?!and\b)[\w'’-]+){{0,3}})?(?:\s+and\s+(?:{num}{tail}|{two}))+(?=[\s,.;:]|$)|{one}(?=[\s,.;:]|$)|h(?:im|er)\b|(?:\w+\s+)?others|(?:civilians|people|soldiers|policemen|protesters|villagers|militants|passengers|residents|children))"
    # "Seven miners, three of them from Lesotho, were": what stands between says nothing of how many.
    about = r"(?:\s+(?:in\s+(?:his|her|their)\s+(?:[a-z]+[\s-])?(?:\d0s|\w+ies|teens)|aged?\s+\d{1,2}|(?P<mod>from\s+(?:[\w'’-]+\s+){0,6}?[\w'’-]+|who\s+(?:was|were|had)\s+(?:[\w'’-]+\s+){1,10}?[\w'’-]+)))?"
    aside = r"(?P<aside>,\s+[^,.;]{1,60},|\s*(?:--|–|—)\s*[^,.;–—]{1,60}?\s*(?:--|–|—)|\s+\([^,.;()]{1,60}\))?"
    be = (
        about
        + aside
        + r"(?:,?\s+(?:(?:all|both|including|among\s+them)\s+[^,.;]{1,40},|each\s+(?:in|at|from)\s+[^,.;]{1,40}?\s)?)\s*(?:who\s+)?(?:(?:has|have|had)\s+(?:also\s+)?been|were|was|are|is|being|got|lay|left|remain\w*|believed|thought|presumed|known|feared|reported|confirmed)(?:\s+(?:thought|presumed|known|understood|now|both|also|all|reportedly|allegedly|believed|reported|said|to|have|been|badly|seriously|critically|slightly|lightly|severely|gravely|later|then|instantly|feared|confirmed|pronounced|found|left|either))*(?:\s+(?!not\b|no\b)\w+(?:\s+[\w'’-]+){0,4}?,?\s+(?:and|or|then)(?:\s+(?:then|later))?(?=\s+\w))?"
    )
    # "three men killed a guard" tells of the guard.
    not_active = rf"(?!\s+(?:an?|the|his|her|their|its|{q})\b)"
    rules: list[tuple[What | Literal["both"], float, bool, str]] = []
    for what, passive, active, nouns, die in (
        ("fatalities", "kill_passive", "kill_active", "dead_nouns", "die"),
        ("injured", "hurt_passive", "hurt_active", "hurt_nouns", "hurt_verbs"),
    ):
        p, a, n = any_of(_list(passive)), any_of(_list(active)), any_of(_list(nouns))
        w: What = what  # type: ignore[assignment]
        rules += [
            (w, 0.9, False, rf"{group}{be}\s+(?:{p})"),
            (w, 0.85, False, rf"(?:{a})\s+{obj}"),
            (w, 0.85, False, rf"(?P<np>{num}{close}\s+(?:{n}))"),
            (w, 0.85, False, rf"(?P<np>{num}{noun})\s+(?:{p}){not_active}"),
            (w, 0.8, False, rf"(?:left|leaving|leaves)\s+{obj}\s+(?:{p})"),
            (w, 0.6, False, rf"(?P<np>{one})\s+(?:{p}){not_active}"),
        ]
        rules.append(
            (
                w,
                0.85,
                False,
                rf"{group}{about}{aside}(?:\s+(?:was|were)\s+\w+(?:\s+(?!who\b|that\b)[\w'’-]+){{0,6}}?\s+and(?:\s+(?:then|later))?)?(?:\s+(?:have|had|has|also|later|reportedly|who))*\s+(?:{any_of(_list(die))})",
            )
        )
    toll = any_of(_list("toll_nouns"))
    rules.append((
        "fatalities", 0.7, True,
        rf"(?:{toll})(?:,?\s+[\w'’-]+){{0,16}}?,?\s+(?:to|at|is|was|of|as|{any_of(_list('toll_verbs'))})(?:\s+(?:{any_of(_list('toll_fill'))}))?\s+(?P<np>{num})",
    ))  # fmt: skip
    rules.append((
        "fatalities", 0.7, False,
        rf"(?:killed|dead|deaths|died)\s*(?::|was|were|are|at)\s*{obj}",
    ))  # fmt: skip
    rules.append(
        (
            "injured",
            0.7,
            False,
            rf"(?:injured|wounded|hurt)\s*(?::|was|were|are|at)\s*(?P<np>{num})",
        )
    )
    rules.append((
        "fatalities", 0.4, False,
        rf"(?P<np>he|she)\s+(?:has\s+|had\s+)?(?:(?:was|is|been|later|also|then)\s+)*(?:{any_of(_list('die'))}|{any_of(_list('kill_passive'))})",
    ))  # fmt: skip
    rules.append(
        (
            "injured",
            0.7,
            False,
            rf"(?:sent|sending|put|putting)\s+{obj}\s+(?:to|in)\s+(?:the\s+)?hospitals?",
        )
    )
    none = any_of(_list("nobody"))
    rules += [
        ("both", 0.9, False, rf"(?P<np>(?:{any_of(_list('harm_none'))}))"),
        ("fatalities", 0.9, False, rf"(?:killing|killed|kills)\s+(?P<np>{none})"),
        ("fatalities", 0.85, False, rf"(?:{any_of(_list('kill_apart'))})\s+{obj}\s+(?:dead|to\s+death)"),
        ("fatalities", 0.6, False, rf"lost\s+(?P<np>{num}(?:\s+of\s+(?:its|their|his|her|our))?(?:\s+[\w'’-]+){{0,2}}?\s+(?:{any_of(_list('comrades'))}))"),
        ("fatalities", 0.85, False, rf"(?:{any_of(_list('life_of'))})\s+(?P<np>[\w-]+(?:\s+[\w'’-]+){{0,2}})"),
        ("both", 0.9, False, r"(?P<np>(?:no|without)\s+(?:(?:\w+\s+)?casualt\w+|victims?|(?:one|body)\s+(?:was\s+|were\s+)?(?:hurt|harmed)))"),
        ("both", 0.9, False, rf"(?P<np>(?:{none})(?:\s+(?:is|was|were|has|had|have|been|reported|said|to|be|seriously|badly|on\s+\w+(?:\s+\w+){{0,3}}|of\s+(?:them|(?:the|its|his|her|their)\s+\w+(?:\s+\w+)?)))*\s+(?:hurt|harmed|hit|shot|touched|scratched|inside|in\s+(?:it|there)|at\s+home|home))"),
        ("both", 0.7, False, rf"(?P<np>{any_of(_list('empty'))})"),
        ("injured", 0.9, False, rf"(?P<np>(?:{none})(?:\s+(?:else|was|were|has|had|have|been|reported|seriously|badly|is|killed\s+(?:or|and|nor)))*\s+(?:injured|wounded))"),
        ("injured", 0.9, False, r"(?P<np>(?:not|[a-z]+n['’]t)\s+(?:\w+\s+)?(?:suffer|sustain|receive)\w*\s+(?:any\s+)?(?:\w+\s+)?(?:injur\w+|wounds))"),
        ("fatalities", 0.9, False, rf"(?P<np>(?:{none})(?:\s+(?:else|was|were|has|had|have|been|reported|is|(?:injured|wounded|hurt)\s+(?:or|and|nor)))*\s+(?:{any_of([*_list('kill_passive'), *_list('die'), 'lost'])}))"),
        ("fatalities", 0.9, False, r"(?P<np>no\s+(?:fatalities|deaths|loss\s+of\s+life|lives\s+were\s+lost|deaths?\s+\w+\s+reported))"),
        ("both", 0.95, False, rf"(?P<np>(?:not|[a-z]+n['’]t)\s+(?:{any_of(_list('bring_about'))})\s+any\s+(?:\w+\s+)?(?:casualt\w+|victims))"),
        ("fatalities", 0.95, False, rf"(?P<np>(?:not|[a-z]+n['’]t)\s+(?:{any_of(_list('bring_about'))})\s+any\s+(?:\w+\s+)?(?:deaths?|fatalit\w+|loss\s+of\s+life))"),
        ("injured", 0.95, False, rf"(?P<np>(?:not|[a-z]+n['’]t)\s+(?:{any_of(_list('bring_about'))})\s+any\s+(?:\w+\s+)?injur\w+)"),
        ("injured", 0.9, False, rf"(?P<np>{any_of(_list('nobody_hurt'))})"),
        ("injured", 0.7, False, rf"(?P<np>{any_of(_list('unhurt'))})"),
    ]  # fmt: skip
    compiled = []
    for w2, s, total, pattern in rules:
        compiled.append(
            (
                w2,
                s,
                total,
                re.compile(rf"(?<![\w.$£€-])(?<!\d:)(?<!\bno\s)(?:{pattern})(?!\w|-(?!mark\b))"),
            )
        )
    return tuple(compiled)


@cache
def _toll_filter() -> re.Pattern[str]:
    t = ontology("tolls")
    whole = {"unhurt", "nobody_hurt", "harm_none", "empty", "nobody", "comrades"}
    keys = ("kill_active", "kill_passive", "die", "dead_nouns", "hurt_active", "hurt_passive",
            "hurt_nouns", "toll_nouns", *sorted(whole))  # fmt: skip
    stems = {w if k in whole else w.split()[0] for k in keys for w in t[k]}
    stems -= {"no", "not", "found", "taken", "in", "burned", "swept", "took", "lost", "claimed",
              "cost", "loss", "number", "the", "cut", "taking", "claiming", "left"}  # fmt: skip
    stems |= {
        "sustain",
        "suffer",
        "loss of",
        "receiv",
        "lives",
        "life",
        "casualt",
        "victims",
        "dead",
        "hurt",
        "harm",
        "burn",
        "hospital",
    }
    return re.compile(rf"\b(?:{any_of(stems)})")


def find_tolls(text: str, spans: Sequence[tuple[int, int]]) -> tuple[TollExpression, ...]:
    """Phrases within the given spans (sentences) that count the killed and the hurt.

    Linear in the text: each sentence is read by itself, by a fixed set of patterns.
    """
    out: list[TollExpression] = []
    for begin, end in spans:
        stretch = text[begin : min(end, begin + 1200)].lower()
        stretch = _days().sub(lambda m: _masked(m, "§"), stretch)
        # a word, so that the patterns read on over it
        stretch = _age_of().sub(lambda m: _masked(m, "x"), stretch)
        if len(stretch) != min(end, begin + 1200) - begin or not _toll_filter().search(stretch):
            continue
        best: dict[tuple[int, int, What], TollExpression] = {}
        told: list[tuple[int, int, What]] = []
        asides: list[tuple[int, int]] = []
        for what, strength, total, pattern in _patterns():
            for m in pattern.finditer(stretch):
                a, b = m.span("np")
                if _no_count(stretch, a, b) or _only_thought(stretch, m.start(), a, m.end()):
                    continue
                asides += [
                    (begin + m.start(g), begin + m.end(g))
                    for g in ("aside", "mod")
                    if m.groupdict().get(g)
                ]
                np = stretch[a:b].rstrip(" ,")
                b = a + len(np)
                if _COUNT_OF.search(np):
                    continue
                kinds: tuple[What, ...] = ("fatalities", "injured") if what == "both" else (what,)
                told += [(m.start(), m.end(), w) for w in kinds]
                if not _about_people(np):
                    continue
                for w in kinds:
                    # The verb tells more of the phrase than its figure: quote them together
                    # when they stand side by side.
                    low, mid, high = parse_toll(np, w)
                    e = TollExpression(
                        begin + a, begin + b, text[begin + a : begin + b], w, low, mid, high,
                        strength, total,
                    )  # fmt: skip
                    held = [k for k in best if k[2] == w and k[0] < e.end and e.start < k[1]]
                    if any(_completes(best[k], e) for k in held):
                        continue
                    if all(_rank(best[k]) < _rank(e) or _completes(e, best[k]) for k in held):
                        for k in held:
                            del best[k]
                        best[(e.start, e.end, w)] = e
        for k in [k for k in best if any(x <= k[0] and k[1] <= y for x, y in asides)]:
            del best[k]
        _with_named(text, begin, best)
        told += _named(text, begin, stretch, best)
        _single(text, begin, stretch, best, told)
        _elliptic(text, begin, stretch, best)
        if not any(k[2] == "fatalities" for k in best) and not _deadly("fatalities").search(
            stretch
        ):
            # Who walked away unhurt is not dead either.
            for e in [e for e in best.values() if e.low == e.high == 0]:
                best[e.start, e.end, "fatalities"] = replace(e, what="fatalities", strength=0.5)
        out += sorted(best.values(), key=lambda e: (e.start, e.end, e.what))
    return tuple(out)


_COUNT_OF = re.compile(r"\b(?:number|count|toll|tally|total)\s+of$")
"""What leads up to a figure ("the number of dead rose to 31") and is none."""


@cache
def _days() -> re.Pattern[str]:
    """Days of a month before another word: "March 5 - At least 27 people", "on Jan. 3 a woman"."""
    months = any_of(_list("months"))
    return re.compile(
        rf"\b(?:{months})\.?\s+(?P<day>\d{{1,2}})(?!\w|[,.]\d|-\w|\s+(?:people|persons|men|women|children|civilians|soldiers|others)\b)"
    )


@cache
def _age_of() -> re.Pattern[str]:
    """Whose age or children are told: "a boy of 14 and three men", "a father of three"."""
    return re.compile(
        rf"\b(?:{any_of(_list('person_nouns'))})\s+of\s+(?:about\s+)?"
        rf"(?P<day>\d{{1,2}}|{_NUMBER_WORDS})(?![\w,.]\d|\w)"
    )


def _masked(m: re.Match[str], sign: str) -> str:
    """A date or an age with its number made a sign, as often as it has characters."""
    number = m.group("day")
    return m.group().removesuffix(number) + sign * len(number)


def is_day(text: str, start: int, end: int) -> bool:
    """Whether a number is the day of a date: "29" April, May "5"."""
    if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", text[start:end].strip()) is None:
        return False
    months = any_of(_list("months"))
    return bool(
        re.match(rf"\s+(?:of\s+)?(?:{months})\b", text[end : end + 16].lower())
        or re.search(rf"\b(?:{months})\.?\s+$", text[max(0, start - 16) : start].lower())
    )


@cache
def _told(what: What) -> re.Pattern[str]:
    other = ("hurt_passive", "hurt_active", "hurt_nouns", "hurt_verbs", "hurt_else")
    fatal = ("kill_passive", "kill_active", "die", "dead_nouns", "killing_of", "fatal_else")
    keys = fatal if what == "fatalities" else other
    return re.compile(rf"\b(?:{any_of(w for k in keys for w in _list(k))})\b")


def says(what: What, lower: str) -> bool:
    """Whether a stretch in small letters has words of killing and dying (or of being hurt)."""
    return _told(what).search(lower) is not None


_PARENT_OF = re.compile(r"\b(?:father|mother|parent|dad|mum|mom|grand\w+)s?\s+of\s+$")
_OF_INCIDENTS = re.compile(r"\s+(?!in\b|on\b|at\b|and\b)[a-z]")


def _no_count(stretch: str, start: int, end: int) -> bool:
    """Whether a number counts happenings ("14 fatal crashes"), or one of a row ("the third to be")."""
    np = stretch[start:end]
    # "No one else was hit" says that somebody was.
    if re.search(r"\belse\b", np):
        return True
    if np.endswith("fatal") and _OF_INCIDENTS.match(stretch, end):
        return True
    if _PARENT_OF.search(stretch, max(0, start - 20), start):
        return True
    # "Ann Lee, 29, was"
    if np.isdigit() and stretch[:start].endswith(", ") and stretch.startswith(",", end):
        return True
    return np.endswith((" to be", " to have", " the", " for", " for those"))


_THOUGHT = re.compile(r"\b(?:would|could|might|will|cannot|won['’]t)\b")
_TO_COME = re.compile(
    r"\b(?:would|could|might|will|can|(?<!managed\s)(?<!used\s)(?<!helped\s)(?<!went\son\s)(?<!continued\s)to)\s+(?:have\s+)?$"
)


def _only_thought(stretch: str, start: int, np: int, end: int) -> bool:
    """Whether what is said of the counted did not happen: "had it gone off, dozens would have died".

    ``start`` and ``end`` are those of the match; a verb before the phrase at ``np`` may be led by
    "would", "could" or "to".  "As many as forty may have died" is an estimate and stays.
    """
    if np > start:
        return _TO_COME.search(stretch[max(0, start - 24) : start]) is not None
    return _THOUGHT.search(stretch[np:end]) is not None


@cache
def _name_patterns() -> tuple[tuple[What, re.Pattern[str]], ...]:
    name = r"(?P<np>[A-Z][\w'’-]+(?:\s+(?:al-|de\s+|bin\s+)?[A-Z][\w'’.-]+){0,3})(?:,\s+\d{1,2},|\s+\(\d{1,2}\),?)?"
    full = r"(?P<np>[A-Z][\w'’-]+(?:\s+(?:al-|de\s+|bin\s+)?[A-Z][\w'’.-]+){1,3})"
    be = r"(?:\s+(?:who|has|had|been|was|is|later|also|then))*"
    plain = r"(?:[A-Z][\w'’-]+(?:\s+[A-Z][\w'’.-]+){0,3}|(?<=the\s)\w+|(?<=a\s)\w+)"
    be_ = r",?(?:\s+(?:who|has|had|been|was|is|later|also|then))+"
    passive, hurt = any_of(_list("kill_passive")), any_of(_list("hurt_passive"))
    die = any_of(_list("die"))
    return (
        (
            "fatalities",
            re.compile(
                r"\b(?:[Kk]illing|[Mm]urder|[Ff]atal\s+shooting|[Ss]hooting\s+death|[Dd]eath|[Ss]laying|"
                rf"[Aa]ssassination|[Ee]xecution)\s+of\s+(?:\d+-year-old\s+)?{name}"
            ),
        ),
        ("fatalities", re.compile(rf"\b{name}{be}\s+(?:{die})\b")),
        (
            "fatalities",
            re.compile(rf"\b{name}(?:{be_}|,?)\s+(?:{passive})\b(?!\s+(?:[A-Z\d]|an?\b|the\b))"),
        ),
        (
            "fatalities",
            re.compile(
                rf"\b(?P<np>{plain}(?:,\s+{plain})*,?\s+and\s+(?:the\s+|an?\s+)?{plain})\s+(?:were\s+(?:{passive})|{die})\b"
            ),
        ),
        (
            "fatalities",
            re.compile(
                rf"\b(?:[Kk]illing|{any_of(_list('kill_name'))})\s+{full}"
                r"(?=\s*(?:[,.;:()]|$)|\s+(?:in|on|at|and|near|outside|during|when|after|as|while|by|with|before|who)\b)"
            ),
        ),
        ("injured", re.compile(rf"\b{name}\s+(?:was|is|had\s+been)\s+(?:{hurt})\b")),
    )


@cache
def _named_beside() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Somebody by name at the head of a clause before "and", in mixed case; the same by title."""
    head = r"(?:\A|[.,;:“\"(—–]\s*|\b(?:that|when|but|while|where|as)\s+)"
    title = any_of(_list("titles"))
    return (
        re.compile(rf"{head}(?P<name>(?:[A-Z][\w.'’-]*\s+){{1,5}}[A-Z][\w'’-]+),?\s+and\s+\Z"),
        re.compile(
            rf"{head}(?P<name>(?:[\w.-]+\s+){{0,3}}(?:{title})(?:\s+[\w.'’-]+){{1,3}}),?\s+and\s+\Z",
            re.IGNORECASE,
        ),
    )


def _with_named(text: str, begin: int, best: dict[tuple[int, int, What], TollExpression]) -> None:
    """Add who is named before the counted: "Lieutenant Correa and one private were killed"."""
    for key, e in list(best.items()):
        if e.strength < 0.85 or e.low is None or not 0 < e.low < 50:
            continue
        before = text[begin : e.start]
        by_name, by_title = _named_beside()
        m = by_title.search(before) if before.isupper() or before.islower() else None
        if m is None and not before.isupper():
            m = by_name.search(before)
        if m is None or m["name"].split()[0].lower() in _first_words() - {"police"}:
            continue
        a = begin + m.start("name")
        high = None if e.high is None else e.high + 1
        best_of = None if e.best is None else e.best + 1
        del best[key]
        best[(a, e.end, e.what)] = replace(
            e, start=a, quote=text[a : e.end], low=e.low + 1, best=best_of, high=high
        )


def _named(
    text: str, begin: int, stretch: str, best: dict[tuple[int, int, What], TollExpression]
) -> list[tuple[int, int, What]]:
    """Single people by name: "Paris Mayfield was shot dead" is one.  Returns what was read."""
    original = text[begin : begin + len(stretch)]
    told: list[tuple[int, int, What]] = []
    if original.isupper() or original.islower():
        return told
    for what, pattern in _name_patterns():
        for m in pattern.finditer(original):
            a, b = begin + m.start("np"), begin + m.end("np")
            words = m.group("np").split()
            if words[0].lower() in _first_words() or any(
                k[0] < b and a < k[1] for k in best if k[2] == what
            ):
                continue
            told.append((*m.span(), what))
            n = max(1, _names_in(m.group("np"), what))
            best[(a, b, what)] = TollExpression(a, b, text[a:b], what, n, n, n, 0.5)
    return told


@cache
def _single_patterns() -> tuple[tuple[What, float, bool, re.Pattern[str]], ...]:
    """Deaths told without a number or an article: what, strength, whether a name must follow."""
    t = ontology("tolls")
    passive, hurt, die = (any_of(_list(k)) for k in ("kill_passive", "hurt_passive", "die"))
    person = any_of(_list("person_nouns"))
    be = r"(?:was|is|has\s+been|had\s+been)(?:\s+(?:also|then|later|reportedly|allegedly|himself|herself))*"
    word = r"[^\W\d][\w'’-]*"
    head = rf"(?:{word}\s+){{0,2}}?(?:{person})"
    rules: list[tuple[What, float, bool, str]] = [
        # "JUDGE DIAZ WAS ASSASSINATED", "who was shot to death": one, whatever the name.
        ("fatalities", 0.55, False, rf"(?<!there\s)(?P<np>{be}\s+(?:{passive}))"),
        ("injured", 0.5, False, rf"(?P<np>{be}\s+(?:{hurt}))(?!\s+(?:down|off|by\s+the\s+news))"),
        # "the murder of a man I know", "the assassination of Galan": the words up to the next joint.
        ("fatalities", 0.55, False, rf"(?P<np>(?:{any_of(t['killing_of'])})\s+(?!(?:it|that|this|which|whom)\b)\w[\w'’-]*(?:\s+(?!{_JOINT})[\w'’.-]+){{0,4}})"),
        # "gunned down Judge Diaz": a name without an article.
        ("fatalities", 0.55, True, rf"(?<!was\s)(?<!were\s)(?<!been\s)(?<!being\s)(?<!is\s)(?<!are\s)(?<!and\s)(?<!or\s)(?:{any_of(t['kill_name'])})\s+(?P<np>(?!{_JOINT}){word}(?:\s+(?!{_JOINT})[\w'’.-]+){{0,3}})"),
        # Headlines leave the article out: "robber shot dead", "fire kills man".
        ("fatalities", 0.5, False, rf"(?:\A|[.;:,\n]\s*)(?P<np>{head})(?:,\s+\d{{1,2}},)?\s+(?:{passive}|{die})(?!\s+(?:an?|the|his|her|their|its|{figures()})\b)"),
        ("fatalities", 0.5, False, rf"(?:kills|killed|kill)\s+(?P<np>{head})"),
    ]  # fmt: skip
    return tuple(
        (w, strength, name, re.compile(rf"(?<![\w.$£€-])(?:{pattern})(?![\w-])"))
        for w, strength, name, pattern in rules
    )


_JOINT = (
    r"(?:in|on|at|by|from|to|with|near|during|after|before|when|while|and|or|as|was|were|is|are|has|had|have|"
    r"of|for|that|which|who|whom|whose|last|this|late|early|today|yesterday|tonight|since|because|"
    r"but|over|outside|inside|than|not|it|its|the|an?|his|her|their|our|my|him|them|us|some|"
    r"many|several|more|others?|themselves|himself|herself|into|under|between|through|if|what|"
    r"mon|tues|wednes|thurs|fri|satur|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|"
    r"february|march|april|june|july|august|september|october|november|december)\b"
)
_COLLECTIVE = re.compile(
    r"\b(?:number|group|family|families|crowd|crew|people|majority|couple|dozens?|scores|team|"
    r"nobody|none|no[\s-]one|half|third|all|both|pair|attack|bill|plan|deal|motion|bid|idea|city|town|toll)"
    r"(?:\s+of\s+\w+(?:\s+\w+)?)?\s+$"
)


def _single(
    text: str,
    begin: int,
    stretch: str,
    best: dict[tuple[int, int, What], TollExpression],
    told: Sequence[tuple[int, int, What]],
) -> None:
    """Single people whom no other pattern told of: by the verb, by a name, by a bare noun."""
    original = text[begin : begin + len(stretch)]
    cased = not original.isupper() and not original.islower()
    for what, strength, name, pattern in _single_patterns():
        for m in pattern.finditer(stretch):
            a, b = m.span("np")
            np = stretch[a:b].rstrip(" ,.")
            b = a + len(np)
            if not np or any(w == what and x < b and m.start() < y for x, y, w in told):
                continue
            if any(w == what and x < begin + b and begin + a < y for x, y, w in best):
                continue
            if name and cased and not original[a].isupper():
                continue
            if not _about_people(np) or _COLLECTIVE.search(stretch[max(0, a - 40) : a]):
                continue
            low, mid, high = parse_toll(original[a:b], what)
            best[(begin + a, begin + b, what)] = TollExpression(
                begin + a, begin + b, text[begin + a : begin + b], what, low, mid, high, strength
            )


@cache
def _elliptic_pattern() -> re.Pattern[str]:
    q = figures()
    return re.compile(
        rf"(?:,|;|\band|\bwhile|\bby)\s+(?P<np>(?:{q})(?:\s+(?:others?|more|people|persons|of\s+them))?)"
        r"(?=\s+(?:in|at|near|outside)\s+[^\W\d])"
    )


def _elliptic(
    text: str, begin: int, stretch: str, best: dict[tuple[int, int, What], TollExpression]
) -> None:
    """Counts that lean on the verb before: "two were killed in Lira, three in Gulu"."""
    heads = [e for e in best.values() if e.low and e.strength >= 0.7]
    if not heads:
        return
    for m in _elliptic_pattern().finditer(stretch):
        a, b = begin + m.start("np"), begin + m.end("np")
        before = [e for e in heads if e.end <= a and "." not in text[e.end : a]]
        if not before or any(x < b and a < y for x, y, _ in best):
            continue
        e = max(before, key=lambda e: e.end)
        if a - e.end > 160 or not re.search(r"\b(?:in|at|near)\s", text[e.end : a].lower()):
            continue
        low, mid, high = parse_toll(text[a:b], e.what)
        best[(a, b, e.what)] = TollExpression(a, b, text[a:b], e.what, low, mid, high, 0.7)


@cache
def _first_words() -> frozenset[str]:
    t = ontology("tolls")
    words = {"Nobody", "None", "No", "The", "They", "We", "Many", "Those", "All", "Others", "It", "Some", "Both", "He", "She",
             "Who", "Two", "Three", "Police", "People", "This", "That", "At", "Most", "There",
             "Eyewitnesses", "Thousands"}  # fmt: skip
    return (
        frozenset(w.lower() for w in words)
        | frozenset(
            w.split()[0] for k in ("vague", "exact", "at_least", "at_most", "about") for w in t[k]
        )
        | frozenset(f"{_ONES}|{_TEENS}|{_TENS}".split("|"))
    )


def _rank(e: TollExpression) -> tuple[float, int]:
    numbered = bool(re.search(rf"\d|\b(?:{_NUMBER_WORD})\b", e.quote.lower()))
    return (e.strength + 0.2 * numbered, -abs((e.end - e.start) - 18))


_ONE_AND = re.compile(
    r"(?:an?|another|one|his|her|their)\s+(?:[\w'’-]+\s+)?(?P<head>[\w'’-]+)\s+and\s+(?:(?:his|her|their|the)\s+)?",
    re.IGNORECASE,
)


def _completes(whole: TollExpression, part: TollExpression) -> bool:
    """Whether a phrase has one more at its head: "a man and his two daughters", "two daughters"."""
    if not (whole.start < part.start and part.end <= whole.end):
        return False
    one = _ONE_AND.fullmatch(whole.quote[: part.start - whole.start])
    return (
        one is not None
        and whole.strength >= part.strength - 0.05
        and one["head"].lower() not in _things() | _no_person()
    )


def _about_people(np: str) -> bool:
    """Whether a noun phrase can be people: no weapons, times, or happenings."""
    t = ontology("tolls")
    words = re.findall(r"[\w'’.-]+", np)
    if not words:
        return False
    if not _not_people().isdisjoint(words):
        return False
    if re.fullmatch(r"(?:in\s+)?(?:1[89]|20)\d\d", np.strip()):
        return False
    return words[-1] not in t["not_a_person"] or words[0] not in {
        "an",
        "a",
        "the",
        "another",
        "one",
    }
