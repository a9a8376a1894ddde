"""The verdict of equivalence: the interval of a difference against a margin set beforehand.

A p above 0.05 is not equivalence. Here "no influence" is the claim, and it needs the whole interval
to lie within the margin, whatever censored values were.
"""

from collections.abc import Sequence

import numpy as np

from correlates.analyses.sign_flip import PairedShift, paired_shift, smallest_p_of_pairs

EQUIVALENT = "equivalent"
BEYOND = "beyond the margin"
NOT_SHOWN = "not shown"
BY_CEILING = "bounded by assay ceiling"
TOO_FEW = "too few pairs"
NO_PAIRS = "no pairs"
VERDICTS = (EQUIVALENT, BEYOND, NOT_SHOWN, BY_CEILING, TOO_FEW, NO_PAIRS)


def equivalence_verdict(
    low: Sequence[float], high: Sequence[float], margin: float, confidence: float = 0.90
) -> tuple[str, PairedShift | None]:
    """Judge whether paired differences are none for practical purposes.

    Parameters
    ----------
    low, high
        Shape (n,): ends of each difference, equal where both values were measured.
    margin
        Differences of less than this, in either direction, are none.
    confidence
        Of the interval that must lie within the margin: 0.90 is two one-sided tests at 0.05.

    Returns
    -------
    A word of `VERDICTS`, and the difference with its interval over every completion of the censored
    values; None without pairs. ``equivalent`` and ``beyond the margin`` hold for all of them.
    ``bounded by assay ceiling`` is what would be one of these two if the censored values were
    favourable to it: equal at both times as nearly as their limits allow, or all at one end.
    """
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if not low.size:
        return NO_PAIRS, None
    shift = paired_shift(low, high, confidence)
    if smallest_p_of_pairs(low.size) > round(1 - confidence, 12):
        return TOO_FEW, shift
    found = _judged(shift, margin)
    if found == NOT_SHOWN and (low < high).any():
        completions = (np.clip(0.0, low, high), low, high)
        cases = {_judged(paired_shift(one, None, confidence), margin) for one in completions}
        found = found if cases == {NOT_SHOWN} else BY_CEILING
    return found, shift


def _judged(shift: PairedShift, margin: float) -> str:
    if -margin < shift.low and shift.high < margin:
        return EQUIVALENT
    if shift.low >= margin or shift.high <= -margin:
        return BEYOND
    return NOT_SHOWN
