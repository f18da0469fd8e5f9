"""The encoder as it is trained: a BERT, one linear layer of heads, and the pair scorer.

The layout of the outputs is ``mapper.encode.LAYOUT``; the pair scorer here is the same
arithmetic as ``mapper.encode.PairScorer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from mapper.encode import (
    ARGUMENTS,
    DISTANCE_BUCKETS,
    HIDDEN,
    LAYOUT,
    LEAD_BUCKETS,
    PRODUCT,
    RANK_BUCKETS,
    RELATIONS,
    ROLES,
    SAME_HIDDEN,
    SENTENCE_BUCKETS,
    TARGETS,
    WIDTH,
)

CASINGS = 6
BASE = Path(__file__).resolve().parents[1] / "build" / "base"
"""Where ``training.derive_base`` puts the pretrained weights."""
LAYERS = 10
"""Of bge-small-en-v1.5's twelve.  The upper two serve the one vector of a text that it was made
for, and ten cost what can be paid for a text (benchmarks/annotate.py)."""
CONFIG = BertConfig(
    vocab_size=30522,
    hidden_size=384,
    intermediate_size=1536,
    num_attention_heads=12,
    num_hidden_layers=LAYERS,
    max_position_embeddings=512,
    type_vocab_size=CASINGS,
    # drawing dropout masks takes half the time on a CPU; pieces are masked instead
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
)


def pretrained() -> dict[str, Tensor]:
    """The weights that training begins with.

    Raises RuntimeError when ``training.derive_base`` has not written them.
    """
    path = BASE / "model.safetensors"
    if not path.is_file():
        raise RuntimeError(f"{path} is missing: run python -m training.derive_base")
    found: dict[str, Tensor] = load_file(path)
    return found


def allowed_relations() -> Tensor:
    """(targets, relations): which relations a target of each type can have."""
    table = torch.zeros(len(TARGETS), len(RELATIONS))
    table[:, 0] = 1
    table[: len(ROLES), RELATIONS.index("place")] = 1
    for name in ("date", "fatalities", "injured"):
        table[len(ROLES) + ARGUMENTS.index(name), RELATIONS.index(name)] = 1
    table[len(ROLES) + ARGUMENTS.index("actor"), RELATIONS.index("perpetrator") :] = 1
    return table


class Pairs(nn.Module):
    """Scores of (trigger, target) and (trigger, trigger) pairs; see PairScorer."""

    link_allowed: Tensor

    def __init__(self) -> None:
        super().__init__()

        def table(rows: int, columns: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(rows, columns) * 0.02)

        self.link_type = table(len(TARGETS), HIDDEN)
        self.link_distance = table(DISTANCE_BUCKETS, HIDDEN)
        self.link_sentence = table(SENTENCE_BUCKETS, HIDDEN)
        self.link_rank = table(RANK_BUCKETS, HIDDEN)
        self.link_lead = table(LEAD_BUCKETS, HIDDEN)
        self.link_out = table(len(RELATIONS), HIDDEN)
        self.link_product = table(len(RELATIONS), PRODUCT)
        self.link_bias = nn.Parameter(torch.zeros(len(RELATIONS)))
        self.same_distance = table(DISTANCE_BUCKETS, SAME_HIDDEN)
        self.same_sentence = table(SENTENCE_BUCKETS, SAME_HIDDEN)
        self.same_out = nn.Parameter(torch.randn(SAME_HIDDEN) * 0.02)
        self.same_product = nn.Parameter(torch.randn(SAME_HIDDEN) * 0.02)
        self.same_bias = nn.Parameter(torch.zeros(1))
        self.register_buffer("link_allowed", allowed_relations())

    def links(self, triggers: Tensor, targets: Tensor, types: Tensor, features: Tensor) -> Tensor:
        """Logits (pairs, relations); ``features`` is (4, pairs): distance, sentence, rank, lead."""
        hidden = (
            triggers[:, LAYOUT["trigger_sum"]]
            + targets[:, LAYOUT["target_sum"]]
            + self.link_type[types]
            + self.link_distance[features[0]]
            + self.link_sentence[features[1]]
            + self.link_rank[features[2]]
            + self.link_lead[features[3]]
        )
        product = triggers[:, LAYOUT["trigger_product"]] * targets[:, LAYOUT["target_product"]]
        logits = hidden.relu() @ self.link_out.T + product @ self.link_product.T + self.link_bias
        return logits.masked_fill(self.link_allowed[types] == 0, -1e4)

    def same(self, one: Tensor, other: Tensor, features: Tensor) -> Tensor:
        """Logits (pairs,) that both report one incident; ``features``: distance, sentence."""
        hidden = (
            one[:, LAYOUT["same_sum"]]
            + other[:, LAYOUT["same_sum"]]
            + self.same_distance[features[0]]
            + self.same_sentence[features[1]]
        )
        product = one[:, LAYOUT["same_product"]] * other[:, LAYOUT["same_product"]]
        return hidden.relu() @ self.same_out + product @ self.same_product + self.same_bias


class Network(nn.Module):
    """Pieces to one row of WIDTH outputs for each word."""

    def __init__(
        self, weights: Mapping[str, Tensor] | None = None, attention: str = "eager"
    ) -> None:
        """With ``weights`` (:func:`pretrained`) or, to be filled from a file, without.

        ``attention`` is transformers' name for how it is computed: "eager" can be exported,
        "sdpa" is faster.
        """
        super().__init__()
        config = deepcopy(CONFIG)
        config._attn_implementation = attention
        self.bert = BertModel(config, add_pooling_layer=False)
        if weights is not None:
            name = "embeddings.token_type_embeddings.weight"
            given = dict(weights) | {name: weights[name][:1].repeat(CASINGS, 1)}
            self.bert.load_state_dict(given)
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(config.hidden_size, WIDTH)
        nn.init.normal_(self.heads.weight, std=0.02)
        nn.init.zeros_(self.heads.bias)

    def hidden(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """(windows, pieces, hidden)."""
        out = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask)
        return torch.as_tensor(out.last_hidden_state)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, first: Tensor) -> Tensor:
        """(words, WIDTH); ``first`` indexes the first piece of each word, windows laid flat."""
        hidden = self.hidden(ids, types, mask)
        flat = hidden.reshape(-1, hidden.shape[-1])[first]
        return torch.as_tensor(self.heads(self.drop(flat)))
