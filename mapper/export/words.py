"""Words for people: the labels of kinds, as the ontology gives them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from mapper.model import Incident

DRAWN_BY = "a person"
"""The source of a place that a person pointed at or drew."""
CHANGED = "changed by a person"
"""The reason for what a person set or took away."""

_KINDS = Path(__file__).parents[1] / "ontology" / "kinds.yaml"


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """The ontology's kinds by name."""
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(_KINDS.read_text(encoding="utf-8"))
    return loaded["kinds"]


def kind_label(kind: str) -> str:
    """The label of a kind for people."""
    return str(kinds().get(kind, {}).get("label", kind.replace("_", " ").capitalize()))


def reasons(incident: Incident) -> dict[str, str]:
    """The reason for each thing that the incident says, by the field's name.

    A reason may outlive its value: a toll that was counted here and then given to another
    incident leaves a guess about nothing, which is not told.  That a person took a value away is.
    """
    said = {
        "sub_kind": incident.sub_kind,
        "background": incident.background,
        "count": incident.count,
        "date": incident.date,
        "fatalities": incident.fatalities,
        "injured": incident.injured,
        "actors": incident.actors,
    }
    return {
        name: reason
        for name, reason in incident.why.items()
        if said.get(name, True) or reason == CHANGED
    }


def figure_in_words(figure: Mapping[str, Any]) -> str:
    """One source's figure of a toll: its words, and who gives it where the text says so."""
    return f"“{figure['quote']}”" + (f" ({figure['source']})" if figure["source"] else "")
