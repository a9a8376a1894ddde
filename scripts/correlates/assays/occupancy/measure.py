"""From tubes and sheets to measurements of occupancy, quality and what was left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from correlates.assays.left_out import left_out
from correlates.assays.occupancy.flow_tubes import flow_readings
from correlates.assays.occupancy.judging import CENSORED, Occupancy, judged
from correlates.assays.occupancy.mutants import BTK, Mutations
from correlates.assays.occupancy.plates import read_plates
from correlates.assays.occupancy.readings import FLOW, Reading
from correlates.assays.occupancy.runs import (
    blank_reasons,
    control_rows,
    control_values,
    failed_runs,
    run_reasons,
    run_rows,
)
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.assays.occupancy.tables import detail_row, judged_sample, measurement_rows
from correlates.assays.occupancy.words import reasons_of
from correlates.assays.quality import verdict_of


@dataclass
class Results:
    """Everything that the assay writes.

    Parameters
    ----------
    measurements
        Rows of the measurement table.
    occupancies
        One of each draw, target and cell: what the measurements are made of.
    details
        What the measurements are made of, of all readings, also those that another's took the place
        of; columns `correlates.assays.occupancy.tables.DETAILS`.
    left_out, runs, samples, controls
        Rows of these tables.
    wells
        Every well of every plate with its verdict, for the layout.
    """

    measurements: list[dict] = field(default_factory=list)
    occupancies: list[Occupancy] = field(default_factory=list)
    details: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    samples: list[dict] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)
    wells: list[dict] = field(default_factory=list)


def measure(
    tubes: Iterable[Mapping[str, str]],
    rows: Iterable[Mapping],
    mutations: Mutations,
    settings: OccupancySettings,
) -> Results:
    """Measure occupancy.

    Parameters
    ----------
    tubes
        Rows of ``probe_tubes.tsv``.
    rows
        Good rows of the sheets ``occupancy``.
    mutations
        What is known of mutant BTK.
    settings
        The config's.
    """
    of_flow, flow_donors = flow_readings(tubes, settings)
    plates = read_plates(rows, settings)
    donors = [*flow_donors, *plates.donors]
    values = control_values([*plates.controls, *donors])
    reasons = run_reasons(values, settings)
    blanks = {place: one.free for place, one in plates.blanks.items()}
    for place, more in blank_reasons(blanks, plates.readings).items():
        reasons.setdefault(place, []).extend(more)
    failed = failed_runs(reasons)
    readings = [_told(one, failed) for one in (*of_flow, *plates.readings)]
    readings, nameless = _with_cells(readings)
    found = judged(readings, [_told(one, failed) for one in donors], mutations, settings)
    used = _one_of_each_draw(found, settings)
    chosen = set(map(id, used))
    watched = {(one.run, one.assay) for one in (*plates.controls, *donors)}
    verdicts = {id(one): verdict_of(reasons_of(one.flags, one.has_value))[0] for one in found}
    return Results(
        measurements=[row for one in used for row in measurement_rows(one)],
        occupancies=used,
        details=[detail_row(one, id(one) in chosen) for one in found],
        left_out=[*nameless, *_superseded(found, used)],
        runs=run_rows(readings, reasons, plates.replicate_cv, watched),
        samples=[judged_sample(one) for one in found],
        controls=control_rows(values, settings.max_control_cv_pct),
        wells=_judged_wells(plates.wells, found, verdicts, reasons),
    )


def _told(one: Reading, failed: set[tuple[str, str, str]]) -> Reading:
    """Add what a reading's run and reagents mean for it."""
    faults, flags = list(one.faults), list(one.flags)
    if (one.run, one.assay, one.target) in failed:
        faults.append("run_failed")
    if one.specificity == "tec_family":
        flags.append("probe_binds_tec_family")
    elif one.specificity == "unknown":
        flags.append("probe_specificity_unknown")
    if one.target == BTK and one.cell in ("pbmc", "wb") and one.assay != FLOW:
        flags.append("other_cells_in_lysate")
    return replace(one, faults=tuple(faults), flags=tuple(flags))


def _with_cells(readings: Sequence[Reading]) -> tuple[list[Reading], list[dict]]:
    reason = "nothing tells which cells were read: give cell here, or in the sheet of aliquots"
    return [one for one in readings if one.cell], [
        left_out("well", one.parts["tubes"], reason, one.patient, one.visit)
        for one in readings
        if not one.cell
    ]


def _one_of_each_draw(found: Sequence[Occupancy], settings: OccupancySettings) -> list[Occupancy]:
    """Choose one occupancy of each draw, target and cell.

    One that has a value goes first, then the assay that the config prefers, then one whose
    pre-dose sample was on its own run.
    """

    def rank(one: Occupancy) -> tuple:
        crossed = "run_differs_from_pre_dose_uncalibrated" in one.flags
        return not one.has_value, list(settings.assays).index(one.reading.assay), crossed

    best: dict[tuple, Occupancy] = {}
    for one in found:
        key = _key(one)
        if key not in best or rank(one) < rank(best[key]):
            best[key] = one
    return list(best.values())


def _key(one: Occupancy) -> tuple:
    return *one.reading.draw, one.reading.target, one.reading.cell


def _superseded(found: Sequence[Occupancy], used: Sequence[Occupancy]) -> list[dict]:
    chosen = {_key(one): one for one in used}
    rows = []
    for one in found:
        other = chosen[_key(one)]
        if other is one:
            continue
        reading, kept = one.reading, other.reading
        value = f"no value: {', '.join(one.flags)}"
        if one.raw_pct is not None:
            is_bound = one.status == CENSORED
            # Below 100 % always, and not rounded up to it.
            known = min(one.ceiling if is_bound else one.raw_pct, 99.9)
            value = f"above {known:.1f} %" if is_bound else f"{known:.1f} % signed"
        reason = (
            f"{reading.target.upper()} in {reading.cell} ({value}): that of {kept.assay} on run "
            f"{kept.run or 'without a name'} is used"
        )
        item = f"{reading.timepoint}, {reading.assay}, run {reading.run or 'without a name'}"
        rows.append(left_out("reading", item, reason, reading.patient, reading.visit, "superseded"))
    return rows


def _judged_wells(
    wells: Iterable[Mapping], found: Iterable[Occupancy], verdicts: Mapping[int, str], reasons
) -> list[dict]:
    of_well = {}
    for one in found:
        for name in one.reading.parts["tubes"].split(";"):
            of_well[one.reading.run, name, one.reading.target] = verdicts[id(one)]
    judged_wells = []
    for well in wells:
        of_run = reasons.get((well["run"], well["assay"], well["target"]), ())
        verdict = of_well.get((well["run"], well["well"], well["target"]), verdict_of(of_run)[0])
        name = f"{well['run'] or 'run'}, {well['target'].upper()}, free signal"
        judged_wells.append({**well, "run": name, "verdict": verdict})
    return judged_wells
