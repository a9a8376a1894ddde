"""Turn a template into the concrete gates of one file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from correlates.flow.gating.evaluate import Gated, Gating
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import (
    FROM_FILE,
    Compensation,
    Dimension,
    Gate,
    Strategy,
)
from correlates.flow.quality.acquisition_time import TimeRanges
from correlates.flow.quality.margins import Margins
from correlates.flow.templates.args import names_in
from correlates.flow.templates.axes import FileAxes
from correlates.flow.templates.borrowed import Borrowing
from correlates.flow.templates.concrete_gates import (
    boolean_gates,
    boundary_gate,
    ellipse_gate,
    polygon_gate,
    threshold_gates,
)
from correlates.flow.templates.cuts import Cuts
from correlates.flow.templates.methods import (
    Settings,
    fitted_ellipse,
    singlet_band,
)
from correlates.flow.templates.placing import (
    Origin,
)
from correlates.flow.templates.quality_gates import (
    QUALITY_METHODS,
    margin_gate,
    steady_gates,
)
from correlates.flow.templates.rows import Row
from correlates.flow.templates.scales import (
    Scale,
    length_of,
    linear_scale,
    range_or_usual,
)
from correlates.flow.templates.template import Template

# Times the events of a density that are looked at to set a gate: some of them are filtered out.
_ENOUGH = 4


@dataclass(frozen=True)
class Instance:
    """The concrete gates of one file, and how they came about.

    Parameters
    ----------
    strategy
        The gates, parents first, with those that only serve an expression's.
    methods
        Gating method of each population, as the template spells it.
    flags
        What to know of each population's gate; populations without a flag are not named.
    thresholds
        Linear threshold of each data-driven cut, by population and dimension.
    origins
        Where each of these is from.
    gated
        Who is in which population of the template.
    scales
        The scale of each dimension of the template, as its sheet names it; scatter has none.
    quality
        What the quality rows found, by population.
    """

    strategy: Strategy
    methods: dict[str, str]
    flags: dict[str, tuple[str, ...]]
    thresholds: dict[str, dict[str, float]]
    origins: dict[str, dict[str, Origin]]
    gated: Gated
    scales: dict[str, Scale]
    quality: dict[str, TimeRanges | Margins] = field(default_factory=dict)


def instantiate(
    template: Template,
    events: Events,
    channels: Mapping[str, str],
    settings: Settings | None = None,
    *,
    compensation: str = FROM_FILE,
    compensations: Mapping[str, Compensation] | None = None,
    borrowing: Borrowing | None = None,
    stained: Collection[str] = (),
) -> Instance:
    """Set every gate of a template on one file's events, parents before children.

    Parameters
    ----------
    template
        A template without problems.
    events
        The file's events.
    channels
        Channel of the file by dimension of the template, as ``panel.match_channels`` gives them.
    settings
        How data-driven gates are set.
    compensation
        What fluorescence is compensated with: ``FCS``, ``uncompensated`` or a key of
        ``compensations``.
    compensations
        Matrices that do not stand in the file.
    borrowing
        Which tube the file is, and the thresholds that reference tubes hand on to it; none by
        default.
    stained
        Channels of the file that hold a marker, beside those that the template gates on: their
        signal is watched too.

    Returns
    -------
    Gates whose numbers are plain values, and the membership that they gave while being set; the
    same gates on the same file give it again.
    """
    settings, borrowing = settings or Settings(), borrowing or Borrowing()
    compensations = dict(compensations or {})
    axes = FileAxes(events.using(compensations), channels, settings, compensation)
    walk = _Walk(template, axes, compensations, borrowing, stained)
    for row in template.rows:
        walk.gate(row)
    for row in template.rows:
        walk.check_kept(row)
    return walk.instance()


class _Walk:
    """The way down the tree, with what has been gated so far."""

    def __init__(
        self,
        template: Template,
        axes: FileAxes,
        compensations: dict[str, Compensation],
        borrowing: Borrowing,
        stained: Collection[str],
    ):
        self.template = template
        self.axes = axes
        self.events, self.settings = axes.events, axes.settings
        self.compensations = compensations
        self.stained = {*stained, *(axes.channels[dim] for dim in template.dimensions)}
        self.cuts = Cuts(template, axes, borrowing)
        self.gates: list[Gate] = []
        self.flags: dict[str, list[str]] = {}
        self.methods: dict[str, str] = {}
        self.quality: dict[str, TimeRanges | Margins] = {}
        self.gating = Gating(self.events, Strategy((), axes.transforms, {}, compensations))

    def values(self, axis: Dimension, population: str) -> np.ndarray:
        """Return the finite linear values of a population's events, or of enough of them."""
        indices = self.enough(population)
        (values,) = self.axes.columns([axis], indices)
        return values[np.isfinite(values)]

    def enough(self, population: str) -> np.ndarray | None:
        """Return event numbers of a population, evenly thinned where it is very large.

        No density needs more, and the values of millions would be a second file in memory.
        """
        indices = self.gating.indices(population)
        most = _ENOUGH * self.settings.max_density_events
        count = self.events.n_events if indices is None else len(indices)
        if count <= most:
            return indices
        every = -(-count // most)
        return np.arange(0, count, every) if indices is None else indices[::every]

    def gate(self, row: Row) -> None:
        """Set the gates of one row and put them on the events."""
        # The steadiness of a file is judged on what was read: what it takes in memory is gone
        # before the file is compensated.
        if not self.axes.scales and row.method != "steadyGate":
            self.axes.choose_scales(self.template.dimensions)
        gates, flags = self._gates_of(row)
        for gate in gates:
            self.gating.add(gate)
            self.gates.append(gate)
        # What an expression needs beside its own gate is nobody's population.
        for population in row.aliases:
            self.methods[population] = row.method
            self.flags[population] = list(dict.fromkeys(flags))

    def _gates_of(self, row: Row) -> tuple[list[Gate], list[str]]:
        if row.method in QUALITY_METHODS:
            return self._quality_gates(row)
        axes = [self.axes.axis(dim) for dim in row.dims]
        scales = [self.axes.scale(axis) for axis in axes]
        if row.method == "boolGate":
            return boolean_gates(row), self._flags_of(names_in(row.expression))
        if row.method == "boundary":
            return [boundary_gate(row, axes, scales)], []
        if row.method == "polygonGate":
            corners = tuple(zip(row.arguments["x"], row.arguments["y"], strict=True))
            return [polygon_gate(row, axes, scales, corners)], []
        if row.method == "singletGate":
            corners, flag = self._singlets(row, axes)
            return [polygon_gate(row, axes, scales, corners)], [flag] if flag else []
        if row.method == "ellipseGate":
            return self._ellipse(row, axes)
        row_cuts = self.cuts.of_row(row, axes, self.values)
        flags = [*row_cuts.flags, *self._flags_of(row_cuts.borrowed_from)]
        return threshold_gates(row, axes, list(row_cuts.values)), flags

    def _quality_gates(self, row: Row) -> tuple[list[Gate], list[str]]:
        if row.method == "steadyGate":
            gates, found = steady_gates(row, self.events, self.stained, self.settings.steadiness)
        else:
            named = {self.axes.channels[dim] for dim in row.dims}
            members = self.gating.members(row.parent)
            gate, found = margin_gate(row, self.events, self.stained, named, members)
            gates = [gate]
        self.quality[row.aliases[0]] = found
        return gates, list(found.flags)

    def _flags_of(self, populations: list[str]) -> list[str]:
        return [flag for name in populations for flag in self.flags.get(name, ())]

    def _singlets(self, row: Row, axes: list[Dimension]):
        area, height = self.axes.columns(axes, self.enough(row.parent))
        finite = np.isfinite(area) & np.isfinite(height)
        top = self.axes.top(axes[0])
        return singlet_band(area[finite], height[finite], top, row.arguments, self.settings)

    def _ellipse(self, row: Row, axes: list[Dimension]) -> tuple[list[Gate], list[str]]:
        columns = self.axes.columns(axes, self.enough(row.parent))
        tops = [self.axes.top(axis) for axis in axes]
        scales = [
            self.axes.scale(axis) or linear_scale(top) for axis, top in zip(axes, tops, strict=True)
        ]
        ellipse = fitted_ellipse(columns, scales, row.arguments, self.settings)
        lengths = [
            range_or_usual(top) if axis.transform is None else length_of(scale)
            for axis, top, scale in zip(axes, tops, scales, strict=True)
        ]
        flags = [ellipse.flag] if ellipse.flag else []
        return [ellipse_gate(row, axes, lengths, ellipse)], flags

    def check_kept(self, row: Row) -> None:
        """Flag a gate that loses more of a population than it may (argument ``keeps``)."""
        share = row.arguments.get("keep_share", self.settings.keep_share)
        for name, population in (row.arguments.get("keeps") or {}).items():
            for alias in row.aliases:
                wanted = self.gating.members(population)
                count = int(np.count_nonzero(wanted))
                held = int(np.count_nonzero(wanted & self.gating.members(alias)))
                if count < self.settings.min_events:
                    self.flags[alias].append(f"{alias}_gate_unchecked_{name}")
                elif held < share * count:
                    self.flags[alias].append(f"{alias}_gate_loses_{name}")

    def instance(self) -> Instance:
        """Return what came of it."""
        strategy = Strategy(tuple(self.gates), self.axes.transforms, {}, self.compensations)
        flags = {name: tuple(codes) for name, codes in self.flags.items() if codes}
        gated = self.gating.gated().only(self.methods)
        return Instance(
            strategy,
            {alias: self.cuts.named(alias, method) for alias, method in self.methods.items()},
            flags,
            self.cuts.linear(),
            self.cuts.origins,
            gated,
            self.axes.scales,
            self.quality,
        )
