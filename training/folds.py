"""Which fold a document is in: the split that every learned part is measured on.

All documents of a local-news outlet (LGL, GeoWebNews) are in one fold; other documents
are spread by their id.  A fold's encoder (``build/folds/foldK``) has seen nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from training.corpora import fold_key

FOLDS = 3
SHARED = Path(__file__).resolve().parents[2] / "shared"


def fold_of_key(key: str, folds: int = FOLDS) -> int:
    """The fold of a key (an outlet's host or a document's id)."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % folds


@cache
def _hosts(shared: Path) -> dict[str, str]:
    keys: dict[str, str] = {}
    for name in ("lgl", "geowebnews"):
        path = shared / "corpora" / f"{name}.jsonl"
        if path.exists():
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    doc = json.loads(line)
                    keys[doc["id"]] = fold_key(doc)
    return keys


def fold_of(doc_id: str, shared: Path = SHARED) -> int:
    """The fold (0 to FOLDS - 1) of a document of any corpus, by its id."""
    return fold_of_key(_hosts(shared).get(doc_id, doc_id))
