import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.encode import (
    CONTEXT_PIECES,
    HEADS,
    MAX_PIECES,
    MODEL,
    RELATIONS,
    Encoder,
    ModelError,
    Sparse,
    Window,
    bio_spans,
    casing,
    windows,
)

TEXT = (
    "BAGHDAD (AP) - Gunmen attacked a checkpoint near Tikrit on Monday, killing three soldiers. "
    "Officials in Washington condemned the attack. Protesters marched through Basra."
)


@pytest.fixture(scope="module")
def encoder():
    return Encoder.open()


@given(st.lists(st.tuples(st.integers(1, 16), st.booleans()), max_size=800))
def test_windows_cover_every_word_once_and_fit(items):
    lengths = [n for n, _ in items]
    sentence = np.cumsum([new for _, new in items]).tolist()
    at = 0
    for window in windows(lengths, sentence):
        assert window.start == at and window.end > at
        assert sum(lengths[window.context : window.end]) <= MAX_PIECES - 2
        assert sum(lengths[window.context : window.start]) <= CONTEXT_PIECES
        at = window.end
    assert at == len(lengths)


def test_windows_keep_sentences_whole_where_they_fit():
    lengths, sentence = [1] * 600, [i // 50 for i in range(600)]
    cuts = [w.start for w in windows(lengths, sentence)]
    assert all(c % 50 == 0 for c in cuts)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("mosul", 0), ("Mosul", 1), ("MOSUL", 2), ("McCain", 3), ("20th", 0), ("1,649", 4), ("%", 5)],
)
def test_casing(word, expected):
    assert casing(word) == expected


def test_spans_split_where_a_new_one_begins_and_doubtful_ones_stand_apart():
    inside = np.array([0.9, 0.9, 0.9, 0.1, 0.4, 0.1, 0.6, 0.4], dtype=np.float32)
    begin = np.array([1, -1, 1, 0, 1, 0, 1, -1], dtype=np.float32)
    spans = [(a, b) for a, b, _ in bio_spans(inside, begin, 0.3)]
    assert spans == [(0, 2), (2, 3), (4, 5), (6, 7)]


def test_sparse_answers_like_a_dense_array():
    default = np.array([1, 0], dtype=np.float32)
    value = np.array([[0.2, 0.8]], dtype=np.float32)
    sparse = Sparse([np.array([2])], [value], (1, 4, 2), default)
    assert sparse[0, 2, 1] == np.float32(0.8)
    assert sparse[0, 1].tolist() == [1, 0]
    assert sparse[0].shape == (4, 2)
    assert sparse.dense().shape == (1, 4, 2)
    with pytest.raises(IndexError):
        sparse[0, 4]


def test_finds_places_triggers_and_what_links_them(encoder):
    reading = encoder.read(TEXT)
    named = {TEXT[p.start : p.end]: p for p in reading.places if p.score >= 0.5}
    assert {"BAGHDAD", "Tikrit", "Washington", "Basra"} <= set(named)
    heads = {
        verb: i
        for i, t in enumerate(reading.triggers)
        for verb in ("attacked", "marched")
        if t.score >= 0.5 and verb in TEXT[t.start : t.end]
    }
    assert set(heads) == {"attacked", "marched"}
    place = RELATIONS.index("place")
    for verb, where, elsewhere in (
        ("attacked", "Tikrit", "Basra"),
        ("marched", "Basra", "BAGHDAD"),
    ):
        row = reading.links[heads[verb]][:, place]
        scores = {TEXT[p.start : p.end]: row[j] for j, p in enumerate(reading.places)}
        assert scores[where] >= 0.5 > scores[elsewhere]
    assert reading.triggers[heads["marched"]].label == "protest"


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_casing_of_the_text_matters_little(encoder, change):
    text = change(TEXT)
    found = {text[p.start : p.end].lower() for p in encoder.read(text).places if p.score >= 0.5}
    assert {"baghdad", "tikrit", "basra"} <= found


HOSTILE = [
    "",
    " \n\t ",
    "\x00\x00 a\x00b",
    "\ud800 lone \udfff surrogates in Mosul",
    "🙂🔥 Kyiv 🇺🇦",
    "قتل ثلاثة في الموصل اليوم. हिंसा दिल्ली में",
    "x" * 50_000,
    "a." * 5_000,
    "," * 3_000,
    "İstanbul ﬁre ß",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_too_strange(encoder, text):
    check(text, encoder.read(text))


@given(st.text(max_size=200))
@settings(max_examples=30, deadline=None)
def test_offsets_stay_in_the_text(encoder, text):
    check(text, encoder.read(text))


def check(text, reading):
    for span in (*reading.places, *reading.triggers, *reading.arguments):
        assert 0 <= span.start < span.end <= len(text)
        assert reading.words[span.words[0]][0] == span.start
        assert reading.words[span.words[1] - 1][1] == span.end
        assert 0 <= span.score <= 1
    targets = len(reading.places) + len(reading.arguments)
    assert reading.links.shape == (len(reading.triggers), targets, len(RELATIONS))
    for i in range(len(reading.triggers)):
        row = reading.links[i]
        if targets:
            assert np.allclose(row.sum(axis=1), 1, atol=1e-2)
        assert reading.same[i, i] == 1
        for k in range(i):
            assert reading.same[i, k] == reading.same[k, i]


def test_given_spans_are_taken_as_given(encoder):
    at = TEXT.index("checkpoint")
    verb = TEXT.index("condemned")
    reading = encoder.read(TEXT, places=[(at, at + 10)], triggers=[(verb, verb + 9)])
    assert [(p.start, p.end) for p in reading.places] == [(at, at + 10)]
    assert [(t.start, t.end) for t in reading.triggers] == [(verb, verb + 9)]


def test_any_number_of_threads_reads_the_same(encoder):
    text = " ".join([TEXT] * 12)
    one, two = encoder.read(text), Encoder.open(threads=2).read(text)
    assert one.places == two.places
    assert one.triggers == two.triggers
    assert one.arguments == two.arguments
    assert (one.links.dense() == two.links.dense()).all()


def test_time_is_linear_in_the_text(encoder):
    def seconds(copies):
        text = " ".join([TEXT] * copies)
        began = time.process_time()
        encoder.read(text)
        return time.process_time() - began

    seconds(5)
    assert seconds(160) < 16 * seconds(20)


def test_spans_end_with_their_sentence_and_bridge_one_word_within_it():
    inside = np.array([0.9, 0.9, 0.1, 0.9, 0.9, 0.9], dtype=np.float32)
    begin = np.array([0.5, -0.5, 0.0, -0.5, -0.5, -0.5], dtype=np.float32)
    sentence = [0, 0, 0, 0, 1, 1]
    apart = [(a, b) for a, b, _ in bio_spans(inside, begin, 0.3, sentence)]
    assert apart == [(0, 2), (3, 4), (4, 6)]
    bridged = [(a, b) for a, b, _ in bio_spans(inside, begin, 0.3, sentence, bridge=True)]
    assert bridged == [(0, 4), (4, 6)]


def test_texts_read_side_by_side_are_read_the_same(encoder):
    texts = [TEXT.replace("Basra", name) for name in ("Najaf", "Kut", "Amarah", "Mosul")] * 3
    alone = [encoder.read(text) for text in texts]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(encoder.read, texts))
    for one, two in zip(alone, together, strict=True):
        assert (one.places, one.triggers, one.arguments) == (
            two.places,
            two.triggers,
            two.arguments,
        )
        assert (one.links.dense() == two.links.dense()).all()


def test_networks_in_one_file_answer_as_they_do_apart():
    """What networks share is computed once, and changes nothing; their answers count equally."""
    onnx = pytest.importorskip("onnx")
    import onnxruntime

    from training.combine import merged

    shipped = onnx.load(str(MODEL / "encoder.onnx"))
    outputs = [o.name for o in shipped.graph.output]
    alone = []
    for name in outputs:
        one = onnx.utils.Extractor(shipped).extract_model(
            [i.name for i in shipped.graph.input], [name]
        )
        alone.append(one)
    again = merged(alone)
    assert len(again.graph.output) == len(outputs)
    assert len(again.graph.node) == len(shipped.graph.node)
    ids = np.arange(1000, 1040)[None]
    feed = {"input_ids": ids, "token_type_ids": np.ones_like(ids), "first": np.arange(1, 30)}

    def run(model):
        return onnxruntime.InferenceSession(model.SerializeToString()).run(None, feed)

    for together, apart in zip(run(again), map(run, alone), strict=True):
        assert (together == apart[0]).all()


def test_the_networks_logits_are_averaged(encoder):
    tokens, sentence = TEXT.split(), [0] * len(TEXT.split())
    rows = encoder._vectors(tokens, sentence)
    feed = encoder._feed(encoder._pieces(tokens), Window(0, 0, len(tokens)))
    apart = encoder._session.run(None, feed)
    assert len(rows) == len(apart) == len(encoder._scorers)
    assert rows[0][:, HEADS] == pytest.approx(np.mean(apart, axis=0)[:, HEADS], abs=1e-5)


def test_combined_networks_must_have_left_out_the_same(tmp_path):
    pytest.importorskip("onnx")
    from training.combine import combine

    for name, fold in (("a", 0), ("c", 1)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "manifest.json").write_text(f'{{"left_out_fold": {fold}, "sha256": {{}}}}')
        for file in ("encoder.onnx", "pairs.npz", "tokenizer.json"):
            (folder / file).write_bytes(b"x")
    with pytest.raises(ValueError, match="another fold"):
        combine([tmp_path / "a", tmp_path / "c"], tmp_path / "out")


def test_a_changed_model_is_refused(tmp_path):
    folder = tmp_path / "encoder"
    shutil.copytree(MODEL, folder)
    changed = min(folder.glob("pairs*.npz"))
    with changed.open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=changed.name):
        Encoder.open(folder)
    with pytest.raises(ModelError, match="no encoder"):
        Encoder.open(tmp_path / "nothing")
