"""What a web page put into an article's text: headlines of other articles.

The labels are in ``ontology/page.yaml``.  A headline reports no incident of this article.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache

from mapper.extract.resources import ontology
from mapper.model import Span
from mapper.names import any_of
from mapper.segment import paragraphs

__all__ = ["other_articles"]

_LINES = re.IGNORECASE | re.MULTILINE
_TERMINAL = re.compile(r"[.!?…][\"'”’»)\]]*\s*\Z")


@cache
def _labels() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Labels of lists of headlines, and lines that hold a label and a headline."""
    running, alone, links = (
        any_of(ontology("page")[k]) for k in ("lists", "lists_on_a_line", "links")
    )
    gap = r"[^\S\n]*"
    # scraping glues the first headline onto the label
    after = rf"(?:(?<=[.!?\"'”’)\n])|\A){gap}(?:{running})(?-i:(?![a-z])){gap}[:.]?"
    return (
        re.compile(rf"{after}|^{gap}(?:{alone}){gap}[:.]?{gap}$", _LINES),
        re.compile(rf"^{gap}(?:{links}){gap}[:|–—-][^\n]{{1,160}}$", _LINES),
    )


def other_articles(text: str) -> tuple[Span, ...]:
    """Offsets of the headlines of other articles that a web page put into this one, in order.

    A list under a label such as "Related stories" reaches to the end of its paragraph, and over
    what follows while that is headlines too: lines without a full stop at their end.
    """
    lists, links = _labels()
    spans = [m.span() for m in links.finditer(text)]
    labels = [m.start() for m in lists.finditer(text)]
    blocks = paragraphs(text) if labels else ()
    reached = 0
    for at in labels:
        if at < reached:
            continue
        first = bisect_right(blocks, at, key=lambda block: block[1])
        last = first
        while last + 1 < len(blocks) and not _TERMINAL.search(text[slice(*blocks[last + 1])]):
            last += 1
        if last < len(blocks):
            reached = blocks[last][1]
            spans.append((at, reached))
    return tuple(sorted(spans))
