"""Answers on RNA in words."""

from collections import Counter
from math import isinf

from correlates.analyses.cells import CELLS, SPECIMENS
from correlates.analyses.multiplicity import ALPHA
from correlates.analyses.rnaseq.composition import MIXED, Adjusted
from correlates.analyses.rnaseq.pairs import LEFT_OUT
from correlates.analyses.sign_flip import MOST_COUNTED, PairedShift
from correlates.analyses.wording import number, p_value, patients, smallest

_COMPOSITION = (
    "RNA of unsorted cells (composition_confounded): the change may be one of cells and not of "
    "expression."
)
_ANALYTES = {
    **{"crbn_total": "CRBN mRNA, all transcripts,", "crbn_fl": "CRBN mRNA with exon 10"},
    "mir155": "miR-155",
}


def feature_words(feature: str) -> str:
    """Return ``rhoh__log2_cpm__cll`` as ``RHOH mRNA in CLL cells``."""
    analyte, _, rest = feature.partition("__")
    statistic, _, cell = rest.partition("__")
    what = _ANALYTES.get(analyte, f"{analyte.upper()} mRNA")
    if statistic == "psi10":
        what = f"Share of {analyte.upper()} transcripts with exon 10"
    return f"{what} in {CELLS.get(cell, cell)}"


def contrast_words(contrast, specimen: str) -> str:
    """Return what is compared: its name, from which draw to which, and in what."""
    where = SPECIMENS.get(specimen, specimen)
    return f"{contrast.name} ({contrast.before} to {contrast.after}, {where})"


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
    head = f"{feature_words(asked.feature)}, {contrast_words(asked.contrast, asked.specimen)}:"
    shift = asked.shift
    if shift is None:
        return f"{head} {patients(len(asked.pairs))} with both draws; two are needed."
    if is_hidden(shift):
        return f"{head} {_hidden(asked.pairs)}, so that no change of the mean can be told."
    size = _size(asked.feature, shift)
    parts = [
        f"{head} {size} in {patients(shift.n)}; {_interval(asked.feature, shift)}.",
        f"{_how(shift)} {p_value(shift.p)} (sign-flip, two-sided), the smallest that these pairs "
        f"allow is {smallest(shift.smallest_p)}{_unreachable(shift)}{_corrected(q, n_features)}.",
    ]
    if verdict == "cannot be shown":
        parts.append("So few pairs can show no change, whatever it is.")
    elif verdict == "not shown":
        parts.append("A change is not shown; that is not to say that there is none.")
    return " ".join(parts)


def _hidden(pairs) -> str:
    """Say of how many patients limits hide the change, or to which sides."""
    open_ends = [(isinf(one.low), isinf(one.high)) for one in pairs]
    at_both = sum(low and high for low, high in open_ends)
    said = f"of {patients(len(pairs))} {at_both or 'none'} {'has' if at_both == 1 else 'have'} "
    said += "values below the limit at both draws"
    falls = sum(low and not high for low, high in open_ends)
    rises = sum(high and not low for low, high in open_ends)
    if falls or rises:
        said += f", {rises} at the first alone and {falls} at the second alone"
    return said


def _how(shift: PairedShift) -> str:
    return "Exact" if shift.n <= MOST_COUNTED else "Approximate"


def _unreachable(shift: PairedShift) -> str:
    """Say that no values of so few pairs could reach the usual level."""
    if shift.smallest_p <= ALPHA:
        return ""
    return f", so that {shift.n} pairs cannot reach {ALPHA:g}"


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
    parts = [design_note, _left_out(asked)]
    if asked.feature.rpartition("__")[2] in MIXED:
        parts.append(_COMPOSITION)
        if adjusted is not None:
            parts.append(
                f"At an unchanged share of CLL cells: {_amount(asked.feature, adjusted.change)} "
                f"({_amount(asked.feature, adjusted.low)} to "
                f"{_amount(asked.feature, adjusted.high)}, {100 * asked.shift.confidence:g} % "
                f"interval of a linear model with normal residuals, {adjusted.n} pairs)."
            )
    doubtful = sum(one.is_doubtful for one in asked.pairs)
    if doubtful and asked.shift is not None and not is_hidden(asked.shift):
        rest = asked.without_doubtful
        hold = "pair holds" if doubtful == 1 else "pairs hold"
        said = f"{doubtful} {hold} a flagged sample, or two of the other sex; without"
        if rest is None or is_hidden(rest):
            parts.append(f"{said} them too few are left.")
        else:
            size = _size(asked.feature, rest)
            parts.append(f"{said} them: {size} in {patients(rest.n)}, {p_value(rest.p)}.")
    return " ".join(part for part in parts if part)


def _left_out(asked) -> str:
    counts = Counter(one.left_out_for for one in asked.left_out)
    said = [f"{patients(counts[why])} {words}" for why, words in LEFT_OUT.items() if counts[why]]
    if asked.n_one_draw:
        said.append(f"{patients(asked.n_one_draw)} with a usable value at one of the draws only")
    return f"Left out: {', '.join(said)}." if said else ""
