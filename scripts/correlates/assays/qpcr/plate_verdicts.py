"""Verdicts on plates: what speaks against one, in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence

from correlates.assays.qpcr.measure import ASSAY
from correlates.assays.qpcr.negatives import NO_RT, NTC
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.references import ReferenceChoice
from correlates.assays.qpcr.replicates import UNUSABLE
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.quality import FAIL, FLAG, Reason, run_row


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
            gap = "and no sample was measured"
            if one.gap is not None:
                gap = f"{abs(one.gap):.1f} cycles {'after' if one.gap >= 0 else 'before'}"
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
