"""How an article uses its names: one name per sense, chains, lists, datelines, the outlet.

Turns mentions into the :class:`mapper.rank.Name` values that are judged together.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from mapper.candidates import KIND_GROUPS, Block, Candidates
from mapper.model import Article, Mention
from mapper.names import any_of, clean, cues, fold
from mapper.outlets import domain_of, outlet
from mapper.rank import Home, Name
from mapper.segment import paragraphs, sentences
from mapper.setting import Spot

_COMMA = re.compile(r"^['’]?s?\s*,\s*(?:in\s+)?(?:the\s+)?$")
_PAREN = re.compile(r"^\s*\(\s*$")
_INSIDE = re.compile(
    r"^,?\s+(?:\w+\s+){0,2}?(?:in|of|near|outside)\s+(?:the\s+)?(?:[a-z-]+\s+){0,2}(?:of\s+)?$"
)
_HOLDER_FIRST = re.compile(
    r"^(?:['’]s?)?\s+(?:(?!and\b|or\b|to\b|in\b|from\b|on\b)[\w-]+\s+){0,2}(?:of\s+)?(?:the\s+)?$"
)
_POSSESSIVE = re.compile(r"^(?:['’]s|(?<=s)['’])\s+(?:[\w-]+\s+){0,4}$")
_APPOSITION = re.compile(
    r"^\s*,\s+(?:an?|the|one of the)\s+(?:[\w-]+\s+){1,5}?"
    r"(?:in|of|near|outside|from|on)\s+(?:the\s+)?(?:[a-z-]+\s+){0,2}(?:of\s+)?$"
)
_NEAR = re.compile(
    r"^,?\s+(?:[\w-]+\s+){0,4}?"
    r"(?:near|outside|close to|from|(?:north|south|east|west|[ns]\w+-?[ew]\w+) of)\s+"
    r"(?:the\s+)?(?:[a-z-]+\s+){0,2}(?:of\s+)?$"
)
_SITED = re.compile(r"^(?:['’]s)?,?\s+(?:at|on|along|in)\s+(?:the\s+)?(?:[a-z-]+\s+){0,2}$")
_ANOTHER = re.compile(r"\b(?:and|or|but|while|then|as|to)\b", re.IGNORECASE)
_PAREN_BACK = re.compile(r"^\s*\(\s*(?:in\s+)?(?:the\s+)?$")
_LIST = re.compile(r"^\s*(?:,|,?\s*\band\b|,?\s*\bor\b|;|/|&)\s*(?:in\s+|the\s+)*$", re.IGNORECASE)
_DATELINE_TAIL = re.compile(
    r"^(?:\s*[,/]\s*[\w.’' ]{2,25}){0,3}?\s*(?:,?\s*[A-Z][a-z]{2,8}\.?\s+\d{1,2})?\s*"
    r"(?:\([^()\n]{2,40}\))?\s*(?:—|–|--|\s-|:\s—)\s"
)
_DATELINE_COLON = re.compile(r"^(?:\s*,\s*[\w.’' ]{2,25})?\s*(?:\([^()\n]{2,40}\))?\s*:\s+(?=\S)")
_AFTER_COMMA = re.compile(r"^,\s*((?:[A-Z][\w’'-]*\.?)(?:[A-Z]\.)*(?:\s[A-Z][\w’'-]+\.?)?)")
_PREPOSITION = re.compile(
    r"\b(?:in|at|near|from|to|into|around|outside|inside|across|through|towards?|throughout)"
    r"\s+(?:the\s+)?$",
    re.IGNORECASE,
)
DATELINE_REACH = 700
"""Code points from the beginning of a text within which a dateline stands."""
PROSE = 90
"""Characters of a line from which it is prose rather than a headline."""
_HOLDERS = tuple(KIND_GROUPS.index(k) for k in ("country", "admin1", "admin2", "city", "region"))
_OUTRIGHT = tuple(KIND_GROUPS.index(k) for k in ("country", "admin1"))
_COUNTRY = KIND_GROUPS.index("country")
_ADMIN1 = KIND_GROUPS.index("admin1")
_ADMIN2 = KIND_GROUPS.index("admin2")


@dataclass(frozen=True, slots=True)
class Discourse:
    """The names of an article, which of them each mention bears (-1: none), and the outlet."""

    names: tuple[Name, ...]
    of_mention: tuple[int, ...]
    home: Home
    parent_text: dict[int, str]


def could_hold(parent: Block, child: Block) -> np.ndarray:
    """Which candidates of ``child`` some candidate of ``parent`` contains."""
    out = np.zeros(len(child.entries), bool)
    if not len(out) or not parent.entries:
        return out
    for i in range(len(parent.entries)):
        group = parent.group[i]
        if group == _COUNTRY:
            out |= (child.country == parent.country[i]) & (child.group != _COUNTRY)
        elif group == _ADMIN1:
            out |= (
                (child.admin1 == parent.admin1[i])
                & (child.admin1 > 0)
                & (child.group != _ADMIN1)
                & (child.group != _COUNTRY)
            )
        elif group == _ADMIN2 and parent.admin2[i] > 0:
            out |= (child.admin2 == parent.admin2[i]) & (child.group > _ADMIN2)
        elif group in _HOLDERS:
            out |= (child.xyz @ parent.xyz[i] > np.cos(40 / 6371)) & (child.group > group)
    return out


def _links(
    text: str, mentions: Sequence[Mention], blocks: Sequence[Block]
) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """Holders and lists: {mention: its holder}, and pairs of mentions listed side by side."""
    holder: dict[int, int] = {}
    lists: list[tuple[int, int]] = []
    for i in range(len(mentions) - 1):
        a, b = mentions[i], mentions[i + 1]
        if b.start < a.end or b.start - a.end > 40:
            continue
        gap = text[a.end : b.start]
        if "\n\n" in gap or not blocks[i].entries or not blocks[i + 1].entries:
            continue
        if _COMMA.match(gap) or _PAREN.match(gap) or _INSIDE.match(gap):
            if bool(could_hold(blocks[i + 1], blocks[i]).any()):
                holder[i] = i + 1
                continue
        elif (
            i + 1 not in holder
            and _HOLDER_FIRST.match(gap)
            and bool(could_hold(blocks[i], blocks[i + 1]).any())
        ):
            holder[i + 1] = i
            continue
        if _LIST.match(gap):
            lists.append((i, i + 1))
    return holder, lists


def _said(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int, str]]:
    """Which mention the words set in which, and how, whatever a gazetteer holds of them.

    Neighbours only; a list of names shares what its last one is set in ("A and B in C").
    """
    found: list[tuple[int, int, str]] = []
    listed: list[bool] = []
    joined: list[bool] = []
    for a, b in pairwise(mentions):
        gap = text[a.end : b.start] if b.start >= a.end else "\n\n"
        listed.append(len(gap) <= 60 and "\n\n" not in gap and bool(_LIST.match(gap)))
        joined.append(listed[-1] and gap.strip(" ,") != "")
    # "A, B and C" is a list, "A, B, C" may say that A lies in B
    in_list = [False] * len(listed)
    for i in range(len(listed)):
        k = i
        while k < len(listed) and listed[k]:
            in_list[i] |= joined[k]
            k += 1
        in_list[i] |= listed[i] and i > 0 and in_list[i - 1] and joined[i - 1]
    for i, (a, b) in enumerate(pairwise(mentions)):
        gap = text[a.end : b.start] if b.start >= a.end else "\n\n"
        if len(gap) > 60 or "\n\n" in gap:
            continue
        if _PAREN_BACK.match(gap):
            found += [(i, i + 1, "paren"), (i + 1, i, "paren")]
        elif _COMMA.match(gap):
            if not in_list[i]:
                found.append((i, i + 1, "comma"))
        elif _ANOTHER.search(gap):
            continue  # "in A, and in B": B is told of for itself
        elif _NEAR.match(gap):
            found.append((i, i + 1, "near"))
        elif _APPOSITION.match(gap):
            found.append((i, i + 1, "apposition"))
        elif _INSIDE.match(gap):
            found.append((i, i + 1, "inside"))
        elif _POSSESSIVE.match(gap):
            found.append((i + 1, i, "possessive"))
        elif _HOLDER_FIRST.match(gap):
            found.append((i + 1, i, "holder"))
        if _SITED.match(gap):
            found.append((i + 1, i, "at"))
    direct = {(i, how): j for i, j, how in found if how in ("inside", "near", "apposition")}
    for (i, _), j in direct.items():
        k = i - 1
        while k >= 0 and listed[k]:
            found.append((k, j, "shared"))
            k -= 1
    back = {(i, how): j for i, j, how in found if how in ("possessive", "at") and j < i}
    for (i, _), j in back.items():
        k = i
        while k < len(listed) and listed[k]:
            found.append((k + 1, j, "shared"))
            k += 1
    return found


def is_dateline(text: str, mention: Mention) -> bool:
    """Whether a mention is the place that a report was filed from.

    "GOMA, Congo (AP) —" at the head of the text or after a sentence; "new delhi: the ..." only
    where a line begins, and not where the rest of the line is a headline's half.
    """
    if mention.start > DATELINE_REACH:
        return False
    before = text[: mention.start].rstrip(" \t")
    if before and before[-1] not in "\n.:!?”\"'’)|" and mention.start > 0:
        return False
    after = text[mention.end : mention.end + 400]
    if _DATELINE_TAIL.match(after[:120]):
        return True
    if before and before[-1] != "\n":
        return False
    colon = _DATELINE_COLON.match(after[:120])
    # A dateline opens a paragraph of prose; "Iraq: a timeline" is a headline.
    line = after[colon.end() :].split("\n", 1)[0] if colon else ""
    return len(line) >= PROSE


@cache
def _town_spoken_of() -> re.Pattern[str]:
    """A town that goes without its name: "the city", "this town", "the walled city"."""
    return re.compile(rf"\b(?:{any_of(cues()['town_spoken_of'])})\b", re.IGNORECASE)


@cache
def _on_the_way() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{any_of(cues()['toward'])})\s+(?:the\s+)?$", re.IGNORECASE)


@cache
def _affair() -> re.Pattern[str]:
    return re.compile(rf"^\s(?:{any_of(cues()['topics'])})s?\b", re.IGNORECASE)


def _toward(text: str, start: int) -> bool:
    """Whether what is named at ``start`` is where somebody goes to or comes from."""
    return bool(_on_the_way().search(text[max(0, start - 24) : start]))


def _topic(text: str, end: int) -> bool:
    """Whether a name that ends at ``end`` stands for an affair ("the X issue")."""
    return bool(_affair().match(text[end : end + 24]))


def discourse(
    article: Article,
    mentions: Sequence[Mention],
    candidates: Candidates,
    *,
    use_outlet: bool = True,
    use_table: bool = True,
) -> Discourse:
    """Group the mentions (in text order) into names and describe how the text uses them.

    Nominal mentions take no part (-1): they are resolved by what they refer to.
    ``use_outlet=False`` hides the outlet, ``use_table=False`` only the table of outlets.
    """
    text = article.text
    used = [i for i, m in enumerate(mentions) if m.role != "nominal"]
    used.sort(key=lambda i: (mentions[i].start, mentions[i].end))
    kept = [mentions[i] for i in used]
    blocks = [candidates.block(m.text) for m in kept]
    keys = [fold(clean(m.text)) for m in kept]
    holder, lists = _links(text, kept, blocks)
    extra: dict[int, tuple[Block, int, str]] = {}
    for i, mention in enumerate(kept):
        if i in holder:
            continue
        after = _AFTER_COMMA.match(text[mention.end : mention.end + 40])
        if not after or not blocks[i].entries:
            continue
        at = mention.end + after.start(1)
        if any(m.start < at + 2 and at < m.end for m in kept[i + 1 : i + 2]):
            continue
        for words in dict.fromkeys((after.group(1), after.group(1).split(" ")[0])):
            block = candidates.block(words.rstrip(","))
            outright = np.isin(block.group, _OUTRIGHT)
            sure = np.array([h in ("primary", "alias", "abbreviation") for h in block.hows], bool)
            if len(outright) and (outright & sure).any() and could_hold(block, blocks[i]).any():
                extra[i] = (block, at, words)
                break
    # one sense per discourse, unless the text itself gives the name two holders
    parent_key = {i: keys[holder[i]] for i in holder} | {i: fold(extra[i][2]) for i in extra}
    senses: dict[str, Counter[str]] = {}
    for i, parent in parent_key.items():
        senses.setdefault(keys[i], Counter())[parent] += 1
    split: set[str] = set()
    for key, parents in senses.items():
        if len(parents) > 1:
            held = []
            for parent in parents:
                i = next(k for k, p in parent_key.items() if p == parent and keys[k] == key)
                above = blocks[holder[i]] if i in holder else extra[i][0]
                held.append(could_hold(above, blocks[i]))
            if all(h.any() for h in held) and not np.logical_and.reduce(held).any():
                split.add(key)
    sentence_starts = [a for a, _ in sentences(text)]
    paragraph_starts = [a for a, _ in paragraphs(text)]
    of_town = {bisect_right(sentence_starts, m.start()) for m in _town_spoken_of().finditer(text)}
    names: list[Name] = []
    index: dict[tuple[str, str], int] = {}
    of_kept: list[int] = []
    last: dict[str, str] = {}
    for i, mention in enumerate(kept):
        sense = ""
        if keys[i] in split:
            sense = parent_key.get(i) or last.get(keys[i]) or senses[keys[i]].most_common(1)[0][0]
            last[keys[i]] = sense
        at = index.setdefault((keys[i], sense), len(names))
        if at == len(names):
            names.append(Name(blocks[i], [], []))
        name = names[at]
        name.positions.append(mention.start)
        name.roles.append(mention.role)
        name.capitals |= len(mention.text) > 3 and mention.text.isupper()
        name.in_dateline |= is_dateline(text, mention)
        behind = bool(_PREPOSITION.search(text[max(0, mention.start - 20) : mention.start]))
        name.after_preposition |= behind
        sentence = bisect_right(sentence_starts, mention.start)
        name.in_town |= sentence in of_town
        name.spots.append(
            Spot(
                mention.start,
                mention.end,
                sentence,
                bisect_right(paragraph_starts, mention.start),
                behind,
                _toward(text, mention.start),
                not behind and _topic(text, mention.end),
            )
        )
        of_kept.append(at)
    parent_text: dict[int, str] = {}
    for child, above_it in holder.items():
        a, b = of_kept[child], of_kept[above_it]
        if a != b:
            names[a].parents.add(b)
            parent_text.setdefault(a, kept[above_it].text)
    for child, (block, where, words) in extra.items():
        said = (fold(words), "")
        known = index.setdefault(said, len(names))
        if known == len(names):
            names.append(Name(block, [], []))
        names[known].positions.append(where)
        names[known].spots.append(
            Spot(
                where,
                where + len(words),
                bisect_right(sentence_starts, where),
                bisect_right(paragraph_starts, where),
                False,
            )
        )
        if of_kept[child] != known:
            names[of_kept[child]].parents.add(known)
            names[of_kept[child]].links.setdefault(known, set()).add("comma")
            parent_text.setdefault(of_kept[child], words)
    for inner, outer, how in _said(text, kept):
        a, b = of_kept[inner], of_kept[outer]
        if a != b:
            names[a].links.setdefault(b, set()).add(how)
    for left, right in lists:
        a, b = of_kept[left], of_kept[right]
        if a != b:
            names[a].peers.add(b)
            names[b].peers.add(a)
    home = _home(article, candidates, names, use_table=use_table) if use_outlet else Home()
    of_mention = [-1] * len(mentions)
    for position, name_index in zip(used, of_kept, strict=True):
        of_mention[position] = name_index
    return Discourse(tuple(names), tuple(of_mention), home, parent_text)


def _home(article: Article, candidates: Candidates, names: list[Name], *, use_table: bool) -> Home:
    known = outlet(domain_of(article), table=use_table)
    if known is None:
        return Home()
    country = candidates.country_number(known.country)
    if known.lat is not None and known.lon is not None:
        lat, lon = np.radians(known.lat), np.radians(known.lon)
        xyz = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        return Home(country, xyz.astype(np.float32), True)
    for words in known.names:
        block = candidates.block(words)
        if block.entries and any(h in ("primary", "alias") for h in block.hows):
            names.append(Name(block, [], [], is_home=True))
            return Home(country, None, False, len(names) - 1)
    return Home(country)
