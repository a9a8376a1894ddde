"""Verdicts on plates and samples, and the wells of the layout."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from correlates.assays.quality import FAIL, FLAG, PASS, Reason, run_row, sample_row, verdict_of
from correlates.assays.soluble.plates import (
    ASSAY,
    CONTROL,
    STANDARD,
    PlateVerdict,
    Well,
    control_recoveries,
    draw_key,
)
from correlates.assays.soluble.wells import Result


@dataclass(frozen=True)
class Measured:
    """One marker of one sample on one plate."""

    row: Mapping
    analyte: str
    plate: str
    result: Result


def run_rows(wells: Sequence[Well], verdicts: Mapping[tuple[str, str], PlateVerdict]) -> list[dict]:
    """Return one row a plate; a plate of which some markers can be used is flagged, not failed.

    Parameters
    ----------
    wells
        All rows of the sheets that could be read.
    verdicts
        On each marker of each plate.
    """
    rows = []
    for plate in dict.fromkeys(one.plate for one in wells if one.plate):
        own = [one for one in wells if one.plate == plate]
        analytes = list(dict.fromkeys(one.analyte for one in own))
        reasons = [one for name in analytes for one in verdicts[plate, name].reasons]
        failed = [name for name in analytes if verdicts[plate, name].refusal]
        if failed and len(failed) < len(analytes):
            # the plate is used for its other markers
            reasons = [Reason(FLAG, one.words) for one in reasons]
        n = len({draw_key(one.row) for one in own if one.role == "sample"})
        rows.append(run_row(ASSAY, plate, reasons, n, _details(own, analytes, verdicts)))
    return rows


def _details(
    own: Sequence[Well],
    analytes: Sequence[str],
    verdicts: Mapping[tuple[str, str], PlateVerdict],
) -> str:
    said = []
    for name in analytes:
        verdict = verdicts[own[0].plate, name]
        recovered = control_recoveries(one for one in own if one.analyte == name)
        words = ", ".join(f"{control} {value:.0f} %" for control, value in recovered.items())
        words = f"recovery {words}" if words else "no controls"
        if verdict.scatter:
            words += f"; replicates differ by {100 * verdict.scatter[0]:.0f} %"
        said.append(f"{name}: {words}")
    return ". ".join(said)


def sample_rows(measured: Iterable[Measured]) -> list[dict]:
    """Return one row a sample and plate: it fails if none of its markers can be evaluated."""
    return [
        sample_row(ASSAY, plate, of[0].row, _reasons(of))
        for (plate, _), of in _by_sample(measured).items()
    ]


def _by_sample(measured: Iterable[Measured]) -> dict[tuple, list[Measured]]:
    groups = defaultdict(list)
    for one in measured:
        groups[one.plate, draw_key(one.row)].append(one)
    return groups


def _reasons(of: Sequence[Measured]) -> list[Reason]:
    verdict = FLAG if any(one.result.is_evaluable for one in of) else FAIL
    return [
        Reason(verdict, f"{one.analyte}: {reason.words}")
        for one in of
        for reason in one.result.reasons
    ]


def drawn_wells(wells: Sequence[Well], measured: Iterable[Measured]) -> list[dict]:
    """Return the wells of the plates, each by how high its markers are.

    Samples beside the medians of their markers over all samples, controls and standards beside
    their nominal values, blanks without a value: so one scale shows drift and edges.
    """
    medians = {
        name: _median(_logs(one for one in wells if (one.analyte, one.role) == (name, "sample")))
        for name in {one.analyte for one in wells}
    }
    verdicts = {key: verdict_of(_reasons(of))[0] for key, of in _by_sample(measured).items()}
    places = defaultdict(list)
    for one in wells:
        if one.plate and one.row.get("well"):
            places[one.plate, one.row["well"]].append(one)
    drawn = []
    for (plate, well), of in places.items():
        heights = [height for one in of for height in _height(one, medians[one.analyte])]
        verdict = verdicts.get((plate, draw_key(of[0].row)), PASS)
        drawn.append(
            {"run": plate, "well": well, "value": _median(heights), "kind": of[0].role}
            | {"verdict": verdict if of[0].role == "sample" else PASS}
        )
    return drawn


def _height(well: Well, median: float | None) -> list[float]:
    """Return the logarithm of a well over what it is held against; nothing without that."""
    nominal = well.reading.expected
    if well.role in (CONTROL, STANDARD):
        reference = math.log2(nominal) if nominal else None
    else:
        reference = median if well.role == "sample" else None
    return [] if reference is None else [log - reference for log in _logs([well])]


def _logs(wells: Iterable[Well]) -> list[float]:
    return [
        math.log2(one.reading.value)
        for one in wells
        if one.reading.value is not None and one.reading.value > 0
    ]


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
