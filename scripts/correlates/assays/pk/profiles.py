"""Rows of the pk sheet gathered into profiles: the samples of one analyte after one dose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from correlates.assays.pk.concentrations import Concentration, Unreadable, read_concentration
from correlates.assays.pk.nca import ORAL, Curve

# Drug is measured in plasma, where nobody says otherwise.
SPECIMEN = "plasma"
SAMPLE, QC, BLANK, STANDARD = "sample", "qc", "blank", "standard"
TIME_NOMINAL = "nominal_time_used"
TIME_OFF = "time_off_nominal"


@dataclass(frozen=True)
class Point:
    """A sample of a profile.

    Parameters
    ----------
    row
        Of the sheet.
    hours
        Since the dose; a sample before it stands at 0.
    conc
        What was measured.
    flags
        Of its time.
    """

    row: Mapping
    hours: float
    conc: Concentration
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """The samples of one analyte after one dose, in the order of time.

    Parameters
    ----------
    patient, visit, specimen, analyte
        Whose, and of the dose of which visit.
    kind, route, dose_mg
        As in the sheet; the dose None where nobody wrote it.
    fed
        Whether it was taken with food; None where nobody wrote it.
    points
        Samples, in the order of time.
    """

    patient: str
    visit: str
    specimen: str
    analyte: str
    kind: str
    route: str
    dose_mg: float | None
    fed: bool | None
    points: tuple[Point, ...]

    @property
    def curve(self) -> Curve:
        """What the analysis reads."""
        times = tuple(point.hours for point in self.points)
        return Curve(times, tuple(one.conc.value for one in self.points), self.kind, self.route)

    @property
    def runs(self) -> str:
        """Runs of its samples, joined by ``+``."""
        return "+".join(sorted({str(one.row.get("run") or "") for one in self.points} - {""}))


def is_of_patient(row: Mapping) -> bool:
    """Tell samples of patients from standards, blanks and quality controls."""
    return (row.get("role") or SAMPLE) == SAMPLE


def read_points(
    rows: Iterable[Mapping], max_off_nominal: float = 0.1, min_off_nominal_h: float = 0.25
) -> tuple[list[Point], list[dict]]:
    """Read the samples of patients, each by itself.

    Parameters
    ----------
    rows
        Of the sheet.
    max_off_nominal, min_off_nominal_h
        A time further from the nominal one than this share of it, and than these hours, is flagged.

    Returns
    -------
    The points, in the order of the sheet, and the rows that give none (``row``, ``reason``).
    """
    points, refused = [], []
    for row in filter(is_of_patient, rows):
        nominal, actual = row.get("nominal_h"), row.get("actual_h")
        if nominal is None and actual is None:
            refused.append({"row": row, "reason": "neither actual_h nor nominal_h is given"})
            continue
        if (actual or 0) < 0 < (nominal or 0):
            reason = f"actual_h {actual:g} is before the dose, and nominal_h {nominal:g} after it"
            refused.append({"row": row, "reason": f"{reason}; correct the one that is wrong"})
            continue
        try:
            conc = read_concentration(row)
        except Unreadable as error:
            refused.append({"row": row, "reason": str(error)})
            continue
        flags = () if actual is not None else (TIME_NOMINAL,)
        # a sample of before the dose may have been taken long before it, and not after it
        if actual is not None and nominal is not None and max(actual, nominal) > 0:
            away = abs(max(actual, 0) - nominal)
            flags = (TIME_OFF,) if away > max(max_off_nominal * nominal, min_off_nominal_h) else ()
        hours = float(nominal if actual is None else actual)
        points.append(Point(row, max(hours, 0.0), conc, flags))
    return points, refused


def gather(points: Iterable[Point]) -> tuple[list[Profile], list[dict]]:
    """Gather points into profiles.

    Returns
    -------
    The profiles in the order of the sheet, and the points that are in none (``row``, ``reason``):
    those of one time, and all of a profile whose rows contradict each other.
    """
    groups: dict[tuple, list[Point]] = {}
    for point in points:
        row = point.row
        visit = row.get("profile") or row["visit"]
        key = (row["patient"], visit, row.get("specimen") or SPECIMEN, row["analyte"])
        groups.setdefault(key, []).append(point)
    profiles, refused = [], []
    for key, found in groups.items():
        kept, repeated = _one_a_time(found)
        refused += repeated
        said = {name: {one.row.get(name) for one in found} - {None} for name in _OF_ALL}
        unclear = [name for name, values in said.items() if len(values) > 1]
        if unclear or not said["kind"]:
            what = ", ".join(unclear) or "kind"
            how = "differs between the rows of this profile" if unclear else "is not given"
            reason = f"{what} {how}; write the same in each row, or give the profile's visit"
            refused += [{"row": one.row, "reason": reason} for one in kept]
            continue
        one_of = {name: next(iter(values), None) for name, values in said.items()}
        profiles.append(Profile(*key, **one_of | _route(one_of), points=tuple(kept)))
    return profiles, refused


_OF_ALL = ("kind", "route", "dose_mg", "fed")


def _route(one_of: Mapping) -> dict:
    return {"route": one_of["route"] or ORAL}


def _one_a_time(found: list[Point]) -> tuple[list[Point], list[dict]]:
    """Leave out what stands at one time several times: nothing tells which of them is right.

    Before the dose the last of several stands.
    """
    predose = [one for one in found if one.hours == 0]
    earlier = sorted(predose, key=_recorded_hours)[:-1]
    refused = [
        {"row": one.row, "reason": "a later sample before the dose is used"} for one in earlier
    ]
    left = [one for one in found if all(one is not other for other in earlier)]
    by_time: dict[float, list[Point]] = {}
    for one in left:
        by_time.setdefault(one.hours, []).append(one)
    kept = []
    for hours in sorted(by_time):
        same = by_time[hours]
        if len(same) == 1:
            kept += same
            continue
        reason = f"{len(same)} samples at {hours:g} h; say by actual_h which is which"
        refused += [{"row": one.row, "reason": reason} for one in same]
    return kept, refused


def _recorded_hours(point: Point) -> float:
    actual = point.row.get("actual_h")
    return float(point.row.get("nominal_h") or 0.0) if actual is None else float(actual)
