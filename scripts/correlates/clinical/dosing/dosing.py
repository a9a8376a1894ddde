"""When a patient took what: from the exposure sheet, or from the days of the patients sheet."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from correlates.clinical.dosing.findings import (
    DosingFinding,
    cycle_starts,
    findings_of,
    sound_intervals,
)
from correlates.clinical.dosing.intervals import STOPPED, Hold, Interval, intervals_of, spells_of
from correlates.intake.sheets.values import is_blank, number_of

IBRUTINIB = "ibrutinib"
LENALIDOMIDE = "lenalidomide"
STEROIDS = ("prednisone", "prednisolone", "methylprednisolone", "dexamethasone", "hydrocortisone")
FIRST_IBRUTINIB_DAY = 1
"""Study day of the first ibrutinib dose, by definition."""
FROM_EXPOSURE = "exposure"
FROM_PATIENTS = "patients"


@dataclass(frozen=True)
class Dosing:
    """What one patient took, day by day.

    Parameters
    ----------
    all_intervals
        Sound intervals of every drug, in order of drug and day.
    source
        ``exposure`` where the rows of the exposure sheet say it, which then hold every dose;
        ``patients`` where only the first and last days of the patients sheet are known, and no
        dose is.
    patient
        Whose it is.
    cycles
        Study day on which each cycle began, of the cycles that the exposure sheet gives.
    findings
        What is wrong with the rows; nothing of it was put right.
    last_day
        Last study day that anything is known of; None if that is not known.
    """

    all_intervals: tuple[Interval, ...] = ()
    source: str = FROM_PATIENTS
    patient: str = ""
    cycles: Mapping[int, float] = field(default_factory=dict)
    findings: tuple[DosingFinding, ...] = ()
    last_day: float | None = None

    @property
    def is_by_day(self) -> bool:
        """Whether every dose was recorded, and not the first and last days alone."""
        return self.source == FROM_EXPOSURE

    @property
    def first_ibrutinib(self) -> float | None:
        """Study day of the first dose; None for a patient who never received it."""
        return self.first_dose(IBRUTINIB)

    @property
    def last_ibrutinib(self) -> float | None:
        """Study day of the last dose; None while it is ongoing, or was never given."""
        return self.last_dose(IBRUTINIB)

    @property
    def first_lenalidomide(self) -> float | None:
        """Study day of the first dose; None for a patient who never received it."""
        return self.first_dose(LENALIDOMIDE)

    @property
    def last_lenalidomide(self) -> float | None:
        """Study day of the last dose; None while it is ongoing, or was never given."""
        return self.last_dose(LENALIDOMIDE)

    @property
    def steroid_days(self) -> tuple[int, ...]:
        """Whole study days on which a corticosteroid was taken; ongoing ones to ``last_day``."""
        return self.days_taken(STEROIDS)

    @property
    def drugs(self) -> list[str]:
        """Drugs that were taken or held, in alphabetical order."""
        return sorted({one.drug for one in self.all_intervals})

    def intervals(self, drug: str) -> tuple[Interval, ...]:
        """Return the intervals of a drug in order of their days, those at 0 mg among them."""
        return tuple(one for one in self.all_intervals if one.drug == drug)

    def first_dose(self, drug: str) -> float | None:
        """Return the study day of a drug's first dose, None if there was none.

        Where rows contradict each other the earliest counts: nothing may pass for untreated that
        a dose was recorded before.
        """
        return min((one.start_day for one in self.intervals(drug) if one.is_taken), default=None)

    def last_dose(self, drug: str) -> float | None:
        """Return the study day of a drug's last dose; None while it is ongoing, or never given."""
        stops = [one.stop_day for one in self.intervals(drug) if one.is_taken]
        return None if not stops or None in stops else max(stops)

    def dose_on(self, drug: str, day: float) -> float | None:
        """Return the dose of a day in milligrams; 0 if none was taken, None if it is not known.

        It is not known where the rows of the day contradict each other, where the dose was left
        blank, and of drugs of which the patients sheet has no days.
        """
        covering = {one.dose_mg for one in self.intervals(drug) if one.covers(day)}
        if len(covering) == 1:
            return covering.pop()
        if covering:
            return None
        is_known = self.is_by_day or drug in (IBRUTINIB, LENALIDOMIDE)
        return 0.0 if is_known else None

    def was_taken(self, drug: str, day: float) -> bool:
        """Say whether any row has a dose of a drug on a study day."""
        return any(one.covers(day) and one.is_taken for one in self.intervals(drug))

    def starts(self, drug: str, hold_days: float) -> tuple[float, ...]:
        """Return the first day of a drug, and those on which it began again after a hold.

        Parameters
        ----------
        drug
            As in the exposure sheet.
        hold_days
            Fewest days without a dose after which it begins again.
        """
        first = self.first_dose(drug)
        again = [hold.last + 1 for hold in self.holds(drug, hold_days) if hold.last is not None]
        return () if first is None else (first, *map(float, again))

    def increases(self, drug: str) -> tuple[float, ...]:
        """Return the days on which the dose of a drug rose, its first day included.

        A dose is compared with the last one taken before it, so the same dose after a hold is no
        rise (`starts` has it). Of rows that begin on one day the highest dose counts.
        """
        taken = [one for one in self.intervals(drug) if one.is_taken]
        rises, before = [], None
        for day in sorted({one.first for one in taken}):
            of_day = [one for one in taken if one.first == day]
            doses = [one.dose_mg for one in of_day if one.dose_mg is not None]
            highest = max(doses, default=None)
            is_first = not rises
            if is_first or (highest is not None and before is not None and highest > before):
                rises.append(min(one.start_day for one in of_day))
            before = before if highest is None else highest
        return tuple(rises)

    def holds(self, drug: str, min_days: float = 1) -> tuple[Hold, ...]:
        """Return the spans without a dose within a drug's period of treatment.

        Parameters
        ----------
        drug
            As in the exposure sheet.
        min_days
            Fewest days of a span; every day without a dose by default. One that goes on counts.
        """
        spells = spells_of(self.intervals(drug))
        ends = [first for first, _ in spells[1:]]
        period = self.period(drug)
        if period is not None and spells:
            ends.append(math.inf if period[1] is None else math.floor(period[1]) + 1)
        gaps = [
            Hold(int(last) + 1, None if math.isinf(end) else int(end) - 1)
            for (_, last), end in zip(spells, ends, strict=True)
            if not math.isinf(last) and end > last + 1
        ]
        return tuple(hold for hold in gaps if hold.days >= min_days)

    def period(self, drug: str) -> tuple[float, float | None] | None:
        """Return the first and the last day of a drug's treatment, holds included.

        A drug that is held at the end (rows at 0 mg whose reason is not ``stop``) is still in its
        period. None as the last day is ongoing; None in place of both is never treated.
        """
        first = self.first_dose(drug)
        if first is None:
            return None
        days = [
            one.stop_day
            for one in self.intervals(drug)
            if one.is_taken or (one.reason != STOPPED and one.first >= first)
        ]
        return first, None if None in days else max(days)

    def days_taken(self, drugs: Iterable[str]) -> tuple[int, ...]:
        """Return the whole study days on which any of these drugs was taken.

        An ongoing one counts to ``last_day``, and for its first day alone if that is not known.
        """
        days: set[int] = set()
        for one in (one for drug in drugs for one in self.intervals(drug) if one.is_taken):
            known = one.first if self.last_day is None else math.floor(self.last_day)
            last = known if math.isinf(one.last) else int(one.last)
            days.update(range(one.first, max(last, one.first) + 1))
        return tuple(sorted(days))


def dosing_of(patient: Mapping) -> Dosing:
    """Read the dosing of one row of the patients sheet; a blank or an absent column is None.

    Ibrutinib began on day 1, since study days are counted from it, unless the patient was a
    failure of screening.

    Raises
    ------
    ValueError
        If a day is no number: read as none, it would make a treated patient untreated.
    """
    columns = ("lenalidomide_start_day", "lenalidomide_stop_day", "ibrutinib_stop_day")
    wrong = [
        f"{column} {patient[column]!r}"
        for column in columns
        if not is_blank(patient.get(column)) and number_of(patient[column]) is None
    ]
    key = str(patient.get("patient") or "")
    if wrong:
        msg = f"patient {key}: {', '.join(wrong)} is not a study day"
        raise ValueError(msg)
    start, stop, ibrutinib_stop = (number_of(patient.get(column)) for column in columns)
    found = []
    if is_blank(patient.get("screen_failure")):
        found.append(Interval(IBRUTINIB, FIRST_IBRUTINIB_DAY, ibrutinib_stop))
    if start is not None:
        found.append(Interval(LENALIDOMIDE, start, stop))
    return Dosing(tuple(found), FROM_PATIENTS, key)


def dosing_by_patient(patients: Iterable[Mapping]) -> dict[str, Dosing]:
    """Read the dosing of the rows of the patients sheet, by patient."""
    return {str(row["patient"]): dosing_of(row) for row in patients}


def dosing_of_patient(records, patient: str) -> Dosing:
    """Return what a patient took, by the most that is known of it.

    Parameters
    ----------
    records
        The study's `ClinicalRecords`.
    patient
        Key of the patient.

    Returns
    -------
    By the exposure sheet, if it has any row of the patient; else by the patients sheet. Where the
    exposure sheet has no row of ibrutinib, that began on day 1 by definition.
    """
    typed = {"patient": patient} | dict(next(iter(records.of("patients", patient)), {}))
    rows = records.of("exposure", patient) if records.has("exposure") else []
    last_day = records.last_known_day(patient)
    if not rows:
        return replace(dosing_of(typed), last_day=last_day)
    return exposure_dosing(patient, rows, typed, last_day)


def dosing_of_cohort(records) -> dict[str, Dosing]:
    """Return what each patient of the sheet took, by patient; see `dosing_of_patient`."""
    return {patient: dosing_of_patient(records, patient) for patient in records.patients}


def exposure_dosing(
    patient: str, rows: Iterable[Mapping], typed: Mapping, last_day: float | None = None
) -> Dosing:
    """Return the dosing of a patient by rows of the exposure sheet; see `dosing_of_patient`."""
    read = intervals_of(rows)
    sound = sound_intervals(read)
    if not any(one.drug == IBRUTINIB for one in sound):
        by_definition = dosing_of(typed).intervals(IBRUTINIB)
        sound = sorted([*sound, *by_definition], key=lambda one: (one.drug, one.first))
    found = findings_of(patient, read)
    dosing = Dosing(tuple(sound), FROM_EXPOSURE, patient, cycle_starts(sound), (), last_day)
    return replace(dosing, findings=(*found, *_first_day_finding(dosing)))


def _first_day_finding(dosing: Dosing) -> list[DosingFinding]:
    first = dosing.first_ibrutinib
    if first is None or math.floor(first) == FIRST_IBRUTINIB_DAY:
        return []
    of = [one for one in dosing.intervals(IBRUTINIB) if one.start_day == first]
    return [
        DosingFinding(
            "first_ibrutinib_not_day_1",
            "error",
            dosing.patient,
            IBRUTINIB,
            of[0].sheet,
            tuple(one.row for one in of if one.row is not None),
            ("start_day",),
            f"the first ibrutinib dose is on day {first:g}, and days are counted from it as day 1",
            "Count all days of this patient from the first ibrutinib dose, as day 1.",
        )
    ]
