"""Replicate wells of one sample and marker: which count, whether they agree, what they come to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from correlates.assays.quality import FAIL, FLAG, Reason
from correlates.assays.soluble.units import ABOVE, BELOW, WITHIN, Reading

OK, BELOW_LIMIT, ABOVE_LIMIT = "ok", "lt_lloq", "gt_uloq"
NOT_EVALUABLE, MISSING = "not_evaluable", "missing"


@dataclass(frozen=True)
class Result:
    """What the wells of one sample and marker come to.

    Parameters
    ----------
    value
        Mean of the wells; of a censored result the number measured, or the limit; None where
        there is none.
    status, limit, n, flags
        As in a measurement; ``n`` is the wells that count.
    cv_pct
        Coefficient of variation of the replicates; None of one well.
    reasons
        Why it is marked or not evaluable, in words.
    """

    value: float | None
    status: str
    limit: float | None = None
    n: int = 0
    cv_pct: float | None = None
    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def is_evaluable(self) -> bool:
        """Whether there is a number or a limit that analyses may use."""
        return self.status in (OK, BELOW_LIMIT, ABOVE_LIMIT)

    def refused(self, flag: str, words: str) -> "Result":
        """Return it as not evaluable, with one more flag and reason."""
        reasons = (*self.reasons, Reason(FAIL, words))
        return replace(
            self, status=NOT_EVALUABLE, limit=None, flags=(*self.flags, flag), reasons=reasons
        )

    def marked(self, flag: str, words: str) -> "Result":
        """Return it with one more flag and reason."""
        reasons = (*self.reasons, Reason(FLAG, words))
        return replace(self, flags=(*self.flags, flag), reasons=reasons)


def settle(
    rows: Sequence[Mapping],
    readings: Sequence[Reading],
    settings: Mapping,
    limits: tuple[float | None, float | None] = (None, None),
) -> Result:
    """Sum up the wells of one sample and marker on one plate.

    Parameters
    ----------
    rows, readings
        The rows and what was read of each, in the marker's unit.
    settings
        ``min_beads``, ``max_cv_pct``, ``recovery_low_pct``, ``recovery_high_pct``.
    limits
        Lower and upper limit of the plate, for wells whose row does not give them.

    Returns
    -------
    The mean of the wells that hold enough beads. Wells on both sides of a limit are averaged where
    all have numbers; otherwise the majority decides, and a tie lies beyond the limit.
    """
    kept = [
        (row, _with_limits(reading, limits, row.get("dilution") or 1.0))
        for row, reading in zip(rows, readings, strict=True)
        if row.get("bead_n") is None or row["bead_n"] >= settings["min_beads"]
    ]
    lost = len(rows) - len(kept)
    least = f"{settings['min_beads']:g}"
    if not kept:
        words = f"Fewer than {least} beads in all {len(rows)} of its wells."
        return Result(_mean_of(readings), OK).refused("few_beads", words)
    result = _of_wells([reading for _, reading in kept])
    if lost:
        result = result.marked("few_beads", f"{lost} wells with fewer than {least} beads left out.")
    return _judged(result, [row for row, _ in kept], settings)


def _with_limits(
    reading: Reading, limits: tuple[float | None, float | None], dilution: float
) -> Reading:
    """Fill limits from those of the plate, which are of undiluted wells."""
    low, high = (None if one is None else one * dilution for one in limits)
    low = low if reading.lloq is None else reading.lloq
    high = high if reading.uloq is None else reading.uloq
    return replace(reading, lloq=low, uloq=high)


def side_of(reading: Reading) -> str:
    """Return on which side of its limits a well lies."""
    if reading.side != WITHIN or reading.value is None:
        return reading.side
    if reading.lloq is not None and reading.value < reading.lloq:
        return BELOW
    return ABOVE if reading.uloq is not None and reading.value > reading.uloq else WITHIN


def _of_wells(readings: Sequence[Reading]) -> Result:
    sides = [side_of(one) for one in readings]
    lows = [one.lloq for one in readings if one.lloq is not None]
    highs = [one.uloq for one in readings if one.uloq is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if BELOW in sides and ABOVE in sides:
        words = "One well lies below the lower limit, another above the upper one."
        return Result(None, OK, n=len(readings)).refused("contradicting_wells", words)
    numbers = [one.value for one in readings if one.value is not None]
    if len(numbers) == len(readings):
        return _of_numbers(numbers, low, high, mixed=len(set(sides)) > 1)
    beyond = BELOW if BELOW in sides else ABOVE
    if 2 * sides.count(beyond) >= len(sides):
        return _beyond(beyond, low if beyond == BELOW else high, len(readings))
    within = [one.value for one in readings if side_of(one) == WITHIN and one.value is not None]
    result = _of_numbers(within, low, high, mixed=False)
    return result.marked("wells_on_both_sides", f"{sides.count(beyond)} wells lie {beyond} it.")


def _of_numbers(
    numbers: Sequence[float], low: float | None, high: float | None, *, mixed: bool
) -> Result:
    mean = sum(numbers) / len(numbers)
    cv = _cv(numbers, mean)
    if low is not None and mean < low:
        result = Result(mean, BELOW_LIMIT, low, len(numbers))
    elif high is not None and mean > high:
        result = Result(mean, ABOVE_LIMIT, high, len(numbers))
    else:
        result = Result(mean, OK, low, len(numbers), cv)
    words = "Its wells lie on both sides of a limit; their mean decides."
    return result.marked("wells_on_both_sides", words) if mixed else result


def _beyond(side: str, limit: float | None, n: int) -> Result:
    if limit is None:
        words = f"It lies {side} a limit that nobody has given: give lloq and uloq."
        return Result(None, OK, n=n).refused("limit_unknown", words)
    return Result(limit, BELOW_LIMIT if side == BELOW else ABOVE_LIMIT, limit, n)


def _judged(result: Result, rows: Sequence[Mapping], settings: Mapping) -> Result:
    """Refuse a result whose replicates disagree, or whose spike was not recovered."""
    if result.status == NOT_EVALUABLE:
        return result
    given = [row["dup_cv_pct"] for row in rows if row.get("dup_cv_pct") is not None]
    cv = result.cv_pct if result.cv_pct is not None else max(given, default=None)
    if cv is not None:
        result = replace(result, cv_pct=cv)
    if result.status == OK and cv is not None and cv > settings["max_cv_pct"]:
        words = f"Its wells differ by a CV of {cv:.0f} %, more than {settings['max_cv_pct']:g} %."
        result = result.refused("duplicate_cv", words)
    recovered = [row["recovery_pct"] for row in rows if row.get("recovery_pct") is not None]
    low, high = settings["recovery_low_pct"], settings["recovery_high_pct"]
    outside = [one for one in recovered if not low <= one <= high]
    if outside:
        words = f"Recovery of the spike {outside[0]:g} %, outside {low:g} to {high:g} %."
        result = result.refused("spike_recovery", words)
    return result


def _cv(numbers: Sequence[float], mean: float) -> float | None:
    if len(numbers) < 2 or mean <= 0:
        return None
    variance = sum((one - mean) ** 2 for one in numbers) / (len(numbers) - 1)
    return 100 * math.sqrt(variance) / mean


def _mean_of(readings: Sequence[Reading]) -> float | None:
    numbers = [one.value for one in readings if one.value is not None]
    return sum(numbers) / len(numbers) if numbers else None
