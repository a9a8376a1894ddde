"""The events of one file that cohort-level clustering sees: chosen by that file's content alone.

The per-file job writes them, so nothing heavier than numpy and flowutils is imported here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from correlates.flow.gating.gates import ROOT, Transform
from correlates.flow.gating.transforms import apply
from correlates.flow.templates.panel import names_itself
from correlates.intake.fcs.verdict import REFUSED
from correlates.tables import whole_file

OFF = "off"
NO_POPULATION = "no_population"
OK = "ok"
# Fewer events in the population than were asked for: all of them are there.
FEW_EVENTS = "few_events"

_NO_RANGE = 262_144.0


def _nothing() -> np.ndarray:
    return np.zeros((0, 0), np.float32)


def _nobody() -> np.ndarray:
    return np.zeros((0, 0), bool)


@dataclass(frozen=True)
class Choice:
    """Which events of a file are kept, and on which scale they are written.

    Parameters
    ----------
    events_per_sample
        How many, at most.
    population
        The population among whose events they are chosen.
    seed
        Seed of the choice, together with the file's content.
    width, decades
        Logicle scale of every dye, the same in all files (w and m).
    """

    events_per_sample: int
    population: str
    seed: int
    width: float
    decades: float


@dataclass(frozen=True)
class Subsample:
    """Chosen events of one file, in random order: the first k are a random choice themselves.

    Parameters
    ----------
    status
        ``ok``, ``few_events`` (all that there are), ``no_population``, ``refused`` or ``off``.
    n_population
        Events of the population that they were chosen from.
    channels, markers
        Of each column; scatter has no marker.
    tops
        Upper end of each column's scale: the detector's range (``$PnR``).
    raw, compensated, transformed
        float32, (events, channels): as read, linear after compensation, and on the scale: logicle
        of one width for all files, scatter as a share of the detector's range.
    parents
        Parent of each gated population.
    members
        bool, (populations, events).
    compensated_by
        Where the matrix is from, as in the file's verdict.
    """

    status: str
    n_population: int = 0
    channels: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    tops: tuple[float, ...] = ()
    raw: np.ndarray = field(default_factory=_nothing)
    compensated: np.ndarray = field(default_factory=_nothing)
    transformed: np.ndarray = field(default_factory=_nothing)
    parents: Mapping[str, str] | None = None
    members: np.ndarray = field(default_factory=_nobody)
    compensated_by: str = ""

    def __len__(self) -> int:
        return len(self.transformed)


def choose_events(outcome, content: str, choice: Choice | None) -> Subsample:
    """Choose events of one gated file.

    Parameters
    ----------
    outcome
        What the gating of the file came to (``acquisition.Outcome``).
    content
        sha256 of the file, which with the seed decides the choice, so that no other file moves it.
    choice
        What to choose; None chooses nothing.
    """
    if choice is None:
        return Subsample(OFF)
    if outcome.gated is None:
        return Subsample(REFUSED)
    gated = outcome.gated
    if choice.population not in (ROOT, *gated.parents):
        return Subsample(NO_POPULATION, parents=dict(gated.parents))
    columns = _columns(outcome)
    held = np.flatnonzero(gated.members(choice.population))
    rng = np.random.default_rng([choice.seed, int(content[:15], 16)])
    numbers = rng.permutation(held)[: choice.events_per_sample]
    raw = _as_read(outcome.events, [channel for channel, _ in columns], numbers)
    compensated = raw.copy()
    for place, (channel, marker) in enumerate(columns):
        if marker:
            compensated[:, place] = gated.intensities[channel, outcome.compensation][numbers]
    real = np.isfinite(raw).all(axis=1) & np.isfinite(compensated).all(axis=1)
    numbers, raw, compensated = numbers[real], raw[real], compensated[real]
    ranges = {one.name: getattr(one, "range", None) for one in outcome.events.channels}
    tops = tuple(float(ranges.get(channel) or _NO_RANGE) for channel, _ in columns)
    return Subsample(
        OK if len(held) >= choice.events_per_sample else FEW_EVENTS,
        len(held),
        tuple(channel for channel, _ in columns),
        tuple(marker for _, marker in columns),
        tops,
        raw,
        compensated,
        _scaled(compensated, columns, tops, choice),
        dict(gated.parents),
        np.array([gated.members(name)[numbers] for name in gated.parents]),
        outcome.compensated_by,
    )


def _columns(outcome) -> list[tuple[str, str]]:
    """Return channel and marker of each column: scatter as the file has it, then the markers."""
    names = [one.name for one in outcome.events.channels]
    scatter = [name for name in names if names_itself(name) and name.upper() != "TIME"]
    stained = [(channel, marker) for channel, marker in outcome.markers.items() if marker]
    return [(name, "") for name in scatter if name not in dict(stained)] + stained


def _as_read(events, channels: list[str], numbers: np.ndarray) -> np.ndarray:
    """Return raw values, (events, channels), in one pass over the file."""
    places = [events.column(channel) for channel in channels]
    order = np.argsort(numbers)
    ordered, values = numbers[order], np.empty((len(numbers), len(channels)), np.float32)
    for start, block in events.blocks():
        first, last = np.searchsorted(ordered, (start, start + len(block)))
        if last > first:
            picked = block[ordered[first:last] - start]
            values[order[first:last]] = picked[:, places]
    return values


def _scaled(compensated, columns, tops, choice: Choice) -> np.ndarray:
    scaled = np.empty_like(compensated)
    for place, ((_, marker), top) in enumerate(zip(columns, tops, strict=True)):
        linear = compensated[:, place].astype(float)
        logicle = {"t": top, "w": choice.width, "m": choice.decades, "a": 0.0}
        scale = (
            Transform("logicle", logicle) if marker else Transform("linear", {"t": top, "a": 0.0})
        )
        scaled[:, place] = apply(scale, linear)
    return scaled


def write_subsample(path: str | Path, chosen: Subsample) -> None:
    """Write chosen events as .npz; equal events are equal bytes."""
    about = {
        "status": chosen.status,
        "n_population": chosen.n_population,
        "channels": chosen.channels,
        "markers": chosen.markers,
        "tops": chosen.tops,
        "parents": dict(chosen.parents or {}),
        "populations": list(chosen.parents or {}),
        "compensated_by": chosen.compensated_by,
    }
    with whole_file(path, "wb") as stream:
        np.savez(
            stream,
            about=np.array(json.dumps(about, sort_keys=True)),
            raw=chosen.raw,
            compensated=chosen.compensated,
            transformed=chosen.transformed,
            members=np.packbits(chosen.members, axis=1),
        )


def read_subsample(path: str | Path) -> Subsample:
    """Read what ``write_subsample`` wrote."""
    with np.load(path, allow_pickle=False) as content:
        about = json.loads(str(content["about"]))
        transformed = content["transformed"]
        bits = content["members"]
        members = np.unpackbits(bits, axis=1, count=len(transformed)).astype(bool)
        return Subsample(
            about["status"],
            about["n_population"],
            tuple(about["channels"]),
            tuple(about["markers"]),
            tuple(about["tops"]),
            content["raw"],
            content["compensated"],
            transformed,
            {name: about["parents"][name] for name in about["populations"]},
            members,
            about["compensated_by"],
        )
