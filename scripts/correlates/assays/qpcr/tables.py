"""Tables of RT-qPCR beside the measurements: quantities, efficiencies, stability of references."""

import math
from collections.abc import Iterable, Sequence

from correlates.assays.qpcr.measure import SampleValues
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.references import ReferenceChoice
from correlates.assays.qpcr.samples import haemolysis_index, mean_cq
from correlates.assays.qpcr.settings import QpcrSettings

QUANTITY_COLUMNS = (
    *("sample", "patient", "visit", "timepoint", "specimen", "cell", "gene", "plates", "n_wells"),
    *("cq", "log2_cnrq", "se", "df", "ci_low", "ci_high", "status", "limit"),
    *("lowest_by_one_reference", "highest_by_one_reference", "haemolysis_index", "reason", "flags"),
)
EFFICIENCY_COLUMNS = (
    *("gene", "source", "efficiency", "ci_low", "ci_high", "slope", "slope_se", "r2", "n_levels"),
    *("n_wells", "plates", "cq_low", "cq_high", "well_sd", "well_sd_df", "lod_cq"),
    *("accepted", "reason"),
)
STABILITY_COLUMNS = (*("panel", "gene", "rank", "m", "v_next", "n_samples", "used", "reason"),)


def quantity_rows(
    measured: Sequence[SampleValues], plates: Plates, settings: QpcrSettings
) -> Iterable[dict]:
    """Return every value with its error, and what one reference alone would make of it."""
    for one in measured:
        index = haemolysis_index(plates, one.sample, settings)
        for gene, value in one.values.items():
            draw = {name: one.draw.get(name) or "" for name in QUANTITY_COLUMNS[1:6]}
            alone = value.alone.values()
            yield {
                **{"sample": one.sample, "gene": gene, "plates": " ".join(value.plates)},
                **draw,
                **{"n_wells": value.n, "cq": _number(mean_cq(plates, gene, one.sample))},
                **{"log2_cnrq": _number(value.log2), "se": _number(value.se)},
                **{"df": _number(value.df), "ci_low": _number(value.ci_low)},
                **{"ci_high": _number(value.ci_high), "status": value.status},
                "limit": _number(value.limit),
                "lowest_by_one_reference": _number(min(alone, default=None)),
                "highest_by_one_reference": _number(max(alone, default=None)),
                "haemolysis_index": _number(index),
                **{"reason": value.reason, "flags": " ".join(value.flags)},
            }


def efficiency_rows(plates: Plates) -> Iterable[dict]:
    """Return the efficiency of each gene, with the line it comes from."""
    for gene, series in plates.series.items():
        efficiency, curve, scatter = series.efficiency, series.efficiency.curve, series.scatter
        row = {
            **{"gene": gene, "source": efficiency.source, "lod_cq": _number(series.lod_cq)},
            "efficiency": _number(efficiency.value),
            "accepted": "yes" if efficiency.is_accepted else "no",
            "reason": efficiency.reason,
        }
        if scatter:
            row |= {"well_sd": _number(scatter.sd), "well_sd_df": _number(scatter.df)}
        if curve:
            low, high = curve.interval()
            row |= {
                **{"ci_low": _number(low), "ci_high": _number(high)},
                **{"slope": _number(curve.slope), "slope_se": _number(curve.slope_se)},
                **{"r2": _number(curve.r2), "n_levels": curve.n_levels, "n_wells": curve.n_wells},
                "plates": " ".join(curve.intercepts),
                **{"cq_low": _number(curve.cq_low), "cq_high": _number(curve.cq_high)},
            }
        yield row


def stability_rows(choices: Iterable[ReferenceChoice]) -> Iterable[dict]:
    """Return every candidate reference gene, the most stable ones first."""
    for choice in choices:
        stability = choice.stability
        ranked = [*stability.ranking, *(g for g in choice.genes if g not in stability.ranking)]
        ranked += [gene for gene in choice.not_used if gene not in ranked]
        for rank, gene in enumerate(ranked, 1):
            is_ranked = gene in stability.m
            yield {
                **{"panel": choice.panel.name, "gene": gene, "rank": rank if is_ranked else ""},
                "m": _number(stability.m.get(gene)),
                "v_next": _number(stability.v.get(rank)) if is_ranked else "",
                "n_samples": stability.n_samples if is_ranked else "",
                "used": "yes" if gene in choice.genes else "no",
                "reason": choice.not_used.get(gene, ""),
            }


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.6g}"
