"""Readings of the tubes of flow: probe, its background, and total, on the gated target cells."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from correlates.assays.occupancy.formulas import Signal
from correlates.assays.occupancy.readings import FLOW, MESF, MFI, Reading
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.intake.acquisitions import PROBE, PROBE_BACKGROUND, TOTAL

# Width of the interval of a median in standard errors.
_WIDTH = 2 * 1.959964
_PLACE = ("patient", "visit", "timepoint", "specimen", "sample", "panel", "batch", "role")


@dataclass(frozen=True)
class _Tube:
    """The median of one marker on one population of one tube."""

    median: float
    se: float
    n: int
    is_usable: bool
    flags: tuple[str, ...]
    acquisition: str
    mesf: Signal | None

    @property
    def calibrated(self) -> "_Tube":
        """The same in MESF."""
        return replace(self, median=self.mesf.value, se=self.mesf.se)


def flow_readings(
    rows: Iterable[Mapping[str, str]], settings: OccupancySettings
) -> tuple[list[Reading], list[Reading]]:
    """Return what the tubes of each draw show of each target.

    Parameters
    ----------
    rows
        Rows of ``probe_tubes.tsv``; every value is text.
    settings
        The config's.

    Returns
    -------
    Readings of patients and of untreated donors. A draw that lacks a tube has its reading, with
    what is missing among its faults. Signals are in MESF where all tubes of a patient are
    calibrated, else as read.
    """
    draws: dict[tuple, dict[tuple, _Tube]] = {}
    of_draw: dict[tuple, Mapping] = {}
    for row in rows:
        place = tuple(row[name] or "" for name in _PLACE)
        of_draw.setdefault(place, row)
        key = row["tube"], row["population"], row["marker"].strip().lower()
        draws.setdefault(place, {})[key] = _tube_of(row)
    uncalibrated = {
        _whose(of_draw[place])
        for place, tubes in draws.items()
        if any(tube.mesf is None for tube in tubes.values())
    }
    readings = [
        _reading(of_draw[place], _in_unit(tubes, unit), (target, cell, unit), settings)
        for place, tubes in draws.items()
        for unit in (MFI if _whose(of_draw[place]) in uncalibrated else MESF,)
        for target, cells in settings.cells.items()
        for cell in cells
        if any(population == cell for _, population, _ in tubes)
    ]
    spread, of_total = (
        background_sd(readings, part, settings.min_backgrounds) for part in ("bg", "total_bg")
    )
    readings = [_with_limits(one, spread, of_total, settings) for one in readings]
    return [one for one in readings if one.patient], [one for one in readings if not one.patient]


def background_sd(readings: Iterable[Reading], part: str, fewest: int) -> dict[tuple, float]:
    """Return by how much the background varies from tube to tube within a patient.

    Parameters
    ----------
    readings
        Of all draws.
    part
        ``bg`` of the free signal, or ``total_bg``.
    fewest
        Fewest degrees of freedom.

    Returns
    -------
    By target, cell and unit the pooled standard deviation of the backgrounds about their patient's
    mean, so that what patients differ by is no noise; nothing where there are too few.
    """
    found: dict[tuple, dict[str, list[float]]] = {}
    for one in readings:
        if one.parts.get(part) is not None and "unfit_tube" not in one.faults:
            whose = one.patient or one.sample.removesuffix(f"_{one.run}")
            of = found.setdefault((one.target, one.cell, one.unit), {})
            of.setdefault(whose, []).append(one.parts[part])
    spread = {}
    for place, patients in found.items():
        freedom = sum(len(values) - 1 for values in patients.values())
        if freedom < fewest:
            continue
        squares = sum(
            (value - sum(values) / len(values)) ** 2
            for values in patients.values()
            for value in values
        )
        spread[place] = math.sqrt(squares / freedom)
    return spread


def _whose(row: Mapping[str, str]) -> str:
    """Return the patient, or the donor in this batch: what one series is made of."""
    return row["patient"] or row["sample"]


def _in_unit(tubes: Mapping[tuple, _Tube], unit: str) -> Mapping[tuple, _Tube]:
    return {key: tube.calibrated if unit == MESF else tube for key, tube in tubes.items()}


def _centre(row: Mapping[str, str], names: Iterable[str]) -> Signal | None:
    """Return a median with its standard error, from its interval at 95 %."""
    middle, low, high = (_number(row[name]) for name in names)
    if middle is None:
        return None
    return Signal(middle, (high - low) / _WIDTH if None not in (low, high) else 0.0)


def _tube_of(row: Mapping[str, str]) -> _Tube:
    centre = _centre(row, ("median", "low", "high"))
    median = None if centre is None else centre.value
    return _Tube(
        math.nan if median is None else median,
        0.0 if centre is None else centre.se,
        int(float(row["n"] or 0)),
        row["usable"] == "yes" and median is not None,
        tuple(filter(None, row["flags"].split(";"))),
        row["acquisition"],
        _centre(row, ("mesf", "mesf_low", "mesf_high")),
    )


def _reading(
    row: Mapping,
    tubes: Mapping[tuple, _Tube],
    what: tuple[str, str, str],
    settings: OccupancySettings,
) -> Reading:
    target, cell, unit = what
    probe, total = settings.probe.get(target, ""), settings.total.get(target, "")
    found = {
        "free": tubes.get((PROBE, cell, probe.lower())),
        "bg": tubes.get((PROBE_BACKGROUND, cell, probe.lower())),
        "total": tubes.get((TOTAL, cell, total.lower())),
        # The tube without the antibody to the target is the blank of its channel.
        "total_bg": tubes.get((PROBE_BACKGROUND, cell, total.lower())),
    }
    there = {name: tube for name, tube in found.items() if tube is not None}
    fewest = min((tube.n for tube in there.values()), default=0)
    faults = list(_faults(found, fewest, settings.min_target_events))
    specificity = settings.probe_specificity.get(target, "unknown")
    return Reading(
        **{name: row[name] or "" for name in ("patient", "visit", "timepoint", "specimen")},
        sample=row["sample"],
        day=_number(row["day"]),
        hours=_number(row["hours_post_dose"]),
        target=target,
        cell=cell,
        assay=FLOW,
        run=row["batch"] or row["panel"],
        unit=unit,
        free=_net(found["free"], found["bg"]),
        total=_net(found["total"], found["total_bg"]),
        n=fewest,
        specificity=specificity,
        faults=tuple(faults),
        flags=_flags_of(there.values()),
        parts={name: tube.median for name, tube in there.items()}
        | {"tubes": ";".join(dict.fromkeys(tube.acquisition for tube in there.values()))},
    )


def _faults(found: Mapping[str, _Tube | None], fewest: int, floor: int) -> Iterator[str]:
    for name, fault in (("free", "no_probe_tube"), ("bg", "no_background_tube")):
        if found[name] is None:
            yield fault
    there = [tube for tube in found.values() if tube is not None]
    if not all(tube.is_usable for tube in there):
        yield "unfit_tube"
    if fewest < floor:
        yield "few_target_cells"


def _flags_of(tubes: Iterable[_Tube]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(flag for tube in tubes for flag in tube.flags))


def _net(signal: _Tube | None, background: _Tube | None) -> Signal | None:
    if signal is None or background is None:
        return None
    return Signal(signal.median - background.median, math.hypot(signal.se, background.se))


def _with_limits(
    one: Reading,
    spread: Mapping[tuple, float],
    of_total: Mapping[tuple, float],
    settings: OccupancySettings,
) -> Reading:
    """Give a reading the limits that follow from its backgrounds."""
    place = one.target, one.cell, one.unit
    sd, sd_total = spread.get(place), of_total.get(place)
    flags = (*one.flags, "lloq_of_background")
    if sd is None and one.free is not None:
        # Too few tubes to tell what they vary by: the events' own error is the least there is.
        sd, flags = one.free.se, (*one.flags, "lloq_of_events_only")
    if not sd:
        return one
    total = settings.lloq_sd * sd_total if sd_total else None
    lloq = settings.lloq_sd * sd
    return replace(one, bg_sd=sd, lloq_free=lloq, lloq_total=total, flags=flags)


def _number(text: str) -> float | None:
    return float(text) if text not in ("", None) else None
