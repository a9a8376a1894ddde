"""What the panels sheet says of one batch: the marker and the other names of each channel."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PanelRow:
    """One channel of a panel.

    Parameters
    ----------
    channel
        As the sheet has it.
    marker
        ``""`` for scatter, time and empty detectors.
    batch
        The only batch that the row is for; ``""`` for all that have no row of their own.
    aliases
        Other names of the channel or of its marker.
    """

    channel: str
    marker: str = ""
    batch: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the channel and its marker are called."""
        return tuple(name for name in (self.channel, self.marker, *self.aliases) if name)


def panel_row(values: Mapping) -> PanelRow:
    """Return a row of the sheet; ``aliases`` are separated by semicolons."""
    aliases = (part.strip() for part in (values.get("aliases") or "").split(";"))
    return PanelRow(
        values.get("channel"),
        values.get("marker") or "",
        values.get("batch") or "",
        tuple(dict.fromkeys(alias for alias in aliases if alias)),
    )


def rows_of_batch(rows: Iterable[PanelRow], batch: str) -> list[PanelRow]:
    """Return the rows that hold in one batch, in the order of the sheet.

    Parameters
    ----------
    rows
        Of one panel.
    batch
        Key of the batch; ``""`` where it is not known, so that only the rows for all hold.

    Returns
    -------
    The batch's own rows, and those for all whose channel and marker they do not name: a marker that
    moved to another detector is there once.
    """
    rows = list(rows)
    own = [row for row in rows if row.batch and row.batch == batch]
    channels = {plain_name(row.channel) for row in own}
    markers = {plain_name(row.marker) for row in own if row.marker}
    return [
        row
        for row in rows
        if row in own
        or not (
            row.batch or plain_name(row.channel) in channels or plain_name(row.marker) in markers
        )
    ]


def plain_name(name: str) -> str:
    """Return a name as it is compared: without case, ``Comp-``, and ``/ _ - .`` and blanks."""
    bare = re.sub(r"^comp[-_. ]", "", name.strip().strip("<>"), flags=re.IGNORECASE)
    return re.sub(r"[\s/_.-]", "", bare).lower()
