"""Paragraphs, sentences and words of a text, each as exact code-point offsets.

Rules rather than a model: wire text in capitals, lower-cased archives and scraped pages
break learned splitters, and the encoder needs nothing finer than "a sentence, roughly".
The abbreviations are in ``data/abbreviations.yaml``.  All functions take linear time.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import yaml

from mapper.model import Span

_ABBREVIATIONS = Path(__file__).parent / "data" / "abbreviations.yaml"

_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., a.m.
    r"|\d+(?:[.,]\d+)*[^\W\d_]*"  # 1,649  3.5  20th
    # Sana'a, O'Hare, didn't; but Iraq + 's
    r"|[^\W_]+(?:[̀-ͯ]+[^\W_]*)*(?:['’ʼ](?![sS]\b)[^\W_]+)*"
    r"|['’][sS]\b"
    r"|\S"
)
_CLOSERS = "\"'”’»)]"
_END = re.compile(
    r"""(?P<stop>[.!?…]+)(?P<close>["'”’»)\]]*)(?=\s|$)"""
    # "…online reported.Major General": the space was lost in scraping
    r"""|(?<=[a-z]{2})(?P<glued>[.!?]["”’)]*)(?=["“‘(]?[A-Z][a-z])"""
)
_LAST_TOKEN = re.compile(r"[^\s(\[\"“‘—–/-]*$")
_NEXT = re.compile(r"\s*(?P<open>[\"'“‘«(\[\-–—*•]*)\s*(?P<word>[^\W_]+)?")
_BLANK = re.compile(r"\n[^\S\n]*\n\s*|\r\n[^\S\n]*\r\n\s*|[\u2028\u2029\f]\s*")
_TERMINAL = re.compile(r"[.!?…:;][\"'”’»)\]]*\s*$")
_LOOK_BACK = 40  # code points that an abbreviation can span


@cache
def abbreviations() -> dict[str, frozenset[str]]:
    """Abbreviations that a full stop belongs to, lower case without it, by how they behave."""
    raw = yaml.safe_load(_ABBREVIATIONS.read_text(encoding="utf-8"))
    return {name: frozenset(str(item) for item in items) for name, items in raw.items()}


def words(text: str) -> tuple[Span, ...]:
    """Offsets of the words and punctuation marks, in order.

    A possessive "'s" and a hyphen stand alone ("Iraq" "'s"; "Foua" "-" "Kfraya"), so
    that a name can end where it ends; dotted acronyms stay whole.
    """
    return tuple([match.span() for match in _WORD.finditer(text)])


def paragraphs(text: str) -> tuple[Span, ...]:
    """Offsets of the paragraphs, without the whitespace around them.

    Blank lines split, and so do line ends, unless the text is hard-wrapped or the line
    plainly runs on.
    """
    spans: list[Span] = []
    start = 0
    for match in [*_BLANK.finditer(text), None]:
        end = match.start() if match else len(text)
        _lines(text, start, end, spans)
        if match:
            start = match.end()
    return tuple(spans)


def _lines(text: str, start: int, end: int, spans: list[Span]) -> None:
    """Append the paragraphs of one block that has no blank line inside."""
    block = text[start:end]
    if "\n" not in block:
        _append_stripped(text, start, end, spans)
        return
    lines: list[Span] = []
    at = start
    for line in block.splitlines(keepends=True):
        lines.append((at, at + len(line)))
        at += len(line)
    if len(lines) < 2:
        _append_stripped(text, start, end, spans)
        return
    lengths = [len(text[a:b].strip()) for a, b in lines[:-1]]
    open_ends = sum(not _TERMINAL.search(text[max(a, b - 12) : b]) for a, b in lines[:-1])
    full = sorted(lengths)[len(lengths) // 2]
    wrapped = (
        len(lengths) >= 2 and 45 <= full <= 110 and max(lengths) <= full + 25
    ) and open_ends * 2 > len(lengths)
    begin = lines[0][0]
    for (a, b), (c, d) in pairwise(lines):
        tail, head = text[max(a, b - 12) : b], text[c : min(d, c + 40)].lstrip()
        length = len(text[a:b].strip())
        if wrapped:
            runs_on = length >= full * 0.7 and head[:1] not in "-•*–—"
        else:
            runs_on = length >= 40 and not _TERMINAL.search(tail) and head[:1].islower()
        if not runs_on:
            _append_stripped(text, begin, b, spans)
            begin = c
    _append_stripped(text, begin, end, spans)


def _append_stripped(text: str, start: int, end: int, spans: list[Span]) -> None:
    """Append (start, end) without its surrounding whitespace, unless nothing is left."""
    body = text[start:end]
    left = len(body) - len(body.lstrip())
    right = len(body.rstrip())
    if right > left:
        spans.append((start + left, start + right))


def sentences(text: str) -> tuple[Span, ...]:
    """Offsets of the sentences; headings and list items count as sentences.

    Sentences lie inside paragraphs, do not overlap, and together hold every
    non-whitespace character of the text.
    """
    lower = _mostly_lower_starts(text)
    spans: list[Span] = []
    for start, end in paragraphs(text):
        begin = start
        for match in _END.finditer(text, start, end):
            if match.end() >= end:
                break
            if match.group("glued") is not None:
                cut = _last(text, begin, match.start()).count("/") == 0
            else:
                cut = _ends(text, begin, match, lower)
            if cut:
                _append_stripped(text, begin, match.end(), spans)
                begin = match.end()
        _append_stripped(text, begin, end, spans)
    return tuple(spans)


def _last(text: str, begin: int, at: int) -> str:
    """The token that ends at ``at``, lower-cased."""
    found = _LAST_TOKEN.search(text[max(begin, at - _LOOK_BACK) : at])
    return found.group().lower() if found else ""


def small_letters(text: str) -> str:
    """The text in small letters, each where it was: the lower case of some takes two places."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


_LETTERS = re.compile(r"[^\W\d_]+")
_FEW_CAPITALS = 0.045
"""Share of words with a capital up to which a text is one in small letters: a line that a web page
put before or after it ("This story is from March 8, 2002") has a few.  News in mixed case has .06
to .3 (the coded texts), such archives up to .04."""


@lru_cache(maxsize=32)
def one_case(text: str) -> bool:
    """Whether a text is in small letters or in capitals, so that capitals tell no names."""
    words_in_it = capitals = shouted = 0
    for match in _LETTERS.finditer(text):
        word = match.group()
        words_in_it += 1
        capitals += word[0].isupper()
        shouted += word.isupper()
    if not words_in_it:
        return False
    return capitals <= _FEW_CAPITALS * words_in_it or shouted >= 0.9 * words_in_it


def _mostly_lower_starts(text: str) -> bool:
    """Whether most of what follows full stops begins in lower case: a lower-cased text."""
    known = abbreviations()
    skip = known["never"] | known["unless_starter"]
    low = high = 0
    for match in _END.finditer(text):
        if match.group("stop") != ".":
            continue
        following = _NEXT.match(text, match.end(), match.end() + 60)
        word = following.group("word") if following else None
        if not word or _last(text, 0, match.start()) in skip:
            continue
        low += word[0].islower()
        high += word[0].isupper()
    return low > high


def _ends(text: str, begin: int, match: re.Match[str], lower: bool) -> bool:
    """Whether the stop found closes a sentence."""
    known = abbreviations()
    following = _NEXT.match(text, match.end(), match.end() + 60)
    word = (following.group("word") if following else None) or ""
    opened = bool(following and following.group("open").strip("-–—*•"))
    small = word[:1].islower()
    stop = match.group("stop")
    if small and not lower and not opened:
        return False
    if small and match.group("close") and stop[-1] in "!?":
        return False
    if stop != "." or match.group("close"):
        return not (small and stop[-1] in ".…" and len(stop) > 1)
    last = _last(text, begin, match.start())
    starter = word.lower() in known["starters"]
    if last in known["never"]:
        return False
    if word[:1].isdigit() and last in known["before_number"]:
        return False
    if last in known["unless_starter"] or (len(last) == 1 and last.isalpha()):
        return starter or not word
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", last):
        return starter
    # "1. Title": a list number is no sentence
    return not (last.isdigit() and text[begin : match.start()].strip() == last)
