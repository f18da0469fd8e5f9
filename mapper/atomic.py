"""Write a file whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from mapper.errors import OutputError


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes the name when the block ends well.

    When the block raises, nothing is left behind and ``path`` stays as it was.  The name
    keeps the ending, by which writers tell the format.

    Raises:
        OutputError: the folder cannot be written.
    """
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        temporary.touch(exist_ok=False)
        # Some writers refuse a file that is there and no file of theirs.
        temporary.unlink()
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror}") from None
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        for left in path.parent.iterdir():  # writers leave journals beside their file
            if left.name.startswith(temporary.stem):
                left.unlink(missing_ok=True)
        raise
