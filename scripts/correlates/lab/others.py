"""Which other files a file's gates are compared with, and their lines on its plots."""

from collections.abc import Callable, Mapping, Sequence

from correlates.flow.figures.plots import plots_of
from correlates.flow.figures.positions import lines_of_others
from correlates.flow.gating.gates import Strategy


def comparable(row: Mapping, files: Sequence[Mapping], most: int) -> list[str]:
    """Return the acquisitions of a file's panel that it is compared with.

    Parameters
    ----------
    row
        The file, a row of the table of files.
    files
        All of them, in an order that does not change from run to run.
    most
        How many at most: those of its own batch first, then evenly spaced over the others.
    """
    near = [
        one
        for one in files
        if one["panel"] == row["panel"]
        and one["state"] in ("accepted", "accepted_with_warning")
        and one["acquisition"] not in ("", row["acquisition"])
    ]
    own = [one for one in near if one["batch"] and one["batch"] == row["batch"]]
    rest = [one for one in near if one not in own]
    chosen = _evenly(own, most)
    chosen += _evenly(rest, most - len(chosen))
    return [one["acquisition"] for one in chosen]


def lines_behind(
    acquisition: str, others: Sequence[str], strategies: Mapping[str, Strategy]
) -> Callable[[int, list[dict]], str]:
    """Return what draws the gates of other files behind those of one."""
    plots = plots_of(strategies[acquisition])
    compared = [strategies[name] for name in others if name in strategies]

    def behind(place: int, axes: list[dict]) -> str:
        return lines_of_others(plots[place], axes, compared)

    return behind


def _evenly(rows: list, most: int) -> list:
    if most <= 0:
        return []
    if len(rows) <= most:
        return rows
    return [rows[place * len(rows) // most] for place in range(most)]
