"""Verdicts on plates and samples, and what the inter-plate calibrators vary by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from correlates.assays.qpcr.measure import ASSAY, SampleValues
from correlates.assays.qpcr.negatives import NO_RT, NTC
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.ratios import log2_quantity
from correlates.assays.qpcr.references import ReferenceChoice
from correlates.assays.qpcr.replicates import MEASURED, UNUSABLE
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.quality import (
    FAIL,
    FLAG,
    LOG2,
    Reason,
    control_row,
    run_row,
    sample_row,
)


def plate_rows(
    plates: Plates, choices: Sequence[ReferenceChoice], settings: QpcrSettings
) -> list[dict]:
    """Judge every plate.

    Parameters
    ----------
    plates, choices, settings
        As of `measure_samples`.

    Returns
    -------
    One row a plate. It fails where a negative control comes too near, its calibrator is missing or
    too many groups of wells are unusable; what of it is still good keeps its values.
    """
    rows = []
    for plate in plates.names:
        genes = sorted({row["gene"] for row in plates.wells if row["plate"] == plate})
        reasons = [
            *_of_negatives(plates, plate, genes),
            *_of_efficiencies(plates, plate, genes),
            *_of_calibrators(plates, plate, genes),
            *_of_groups(plates, plate, settings.replicates["max_failed_groups_pct"]),
            *_of_scatter(plates, plate, genes, settings.replicates["max_sd"]),
            *(Reason(FLAG, words) for choice in choices for words in _of_choice(choice, genes)),
        ]
        samples = {name for of, _, name in plates.groups if of == plate}
        rows.append(run_row(ASSAY, plate, reasons, len(samples), _details(plates, plate, genes)))
    return rows


def _of_choice(choice: ReferenceChoice, genes: Sequence[str]) -> Iterable[str]:
    if not {*choice.panel.targets, *choice.panel.normalisers} & set(genes):
        return
    if choice.refusal:
        yield f"{choice.refusal}."
    yield from choice.warnings
    for gene, why in choice.not_used.items():
        yield f"Reference {gene} is not used: {why}."


def _of_negatives(plates: Plates, plate: str, genes: Sequence[str]) -> Iterable[Reason]:
    own = [one for one in plates.negatives if one.plate == plate]
    for one in own:
        if not one.is_clear:
            gap = "and no sample was measured" if one.gap is None else f"{one.gap:.1f} cycles after"
            of = f" of {one.sample}" if one.sample else ""
            words = f"{one.kind}{of} of {one.gene} comes up at Cq {one.cq:.1f}, {gap}"
            words += "." if one.gap is None else " the weakest sample: too near."
            # what is in one sample only is held against that sample only
            yield Reason(FLAG if one.gap is None or one.sample else FAIL, words)
    with_ntc = {one.gene for one in own if one.kind == NTC}
    sampled = {gene for of, gene, _ in plates.groups if of == plate}
    bare = [gene for gene in genes if gene in sampled and gene not in with_ntc]
    if bare:
        yield Reason(FLAG, f"No well without template (ntc) of {', '.join(bare)}.")
    if sampled and not any(one.kind == NO_RT for one in own):
        yield Reason(FLAG, "No well without reverse transcriptase (no_rt).")


def _of_efficiencies(plates: Plates, plate: str, genes: Sequence[str]) -> Iterable[Reason]:
    for gene in genes:
        efficiency = plates.series[gene].efficiency
        on_plate = any(of == plate for of, _ in plates.series[gene].groups)
        if on_plate and not efficiency.is_accepted:
            yield Reason(FLAG, f"{gene} has no value: {efficiency.reason}.")


def _of_calibrators(plates: Plates, plate: str, genes: Sequence[str]) -> Iterable[Reason]:
    lacking, several = [], []
    for gene in genes:
        series = plates.series[gene]
        of = {name for name, _ in series.groups}
        if plate not in of:
            continue
        if series.has_calibrators and plate not in series.levels:
            lacking.append(gene)
        elif not series.has_calibrators and len(of) > 1:
            several.append(gene)
    if lacking:
        words = (
            f"No usable inter-plate calibrator (ipc) of {', '.join(lacking)}: they have no value."
        )
        yield Reason(FAIL, words)
    if several:
        words = f"No inter-plate calibrator of {', '.join(several)}, which are on several plates."
        yield Reason(FLAG, words)


def _of_groups(plates: Plates, plate: str, most_pct: float) -> Iterable[Reason]:
    own = {key: one for key, one in plates.groups.items() if key[0] == plate}
    failed = [key for key, one in own.items() if one.state == UNUSABLE]
    if failed:
        share = 100 * len(failed) / len(own)
        counts = Counter(gene for _, gene, _ in failed)
        named = ", ".join(f"{gene} {n}" for gene, n in sorted(counts.items()))
        words = f"{len(failed)} of {len(own)} groups of wells ({share:.0f} %) unusable: {named}."
        yield Reason(FAIL if share > most_pct else FLAG, words)


def _of_scatter(
    plates: Plates, plate: str, genes: Sequence[str], max_sd: float
) -> Iterable[Reason]:
    """Name genes whose wells scatter as a rule by more than single groups may."""
    for gene in genes:
        series = plates.series[gene]
        is_here = any(of == plate for of, _ in series.groups)
        if is_here and series.scatter and series.scatter.sd > max_sd:
            words = (
                f"Wells of {gene} scatter by {series.scatter.sd:.2f} cycles over all plates: "
                f"groups that agree within {max_sd:g} do so by chance."
            )
            yield Reason(FLAG, words)


def _details(plates: Plates, plate: str, genes: Sequence[str]) -> str:
    """Tell the numbers of a plate: the efficiency of each gene and the gap of its controls."""
    gaps = {one.gene: one.gap for one in plates.negatives if one.plate == plate and one.kind == NTC}
    told = []
    for gene in genes:
        value = plates.series[gene].efficiency.value
        parts = [f"E {value:.3f}"] if value else []
        gap = gaps.get(gene)
        if gene in gaps:
            clear = gap is None or gap == float("inf")
            parts.append("NTC undetermined" if clear else f"NTC +{gap:.1f}")
        told.append(f"{gene} {' '.join(parts)}".strip())
    return "; ".join(told)


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
}


def _of_value(value) -> Iterable[Reason]:
    if value.status == "not_evaluable":
        yield Reason(FAIL, f"Not evaluable: {value.reason}.")
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
