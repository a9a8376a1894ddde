"""Libraries of the sheet joined with the columns of the counts, and what has no partner."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from correlates.assays.left_out import left_out, place_of
from correlates.assays.rnaseq.matrix import CountMatrix, UnreadableMatrix, library_name, read_counts
from correlates.assays.rnaseq.settings import RnaseqSettings

CONTROL = "control"


@dataclass(frozen=True)
class Library:
    """One library of the sheet.

    Parameters
    ----------
    name
        As the sheet has it.
    row
        Its row of the sheet.
    matrix
        Its counts' matrix; None where no file has it.
    column
        Place of its column there.
    """

    name: str
    row: Mapping
    matrix: CountMatrix | None = None
    column: int = -1

    @property
    def is_control(self) -> bool:
        """Whether it is of a control, and of no patient."""
        return self.row.get("role") == CONTROL

    @property
    def cell(self) -> str:
        """Whose RNA it is: the cells that were purified, ``wb`` or ``pbmc`` where none were."""
        if self.is_control:
            return CONTROL
        if self.row.get("cell"):
            return self.row["cell"]
        return "pbmc" if "pbmc" in (self.row.get("specimen") or "") else "wb"

    @property
    def batch(self) -> str:
        """The run that it shares with others; empty where none is named."""
        return self.row.get("batch") or ""

    @property
    def counted_reads(self) -> float:
        """The sum of its counts; 0 without any."""
        return 0.0 if self.matrix is None else float(self.matrix.counts[:, self.column].sum())

    @property
    def assigned_reads(self) -> float:
        """Reads assigned to genes, by the sheet or else by its counts."""
        told = self.row.get("assigned_reads")
        return self.counted_reads if told is None else float(told)


def read_matrices(
    paths: Sequence[str | Path], rows: Sequence[Mapping], settings: RnaseqSettings
) -> tuple[dict[str, CountMatrix], list[dict]]:
    """Read every file of counts that can be read.

    Returns
    -------
    Matrices by path, and rows of what was left out.
    """
    known = [named for row in rows if (named := _named(row))]
    matrices, refused = {}, []
    for path in paths:
        try:
            matrices[str(path)] = read_counts(
                path, known, settings.star_column, settings.scaled_counts
            )
        except UnreadableMatrix as error:
            refused.append(left_out("counts", str(path), f"{error}. {error.remedy}"))
    return matrices, refused


def _named(row: Mapping) -> str | None:
    return row.get("library") or row.get("sample")


def join_libraries(
    rows: Sequence[Mapping], matrices: Mapping[str, CountMatrix]
) -> tuple[list[Library], list[dict]]:
    """Find the counts of each library.

    Parameters
    ----------
    rows
        Rows of the sheet.
    matrices
        Matrices by path.

    Returns
    -------
    Every library of the sheet, those without counts too; and rows of what was left out: columns
    that the sheet does not have, and rows that name no library.
    """
    columns: dict[str, list[tuple[str, CountMatrix, int]]] = {}
    for path, matrix in matrices.items():
        for place, name in enumerate(matrix.libraries):
            columns.setdefault(name, []).append((path, matrix, place))
    libraries, unused, used = [], [], set()
    named_by = Counter(library_name(_named(row) or "") for row in rows)
    for row in rows:
        name = _named(row)
        whose = (row.get("patient") or "", row.get("visit") or "")
        if not name:
            item = place_of(row)
            reason = "It names no library. Fill in library, or sample."
            unused.append(left_out("library", item, reason, *whose))
            continue
        named = name if name in columns else library_name(name)
        found = columns.get(named, [])
        used.add(named)
        if found and named_by[library_name(name)] > 1:
            libraries.append(Library(name, row))
            reason = (
                f"{named_by[library_name(name)]} rows of the sheet name this library: nothing "
                "tells whose it is. Keep the right row."
            )
            unused.append(left_out("library", name, reason, *whose))
            continue
        if len(found) == 1:
            libraries.append(Library(name, row, *found[0][1:]))
            continue
        libraries.append(Library(name, row))
        where = ", ".join(path for path, *_ in found)
        reason = (
            f"Several files have a column of this name: {where}. Give the right one only."
            if found
            else "No file of counts has a column of this name. Correct the name, or add its file."
        )
        unused.append(left_out("library", name, reason, *whose))
    for name, found in columns.items():
        if name not in used:
            reason = "The sheet of libraries has no row of this column. Add one, if it is a sample."
            unused.append(left_out("column of counts", f"{name} in {found[0][0]}", reason))
    return libraries, unused
