"""Where the gates of a panel come from: a template, or gates that were drawn elsewhere."""

from dataclasses import dataclass
from pathlib import Path

from correlates.flow.gating.gates import Strategy, from_json, to_json
from correlates.flow.gating.workspaces import FlowJoWorkspace
from correlates.flow.templates.template import Template, read_template
from correlates.tables import read_json

GATINGML = "gatingml"
FLOWJO = "flowjo"
UNREADABLE = "unreadable"


class UnreadableGates(ValueError):
    """The GatingML file or workspace of a panel cannot be read; the message says why."""


@dataclass(frozen=True)
class Fixed:
    """Gates that were drawn elsewhere.

    Parameters
    ----------
    gates
        Those of every file (GatingML), or a workspace with those of each file (FlowJo). Text says
        why the file that should hold them cannot be read; every file of the panel is then refused.
    """

    gates: Strategy | FlowJoWorkspace | str

    @property
    def kind(self) -> str:
        """``gatingml``, ``flowjo`` or ``unreadable``."""
        if isinstance(self.gates, str):
            return UNREADABLE
        return FLOWJO if isinstance(self.gates, FlowJoWorkspace) else GATINGML

    def strategy_of(self, file: str) -> Strategy:
        """Return the gates of a file, given by its name without folders.

        Raises
        ------
        NotInWorkspace
            If a workspace has none for it.
        UnreadableGates
            If there are none at all.
        """
        if isinstance(self.gates, str):
            raise UnreadableGates(self.gates)
        if isinstance(self.gates, FlowJoWorkspace):
            return self.gates.sample_of(file).strategy
        return self.gates

    def to_json(self) -> dict:
        """Return the gates as plain JSON values."""
        write = {UNREADABLE: str, FLOWJO: FlowJoWorkspace.to_json, GATINGML: to_json}[self.kind]
        return {"kind": self.kind, "gates": write(self.gates)}


def read_source(path: str | Path) -> Template | Fixed:
    """Read the gates of a panel: a template (CSV), or what ``Fixed.to_json`` gave (JSON)."""
    if Path(path).suffix.lower() == ".csv":
        return read_template(path)
    content = read_json(path)
    read = {UNREADABLE: str, FLOWJO: FlowJoWorkspace.from_json, GATINGML: from_json}
    return Fixed(read[content["kind"]](content["gates"]))
