"""The data files that the stages read: the ontology and its word lists, loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["ONTOLOGY", "ontology"]

ONTOLOGY = Path(__file__).resolve().parent.parent / "ontology"
"""Folder of the YAML files: kinds, modality, dates, tolls, actors, places."""


@cache
def ontology(name: str) -> Mapping[str, Any]:
    """The content of ``mapper/ontology/{name}.yaml``.

    Raises ``FileNotFoundError`` when there is no such file and ``ValueError`` when it holds no
    mapping: both mean a broken installation.
    """
    path = ONTOLOGY / f"{name}.yaml"
    with path.open(encoding="utf-8") as handle:
        data = yaml.safe_load(handle)
    if not isinstance(data, dict):
        raise ValueError(f"{path.name}: expected a mapping at the top; reinstall the package")
    return data
