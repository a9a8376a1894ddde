"""Whether numbers are counts of reads: logarithms, TPM and the like cannot be normalised again."""

import numpy as np

_FEWEST_WHOLE = 0.05
_LARGEST_LOGARITHM = 30.0
_SAME_TOTAL = 0.001
_MILLION = 1e6
_REMEDY = (
    "Give the table of raw counts that the counting program wrote: featureCounts, STAR's "
    "ReadsPerGene, or salmon's merged gene counts."
)
_IF_SCALED = (
    f"{_REMEDY} If these are counts that tximport scaled (lengthScaledTPM), say so by "
    "`rnaseq: scaled_counts: true`."
)


def why_not_counts(counts: np.ndarray, allows_scaled: bool = False) -> tuple[str, str] | None:
    """Say why a matrix holds no counts, and what to do; None if it may.

    Parameters
    ----------
    counts
        Shape (genes, libraries).
    allows_scaled
        Whether numbers are taken none of which is whole.
    """
    if not np.isfinite(counts).all():
        return "some counts are infinite", _REMEDY
    if (counts < 0).any():
        return "some numbers are below 0: these are logarithms or differences", _REMEDY
    totals = counts.sum(axis=0)
    if not totals.any():
        return "every count is 0", _REMEDY
    seen = counts[counts > 0]
    share_whole = float((seen == np.round(seen)).mean())
    are_fractions = share_whole < _FEWEST_WHOLE
    if are_fractions and counts.max() < _LARGEST_LOGARITHM:
        largest = f"the largest is {counts.max():.1f} and hardly any is whole"
        return f"these look like logarithms: {largest}", _REMEDY
    near_million = np.abs(totals[totals > 0] / _MILLION - 1) < _SAME_TOTAL
    if near_million.all() and (are_fractions or len(totals) > 1):
        return "each library sums up to one million: these are TPM or CPM", _REMEDY
    if are_fractions and not allows_scaled:
        share = f"only {100 * share_whole:.1f} % of the numbers above 0 are whole"
        return f"these are normalised values and no counts: {share}", _IF_SCALED
    return None
