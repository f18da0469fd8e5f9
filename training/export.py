"""Write a trained network as the int8 ONNX model that ``mapper.encode`` runs."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from torch import Tensor, nn

from mapper.encode import MODEL
from training.heads import CONFIG, Network, Pairs


class _OneWindow(nn.Module):
    """The network over a single window without padding."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, first: Tensor) -> Tensor:
        """(words, WIDTH)."""
        mask = torch.ones_like(input_ids)
        return torch.as_tensor(self.network(input_ids, token_type_ids, mask, first))


def export(state: dict[str, Tensor], pairs: Pairs, folder: Path, facts: dict[str, Any]) -> None:
    """Write encoder.onnx, pairs.npz, tokenizer.json and manifest.json into ``folder``.

    ``facts`` go into the manifest beside the sha256 of each file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = Network()
    network.load_state_dict(state)
    network.eval()
    full, fused = folder / "full.onnx", folder / "fused.onnx"
    ids = torch.randint(1000, 2000, (1, 24))
    sample = (ids, torch.zeros_like(ids), torch.arange(1, 20))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _OneWindow(network),
            sample,
            str(full),
            dynamo=False,
            opset_version=17,
            input_names=["input_ids", "token_type_ids", "first"],
            output_names=["words"],
            dynamic_axes={
                "input_ids": {1: "pieces"},
                "token_type_ids": {1: "pieces"},
                "first": {0: "words"},
                "words": {0: "words"},
            },
        )
    logging.getLogger("onnxruntime.transformers").setLevel(logging.ERROR)
    optimised = optimizer.optimize_model(
        str(full),
        model_type="bert",
        num_heads=CONFIG.num_attention_heads,
        hidden_size=CONFIG.hidden_size,
        opt_level=1,
    )
    optimised.save_model_to_file(str(fused))
    target = folder / "encoder.onnx"
    quantize_dynamic(
        str(fused),
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    full.unlink()
    fused.unlink()
    np.savez(
        folder / "pairs.npz",
        **{k: v.detach().numpy().astype(np.float32) for k, v in pairs.state_dict().items()},
    )
    tokenizer = (MODEL / "tokenizer.json").read_bytes()  # ``folder`` may be MODEL itself
    (folder / "tokenizer.json").write_bytes(tokenizer)
    names = ("encoder.onnx", "pairs.npz", "tokenizer.json")
    hashes = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}
    manifest = facts | {"sha256": hashes}
    (folder / "manifest.json").write_text(
        json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
