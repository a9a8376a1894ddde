"""A matrix of counts, genes by libraries, in the layouts that the usual programs write.

Read are featureCounts' table, STAR's ReadsPerGene (one library, or several merged), genes by salmon
or RSEM through tximport, and plain matrices; genes by Ensembl id, symbol or both.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from correlates.assays.rnaseq.numbers import to_numbers
from correlates.assays.rnaseq.scale_check import why_not_counts
from correlates.intake.sheets.dates import code_dates

# Columns that say which gene a row is, in the words of the usual programs; the first two name it.
_ID_NAMES = ("geneid", "gene_id", "gene", "id", "ensembl", "ensembl_id", "ensembl_gene_id", "name")
_SYMBOL_NAMES = ("gene_name", "symbol", "gene_symbol", "hgnc_symbol", "external_gene_name")
_OTHER_NAMES = (
    *("chr", "chrom", "start", "end", "strand", "gene_type", "gene_biotype", "biotype"),
    *("description", "transcript_id(s)", "entrez", "entrezid"),
)
_LENGTH_NAMES = ("length", "gene_length", "effective_length")
# Rows that count reads and no gene: STAR, htseq-count.
_NO_GENE = re.compile(r"^(N_(unmapped|multimapping|noFeature|ambiguous)|__\w+)$")
_FILE_ENDS = re.compile(
    r"(ReadsPerGene\.out\.tab|Aligned\.sortedByCoord\.out|Aligned\.out|Aligned"
    r"|\.(bam|sam|cram|sorted|markdup|dedup|tsv|txt|tab|counts?|gz))$",
    re.IGNORECASE,
)
_STAR_COLUMNS = ("unstranded", "forward", "reverse")
# Text of a thousand libraries and more; what unpacks to more is no table of counts.
_MOST_BYTES = 1_000_000_000
_SUMS = ("total", "totals", "sum", "grand total", "library size", "total reads")
_SEPARATORS = ("\t", ",", ";")
_SAVE_AS = "Save it as text, divided by tabs, with one row a gene and one column a library."


class UnreadableMatrix(Exception):
    """A file that cannot be taken as counts; the message says why, ``remedy`` what to do."""

    def __init__(self, reason: str, remedy: str):
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class CountMatrix:
    """Counts of genes by libraries.

    Parameters
    ----------
    ids
        Shape (genes,): what the file calls each gene, its version cut off.
    symbols
        Shape (genes,): symbols, empty where the file has none.
    lengths
        Shape (genes,), in bases; NaN where not given.
    libraries
        Shape (libraries,): names of the columns, without the endings of files.
    counts
        Shape (genes, libraries).
    notes
        What was done to read it that somebody may want to know.
    """

    ids: np.ndarray
    symbols: np.ndarray
    lengths: np.ndarray
    libraries: list[str]
    counts: np.ndarray
    notes: list[str] = field(default_factory=list)

    @cached_property
    def rows_by_id(self) -> dict[str, list[int]]:
        """Places of the rows of each id."""
        return _places(self.ids)

    @cached_property
    def rows_by_symbol(self) -> dict[str, list[int]]:
        """Places of the rows of each symbol, in capitals."""
        return _places(str(one).upper() for one in self.symbols)


def _places(names: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(name, []).append(place)
    return found


def read_counts(
    path: str | Path,
    known: Sequence[str] = (),
    star_column: str = "unstranded",
    allows_scaled: bool = False,
) -> CountMatrix:
    """Read one file of counts.

    Parameters
    ----------
    path
        The file, or one that is compressed by gzip.
    known
        Names of the libraries in the sheet, by which a matrix is recognised that lies on its side.
    star_column
        Which column of STAR's ReadsPerGene counts: ``unstranded``, ``forward`` or ``reverse``.
    allows_scaled
        Whether counts without any whole number are taken, such as tximport's lengthScaledTPM.

    Raises
    ------
    UnreadableMatrix
        If it is no table of counts.
    """
    table, notes = _table(Path(path))
    if _is_one_star_file(table):
        return _of_star(table, Path(path), star_column)
    header = [str(one).strip() for one in table.iloc[0]]
    # R leaves out the name of the first column.
    body = table.iloc[1:].reset_index(drop=True)
    if not header[-1] and len(header) > 1 and body.iloc[:, -1].notna().all():
        header = ["", *header[:-1]]
    body.columns = range(len(header))
    body[0] = body[0].astype(str).str.strip()
    if _lies_on_its_side(header, body[0], known):
        turned = body.set_index(0).T
        header = ["gene", *(str(one) for one in turned.columns)]
        body = turned.reset_index(drop=True)
        body.columns = range(1, len(header))
        body.insert(0, 0, [str(one).strip() for one in table.iloc[0][1:]])
        notes.append("the matrix lay on its side, with one row a library, and was turned")
    matrix = _of_columns(header, body, notes)
    reason = why_not_counts(matrix.counts, allows_scaled)
    if reason:
        raise UnreadableMatrix(*reason)
    return matrix


def _table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the file's cells as text, without lines of comment and blank ones."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
        if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            reason = "this is an Excel workbook, not a text table"
            raise UnreadableMatrix(reason, _SAVE_AS)
        if start.startswith(b"\x89HDF"):
            remedy = "Export the counts of genes as a text table."
            reason = "this is an HDF5 file, not a text table"
            raise UnreadableMatrix(reason, remedy)
        opened = gzip.open if start.startswith(b"\x1f\x8b") else open
        with opened(path, "rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        reason = "the file is not there"
        raise UnreadableMatrix(reason, "Correct its path.") from None
    except (OSError, EOFError, zlib.error) as error:
        remedy = "Copy it again from where it was written."
        reason = f"the file cannot be read ({error})"
        raise UnreadableMatrix(reason, remedy) from None
    if len(content) > _MOST_BYTES:
        reason = f"it holds more than {_MOST_BYTES // 1_000_000} MB of text"
        raise UnreadableMatrix(reason, "Give the counts of fewer libraries a file.")
    text = _decoded(content)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        reason = "the file is empty"
        raise UnreadableMatrix(reason, _SAVE_AS)
    separator = max(_SEPARATORS, key=lambda mark: lines[0].count(mark))
    if separator not in lines[0]:
        reason = "no separator was found: the file has one column only"
        raise UnreadableMatrix(reason, _SAVE_AS)
    rows = [[cell.strip().strip('"') for cell in line.split(separator)] for line in lines]
    if len(rows[0]) == len(rows[-1]) - 1:
        rows[0].insert(0, "")
    width = len(rows[0])
    odd = [number for number, row in enumerate(rows, start=1) if len(row) != width]
    if odd:
        reason = f"row {odd[0]} has {len(rows[odd[0] - 1])} cells where the header has {width}"
        more = f"; so it is with {len(odd)} rows" if len(odd) > 1 else ""
        raise UnreadableMatrix(reason + more, "Look for a separator within a name, or a cut file.")
    notes = [] if separator != ";" else ["cells are divided by semicolons"]
    return pd.DataFrame(rows), notes


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _is_one_star_file(table: pd.DataFrame) -> bool:
    return table.shape[1] == 4 and str(table.iloc[0, 0]).startswith("N_")


def _of_star(table: pd.DataFrame, path: Path, star_column: str) -> CountMatrix:
    """Read STAR's ReadsPerGene of one library, which has no header."""
    place = _STAR_COLUMNS.index(star_column) + 1
    genes = table[~table[0].str.match(_NO_GENE)]
    totals = {
        name: _numbers(genes[each + 1], [name]).sum() for each, name in enumerate(_STAR_COLUMNS)
    }
    notes = []
    best = max(totals, key=totals.get)
    if totals[star_column] < totals[best] / 2:
        notes.append(
            f"the column {star_column} holds {totals[star_column]:.0f} reads, {best} "
            f"{totals[best]:.0f}: is rnaseq: star_column right?"
        )
    ids, symbols = _names(genes[0].to_numpy(dtype=str))
    return CountMatrix(
        ids=ids,
        symbols=symbols,
        lengths=np.full(len(genes), np.nan),
        libraries=[library_name(path.name)],
        counts=_numbers(genes[place], [path.name])[:, None],
        notes=notes,
    )


def _lies_on_its_side(header: list[str], first: pd.Series, known: Sequence[str]) -> bool:
    wanted = set(known)
    across = sum(name in wanted or library_name(name) in wanted for name in header)
    down = sum(name in wanted or library_name(name) in wanted for name in first)
    return down > across


def _of_columns(header: list[str], body: pd.DataFrame, notes: list[str]) -> CountMatrix:
    body = body[~body[0].str.match(_NO_GENE)].reset_index(drop=True)
    lower = [name.lower() for name in header]
    symbols_at = next((n for n, name in enumerate(lower) if name in _SYMBOL_NAMES), None)
    length_at = next((n for n, name in enumerate(lower) if name in _LENGTH_NAMES), None)
    beside = {0, symbols_at, length_at}
    beside |= {n for n, name in enumerate(lower) if name in (*_ID_NAMES, *_OTHER_NAMES)}
    places = [n for n in range(len(header)) if n not in beside]
    if not places or body.empty:
        reason = "there is no column of a library, or no row of a gene"
        raise UnreadableMatrix(reason, _SAVE_AS)
    libraries = [library_name(header[n]) for n in places]
    twice = sorted({name for name in libraries if libraries.count(name) > 1})
    if twice:
        remedy = "Give each library a name of its own."
        reason = f"several columns are named {', '.join(twice)}"
        raise UnreadableMatrix(reason, remedy)
    counts = np.column_stack([_numbers(body[n], [header[n]]) for n in places])
    sums = body[0].str.lower().isin(_SUMS).to_numpy()
    if sums.sum() == 1 and np.allclose(counts[sums][0], counts[~sums].sum(axis=0)):
        notes.append(f"the row {body[0][sums].iloc[0]!r} adds up the others and is no gene")
        body, counts = body[~sums].reset_index(drop=True), counts[~sums]
    ids, own = _names(body[0].to_numpy(dtype=str))
    symbols = own if symbols_at is None else body[symbols_at].to_numpy(dtype=str)
    lengths = np.full(len(body), np.nan)
    if length_at is not None:
        lengths = pd.to_numeric(body[length_at], errors="coerce").to_numpy(dtype=float)
    return CountMatrix(ids, symbols, lengths, libraries, counts, notes)


def _names(names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ids without version, and symbols where a row is named by one or by ``ID|symbol``."""
    parts = [re.split(r"[|]", name, maxsplit=1) for name in names]
    ids = [re.sub(r"^(ENSG\d+)\.\d+", r"\1", part[0]) for part in parts]
    symbols = [
        part[1] if len(part) > 1 else ("" if name.startswith("ENSG") else name)
        for part, name in zip(parts, ids, strict=True)
    ]
    return np.array(ids, dtype=object), np.array(symbols, dtype=object)


def library_name(column: str) -> str:
    """Return the library that a column is named after: without folders and endings of files.

    A date in it is coded, as it is in the sheet of libraries.
    """
    name = re.split(r"[/\\]", column.strip())[-1]
    while (shorter := _FILE_ENDS.sub("", name)) not in (name, ""):
        name = shorter.rstrip(".")
    return code_dates(name)


def _numbers(cells: pd.Series, named: list[str]) -> np.ndarray:
    values = to_numbers(cells)
    if values is None:
        example = next(cell for cell in cells if re.fullmatch(r"\d+[.,]\d{3}", cell))
        reason = (
            f"column {named[0]} holds numbers such as {example!r}, and nothing tells whether the "
            "mark is that of thousands or a decimal one"
        )
        raise UnreadableMatrix(reason, "Save it without separators of thousands.")
    wrong = values.isna()
    if wrong.any():
        example = cells[wrong].iloc[0]
        what = "is empty" if example == "" else f"holds {example!r}"
        reason = f"column {named[0]} {what} in {int(wrong.sum())} rows where a count belongs"
        remedy = "Remove columns that are no library; a gene without reads has the count 0."
        raise UnreadableMatrix(reason, remedy)
    return values.to_numpy(dtype=float)
