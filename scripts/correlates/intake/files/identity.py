"""Who and what a file is: from its row in the samples sheet, from its name, or from both."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from correlates.intake.acquisitions import Acquisition
from correlates.intake.files.names import Names
from correlates.intake.sheets.cells import CellError, cell_reader
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import SheetRow
from correlates.intake.sheets.visits import normal_timepoint, normal_tube, parse_visit, visit_remedy

_COLUMNS = ("panel", "tube", "specimen", "batch", "sample", "bead_lot", "tube_prep")


class IdentityError(ValueError):
    """A file or row whose identity cannot be told.

    Parameters
    ----------
    reason, remedy
        Why, and what to do about it, each in a sentence.
    """

    def __init__(self, reason: str, remedy: str):
        super().__init__(f"{reason}. {remedy}")
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True)
class Identity:
    """Who and what a file is; ``""`` or None where nothing tells.

    Parameters
    ----------
    patient, visit, timepoint, specimen, panel, tube, batch, sample
        As in an ``Acquisition``; ``sample`` only if the sheet has its own.
    study_day, hours_post_dose
        As recorded.
    date
        Date in the file's name, for order only.
    bead_lot, tube_prep
        Counting beads in the tube, and how it was prepared, as the sheet has it.
    """

    patient: str
    visit: str
    timepoint: str = "pre"
    specimen: str = ""
    panel: str = ""
    tube: str = ""
    batch: str = ""
    sample: str = ""
    study_day: float | None = None
    hours_post_dose: float | None = None
    date: str = ""
    bead_lot: str = ""
    tube_prep: str = ""

    def listed(self) -> dict[str, str]:
        """Return the columns under which a file that is not worked on is listed."""
        names = ("patient", "visit", "timepoint", "specimen", "panel", "tube", "batch")
        return {name: getattr(self, name) for name in names}

    def acquisition(self, path: str, sha256: str, usual_specimen: str) -> Acquisition:
        """Return the acquisition of a file of this identity."""
        sample = self.sample_key(usual_specimen)
        planned = parse_visit(self.visit).planned_day
        day = planned if self.study_day is None else self.study_day
        source = (
            "recorded" if self.study_day is not None else "planned" if planned is not None else ""
        )
        return Acquisition(
            acquisition=self.key(usual_specimen),
            sample=sample,
            **{**self.listed(), "tube": self.tube or "full"},
            study_day=None if day is None else float(day),
            study_day_source=source,
            hours_post_dose=self.hours_post_dose,
            path=path,
            sha256=sha256,
            lot=self.bead_lot,
            tube_prep=self.tube_prep,
        )

    def sample_key(self, usual_specimen: str) -> str:
        """Return the sheet's sample, else one made of all that tells two draws apart."""
        if self.sample:
            return self.sample
        parts = [self.patient, self.visit]
        parts += [self.timepoint] if self.timepoint != "pre" else []
        parts += [self.specimen] if self.specimen != usual_specimen else []
        return "_".join(parts)

    def key(self, usual_specimen: str) -> str:
        """Return the key of the acquisition: ``<sample>__<panel>__<tube>``."""
        return f"{self.sample_key(usual_specimen)}__{self.panel}__{self.tube or 'full'}"


def identity_of_row(row: SheetRow, specimen: str = "") -> Identity:
    """Return what a row of the samples sheet says; ``specimen`` is the study's usual one."""
    text = {name: row.get(name) or "" for name in _COLUMNS}
    text["specimen"] = text["specimen"] or specimen
    return Identity(
        patient=row.get("patient"),
        visit=row.get("visit"),
        timepoint=row.get("timepoint") or "pre",
        study_day=row.get("study_day"),
        hours_post_dose=row.get("hours_post_dose"),
        **text,
    )


@dataclass
class NameReader:
    """Turns what a filename's placeholders hold into an identity.

    Parameters
    ----------
    patients, panels
        Known names.
    left_out
        Row of the patients sheet to mend, of each patient who is left out for it.
    only_panel
        The panel of a study that has one, else ``""``.
    """

    patients: Names
    panels: Names
    left_out: Mapping[str, int]
    only_panel: str = ""

    def __post_init__(self) -> None:
        columns = load_schema("samples")["properties"]
        self._readers = {name: cell_reader(columns[name]) for name in ("specimen", "tube", "batch")}

    def identity(self, held: Mapping[str, str]) -> Identity:
        """Return the identity that a match of the pattern gives.

        Raises
        ------
        IdentityError
            If a placeholder holds what is not known or not legal.
        """
        visit = parse_visit(held["visit"])
        if visit is None:
            reason = f"{held['visit']!r} is no visit"
            raise IdentityError(reason, visit_remedy(held["visit"]))
        timepoint = normal_timepoint(held.get("timepoint", visit.timepoint or ""))
        date = "".join(mark for mark in held.get("date", "") if mark.isdigit())
        tube = normal_tube(held.get("tube", ""))
        text = {
            "specimen": held.get("specimen", "").lower(),
            "tube": tube,
            "batch": held.get("batch", ""),
        }
        return Identity(
            patient=self._patient(held["patient"]),
            visit=visit.name,
            timepoint=timepoint,
            panel=self._panel(held.get("panel", "")),
            date=date,
            **{name: self._legal(name, value) for name, value in text.items()},
        )

    def contradictions(
        self, held: Mapping[str, str], identity: Identity
    ) -> dict[str, tuple[str, str]]:
        """Return where a name says other than an identity: column to both values.

        What the name holds and nobody knows, such as a patient's number in another form, says
        nothing.
        """
        told = identity.listed() | {"tube": identity.tube or "full"}
        return {
            column: (value, told[column])
            for column, value in self._said(held).items()
            if value != told[column]
        }

    def _said(self, held: Mapping[str, str]) -> dict[str, str]:
        """Return what a name says of patient, draw and tube, as far as it is known and legal."""
        said = {}
        if held["patient"] in self.patients.known or held["patient"] in self.left_out:
            said["patient"] = held["patient"]
        visit = parse_visit(held["visit"])
        if visit is not None:
            said["visit"] = visit.name
        timepoint = held.get("timepoint") or (visit and visit.timepoint)
        if timepoint:
            said["timepoint"] = normal_timepoint(timepoint)
        panel = self.panels.canonical(held.get("panel", ""))
        if panel is not None:
            said["panel"] = panel
        for column, normal in (("specimen", str.lower), ("tube", normal_tube)):
            if held.get(column):
                with suppress(IdentityError):
                    said[column] = self._legal(column, normal(held[column]))
        return said

    def _patient(self, name: str) -> str:
        if name in self.patients.known:
            return name
        if name in self.left_out:
            reason = f"patient {name!r} is left out, for row {self.left_out[name]} of the sheet"
            raise IdentityError(reason, "Mend that row of the patients sheet first.")
        reason = f"unknown patient {name!r}"
        raise IdentityError(reason, self.patients.remedy(name, "the patients sheet"))

    def _panel(self, name: str) -> str:
        panel = self.panels.canonical(name) if name else self.only_panel
        if panel is None:
            reason = f"unknown panel {name!r}"
            raise IdentityError(reason, self.panels.remedy(name, "study.gating"))
        return panel

    def _legal(self, column: str, value: str) -> str:
        try:
            return self._readers[column](value) if value else ""
        except CellError as error:
            reason = f"{column} {error.shown!r}: {error.problem}"
            raise IdentityError(reason, error.remedy) from error
