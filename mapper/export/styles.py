"""How a kind is drawn: one colour and one shape, the same in the app and in every export."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

_TABLE = Path(__file__).with_name("styles.yaml")


@dataclass(frozen=True, slots=True)
class Style:
    """Colour (``#rrggbb``, Okabe-Ito), QGIS marker shape and a letter."""

    colour: str
    shape: str
    letter: str


@lru_cache(maxsize=1)
def styles() -> dict[str, Style]:
    """The styles by kind; ``other`` for a kind without one."""
    loaded = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {kind: Style(**row) for kind, row in loaded.items()}


def style_of(kind: str) -> Style:
    """The style of a kind."""
    return styles().get(kind) or styles()["other"]
