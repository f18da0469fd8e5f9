"""The JSON Schemas of what is written: ``analysis`` and ``incidents`` (the GeoJSON)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import jsonschema

SchemaName = Literal["analysis", "incidents"]


@lru_cache(maxsize=2)
def schema(name: SchemaName) -> Mapping[str, Any]:
    """The schema of that name (JSON Schema 2020-12)."""
    path = Path(__file__).with_name(f"{name}.schema.json")
    loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def validate(value: Any, name: SchemaName) -> None:
    """Check a JSON value against a schema.

    Raises:
        jsonschema.ValidationError: it does not fit.
    """
    jsonschema.Draft202012Validator(schema(name)).validate(value)
