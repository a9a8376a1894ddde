"""Which channel of a file holds which marker of its panel."""

import re
from collections.abc import Iterable, Mapping, Sequence

from correlates.intake.panels import plain_name
from correlates.problems import Problem, did_you_mean, nearest

# also as Coulter instruments call them: FS INT, SS PEAK
_SELF_NAMED = re.compile(r"(FSC?|SSC?)([-_. ](A|H|W|INT|PEAK|TOF|LIN|LOG))*|TIME", re.IGNORECASE)


def names_itself(dimension: str) -> bool:
    """Tell whether a dimension needs no row in the panel: scatter and time."""
    return _SELF_NAMED.fullmatch(dimension) is not None


def panel_of(rows: Iterable[Mapping[str, str]], panel: str) -> dict[str, str]:
    """Return the channel of each marker of one panel.

    Parameters
    ----------
    rows
        Rows of the panels sheet with ``panel``, ``channel`` and ``marker``; a row without a marker
        (scatter, time, an empty detector) is passed over.
    panel
        Key of the panel.
    """
    return {
        row["marker"]: row["channel"] for row in rows if row["panel"] == panel and row["marker"]
    }


def match_channels(
    dimensions: Iterable[str], panel: Mapping[str, str], channels: Sequence[str], file: str
) -> tuple[dict[str, str], list[Problem]]:
    """Find the channel of a file for each dimension of a template.

    Parameters
    ----------
    dimensions
        Markers, and scatter channels, that the template gates on.
    panel
        Channel by marker, as the panels sheet has it. A template may name a channel itself.
    channels
        Channel names (``$PnN``) of the file.
    file
        Path of the file, for the problems.

    Returns
    -------
    The file's own channel name by dimension, and a problem for every dimension that has none: such
    a file is refused and the run goes on. Names are the same whatever their case, a ``Comp-``
    prefix, and ``/``, ``_``, blanks or dashes between their parts.
    """
    found, problems = {}, []
    by_marker = {plain_name(marker): channel for marker, channel in panel.items()}
    for dimension in dict.fromkeys(dimensions):
        wanted = by_marker.get(plain_name(dimension), dimension)
        hits = _hits(wanted, channels)
        if len(hits) == 1:
            found[dimension] = hits[0]
        else:
            problems.append(_unmatched(dimension, wanted, hits, channels, file))
    return found, problems


def known_dimensions(panel: Mapping[str, str]) -> list[str]:
    """Return what a template may name for this panel: markers, their channels and scatter."""
    return [*panel, *panel.values(), "FSC-A", "FSC-H", "FSC-W", "SSC-A", "SSC-H", "SSC-W", "Time"]


def is_known(dimension: str, panel: Mapping[str, str]) -> bool:
    """Tell whether a template for this panel may name this dimension."""
    names = {plain_name(name) for name in known_dimensions(panel)}
    return names_itself(dimension) or plain_name(dimension) in names


def _hits(wanted: str, channels: Sequence[str]) -> list[str]:
    exact = [channel for channel in channels if channel == wanted]
    return exact or [channel for channel in channels if plain_name(channel) == plain_name(wanted)]


def _unmatched(
    dimension: str, wanted: str, hits: list[str], channels: Sequence[str], file: str
) -> Problem:
    what = f"{dimension} ({wanted})" if wanted != dimension else dimension
    if len(set(hits)) == 1:
        problem = f"several channels are called {hits[0]}, and any of them could be {dimension}"
        remedy = "Give each detector its own name in the cytometer's software and export again."
    elif hits:
        problem = f"several channels could be {what}: {', '.join(hits)}"
        remedy = f"Write the exact channel name of {dimension} in the panels sheet."
    else:
        problem = f"no channel holds {what}"
        near = nearest(wanted, channels, count=3)
        remedy = (
            f"Nearest channels: {', '.join(near)}; if one is meant, correct the panels sheet."
            if near
            else did_you_mean(wanted, channels)
        )
    return Problem(file, problem, remedy, column="$PnN", value=wanted, stops="row")
