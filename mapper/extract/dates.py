# ruff: noqa: E501 - patterns are easier to read on one line
"""Find time expressions and work out the days that they mean.

The rules are those of the coding guidelines: ISO 8601 prefixes worked out from the publication
date; ``XXXX-10-28`` where no year is known; a weekday needs a publication date; "last Thursday"
is the Thursday of the week before; "on Monday" in a Monday's text is that day; what still goes
on has no end.  The words are in ``mapper/ontology/dates.yaml``.  Numeric dates in unusual forms
are left to ``dateparser``, the rest is a grammar: in tests on coded articles that library
resolved "on Monday" in a Monday's text a week early and knew no "early December", no ranges and
nothing that leans on the date stated before.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from dateutil.easter import easter  # type: ignore[import-untyped]
from text_to_num import text2num

from mapper.extract.resources import ontology
from mapper.segment import small_letters

__all__ = [
    "DateExpression",
    "When",
    "find_dates",
    "leads_on",
    "of_saying",
    "opens_saying",
    "resolve_dates",
]


@dataclass(frozen=True, slots=True)
class When:
    """First and last day as ISO prefixes; ``end`` None where the text gives no end."""

    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True)
class DateExpression:
    """A time expression in the text: code points, the rule that read it, and its parts."""

    start: int
    end: int
    quote: str
    rule: str
    parts: tuple[tuple[str, str], ...]
    modifier: str | None = None
    """``since``, ``until``, ``by``, ``from``, ``before``, ``after``, ``within`` or None."""
    second: DateExpression | None = None
    """The last point of a range."""

    def get(self, name: str) -> str | None:
        """The named part of the expression, lower case, or None."""
        return dict(self.parts).get(name)


# --- words -------------------------------------------------------------------------------------


@cache
def _words() -> dict[str, Any]:
    return dict(ontology("dates"))


def _alternatives(words: Any) -> str:
    """A regular expression that matches any of the words, longest first."""
    ordered = sorted(words, key=lambda w: (-len(w), w))
    return "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in ordered)


def _number(text: str | None) -> int | None:
    """A whole number from digits, number words, ordinals or vague numbers; else None."""
    if not text:
        return None
    text = " ".join(text.lower().split())
    found = re.fullmatch(r"(\d{1,4})(?:st|nd|rd|th)?", text)
    if found:
        return int(found.group(1))
    words = _words()
    for table in ("ordinals", "vague_numbers"):
        if text in words[table]:
            return int(words[table][text])
    text = re.sub(r"^(?:a|the)\s+", "", text)
    halved = re.sub(r"\s+and\s+a\s+half$", "", text)
    try:
        return int(text2num(halved, "en"))
    except ValueError:
        return None


_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SMALL = rf"(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_TEENS}|{_ONES})"


@cache
def _grammar() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The rules: names and patterns, applied to lower-cased text."""
    w = _words()
    full = [m for m in w["months"] if len(m) > 4 or m in {"may", "june", "july"}]
    short = [m for m in w["months"] if m not in full or m == "may"]
    mon = rf"(?P<mon>(?:{_alternatives(full)})\b|(?:{_alternatives(short)})\b\.?)"
    wd_full = [d for d in w["weekdays"] if d not in w["ambiguous_weekdays"]]
    wd = rf"(?:(?P<wd>{_alternatives(w['weekdays'])})\b\.?,?\s+(?:the\s+)?)?"
    ordw = _alternatives(w["ordinals"])
    day = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|{ordw})"
    year = r"(?P<year>1[5-9]\d\d|20\d\d)"
    num = rf"(?P<n>\d{{1,3}}|{_SMALL}(?:\s+and\s+a\s+half)?|{_alternatives(w['vague_numbers'])})"
    unit = rf"(?P<unit>{_alternatives(w['units'])})"
    unamb = [m for m in w["months"] if m not in w["ambiguous_months"]]
    part = _alternatives(w["parts_of_day"])
    season = rf"(?P<season>{_alternatives(w['seasons'])})"
    rules: list[tuple[str, str]] = [
        ("iso", r"(?P<year>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<day>\d\d)"),
        ("numeric", r"(?P<num>\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d\d))(?![./\d])"),
        (
            "day",
            rf"{wd}(?:the\s+)?{day}(?:\s+day)?(?:\s+of)?\s+{mon}"
            rf"(?:,?\s+(?:of\s+)?{year}|,?\s+(?P<yy>\d\d)(?=\b(?!\s*(?:%|percent|people))|$)"
            r"|\s+(?P<last>last(?:\s+year)?|this\s+year|next\s+year))?",
        ),
        (
            "day",
            rf"{wd}{mon}\s+(?:the\s+)?{day}(?![:.]?\d)(?!\s*(?:a\.?m|p\.?m)\b)(?:\s*,?\s+{year})?"
            r"(?:,?\s+(?P<last>last(?:\s+year)?|this\s+year|next\s+year))?",
        ),
        (
            "day_range",
            rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*(?:-|–|—|to|and|or|until)\s*"
            rf"(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{mon}(?:,?\s+{year})?",
        ),
        (
            "day_range",
            rf"{mon}\s+(?P<day>\d{{1,2}})\s*(?:-|–|—|to|and)\s*(?P<day2>\d{{1,2}})(?!\d|:)"
            rf"(?:,?\s+{year})?",
        ),
        ("day_range", r"days\s+(?P<day>\d{1,2})\s+(?:and|to)\s+(?P<day2>\d{1,2})\b"),
        (
            "month",
            rf"(?:(?P<edge>early|mid|late|the\s+(?:start|beginning|end|middle)\s+of)[-\s]+)?{mon}"
            rf",?\s+(?:of\s+)?(?:{year}|(?P<last>last\s+year|this\s+year|next\s+year))",
        ),
        (
            "month",
            # "bases that may house troops": after "this" and "that", may and march are verbs
            rf"(?:(?P<rel>last|next|the\s+same|th(?:is|at)(?=\s+(?:{_alternatives(unamb)})\b))\s+"
            r"|(?P<edge>early|mid|late|the\s+"
            r"(?:start|beginning|end|middle)\s+of)[-\s]+|(?<=in\s)|(?<=since\s)|(?<=by\s)"
            r"|(?<=until\s)|(?<=till\s)|(?<=from\s)|(?<=of\s)|(?<=during\s)|(?<=throughout\s)|(?<=after\s)"
            rf"|(?<=before\s)){mon}",
        ),
        ("month", rf"(?P<mon>{_alternatives([m for m in unamb if len(m) > 4])})"),
        (
            "decade",
            r"(?:the\s+)?(?:(?P<edge>early|mid|late)[-\s]+)?(?P<decade>(?:1[5-9]|20)\d0)['’]?s",
        ),
        ("century", r"(?:the\s+)?(?P<n>\d{1,2})th[-\s]century"),
        (
            "year",
            rf"(?:(?<=in\s)|(?<=since\s)|(?<=of\s)|(?<=by\s)|(?<=until\s)|(?<=from\s)|(?<=during\s)"
            rf"|(?<=before\s)|(?<=after\s)|(?<=the\s)|(?<=early\s)|(?<=late\s)|(?<=mid-)|(?<=and\s)"
            rf"|(?<=to\s)|(?<=\()|(?<=,\s)|(?<=–)|(?<=-)|(?<=around\s)|(?<=for\s)|^){year}"
            r"(?!\s*(?:people|troops|soldiers|men|women|families|houses|miles|metres|kilometres|km|"
            r"workers|police|officers|dollars|euros|pounds|tons|tonnes|hours|hrs|others|dead|injured|"
            r"wounded|refugees|residents|children|protesters)|[,.]\d|[-–]strong|[-–]year|%)",
        ),
        (
            "year_range",
            rf"{year}\s*(?:-|–|—|/)\s*(?P<year2>(?:19|20)\d\d|\d\d)(?!\d|-)",
        ),
        (
            "year",
            r"(?<![$£€#\d.,:])(?P<year>(?:19|20)\d\d)(?!\s*(?:people|persons|troops|soldiers|men|women|"
            r"families|houses|homes|miles|metres|kilometres|km|workers|police|officers|dollars|euros|"
            r"pounds|tons|tonnes|hours|hrs|others|dead|injured|wounded|refugees|residents|children|"
            r"protesters|rounds|acres|hectares|students|fighters|rebels|on\s+\d|feet|square|cases)"
            r"|[,.:]\d|[-–](?:strong|year|\d)|%)",
        ),
        (
            "weekday",
            rf"(?:(?P<rel>last|next|this|this\s+coming|that|coming|this\s+past)\s+)?"
            rf"(?P<wd>{_alternatives(wd_full)})\b(?:['’]s)?(?:\s+(?P<part>{part})(?:['’]s)?)?"
            r"(?:\s+(?P<after>last|next|week)\b)?",
        ),
        (
            "weekdays",
            rf"(?:night\s+of\s+)?(?P<wd>{_alternatives(wd_full)})\s*(?:and|to|-|–)\s*"
            rf"(?P<wd2>{_alternatives(wd_full)})",
        ),
        (
            "night_of",
            rf"(?:the\s+)?night\s+(?:of|between)\s+(?:the\s+)?(?P<day>\d{{1,2}})\s*(?:st|nd|rd|th)?"
            rf"\s*(?:to|and|-|–)\s*(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{mon}",
        ),
        (
            "ordinal",
            r"(?<=the\s)(?P<day>\d{1,2}(?:st|nd|rd|th))(?!\s+(?:of\s+)?[a-z]+\s+(?:century))"
            r"(?!\s+(?:century|floor|anniversary|time|day|army|brigade|division|battalion|"
            r"infantry|regiment|street|avenue|district|parallel|consecutive|straight|corps|"
            r"night|week|year|month))",
        ),
        (
            "ordinal",
            r"(?<=on\s)(?P<day>\d{1,2}(?:st|nd|rd|th))(?=\s*[,.;:)]|\s+(?:at|and|because|when|in|to|over|after|for)\b|$)",
        ),
        (
            "ordinal",
            rf"(?<=on\sthe\s)(?P<day>{ordw})(?=\s*(?:[,.;:)]|$|\s(?:a|the|when|at|and|in|of\s+the\s"
            r"month)\b))",
        ),
        ("feast", rf"(?P<feast>{_alternatives([*w['feasts'], *w['easter_days']])})"),
        ("day_word", rf"(?P<word>{_alternatives(w['day_words'])})(?!\s+of\b)"),
        ("anchor_word", rf"(?P<word>{_alternatives(w['anchor_words'])})"),
        ("ago", rf"{num}\s+{unit}\s+(?:ago|back(?!\s+(?:to|in|into|from|home)\b))"),
        ("last_day_week", rf"a\s+week\s+(?:ago\s+)?(?:on\s+)?(?P<wd>{_alternatives(wd_full)})"),
        ("later", rf"{num}\s+{unit}\s+(?P<dir>later|after|afterwards|earlier|before|previously)"),
        (
            "later",
            r"(?P<unit>minutes|hours|days|weeks|months|years)\s+(?P<dir>later|after|afterwards|earlier)",
        ),
        (
            "later",
            r"(?:half\s+an|(?P<n>an?|within))\s+(?P<unit>hours?)\s+(?P<dir>later|after|earlier)",
        ),
        ("within_hours", r"within\s+(?:\w+\s+)?(?P<unit>minutes?|hours?)(?!\s+of)"),
        (
            "period",
            r"(?:(?:the|this|these)\s+)?(?P<rel>last|past|previous|next|coming|recent)\s+"
            rf"(?:{num}\s+)?{unit}",
        ),
        ("period", r"(?P<rel>this|that)\s+(?P<unit>week|month|year|decade)"),
        ("period", r"(?:earlier|later)\s+(?P<rel>this|that)\s+(?P<unit>week|month|year)"),
        (
            "period",
            r"(?:earlier|later|late|early)?\s*(?P<rel>last|next)\s+(?P<unit>week|month|year)",
        ),
        (
            "this_period",
            r"(?:earlier\s+in|during|over|later\s+in|early\s+in)\s+the\s+"
            r"(?P<unit>week|month|year|fortnight)",
        ),
        (
            "month_end",
            r"(?:before\s+)?the\s+(?P<edge>end|start|beginning|middle)\s+of\s+"
            r"(?:the|this|next)\s+(?P<unit>week|month|year)",
        ),
        (
            "weekend",
            r"(?:(?P<rel>last|this|next|the|past|over\s+the|this\s+past|this\s+coming|coming)\s+)"
            r"weekend",
        ),
        ("spell", rf"{num}\s+(?P<unit>days|weeks|months|years)\s+of(?!\s+age)"),
        ("forward", rf"(?:within|in)\s+(?:the\s+next\s+)?{num}\s+{unit}(?!\s+of)"),
        (
            "nth_day",
            rf"(?P<n>\d{{1,3}}(?:st|nd|rd|th)|{ordw})\s+(?:(?:consecutive|straight|successive)\s+)?"
            r"(?P<unit>day|night|week|month)(?:\s+(?:running|in\s+a\s+row))?",
        ),
        ("nth_day", rf"day\s+(?P<n>\d{{1,3}}|{_SMALL})\b(?!\s+of\s+the\s+month)"),
        (
            "season",
            rf"(?:(?:in|of|during|since|by)\s+)?(?:the\s+|(?P<rel>last|next|this)\s+){season}"
            rf"(?:\s+(?:of\s+)?{year}|\s+(?P<last>before\s+last))?",
        ),
        ("season", rf"(?:in\s+)?{season}\s+(?:of\s+)?{year}"),
        (
            "clock",
            rf"(?:(?:at|around|about|by|before|after|from|until|till|since|shortly\s+after|"
            rf"shortly\s+before|just\s+after|just\s+before|at\s+about|at\s+around)\s+)"
            rf"(?:\d{{1,2}}(?:[:.]\d\d)?\s*(?:a\.?m\.?|p\.?m\.?|hrs|hours|o['’]clock)|\d{{1,2}}[:.]\d\d|"
            rf"\d{{4}}\s*(?:hrs|hours)|noon|midnight|midday|dawn|daybreak|dusk|sunrise|sunset|"
            rf"nightfall|(?:{_ONES}|ten|eleven|twelve)\s+o['’]clock|(?:{_ONES}|ten|eleven|twelve)(?=[,.;:]|\s+(?:on|in\s+the|that|last|this|when)\b))",
        ),
        ("clock", r"(?:\d{1,2}[:.]\d\d|\d{1,2})\s*(?:a\.m\.?|p\.m\.?|am|pm)\b"),
        (
            "clock",
            r"(?<![\d.,:$£€])(?:[01]\d|2[0-3])[:.][0-5]\d(?![\d.,:%]|\s*(?:%|percent|km|per|"
            r"miles|metres|m\b|million|billion|kg|tonnes))",
        ),
    ]
    # A space may be a line's end, never a paragraph's.
    gap = r"(?:[^\S\n]+(?:\n(?!\s*\n)[^\S\n]*)?|\n(?!\s*\n)[^\S\n]*)"
    return tuple(
        (
            name,
            re.compile(
                rf"(?<![\w])(?:{p})(?![\w])".replace(r"\s+", gap).replace(r"\s*", f"{gap}?")
            ),
        )
        for name, p in rules
    )


@cache
def _prefilter() -> re.Pattern[str]:
    """Whether a stretch of text can hold a time expression at all."""
    w = _words()
    stems = [*w["months"], *w["weekdays"], *w["units"], *w["seasons"], *w["parts_of_day"]]
    stems += [*w["feasts"], *w["easter_days"]]
    stems += ["today", "tonight", "yesterday", "tomorrow", "overnight", "weekend", "hours"]
    return re.compile(rf"\d|\b(?:{_alternatives(stems)})")


_PRIORITY = {"clock": -20, "nth_day": -3, "period": 0}
_LEAD = re.compile(
    r"\b(since|until|till|by|from|before|after|within|through|beginning(?:\s+on)?|starting(?:\s+on)?|"
    r"between|as\s+of|up\s+to|following)\s+(?:about\s+|around\s+|early\s+|late\s+|the\s+(?:night|"
    r"morning|evening|dawn|early\s+hours)\s+(?:of\s+)?|the\s+|(?:\d{1,2}(?:[:.]\d\d)?\s*(?:a\.?m\.?|p\.?m\.?|hrs)|"
    r"dawn|noon|midnight|approx\.)\s+(?:on\s+)?|on\s+|at\s+)*$"
)
_BETWEEN = re.compile(
    r"^\s*(?:,\s*)?(?:-|–|—|to|until|till|through|and|or)\s*(?:the\s+)?(?:(?:morning|night|evening|"
    r"afternoon|end)\s+of\s+(?:the\s+)?)?$"
)
_NO_ANCHOR = {
    "period", "this_period", "spell", "nth_day", "month_end", "forward", "clock", "century", "decade"
}  # fmt: skip
_POINTS = {"iso", "numeric", "day", "month", "year", "weekday", "ordinal"}


def find_dates(
    text: str, spans: Sequence[tuple[int, int]] | None = None
) -> tuple[DateExpression, ...]:
    """Time expressions of ``text`` in reading order, none overlapping.

    ``spans`` limits the search to those stretches (sentences); ranges and words such as
    "since" are joined to the dates that they govern.  Linear in the length of the text.
    """
    found: list[DateExpression] = []
    for begin, end in spans if spans is not None else [(0, len(text))]:
        stretch = small_letters(text[begin:end])
        if _prefilter().search(stretch):
            found += _find_in(text, begin, stretch)
    return tuple(found)


def _find_in(text: str, begin: int, stretch: str) -> list[DateExpression]:
    raw: list[tuple[int, int, int, str, dict[str, str]]] = []
    for order, (name, pattern) in enumerate(_grammar()):
        for m in pattern.finditer(stretch):
            parts = {k: v for k, v in m.groupdict().items() if v}
            raw.append((m.start(), m.end(), order, name, parts))
    raw.sort(key=lambda r: (-(r[1] - r[0] + _PRIORITY.get(r[3], 0)), r[2], r[0]))
    taken: list[tuple[int, int, int, str, dict[str, str]]] = []
    for r in raw:
        if all(r[1] <= t[0] or t[1] <= r[0] for t in taken):
            taken.append(r)
    taken.sort()
    points = [
        DateExpression(
            begin + s, begin + e, text[begin + s : begin + e], name, tuple(sorted(parts.items()))
        )
        for s, e, _, name, parts in taken
    ]
    points = [_with_lead(p, text, begin, stretch) for p in points]
    # A clock time beside a day says no more than the day.
    points = [
        p
        for i, p in enumerate(points)
        if p.rule != "clock"
        or not any(
            q.rule != "clock" and min(abs(q.start - p.end), abs(p.start - q.end)) <= 14
            for q in points[max(0, i - 1) : i + 2]
        )
    ]
    joined: list[DateExpression] = []
    for p in points:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.second is None
            and last.rule in _POINTS
            and p.rule in _POINTS
            and _BETWEEN.match(stretch[last.end - begin : p.start - begin])
            and _is_range(last, p, stretch[last.end - begin : p.start - begin])
        ):
            joined[-1] = replace(
                last, end=p.end, quote=text[last.start : p.end], second=replace(p, modifier=None)
            )
        else:
            joined.append(p)
    return joined


def _is_range(first: DateExpression, second: DateExpression, gap: str) -> bool:
    if re.search(r"\b(?:and|or)\b", gap):
        return first.modifier == "between" or (
            first.rule == second.rule == "weekday" and "and" in gap
        )
    return True


def _with_lead(p: DateExpression, text: str, begin: int, stretch: str) -> DateExpression:
    """The expression with the word before it that opens or closes a span of time."""
    at = p.start - begin
    m = _LEAD.search(stretch[max(0, at - 48) : at])
    if not m:
        return p
    word = m.group(1).split()[0]
    modifier = {
        "till": "until", "through": "until", "beginning": "from", "starting": "from", "as": "from",
        "up": "until", "following": "after",
    }.get(word, word)  # fmt: skip
    # "since the 2003 invasion" is the date of the invasion.
    if m.group().endswith("the ") and p.rule in {"day", "month", "year"} and p.get("day") is None:
        return p
    if (
        m.group().endswith("the ")
        and re.match(r"\s+[a-z]", stretch[p.end - begin :])
        and p.rule == "day"
    ):
        return p
    start = begin + max(0, at - 48) + m.start()
    return replace(p, start=start, quote=text[start : p.end], modifier=modifier)


# --- resolving ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Day:
    """A day, or a month or year when the rest is None; ``year`` None where unknown."""

    year: int | None
    month: int | None = None
    day: int | None = None

    def iso(self) -> str:
        out = f"{self.year:04d}" if self.year is not None else "XXXX"
        if self.month is not None:
            out += f"-{self.month:02d}"
            if self.day is not None:
                out += f"-{self.day:02d}"
        return out

    def date(self) -> dt.date | None:
        if self.year is None:
            return None
        try:
            return dt.date(self.year, self.month or 1, self.day or 1)
        except ValueError:
            return None


def _of(date: dt.date) -> _Day:
    return _Day(date.year, date.month, date.day)


Range = tuple[_Day | None, _Day | None]


def _parse_day(iso: str | None) -> dt.date | None:
    if not iso:
        return None
    try:
        return dt.date.fromisoformat(iso[:10])
    except ValueError:
        return None


def _shift(day: _Day, n: int, unit: str) -> _Day | None:
    """``day`` moved by ``n`` units, as precise as the unit allows."""
    if unit in {"minute", "hour"}:
        return day
    date = day.date()
    if date is None:
        if unit == "day" and day.month and day.day:
            moved = dt.date(2001, day.month, min(day.day, 28)) + dt.timedelta(days=n)
            return _Day(None, moved.month, moved.day)
        return None
    if unit in {"day", "week", "fortnight"}:
        if day.day is None:
            return day  # a month moved by days stays that month
        return _of(date + dt.timedelta(days=n * {"day": 1, "week": 7, "fortnight": 14}[unit]))
    if unit == "month":
        index = date.year * 12 + date.month - 1 + n
        return _Day(index // 12, index % 12 + 1) if index >= 12 else None
    years = n * (10 if unit == "decade" else 1)
    return _Day(date.year + years) if date.year + years > 0 else None


def _month_near(month: int, base: dt.date, future: bool, day: int | None = None) -> int:
    """The year that puts a month (and day) on the right side of the publication date."""
    key = (month, day or 0)
    here = (base.month, base.day if day else 0)
    if future:
        return base.year if key >= here else base.year + 1
    return base.year if key <= here else base.year - 1


def _weekday(base: dt.date, wd: int, rel: str | None, future: bool) -> dt.date:
    monday = base - dt.timedelta(days=base.weekday())
    if rel in {"last"} and base.weekday() < 6:  # on a Sunday the week is still felt as this one
        return monday - dt.timedelta(days=7 - wd)
    if rel in {"next"}:
        return monday + dt.timedelta(days=7 + wd)
    if rel in {"this", "this coming", "coming"} and future:
        return base + dt.timedelta(days=(wd - base.weekday()) % 7)
    if future:
        return base + dt.timedelta(days=(wd - base.weekday()) % 7)
    return base - dt.timedelta(days=(base.weekday() - wd) % 7)


_CAME = re.compile(
    r"\b(?:came|comes|come|coming|occurred|occurs|happened|happens|took\s+place|takes\s+place)\s+"
    r"(?:(?:just|only|barely|exactly|less\s+than|more\s+than|about|nearly|almost|some)\s+)*\Z",
    re.IGNORECASE,
)


def leads_on(text: str, e: DateExpression) -> bool:
    """Whether an expression such as "three weeks after" is followed by what it is counted to."""
    return (
        e.rule == "later"
        and e.get("dir") in {"after", "before"}
        and re.match(r"\s+[^\W\d]", text[e.end : e.end + 3]) is not None
    )


class _Resolver:
    """Works out expressions in reading order, so that each can lean on those before it."""

    def __init__(self, text: str, published: str | None) -> None:
        self.text = text
        self.pub = _parse_day(published)
        self.pub_year = self.pub.year if self.pub else None
        self.last: Range | None = None
        self.last_day: _Day | None = None  # the last one stated to the day
        self.year: int | None = None  # the last year spelt out
        self.said_at = -(10**9)  # where it was spelt out
        self.last_at = -(10**9)

    # One method for each kind of rule would hide how alike they are; the table is the grammar.
    def point(self, e: DateExpression, future: bool) -> Range | None:
        words = _words()
        months = words["months"]
        rule = e.rule
        pub = self.pub
        if rule == "iso":
            return self._one(
                _Day(int(e.get("year") or 0), int(e.get("m") or 1), int(e.get("day") or 1))
            )
        if rule == "numeric":
            return self._numeric(e)
        if rule == "day":
            month = months[(e.get("mon") or "").rstrip(".")]
            day = _number(e.get("day"))
            if day is None or not 1 <= day <= 31:
                return None
            return self._one(_Day(self._year_for(e, month, day, future), month, day))
        if rule in {"day_range", "night_of"}:
            mon = e.get("mon")
            first, last = _number(e.get("day")), _number(e.get("day2"))
            if not first or not last or first > 31 or last > 31:
                return None
            if mon is None:
                base = self._month_base()
                if base is None:
                    return None
                return (_Day(base[0], base[1], first), _Day(base[0], base[1], last))
            month = months[mon.rstrip(".")]
            year = self._year_for(e, month, last, future)
            return (_Day(year, month, first), _Day(year, month, last))
        if rule == "month":
            month = months[(e.get("mon") or "").rstrip(".")]
            return self._one(_Day(self._year_for(e, month, None, future), month))
        if rule == "year":
            return self._one(_Day(int(e.get("year") or 0)))
        if rule == "year_range":
            first_year = int(e.get("year") or 0)
            tail = e.get("year2") or ""
            last_year = int(tail) if len(tail) == 4 else first_year // 100 * 100 + int(tail)
            return (_Day(first_year), _Day(last_year)) if last_year >= first_year else None
        if rule == "decade":
            decade = int(e.get("decade") or 0)
            low, high = {"early": (0, 3), "mid": (4, 6), "late": (6, 9)}.get(
                e.get("edge") or "", (0, 9)
            )
            return (_Day(decade + low), _Day(decade + high))
        if rule == "century":
            n = _number(e.get("n")) or 1
            return (_Day(n * 100 - 99), _Day(n * 100))
        if rule in {"weekday", "weekdays"}:
            if pub is None:
                return None
            from_wd = int(words["weekdays"][e.get("wd") or ""])
            rel = e.get("rel") or e.get("after")
            begun = _weekday(pub, from_wd, rel, future)
            if rule == "weekday":
                return self._one(_of(begun))
            to_wd = int(words["weekdays"][e.get("wd2") or ""])
            return (_of(begun), _of(begun + dt.timedelta(days=(to_wd - from_wd) % 7)))
        if rule == "ordinal":
            nth = _number(e.get("day"))
            if not nth or nth > 31:
                return None
            base = self._month_base()
            said = self.last[1] if self.last else None
            if (
                base is not None
                and said is not None
                and said.month
                and (pub is None or (self._near(e) and (said.day is None or nth > said.day)))
            ):
                return self._one(_Day(base[0], base[1], nth))
            if pub is None:
                return None
            month_of = _Day(pub.year, pub.month)
            if (not future and nth > pub.day) or (future and nth < pub.day):
                month_of = _shift(month_of, 1 if future else -1, "month") or month_of
            return self._one(_Day(month_of.year, month_of.month, nth))
        if rule == "feast":
            return self._feast(" ".join((e.get("feast") or "").replace("’", "'").split()), future)
        if rule == "day_word":
            if pub is None:
                return None
            low, high = words["day_words"][" ".join((e.get("word") or "").split())]
            return (_of(pub + dt.timedelta(days=low)), _of(pub + dt.timedelta(days=high)))
        if rule == "anchor_word":
            low, high = words["anchor_words"][" ".join((e.get("word") or "").split())]
            base_day = self.last_day or (_of(pub) if pub else None)
            if base_day is None:
                return None
            moved = _shift(base_day, low, "day")
            return (moved, moved) if moved else None
        if rule == "last_day_week":
            if pub is None:
                return None
            named = _weekday(pub, int(words["weekdays"][e.get("wd") or ""]), None, False)
            return self._one(_of(named - dt.timedelta(days=7)))
        if rule == "ago":
            if pub is None:
                return None
            moved = _shift(
                _of(pub), -(_number(e.get("n")) or 1), words["units"][e.get("unit") or "day"]
            )
            return self._one(moved)
        if rule == "later":
            return self._later(e)
        if rule == "within_hours":
            return self.last or (self._one(_of(pub)) if pub else None)
        if rule == "period":
            return self._period(e, future)
        if rule == "this_period":
            if pub is None:
                return None
            unit = e.get("unit") or "week"
            if unit == "fortnight":
                return (_of(pub - dt.timedelta(days=14)), _of(pub - dt.timedelta(days=1)))
            return self._this(unit, future)
        if rule == "month_end":
            if pub is None:
                return None
            unit = e.get("unit") or "month"
            if e.get("edge") in {"start", "beginning"} and not future:
                starts = {"month": pub.replace(day=1), "year": pub.replace(month=1, day=1)}
                return self._one(_of(starts.get(unit, pub - dt.timedelta(days=pub.weekday()))))
            if unit == "month":
                last_day = calendar.monthrange(pub.year, pub.month)[1]
                return (_of(pub), _Day(pub.year, pub.month, last_day))
            if unit == "year":
                return (_of(pub), _Day(pub.year, 12, 31))
            return (_of(pub), _of(pub + dt.timedelta(days=6 - pub.weekday())))
        if rule == "weekend":
            if pub is None:
                return None
            saturday = pub - dt.timedelta(days=(pub.weekday() - 5) % 7)
            rel = e.get("rel") or ""
            if rel in {"last"} and pub.weekday() >= 5:
                saturday -= dt.timedelta(days=7)
            if rel.endswith(("next", "coming")) or (future and "this" in rel):
                saturday = pub + dt.timedelta(days=(5 - pub.weekday()) % 7)
            return (_of(saturday), _of(saturday + dt.timedelta(days=1)))
        if rule == "spell":
            return self._back(e, inclusive=False)
        if rule == "forward":
            if pub is None:
                return None
            n = _number(e.get("n")) or 1
            unit = words["units"][e.get("unit") or "day"]
            from_day = _of(pub) if future or not self.last or not self.last[1] else self.last[1]
            moved = _shift(from_day, n, unit)
            if e.quote.lower().startswith("in"):
                return self._one(moved) if future and moved and moved.day else None
            return (from_day, moved)
        if rule == "nth_day":
            if pub is None:
                return None
            nth = _number(e.get("n"))
            unit = words["units"][e.get("unit") or "day"]
            if not nth or nth > 400:
                return None
            moved = _shift(self._told_of(e), -(nth - 1), unit)
            return (moved, None) if moved else None
        if rule == "season":
            return self._season(e, future)
        if rule == "clock":
            said = self.last[0] if self.last else None
            if said and said.day and self._near(e) and (pub is None or said.date() != pub):
                return self._one(said)
            return self._one(_of(pub)) if pub else None
        return None

    def _told_of(self, e: DateExpression) -> _Day:
        """The day that a paragraph is about, where it has just been stated; else publication's."""
        assert self.pub is not None
        said = self.last[1] if self.last else None
        date = said.date() if said and said.day else None
        if date is None or not self._near(e) or not 0 <= (self.pub - date).days <= 2:
            return _of(self.pub)
        return _of(date)

    def _near(self, e: DateExpression) -> bool:
        """Whether the date stated before stands in the same paragraph, not far off."""
        return (
            e.start - self.last_at < 600 and "\n\n" not in self.text[max(0, self.last_at) : e.start]
        )

    @staticmethod
    def _one(day: _Day | None) -> Range | None:
        return (day, day) if day is not None else None

    def _numeric(self, e: DateExpression) -> Range | None:
        import dateparser

        order = "DMY" if "." in (e.get("num") or "") else "MDY"
        parsed = dateparser.parse(
            e.get("num") or "", languages=["en"], settings={"DATE_ORDER": order}
        )
        return self._one(_of(parsed.date())) if parsed else None

    def _month_base(self) -> tuple[int | None, int] | None:
        if self.last:
            for day in (self.last[1], self.last[0]):
                if day and day.month:
                    return (day.year, day.month)
        return (self.pub.year, self.pub.month) if self.pub else None

    def _year_for(self, e: DateExpression, month: int, day: int | None, future: bool) -> int | None:
        if e.get("year"):
            return int(e.get("year") or 0)
        if e.get("yy"):
            yy = int(e.get("yy") or 0)
            if self.pub_year is None:  # the pivot of POSIX strptime
                return (1900 if yy >= 69 else 2000) + yy
            year = self.pub_year // 100 * 100 + yy
            return year if year <= self.pub_year + 5 else year - 100
        last = e.get("last") or e.get("rel")
        if self.pub is None:
            return self.year if e.start - self.said_at < 1500 else None
        # A story told with its year keeps it for the dates that follow in its paragraph.
        told = (
            self.year is not None
            and e.start - self.said_at < 400
            and "\n\n" not in self.text[self.said_at : e.start]
        )
        if last:
            if last == "last year":
                return self.pub.year - 1
            if last == "next year":
                return self.pub.year + 1
            if last in {"this", "this year"}:
                return self.pub.year
            if last == "last":
                year = _month_near(month, self.pub, False, day)
                same = month == self.pub.month and day is None
                return year - 1 if same else year
            if last == "next":
                year = _month_near(month, self.pub, True, day)
                return year + 1 if month == self.pub.month and day is None else year
        near = _month_near(month, self.pub, future, day)
        months_back = (self.pub.year - near) * 12 + self.pub.month - month
        if told and not future and months_back > 1 and self.year is not None:
            return self.year if self.year < self.pub.year else near
        return near

    def _feast(self, name: str, future: bool) -> Range | None:
        """A feast by its name: the last one, or the next where it is to come."""
        words = _words()
        if name in words["feasts"]:
            month, day = words["feasts"][name]
            year = _month_near(month, self.pub, future, day) if self.pub else None
            return self._one(_Day(year, month, day))
        if self.pub is None:
            return None
        shift = dt.timedelta(days=int(words["easter_days"][name]))
        days = [easter(self.pub.year + n) + shift for n in (-1, 0, 1)]
        near = [d for d in days if (d >= self.pub if future else d <= self.pub)]
        return self._one(_of(near[0] if future else near[-1]))

    def _later(self, e: DateExpression) -> Range | None:
        words = _words()
        direction = e.get("dir") or "later"
        came = _CAME.search(self.text[max(0, e.start - 40) : e.start]) is not None
        if came and direction in {"after", "before"} and not leads_on(self.text, e):
            # "The attack came a day after": counted from a day that is not known
            return None
        base = self.last[1] if self.last else None
        if base is None:
            base = self.last[0] if self.last else None
        if base is None:
            base = _of(self.pub) if self.pub else None
        if base is None:
            return None
        unit = words["units"][e.get("unit") or "day"]
        n = _number(e.get("n"))
        if n is None and unit not in {"minute", "hour"}:  # "days later": that month
            return self._one(_Day(base.year, base.month)) if base.month else self._one(base)
        if n is not None and (e.get("n") or "").startswith(("a few", "several", "some", "few")):
            return self._one(_Day(base.year, base.month)) if base.month else self._one(base)
        sign = -1 if direction in {"earlier", "before", "previously"} else 1
        if direction in {"after", "before"} and (came or self._of_what_follows(e)):
            # "freed on Wednesday, three weeks after they were seized": the seizing is dated here
            sign = -sign
        return self._one(_shift(base, sign * (n or 0), unit))

    def _of_what_follows(self, e: DateExpression) -> bool:
        """Whether "three weeks after" counts from a day just stated to what is told next."""
        between = self.text[max(0, self.last_at) : e.start]
        return (
            0 <= self.last_at < e.start <= self.last_at + 160
            and not re.search(r"[.;\n]", between)
            and leads_on(self.text, e)
        )

    def _this(self, unit: str, future: bool) -> Range | None:
        pub = self.pub
        if pub is None:
            return None
        if unit == "week":
            monday = pub - dt.timedelta(days=pub.weekday())
            return (
                (_of(pub), _of(monday + dt.timedelta(days=6)))
                if future
                else (_of(monday), _of(pub))
            )
        if unit == "month":
            return self._one(_Day(pub.year, pub.month))
        if unit == "decade":
            return (_Day(pub.year // 10 * 10), _Day(pub.year))
        return self._one(_Day(pub.year))

    def _period(self, e: DateExpression, future: bool) -> Range | None:
        pub = self.pub
        rel = e.get("rel") or "last"
        unit = _words()["units"][e.get("unit") or "day"]
        if rel == "that":
            if self.last and self.last[0]:
                first = self.last[0]
                if unit == "month" and first.month:
                    return self._one(_Day(first.year, first.month))
                if unit == "year":
                    return self._one(_Day(first.year))
                date = first.date()
                if unit == "week" and date and first.day:
                    return (first, _of(date + dt.timedelta(days=6)))
            return None
        if pub is None:
            return None
        if rel == "this":
            return self._this(unit, future)
        plural = (e.get("unit") or "").endswith("s") or e.get("n") is not None
        if rel in {"next", "coming"}:
            if not plural and unit == "week":
                monday = pub + dt.timedelta(days=7 - pub.weekday())
                return (_of(monday), _of(monday + dt.timedelta(days=6)))
            if not plural and unit in {"month", "year"}:
                return self._one(_shift(_of(pub), 1, unit))
            n = _number(e.get("n"))
            if n is None:
                return (_of(pub), None)
            moved = _shift(_of(pub), n, unit)
            return (_of(pub), moved) if moved and moved.day else None
        if not plural and rel == "last":
            if unit == "week":
                monday = pub - dt.timedelta(days=7 + pub.weekday())
                return (_of(monday), _of(monday + dt.timedelta(days=6)))
            if unit in {"month", "year"}:
                return self._one(_shift(_of(pub), -1, unit))
        return self._back(e, inclusive=True)

    def _back(self, e: DateExpression, inclusive: bool) -> Range | None:
        """A span that ends at publication: "the last three days", "two months of"."""
        pub = self.pub
        if pub is None:
            return None
        unit = _words()["units"][e.get("unit") or "day"]
        n = _number(e.get("n"))
        if n is None:
            n = 1 if not (e.get("unit") or "").endswith("s") else 3
        if unit in {"minute", "hour"}:
            n = max(1, round(n / 24)) if unit == "hour" else 0
            return (_of(pub - dt.timedelta(days=n)), _of(pub))
        if unit == "day" and n > 1:
            n -= 1
        moved = _shift(_of(pub), -n, unit)
        if moved is None:
            return None
        end = _of(pub)
        if unit == "month":
            end = _Day(pub.year, pub.month)
        elif unit in {"year", "decade"}:
            end = _Day(pub.year)
        return (moved, end)

    def _season(self, e: DateExpression, future: bool) -> Range | None:
        first, last = _words()["seasons"][e.get("season") or "spring"]
        if e.get("year"):
            year = int(e.get("year") or 0)
        elif self.pub is None:
            return None
        else:
            year = _month_near(first, self.pub, future)
            if e.get("last") and year == self.pub.year:
                year -= 1
            if e.get("rel") == "last" and (year, last) >= (self.pub.year, self.pub.month):
                year -= 1
        return (_Day(year, first), _Day(year + (last < first), last))

    def resolve(self, e: DateExpression, future: bool, keep: bool) -> Range | None:
        found = self.point(e, future)
        if found is not None and e.second is not None:
            saved = self.last
            self.last = found
            second = self.point(e.second, future)
            self.last = saved
            if second is None:
                return None
            found = self._span(found, second, e)
        if found is not None and keep:
            if e.rule not in _NO_ANCHOR and not leads_on(self.text, e):
                self.last = found
                self.last_at = e.start
                if found[1] is not None and found[1].day:
                    self.last_day = found[1]
            if e.get("year") and found[0] is not None and e.rule in {"day", "day_range", "month"}:
                self.year = found[0].year
                self.said_at = e.end
            elif found[0] is not None and self.year == found[0].year:
                self.said_at = e.end
        return found

    def _span(self, first: Range, second: Range, e: DateExpression) -> Range:
        start, end = first[0], second[1]
        # "28 April - 1 May 2021", "from June to October 2008": the year is said once.
        if start and end and e.second and e.second.get("year") and not e.get("year"):
            year = end.year
            if year is not None and start.month and end.month and start.month > end.month:
                year -= 1
            start = replace(start, year=year)
        if e.rule == "weekday" and start and end:
            a, b = start.date(), end.date()
            if a and b and b < a:
                start = _of(a - dt.timedelta(days=7))
        return (start, end)

    def bounded(self, e: DateExpression, found: Range, future: bool, going_on: bool) -> When:
        """ISO prefixes with the word before the date applied ("since", "until", "by")."""
        start, end = found
        pub = _of(self.pub) if self.pub else None
        if e.second is None and e.rule != "clock":
            if e.modifier == "since":
                end = None if going_on or pub is None else pub
                if pub is None:
                    end = None
            elif e.modifier == "from" and start == end:
                end = None
            elif e.modifier in {"until", "within"}:
                end = end or start
                start = pub if future or going_on else start
            elif e.modifier == "by" and future and end and end.day:
                start = pub
        if e.rule == "nth_day" and not going_on and not future:
            end = pub
        if going_on and e.second is None and e.modifier not in {"until", "by"}:
            end = None
        return When(start.iso() if start else None, end.iso() if end else None)


def _looks_ahead(text: str, e: DateExpression) -> bool:
    """Whether the words before the expression, in its clause, speak of what is to come."""
    before = text[max(0, e.start - 90) : e.start].lower()
    cut = max(before.rfind(c) for c in ".;\n")
    return bool(_future().search(before[cut + 1 :]))


@cache
def _future() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_alternatives(_words()['future_cues'])})(?!\w)")


@cache
def _saying() -> tuple[re.Pattern[str], re.Pattern[str]]:
    verbs = _alternatives(_words()["saying"])
    who = r"(?:\s+(?:reporters|journalists|parliament|lawmakers|state\s+\w+|the\s+\w+|an?\s+\w+|\w+\s+news))?"
    place = r"(?:\s+in\s+(?:an?\s+|the\s+)?[\w.'’-]+(?:\s+[\w.'’-]+)?)?"
    return (
        re.compile(
            rf"(?<!\w)(?:{verbs}){who}{place}\s+(?:(?:on|late|early|late\s+on|earlier)\s+)?$"
        ),
        re.compile(
            rf"^\s*,?\s*(?:(?:again|also|night|morning|evening|afternoon)\s+)*(?:{verbs})(?!\w)"
        ),
    )


def of_saying(text: str, start: int, end: int) -> bool:
    """Whether a date is the day on which something was said ("told reporters on Friday")."""
    after, before = _saying()
    return (
        after.search(text[max(0, start - 90) : start].lower()) is not None
        or before.match(text[end : end + 60].lower()) is not None
    )


@cache
def _said_later() -> re.Pattern[str]:
    verbs = _alternatives(_words()["saying"])
    return re.compile(rf"\s*,?\s*(?:[\w.'’-]+,?\s+){{0,8}}?(?:{verbs})(?!\w)")


def opens_saying(text: str, end: int, until: int) -> bool:
    """Whether someone speaks between a date's end and what is spoken of at ``until``.

    "On Friday the minister, Ann Lee, threatened an answer": the day is that of the threat.
    """
    return end < until and _said_later().match(text[end:until].lower()) is not None


@dataclass(frozen=True, slots=True)
class ResolvedDate:
    """An expression with what it means for something past, going on, or to come."""

    expression: DateExpression
    past: When | None
    ongoing: When | None
    future: When | None
    ahead: bool
    """Whether the words before it speak of what is to come."""

    def when(self, modality: str) -> When | None:
        """The reading that fits an incident's modality."""
        if modality == "ongoing":
            return self.ongoing
        leads_ahead = self.expression.modifier in {"from", "until", "by", "within"}
        if (
            modality in {"planned", "hypothetical"}
            or (modality == "threatened" and (self.ahead or leads_ahead))
            or (modality == "denied" and self.ahead)  # a rally planned for Friday, called off
        ):
            return self.future
        return self.past


def resolve_dates(
    text: str, expressions: Sequence[DateExpression], published: str | None
) -> tuple[ResolvedDate, ...]:
    """What each expression means, worked out in reading order.

    ``published`` is an ISO date or None; a dateline's date is taken for it where it is None.
    An expression that cannot be worked out has None for all its readings.
    """
    resolver = _Resolver(text, published)
    out = []
    for e in expressions:
        ahead = _looks_ahead(text, e)
        future = resolver.resolve(e, True, keep=False)
        past = resolver.resolve(e, False, keep=False)
        still = future if e.modifier == "until" else past
        resolver.resolve(e, ahead, keep=True)
        out.append(
            ResolvedDate(
                e,
                resolver.bounded(e, past, False, False) if past else None,
                resolver.bounded(e, still, False, True) if still else None,
                resolver.bounded(e, future, True, False) if future else None,
                ahead,
            )
        )
    return tuple(out)
