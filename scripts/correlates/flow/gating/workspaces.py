"""FlowJo workspaces as the pipeline keeps them: a strategy and FlowJo's own counts for each sample.

Plain values, so that a job which gates one file needs neither FlowKit nor the workspace.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from correlates.flow.gating.gates import ROOT, Strategy, from_json, to_json
from correlates.problems import did_you_mean

_UNSAFE = re.compile(r"[^A-Za-z0-9.+-]+")


class NotInWorkspace(LookupError):
    """A file for which the workspace has no gates that can be used."""


@dataclass(frozen=True)
class FlowJoSample:
    """What a workspace says of one sample.

    Parameters
    ----------
    file
        Name of the FCS file that FlowJo opened, without its folder.
    name
        Name that FlowJo shows, often ``$FIL``; two samples may share it.
    n_events
        Events that FlowJo counted in the file.
    strategy
        Its gates; None if they cannot be evaluated.
    counts
        FlowJo's own count of each population, by id.
    paths
        FlowJo's path of each population, names joined by ``/``, by id.
    refusal
        Why there is no strategy.
    kinds
        What FlowJo calls each gate, by id: ``rectangle``, ``polygon``, ``ellipsoid``, ``boolean``;
        the strategy holds ellipses as polygons.
    """

    file: str
    name: str
    n_events: int
    strategy: Strategy | None
    counts: dict[str, int]
    paths: dict[str, str]
    refusal: str = ""
    kinds: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FlowJoWorkspace:
    """The samples of one workspace, under the name that the message should call it."""

    path: str
    samples: tuple[FlowJoSample, ...]

    def sample_of(self, file: str) -> FlowJoSample:
        """Return the sample of an FCS file.

        Parameters
        ----------
        file
            Name of the file, without its folder. The name of the file that FlowJo opened counts
            first; failing that the name that FlowJo shows, if only one sample bears it.

        Raises
        ------
        NotInWorkspace
            If there is none, there are two, or its gates cannot be used; says what to do.
        """
        found = [sample for sample in self.samples if sample.file == file]
        found = found or [sample for sample in self.samples if sample.name == file]
        if not found:
            known = did_you_mean(file, [sample.file for sample in self.samples])
            msg = (
                f"{file} is not in the workspace {self.path}. {known} "
                "Add the file in FlowJo, apply the gates and save the workspace again."
            )
            raise NotInWorkspace(msg)
        if len(found) > 1:
            msg = (
                f"{self.path} holds {len(found)} samples called {file}. "
                "Remove all but one in FlowJo and save the workspace again."
            )
            raise NotInWorkspace(msg)
        if found[0].strategy is None:
            msg = f"The gates of {file} in {self.path} cannot be used: {found[0].refusal}"
            raise NotInWorkspace(msg)
        return found[0]

    def to_json(self) -> dict:
        """Return the workspace as plain JSON values; ``from_json`` reads it back."""
        samples = []
        for sample in self.samples:
            strategy = None if sample.strategy is None else to_json(sample.strategy)
            samples.append({**vars(sample), "strategy": strategy})
        return {"path": self.path, "samples": samples}

    @classmethod
    def from_json(cls, content: dict) -> "FlowJoWorkspace":
        """Return the workspace that ``to_json`` wrote."""
        samples = []
        for sample in content["samples"]:
            strategy = None if sample["strategy"] is None else from_json(sample["strategy"])
            samples.append(FlowJoSample(**{**sample, "strategy": strategy}))
        return cls(content["path"], tuple(samples))


def population_ids(paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Name every population by as much of its path as tells it from the others.

    Parameters
    ----------
    paths
        Every path of gate names of a workspace, over all its samples, so that a population has one
        id in all of them.

    Returns
    -------
    An id for each path: ``CD8+`` if there is but one, else ``CD4+/CD8+``. Characters that do not
    belong in a column's name become ``_``.
    """
    ordered = sorted(set(paths))
    cleaned = {
        path: tuple(_UNSAFE.sub("_", name).strip("_") or "gate" for name in path)
        for path in ordered
    }
    endings: dict[tuple[str, ...], int] = {}
    for names in cleaned.values():
        for length in range(1, len(names) + 1):
            endings[names[-length:]] = endings.get(names[-length:], 0) + 1
    ids: dict[tuple[str, ...], str] = {}
    taken = {ROOT}
    for path in ordered:
        names = cleaned[path]
        lengths = [n for n in range(1, len(names) + 1) if endings[names[-n:]] == 1]
        wanted = "/".join(names[-min(lengths, default=len(names)) :])
        number, name = 1, wanted
        while name in taken:
            number += 1
            name = f"{wanted}.{number}"
        taken.add(name)
        ids[path] = name
    return ids
