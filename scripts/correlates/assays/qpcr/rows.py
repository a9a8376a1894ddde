"""Rows of the measurement table, of the values of samples."""

from collections.abc import Mapping, Sequence

from correlates.assays.qpcr.measure import ASSAY, STATISTIC, SampleValues
from correlates.assays.qpcr.plates import Plates
from correlates.assays.qpcr.references import ReferenceChoice
from correlates.assays.qpcr.samples import FLUIDS
from correlates.assays.qpcr.settings import QpcrSettings
from correlates.assays.rows import BLOOD, measurement

_BEST_FIRST = ("ok", "lt_lloq", "nd", "not_evaluable")


def feature_of(gene: str, draw: Mapping) -> str:
    """Name the feature: the cells it was measured in, or the fluid, stand at its end."""
    specimen = draw.get("specimen") or ""
    where = draw.get("cell") or (specimen if specimen in FLUIDS else "")
    return "__".join(filter(None, (gene, STATISTIC, where)))


def measurement_rows(
    measured: Sequence[SampleValues],
    choices: Sequence[ReferenceChoice],
    plates: Plates,
    settings: QpcrSettings,
) -> list[dict]:
    """Return one row per draw and gene.

    Parameters
    ----------
    measured, choices, plates, settings
        As of `measure_samples`.

    Returns
    -------
    Rows of the measurement table. Samples of one draw and one kind of cells share a row: the mean
    of those of the best status, flagged; also if others of them lie below a limit.
    """
    together: dict[tuple, list] = {}
    for one in measured:
        for gene, value in one.values.items():
            draw = one.draw
            place = (draw.get("timepoint") or "pre", draw.get("specimen") or BLOOD)
            key = (draw["patient"], draw["visit"], *place, feature_of(gene, draw))
            together.setdefault(key, []).append((one, gene, value))
    of_gene = {gene: choice for choice in choices for gene in choice.panel.targets}
    return [
        _row(
            entries,
            feature,
            method_of(entries[0][1], of_gene[entries[0][1]], plates, settings),
        )
        for (*_, feature), entries in together.items()
    ]


def _row(entries: list[tuple], feature: str, method: str) -> dict:
    status = min((value.status for *_, value in entries), key=_BEST_FIRST.index)
    best = [(one, value) for one, _, value in entries if value.status == status]
    first, value = best[0]
    flags = dict.fromkeys(flag for _, each in best for flag in each.flags)
    numbers = {
        name: _mean([getattr(each, name) for _, each in best])
        for name in ("log2", "ci_low", "ci_high", "limit")
    }
    if len(entries) > 1:
        flags["several_samples_of_the_draw"] = None
    if len({value.status for *_, value in entries} - {"not_evaluable"}) > 1:
        flags["samples_of_the_draw_differ"] = None
    return measurement(
        first.draw,
        ASSAY,
        feature,
        numbers["log2"],
        "1",
        run=" ".join(sorted({plate for _, each in best for plate in each.plates})),
        ci_low=None if status == "nd" else numbers["ci_low"],
        ci_high=None if status == "nd" else numbers["ci_high"],
        n=sum(each.n for _, each in best),
        status=status,
        limit=numbers["limit"],
        method=method,
        flags=list(flags),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def method_of(gene: str, choice: ReferenceChoice, plates: Plates, settings: QpcrSettings) -> str:
    """Say how the values of a gene came about and what they are relative to."""
    series = plates.series[gene]
    efficiency = series.efficiency
    told = f"E {efficiency.value:.3f} {efficiency.source}" if efficiency.value else "no efficiency"
    names = sorted({name for level in series.levels.values() for name in level.calibrators})
    if settings.calibration["calibrator"]:
        base = f"relative to {settings.calibration['calibrator']}"
    elif names:
        base = f"relative to {' + '.join(names)} of the same plate"
    else:
        base = "relative to the references alone"
    kind = "CNRQ" if names else "NRQ"
    return f"log2 {kind} over {choice.words or 'no reference'}; {told}; {base}"
