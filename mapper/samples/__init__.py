"""Articles to begin with: written for this project, free to use like its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from mapper.model import Article
from mapper.read import article_from_text

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample article, and a line on where it is from."""

    article: Article
    note: str


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """All samples in the order to offer them; the first is the one that the app opens with."""
    listed: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        (_FOLDER / "samples.yaml").read_text(encoding="utf-8")
    )
    return tuple(
        Sample(
            article_from_text(
                (_FOLDER / f"{name}.txt").read_text(encoding="utf-8"),
                id=name,
                published=row["published"],
                title=row["title"],
            ),
            row["note"],
        )
        for name, row in listed.items()
    )
