"""Which files of single cells a sheet names, and what a job of each is given."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from correlates.intake.sheets.dates import code_dates

# What tells whose cells are which; a job is given nothing else of a row.
TOLD = (
    *("sample", "obs_column", "obs_value", "barcode_suffix", "lane", "batch", "layer"),
    "cell_type_column",
)


@dataclass(frozen=True)
class NamedFile:
    """One file that rows of the sheet name.

    Parameters
    ----------
    path
        File or folder, relative to the working directory or absolute.
    places
        Places of its rows among all rows.
    """

    path: str
    places: tuple[int, ...]


def named_files(rows: Iterable[Mapping], root: str | Path = ".") -> dict[str, NamedFile]:
    """Return the files of a sheet by a key that may stand in the name of a file.

    Parameters
    ----------
    rows
        Rows of the sheet; ``file`` is relative to the working directory or, where nothing is
        there, to the sheet's folder.
    root
        The working directory.
    """
    by_path: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        by_path.setdefault(_path_of(row, Path(root)), []).append(place)
    return {_key_of(path): NamedFile(path, tuple(places)) for path, places in by_path.items()}


def parts_of(path: str | Path) -> list[str]:
    """Return the files that a path stands for; none where nothing is there."""
    path = Path(path)
    if path.is_dir():
        return sorted(str(one) for one in path.iterdir() if one.is_file())
    return [str(path)] if path.is_file() else []


def told_of(rows: Iterable[Mapping]) -> list[dict]:
    """Return what a job is given of its rows."""
    return [{name: row.get(name) or "" for name in TOLD} for row in rows]


def _path_of(row: Mapping, root: Path) -> str:
    named = Path(row["file"])
    beside = Path(row["sheet"]).parent / named
    is_beside = not named.is_absolute() and not (root / named).exists()
    return str(beside if is_beside else named)


def _key_of(path: str) -> str:
    """Return the last names of a path, and a digest, since two files may share their names."""
    named = code_dates("-".join(Path(path).parts[-2:]))
    name = re.sub(r"[^A-Za-z0-9]+", "-", named).strip("-")
    return f"{name[-60:]}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def settings_from(block: Mapping) -> dict:
    """Return the config's block with its lists of genes, types and labels by their names."""
    return dict(block) | {
        "genes": {one["symbol"]: one["ensembl"] for one in block["genes"]},
        "types": {one["type"]: one for one in block["types"]},
        "labels": {one["type"]: one["labels"] for one in block["labels"]},
    }
