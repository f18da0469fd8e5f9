"""How names are made comparable: folding, stripping of type words, sound keys.

The same functions build the gazetteer's index and fold what is asked of it; a change here
needs a new build (``FOLD_VERSION`` is stored in the file and compared when it is opened).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

FOLD_VERSION = 2
NAMES_DIR = Path(__file__).parent / "names"

# Letters that Unicode does not decompose, and letters that writers interchange.
_LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe",
    "ı": "i", "ə": "a", "ħ": "h", "ŧ": "t", "ŋ": "ng", "ƙ": "k", "ɓ": "b", "ɗ": "d",
    "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه",
    "ۀ": "ه", "ٱ": "ا", "ـ": "", "ґ": "г", "ς": "σ",
}  # fmt: skip
_DROPPED = "'’‘ʼʻ`´′ʾʿˈ.·•ʹʺ\"“”„«»\u200b\u200c\u200d\u200e\u200f\u00ad\ufeff®©™"
_SPACED = "-‐‑‒–—―_/,;:()[]{}|\\+*!?¿¡،・=<>\u00a0\u202f~^%#@"
_TABLE: dict[int, str | None] = {ord(c): None for c in _DROPPED}
_TABLE |= {ord(c): " " for c in _SPACED}
_TABLE[ord("&")] = " and "
_TABLE |= {ord(k): v for k, v in _LETTERS.items()}
_KANA_MARKS = "\u3099\u309a"


_SHORT = {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}


def fold(name: str) -> str:
    """The form in which two spellings of one name are equal.

    Case, accents, apostrophes, full stops, hyphens and Arabic letter variants are set
    aside, Saint, Sainte, Mount and Fort shortened; words are kept apart by one space.
    ``fold("Khān Yūnis") == "khan yunis"``, ``fold("Mount Vernon") == "mt vernon"``.
    """
    if name.isascii():
        words = name.lower().translate(_TABLE).split()
        return " ".join([_SHORT.get(word, word) for word in words])
    text = name.casefold().translate(_TABLE)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(c for c in text if not unicodedata.combining(c) or c in _KANA_MARKS)
        text = unicodedata.normalize("NFC", text.translate(_TABLE))
    return " ".join([_SHORT.get(word, word) for word in text.split()])


ARTICLES = frozenset(
    {"al", "el", "ad", "adh", "an", "ar", "as", "ash", "at", "ath", "az", "aj", "ul", "il"}
)
"""The Arabic article as it is written before the letters it changes with (folded)."""


def without_article(key: str) -> str | None:
    """The folded name without the Arabic article that it begins with, or None."""
    first, _, rest = key.partition(" ")
    if rest and first in ARTICLES and len(rest) > 2:
        return rest
    return None


@lru_cache(maxsize=1)
def _type_words() -> tuple[frozenset[str], frozenset[str], int]:
    """Folded type words that follow a name, those that go before it, most words in one."""
    after: set[str] = set()
    before: set[str] = set()
    with (NAMES_DIR / "type_words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            (before if row["position"] == "before" else after).add(fold(row["word"]))
    return frozenset(after), frozenset(before), max(w.count(" ") + 1 for w in after | before)


def strip_type(key: str) -> list[str]:
    """The folded name without type words ("oblast", "state of"), most specific first.

    Gives each form once, never the name itself, never the empty string.
    """
    after, before, most = _type_words()
    out: list[str] = []
    words = key.split(" ")
    for size in range(min(most, len(words) - 1), 0, -1):
        if " ".join(words[-size:]) in after:
            out.append(" ".join(words[:-size]))
        if " ".join(words[:size]) in before:
            out.append(" ".join(words[size:]))
    if len(out) > 1 or (out and len(out[0].split(" ")) > 1):
        for form in list(out):
            parts = form.split(" ")
            for size in range(min(most, len(parts) - 1), 0, -1):
                if " ".join(parts[-size:]) in after:
                    out.append(" ".join(parts[:-size]))
                if " ".join(parts[:size]) in before:
                    out.append(" ".join(parts[size:]))
    return list(dict.fromkeys(form for form in out if form and form != key))


_PAIRS = (
    ("sch", "s"), ("tch", "c"), ("tsch", "c"), ("sh", "s"), ("ch", "c"), ("kh", "h"),
    ("gh", "g"), ("dh", "d"), ("th", "t"), ("ph", "f"), ("zh", "z"), ("dj", "j"), ("dz", "z"),
    ("ts", "z"), ("ck", "k"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"),
    ("q", "k"), ("x", "ks"), ("w", "v"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiouy]+")
_C_SOFT = re.compile(r"c(?=[eiy])")


def sound_key(key: str) -> str | None:
    """A key under which transliterations of one Latin-script name fall together.

    Takes a folded name; None for other scripts and for names of fewer than three
    consonants' worth of sound.  Consonant pairs are reduced, doubled letters made single,
    vowels dropped except at the start (where they become ``a``).  Coarse on purpose: what
    it finds must still be compared by ``similarity``.
    """
    if not key.isascii():
        return None
    key = without_article(key) or key
    text = key.replace(" ", "")
    if not text.isalpha() or len(text) < 4:
        return None
    for old, new in _PAIRS:
        text = text.replace(old, new)
    text = _C_SOFT.sub("s", text)
    head = "a" if text[0] in "aeiouy" else ""
    text = _DOUBLED.sub(r"\1", _VOWELS.sub("", text))
    if len(text) > 2 and text.endswith("h"):
        text = text[:-1]
    return head + text if len(head + text) >= 3 else None


def plain_sounds(key: str) -> str:
    """The folded name with interchangeable spellings made one, vowels kept in classes."""
    text = (without_article(key) or key).replace(" ", "")
    for old, new in _PAIRS:
        text = text.replace(old, new)
    text = text.replace("y", "i").replace("e", "i").replace("o", "u")
    return _DOUBLED.sub(r"\1", text)


def similarity(a: str, b: str) -> float:
    """1 minus the edit distance of the two names' plain sounds over the longer's length."""
    a, b = plain_sounds(a), plain_sounds(b)
    if a == b:
        return 1.0
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            previous, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, previous + (left != right)),
            )
    return 1.0 - row[-1] / max(len(a), len(b), 1)


def sound_number(key: str) -> int:
    """A sound key as a number of 40 bits (FNV-1a): the key of table ``sound``."""
    value = 0xCBF29CE484222325
    for byte in key.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value & 0xFFFFFFFFFF


_BLOCK = 128
_BLOCKS = 0x2000 // _BLOCK


def key_bytes(key: str) -> bytes:
    """A folded name as it is stored: ASCII as it is, one alphabet at a byte a letter.

    A name in ASCII and one other alphabet (a block of 128 code points below U+2000) becomes
    a byte that names the block, from 0x80 on (no UTF-8 text begins so), then a byte for
    each letter, those of the block with the high bit set.  All others are UTF-8.
    """
    if key.isascii():
        return key.encode()
    blocks = {ord(c) // _BLOCK for c in key if c > "\x7f"}
    block = blocks.pop()
    if blocks or block >= _BLOCKS:
        return key.encode()
    low = block * _BLOCK
    return bytes((0x80 + block,)) + bytes(
        [ord(c) if c < "\x80" else 0x80 | ord(c) - low for c in key]
    )


def key_text(data: bytes) -> str:
    """The inverse of ``key_bytes``."""
    if data and 0x80 <= data[0] < 0x80 + _BLOCKS:
        low = (data[0] - 0x80) * _BLOCK
        return "".join(chr(b) if b < 0x80 else chr(low + b - 0x80) for b in data[1:])
    return data.decode()
