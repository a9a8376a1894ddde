"""What a draw is compared with: the patient's pre-dose sample, or untreated donors of its run."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from correlates.assays.occupancy.readings import Reading
from correlates.intake.sheets.visits import parse_visit


def is_pre_dose(reading: Reading, visits: Sequence[str]) -> bool:
    """Tell whether a draw was before the first dose of ibrutinib.

    The recorded day decides, since the first dose is day 1; where there is none, the visit. On day
    1 the draw must be the one before the dose. Hours after a dose contradict either.
    """
    if reading.hours is not None:
        return False
    if reading.day is None:
        return reading.visit in visits and reading.timepoint == "pre"
    return reading.day < 1 or (reading.day < 2 and reading.timepoint == "pre")


def pre_dose_of_series(
    readings: Iterable[Reading], visits: Sequence[str]
) -> dict[tuple, list[Reading]]:
    """Return the pre-dose readings of each series, the last draw first."""
    found: dict[tuple, list[Reading]] = {}
    for one in readings:
        if one.patient and is_pre_dose(one, visits):
            found.setdefault(one.series, []).append(one)
    for several in found.values():
        several.sort(key=_when, reverse=True)
    return found


def chosen_pre_dose(
    candidates: Sequence[Reading], one: Reading
) -> tuple[Reading | None, tuple[str, ...]]:
    """Return what a reading is compared with, and what is to be said of that.

    Parameters
    ----------
    candidates
        Pre-dose readings of its series, the last draw first.
    one
        The reading. Samples that were kept as it was go before others, and of several runs of a
        draw its own.

    Notes
    -----
    A draw that is technically unfit gives way to an earlier one. A low signal does not: that is a
    finding, and another sample is not sought until one fits.
    """
    alike = [other for other in candidates if other.specimen == one.specimen]
    for several in (alike, candidates):
        fit = [other for other in several if other.free is not None and not other.faults]
        if fit:
            last = [other for other in fit if other.draw == fit[0].draw]
            chosen = next((other for other in last if other.run == one.run), last[0])
            return chosen, () if chosen.draw == several[0].draw else ("earlier_pre_dose",)
    return None, ("pre_dose_unfit",) if candidates else ()


def donor_ratios(donors: Iterable[Reading], fewest: int) -> Mapping[tuple, float]:
    """Return the median of free per total of the untreated donors, by run, target, cell and assay.

    Parameters
    ----------
    donors
        Their readings.
    fewest
        Donors below which there is no median.
    """
    ratios: dict[tuple, dict[str, float]] = {}
    for one in donors:
        is_fit = one.free is not None and one.total is not None and not one.faults
        if is_fit and one.total.value > 0 and one.free.value > 0:
            place = one.run, one.target, one.cell, one.assay
            ratios.setdefault(place, {})[one.sample] = one.free.value / one.total.value
    return {place: median(of.values()) for place, of in ratios.items() if len(of) >= fewest}


def _when(reading: Reading) -> tuple[float, bool]:
    """Order of a pre-dose draw: by recorded day, else the planned one; screening goes first."""
    if reading.day is not None:
        return reading.day, True
    visit = parse_visit(reading.visit)
    planned = visit.planned_day if visit else None
    return (planned if planned is not None else -1e9), False
