"""What a patient took of one drug day by day, as far as safety and intensity ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from correlates.clinical.safety.settings import DRUGS


@dataclass(frozen=True)
class Start:
    """A day from which a patient took a drug, or more of it.

    Parameters
    ----------
    drug
        Which.
    kind
        ``start``, ``escalation`` (above all doses before) or ``re-escalation`` (above the last).
    day
        Study day.
    from_mg, to_mg
        Dose before and from this day on, in mg a day; 0 before a start.
    """

    drug: str
    kind: str
    day: float
    from_mg: float | None
    to_mg: float | None


@dataclass(frozen=True)
class Cycle:
    """A cycle of one patient; both days belong to it. Cycle 0 is ibrutinib alone."""

    number: int
    first_day: float
    last_day: float


@dataclass(frozen=True)
class Course:
    """The recorded dosing of one drug.

    Parameters
    ----------
    drug
        Which.
    first_day
        Study day of the first dose; None for a patient who never received it.
    last_day
        Last day of treatment: of the last dose, or of a hold after it that is no stop; the last
        day that is known while it goes on.
    mg
        Dose of each day from the first to the last; 0 is a dose that was held. A day that is not
        in it was not recorded.
    rises
        Days on which the dose rose, each with the doses before and from then on.
    gaps
        Days of ``mg`` that no row covers, and that count as 0: between two rows nothing was taken.
    """

    drug: str
    first_day: float | None = None
    last_day: float | None = None
    mg: Mapping[int, float] = field(default_factory=dict)
    rises: tuple[Start, ...] = ()
    gaps: frozenset[int] = frozenset()

    @property
    def start_mg(self) -> float | None:
        """Return the dose of the first day, in mg."""
        return None if self.first_day is None else self.mg.get(int(self.first_day))

    def days(self, first: float, last: float) -> list[int]:
        """Return the days of treatment between two, both included."""
        if self.first_day is None or self.last_day is None:
            return []
        low, high = max(first, self.first_day), min(last, self.last_day)
        return list(range(int(low), int(high) + 1))


@dataclass(frozen=True)
class Patient:
    """One patient as the safety tables see them.

    Parameters
    ----------
    key
        As in every sheet.
    sex
        ``F``, ``M`` or None.
    level_mg
        Dose level of lenalidomide that the patient was assigned to; None where not recorded.
    dose_cohort, enrolment_order
        As in the patients sheet.
    uln_creatinine_mg_dl
        Upper limit of normal of creatinine where a laboratory row has none.
    last_known_day
        Last study day up to which anything is known.
    courses
        By drug.
    cycles
        In order.
    """

    key: str
    sex: str | None = None
    level_mg: float | None = None
    dose_cohort: int | None = None
    enrolment_order: int | None = None
    uln_creatinine_mg_dl: float | None = None
    last_known_day: float | None = None
    courses: Mapping[str, Course] = field(default_factory=dict)
    cycles: tuple[Cycle, ...] = ()

    def first_day(self, drug: str) -> float | None:
        """Return the study day of the first dose of a drug, None if never received."""
        course = self.courses.get(drug)
        return course.first_day if course else None

    def starts(self) -> list[Start]:
        """Return the start and the rises of either drug, by day."""
        found = []
        for drug in DRUGS:
            course = self.courses.get(drug, Course(drug))
            if course.first_day is not None:
                found.append(Start(drug, "start", course.first_day, 0.0, course.start_mg))
                found += course.rises
        return sorted(found, key=lambda start: (start.day, start.drug))

    def treated_until(self, drug: str, days_after: float) -> float | None:
        """Return the last day that counts for a drug: some days after its last dose."""
        course = self.courses.get(drug)
        if course is None or course.last_day is None:
            return None
        end = course.last_day + days_after
        return end if self.last_known_day is None else min(end, self.last_known_day)
