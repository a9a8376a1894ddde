"""Whether a spillover matrix fits the values that it is put on.

Light that spills over cannot be taken back by biology: among the events that are bright in a dye,
even those without the other marker stand at the coefficient times the dye in the other detector. So
the lower edge of the values as read, in units of what the matrix says must be there, is 1 or more
where the matrix is right, near 0 where the values were compensated before, and the inverse of the
excess where a coefficient is too large.
"""

from collections.abc import Collection, Sequence

import numpy as np

from correlates.flow.gating.compensation import condition_number, solve
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import Compensation
from correlates.flow.quality.channels import top_of
from correlates.intake.fcs.findings import ERROR, INFO, WARNING, Finding

ILL_CONDITIONED = "ill_conditioned_matrix"
TWICE = "compensated_twice"
OVER = "over_compensated"

# Events looked at, evenly spaced; pairs of dyes whose coefficient is worth looking at; and how far,
# in widths of the dark detector, the light that spills over must stand out.
_MOST_EVENTS = 20_000
_WORTH = 0.04
_STANDS_OUT = 10.0
_FEWEST = 50
_FEWEST_PAIRS = 3
_LOWER_EDGE = 0.10
# Below this in so many of the pairs, the light that the matrix takes away is not there at all.
# Cells that have both markers hide its absence in the other pairs.
_ABSENT = 0.4
_ABSENT_IN = 1 / 3
# Below this in one pair, its coefficient is too large by more than a half.
_TOO_LITTLE = 0.65
_SHOWN = 3
_SET_NONE = "set study.compensation of the panel to none"


def check_compensation(events: Events, max_condition_number: float) -> list[Finding]:
    """Judge the matrix that a file's events are compensated with.

    Parameters
    ----------
    events
        The file's events, with the matrix that is used; without one there is nothing to judge.
    max_condition_number
        Largest condition number that is accepted.

    Returns
    -------
    An error for a matrix that makes values wrong for sure (ill-conditioned, or put on values that
    were compensated before), a warning for single coefficients that are too large.
    """
    matrix = events.spillover
    if matrix is None or np.allclose(matrix.matrix, np.eye(len(matrix.detectors)), atol=1e-3):
        return []
    condition = condition_number(matrix)
    if condition > max_condition_number:
        message = (
            f"The spillover matrix magnifies noise {condition:,.0f} times (condition number; "
            f"{max_condition_number:g} is allowed): some of its dyes can hardly be told apart."
        )
        remedy = (
            "Measure the compensation again, give study.compensation a table without the dyes that "
            "look alike, or raise flow.quality.max_condition_number knowingly."
        )
        return [Finding(ILL_CONDITIONED, message, remedy, ERROR)]
    named = [name for name in matrix.detectors if name.lower().startswith(("comp-", "<"))]
    if 2 * len(named) > len(matrix.detectors):
        message = (
            "The file's matrix is meant for channels whose names say that they are compensated "
            f"already ({', '.join(named[:_SHOWN])})."
        )
        return [Finding(TWICE, message, _once(), ERROR)]
    return _about(present_shares(events, matrix))


def present_shares(events: Events, matrix: Compensation) -> dict[tuple[str, str], float]:
    """Return how much of the light that a matrix takes away is there, by (dye, detector).

    Parameters
    ----------
    events
        The file's events.
    matrix
        Square, its detectors channels of the file.

    Returns
    -------
    For each pair that can be judged, the lower edge (10th percentile, over the events bright in the
    dye) of the detector's value as read, in units of coefficient times dye.
    """
    detected = _some(events, matrix.detectors)
    tops = {channel.name: top_of(channel) for channel in events.channels}
    top = np.array([tops[events.name_of(name)] for name in matrix.detectors])
    detected = detected[(detected < 0.999 * top).all(axis=1) & np.isfinite(detected).all(axis=1)]
    if len(detected) < _FEWEST:
        return {}
    values = np.array(matrix.matrix, dtype=float)
    dyes = solve(values, detected).T
    dark = np.maximum(_dark_widths(dyes), 1e-4 * top)
    shares = {}
    for dye, detector in zip(*np.nonzero(values >= _WORTH), strict=True):
        if dye == detector:
            continue
        spilt = values[dye, detector] * dyes[:, dye]
        bright = spilt > _STANDS_OUT * dark[detector]
        if np.count_nonzero(bright) >= _FEWEST:
            share = np.quantile(detected[bright, detector] / spilt[bright], _LOWER_EDGE)
            shares[matrix.detectors[dye], matrix.detectors[detector]] = float(share)
    return shares


def about_no_matrix(channels: Sequence, stained: Collection[str]) -> Finding:
    """Say that a file that should bring a matrix has none: a warning where one must be missing.

    Logarithmic amplifiers are of the time when the electronics compensated; names that say so, and
    a panel of one dye, need no matrix.
    """
    dyes = [one for one in channels if one.name in stained]
    is_expected = len(dyes) > 1 and not any(
        getattr(one, "decades", 0.0) or one.name.lower().startswith(("comp-", "<")) for one in dyes
    )
    message = "The file holds no spillover matrix, so its values are taken as they are."
    remedy = (
        "Give study.compensation a table, or set it to none for the panel if the values were "
        "unmixed or compensated before."
    )
    return Finding("no_matrix", message, remedy, WARNING if is_expected else INFO)


def _some(events: Events, names: Sequence[str]) -> np.ndarray:
    every = max(1, -(-events.n_events // _MOST_EVENTS))
    places = [events.column(name) for name in names]
    parts = [block[-start % every :: every][:, places] for start, block in events.blocks()]
    return np.concatenate(parts).astype(float) if parts else np.empty((0, len(names)))


def _dark_widths(dyes: np.ndarray) -> np.ndarray:
    """Return how widely each dye scatters where there is none: from its values below zero."""
    below = np.where(dyes < 0, -dyes, np.nan)
    enough = (dyes < 0).sum(axis=0) >= _FEWEST
    widths = np.zeros(dyes.shape[1])
    if enough.any():
        widths[enough] = 1.4826 * np.nanmedian(below[:, enough], axis=0)
    return widths


def _about(shares: dict[tuple[str, str], float]) -> list[Finding]:
    absent = sum(share < _ABSENT for share in shares.values())
    if absent >= max(_FEWEST_PAIRS, _ABSENT_IN * len(shares)):
        message = (
            f"In {absent} of {len(shares)} pairs of dyes the light that the matrix would take away "
            "is not in the values: they were compensated before, and would be a second time."
        )
        return [Finding(TWICE, message, _once(), ERROR)]
    little = sorted((share, pair) for pair, share in shares.items() if share < _TOO_LITTLE)
    if not little:
        return []
    shown = ", ".join(
        f"{dye} into {detector} ({100 * max(share, 0):.0f} % of it is there)"
        for share, (dye, detector) in little[:_SHOWN]
    )
    more = f" and {len(little) - _SHOWN} more" if len(little) > _SHOWN else ""
    message = f"The matrix takes away more light than there is: {shown}{more}."
    remedy = "Look at these pairs on a plot; correct the matrix by single stains if they tilt down."
    return [Finding(OVER, message, remedy, WARNING)]


def _once() -> str:
    return (
        "Take the original file, which was not compensated. Only if a cytometer or a program "
        f"compensated all files of the panel, {_SET_NONE}."
    )
