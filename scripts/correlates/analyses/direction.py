"""Which way a contrast went, said only as far as its corrected p carries."""

from collections.abc import Mapping
from math import inf, isfinite, isnan

from correlates.analyses.comparison import PRIMARY, SECONDARY, Contrast
from correlates.analyses.multiplicity import ALPHA, FDR


def excludes_no_difference(row: Mapping) -> bool:
    """Return whether the interval of the contrast, taken alone, holds no difference out."""
    nothing = _nothing(row)
    return row["ci_low"] > nothing or row["ci_high"] < nothing


def direction_sentence(row: Mapping) -> str:
    """Say which way it went: a corrected p shows it, a mere estimate or interval does not.

    Parameters
    ----------
    row
        A row of the contrasts table with status ``ok``, its p corrected.
    """
    sign = Contrast(id="", feature="", baseline="", endpoint="", direction=row["direction"]).sign
    return _shown(row, sign) if row["claim"] else _not_shown(row, sign)


def _shown(row: Mapping, sign: int) -> str:
    shown = 1 if row["claim"] == "higher" else -1
    found = f"{row['claim']} with the event{_as_expected(shown, sign)}"
    sentence = f"It was {found}."
    if row["family"] == SECONDARY:
        # of what passes a rate, a share is expected to be false: no single one is a fact
        level = f"passes the false discovery rate of {100 * FDR:g} %"
        if row["family_size"] < 2:
            level = f"passes a level of {100 * FDR:g} % as the only contrast of its family"
        sentence = f"It {level}: {found}."
    if excludes_no_difference(row):
        return sentence
    if _rejects_alone(row):
        return f"{sentence} {_TIES}"
    if not isfinite(row["ci_high"]) or row["ci_low"] == _lowest(row):
        return sentence
    return f"{sentence} The interval, a stricter criterion here, still includes no difference."


def _not_shown(row: Mapping, sign: int) -> str:
    began = f"Expected was {'higher' if sign > 0 else 'lower'} with the event" if sign else ""
    nothing, points = _nothing(row), ""
    if isnan(row["estimate"]):
        points = "the limits hide the estimate"
    elif row["estimate"] != nothing:
        points = f"the estimate points {'up' if row['estimate'] > nothing else 'down'}"
    excludes = excludes_no_difference(row)
    ends = _but_not_passed(row) if excludes else "the interval includes no difference"
    said = "; ".join(filter(None, [began, points, ends]))
    sentence = said[0].upper() + said[1:] + "."
    return f"{sentence} {_TIES}" if _rejects_alone(row) and not excludes else sentence


_TIES = (
    "Taken alone the test rejects no difference: with ties as many as these the interval, which "
    "spans every shift that is not rejected, still reaches it."
)


def _but_not_passed(row: Mapping) -> str:
    alone = "taken alone the interval excludes no difference"
    if row["family"] == SECONDARY:
        return f"{alone}, but q is above {FDR:g}, so none is shown"
    if row["family"] != PRIMARY:
        return f"{alone}, but the contrast is exploratory and its p not corrected, so none is shown"
    which = "the corrected p" if row["family_size"] > 1 else "p"
    return f"{alone}, but {which} is above {ALPHA:g}, so none is shown"


def _rejects_alone(row: Mapping) -> bool:
    return row["p"] <= round(1 - row["confidence"], 12)


def _nothing(row: Mapping) -> float:
    return 1.0 if row["scale"] == "ratio" else 0.0


def _lowest(row: Mapping) -> float:
    return 0.0 if row["scale"] == "ratio" else -inf


def _as_expected(shown: int, sign: int) -> str:
    if sign == 0:
        return "; no direction was pre-specified"
    return ", as expected" if shown == sign else ", the opposite of what was expected"
