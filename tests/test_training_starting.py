"""Weights read back from a shipped network answer as the network does."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("safetensors")
pytest.importorskip("transformers")

import onnxruntime  # noqa: E402

from mapper.encode import LAYOUT, MODEL  # noqa: E402
from training.heads import Network  # noqa: E402
from training.starting import facts_of, mean, weights_of  # noqa: E402

SCORERS = sorted(MODEL.glob("pairs*.npz"))


@pytest.mark.parametrize("member", range(1, len(SCORERS) + 1))
def test_weights_come_back(member):
    scorer = SCORERS[member - 1]
    state, pairs = weights_of(MODEL / "encoder.onnx", scorer, member)
    with np.load(scorer) as stored:
        assert all((pairs[name].numpy() == stored[name]).all() for name in stored.files)
    network = Network()
    network.load_state_dict(state)
    network.eval()
    torch.manual_seed(0)
    ids = torch.randint(1000, 20000, (1, 120))
    first = torch.arange(1, 110)
    with torch.no_grad():
        ours = network(ids, torch.ones_like(ids), torch.ones_like(ids), first).numpy()
    session = onnxruntime.InferenceSession(MODEL / "encoder.onnx")
    feed = {"input_ids": ids, "token_type_ids": torch.ones_like(ids), "first": first}
    answers = session.run(None, {name: value.numpy() for name, value in feed.items()})
    tags = LAYOUT["tags"]
    alike = [np.corrcoef(ours[:, tags].ravel(), a[:, tags].ravel())[0, 1] for a in answers]
    assert alike[member - 1] > 0.999
    assert alike[member - 1] == max(alike)


def test_the_mean_is_of_each_weight():
    one = {"w": torch.tensor([1.0, 3.0]), "n": torch.tensor([1, 2])}
    two = {"w": torch.tensor([3.0, 5.0]), "n": torch.tensor([1, 2])}
    found = mean([one, two])
    assert found["w"].tolist() == [2.0, 4.0]
    assert found["n"].tolist() == [1, 2]


def test_a_mean_tells_what_its_networks_were_trained_on(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "manifest.json").write_text('{"seed": 5, "sha256": {"a": "b"}}')
    assert facts_of(tmp_path / "one.pt") == {"seed": 5}
    assert facts_of(tmp_path / "two.pt") == {}
