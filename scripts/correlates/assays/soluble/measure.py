"""All of the soluble sheets: values, verdicts, how each marker is handled, what gave no value."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scipy.special import stdtrit

from correlates.assays.left_out import row_left_out
from correlates.assays.rows import measurement
from correlates.assays.soluble.handling import handling_rows
from correlates.assays.soluble.plates import (
    ASSAY,
    PlateVerdict,
    Well,
    control_rows,
    draw_key,
    judge_plate,
)
from correlates.assays.soluble.settings import B2M, IMMUNOGLOBULIN, SolubleSettings
from correlates.assays.soluble.units import Unreadable, read_row
from correlates.assays.soluble.verdicts import Measured, drawn_wells, run_rows, sample_rows
from correlates.assays.soluble.wells import OK, Result, settle

_CONFIDENCE = 0.95
_IVIG_IS = "igg"


@dataclass
class SolubleResults:
    """What comes of the sheets.

    Parameters
    ----------
    measurements, left_out, runs, samples, controls
        Rows of the tables that every assay writes.
    handling
        Rows of `handling.COLUMNS`.
    wells
        What `layouts.draw_plates` draws.
    """

    measurements: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    samples: list[dict] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)
    handling: list[dict] = field(default_factory=list)
    wells: list[dict] = field(default_factory=list)


def measure_soluble(
    rows: Iterable[Mapping], refused: Iterable[Mapping], settings: SolubleSettings
) -> SolubleResults:
    """Measure every marker in every sample.

    Parameters
    ----------
    rows, refused
        Good rows of the sheets, and those that were left out when they were read.
    settings
        The config's block.

    Returns
    -------
    One measurement a draw and marker, also of what is not evaluable.
    """
    found = SolubleResults()
    wells = _read(rows, settings, found)
    verdicts = _judge(wells, settings)
    measured = [
        _measure(group, verdicts[group[0].plate, group[0].analyte], settings)
        for group in _grouped(wells)
    ]
    chosen = _one_a_draw(measured)
    units = {of.analyte: settings.analyte(of.analyte).unit for of in chosen}
    found.measurements = [
        _row(one, verdicts[one.plate, one.analyte], units[one.analyte]) for one in chosen
    ]
    found.measurements += _clearances(chosen, settings)
    found.left_out += [_refused(row) for row in refused]
    found.runs = run_rows(wells, verdicts)
    found.samples = sample_rows(measured)
    found.controls = control_rows(wells, settings.plates["max_cv_pct"])
    found.handling = handling_rows(
        (row for row in found.measurements if "__conc__" in row["feature"]), settings.censoring
    )
    found.wells = drawn_wells(wells, measured)
    return found


def _read(rows: Iterable[Mapping], settings: SolubleSettings, found: SolubleResults) -> list[Well]:
    """Read every row; what has no marker, no unit or no specimen is listed."""
    wells = []
    for row in rows:
        analyte = settings.analyte(row["analyte"])
        if analyte is None:
            reason = (
                f"{row['analyte']} is in no panel of the config: name it under soluble: panels, or "
                "give its other name under soluble: names"
            )
            found.left_out.append(_left_out(row, reason))
            continue
        if row.get("patient") and not row.get("specimen"):
            reason = "nothing tells whether it is plasma or serum: give the specimen"
            found.left_out.append(_left_out(row, reason))
            continue
        try:
            wells.append(Well(row, analyte.key, read_row(row, analyte.unit)))
        except Unreadable as error:
            found.left_out.append(_left_out(row, str(error)))
    return wells


def _left_out(row: Mapping, reason: str) -> dict:
    return row_left_out("soluble marker", str(row.get("analyte") or ""), reason, row)


def _refused(row: Mapping) -> dict:
    return _left_out(row, "the row was refused; the list of problems says why")


def _judge(wells: Sequence[Well], settings: SolubleSettings) -> dict[tuple[str, str], PlateVerdict]:
    groups = defaultdict(list)
    for one in wells:
        groups[one.plate, one.analyte].append(one)
    return {
        (plate, analyte): judge_plate(of, analyte, settings.plates) if plate else PlateVerdict()
        for (plate, analyte), of in groups.items()
    }


def _grouped(wells: Iterable[Well]) -> list[list[Well]]:
    groups = defaultdict(list)
    for one in wells:
        if one.role == "sample":
            groups[one.plate, one.analyte, draw_key(one.row)].append(one)
    return list(groups.values())


def _measure(group: Sequence[Well], verdict: PlateVerdict, settings: SolubleSettings) -> Measured:
    readings = [one.reading for one in group]
    result = settle([one.row for one in group], readings, settings.wells, verdict.limits)
    if verdict.refusal and result.is_evaluable:
        result = result.refused("controls_failed", verdict.refusal)
    first = group[0]
    panel = settings.analyte(first.analyte).panel
    if panel == IMMUNOGLOBULIN:
        result = _without_infused(result, first, settings.ivig_weeks)
    if panel == B2M:
        result = _with_kidneys(result, first.row, settings.min_crcl_ml_min)
    return Measured(first.row, first.analyte, first.plate, result)


def _without_infused(result: Result, well: Well, weeks: float) -> Result:
    """Refuse IgG that was infused; IgA and IgM are not in the infusions, and stay."""
    last, day = well.row.get("last_ivig_day"), well.row.get("study_day")
    if well.analyte != _IVIG_IS or last is None or not result.is_evaluable:
        return result
    if day is None:
        words = "Immunoglobulin was infused, and the day of the draw is not known."
        return result.refused("ivig_day_unknown", words)
    if 0 <= day - last < 7 * weeks:
        words = f"Immunoglobulin was infused {day - last:g} days before, within {weeks:g} weeks."
        return result.refused("ivig_within_window", words)
    return result


def _with_kidneys(result: Result, row: Mapping, least: float) -> Result:
    clearance = row.get("crcl_ml_min")
    if clearance is None:
        return result.marked("crcl_unknown", "Creatinine clearance at the draw is not given.")
    if clearance < least:
        words = f"Creatinine clearance {clearance:g} mL/min is below {least:g}."
        return result.marked("low_crcl", words)
    return result


def _one_a_draw(measured: Iterable[Measured]) -> list[Measured]:
    """Return one result a draw and marker; two that can be evaluated are none: nothing chooses."""
    groups = defaultdict(list)
    for one in measured:
        groups[one.analyte, draw_key(one.row)].append(one)
    chosen = []
    for of in groups.values():
        good = [one for one in of if one.result.is_evaluable]
        if len(good) < 2:
            chosen.append((good or of)[0])
            continue
        plates = " and ".join(one.plate or "no plate" for one in good)
        words = f"Measured on {plates}: leave all but the valid one out of the sheets."
        refused = good[0].result.refused("measured_twice", words)
        chosen.append(Measured(good[0].row, good[0].analyte, good[0].plate, refused))
    return chosen


def _row(one: Measured, verdict: PlateVerdict, unit: str) -> dict:
    result = one.result
    low, high = _interval(result, verdict.scatter)
    return measurement(
        one.row,
        ASSAY,
        f"{one.analyte}__conc__{one.row['specimen']}",
        result.value,
        unit,
        run=one.plate,
        ci_low=low,
        ci_high=high,
        n=result.n,
        status=result.status,
        limit=result.limit,
        method="mean of wells" if one.plate else "as reported",
        flags=result.flags,
    )


def _interval(
    result: Result, scatter: tuple[float, int] | None
) -> tuple[float | None, float | None]:
    """Return the interval of the mean by the scatter of all replicates of the plate and marker."""
    if scatter is None or result.status != OK or not result.value or not result.n:
        return None, None
    sd, df = scatter
    half = float(stdtrit(df, (1 + _CONFIDENCE) / 2)) * sd / math.sqrt(result.n)
    return result.value * math.exp(-half), result.value * math.exp(half)


def _clearances(chosen: Iterable[Measured], settings: SolubleSettings) -> list[dict]:
    """Return creatinine clearance at the draw as a feature of its own, to be adjusted for."""
    return [
        measurement(one.row, ASSAY, "crcl__rate", one.row["crcl_ml_min"], "mL/min", n=1)
        for one in chosen
        if settings.analyte(one.analyte).panel == B2M and one.row.get("crcl_ml_min") is not None
    ]
