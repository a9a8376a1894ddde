"""The thresholds of a template's rows in one file, and where each is from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from correlates.flow.gating import transforms
from correlates.flow.gating.gates import Dimension
from correlates.flow.templates.axes import FileAxes
from correlates.flow.templates.borrowed import Borrowing
from correlates.flow.templates.concrete_gates import per_dimension, threshold_on
from correlates.flow.templates.methods import OVERRIDDEN
from correlates.flow.templates.placing import (
    FROM_DENSITY,
    FROM_TEMPLATE,
    OVERRIDE,
    Origin,
    Placed,
    place,
)
from correlates.flow.templates.rows import Row
from correlates.flow.templates.scales import length_of, linear_scale
from correlates.flow.templates.template import Template
from correlates.flow.templates.tree import cut_row
from correlates.flow.templates.tubes import OWN

ValuesOf = Callable[[Dimension, str], np.ndarray]


@dataclass(frozen=True)
class RowCuts:
    """The thresholds of one row.

    Parameters
    ----------
    values
        One for each axis, on the gate's scale.
    flags
        What to know of them.
    borrowed_from
        Populations whose thresholds these are, and whose flags they carry too.
    """

    values: tuple[float, ...]
    flags: tuple[str, ...]
    borrowed_from: tuple[str, ...] = ()


class Cuts:
    """The thresholds of one file, parents before children.

    Parameters
    ----------
    template
        The template.
    axes
        Its dimensions in the file.
    borrowing
        Which tube the file is, and the thresholds that reference tubes hand on to it.
    """

    def __init__(
        self,
        template: Template,
        axes: FileAxes,
        borrowing: Borrowing,
    ):
        self.axes = axes
        self.settings = axes.settings
        self.borrowing = borrowing
        self.origins: dict[str, dict[str, Origin]] = {}
        self._makers = {alias: row for row in template.rows for alias in row.aliases}
        self._cuts: dict[str, dict[str, float]] = {}

    def of_row(self, row: Row, axes: list[Dimension], values_of: ValuesOf) -> RowCuts:
        """Set the thresholds of a row: a person's, another gate's, or by the row's method.

        Parameters
        ----------
        row
            A row whose gates are thresholds; those of its parents and references are set.
        axes
            Its axes in the file.
        values_of
            Returns the finite linear values of a population's events on an axis.
        """
        given = self._overrides(row, axes)
        is_borrowed = row.method == "refGate"
        values, flags = [], [OVERRIDDEN] if given else []
        for number, axis in enumerate(axes):
            if number in given:
                cut = Placed(given[number], source=OVERRIDE)
            elif is_borrowed:
                cut = self._borrowed(row, row.dims[number])
            else:
                cut = self._placed(row, number, axis, partial(values_of, axis))
            flags += cut.flags
            values.append(cut.value)
            for alias in row.aliases:
                origin = Origin(cut.source, cut.n)
                self.origins.setdefault(alias, {})[row.dims[number]] = origin
        for alias in row.aliases:
            self._cuts[alias] = dict(zip(row.dims, values, strict=True))
        is_of_others = is_borrowed and len(given) < len(axes)
        return RowCuts(tuple(values), tuple(flags), tuple(row.references) if is_of_others else ())

    def linear(self) -> dict[str, dict[str, float]]:
        """Return the linear threshold of each cut, by population and dimension."""
        return {
            alias: {dim: self._linear(dim, cut) for dim, cut in cuts.items()}
            for alias, cuts in self._cuts.items()
        }

    def named(self, alias: str, method: str) -> str:
        """Return a population's gating method, with the reference tubes of what they decided."""
        sources = {one.source for one in self.origins.get(alias, {}).values()}
        tubes = sorted(sources - {OWN, FROM_DENSITY, FROM_TEMPLATE})
        return f"{method} from {', '.join(tubes)}" if tubes else method

    def _linear(self, dim: str, cut: float) -> float:
        scale = self.axes.scale(self.axes.axis(dim))
        return float(transforms.inverse(scale, np.array([cut]))[0])

    def _overrides(self, row: Row, axes: list[Dimension]) -> dict[int, float]:
        """Return the thresholds that a person set, on the gate's scale, by place of the axis."""
        linear = {
            number: self.settings.overrides[alias, dim]
            for alias in row.aliases
            for number, dim in enumerate(row.dims)
            if (alias, dim) in self.settings.overrides
        }
        return {
            number: float(transforms.apply(self.axes.scale(axes[number]), np.array([value]))[0])
            for number, value in linear.items()
        }

    def _placed(
        self,
        row: Row,
        number: int,
        axis: Dimension,
        values_of: Callable[[str], np.ndarray],
    ) -> Placed:
        scale = self.axes.scale(axis)
        if "cuts" in row.arguments:
            given = per_dimension(row.arguments["cuts"], len(row.dims))[number]
            return Placed(threshold_on(scale, given), source=FROM_TEMPLATE)
        density_scale = scale or linear_scale(self.axes.top(axis))
        cut = place(row, number, density_scale, values_of, self.settings, self.borrowing)
        if scale is None:
            linear = float(transforms.inverse(density_scale, np.array([cut.value]))[0])
            return replace(cut, value=linear)
        return replace(cut, value=cut.value * length_of(scale))

    def _borrowed(self, row: Row, dim: str) -> Placed:
        reference = next(name for name in row.references if cut_row(name, dim, self._makers))
        own = {known.lower(): cut for known, cut in self._cuts[reference].items()}
        origins = {known.lower(): origin for known, origin in self.origins[reference].items()}
        origin = origins[dim.lower()]
        return Placed(own[dim.lower()], source=origin.source, n=origin.n)
