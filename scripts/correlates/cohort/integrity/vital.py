"""Death, follow-up and the end of the study against everything that is dated."""

import math
from collections.abc import Iterator, Mapping

from correlates.check_rows import ERROR, NOTE, WARNING
from correlates.cohort.integrity.evidence import Evidence, day_words, days_apart, place
from correlates.cohort.integrity.registry import Finding, check

# By kind of sheet, the days of its rows on which something was done or seen, and in words what.
_DATED = {
    "samples": (("study_day", "a sample was drawn"),),
    "exposure": (("start_day", "a dose began"), ("stop_day", "a dose was taken")),
    "lesions": (("study_day", "a lesion was measured"),),
    "assessments": (("study_day", "the response was assessed"),),
    "flares": (("onset_study_day", "a flare began"),),
    "laboratory": (("study_day", "blood was examined"),),
    "adverse_events": (("onset_day", "an adverse event began"),),
}


@check(ERROR, ("follow_up",))
def event_after_death(evidence: Evidence) -> Iterator[Finding]:
    """Find whatever is recorded of a patient after the day of death."""
    for patient in evidence.records.patients:
        death = evidence.death(patient)
        if death is None:
            continue
        day, source = death
        for row, later, what in _dated(evidence, patient):
            if math.floor(later) > math.floor(day):
                yield Finding(
                    f"{what} on {day_words(later)}, after death on {day_words(day)}",
                    "Correct the day of death or that of this row.",
                    patient,
                    row.get("visit") or "",
                    place(row, source),
                )


@check(ERROR, ("follow_up",))
def dose_after_death(evidence: Evidence) -> Iterator[Finding]:
    """Find doses of patients who died that have no end."""
    for patient in evidence.records.patients:
        death = evidence.death(patient)
        for row in evidence.records.of("exposure", patient) if death else ():
            if row["stop_day"] is None and row["dose_mg"] != 0 and _is_last(evidence, row):
                yield Finding(
                    f"{row['drug']} from {day_words(row['start_day'])} is going on, and death was "
                    f"on {day_words(death[0])}",
                    "Enter the last day of the dose.",
                    patient,
                    source=place(row, death[1]),
                )


def _is_last(evidence: Evidence, row: Mapping) -> bool:
    """Say whether no later period of the drug ends this one."""
    return not any(
        other["drug"] == row["drug"] and other["start_day"] > row["start_day"]
        for other in evidence.records.of("exposure", row["patient"])
    )


@check(ERROR, ("follow_up",))
def death_and_contact(evidence: Evidence) -> Iterator[Finding]:
    """Find contacts that disagree on whether and when death was."""
    for patient in evidence.records.patients:
        rows = evidence.records.of("follow_up", patient)
        deaths = {row["death_day"]: row for row in rows if row["death_day"] is not None}
        if len(deaths) > 1:
            days = " and ".join(f"{day:g}" for day in sorted(deaths))
            yield Finding(
                f"death is recorded on days {days}",
                "Keep the right day; the first of them is used.",
                patient,
                source=place(*deaths.values()),
            )
        for row in rows:
            is_dead = row["alive"] is False or row["death_day"] is not None
            last = min(deaths, default=math.inf)
            if row["alive"] and (row["death_day"] is not None or row["study_day"] > last):
                yield Finding(
                    f"alive on {day_words(row['study_day'])}, and dead on {day_words(last)}",
                    "Correct alive, the day of the contact or the day of death.",
                    patient,
                    source=place(row, *deaths.values()),
                )
            elif is_dead and not deaths:
                yield Finding(
                    f"not alive on {day_words(row['study_day'])}, and no day of death is recorded",
                    "Enter death_day; until then the times that death would end are not evaluable.",
                    patient,
                    source=place(row),
                )


@check(WARNING, ("follow_up",))
def event_after_off_study(evidence: Evidence) -> Iterator[Finding]:
    """Find trial drugs taken after the day on which a patient left the study."""
    for patient in evidence.records.patients:
        rows = evidence.records.of("follow_up", patient)
        left = [row for row in rows if row["off_study_day"] is not None]
        if not left:
            continue
        first = min(left, key=lambda row: row["off_study_day"])
        for drug in ("ibrutinib", "lenalidomide"):
            for dose in evidence.doses(patient, drug):
                end = dose["stop_day"]
                if dose["start_day"] > first["off_study_day"] or (
                    end is not None and end > first["off_study_day"]
                ):
                    yield Finding(
                        f"{drug} from {day_words(dose['start_day'])} to "
                        f"{'now' if end is None else day_words(end)}, and off study on "
                        f"{day_words(first['off_study_day'])}",
                        "Correct the end of the study or of the dose.",
                        patient,
                        source=place(dose, first),
                    )


@check(WARNING, ("follow_up",))
def therapy_before_off_study(evidence: Evidence) -> Iterator[Finding]:
    """Find other therapies that began before a patient left the study."""
    for patient in evidence.records.patients:
        rows = evidence.records.of("follow_up", patient)
        new = [row for row in rows if row["new_therapy_day"] is not None]
        left = [row for row in rows if row["off_study_day"] is not None]
        if not new:
            continue
        began = min(new, key=lambda row: row["new_therapy_day"])
        ended = min(left, key=lambda row: row["off_study_day"], default=None)
        if ended is None or began["new_therapy_day"] < ended["off_study_day"]:
            when = f"off study on {day_words(ended['off_study_day'])}" if ended else "not off study"
            yield Finding(
                f"new therapy on {day_words(began['new_therapy_day'])}, and {when}",
                "Correct one of the days, or enter the end of the study; response and progression "
                "are censored at the new therapy.",
                patient,
                source=place(began, *([ended] if ended else ())),
            )


@check(WARNING, ("follow_up",))
def follow_up_missing(evidence: Evidence) -> Iterator[Finding]:
    """Find patients without a contact, or with later records than the last one."""
    slack = evidence.settings.contact_slack_days
    for patient in evidence.records.rows("patients"):
        name = patient["patient"]
        if patient.get("screen_failure"):
            continue
        rows = evidence.records.of("follow_up", name)
        if not rows:
            yield Finding(
                "no follow-up is recorded",
                "Add the last contact; without it the patient is censored at the last record.",
                name,
                source=place(patient),
            )
            continue
        if evidence.death(name):
            continue
        last = max(rows, key=lambda row: row["study_day"])
        later = [one for one in _dated(evidence, name) if one[1] > last["study_day"] + slack]
        if later:
            row, day, what = max(later, key=lambda one: one[1])
            yield Finding(
                f"the last contact is on {day_words(last['study_day'])}, and {what} on "
                f"{day_words(day)}, {days_apart(day - last['study_day'])} later",
                "Add the later contact.",
                name,
                source=place(last, row),
            )


@check(NOTE)
def after_data_cut(evidence: Evidence) -> Iterator[Finding]:
    """Count the rows that lie after the data cut."""
    for kind, count in evidence.records.after_cut.items():
        yield Finding(
            f"{count} row{'' if count == 1 else 's'} of {kind} after the data cut "
            f"{evidence.records.cut_name}",
            "Nothing: they are used once the cut moves (study.data_cut).",
        )


def _dated(evidence: Evidence, patient: str) -> Iterator[tuple[dict, float, str]]:
    """Yield each recorded day of a patient with its row, and what was done on it."""
    for kind, columns in _DATED.items():
        for row in evidence.records.of(kind, patient):
            days = [(row.get(column), what) for column, what in columns]
            known = [(day, what) for day, what in days if day is not None]
            if known:
                day, what = max(known)
                yield row, day, what


CHECKS = (
    event_after_death,
    dose_after_death,
    death_and_contact,
    event_after_off_study,
    therapy_before_off_study,
    follow_up_missing,
    after_data_cut,
)
