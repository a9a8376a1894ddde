"""Matrix folders of 10x Genomics: three text files, gzipped or not, with genes.tsv or features.tsv.

Read here and not by scanpy, which takes only some of the combinations that occur (a folder of
STARsolo is not gzipped, one from a repository has prefixes) and does not look whether the three
files belong together.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import io, sparse

from correlates.assays.scrna.features import Features, make_features
from correlates.assays.scrna.refusals import (
    FILE_MISSING,
    FILE_UNREADABLE,
    FILES_DO_NOT_MATCH,
    SEVERAL_MATRICES,
    Refused,
)

_MATRIX = ("matrix.mtx.gz", "matrix.mtx")
_FEATURES = ("features.tsv.gz", "features.tsv", "genes.tsv.gz", "genes.tsv")
_BARCODES = ("barcodes.tsv.gz", "barcodes.tsv")
# A cut or foreign file; a header that promises more than any machine holds.
_DAMAGES = (OSError, EOFError, ValueError, zlib.error, MemoryError, OverflowError)
# Bytes of a count in text at the least, with its line's end; what gzip makes of text at the most.
_LEAST_BYTES, _MOST_PACKED, _SMALL = 2, 100, 1 << 26
_WHOLE = "Give the folder as Cell Ranger or STARsolo wrote it, with its three files."


def matrix_files(folder: Path) -> list[Path]:
    """Return the matrix, features and barcodes of a folder.

    Raises
    ------
    Refused
        If one is missing, or several of a kind are there.
    """
    return [_only_file(folder, names) for names in (_MATRIX, _FEATURES, _BARCODES)]


def read_matrix_folder(folder: Path) -> tuple[sparse.csr_matrix, Features, np.ndarray]:
    """Read a matrix folder of version 2 or 3 of Cell Ranger.

    Parameters
    ----------
    folder
        Where the three files are.

    Returns
    -------
    Counts, shape (barcodes, features); the features; the barcodes.

    Raises
    ------
    Refused
        If a file is missing or unreadable, or the three do not belong together.
    """
    matrix, features, barcodes = matrix_files(folder)
    try:
        _refuse_promises(matrix)
        with _opened(matrix) as stream:
            counts = io.mmread(stream)
        rows = list(_fields(features))
        names = np.array([row[0] for row in _fields(barcodes)], dtype=object)
    except _DAMAGES as error:
        problem = f"a file of the folder cannot be read ({error or type(error).__name__})"
        raise Refused(FILE_UNREADABLE, problem, "Copy it again, whole.") from None
    counts = sparse.csr_matrix(counts.T)
    _refuse_others(counts.shape, len(names), len(rows), features.name, barcodes.name)
    return counts, _features_of(rows), names


def _refuse_promises(matrix: Path) -> None:
    """Refuse a header that promises more counts than its file can hold.

    The reader takes memory for what is promised before it reads a line, and no exception is raised
    where there is none.
    """
    with _opened(matrix) as stream:
        lines = (line for line in iter(stream.readline, b"") if not line.startswith(b"%"))
        sizes = [int(word) for word in next(lines, b"").split()]
    promised = sizes[2] if len(sizes) > 2 else int(np.prod(sizes, dtype=float))
    packed = _MOST_PACKED if matrix.suffix == ".gz" else 1
    if max([promised, *sizes]) * _LEAST_BYTES > max(matrix.stat().st_size * packed, _SMALL):
        problem = f"{matrix.name} promises {promised} counts, more than its size can hold"
        raise Refused(FILE_UNREADABLE, problem, "Copy it again, whole.")


def _refuse_others(
    shape: tuple[int, int], n_names: int, n_rows: int, features: str, barcodes: str
) -> None:
    """Refuse a list of barcodes or features that is not that of the matrix."""
    for name, listed, held, what in (
        (barcodes, n_names, shape[0], "barcodes"),
        (features, n_rows, shape[1], "features"),
    ):
        if listed != held:
            problem = f"{name} lists {listed} {what}, and the matrix holds {held}"
            remedy = (
                f"It is that of another matrix: give the {name} that was written with this one."
            )
            raise Refused(FILES_DO_NOT_MATCH, problem, remedy)


def _features_of(rows: list[list[str]]) -> Features:
    symbols = [row[1] if len(row) > 1 else row[0] for row in rows]
    # Version 2 has no third column: all are genes.
    kinds = [row[2] if len(row) > 2 else "" for row in rows]
    return make_features([row[0] for row in rows], symbols, kinds)


def _only_file(folder: Path, names: tuple[str, ...]) -> Path:
    """Return the one file of a kind; its name may have a prefix, as repositories give it."""
    found = [path for name in names for path in folder.glob(f"*{name}") if path.is_file()]
    exact = [path for path in found if path.name in names]
    chosen = exact[:1] or sorted(found)
    if not chosen:
        problem = f"the folder has no {' or '.join(names)}"
        raise Refused(FILE_MISSING, problem, _WHOLE)
    if len(chosen) > 1:
        problem = f"the folder has several: {', '.join(path.name for path in chosen[:4])}"
        raise Refused(SEVERAL_MATRICES, problem, "Give each matrix a folder of its own.")
    return chosen[0]


def _opened(path: Path):
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _fields(path: Path) -> Iterator[list[str]]:
    with _opened(path) as stream:
        for line in stream.read().decode("utf-8").splitlines():
            if line.strip():
                yield line.split("\t")
