"""Expression of the genes that are asked for, and inclusion of exon 10 of CRBN, of each draw."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from correlates.assays.left_out import left_out, place_of
from correlates.assays.normalise import PER_MILLION
from correlates.assays.quality import FAIL, Reason
from correlates.assays.rnaseq.expression import Expression
from correlates.assays.rnaseq.genes import CRBN, SEX_GENES, FoundGene, analyte, find_genes
from correlates.assays.rnaseq.junctions import Inclusion, inclusion_of_draw
from correlates.assays.rnaseq.libraries import Library
from correlates.assays.rnaseq.settings import RnaseqSettings
from correlates.assays.rnaseq.verdicts import FLAGS
from correlates.assays.rows import measurement
from correlates.intervals import garwood

ASSAY = "rnaseq"
LOG2_CPM = "log2_cpm"
_UNIT = "log2 CPM"
_DRAW = ("patient", "visit", "timepoint", "specimen", "cell")
_FULL_LENGTH = "crbn_fl"


def one_library_a_draw(
    libraries: Sequence[Library], reasons: Mapping[str, Mapping[str, Reason]]
) -> tuple[list[Library], list[dict]]:
    """Keep, of several libraries of one draw and cell, the soundest, and of these the deepest.

    Returns
    -------
    The libraries that are measured, and rows of the others. Libraries are not added: a second one
    is made because something was wrong with the first.
    """
    by_draw: dict[tuple, list[Library]] = {}
    for one in libraries:
        if not one.is_control:
            by_draw.setdefault(_draw(one.row), []).append(one)
    kept, others = [], []
    for together in by_draw.values():
        best = min(
            together, key=lambda one: (_worst(reasons[one.name]), -one.assigned_reads, one.name)
        )
        kept.append(best)
        for one in together:
            if one is not best:
                words = f"{best.name} is of the same draw and cells, and is taken."
                whose = (one.row["patient"], one.row["visit"])
                others.append(left_out("library", one.name, words, *whose))
    return kept, others


def _draw(row: Mapping) -> tuple:
    return tuple(row.get(name) or "" for name in _DRAW)


def _worst(reasons: Mapping[str, Reason]) -> tuple[bool, int]:
    return any(one.verdict == FAIL for one in reasons.values()), len(reasons)


def expression_rows(
    libraries: Iterable[Library],
    expressions: Mapping[str, Expression],
    reasons: Mapping[str, Mapping[str, Reason]],
    settings: RnaseqSettings,
) -> list[dict]:
    """Return log2 counts per million of each gene that is asked for, in each library.

    Parameters
    ----------
    libraries
        One a draw and cell.
    expressions
        What each kind of cell was normalised to.
    reasons
        What is wrong with each library.
    settings
        Genes and limits.

    Returns
    -------
    A row a gene and library. Below ``min_cpm`` a gene is below its limit, without any read it is
    not detected; that a gene is not in the matrix says nothing of its expression, and it is not
    evaluable then.
    """
    wanted = {**settings.genes, **SEX_GENES}
    rows = []
    for library in libraries:
        found = {} if library.matrix is None else find_genes(library.matrix, wanted)
        for symbol in wanted:
            if library.matrix is None or library.counted_reads == 0:
                row = _absent(library, symbol, "the library has no counts", ["no_counts"])
            elif symbol not in found:
                row = _absent(library, symbol, "the matrix has no such gene", ["gene_absent"])
            else:
                row = _expressed(library, found[symbol], expressions[library.cell], settings)
            rows.append(_judged(row, reasons[library.name]))
    return rows


def _feature(symbol: str, library: Library) -> str:
    return f"{analyte(symbol)}__{LOG2_CPM}__{library.cell}"


def _absent(library: Library, symbol: str, why: str, flags: list[str]) -> dict:
    row = measurement(
        *(library.row, ASSAY, _feature(symbol, library), None, _UNIT),
        run=library.batch, status="not_evaluable", method=f"not evaluable: {why}", flags=flags,
    )  # fmt: skip
    return row | {"sample": library.name}


def _expressed(
    library: Library, gene: FoundGene, expression: Expression, settings: RnaseqSettings
) -> dict:
    place = next(n for n, one in enumerate(expression.libraries) if one.name == library.name)
    sizes = expression.sizes
    size, prior = sizes[place], settings.prior_count * sizes[place] / sizes.mean()
    count = float(gene.counts(library.matrix)[library.column])

    def scaled(reads):
        return float(np.log2((reads + prior) / (size + 2 * prior) * PER_MILLION))

    low, high = garwood(count)
    limit = float(np.log2(settings.min_cpm))
    status = "ok"
    if count / size * PER_MILLION <= settings.min_cpm:
        status = "nd" if count == 0 else "lt_lloq"
    method = (
        f"log2 CPM, TMM factor {expression.factors[place]:.3f} among {len(expression.libraries)} "
        f"libraries of {library.cell}, prior {settings.prior_count:g}; the interval is of counting"
    )
    row = measurement(
        library.row, ASSAY, _feature(gene.symbol, library),
        limit if status == "nd" else scaled(count), _UNIT,
        run=library.batch, ci_low=scaled(float(low)), ci_high=scaled(float(high)),
        n=round(count), status=status, limit=limit if status != "ok" else None,
        method="; ".join(filter(None, [method, gene.note])),
    )  # fmt: skip
    return row | {"sample": library.name}


def _judged(row: dict, reasons: Mapping[str, Reason]) -> dict:
    """Flag a row with what is wrong with its library; what fails it takes its value."""
    flags = [*row["flags"], *(FLAGS[what] for what in reasons)]
    row = row | {"flags": list(dict.fromkeys(flags))}
    failed = [one.words for one in reasons.values() if one.verdict == FAIL]
    if not failed or row["status"] == "not_evaluable":
        return row
    method = f"not evaluable: {' '.join(failed)}"
    empty = {"value": None, "ci_low": None, "ci_high": None, "limit": None}
    return row | empty | {"status": "not_evaluable", "method": method}


def inclusion_rows(
    junctions: Iterable[Mapping], expressed: Sequence[Mapping], settings: RnaseqSettings
) -> tuple[list[dict], list[dict]]:
    """Return exon inclusion, and full-length CRBN, of each draw of the junctions sheet.

    Parameters
    ----------
    junctions
        Rows of the junctions sheet.
    expressed
        Rows of `expression_rows`, of which total CRBN is taken.
    settings
        ``crbn``.

    Returns
    -------
    Measurements, and rows of the sheet that none is made of. Full-length CRBN is total CRBN times
    the inclusion; it stands only where both could be evaluated.
    """
    by_draw: dict[tuple, list[Mapping]] = {}
    unused = []
    for one in junctions:
        whose = (one.get("patient") or "", one.get("visit") or "")
        if (one["gene"] or "").upper() == CRBN:
            by_draw.setdefault(_draw(one), []).append(one)
        else:
            item = f"{one['gene']} {one['junction']}, {place_of(one)}"
            unused.append(left_out("junction", item, "Only CRBN is asked for.", *whose))
    totals = {(*_key(one), one["feature"]): one for one in expressed}
    rows = []
    for together in by_draw.values():
        found, without = inclusion_of_draw(together, settings.crbn)
        first = together[0]
        cell = Library("", first).cell
        rows.append(_inclusion_row(first, cell, found, settings))
        total = totals.get((*_key(rows[-1]), f"{analyte(CRBN)}__{LOG2_CPM}__{cell}"))
        if total is not None:
            rows.append(_full_length(total, found, cell))
        for one, why in without:
            item = f"CRBN {one['junction']}, {place_of(one)}"
            whose = (one.get("patient") or "", one.get("visit") or "")
            unused.append(left_out("junction", item, f"{why}.", *whose))
    return rows, unused


def _key(row: Mapping) -> tuple:
    return tuple(row[name] for name in ("patient", "visit", "timepoint", "specimen"))


def _inclusion_row(draw: Mapping, cell: str, found: Inclusion, settings: RnaseqSettings) -> dict:
    names = settings.crbn
    method = (
        f"PSI of exon 10: I / (I + J), I the mean of {names.upstream} and {names.downstream}, J "
        f"{names.skipping}; exons of {names.transcript}; Clopper-Pearson on I of I + J"
    )
    flags = ["composition_confounded"] if cell in ("pbmc", "wb") else []
    flags += ["junctions_unbalanced"] if found.is_unbalanced else []
    flags += ["few_junction_reads"] if found.reason else []
    is_known = not found.reason
    return measurement(
        draw, ASSAY, f"crbn__psi10__{cell}", found.value if is_known else None, "1",
        ci_low=found.low if is_known else None, ci_high=found.high if is_known else None,
        n=found.n_reads, status="ok" if is_known else "not_evaluable",
        method=method if is_known else f"not evaluable: {found.reason}", flags=flags,
    )  # fmt: skip


def _full_length(total: Mapping, found: Inclusion, cell: str) -> dict:
    """Return total CRBN times inclusion, in log2; its interval holds the doubt of both."""
    feature = f"{_FULL_LENGTH}__{LOG2_CPM}__{cell}"
    row = dict(total) | {"feature": feature, "n": found.n_reads}
    if total["status"] != "ok" or found.reason:
        why = "total CRBN has no value" if total["status"] != "ok" else found.reason
        empty = {"value": None, "ci_low": None, "ci_high": None, "limit": None}
        return row | empty | {"status": "not_evaluable", "method": f"not evaluable: {why}"}
    method = "total CRBN times PSI of exon 10; the interval adds those of both"
    with np.errstate(divide="ignore"):
        value, low, high = (float(np.log2(one)) for one in (found.value, found.low, found.high))
    if found.value == 0:
        limit = total["value"] + high
        absent = {"value": limit, "limit": limit, "status": "nd", "ci_low": None, "ci_high": None}
        return row | absent | {"method": f"{method}; no read includes the exon"}
    # the doubts are independent, so their lengths add as squares
    below = np.hypot(value - low, total["value"] - total["ci_low"]) if found.low > 0 else None
    above = np.hypot(high - value, total["ci_high"] - total["value"])
    middle = total["value"] + value
    return row | {
        "value": middle,
        "ci_low": None if below is None else float(middle - below),
        "ci_high": float(middle + above),
        "method": method,
    }
