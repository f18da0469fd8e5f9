"""What a toponym's own words say: its bare form, the kind of place, its direction.

The word lists are data (``mapper/cues/toponyms.yaml``).  Nothing here asks a gazetteer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from geodata.fold import fold

__all__ = [
    "NO_FITTING_NAME",
    "NO_SUCH_NAME",
    "Shape",
    "clean",
    "cues",
    "fold",
    "kind_of_word",
    "shape",
    "word_set",
    "words_of",
]

NO_SUCH_NAME = "no gazetteer knows it"
NO_FITTING_NAME = "no place of that name that a gazetteer knows fits this text"
"""First of ``Mention.why`` where a mention is set in a place named near it, for want of its own."""

_CUES = Path(__file__).parent / "cues" / "toponyms.yaml"
_LEADING_ARTICLE = re.compile(r"^(?:the|al-the)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*\.?", re.UNICODE)


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of these phrases, the longest first; a space stands for any space."""
    ordered = sorted((str(w) for w in words), key=lambda w: (-len(w), w))
    return "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in ordered)


@lru_cache(maxsize=1)
def cues() -> dict[str, Any]:
    """The word lists of ``cues/toponyms.yaml``."""
    loaded: dict[str, Any] = yaml.safe_load(_CUES.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=1)
def _kind_of_word() -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, words in cues()["kind_words"].items():
        for word in words:
            found.setdefault(word, kind)
    return found


@lru_cache(maxsize=1)
def _sets() -> dict[str, frozenset[str]]:
    return {
        key: frozenset(cues()[key])
        for key in (
            "strippable",
            "of_words",
            "directions",
            "outlet_words",
            "inside_words",
            "streets",
        )
    }


def word_set(key: str) -> frozenset[str]:
    """One of the flat lists of the cue file as a set."""
    return _sets()[key]


def kind_of_word(word: str) -> str | None:
    """The kind of place that a word speaks for ("oblast" an admin1), or None."""
    return _kind_of_word().get(word.lower().rstrip("."))


def clean(name: str) -> str:
    r"""The name without article, possessive, line breaks or stray punctuation.

    >>> clean("the\\nGaza  Strip's")
    'Gaza Strip'
    """
    name = _SPACES.sub(" ", name).strip(' \t,;:()[]"“”‘')
    name = _LEADING_ARTICLE.sub("", name)
    return _POSSESSIVE.sub("", name).strip(" ’'\"")


@dataclass(frozen=True, slots=True)
class Shape:
    """A toponym taken apart: its looser forms to look up, best first, and what they lack.

    ``kind`` is the kind of place that its words name, ``direction`` the direction word at
    its front.  ``stripped`` are forms that mean the same place, ``parts`` names of places
    that it may lie in ("Aleppo" of "Aleppo University").
    """

    name: str
    kind: str | None
    direction: str | None
    stripped: tuple[str, ...]
    parts: tuple[str, ...]


@lru_cache(maxsize=8192)
def shape(name: str) -> Shape:
    """Take a cleaned toponym apart.

    >>> shape("northern Kharkiv region").stripped
    ('Kharkiv region', 'Kharkiv')
    """
    words = name.split(" ")
    lower = [w.lower().strip(".,") for w in words]
    kind = kind_of_word(lower[-1]) if len(words) > 1 else None
    if kind is None and len(words) > 1:
        kind = kind_of_word(lower[0])
    direction: str | None = None
    stripped: list[str] = []
    parts: list[str] = []
    start = 0
    while start < len(words) - 1 and lower[start] in word_set("directions"):
        direction = direction or lower[start]
        start += 1
    # "West Street" is no street of a town called Street: what remains must be a name.
    if start and not all(kind_of_word(w) for w in lower[start:]):
        stripped.append(" ".join(words[start:]))
    if len(words) - start > 2 and lower[start] in word_set("of_words") and lower[start + 1] == "of":
        stripped.append(" ".join(words[start + 2 :]))
        kind = kind_of_word(lower[start]) or kind
    end = len(words)
    while end - start > 1 and lower[end - 1] in word_set("strippable"):
        end -= 1
        stripped.append(" ".join(words[start:end]))
    if len(words) > 1:
        # what remains may name the place that holds it: longest first, the front before the back
        for size in range(len(words) - 1, 0, -1):
            for first in range(len(words) - size + 1):
                piece = words[first : first + size]
                if all(p.lower().strip(".,") in _NOT_NAMES or not p[:1].isalnum() for p in piece):
                    continue
                if piece[0].lower() in _SMALL or piece[-1].lower() in _SMALL:
                    continue
                if size == 1 and (kind_of_word(piece[0]) or len(piece[0]) < 4):
                    continue
                joined = " ".join(piece)
                if joined not in stripped:
                    parts.append(joined)
    return Shape(name, kind, direction, tuple(dict.fromkeys(stripped)), tuple(parts[:8]))


_SMALL = frozenset(
    {"of", "the", "and", "in", "at", "on", "for", "de", "la", "le", "el", "al", "to", "by"}
)
_NOT_NAMES = frozenset(cues()["not_names"]) | _SMALL


def words_of(text: str) -> list[str]:
    """The words of a text, for counting and comparing."""
    return _WORD.findall(text)
