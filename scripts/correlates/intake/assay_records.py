"""Rows of the assays' sheets, one file a kind: a new row of one assay runs no other again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from correlates.tables import read_json, write_text

FORMAT = 1


@dataclass(frozen=True)
class AssayRows:
    """Good rows of all sheets of one kind.

    Parameters
    ----------
    kind
        Kind of the sheets, such as ``qpcr``.
    rows
        Every column of the schema, None where it is empty; ``row`` is the row's number in its
        sheet, ``sheet`` the sheet as the user named it. What the aliquots tell is filled in.
    left_out
        Rows that something is wrong in, as far as they could be read, in the same columns.
    """

    kind: str
    rows: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)


def write_assay_rows(assays: Mapping[str, AssayRows], folder: str | Path) -> Path:
    """Write the rows of each kind under the digest of their content, and an index of the files.

    Returns
    -------
    Path of the index, which names the file of each kind.
    """
    index = {
        kind: str(_keep(Path(folder), f"assay-{kind}", rows.__dict__ | {"format": FORMAT}))
        for kind, rows in assays.items()
    }
    return _keep(Path(folder), "assays", {"assays": index, "format": FORMAT})


def _keep(folder: Path, name: str, content: Mapping) -> Path:
    text = json.dumps(content, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    if not path.exists():
        write_text(path, text)
    return path


def read_index(path: str | Path) -> dict[str, str]:
    """Return the file of each kind of sheet that `write_assay_rows` wrote."""
    return read_json(path)["assays"]


def read_assay_rows(path: str | Path) -> AssayRows:
    """Read the rows of one kind.

    Raises
    ------
    ValueError
        If the file does not hold rows of this format.
    """
    content = read_json(path)
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        msg = f"{path} holds no rows of an assay of format {FORMAT}"
        raise ValueError(msg)
    return AssayRows(**content)
