"""The dimensions of a template as axes of one file: its channels, how they are read and scaled."""

from collections.abc import Iterable, Mapping

import numpy as np

from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import FROM_FILE, UNCOMPENSATED, Dimension, Transform
from correlates.flow.templates.methods import Settings, thinned
from correlates.flow.templates.panel import names_itself
from correlates.flow.templates.scales import Scale, choose_scale


class FileAxes:
    """The axes of one file.

    Parameters
    ----------
    events
        The file's events, with the compensations that gates may ask for.
    channels
        Channel of the file by dimension of the template.
    settings
        How scales are chosen.
    compensation
        What fluorescence is compensated with: ``FCS``, ``uncompensated`` or a key of the events'
        compensations.
    """

    def __init__(
        self,
        events: Events,
        channels: Mapping[str, str],
        settings: Settings,
        compensation: str = FROM_FILE,
    ):
        self.events = events
        self.channels = channels
        self.settings = settings
        self.compensation = compensation
        self.scales: dict[str, Scale] = {}
        self.transforms: dict[str, Transform] = {}
        self._tops = {channel.name: channel.range for channel in events.channels}

    def choose_scales(self, dimensions: Iterable[str]) -> None:
        """Choose the scale of each fluorescent dimension by all of its events."""
        for dim in dimensions:
            if names_itself(dim):
                continue
            channel = self.channels[dim]
            values = thinned(self.events.values(channel, self.compensation), self.settings)
            own = self.settings.scale.of_marker(dim)
            self.scales[dim] = choose_scale(values, self._tops.get(channel), own)
            self.transforms[self.axis(dim).transform] = self.scales[dim].transform

    def axis(self, dim: str) -> Dimension:
        """Return a dimension of the template as one of a gate: scatter linear, dyes on a scale."""
        channel = self.channels[dim]
        if names_itself(dim):
            return Dimension(channel, UNCOMPENSATED, None)
        kind = self.settings.scale.of_marker(dim).kind
        return Dimension(channel, self.compensation, f"{kind}_{channel}")

    def scale(self, axis: Dimension) -> Transform | None:
        """Return the scale of an axis; None of a linear one."""
        return None if axis.transform is None else self.transforms[axis.transform]

    def top(self, axis: Dimension) -> float | None:
        """Return the range of an axis's detector (``$PnR``), as far as the file tells it."""
        return self._tops.get(axis.channel)

    def columns(self, axes: Iterable[Dimension], indices: np.ndarray | None) -> list[np.ndarray]:
        """Return the linear values of some events, finite or not, axis by axis."""
        return [self.events.values(axis.channel, axis.compensation, indices) for axis in axes]
