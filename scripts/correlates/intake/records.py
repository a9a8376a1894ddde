"""The plan: files to work on, files that are only listed, and the rows of the sheets."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from correlates.intake.acquisitions import CALIBRATION_BEADS, Acquisition, Listed
from correlates.intake.assay_records import AssayRows
from correlates.intake.clinical import ClinicalRecords
from correlates.intake.panels import PanelRow, rows_of_batch
from correlates.problems import Problem

FORMAT = 11


@dataclass(frozen=True)
class Plan:
    """Everything that was decided when the pipeline was parsed.

    Parameters
    ----------
    acquisitions
        Files to work on, in order of their keys.
    listed
        Files and rows that are not worked on, each with its reason.
    problems
        Everything wrong in config and sheets.
    patients
        Keys of the patients whose rows are good; what their sheet says stands in the records.
    cbc, beads, mesf
        Good rows of these sheets: canonical column to typed value, None where empty.
    sheets
        Kinds of sheets that the study has, from files or from REDCap.
    panels
        Per panel its channels with their markers, for all batches and for single ones.
    marker_classes
        Per panel the class of each marker that the sheet gives one: ``type``, ``state``, ``none``.
    gating, compensation
        Per panel the path of the gating; ``file``, ``none`` or the path of the compensation. The
        panels of ``gating`` stand in the order of the config.
    tubes_needed
        Per panel the keys of the reference tubes that its template takes thresholds from, such as
        ``fmo_cd57``; panels that need none are not named.
    overrides
        Thresholds that a person set in one file, as ``read_overrides`` gives them.
    second_gating, double_gated
        Per panel the path of a second gating; the acquisitions that are gated by it as well.
    records
        The clinical records, while the plan is made. They are no part of its file but have one of
        their own: those who gate never hold an outcome, and a new assessment gates nothing again.
    assays
        Rows of the assays' sheets by kind; like the records no part of the plan's file.
    """

    acquisitions: tuple[Acquisition, ...] = ()
    listed: tuple[Listed, ...] = ()
    problems: tuple[Problem, ...] = ()
    patients: tuple[str, ...] = ()
    cbc: tuple[dict, ...] = ()
    beads: tuple[dict, ...] = ()
    mesf: tuple[dict, ...] = ()
    panels: Mapping[str, tuple[PanelRow, ...]] = field(default_factory=dict)
    gating: Mapping[str, str] = field(default_factory=dict)
    compensation: Mapping[str, str] = field(default_factory=dict)
    tubes_needed: Mapping[str, list[str]] = field(default_factory=dict)
    overrides: tuple[dict, ...] = ()
    second_gating: Mapping[str, str] = field(default_factory=dict)
    double_gated: tuple[str, ...] = ()
    marker_classes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    records: ClinicalRecords | None = field(default=None, compare=False, repr=False)
    assays: Mapping[str, AssayRows] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def by_name(self) -> dict[str, Acquisition]:
        """Acquisitions by their key, so that input functions look up and never scan."""
        return {one.acquisition: one for one in self.acquisitions}

    def __getitem__(self, acquisition: str) -> Acquisition:
        return self.by_name[acquisition]

    @property
    def names(self) -> list[str]:
        """Keys of the acquisitions, in their order."""
        return list(self.by_name)

    def gating_of(self, acquisition: str) -> str:
        """Return the path of the gating of an acquisition's panel."""
        return self.gating[self.by_name[acquisition].panel]

    @cached_property
    def templates(self) -> dict[str, str]:
        """Path of the template of each panel that a template gates."""
        return self._gated_by(".csv")

    @cached_property
    def workspaces(self) -> dict[str, str]:
        """Path of the FlowJo workspace of each panel that one gates."""
        return self._gated_by(".wsp")

    def _gated_by(self, ending: str) -> dict[str, str]:
        # Some systems write endings in capitals.
        return {name: path for name, path in self.gating.items() if path.lower().endswith(ending)}

    def compensation_of(self, acquisition: str) -> str:
        """Return ``file``, ``none`` or the path of the compensation of an acquisition's panel."""
        return self.compensation[self.by_name[acquisition].panel]

    def markers_of(self, acquisition: str) -> dict[str, str]:
        """Return the marker of each channel in an acquisition's batch; empty without a sheet."""
        return {row.channel: row.marker for row in self._panel_of(acquisition)}

    def aliases_of(self, acquisition: str) -> dict[str, list[str]]:
        """Return the other names of channels and their markers in an acquisition's batch."""
        return {
            row.channel: list(row.aliases) for row in self._panel_of(acquisition) if row.aliases
        }

    def _panel_of(self, acquisition: str) -> list[PanelRow]:
        one = self.by_name[acquisition]
        return rows_of_batch(self.panels.get(one.panel, ()), one.batch)

    def overrides_of(self, acquisition: str) -> list[list]:
        """Return population, marker and linear threshold of each override of an acquisition."""
        return self._overrides.get(acquisition, [])

    @property
    def overridden(self) -> list[str]:
        """Acquisitions in which a person set a threshold, in their order."""
        return [name for name in self.names if name in self._overrides]

    @cached_property
    def _overrides(self) -> dict[str, list[list]]:
        found: dict[str, list[list]] = {}
        for row in self.overrides:
            what = [row["population"], row["marker"], row["threshold"]]
            found.setdefault(row["acquisition"], []).append(what)
        return {name: sorted(rows) for name, rows in found.items()}

    def references_of(self, acquisition: str) -> list[Acquisition]:
        """Return the reference tubes that an acquisition may be judged by, in order of their keys.

        They are of its panel, and of its batch or its own draw: what the references sheet declares,
        and the tubes of the samples sheet that are not measured (FMO, unstained, unstimulated,
        single stains, beads).
        """
        one = self.by_name[acquisition]
        near = self._references.get((one.panel, one.batch), []) if one.batch else []
        own = self._references.get((one.panel, "", one.sample), [])
        found = {other.acquisition: other for other in (*near, *own) if other is not one}
        return [found[name] for name in sorted(found)]

    def threshold_tubes_of(self, acquisition: str) -> list[Acquisition]:
        """Return the reference tubes whose thresholds an acquisition's template can use.

        They are of the kinds that the template names. A reference tube takes none itself.
        """
        one = self.by_name[acquisition]
        needed = self.tubes_needed.get(one.panel, ())
        if not needed or one.is_reference:
            return []
        return [other for other in self.references_of(acquisition) if other.tube_key in needed]

    @cached_property
    def calibration_tubes(self) -> list[Acquisition]:
        """The tubes of calibration beads."""
        return [one for one in self.acquisitions if one.tube == CALIBRATION_BEADS]

    @cached_property
    def in_panels_with_fmo(self) -> list[str]:
        """Keys of all acquisitions of the panels that any FMO or isotype tube is of."""
        kinds = ("fmo_", "isotype_")
        panels = {one.panel for one in self.acquisitions if one.tube_key.startswith(kinds)}
        return [one.acquisition for one in self.acquisitions if one.panel in panels]

    @cached_property
    def _references(self) -> dict[tuple, list[Acquisition]]:
        found: dict[tuple, list[Acquisition]] = {}
        for one in self.acquisitions:
            if one.is_reference:
                found.setdefault((one.panel, one.batch), []).append(one)
                found.setdefault((one.panel, "", one.sample), []).append(one)
        return found

    def to_json(self) -> str:
        """Return the plan as JSON; equal plans are equal text, and no time is in it."""
        content = {
            "format": FORMAT,
            "acquisitions": [one.as_row() for one in self.acquisitions],
            "listed": [one.as_row() for one in self.listed],
            "problems": [one.as_row() for one in self.problems],
            "patients": list(self.patients),
            "cbc": list(self.cbc),
            "beads": list(self.beads),
            "mesf": list(self.mesf),
            "panels": {panel: [asdict(row) for row in rows] for panel, rows in self.panels.items()},
            "gating": dict(self.gating),
            # The keys below are sorted, and the config's order of panels decides between them.
            "panels_in_order": list(self.gating),
            "compensation": dict(self.compensation),
            "tubes_needed": {panel: list(tubes) for panel, tubes in self.tubes_needed.items()},
            "overrides": list(self.overrides),
            "second_gating": dict(self.second_gating),
            "double_gated": list(self.double_gated),
            "marker_classes": {panel: dict(of) for panel, of in self.marker_classes.items()},
            "sheets": list(self.sheets),
        }
        return json.dumps(content, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read a plan that ``to_json`` wrote.

        Raises
        ------
        ValueError
            If the text is no plan of this format.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            msg = f"this is no plan of format {FORMAT}"
            raise ValueError(msg)
        return cls(
            acquisitions=tuple(Acquisition(**row) for row in content["acquisitions"]),
            listed=tuple(Listed(**row) for row in content["listed"]),
            problems=tuple(Problem(**row) for row in content["problems"]),
            patients=tuple(content["patients"]),
            cbc=tuple(content["cbc"]),
            beads=tuple(content["beads"]),
            mesf=tuple(content["mesf"]),
            panels={panel: _panel_rows(rows) for panel, rows in content["panels"].items()},
            gating={panel: content["gating"][panel] for panel in content["panels_in_order"]},
            compensation=content["compensation"],
            tubes_needed=content["tubes_needed"],
            overrides=tuple(content["overrides"]),
            second_gating=content["second_gating"],
            double_gated=tuple(content["double_gated"]),
            marker_classes=content["marker_classes"],
            sheets=tuple(content["sheets"]),
        )


def _panel_rows(rows: list[dict]) -> tuple[PanelRow, ...]:
    return tuple(PanelRow(**row | {"aliases": tuple(row["aliases"])}) for row in rows)


def read_plan(path: str | Path) -> Plan:
    """Read the plan of a snapshot file."""
    return Plan.from_json(Path(path).read_text(encoding="utf-8"))
