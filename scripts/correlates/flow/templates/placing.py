"""Where one threshold of a template's row lies: on the file's own events, or as a tube hands it on.

A threshold that nothing can be found for comes from the file's own density, and is flagged.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from correlates.flow.gating.gates import Transform
from correlates.flow.templates.borrowed import Borrowing
from correlates.flow.templates.concrete_gates import per_dimension
from correlates.flow.templates.density import FEW_EVENTS, NO_EVENTS, Cut
from correlates.flow.templates.methods import (
    Settings,
    prior_on_scale,
    quantile_cut,
    tail_cut,
    valley_cut,
)
from correlates.flow.templates.rows import Row
from correlates.flow.templates.scales import to_unit
from correlates.flow.templates.tubes import FMO_METHOD, NEGATIVE_METHOD, OWN

CLAMPED = "clamped_to_gate_range"
FALLBACK = "fallback_own_events"
FROM_DENSITY, FROM_TEMPLATE, OVERRIDE = "fallback", "template", "override"
FEW_NEGATIVE = "negative_below_floor"
_FINDERS = {"tailgate": tail_cut, "quantileGate": quantile_cut}
_PERCENTILES = (FMO_METHOD, NEGATIVE_METHOD)


@dataclass(frozen=True)
class Origin:
    """Where a threshold is from.

    Parameters
    ----------
    source
        ``own`` (the file's own events), ``fallback`` (so too, since no reference tube could be
        used), ``template`` (a number of the template), ``override`` (a person's) or the keys of
        reference tubes.
    n
        Events that it rests on.
    """

    source: str
    n: int


@dataclass(frozen=True)
class Placed:
    """A threshold and where it is from.

    Parameters
    ----------
    value
        As a share of the length of the scale that it was looked for on.
    flags
        What to know of it.
    source
        ``own``, ``fallback``, or the keys of the reference tubes, separated by ``;``.
    n
        Events that it rests on.
    """

    value: float
    flags: tuple[str, ...] = ()
    source: str = OWN
    n: int = 0


def place(
    row: Row,
    number: int,
    scale: Transform,
    values_of: Callable[[str], np.ndarray],
    settings: Settings,
    borrowing: Borrowing,
) -> Placed:
    """Place the threshold of one dimension of a row.

    Parameters
    ----------
    row
        A row whose method finds thresholds.
    number
        Which of its dimensions.
    scale
        The scale on which densities are looked at; scatter has one too.
    values_of
        Gives the finite linear values of a population on this dimension.
    settings
        How data-driven gates are set.
    borrowing
        Which tube the file is, and what reference tubes hand on.
    """
    if not row.tube or row.tube == borrowing.tube:
        return _on_own_events(row, number, scale, values_of, settings)
    floor = settings.min_reference_events
    choice = borrowing.choose(row.tube, row.aliases[0], row.dims[number], floor)
    if choice.handed is None:
        return _fallback(row, number, scale, values_of, settings, choice.flags)
    value, flags = _clamped(choice.handed.value, row, number, scale)
    return Placed(value, (*choice.flags, *flags), choice.source, choice.handed.n)


def _on_own_events(row, number, scale, values_of, settings) -> Placed:
    if row.method not in _PERCENTILES:
        values = values_of(row.parent)
        cut = _density_cut(row.method, row, number, scale, values, settings)
        return Placed(cut.value, _flags(cut), n=len(values))
    values = values_of(str(row.arguments.get("negative", row.parent)))
    # A reference tube tells how many events it has; whoever uses its threshold judges by that.
    if not row.tube and len(values) < settings.min_reference_events:
        return _fallback(row, number, scale, values_of, settings, (FEW_NEGATIVE,))
    if not len(values):
        low, high = prior_on_scale(_prior(row, number), scale)
        return Placed((low + high) / 2, (NO_EVENTS,))
    share = row.arguments.get("probs", settings.fmo_percentile / 100)
    value, flags = _clamped(float(np.quantile(values, share)), row, number, scale)
    few = (FEW_EVENTS,) if len(values) < settings.min_events else ()
    return Placed(value, (*few, *flags), n=len(values))


def _fallback(row, number, scale, values_of, settings, why: tuple[str, ...]) -> Placed:
    """Cut by the file's own density: by the row's own method, or for a percentile by another."""
    method = row.arguments.get("fallback", "") if row.method in _PERCENTILES else row.method
    values = values_of(row.parent)
    cut = _density_cut(method, row, number, scale, values, settings)
    return Placed(cut.value, (*why, FALLBACK, *_flags(cut)), FROM_DENSITY, len(values))


def _density_cut(method, row, number, scale, values, settings) -> Cut:
    given = {
        name: per_dimension(value, len(row.dims))[number]
        for name, value in row.arguments.items()
        if name in ("min", "max")
    }
    find = _FINDERS.get(method, valley_cut)
    return find(values, scale, _prior(row, number), row.arguments | given, settings)


def _prior(row: Row, number: int) -> tuple[float, float] | None:
    prior = row.arguments.get("gate_range")
    return prior[number] if prior is not None and isinstance(prior[0], tuple) else prior


def _clamped(
    linear: float, row: Row, number: int, scale: Transform
) -> tuple[float, tuple[str, ...]]:
    """Return a linear threshold as a share of its scale, kept to the row's range."""
    prior = _prior(row, number)
    kept = linear if prior is None else float(np.clip(linear, *prior))
    value = float(to_unit(scale, [kept])[0])
    return value, (CLAMPED,) if kept != linear else ()


def _flags(cut: Cut) -> tuple[str, ...]:
    return (cut.flag,) if cut.flag else ()
