"""Plates judged by their controls, blanks and standards; limits where the sheet gives none."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from correlates.assays.quality import FAIL, FLAG, Reason, control_row
from correlates.assays.soluble.units import Reading
from correlates.assays.soluble.wells import WITHIN, side_of

ASSAY = "soluble"
CONTROL, BLANK, STANDARD = "control", "blank", "standard"


@dataclass(frozen=True)
class Well:
    """One row of the sheet with what was read of it."""

    row: Mapping
    analyte: str
    reading: Reading

    @property
    def plate(self) -> str:
        """Name of the plate; empty for values that a clinical laboratory reported."""
        return self.row.get("plate") or ""

    @property
    def role(self) -> str:
        """What the row is."""
        return self.row.get("role") or "sample"


@dataclass
class PlateVerdict:
    """What is known of one marker on one plate.

    Parameters
    ----------
    limits
        Lowest and highest standard that is recovered, for rows without limits of their own.
    refusal
        Why no sample has a value, if so.
    reasons
        For the verdict on the plate.
    scatter
        Pooled standard deviation of the natural logarithm between replicate wells, and its
        degrees of freedom; None without replicates.
    """

    limits: tuple[float | None, float | None] = (None, None)
    refusal: str = ""
    reasons: list[Reason] = field(default_factory=list)
    scatter: tuple[float, int] | None = None


def judge_plate(wells: Sequence[Well], analyte: str, settings: Mapping) -> PlateVerdict:
    """Judge one marker on one plate.

    Parameters
    ----------
    wells
        All wells of the plate with this marker.
    analyte
        Its key, for the words.
    settings
        ``recovery_low_pct``, ``recovery_high_pct``, ``min_share_controls``.
    """
    found = PlateVerdict(limits=_limits(wells, settings), scatter=_scatter(wells))
    low, high = settings["recovery_low_pct"], settings["recovery_high_pct"]
    recovered = control_recoveries(wells)
    outside = {name: one for name, one in recovered.items() if not low <= one <= high}
    told = ", ".join(f"{name} {one:.0f} %" for name, one in outside.items())
    if not recovered:
        words = f"{analyte}: no control with an expected value, so its accuracy is not known."
        found.reasons.append(Reason(FLAG, words))
    elif 1 - len(outside) / len(recovered) < settings["min_share_controls"]:
        found.refusal = (
            f"{analyte}: {len(outside)} of {len(recovered)} controls recover outside {low:g} to "
            f"{high:g} % ({told})."
        )
        found.reasons.append(Reason(FAIL, found.refusal))
    elif outside:
        found.reasons.append(Reason(FLAG, f"{analyte}: control {told}."))
    found.reasons += _of_blanks(wells, analyte, found.limits[0])
    return found


def control_recoveries(wells: Iterable[Well]) -> dict[str, float]:
    """Return the recovery of each control in percent, over the mean of its wells."""
    values: dict[str, list] = defaultdict(list)
    for one in wells:
        if one.role == CONTROL and one.reading.expected:
            values[_name(one)].append(100 * (one.reading.value or 0.0) / one.reading.expected)
    return {name: sum(of) / len(of) for name, of in values.items()}


def _name(well: Well) -> str:
    return well.row.get("sample") or "control"


def _limits(wells: Iterable[Well], settings: Mapping) -> tuple[float | None, float | None]:
    """Return the lowest and the highest standard whose wells recover on average."""
    of_level = defaultdict(list)
    for one in wells:
        if one.role == STANDARD and one.reading.expected:
            value = one.reading.value or 0.0
            of_level[one.reading.expected].append(100 * value / one.reading.expected)
    good = [
        level
        for level, of in of_level.items()
        if settings["recovery_low_pct"] <= sum(of) / len(of) <= settings["recovery_high_pct"]
    ]
    return (min(good), max(good)) if good else (None, None)


def _of_blanks(wells: Iterable[Well], analyte: str, low: float | None) -> list[Reason]:
    for one in wells:
        limit = low if one.reading.lloq is None else one.reading.lloq
        value = one.reading.value
        if one.role == BLANK and limit is not None and value is not None and value >= limit:
            words = f"{analyte}: a blank holds {value:g}, not less than the limit {limit:g}."
            return [Reason(FLAG, words)]
    return []


def _scatter(wells: Iterable[Well]) -> tuple[float, int] | None:
    """Pool the variance of the logarithm between replicate wells of samples and controls."""
    groups = defaultdict(list)
    for one in wells:
        is_number = one.reading.value is not None and one.reading.value > 0
        if one.role in ("sample", CONTROL) and is_number and side_of(one.reading) == WITHIN:
            groups[one.role, draw_key(one.row)].append(math.log(one.reading.value))
    squares, df = 0.0, 0
    for logs in groups.values():
        mean = sum(logs) / len(logs)
        squares += sum((one - mean) ** 2 for one in logs)
        df += len(logs) - 1
    return (math.sqrt(squares / df), df) if df else None


def draw_key(row: Mapping) -> tuple:
    """Return what tells one sample from another: its draw, or the name of a control."""
    names = ("patient", "visit", "timepoint", "specimen")
    draw = tuple(row.get(name) or "" for name in names)
    return draw if row.get("patient") else ("", row.get("sample") or "", "", "")


def control_rows(wells: Iterable[Well], max_cv_pct: float) -> list[dict]:
    """Return what each control varies by between plates, over the means of the plates."""
    means: dict[tuple, dict] = defaultdict(lambda: defaultdict(list))
    for one in wells:
        if one.role == CONTROL and one.plate and one.reading.value is not None:
            means[one.analyte, _name(one)][one.plate].append(one.reading.value)
    rows = []
    for (analyte, name), plates in sorted(means.items()):
        values = [sum(of) / len(of) for _, of in sorted(plates.items())]
        rows.append(control_row(ASSAY, analyte, name, values, max_cv_pct))
    return rows
