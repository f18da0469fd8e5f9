"""Words for people: the labels of kinds, as the ontology gives them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_KINDS = Path(__file__).parents[1] / "ontology" / "kinds.yaml"


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """The ontology's kinds by name."""
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(_KINDS.read_text(encoding="utf-8"))
    return loaded["kinds"]


def kind_label(kind: str) -> str:
    """The label of a kind for people."""
    return str(kinds().get(kind, {}).get("label", kind.replace("_", " ").capitalize()))
