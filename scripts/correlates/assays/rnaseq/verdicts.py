"""Whether a library can be used: depth, integrity, ribosomal RNA, and libraries unlike the rest."""

from collections.abc import Mapping, Sequence

import numpy as np

from correlates.assays.quality import FAIL, FLAG, Reason
from correlates.assays.rnaseq.expression import Expression
from correlates.assays.rnaseq.libraries import Library
from correlates.assays.rnaseq.settings import RnaseqSettings

# Flags of measurements, by what is wrong with their library.
FLAGS = {
    "assigned": "low_depth",
    "rin": "low_rin",
    "rrna": "high_rrna",
    "outlier": "outlier_library",
    "purity": "low_purity",
    "composition": "composition_confounded",
    "reads": "assigned_reads_differ",
    "counts": "no_counts",
    "alone": "not_normalised",
}
# What of a library is no fault of it.
OF_THE_CELLS = ("composition", "alone")
_MIXED = ("pbmc", "wb")
_FEWEST_FOR_OUTLIERS = 6
_TO_SD = 1.4826
# Spread below which libraries are as alike as they can be: nobody is an outlier by less.
_LEAST_SPREAD = {"correlation": 0.005, "genes": 0.01, "factor": 0.03}
_TOLD_AND_COUNTED = 0.1


def library_reasons(
    libraries: Sequence[Library],
    expressions: Mapping[str, Expression],
    settings: RnaseqSettings,
) -> dict[str, dict[str, Reason]]:
    """Judge each library.

    Parameters
    ----------
    libraries
        All of the sheet.
    expressions
        What they were normalised to, by cell.
    settings
        Limits, and which of them refuse.

    Returns
    -------
    By library, the reasons against it by what is wrong (the keys of `FLAGS`).
    """
    unlike = {}
    for one in expressions.values():
        unlike |= outliers(one, settings.outlier_mad)
    alone = {
        cell for cell, one in expressions.items() if len(one.libraries) < 2 and cell != "control"
    }
    return {
        one.name: _reasons(one, unlike.get(one.name, ""), one.cell in alone, settings)
        for one in libraries
    }


def _reasons(
    library: Library, unlike: str, is_alone: bool, settings: RnaseqSettings
) -> dict[str, Reason]:
    if library.matrix is None or library.counted_reads == 0:
        words = "It has no counts." if library.matrix is None else "It has no read at all."
        found = _of_cells(library, False, settings)
        told = {what: Reason(FLAG, said) for what, said in found.items() if what == "composition"}
        return {"counts": Reason(FAIL, f"{words} Look at the list of what was left out.")} | told
    row, reads = library.row, library.assigned_reads
    found = {}
    if reads < settings.min_assigned:
        found["assigned"] = f"{reads / 1e6:.1f} M reads assigned, below {_m(settings)} M."
    if row.get("rin") is not None and row["rin"] < settings.min_rin:
        found["rin"] = f"RIN {row['rin']:g}, below {settings.min_rin:g}."
    if row.get("rrna_pct") is not None and row["rrna_pct"] >= settings.max_rrna_pct:
        found["rrna"] = f"{row['rrna_pct']:g} % ribosomal RNA, the limit is "
        found["rrna"] += f"{settings.max_rrna_pct:g} %."
    if unlike:
        found["outlier"] = unlike
    counted = library.counted_reads
    if abs(counted - reads) > _TOLD_AND_COUNTED * max(counted, reads):
        found["reads"] = (
            f"The sheet tells {reads:.0f} assigned reads, its counts sum up to {counted:.0f}: is "
            "it the right column?"
        )
    if not library.is_control:
        found |= _of_cells(library, is_alone, settings)
    return {
        what: Reason(FAIL if what in settings.refuses else FLAG, words)
        for what, words in found.items()
    }


def _m(settings: RnaseqSettings) -> str:
    return f"{settings.min_assigned / 1e6:g}"


def _of_cells(library: Library, is_alone: bool, settings: RnaseqSettings) -> dict[str, str]:
    found, purity = {}, library.row.get("purity_pct")
    if library.cell in _MIXED:
        found["composition"] = (
            f"RNA of unsorted cells ({library.cell}): a change may be one of cells and not of "
            "expression. Purify CLL and T cells, or give cll_pct."
        )
    elif purity is None:
        found["purity"] = "Its purity is not recorded."
    elif purity < settings.min_purity_pct:
        found["purity"] = f"Purity {purity:g} %, below {settings.min_purity_pct:g} %."
    if is_alone:
        found["alone"] = "It is the only library of its cells: there is nothing to normalise with."
    return found


def outliers(expression: Expression, most: float) -> dict[str, str]:
    """Say which libraries are unlike the others of their cells.

    Parameters
    ----------
    expression
        Libraries of one kind of cell; of fewer than six none is judged.
    most
        Distance from the median, in median absolute deviations (scaled to SD), from which on a
        library is told of.

    Returns
    -------
    Words by library, of those that are.
    """
    n = len(expression.libraries)
    if n < _FEWEST_FOR_OUTLIERS:
        return {}
    correlations = np.corrcoef(expression.log_cpm[expression.of_both_sexes].T)
    np.fill_diagonal(correlations, np.nan)
    values = {
        "correlation": np.nanmedian(correlations, axis=1),
        "genes": (expression.counts > 0).mean(axis=0),
        "factor": np.log2(expression.factors),
    }
    words = {
        "correlation": "median correlation with the other libraries",
        "genes": "share of the expressed genes that are seen",
        "factor": "log2 of the TMM factor",
    }
    found: dict[str, list[str]] = {}
    for what, each in values.items():
        middle = np.median(each)
        spread = max(_TO_SD * np.median(np.abs(each - middle)), _LEAST_SPREAD[what])
        distance = (each - middle) / spread
        # to be more like the others than usual, or to show more genes, is no fault
        is_far = np.abs(distance) > most if what == "factor" else distance < -most
        for place in np.flatnonzero(is_far):
            said = f"{words[what]} {each[place]:.3f}, usual {middle:.3f}"
            found.setdefault(expression.libraries[place].name, []).append(said)
    return {
        name: f"Unlike the other libraries of {expression.cell}: {'; '.join(said)}."
        for name, said in found.items()
    }
