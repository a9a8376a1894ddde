"""What the checks of a cohort look at: the clinic's records, the files, and what came of them."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY, Dosing, dosing_of_patient
from correlates.clinical.dosing.settings import VisitSettings
from correlates.clinical.records import ClinicalRecords
from correlates.clinical.survival.cycles import cycle_days
from correlates.clinical.survival.schedule import day_in_cycle
from correlates.intake.sheets.visits import CYCLE_DAYS, parse_visit

DRAW = ("patient", "visit", "timepoint", "specimen")
# Tables that other rules write, and what their lack means.
TABLES = {
    "responses": "no response was computed (results/clinical/responses.tsv)",
}


@dataclass(frozen=True)
class Settings:
    """Limits of the checks: ``clinical.integrity`` of the config, and those that others own.

    Parameters
    ----------
    visits
        ``clinical.visits``: windows of draws.
    assessment_window_days
        ``clinical.survival.assessment_window_days``.
    assessment_visits, then_every_cycles
        Of ``clinical.survival``: when response is assessed.
    node_mm
        ``clinical.response.limits.node_mm``.
    dose_gap_days
        Days without a record of a drug, between two that have one, from which they are told of.
    typed_tolerance_pct
        Percent by which a typed-in measurement may differ from the one that it repeats.
    leap_fold
        By laboratory column, the factor to both neighbours from which a value is a leap.
    youngest_age_y
        Age in years below which an age is told of.
    contact_slack_days
        Days by which the last contact may precede the last record of a patient.
    b1_max_days_before
        ``cohort.b1_max_days_before``.
    dose_levels_mg
        ``clinical.safety.dose_levels_mg``; None where the study names none.
    """

    visits: VisitSettings = field(default_factory=VisitSettings)
    assessment_window_days: float = math.inf
    assessment_visits: Sequence[str] = ()
    then_every_cycles: int = 0
    node_mm: float = 0
    dose_gap_days: float = 7
    typed_tolerance_pct: float = 10
    leap_fold: Mapping[str, float] = field(default_factory=dict)
    youngest_age_y: float = 30
    contact_slack_days: float = 0
    b1_max_days_before: float = 3
    dose_levels_mg: Sequence[float] | None = None


def settings_of(block: Mapping, visits: Mapping, **others) -> Settings:
    """Return the limits of the checks.

    Parameters
    ----------
    block, visits
        ``clinical.integrity`` and ``clinical.visits`` of the config.
    **others
        Limits of `Settings` that stand elsewhere in the config.
    """
    names = (
        *("dose_gap_days", "typed_tolerance_pct", "leap_fold", "youngest_age_y"),
        "contact_slack_days",
    )
    own = {name: block[name] for name in names}
    return Settings(VisitSettings.of(visits), **own, **others)


@dataclass(frozen=True)
class Draw:
    """One draw, as far as anybody recorded it: day and hours are None where nobody did."""

    patient: str
    visit: str
    timepoint: str
    specimen: str
    day: float | None
    hours_post_dose: float | None
    hours_post_lenalidomide: float | None
    occasion: str
    source: str

    @property
    def name(self) -> str:
        """The visit, and the timepoint where it is not the usual one."""
        return self.visit if self.timepoint in ("", "pre") else f"{self.visit} {self.timepoint}"


@dataclass(frozen=True)
class Evidence:
    """Everything that the checks look at; nothing is changed by them.

    Parameters
    ----------
    records
        The clinic's records.
    settings
        Limits.
    acquisitions
        Rows of the files that are worked on, of patients only: ``acquisition``, ``sample``,
        ``patient``, ``visit``, ``timepoint``, ``specimen``, ``study_day``, ``study_day_source``,
        ``hours_post_dose``, ``path``.
    files, problems, cbc
        Rows of ``results/intake/files.tsv`` and ``problems.tsv``; of the sheet of blood counts.
    assays
        Rows of the assays' sheets: of each the draw, ``row`` and ``sheet``.
    tables
        Rows of the tables that TABLES names, as far as they were made.
    """

    records: ClinicalRecords
    settings: Settings = field(default_factory=Settings)
    acquisitions: Sequence[Mapping] = ()
    files: Sequence[Mapping] = ()
    problems: Sequence[Mapping] = ()
    cbc: Sequence[Mapping] = ()
    assays: Sequence[Mapping] = ()
    tables: Mapping[str, Sequence[Mapping]] = field(default_factory=dict)
    _dosing: dict[str, Dosing] = field(default_factory=dict, init=False, repr=False)
    _cycles: dict[str, dict[int, float]] = field(default_factory=dict, init=False, repr=False)

    def why_absent(self, need: str) -> str:
        """Say what is lacking of a check's needs; nothing if it is there.

        Parameters
        ----------
        need
            A kind of sheet, ``sheet.column`` (which a row must fill), ``draws``, or a table of
            TABLES by ``table:name``; of several, divided by ``|``, one will do.
        """
        if "|" in need:
            absent = [self.why_absent(one) for one in need.split("|")]
            return "" if "" in absent else ", and ".join(absent)
        kind, _, column = need.partition(".")
        if need.startswith("table:"):
            name = need.partition(":")[2]
            return "" if name in self.tables else TABLES[name]
        if kind == "draws":
            return (
                ""
                if self.draws
                else "no samples sheet, file name or sheet of an assay gives a draw"
            )
        if not self.records.has(kind):
            return f"the study has no sheet of this kind (study.{kind})"
        if column and all(row.get(column) is None for row in self.records.rows(kind)):
            return f"no row of the {kind} sheet has {column}"
        return ""

    @cached_property
    def draws(self) -> list[Draw]:
        """The draws of samples sheet, files and assays, once each, in the order of their days.

        A draw whose rows give several days stands once for each of them.
        """
        found: dict[tuple, Draw] = {}
        for draw in map(_draw_of, self.records.rows("samples")):
            found.setdefault((*(getattr(draw, name) for name in DRAW), draw.day), draw)
        # The row of a sheet tells more than its file; one that names no specimen is of the usual.
        told = {key[:4] for key in found} | {(*key[:3], "") for key in found if not key[3]}
        for draw in map(_draw_of, self.acquisitions):
            key = tuple(getattr(draw, name) for name in DRAW)
            if key not in told and (*key[:3], "") not in told:
                found.setdefault((*key, draw.day), draw)
        self._add_assays(found)
        dated = {key[:4] for key, draw in found.items() if draw.day is not None}
        kept = [one for key, one in found.items() if one.day is not None or key[:4] not in dated]
        return sorted(kept, key=lambda one: (one.patient, math.inf if one.day is None else one.day))

    def _add_assays(self, found: dict[tuple, Draw]) -> None:
        """Add the draws that assays alone know; all that is made of one draw is that draw."""
        days = {(*key[:3], draw.day) for key, draw in found.items()}
        undated = {key[:3] for key in found}
        for row in self.assays:
            if row.get("patient") is None or row.get("visit") is None:
                continue
            hours = {
                "hours_post_dose": "hours_post_ibr",
                "hours_post_lenalidomide": "hours_post_len",
            }
            draw = _draw_of(row | {ours: row.get(theirs) for ours, theirs in hours.items()})
            key = tuple(getattr(draw, name) for name in DRAW)
            is_known = (*key[:3], draw.day) in days or (draw.day is None and key[:3] in undated)
            if not is_known:
                found[(*key, draw.day)] = draw
                days.add((*key[:3], draw.day))
                undated.add(key[:3])

    @cached_property
    def draws_of(self) -> dict[str, list[Draw]]:
        """The draws of each patient."""
        found = defaultdict(list)
        for draw in self.draws:
            found[draw.patient].append(draw)
        return dict(found)

    def doses(self, patient: str, drug: str) -> list[dict]:
        """Return the periods in which a drug was taken, in order; held ones are not among them.

        A period without its dose is one in which the drug was taken.
        """
        rows = self.records.of("exposure", patient)
        return [row for row in rows if row["drug"] == drug and row["dose_mg"] != 0]

    def lenalidomide_start(self, patient: str) -> float | None:
        """Return the day of the first lenalidomide dose: as recorded by dosing, else typed in."""
        return self.dosing(patient).first_lenalidomide

    def dosing(self, patient: str) -> Dosing:
        """Return what a patient took."""
        if patient not in self._dosing:
            self._dosing[patient] = dosing_of_patient(self.records, patient)
        return self._dosing[patient]

    def due_day(self, patient: str, visit: str | None) -> float | None:
        """Return the day for which a visit was due; None for a visit that no plan gives a day.

        A cycle that began late, as dosing shows, moves all that follow.
        """
        parsed = parse_visit(visit or "")
        if parsed is None or parsed.planned_day is None:
            return None
        cycle, days = divmod(parsed.planned_day - 1, CYCLE_DAYS)
        if cycle < 0:
            return float(parsed.planned_day)
        if patient not in self._cycles:
            self._cycles[patient] = cycle_days(self.dosing(patient))
        begun = self._cycles[patient]
        return day_in_cycle(cycle, days + 1, float(FIRST_IBRUTINIB_DAY), begun)

    def start_source(self, patient: str) -> str:
        """Name the row that the first lenalidomide dose is known from."""
        rows = [
            row for row in self.doses(patient, "lenalidomide") if row["start_day"] is not None
        ] or [self.records.patient(patient)]
        first = min(rows, key=lambda row: row.get("start_day") or 0)
        return place(first)

    def death(self, patient: str) -> tuple[float, dict] | None:
        """Return the day of a patient's death and the row that has it; None if there is none."""
        rows = [
            row for row in self.records.of("follow_up", patient) if row["death_day"] is not None
        ]
        return min(
            ((row["death_day"], row) for row in rows), key=lambda pair: pair[0], default=None
        )


def _draw_of(row: Mapping) -> Draw:
    is_recorded = row.get("study_day_source", "recorded") == "recorded"
    return Draw(
        patient=row["patient"],
        visit=row["visit"],
        timepoint=row.get("timepoint") or "pre",
        specimen=row.get("specimen") or "",
        day=row.get("study_day") if is_recorded else None,
        hours_post_dose=row.get("hours_post_dose"),
        hours_post_lenalidomide=row.get("hours_post_lenalidomide"),
        occasion=row.get("occasion") or "",
        source=place(row),
    )


def place(*rows: Mapping) -> str:
    """Name where rows stand: sheet and row, or the path of a file."""
    named = []
    for row in rows:
        if row.get("row") is not None:
            named.append(f"{row['sheet']} row {row['row']}")
        elif row.get("path"):
            named.append(row["path"])
    return "; ".join(dict.fromkeys(named))


def day_words(day: float | None) -> str:
    """Write a study day."""
    return "no recorded day" if day is None else f"day {day:g}"


def days_apart(days: float) -> str:
    """Write a number of days."""
    return f"{days:g} day{'' if days == 1 else 's'}"
