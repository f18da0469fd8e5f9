"""Weights to go on training from: the mean of the networks of an encoder's folder.

    python -m training.starting mapper/models/encoder --out build/start.pt

The networks are read back from their int8 ONNX files.  Networks that were fine-tuned from the
same weights mostly lie in one basin, and the mean of their weights reads about as well as their
averaged answers do (Wortsman et al. 2022, model soups), in half the time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from training.heads import Network, Pairs

Weights = dict[str, Tensor]

_OF_LAYER = (
    *(
        f"{part}.{what}"
        for part in ("attention.output.LayerNorm", "output.LayerNorm")
        for what in ("weight", "bias")
    ),
    "attention.output.dense.bias",
    "intermediate.dense.bias",
    "output.dense.bias",
)
_MATRICES = ("attention.output.dense", "intermediate.dense", "output.dense")
_EMBEDDINGS = (
    "position_embeddings.weight",
    "token_type_embeddings.weight",
    "LayerNorm.weight",
    "LayerNorm.bias",
)


def weights_of(network: Path, scorer: Path) -> tuple[Weights, Weights]:
    """State of :class:`Network` and :class:`Pairs` from their shipped files.

    ``training.export`` wrote the files: its optimiser fuses query, key and value of a layer, and
    names the other matrices in the order of the layers.  Word embeddings were never trained and
    come from the pretrained weights.
    """
    stored = {i.name: numpy_helper.to_array(i) for i in onnx.load(str(network)).graph.initializer}

    def whole(name: str) -> Tensor:
        scale, zero = stored[f"{name}_scale"], stored[f"{name}_zero_point"].astype(np.float32)
        values = (stored[f"{name}_quantized"].astype(np.float32) - zero) * scale
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))

    state = Network().state_dict()
    layers = sum(name.startswith("Attention_") and name.endswith("_qkv_bias") for name in stored)
    matrices = sorted(
        (
            name.removesuffix("_quantized")
            for name in stored
            if name.startswith("onnx::MatMul") and name.endswith("_quantized")
        ),
        key=lambda name: int(name.rsplit("_", 1)[1]),
    )
    if len(matrices) != len(_MATRICES) * layers:
        raise ValueError(f"{network} is not a file that training.export wrote")
    for number in range(layers):
        layer = f"bert.encoder.layer.{number}."
        for name in _OF_LAYER:
            state[layer + name] = torch.from_numpy(stored[f"network.{layer}{name}"].copy())
        fused = whole(f"Attention_{number}_qkv_weight").T
        bias = torch.from_numpy(stored[f"Attention_{number}_qkv_bias"].copy())
        for part, rows, values in zip(
            ("query", "key", "value"), fused.chunk(3), bias.chunk(3), strict=True
        ):
            state[f"{layer}attention.self.{part}.weight"] = rows.contiguous()
            state[f"{layer}attention.self.{part}.bias"] = values.contiguous()
        for k, name in enumerate(_MATRICES):
            matrix = whole(matrices[len(_MATRICES) * number + k])
            state[f"{layer}{name}.weight"] = matrix.T.contiguous()
    for name in _EMBEDDINGS:
        state[f"bert.embeddings.{name}"] = whole(f"network.bert.embeddings.{name}")
    state["heads.weight"] = whole("network.heads.weight_Transposed").T.contiguous()
    state["heads.bias"] = torch.from_numpy(stored["network.heads.bias"].copy())
    pairs = Pairs().state_dict()
    with np.load(scorer, allow_pickle=False) as arrays:
        for name, value in pairs.items():
            pairs[name] = torch.from_numpy(arrays[name].astype(np.float32)).reshape(value.shape)
    return state, pairs


def mean(states: Sequence[Weights]) -> Weights:
    """The mean of each weight; what is no weight (position numbers) is the first's."""
    return {
        name: torch.stack([state[name] for state in states]).mean(dim=0)
        if value.is_floating_point()
        else value
        for name, value in states[0].items()
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Write the mean of a folder's networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    networks = sorted(args.folder.glob("encoder*.onnx"))
    found = [
        weights_of(path, path.with_name(path.name.replace("encoder", "pairs")).with_suffix(".npz"))
        for path in networks
    ]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {"network": mean([n for n, _ in found]), "pairs": mean([p for _, p in found])}, args.out
    )
    print(f"{args.out}: the mean of {len(found)} networks of {args.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
