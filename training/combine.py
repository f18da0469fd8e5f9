"""Put several trained encoders into one folder; ``Encoder`` averages what they say.

    python -m training.combine build/first/all build/second/all --out mapper/models/encoder

All must have been trained without the same fold; the manifest keeps what each was trained on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path


def combine(folders: Sequence[Path], out: Path) -> None:
    """Write ``encoder-N.onnx`` and ``pairs-N.npz`` of each folder, one tokenizer, one manifest.

    Raises ValueError when the folders' tokenizers differ, or one left out another fold.
    """
    files: dict[str, bytes] = {}
    facts = []
    for number, folder in enumerate(folders, start=1):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        facts.append({k: v for k, v in manifest.items() if k != "sha256"})
        if manifest.get("left_out_fold") != facts[0].get("left_out_fold"):
            raise ValueError(f"{folder} left out another fold than {folders[0]}")
        for name in ("encoder.onnx", "pairs.npz"):
            stem, ending = name.split(".")
            files[f"{stem}-{number}.{ending}"] = (folder / name).read_bytes()
        tokenizer = (folder / "tokenizer.json").read_bytes()
        if files.setdefault("tokenizer.json", tokenizer) != tokenizer:
            raise ValueError(f"{folder} has another tokenizer than {folders[0]}")
    out.mkdir(parents=True, exist_ok=True)
    for path in out.iterdir():
        if path.suffix in (".onnx", ".npz"):
            path.unlink()
    for name, data in files.items():
        (out / name).write_bytes(data)
    manifest = {
        "members": facts,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


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
