"""A file of single cells opened: h5ad, 10x h5 or a matrix folder.

What an h5ad holds stays on disk until rows are asked for, and a sparse matrix stays sparse, so that
memory goes with the cells of one lane and not with the file.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from correlates.assays.scrna.features import (
    ID_COLUMNS,
    SYMBOL_COLUMNS,
    TYPE_COLUMNS,
    Features,
    make_features,
)
from correlates.assays.scrna.mtx import read_matrix_folder
from correlates.assays.scrna.refusals import (
    COUNTS_NOT_RAW,
    FILE_MISSING,
    FILE_UNREADABLE,
    LAYER_MISSING,
    NOT_SINGLE_CELLS,
    Refused,
)

_HDF5 = b"\x89HDF\r\n\x1a\n"
_WHOLE = "Copy it again, whole, or write it anew."
# What 10x writes beside the list of features, in a group `matrix` or, in version 2, one a genome.
_PARTS_OF_10X = {"barcodes", "data", "indices", "indptr", "shape"}
_ROWS_AT_ONCE = 5000
# What counts are kept in, and far above what any cell holds of one gene.
_MOST_COUNTS = np.iinfo(np.int32).max
# Where raw counts are looked for if the sheet names no layer, the usual place first.
X, RAW = "X", "raw"
_LAYERS = ("counts", "raw_counts", "raw", "umi")
_LEGAL = "Give an .h5ad, a 10x .h5, or the folder of a 10x matrix."
_NOT_RAW = (
    "Give raw integer counts: in X, in .raw, or in a layer that the sheet's column layer names "
    "(with ambient correction, rounded to whole counts, as SoupX does with roundToInt)."
)


@dataclass(frozen=True)
class CellSource:
    """The cells of one file.

    Parameters
    ----------
    kind
        ``h5ad``, ``10x_h5`` or ``10x_mtx``.
    barcodes
        Names of the cells.
    obs
        What the file says of each cell; no columns where it says nothing.
    features
        What the columns of the counts are.
    layer
        Where the counts were found.
    read
        Counts of the chosen rows, by their places in ascending order.
    """

    kind: str
    barcodes: np.ndarray
    obs: pd.DataFrame
    features: Features
    layer: str
    read: Callable[[np.ndarray], sparse.csr_matrix]

    def counts(self, chosen: np.ndarray) -> sparse.csr_matrix:
        """Return the counts of some cells, checked.

        Parameters
        ----------
        chosen
            Which cells, one boolean each.

        Raises
        ------
        Refused
            If they are not raw counts.
        """
        with _told_of_damage():
            counts = sparse.csr_matrix(self.read(np.flatnonzero(chosen)))
        refuse_unless_counts(counts, self.layer)
        return counts.astype(np.int32)


def open_cells(path: str | Path, layer: str = "") -> CellSource:
    """Open a file of single cells; its kind is told by its content.

    Parameters
    ----------
    path
        File or folder.
    layer
        Where its raw counts are: ``X``, ``raw`` or a layer of an h5ad; looked for where empty.

    Raises
    ------
    Refused
        If it cannot be read, or holds no raw counts.
    """
    path = Path(path)
    if path.name.endswith(("matrix.mtx", "matrix.mtx.gz")):
        path = path.parent
    if path.is_dir():
        counts, features, barcodes = read_matrix_folder(path)
        return _in_memory("10x_mtx", barcodes, features, counts, "matrix.mtx")
    try:
        with path.open("rb") as stream:
            is_hdf5 = stream.read(len(_HDF5)) == _HDF5
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
        raise Refused(FILE_MISSING, problem, "Correct the path, or bring the file.") from None
    if not is_hdf5:
        raise Refused(NOT_SINGLE_CELLS, "this is no file of single cells that is known", _LEGAL)
    with _told_of_damage():
        return _open_hdf5(path, layer)


@contextmanager
def _told_of_damage() -> Iterator[None]:
    try:
        yield
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 -- anndata and scanpy raise nothing narrower
        problem = f"the HDF5 file cannot be read ({error or type(error).__name__})"
        raise Refused(FILE_UNREADABLE, problem, _WHOLE) from None


def refuse_unless_counts(values: sparse.spmatrix, place: str) -> None:
    """Refuse what cannot be counts of molecules.

    Raises
    ------
    Refused
        If a value is negative, missing or no whole number; says what it looks like.
    """
    data = np.asarray(values.data, dtype=float)
    is_whole = np.isfinite(data).all() and (data >= 0).all() and not (data % 1).any()
    if data.size == 0 or (is_whole and data.max() <= _MOST_COUNTS):
        return
    if not np.isfinite(data).all():
        seen = "it holds missing or infinite values"
    elif is_whole:
        seen = f"the largest is {data.max():.3g}, more than a cell has molecules"
    elif (data < 0).any():
        seen = f"the least value is {data.min():.3g}, as of scaled data"
    else:
        largest = data.max()
        kind = "logarithms of normalised counts" if largest < 20 else "normalised counts"
        seen = f"values are no whole numbers (the largest is {largest:.4g}), as of {kind}"
    raise Refused(COUNTS_NOT_RAW, f"{place} holds no raw counts: {seen}", _NOT_RAW)


def _in_memory(
    kind: str, barcodes: np.ndarray, features: Features, counts: sparse.csr_matrix, place: str
) -> CellSource:
    obs = pd.DataFrame(index=pd.Index(barcodes, dtype=object))
    _refuse_impossible_indices(counts)
    return CellSource(kind, barcodes, obs, features, place, lambda rows: counts[rows])


def _open_hdf5(path: Path, layer: str) -> CellSource:
    with h5py.File(path, "r") as file:
        held = set(file)
        is_modern = "obs" in held and isinstance(file["obs"], h5py.Group)
    if "obs" in held and held & {"X", "layers", "raw", "raw.X"}:
        return _open_anndata(path, layer) if is_modern else _read_anndata(path, layer)
    if "mod" in held:
        problem = "this is a MuData file, with several matrices"
        remedy = "Write its RNA as an .h5ad, with antibodies as features of type Antibody Capture."
        raise Refused(NOT_SINGLE_CELLS, problem, remedy)
    if {"row_attrs", "col_attrs"} <= held:
        problem = "this is a loom file"
        raise Refused(NOT_SINGLE_CELLS, problem, f"Write it as an .h5ad. {_LEGAL}")
    return _read_10x_h5(path)


def _read_10x_h5(path: Path) -> CellSource:
    """Read the h5 of Cell Ranger, version 2 (one group a genome) or 3 (``matrix``)."""
    with h5py.File(path, "r") as file:
        groups = [one for one in file.values() if isinstance(one, h5py.Group)]
        if not groups or not all(set(one) >= _PARTS_OF_10X for one in groups):
            problem = "this HDF5 file is neither an .h5ad nor a matrix of 10x"
            raise Refused(NOT_SINGLE_CELLS, problem, _LEGAL)
    import scanpy as sc  # seconds of CPU, which a refused file shall not cost

    with warnings.catch_warnings():
        # Symbols are not unique in any annotation; ids are used.
        warnings.filterwarnings("ignore", message="Variable names are not unique")
        cells = sc.read_10x_h5(path, gex_only=False)
    features = _features_of(cells.var)
    barcodes = np.asarray(cells.obs_names, dtype=object)
    return _in_memory("10x_h5", barcodes, features, sparse.csr_matrix(cells.X), "matrix")


def _read_anndata(path: Path, layer: str) -> CellSource:
    """Read an h5ad of before 2019, which cannot be read in parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells = ad.read_h5ad(path)
    held = {X: (cells.X, cells.var)}
    held |= {name: (values, cells.var) for name, values in cells.layers.items()}
    held |= {RAW: (cells.raw.X, cells.raw.var)} if cells.raw is not None else {}
    return _from_places(cells.obs, held, layer)


def _open_anndata(path: Path, layer: str) -> CellSource:
    file = h5py.File(path, "r")
    obs, var = ad.io.read_elem(file["obs"]), ad.io.read_elem(file["var"])
    held = {X: (_on_disk(file["X"]), var)} if "X" in file else {}
    held |= {name: (_on_disk(file["layers"][name]), var) for name in file.get("layers", ())}
    if "raw" in file and "X" in file["raw"]:
        held[RAW] = (_on_disk(file["raw/X"]), ad.io.read_elem(file["raw/var"]))
    return _from_places(obs, held, layer)


def _on_disk(element):
    """Return something that gives rows: on disk, or in memory if it lies column by column."""
    if isinstance(element, h5py.Dataset):
        return element
    if element.attrs.get("encoding-type") == "csc_matrix":
        return sparse.csr_matrix(ad.io.read_elem(element))
    return ad.io.sparse_dataset(element)


def _from_places(obs: pd.DataFrame, held: Mapping, layer: str) -> CellSource:
    place = _place_of_counts(held, layer, len(obs))
    values, var = held[place]
    if tuple(values.shape) != (len(obs), len(var)):
        shape = " x ".join(map(str, values.shape))
        problem = f"{place} is {shape}, and the file lists {len(obs)} cells and {len(var)} genes"
        raise Refused(FILE_UNREADABLE, problem, _WHOLE)
    barcodes = np.asarray(obs.index, dtype=object)
    return CellSource(
        *("h5ad", barcodes, obs, _features_of(var), place),
        read=lambda rows: _rows_of(values, rows),
    )


def _place_of_counts(held: Mapping, layer: str, n_cells: int) -> str:
    """Return where the raw counts are: where the sheet says, else the first place that has some."""
    if layer and layer not in held:
        problem = f"there is no layer {layer!r}; there are {', '.join(held)}"
        raise Refused(LAYER_MISSING, problem, "Correct the column layer of the sheet.")
    places = [layer] if layer else [one for one in (X, RAW, *_LAYERS) if one in held]
    if not places:
        raise Refused(COUNTS_NOT_RAW, "the file holds no matrix of counts", _NOT_RAW)
    first = np.arange(min(n_cells, 1000))
    refused = []
    for place in places:
        try:
            refuse_unless_counts(_rows_of(held[place][0], first), place)
        except Refused as error:
            if error.code != COUNTS_NOT_RAW:
                raise
            refused.append(error)
        else:
            return place
    problem = "; ".join(error.problem for error in refused)
    raise Refused(COUNTS_NOT_RAW, problem, _NOT_RAW)


def _rows_of(values, rows: np.ndarray) -> sparse.csr_matrix:
    """Return some rows of a matrix, dense or sparse, in memory or on disk, block by block."""
    if sparse.issparse(values):
        return sparse.csr_matrix(values)[rows]
    blocks = []
    for start in range(0, values.shape[0], _ROWS_AT_ONCE):
        inside = rows[(rows >= start) & (rows < start + _ROWS_AT_ONCE)]
        if len(inside):
            block = sparse.csr_matrix(values[start : start + _ROWS_AT_ONCE])
            _refuse_impossible_indices(block)
            blocks.append(block[inside - start])
    return (
        sparse.vstack(blocks, format="csr") if blocks else sparse.csr_matrix((0, values.shape[1]))
    )


def _refuse_impossible_indices(counts: sparse.csr_matrix) -> None:
    """Refuse a damaged matrix before its rows are chosen, which would read beyond its memory."""
    places = counts.indices
    if len(places) and not 0 <= places.min() <= places.max() < counts.shape[1]:
        problem = f"a count stands in column {places.max()} of {counts.shape[1]}"
        raise Refused(FILE_UNREADABLE, problem, _WHOLE)


def _features_of(var: pd.DataFrame) -> Features:
    names = [str(name) for name in var.index]
    ids, symbols = _column(var, ID_COLUMNS), _column(var, SYMBOL_COLUMNS)
    are_ids = sum(name.startswith("ENS") for name in names) > len(names) / 2
    if are_ids:
        return make_features(names, symbols, _column(var, TYPE_COLUMNS))
    return make_features(ids or names, symbols or names, _column(var, TYPE_COLUMNS))


def _column(var: pd.DataFrame, names: Sequence[str]) -> list[str] | None:
    lower = {str(name).lower(): name for name in var.columns}
    for name in names:
        if name in lower:
            values = var[lower[name]]
            return ["" if pd.isna(value) else str(value) for value in values]
    return None
