"""The order and the distances of acquisitions against those of the draws.

Days of acquisition and study days of one patient run in step if fresh blood was stained at once:
their difference is the same for every draw. Frozen specimens are acquired when they are thawed, so
that nothing follows from when they were. Findings tell differences in days and never a date.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from correlates.check_rows import NOTE, WARNING, row
from correlates.intake.acquired.files import GONE, Acquired
from correlates.intake.acquired.stamps import ABSENT, AMBIGUOUS, DEFAULT, UNREADABLE
from correlates.intake.acquisitions import SAMPLE

RULE = "acquisition_dates"
SOURCE = "$DATE of the FCS files"
# A clock that is a day ahead, or blood that was stained the morning after.
_CLOCK_DAYS = 1
_FEWEST_FOR_ONE_DATE = 3
_RECORDED = "recorded"
_MOST_NAMED = 5
_LOOK = (
    "Find out whether the tube, its name or its recorded day is wrong, or the cytometer's clock."
)
_UNKNOWN = {
    ABSENT: ("their headers have no $DATE", "Nothing, unless your exports can keep it."),
    UNREADABLE: (
        "their $DATE is in no known form (dd-mmm-yyyy, or figures with the year first)",
        "Nothing, unless the instrument's settings can be changed.",
    ),
    AMBIGUOUS: (
        "their $DATE is in figures of which day and month cannot be told apart",
        "Set the instrument to dd-mmm-yyyy, as the FCS standard has it.",
    ),
    DEFAULT: (
        "their $DATE is that of a clock that was never set",
        "Set the clock of the cytometer's computer.",
    ),
    GONE: (
        "they are no longer there, or no longer FCS files",
        "Bring them back, so that the run can be repeated.",
    ),
}


@dataclass(frozen=True)
class _Drawn:
    """One draw in one panel: the study day of the draw, and the day when it was acquired."""

    name: str
    visit: str
    day: float | None
    is_recorded: bool
    at: int

    @property
    def offset(self) -> float:
        """Days from study day 0, by the study day, to the acquisition."""
        return self.at - self.day


def date_findings(
    files: Iterable[Acquired], tolerance_days: float, batch_gap_days: float
) -> list[dict]:
    """Compare when files were acquired with when their specimens were drawn.

    Parameters
    ----------
    files
        The accepted files.
    tolerance_days
        Days by which two acquisitions may lie farther apart, or nearer, than the recorded days of
        their draws, and tubes of one draw from each other.
    batch_gap_days
        Days without any acquisition within one batch from which on it is told of.

    Returns
    -------
    Rows of ``date_order.tsv``: warnings for draws that are out of step, notes for batches that fall
    apart and for what was not judged, with the reason.
    """
    files = list(files)
    found = list(_not_judged(files))
    known = [one for one in files if one.at is not None]
    days = {int(one.at) for one in known}
    if len(known) >= _FEWEST_FOR_ONE_DATE and len(days) == 1 and _draws(known) > 1:
        said = f"not judged: all {len(known)} files with a $DATE have the same one"
        remedy = "It is that of an export, or of a clock that was never set; nothing to do."
        return [*found, row(RULE, NOTE, said, remedy, source=SOURCE)]
    fresh = [one for one in known if one.file.role == SAMPLE and not one.is_frozen]
    found += _of_tubes(fresh, tolerance_days)
    for (patient, panel, _), own in _grouped(fresh, "patient", "panel", "specimen"):
        found += _of_patient(patient, panel, _drawn(own), tolerance_days)
    for (batch, panel), own in _grouped(known, "batch", "panel"):
        found += _of_batch(batch, panel, own, tolerance_days, batch_gap_days) if batch else ()
    return found


def _draws(files: Iterable[Acquired]) -> int:
    return len({(one.file.patient, one.file.visit) for one in files})


def _grouped(files: Iterable[Acquired], *keys: str) -> list[tuple[tuple, list[Acquired]]]:
    groups = defaultdict(list)
    for one in files:
        groups[tuple(getattr(one.file, key) for key in keys)].append(one)
    return sorted(groups.items())


def _not_judged(files: Iterable[Acquired]) -> Iterator[dict]:
    """Yield one note for each reason for which files tell nothing."""
    by_reason = defaultdict(list)
    for one in files:
        by_reason[one.why].append(one.file.acquisition)
    for why, (words, remedy) in _UNKNOWN.items():
        if by_reason[why]:
            said = f"not judged, {_counted(by_reason[why])}: {words}"
            yield row(RULE, NOTE, said, remedy, source=SOURCE)
    frozen = [one.file.acquisition for one in files if one.at is not None and one.is_frozen]
    if frozen:
        said = f"order not judged, {_counted(frozen)}: the specimens were frozen before acquisition"
        yield row(RULE, NOTE, said, "Nothing: they were acquired when thawed.", source=SOURCE)


def _counted(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
    return f"{len(names)} file{'s' * (len(names) != 1)} ({shown})"


def _drawn(files: Iterable[Acquired]) -> list[_Drawn]:
    """Return the draws of one patient in one panel by study day, at the middle of their tubes."""
    by_draw = defaultdict(list)
    for one in files:
        by_draw[one.file.visit, one.file.timepoint].append(one)
    drawn = []
    for (visit, timepoint), own in by_draw.items():
        first = own[0].file
        name = visit if timepoint in ("", "pre") else f"{visit} {timepoint}"
        recorded = first.study_day_source == _RECORDED
        at = int(median(one.at for one in own))
        drawn.append(_Drawn(name, visit, first.study_day, recorded, at))
    known = [one for one in drawn if one.day is not None]
    return sorted(known, key=lambda one: (one.day, one.at))


def _of_tubes(files: Iterable[Acquired], tolerance: float) -> Iterator[dict]:
    """Yield the fresh draws whose tubes, of all panels, were acquired on different days."""
    for (patient, visit, _, _), own in _grouped(files, "patient", "visit", "timepoint", "specimen"):
        first, last = (pick(own, key=lambda one: one.at) for pick in (min, max))
        apart = int(last.at) - int(first.at)
        if apart > tolerance:
            said = (
                f"tubes of one fresh draw were acquired {apart} days apart: "
                f"{first.file.acquisition} first, {last.file.acquisition} last"
            )
            yield row(RULE, WARNING, said, _LOOK, patient, visit, SOURCE)


def _of_patient(patient: str, panel: str, drawn: list[_Drawn], tolerance: float) -> Iterator[dict]:
    """Yield what is out of step within one patient and one panel."""
    if len(drawn) < 2:
        return
    span = drawn[-1].day - drawn[0].day
    if len({one.at for one in drawn}) == 1 and span > tolerance:
        said = (
            f"all {len(drawn)} draws of panel {panel}, over {span:g} study days, were acquired on "
            "one day: specimens declared as fresh were frozen, or the files were exported again"
        )
        remedy = "Correct the specimen in the samples sheet if it was frozen; else nothing to do."
        yield row(RULE, WARNING, said, remedy, patient, "", SOURCE)
        return
    recorded = [one for one in drawn if one.is_recorded]
    odd = _out_of_step(recorded, tolerance)
    for one, words in odd.items():
        yield row(RULE, WARNING, f"{one.name}, {panel}: {words}", _LOOK, patient, one.visit, SOURCE)
    in_step = [one for one in drawn if one not in odd]
    for one, later in pairwise(in_step):
        behind = one.at - later.at
        if later.day > one.day and behind > _CLOCK_DAYS:
            said = (
                f"{later.name}, {panel}: acquired {behind} days before {one.name}, which was "
                f"drawn {later.day - one.day:g} days earlier"
            )
            yield row(RULE, WARNING, said, _LOOK, patient, later.visit, SOURCE)


def _out_of_step(drawn: list[_Drawn], tolerance: float) -> dict[_Drawn, str]:
    """Return the draws that are off the usual distance from draw to acquisition, and by what."""
    if len(drawn) < 2:
        return {}
    usual = median(one.offset for one in drawn)
    odd = [one for one in drawn if abs(one.offset - usual) > tolerance]
    if len(drawn) == 2:
        first, last = drawn
        apart = last.offset - first.offset
        if abs(apart) <= tolerance:
            return {}
        side = "after" if last.at >= first.at else "before"
        return {
            last: f"acquired {abs(last.at - first.at)} days {side} {first.name}, and drawn "
            f"{last.day - first.day:g} days after it"
        }
    return {one: _off(one, drawn, usual) for one in odd}


def _off(one: _Drawn, drawn: list[_Drawn], usual: float) -> str:
    """Say by how much a draw is off, and past which draws that takes it."""
    off = one.offset - usual
    passed = [
        other.name
        for other in drawn
        if (other.day - one.day) * (other.at - one.at) < 0 and abs(other.at - one.at) > _CLOCK_DAYS
    ]
    order = f", out of order with {', '.join(passed)}" if passed else ""
    side = "later" if off > 0 else "earlier"
    return (
        f"acquired {abs(off):.0f} days {side} than its study day ({one.day:g}) and the other draws "
        f"of the patient have it{order}"
    )


def _of_batch(
    batch: str, panel: str, files: list[Acquired], tolerance: float, gap_days: float
) -> Iterator[dict]:
    """Yield a note if the files of one batch were acquired at very different times."""
    frozen = sorted(one.at for one in files if one.is_frozen)
    if frozen and frozen[-1] - frozen[0] > tolerance:
        said = (
            f"batch {batch}, {panel}: {len(frozen)} files of frozen specimens were acquired over "
            f"{frozen[-1] - frozen[0]:.0f} days"
        )
        remedy = "Give each run of the cytometer a batch of its own."
        yield row(RULE, NOTE, said, remedy, source=SOURCE)
    others = sorted(one.at for one in files if not one.is_frozen)
    for place, (one, later) in enumerate(pairwise(others), start=1):
        if later - one > gap_days:
            said = (
                f"batch {batch}, {panel}: {place} files, then none for {later - one:.0f} days, "
                f"then {len(others) - place}"
            )
            remedy = "Check whether two batches were given one name, or a date is wrong."
            yield row(RULE, NOTE, said, remedy, source=SOURCE)
