"""Answers on RNA in words."""

from math import isinf

from correlates.analyses.rnaseq.composition import MIXED, Adjusted
from correlates.analyses.sign_flip import PairedShift
from correlates.analyses.wording import number, p_value, patients, smallest

_COMPOSITION = (
    "RNA of unsorted cells (composition_confounded): the change may be one of cells and not of "
    "expression."
)


def change_sentence(asked, verdict: str, q: float, n_features: int) -> str:
    """Return what is printed of one feature in one contrast.

    Parameters
    ----------
    asked
        The feature, contrast, pairs and test.
    verdict
        The word that was chosen.
    q
        False discovery rate over the features of the contrast.
    n_features
        How many these are.
    """
    head = f"{asked.feature}, {asked.contrast.name} ({asked.specimen}):"
    shift = asked.shift
    if shift is None:
        return f"{head} {patients(len(asked.pairs))} with both draws; two are needed."
    if is_hidden(shift):
        return (
            f"{head} of {patients(shift.n)} values lie below their limit at both draws, so that "
            "no change can be told."
        )
    size = _size(asked.feature, shift)
    parts = [
        f"{head} {size} in {patients(shift.n)}; {_interval(asked.feature, shift)}.",
        f"Exact {p_value(shift.p)} (sign-flip, two-sided), the smallest that these pairs allow is "
        f"{smallest(shift.smallest_p)}{_corrected(q, n_features)}.",
    ]
    if verdict == "cannot be shown":
        parts.append("So few pairs can show no change, whatever it is.")
    elif verdict == "not shown":
        parts.append("A change is not shown; that is not to say that there is none.")
    return " ".join(parts)


def _corrected(q: float, n_features: int) -> str:
    if n_features < 2:
        return ""
    return f"; over {n_features} features {p_value(q).replace('p', 'q', 1)}"


def is_hidden(shift: PairedShift) -> bool:
    """Tell whether limits leave the change open to both sides."""
    return isinf(shift.mean_low) and isinf(shift.mean_high)


def _is_share(feature: str) -> bool:
    return "__psi10" in feature


def _size(feature: str, shift: PairedShift) -> str:
    if shift.mean_low != shift.mean_high:
        side, bound = "at most", shift.mean_high
        if isinf(bound):
            side, bound = "at least", shift.mean_low
        return f"mean change {side} {_amount(feature, bound)}, since values lie below their limit,"
    return f"mean change {_amount(feature, shift.mean_low)}"


def _amount(feature: str, change: float) -> str:
    if _is_share(feature):
        return f"{100 * change:+.1f} points of inclusion"
    return f"{number(2**change)} times"


def _interval(feature: str, shift: PairedShift) -> str:
    level = f"{100 * shift.confidence:g} % interval"
    if isinf(shift.low) and isinf(shift.high):
        return f"no end of a {level} is attainable"
    low = "no lower end" if isinf(shift.low) else _amount(feature, shift.low)
    high = "no upper end" if isinf(shift.high) else _amount(feature, shift.high)
    return f"{level} {low} to {high}"


def change_caution(asked, adjusted: Adjusted | None, design_note: str) -> str:
    """Return what a reader must know besides: design, composition, flagged libraries."""
    parts = [design_note]
    if asked.feature.rpartition("__")[2] in MIXED:
        parts.append(_COMPOSITION)
        if adjusted is not None:
            parts.append(
                f"At an unchanged share of CLL cells: {_amount(asked.feature, adjusted.change)} "
                f"({_amount(asked.feature, adjusted.low)} to "
                f"{_amount(asked.feature, adjusted.high)}, {adjusted.n} pairs, linear model)."
            )
    doubtful = sum(one.is_doubtful for one in asked.pairs)
    if doubtful and asked.shift is not None and not is_hidden(asked.shift):
        rest = asked.without_doubtful
        said = f"{doubtful} of the pairs hold a flagged library, or one of the other sex; without"
        if rest is None or is_hidden(rest):
            parts.append(f"{said} them too few are left.")
        else:
            size = _size(asked.feature, rest)
            parts.append(f"{said} them: {size} in {patients(rest.n)}, {p_value(rest.p)}.")
    return " ".join(part for part in parts if part)
