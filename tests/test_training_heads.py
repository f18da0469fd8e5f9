"""The pair scorer that is trained and the one that runs are the same arithmetic."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("transformers")

from mapper.encode import (  # noqa: E402
    DISTANCE_BUCKETS,
    LEAD_BUCKETS,
    RANK_BUCKETS,
    SENTENCE_BUCKETS,
    TARGETS,
    WIDTH,
    PairFeatures,
    PairScorer,
)
from training.heads import Pairs  # noqa: E402


def test_numpy_and_torch_agree():
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    pairs = Pairs()
    scorer = PairScorer({k: v.numpy() for k, v in pairs.state_dict().items()})
    n = 50
    one = rng.normal(size=WIDTH).astype(np.float32)
    many = rng.normal(size=(n, WIDTH)).astype(np.float32)
    types = rng.integers(0, len(TARGETS), n)
    buckets = (DISTANCE_BUCKETS, SENTENCE_BUCKETS, RANK_BUCKETS, LEAD_BUCKETS)
    features = [rng.integers(0, size, n) for size in buckets]
    with torch.no_grad():
        repeated = torch.from_numpy(one).repeat(n, 1)
        tensors = torch.from_numpy(np.stack(features))
        links = pairs.links(
            repeated, torch.from_numpy(many), torch.from_numpy(types), tensors
        ).softmax(-1)
        same = pairs.same(repeated, torch.from_numpy(many), tensors[:2]).sigmoid()
    numpy_features = PairFeatures(*features)
    assert np.allclose(scorer.links(one, many, types, numpy_features), links.numpy(), atol=1e-4)
    assert np.allclose(scorer.same(one, many, numpy_features), same.numpy(), atol=1e-4)
