"""Small ensembles of decision trees, stored as JSON and run by numpy.

Trained by ``training/train_incidents.py`` on readings of documents that the encoder had not
seen.  Every tree is kept as a complete binary tree, so that all trees and all rows are
evaluated together by a handful of array operations.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["MODELS", "NO_MODELS", "Linear", "ModelFileError", "Models", "Trees", "load_models"]

MODELS = Path(__file__).resolve().parent.parent / "models" / "incidents.json"
"""The shipped file: every scorer of this package, with what it was trained on."""

FloatArray = NDArray[np.float32]


class ModelFileError(RuntimeError):
    """The file of scorers is missing or does not fit this version of the code."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Gradient-boosted trees of one depth: the probability that a row is positive.

    ``feature`` and ``threshold`` have shape (trees, 2**depth - 1), in breadth-first order;
    ``value`` (trees, 2**depth).  A row goes right where its feature is above the threshold.
    """

    names: tuple[str, ...]
    bias: float
    feature: NDArray[np.int64]
    threshold: FloatArray
    value: FloatArray

    def margin(self, rows: FloatArray) -> FloatArray:
        """Log-odds of each row; ``rows`` has a column for each of ``names``."""
        n, trees = len(rows), len(self.feature)
        out = np.full(n, self.bias, dtype=np.float32)
        if not n or not trees:
            return out
        nodes, leaves = self.feature.shape[1], self.value.shape[1]
        feature, threshold, value = (x.ravel() for x in (self.feature, self.threshold, self.value))
        root = np.arange(trees) * nodes
        for at in range(0, n, 4096):
            block = np.ascontiguousarray(rows[at : at + 4096])
            row = np.arange(len(block))[:, None] * block.shape[1]
            node = np.zeros((len(block), trees), dtype=np.int64)
            for _ in range(leaves.bit_length() - 1):
                here = root + node
                node *= 2
                node += 1
                node += block.take(row + feature.take(here)) > threshold.take(here)
            leaf = np.arange(trees) * leaves + node - nodes
            out[at : at + 4096] += value.take(leaf).sum(axis=1)
        return out

    def probability(self, rows: FloatArray) -> FloatArray:
        """Probability of each row, rounded so that no platform's last bit decides."""
        return np.round(1.0 / (1.0 + np.exp(-self.margin(rows))), 5).astype(np.float32)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready; floats as short as they stay exact in float32."""
        return {
            "names": list(self.names),
            "bias": round(self.bias, 6),
            "feature": self.feature.tolist(),
            "threshold": [[float(f"{x:.6g}") for x in row] for row in self.threshold],
            "value": [[float(f"{x:.5g}") for x in row] for row in self.value],
        }

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> Trees:
        """The inverse of :meth:`to_dict`."""
        names: Sequence[str] = data["names"]  # type: ignore[assignment]
        return cls(
            tuple(names),
            float(data["bias"]),  # type: ignore[arg-type]
            np.array(data["feature"], dtype=np.int64),
            np.array(data["threshold"], dtype=np.float32),
            np.array(data["value"], dtype=np.float32),
        )


@dataclass(frozen=True, slots=True)
class Linear:
    """Multinomial logistic regression: ``weight`` (classes, names), ``bias`` (classes)."""

    names: tuple[str, ...]
    classes: tuple[str, ...]
    weight: FloatArray
    bias: FloatArray

    def probability(self, rows: FloatArray) -> FloatArray:
        """Probabilities over ``classes`` of each row."""
        logits = rows @ self.weight.T + self.bias
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = np.round(shifted / shifted.sum(axis=1, keepdims=True), 5)
        return np.asarray(p, dtype=np.float32)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "names": list(self.names),
            "classes": list(self.classes),
            "weight": [[float(f"{x:.5g}") for x in row] for row in self.weight],
            "bias": [float(f"{x:.5g}") for x in self.bias],
        }

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> Linear:
        """The inverse of :meth:`to_dict`."""
        names: Sequence[str] = data["names"]  # type: ignore[assignment]
        classes: Sequence[str] = data["classes"]  # type: ignore[assignment]
        return cls(
            tuple(names),
            tuple(classes),
            np.array(data["weight"], dtype=np.float32),
            np.array(data["bias"], dtype=np.float32),
        )


@dataclass(frozen=True, slots=True)
class Models:
    """All scorers by name, the thresholds tuned with them, and the file's name and hash."""

    trees: dict[str, Trees]
    linear: dict[str, Linear]
    thresholds: dict[str, float]
    name: str

    def get(self, name: str, columns: Sequence[str]) -> Trees | None:
        """The scorer of this name, made to read rows of the columns that the code computes."""
        trees = self.trees.get(name)
        if trees is None or trees.names == tuple(columns):
            return trees
        at = self._where(name, trees.names, columns)
        return replace(trees, names=tuple(columns), feature=at[trees.feature])

    def get_linear(self, name: str, columns: Sequence[str]) -> Linear | None:
        """The linear scorer of this name, likewise."""
        linear = self.linear.get(name)
        if linear is None or linear.names == tuple(columns):
            return linear
        weight = np.zeros((len(linear.classes), len(columns)), dtype=np.float32)
        weight[:, self._where(name, linear.names, columns)] = linear.weight
        return replace(linear, names=tuple(columns), weight=weight)

    def threshold(self, name: str, default: float) -> float:
        """A tuned threshold."""
        return self.thresholds.get(name, default)

    @staticmethod
    def _where(name: str, names: Sequence[str], columns: Sequence[str]) -> NDArray[np.int64]:
        """Where a scorer's features are among the columns; more columns than it knows are fine."""
        if not set(names) <= set(columns):
            raise ModelFileError(
                f"scorer {name!r} was trained on other features: run training/train_incidents.py"
            )
        return np.array([columns.index(n) for n in names], dtype=np.int64)


def models_from_dict(data: dict[str, object], name: str) -> Models:
    """Models from the parsed JSON file."""
    scorers: dict[str, dict[str, object]] = data["trees"]  # type: ignore[assignment]
    linear: dict[str, dict[str, object]] = data["linear"]  # type: ignore[assignment]
    thresholds: dict[str, float] = data["thresholds"]  # type: ignore[assignment]
    return Models(
        {k: Trees.from_dict(v) for k, v in scorers.items()},
        {k: Linear.from_dict(v) for k, v in linear.items()},
        {k: float(v) for k, v in thresholds.items()},
        name,
    )


NO_MODELS = Models({}, {}, {}, "incidents-untrained")
"""No scorers at all: the encoder's own probabilities decide."""


@cache
def load_models(path: Path = MODELS) -> Models:
    """The shipped scorers, read once.

    Raises ModelFileError when the file is missing or is not readable.
    """
    if not path.is_file():
        raise ModelFileError(f"{path} is missing: reinstall, or run training/train_incidents.py")
    raw = path.read_bytes()
    try:
        data = json.loads(raw)
    except ValueError as error:
        raise ModelFileError(f"{path} is not JSON: reinstall") from error
    return models_from_dict(data, f"incidents-{hashlib.sha256(raw).hexdigest()[:12]}")
