"""Which rates are reported, and of whom: adverse events, counts, tumor lysis."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from math import floor

from correlates.clinical.safety.adverse_events import by_term, is_emergent
from correlates.clinical.safety.course import Cycle, Patient
from correlates.clinical.safety.grades import most_by_values
from correlates.clinical.safety.haematology import PATIENT, PATIENT_CYCLE, PERIODS
from correlates.clinical.safety.rates import PER_CYCLE, PER_PATIENT, Measure, rate_row
from correlates.clinical.safety.settings import DRUGS, SafetySettings
from correlates.clinical.safety.words import NO, OK, YES, any_of, joined, normalised

_ABSENT = "a patient of whom no such event is reported counts as without"
_GRADES = ((1, "any"), (3, ">=3"))
_VALUE_GRADES = ((3, ">=3"), (4, "4"))


def event_rates(
    patients: Sequence[Patient],
    events: Mapping[str, Sequence[Mapping]] | None,
    settings: SafetySettings,
    unknown: Collection[str] = (),
) -> list[dict]:
    """Count reported adverse events among those who received each drug.

    Parameters
    ----------
    patients
        All enrolled.
    events
        Rows of the adverse event sheet by patient; None where the study has no such sheet.
    settings
        Level of the intervals, and how long after the last dose an event still counts.
    unknown
        Patients of whom a row of the sheet is left out, which may be any event.

    Returns
    -------
    Per drug: every term and all terms together, any grade and 3 or more, whatever the attribution
    and attributed to the drug; serious events; per patient and per cycle.
    """
    if events is None:
        note = "the study has no sheet of adverse events"
        return [
            rate_row(
                Measure("adverse event", f"treated with {drug}"),
                [None] * len(_treated(patients, drug)),
                PER_PATIENT,
                settings.confidence,
                note,
            )
            for drug in DRUGS
        ]
    rows = []
    for drug in DRUGS:
        treated = _treated(patients, drug)
        terms = by_term(chain.from_iterable(events.get(one.key, ()) for one in treated))
        for term, of_term in [("", None), *terms.items()]:
            shown = of_term[0]["term"] if of_term else ""
            rows += _term_rates(drug, treated, term, shown, events, settings, unknown)
    return rows


def _term_rates(drug, treated, term, shown, events, settings, unknown) -> list[dict]:
    rows = []
    population = f"treated with {drug}"
    for attribution in ("any", drug):
        for grade, said in _GRADES:
            measure = Measure("adverse event", population, shown, said, attribution)
            outcomes = [
                _or_lost(
                    _had(events.get(one.key, ()), term, grade, attribution, one, drug, settings),
                    one.key in unknown,
                )
                for one in treated
            ]
            rows.append(rate_row(measure, outcomes, PER_PATIENT, settings.confidence, _ABSENT))
            cycles = [
                _or_lost(
                    _had_in(events.get(one.key, ()), term, grade, attribution, cycle),
                    one.key in unknown,
                )
                for one in treated
                for cycle in _cycles_on(one, drug)
            ]
            rows.append(rate_row(measure, cycles, PER_CYCLE, settings.confidence, _ABSENT))
    if not term:
        measure = Measure("serious adverse event", population, "", "any", "any")
        outcomes = [
            _or_lost(
                any_of(
                    _and(event.get("serious"), is_emergent(event, one, drug, _after(settings)))
                    for event in events.get(one.key, ())
                ),
                one.key in unknown,
            )
            for one in treated
        ]
        rows.append(rate_row(measure, outcomes, PER_PATIENT, settings.confidence, _ABSENT))
    return rows


def value_rates(
    patients: Sequence[Patient], haematology: Sequence[Mapping], settings: SafetySettings
) -> list[dict]:
    """Count the worst grades of counts, per patient on each drug and per cycle with lenalidomide.

    Parameters
    ----------
    patients
        All enrolled.
    haematology
        Rows of `haematology_rows` of all of them.
    settings
        Level of the intervals.
    """
    rows = []
    names = sorted({row["parameter"] for row in haematology})
    cycles = {one.key: {cycle.number for cycle in _cycles_on(one, DRUGS[1])} for one in patients}
    for parameter in names:
        of_parameter = [row for row in haematology if row["parameter"] == parameter]
        for grade, said in _VALUE_GRADES:
            if grade > most_by_values(parameter, settings.haematology):
                continue
            for drug in DRUGS:
                measure = Measure("grade from values", f"treated with {drug}", parameter, said)
                of_patients = [
                    row
                    for row in of_parameter
                    if row["unit_of_analysis"] == PATIENT and row["period"] == PERIODS[drug]
                ]
                rows.append(_value_rate(measure, of_patients, grade, PER_PATIENT, settings))
            of_cycles = [
                row
                for row in of_parameter
                if row["unit_of_analysis"] == PATIENT_CYCLE
                and row["cycle"] in cycles[row["patient"]]
            ]
            rows.append(_value_rate(measure, of_cycles, grade, PER_CYCLE, settings))
    return rows


def tls_rates(
    patients: Sequence[Patient], windows: Sequence[Mapping], settings: SafetySettings
) -> list[dict]:
    """Count patients with tumor lysis in any window of each drug.

    A patient is without only if every window is a "no".
    """
    rows = []
    for drug in DRUGS:
        for kind in ("laboratory", "clinical"):
            outcomes = [
                any_of(
                    {YES: True, NO: False}.get(row[f"{kind}_tls"])
                    for row in windows
                    if row["patient"] == one.key and row.get("drug") == drug
                )
                for one in _treated(patients, drug)
            ]
            measure = Measure(f"{kind} TLS", f"treated with {drug}")
            note = "a window that is not excluded or not evaluable is not a no"
            rows.append(rate_row(measure, outcomes, PER_PATIENT, settings.confidence, note))
    return rows


def _value_rate(measure, rows, grade, unit, settings) -> dict:
    outcomes = [row["worst_grade"] >= grade if row["status"] == OK else None for row in rows]
    # Cytopenia is frequent before treatment: without that number a rate would be laid to the drug.
    before = sum(
        hit is True and (row.get("baseline_grade") or 0) >= grade
        for hit, row in zip(outcomes, rows, strict=True)
    )
    note = [
        f"{before} of the {outcomes.count(True)} had it before treatment" if before else "",
        "not every cycle or patient was measured" if None in outcomes else "",
    ]
    return rate_row(measure, outcomes, unit, settings.confidence, joined(note))


def _treated(patients: Iterable[Patient], drug: str) -> list[Patient]:
    return [one for one in patients if one.first_day(drug) is not None]


def _cycles_on(patient: Patient, drug: str) -> list[Cycle]:
    """Return the cycles in which a drug was under way."""
    course = patient.courses[drug]
    return [one for one in patient.cycles if course.days(one.first_day, one.last_day)]


def _after(settings: SafetySettings) -> float:
    return settings.days_after_last_dose


def _or_lost(had: bool | None, may_be_lost: bool) -> bool | None:
    """Say whether there was an event; where a row is left out, none found is not none."""
    return any_of((had, None if may_be_lost else False))


def _had(events, term, grade, attribution, patient, drug, settings) -> bool | None:
    return any_of(
        _and(
            is_emergent(event, patient, drug, _after(settings)),
            _counts(event, grade, attribution),
        )
        for event in _of_term(events, term)
    )


def _had_in(events, term, grade, attribution, cycle: Cycle) -> bool | None:
    return any_of(
        _and(
            None
            if event.get("onset_day") is None
            else cycle.first_day <= floor(event["onset_day"]) <= cycle.last_day,
            _counts(event, grade, attribution),
        )
        for event in _of_term(events, term)
    )


def _of_term(events, term) -> list[Mapping]:
    return [event for event in events if not term or normalised(event["term"]) == term]


def _counts(event: Mapping, grade: int, attribution: str) -> bool | None:
    attributed = True if attribution == "any" else event.get(f"related_{attribution}")
    known = event.get("grade")
    # Whatever was reported has a grade of 1 at least.
    reached = grade == 1 or (None if known is None else known >= grade)
    return _and(attributed, reached)


def _and(one: bool | None, other: bool | None) -> bool | None:
    """Say whether both are true; a false one decides whatever the other is."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True
