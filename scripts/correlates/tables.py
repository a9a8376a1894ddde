"""Plain tables and files, written whole or not at all, with nothing but the standard library."""

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(path: str | Path, mode: str = "w") -> Iterator[IO]:
    """Open a file that appears under its name only once it is complete.

    Parameters
    ----------
    path
        Where the file shall stand; its folder is made if need be.
    mode
        ``w`` for text in UTF-8 with Unix line ends, ``wb`` for bytes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A path may hold bytes that are no UTF-8, which Python keeps as surrogates.
    text = {"encoding": "utf-8", "errors": "backslashreplace", "newline": "\n"}
    text = {} if "b" in mode else text
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, mode, **text) as stream:
            yield stream
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole."""
    with whole_file(path) as stream:
        stream.write(text)


def write_json(path: str | Path, content) -> None:
    """Write JSON whole, with sorted keys, so that equal content is an equal file."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: str | Path):
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_tsv(path: str | Path, columns: Sequence[str], rows: Iterable[Mapping]) -> None:
    """Write rows as tab-separated text with exactly these columns; None becomes an empty field.

    Raises
    ------
    ValueError
        If a row holds a column that is not among ``columns``.
    """
    with whole_file(path) as stream:
        writer = csv.DictWriter(stream, columns, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def read_tsv(path: str | Path) -> list[dict[str, str]]:
    """Read a table that ``write_tsv`` wrote; every value is text, a missing one is ``""``."""
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
