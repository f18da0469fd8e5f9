"""What the encoder is taught: labels where a corpus speaks, unknown where it is silent."""

import numpy as np
import pytest

from training.corpora import BEGIN, UNKNOWN, _add_verb, _example


@pytest.mark.parametrize(
    ("verb", "told"),
    [("demonstrated", True), ("destroyed", True), ("said", False), ("began", False)],
)
def test_a_verb_of_a_happening_is_a_trigger_and_other_words_are_unknown(verb: str, told: bool):
    text = f"Thousands {verb} in Berlin on Friday."
    example, located = _example(text, "e", "event_location", "e")
    start, place = text.index(verb), text.index("Berlin")
    _add_verb(
        example,
        located,
        {
            "trigger": [{"start": start, "end": start + len(verb)}],
            "location_spans": [{"start": place, "end": place + 6}],
        },
    )
    tags = example.tags["trigger"]
    assert tags[1] == (BEGIN if told else UNKNOWN)
    assert (np.delete(tags, 1) == UNKNOWN).all()
    assert len(example.relations) == 1
