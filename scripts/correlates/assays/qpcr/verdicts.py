"""Verdicts on samples and wells, and what calibrators and positive controls vary by."""

from collections.abc import Iterable, Mapping, Sequence

from correlates.assays.qpcr.measure import ASSAY, SampleValues
from correlates.assays.qpcr.negatives import NO_RT, NTC
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.ratios import log2_quantity
from correlates.assays.qpcr.replicates import MEASURED, UNUSABLE
from correlates.assays.quality import (
    FAIL,
    FLAG,
    LOG2,
    Reason,
    control_row,
    sample_row,
)


def sample_rows(measured: Sequence[SampleValues], plates: Plates) -> list[dict]:
    """Judge every sample, and each of its targets that has something against it.

    Parameters
    ----------
    measured
        Values of all samples.
    plates
        Their plates.

    Returns
    -------
    A row for the sample as a whole, and one for each target that is flagged or not evaluable.
    """
    rows = []
    for one in measured:
        on = sorted({plate for plate, _, name in plates.groups if name == one.sample})
        run, draw = " ".join(on), dict(one.draw) | {"sample": one.sample}
        own = [reason for check in one.checks for reason in check.reasons]
        if not one.values:
            own.append(Reason(FLAG, "No target gene was measured in it."))
        targets = [
            sample_row(ASSAY, run, draw, reasons, item=gene)
            for gene, value in one.values.items()
            if (reasons := list(_of_value(value)))
        ]
        rows += [sample_row(ASSAY, run, draw, own), *targets]
    return rows


_WELL_FLAGS: Mapping[str, str] = {
    "well_dropped": "One well was dropped: it alone disagreed.",
    "well_undetermined": "One well is undetermined and does not count.",
    "few_wells": "Fewer wells than planned.",
    "outside_standard_curve": "The Cq is outside its standard curve.",
    "undetermined": "Undetermined: below the limit of detection.",
    "well_far_above_lod": "Yet one well came up well before the limit of detection: repeat it.",
}


def _of_value(value) -> Iterable[Reason]:
    if value.status == "not_evaluable":
        yield Reason(FAIL, f"Not evaluable: {value.reason.rstrip('.')}.")
    for flag, words in _WELL_FLAGS.items():
        if flag in value.flags:
            yield Reason(FLAG, words)


def calibrator_rows(plates: Plates, max_cv_pct: float) -> list[dict]:
    """Say by how much calibrators, before they calibrate, and positive controls vary by plate.

    Parameters
    ----------
    plates
        All plates.
    max_cv_pct
        Largest CV of a quantity that passes.

    Returns
    -------
    One row a gene and control, of log2 quantities by the gene's efficiency.
    """
    values: dict[tuple[str, str], list[float]] = {}
    for (_, gene, name), group in (plates.calibrators | plates.positives).items():
        efficiency = plates.series[gene].efficiency
        if group.state == MEASURED and efficiency.value is not None:
            quantity = log2_quantity(efficiency.log2, group.cq)
            values.setdefault((gene, name), []).append(quantity)
    return [
        control_row(ASSAY, gene, name, quantities, max_cv_pct, scale=LOG2)
        for (gene, name), quantities in values.items()
    ]


def well_verdicts(plates: Plates) -> list[dict]:
    """Return every well as the layout of its plate shows it."""
    shown = []
    for row in plates.wells:
        key = (row["plate"], row["gene"], row["sample"])
        group = plates.groups.get(key) or plates.calibrators.get(key)
        is_negative = row["task"] in (NTC, NO_RT)
        verdict = "pass"
        if is_negative:
            verdict = "pass" if _is_clear(plates, row) else "fail"
        elif group is not None and row["task"] in ("sample", "ipc"):
            verdict = "fail" if group.state == UNUSABLE else "pass"
            verdict = "flag" if row["well"] == group.dropped else verdict
        shown.append(
            {
                "run": row["plate"],
                "well": row["well"],
                "value": row["cq"],
                "verdict": verdict,
                "kind": row["task"],
            }
        )
    return shown


def _is_clear(plates: Plates, row: Mapping) -> bool:
    return all(
        one.is_clear
        for one in plates.negatives
        if (one.plate, one.gene, one.kind) == (row["plate"], row["gene"], row["task"])
    )
