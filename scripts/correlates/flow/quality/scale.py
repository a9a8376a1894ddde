"""Values that are not linear any more: exported after a logarithm, a logicle or an asinh."""

from collections.abc import Collection

import numpy as np

from correlates.flow.gating.events import Events
from correlates.intake.fcs.channels import INTEGER
from correlates.intake.fcs.findings import ERROR, Finding
from correlates.intake.fcs.reader import FcsFile

TRANSFORMED = "already_transformed"
_MOST_EVENTS = 20_000
_FEWEST = 100
# No logicle, asinh or logarithm of a cytometer's values reaches this; linear values go far beyond.
_SCALED_TOP = 20.0
_LINEAR_RANGE = 10_000.0
_SCALED_RANGE = 30.0
# Channel numbers of a display: 256, 1,024 or 4,096 of them. Linear values of a stained sample begin
# near nothing in some channel; those of a display stand well above it in all.
_DISPLAY_TOP = 4096.0
_DISPLAY_BOTTOM = 0.10
_FEWEST_CHANNELS = 3
_REMEDY = (
    "Export the file again with linear values (in FlowJo: FCS files, and neither scale nor channel "
    "values), or take the original file from the cytometer."
)


def check_scale(header: FcsFile, events: Events, stained: Collection[str]) -> list[Finding]:
    """Recognise a file whose fluorescence was transformed before it was written.

    Parameters
    ----------
    header
        The file.
    events
        Its events.
    stained
        Names of its channels that hold a marker.

    Returns
    -------
    An error, or nothing. Channels with a logarithmic amplifier ($PnE) are linear once they are
    read, and are never what this looks for.
    """
    columns = [
        number
        for number, channel in enumerate(header.channels)
        if channel.name in stained and not channel.decades and number != header.time_index
    ]
    if not columns or events.n_events < _FEWEST:
        return []
    every = max(1, -(-events.n_events // _MOST_EVENTS))
    parts = [block[-start % every :: every][:, columns] for start, block in events.blocks()]
    low, high = np.quantile(np.concatenate(parts).astype(float), [0.01, 0.999], axis=0)
    channels = [header.channels[number] for number in columns]
    shown = f"{len(columns)} stained channels lie between {low.min():.3g} and {high.max():.4g}"
    is_float = all(channel.kind != INTEGER for channel in channels)
    if is_float and high.max() <= _SCALED_TOP and high.max() > 0:
        ranges = [channel.range or 0.0 for channel in channels]
        if all(one >= _LINEAR_RANGE or one <= _SCALED_RANGE for one in ranges):
            message = f"Values of the {shown}: they are logarithms or on a logicle or asinh scale."
            return [Finding(TRANSFORMED, message, _REMEDY, ERROR)]
    is_display = len(columns) >= _FEWEST_CHANNELS and 0 < high.max() <= _DISPLAY_TOP
    if is_display and (low > _DISPLAY_BOTTOM * high).all():
        message = f"Values of the {shown}, none near zero: they are channels of a display."
        return [Finding(TRANSFORMED, message, _REMEDY, ERROR)]
    return []
