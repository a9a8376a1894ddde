"""Whether a draw was in the window that its name says, by its actual hours."""

from collections.abc import Mapping, Sequence

from correlates.assays.occupancy.readings import Reading

PEAK, TROUGH = "h4", "trough"


def window_of(timepoint: str) -> str:
    """Return ``h4`` or ``trough``; nothing for other times. A draw before the dose is a trough."""
    if timepoint == "h4":
        return PEAK
    return TROUGH if timepoint in ("pre", "trough", "h24") else ""


def window_flags(
    reading: Reading, is_pre_dose: bool, windows: Mapping[str, Sequence[float]]
) -> list[str]:
    """Say whether the actual hours fit the draw's name.

    Parameters
    ----------
    reading
        The draw.
    is_pre_dose
        Whether it was before the first dose, so that there are no hours.
    windows
        First and last hour of ``h4`` and of ``trough``.

    Returns
    -------
    ``outside_window_h4`` or ``outside_window_trough``, ``hours_unknown``, ``missed_dose``.
    """
    if is_pre_dose:
        return []
    flags = ["missed_dose"] if reading.missed_dose else []
    window = window_of(reading.timepoint)
    if not window:
        return flags
    if reading.hours is None:
        return [*flags, "hours_unknown"]
    first, last = windows[window]
    return flags if first <= reading.hours <= last else [*flags, f"outside_window_{window}"]
