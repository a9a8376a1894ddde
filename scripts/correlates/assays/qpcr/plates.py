"""Wells of all plates, brought to what is known of each gene: groups, curves, calibrators."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from correlates.assays.left_out import left_out
from correlates.assays.qpcr.calibration import plate_levels
from correlates.assays.qpcr.efficiency import fit_standard_curve, settle_efficiency
from correlates.assays.qpcr.negatives import (
    NO_RT,
    NTC,
    NegativeControl,
    judge_negatives,
    too_close,
)
from correlates.assays.qpcr.quantities import GeneSeries
from correlates.assays.qpcr.replicates import UNUSABLE, Replicates, agree_on, common_scatter
from correlates.assays.qpcr.settings import QpcrSettings

SAMPLE, STANDARD, CALIBRATOR, POSITIVE = "sample", "std", "ipc", "pos"
_OF_DRAW = ("patient", "visit", "timepoint", "specimen", "cell")


@dataclass(frozen=True)
class Plates:
    """What all plates of a study come to.

    ``groups``, ``calibrators`` and ``positives`` (positive controls, which calibrate nothing) are
    replicates by plate, gene and sample; ``draws`` the first row of each sample, which tells whose
    it is.
    """

    wells: Sequence[Mapping]
    series: Mapping[str, GeneSeries]
    groups: Mapping[tuple[str, str, str], Replicates]
    calibrators: Mapping[tuple[str, str, str], Replicates]
    positives: Mapping[tuple[str, str, str], Replicates]
    negatives: Sequence[NegativeControl]
    draws: Mapping[str, Mapping]

    @property
    def names(self) -> list[str]:
        """Names of the plates."""
        return sorted({row["plate"] for row in self.wells})


def sort_wells(rows: Iterable[Mapping], settings: QpcrSettings) -> tuple[list[dict], list[dict]]:
    """Give wells the keys of their genes and samples; list those that are not used.

    Parameters
    ----------
    rows
        Rows of the sheets of kind ``qpcr``.
    settings
        Of the assay.

    Returns
    -------
    Wells to be used, and rows of what was left out. A sample without a name is that of its draw.
    """
    used, unused = [], []
    of_panels = {
        gene for panel in settings.gene_panels for gene in (*panel.targets, *panel.normalisers)
    } | _quality_genes(settings)
    for row in rows:
        gene = settings.gene_names.key(row["gene"])
        well = dict(row) | {"gene": gene, "gene_name": row["gene"], "sample": sample_of(row)}
        reason = _why_unused(well, of_panels)
        if reason:
            item = f"{row['plate']}, well {row['well']}, {row['gene']}"
            patient, visit = row.get("patient") or "", row.get("visit") or ""
            unused.append(left_out("well", item, reason, patient, visit))
        else:
            used.append(well)
    return used, unused


def sample_of(row: Mapping) -> str:
    """Return the name of a row's sample, or that of its draw if it has none."""
    return row.get("sample") or "/".join(str(row[name]) for name in _OF_DRAW if row.get(name))


def _quality_genes(settings: QpcrSettings) -> set[str]:
    names = (settings.haemolysis["marker"], settings.haemolysis["erythroid"])
    return {settings.gene_names.key(name) for name in names}


def _why_unused(well: Mapping, of_panels: set[str]) -> str:
    if well.get("excluded"):
        return "It was taken out at the instrument."
    if well["gene"] not in of_panels:
        return (
            f"{well['gene_name']} is in no panel of the config: name it under qpcr: panels, or "
            "give its other name under qpcr: names."
        )
    if well["task"] == STANDARD and not well.get("std_qty"):
        return "A standard without a quantity (std_qty) tells nothing of the efficiency."
    return ""


def read_plates(wells: Sequence[Mapping], settings: QpcrSettings) -> Plates:
    """Sum up the wells of all plates.

    Parameters
    ----------
    wells
        As `sort_wells` returns them.
    settings
        Of the assay.

    Returns
    -------
    Replicates that agree, or why they do not; the efficiency of each gene, its scatter and the
    level of its calibrators on each plate.
    """
    groups = _groups(wells, SAMPLE, settings)
    calibrators = _groups(wells, CALIBRATOR, settings)
    every = groups | calibrators
    min_gap = settings.negatives["min_gap_cq"]
    negatives = judge_negatives(
        [row for row in wells if row["task"] in (NTC, NO_RT)], every, min_gap
    )
    for key, (code, reason) in too_close(negatives, every, min_gap).items():
        of = groups if key in groups else calibrators
        flags = (*of[key].flags, code)
        of[key] = replace(of[key], state=UNUSABLE, reason=reason, flags=flags)
    genes = sorted({row["gene"] for row in wells})
    series = {gene: _series(gene, wells, groups, calibrators, settings) for gene in genes}
    draws: dict[str, Mapping] = {}
    for row in wells:
        if row["task"] == SAMPLE:
            draws.setdefault(row["sample"], row)
    positives = _groups(wells, POSITIVE, settings)
    return Plates(wells, series, groups, calibrators, positives, negatives, draws)


def _groups(
    wells: Iterable[Mapping], task: str, settings: QpcrSettings
) -> dict[tuple[str, str, str], Replicates]:
    together = defaultdict(list)
    for row in wells:
        if row["task"] == task:
            together[row["plate"], row["gene"], row["sample"]].append(row)
    rules = settings.replicates | {"undetermined_share": settings.undetermined["min_share"]}
    return {
        key: agree_on(
            [row["cq"] for row in rows],
            [row["well"] for row in rows],
            settings.lod_cq(key[1]),
            rules,
        )
        for key, rows in together.items()
    }


def _series(
    gene: str,
    wells: Sequence[Mapping],
    groups: Mapping[tuple, Replicates],
    calibrators: Mapping[tuple, Replicates],
    settings: QpcrSettings,
) -> GeneSeries:
    standards = [row for row in wells if row["gene"] == gene and row["task"] == STANDARD]
    curve = fit_standard_curve(gene, standards)
    own = {(plate, name): one for (plate, of, name), one in groups.items() if of == gene}
    common = {(plate, name): one for (plate, of, name), one in calibrators.items() if of == gene}
    scatter = common_scatter([*own.values(), *common.values()])
    return GeneSeries(
        gene=gene,
        efficiency=settle_efficiency(gene, curve, settings.efficiency, settings.declared),
        groups=own,
        scatter=scatter,
        levels=plate_levels(common, scatter),
        lod_cq=settings.lod_cq(gene),
        has_calibrators=bool(common),
    )
