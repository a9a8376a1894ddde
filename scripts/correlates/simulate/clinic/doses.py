"""What a simulated patient took on each day, and the exposure sheet that says so."""

from dataclasses import dataclass, field

import numpy as np

from correlates.simulate.clinic.calendar import CYCLE_DAYS
from correlates.simulate.clinic.course import Course
from correlates.simulate.clinic.fates import DROPOUT, WELL
from correlates.simulate.clinic.toxicity import Toxicity
from correlates.simulate.trial import DOSE_LEVELS_MG

_IBRUTINIB_MG = 420.0
_REDUCED_IBRUTINIB_MG = 280.0
_ESCALATED_CYCLE = 5


@dataclass
class Doses:
    """Every day's dose of every drug, in milligrams; days without an entry are without the drug.

    Parameters
    ----------
    days
        Drug, then study day: dose and reason. A held day has dose 0.
    cycles
        Drug, then study day: the cycle that begins with that drug on it.
    ongoing
        Drugs whose last day is not their end but that of the record.
    """

    days: dict[str, dict[int, tuple[float, str]]] = field(default_factory=dict)
    cycles: dict[str, dict[int, int]] = field(default_factory=dict)
    ongoing: set[str] = field(default_factory=set)

    def give(self, drug: str, first: int, last: int, dose: float, reason: str) -> None:
        """Let a dose be taken from the first to the last day, whatever was to be taken then."""
        of_drug = self.days.setdefault(drug, {})
        of_drug.update(dict.fromkeys(range(first, last + 1), (dose, reason)))

    def stop(self, drug: str, last: int) -> None:
        """Let the drug end with a day."""
        of_drug = self.days.get(drug, {})
        self.days[drug] = {day: dose for day, dose in of_drug.items() if day <= last}

    def rows(self, patient: str) -> list[dict]:
        """Return the exposure sheet: one row for every span of one dose."""
        return [row for drug in self.days for row in self._rows_of(drug, patient)]

    def _rows_of(self, drug: str, patient: str) -> list[dict]:
        of_drug, rows = self.days[drug], []
        for day in sorted(of_drug):
            dose, reason = of_drug[day]
            cycle = self.cycles.get(drug, {}).get(day)
            previous = of_drug.get(day - 1)
            if rows and previous == (dose, reason) and cycle is None:
                rows[-1]["stop_day"] = day
                continue
            rows.append(
                {
                    "patient": patient,
                    "drug": drug,
                    "start_day": day,
                    "stop_day": day,
                    "dose_mg": dose,
                    "reason": reason,
                    "cycle": cycle,
                }
            )
        if rows and drug in self.ongoing:
            rows[-1]["stop_day"] = None
        return rows

    def taken(self, drug: str) -> dict[int, float]:
        """Return the dose of each day on which the drug was taken."""
        of_drug = self.days.get(drug, {})
        return {day: dose for day, (dose, _) in sorted(of_drug.items()) if dose > 0}


def draw_doses(
    course: Course, first_dose_mg: float, toxicity: Toxicity, rng: np.random.Generator
) -> Doses:
    """Draw what one patient took.

    Parameters
    ----------
    course, toxicity
        Of the patient.
    first_dose_mg
        First dose of lenalidomide.
    rng
        Source of randomness.
    """
    doses = Doses()
    end = min(course.off_day or course.last_day, course.last_day)
    doses.give("ibrutinib", 1, end, _IBRUTINIB_MG, "planned")
    doses.cycles["ibrutinib"] = {1: 0}
    if course.fate == WELL and rng.random() < 0.15:
        doses.give("ibrutinib", 150, 159, 0.0, "toxicity")
        doses.give("ibrutinib", 160, end, _REDUCED_IBRUTINIB_MG, "reduction")
    if course.off_day is None:
        doses.ongoing.add("ibrutinib")
    if course.fate == DROPOUT:
        return doses
    _give_lenalidomide(course, doses, first_dose_mg, toxicity, rng)
    doses.stop("lenalidomide", end)
    _give_others(course, doses)
    return doses


def _give_lenalidomide(
    course: Course, doses: Doses, first: float, toxicity: Toxicity, rng: np.random.Generator
) -> None:
    calendar, level = course.calendar, first
    last = calendar.last_lenalidomide_day
    doses.give("lenalidomide", calendar.start, last, level, "planned")
    cycles = {calendar.start: 1}
    if calendar.delay:
        held = calendar.held_for_delay
        doses.give("lenalidomide", held[0], held[-1], 0.0, "toxicity")
        doses.give("lenalidomide", held[-1] + 1, last, level, "restart")
        cycles[held[-1] + 1] = 3
    lower = max((mg for mg in DOSE_LEVELS_MG if mg < level), default=level)
    if toxicity.dlt:
        day = calendar.start + 15
        doses.give("lenalidomide", day, day + 12, 0.0, "toxicity")
        doses.give("lenalidomide", day + 13, last, lower, "reduction")
    elif course.grade >= 3:
        day = calendar.start + course.flare_onset + 1
        doses.give("lenalidomide", day, day + 4, 0.0, "held")
        doses.give("lenalidomide", day + 5, _before(calendar, last), level, "restart")
    higher = min((mg for mg in DOSE_LEVELS_MG if mg > level), default=level)
    can_rise = course.fate == WELL and course.grade < 2 and not toxicity.dlt and higher > level
    if can_rise and rng.random() < 0.4:
        day = calendar.cycle_day(_ESCALATED_CYCLE)
        doses.give("lenalidomide", day, last, higher, "escalation")
        cycles[day] = _ESCALATED_CYCLE
    doses.cycles["lenalidomide"] = cycles


def _before(calendar, last: int) -> int:
    """Return the last day before a delay of cycle 3, or the last day of all."""
    held = calendar.held_for_delay
    return held[0] - 1 if held else last


def _give_others(course: Course, doses: Doses) -> None:
    start = course.calendar.start
    doses.give("allopurinol", start - 3, start + CYCLE_DAYS - 1, 300.0, "prophylaxis")
    if course.patient.clinical["prophylaxis"] == "steroid":
        doses.give("prednisone", start, start + 4, 20.0, "prophylaxis")
        doses.give("prednisone", start + 5, start + 9, 10.0, "prophylaxis")
    if course.flare_onset is None:
        return
    onset = start + course.flare_onset
    if course.grade >= 3:
        doses.give("prednisone", onset + 1, onset + 5, 40.0, "treatment")
    elif course.grade == 2:
        doses.give("nsaid", onset + 1, onset + 7, 400.0, "treatment")
