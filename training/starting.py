"""The mean of networks' weights, to go on training from or to be used as it is.

    python -m training.starting mapper/models/encoder --out build/start.pt
    python -m training.starting build/one.pt build/two.pt --out build/mean.pt --export build/mean

The networks of an encoder's folder are read back from its int8 ONNX file.  Networks that were
fine-tuned from the same weights mostly lie in one basin, and the mean of their weights reads about
as well as their averaged answers do (Wortsman et al. 2022, model soups), in half the time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    "word_embeddings.weight",
    "position_embeddings.weight",
    "token_type_embeddings.weight",
    "LayerNorm.weight",
    "LayerNorm.bias",
)


def weights_of(network: Path, scorer: Path, member: int = 1) -> tuple[Weights, Weights]:
    """State of :class:`Network` and :class:`Pairs` from their shipped files.

    ``member`` tells which of the networks that ``training.combine`` put into one file.

    ``training.export`` wrote the files: its optimiser fuses query, key and value of a layer, and
    names the other matrices in the order of the layers.
    """
    every = {i.name: numpy_helper.to_array(i) for i in onnx.load(str(network)).graph.initializer}
    stored = {name: value for name, value in every.items() if "~" not in name}
    for name, value in every.items():  # what this network does not share with the first
        if name.endswith(f"~{member}"):
            stored[name.removesuffix(f"~{member}")] = value

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


def _states(source: Path) -> list[tuple[Weights, Weights]]:
    """The networks of a training's .pt file or of an encoder's folder."""
    if source.suffix == ".pt":
        state = torch.load(source, weights_only=True)
        return [(state["network"], state["pairs"])]
    return [
        weights_of(source / "encoder.onnx", scorer, member)
        for member, scorer in enumerate(sorted(source.glob("pairs*.npz")), start=1)
    ]


def facts_of(source: Path) -> dict[str, Any]:
    """What the manifest of a network's folder (beside its .pt file) says of its training."""
    folder = source.with_suffix("") if source.suffix == ".pt" else source
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return {}
    told: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return {name: value for name, value in told.items() if name != "sha256"}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the mean of all networks of the sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--export", type=Path, help="write it as an encoder's folder too")
    args = parser.parse_args(argv)
    found = [state for source in args.sources for state in _states(source)]
    network, weights = mean([n for n, _ in found]), mean([p for _, p in found])
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"network": network, "pairs": weights}, args.out)
    print(f"{args.out}: the mean of {len(found)} networks")
    if args.export:
        from training.export import export

        pairs = Pairs()
        pairs.load_state_dict(weights)
        facts = {source.stem: facts_of(source) for source in args.sources}
        left_out = {fact.get("left_out_fold") for fact in facts.values()}
        if len(left_out) > 1:
            sys.exit(f"--export: the networks left out different folds: {left_out}")
        export(network, pairs, args.export, {"mean_of": facts, "left_out_fold": left_out.pop()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
