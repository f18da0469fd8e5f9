"""The errors that are meant for the user's eyes: one line, the offending value, what to do."""

from __future__ import annotations


class MapperError(Exception):
    """Base of every error that is the user's to mend; its text is one line."""


class InputError(MapperError, ValueError):
    """A document or an option cannot be used as it stands."""


class OutputError(MapperError, OSError):
    """A result cannot be written where it was asked for."""


class SetupError(MapperError, RuntimeError):
    """A part that the pipeline needs (model, gazetteer) is missing or does not fit."""


def short(value: object, limit: int = 60) -> str:
    """``repr`` of a value on one line, cut to ``limit`` characters, for error texts."""
    shown = repr(value)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
