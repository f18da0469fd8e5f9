"""Put several trained networks into one file; ``Encoder`` averages what they say.

    python -m training.combine build/second/all build/third/all --out mapper/models/encoder

What the networks share is there once and is worked out once: networks that went on from the same
weights with their lowest layers frozen share those and the embeddings.  All must have been
trained without the same fold; the manifest keeps what each was trained on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, NodeProto


def combine(folders: Sequence[Path], out: Path) -> None:
    """Write ``encoder.onnx`` with an output for each network, ``pairs-N.npz``, one manifest.

    Raises ValueError when the folders' tokenizers differ, or one left out another fold.
    """
    facts = []
    tokenizers = set()
    scorers: dict[str, bytes] = {}
    for number, folder in enumerate(folders, start=1):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        facts.append({k: v for k, v in manifest.items() if k != "sha256"})
        if manifest.get("left_out_fold") != facts[0].get("left_out_fold"):
            raise ValueError(f"{folder} left out another fold than {folders[0]}")
        tokenizers.add((folder / "tokenizer.json").read_bytes())
        if len(tokenizers) > 1:
            raise ValueError(f"{folder} has another tokenizer than {folders[0]}")
        scorers[f"pairs-{number}.npz"] = (folder / "pairs.npz").read_bytes()
    network = merged([onnx.load(str(folder / "encoder.onnx")) for folder in folders])
    files = {
        "encoder.onnx": network.SerializeToString(deterministic=True),
        "tokenizer.json": tokenizers.pop(),
        **scorers,
    }
    out.mkdir(parents=True, exist_ok=True)
    for path in out.iterdir():
        if path.suffix in (".onnx", ".npz"):
            path.unlink()
    for name, data in files.items():
        (out / name).write_bytes(data)
    about = {
        "members": facts,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    (out / "manifest.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def merged(models: Sequence[ModelProto]) -> ModelProto:
    """One network with an output for each of ``models``; what two of them compute alike, once.

    All take the same inputs.  What is of the second alone has ``~2`` behind its name.
    """
    whole = ModelProto()
    whole.CopyFrom(models[0])
    graph = whole.graph
    tensors = {_tensor_key(t): t.name for t in graph.initializer}
    nodes = {_node_key(n, list(n.input)): list(n.output) for n in graph.node}
    for number, model in enumerate(models[1:], start=2):
        _add(graph, model.graph, f"~{number}", tensors, nodes)
    return whole


def _add(
    graph: GraphProto,
    other: GraphProto,
    suffix: str,
    tensors: dict[bytes, str],
    nodes: dict[bytes, list[str]],
) -> None:
    """Add to a graph what it does not compute yet, and the other's outputs as further ones."""
    name_of = {i.name: i.name for i in other.input} | {"": ""}
    for tensor in other.initializer:
        known = tensors.get(_tensor_key(tensor))
        if known is None:
            known = f"{tensor.name}{suffix}"
            graph.initializer.add().CopyFrom(tensor)
            graph.initializer[-1].name = known
            tensors[_tensor_key(tensor)] = known
        name_of[tensor.name] = known
    for node in other.node:
        inputs = [name_of[i] for i in node.input]
        key = _node_key(node, inputs)
        outputs = nodes.get(key)
        if outputs is None:
            added = graph.node.add()
            added.CopyFrom(node)
            added.name = f"{node.name}{suffix}"
            outputs = [f"{o}{suffix}" if o else "" for o in node.output]
            del added.input[:], added.output[:]
            added.input.extend(inputs)
            added.output.extend(outputs)
            nodes[key] = outputs
        name_of.update(zip(node.output, outputs, strict=True))
    for given in other.output:
        graph.output.add().CopyFrom(given)
        graph.output[-1].name = name_of[given.name]


def _tensor_key(tensor: onnx.TensorProto) -> bytes:
    plain = onnx.TensorProto()
    plain.CopyFrom(tensor)
    plain.name = ""
    return hashlib.sha256(plain.SerializeToString(deterministic=True)).digest()


def _node_key(node: NodeProto, inputs: Sequence[str]) -> bytes:
    plain = NodeProto()
    plain.CopyFrom(node)
    plain.name = ""
    del plain.input[:], plain.output[:]
    plain.input.extend(inputs)
    plain.output.extend("o" if o else "" for o in node.output)
    return bytes(plain.SerializeToString(deterministic=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Combine, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    combine(args.folders, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
