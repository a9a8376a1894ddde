"""How messenger and protein change on lenalidomide in one patient, and what that is called."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.sign_flip import PairedShift, paired_shift, smallest_p_of_pairs
from correlates.clinical.dosing.phases import COMBO, IBR_RUNIN

EXPECTED, CONSISTENT = "expected_pharmacology", "consistent_with_pharmacology"
BOTH_FELL, NO_FALL = "both_fell", "no_fall_of_protein_shown"
DISCORDANT, UNCLEAR = "discordant", "messenger_unclear"
TOO_FEW, UNREACHABLE = "too_few_patients", "not_attainable"
CHANGE_COLUMNS = (
    *("gene", "cell", "analyte", "assay", "method", "patient", "baseline", "n_draws"),
    *("change_mrna", "change_protein", "is_bound", "pattern"),
)
_DECISION = 0.95
# An equivalence at 5 % on either side is read off a 90 % interval.
_EQUIVALENCE = 0.90


@dataclass(frozen=True)
class Changes:
    """Changes of one messenger and its protein over the patients.

    Parameters
    ----------
    rows
        One a patient, in log2.
    verdict
        What it is called.
    protein, messenger
        Mean changes with the interval of the decision; None with too few patients.
    equivalence
        The messenger's mean change with its 90 % interval.
    """

    rows: list[dict]
    verdict: str
    protein: PairedShift | None = None
    messenger: PairedShift | None = None
    equivalence: PairedShift | None = None


def changes_of(
    pairs: pd.DataFrame,
    baselines: Mapping[str, set[tuple[str, str]]],
    unchanged: float,
    is_degraded: bool,
    min_patients: int,
) -> Changes:
    """Compare each patient's draws on the combination with the baseline B1.

    Parameters
    ----------
    pairs
        Of one gene, cell, messenger and method, as `expression_pairs` gives them.
    baselines
        Draws (visit, timepoint) that stand for B1, by patient.
    unchanged
        Largest mean change of the messenger that counts as none, log2.
    is_degraded
        Whether lenalidomide is known to degrade this protein.
    min_patients
        Fewest patients for a verdict.

    Returns
    -------
    The mean of a patient's draws counts once. A value below its limit makes its change a bound.
    """
    rows, ends = [], []
    for patient, draws in pairs.groupby("patient", sort=True):
        at = list(zip(draws["visit"], draws["timepoint"], strict=True))
        is_base = np.array([one in baselines.get(patient, set()) for one in at])
        base = draws[is_base & (draws["phase"] == IBR_RUNIN)]
        after = draws[draws["phase"] == COMBO]
        after = after[after["run"].isin(base["run"]) | (after["statistic"] != "net")]
        if base.empty or after.empty:
            continue
        row, own = _change(pairs, patient, base.iloc[-1], after, unchanged)
        rows.append(row)
        ends.append(own)
    if len(rows) < min_patients:
        return Changes(rows, TOO_FEW)
    protein = _shift(ends, "protein", _DECISION)
    messenger = _shift(ends, "mrna", _DECISION)
    equal = _shift(ends, "mrna", _EQUIVALENCE)
    verdict = _verdict(protein, messenger, equal, unchanged, is_degraded)
    return Changes(rows, verdict, protein, messenger, equal)


def _change(
    pairs, patient: str, base: pd.Series, after: pd.DataFrame, unchanged: float
) -> tuple[dict, dict[str, tuple[float, float]]]:
    """Return one patient's row, and the ends of both changes."""
    ends = {name: _ends(base, after, name) for name in ("mrna", "protein")}
    changes = {
        name: float(after[f"log2_{name}"].mean() - base[f"log2_{name}"])
        for name in ("mrna", "protein")
    }
    first = pairs.iloc[0]
    row = {
        **{name: first[name] for name in ("gene", "cell", "analyte", "assay", "method")},
        **{"patient": patient, "baseline": f"{base['visit']} {base['timepoint']}"},
        **{"n_draws": len(after), "change_mrna": changes["mrna"]},
        **{
            "change_protein": changes["protein"],
            "is_bound": any(low < high for low, high in ends.values()),
        },
        "pattern": _pattern(ends, unchanged),
    }
    return row, ends


def _ends(base: pd.Series, after: pd.DataFrame, name: str) -> tuple[float, float]:
    """Return the lowest and the highest change that values beyond a limit allow, log2."""
    values, sides = after[f"log2_{name}"], after[f"side_{name}"]
    lows, highs = values.mask(sides < 0, -np.inf), values.mask(sides > 0, np.inf)
    start, side = base[f"log2_{name}"], base[f"side_{name}"]
    start_low, start_high = -np.inf if side < 0 else start, np.inf if side > 0 else start
    return float(lows.mean() - start_high), float(highs.mean() - start_low)


def _pattern(ends: Mapping[str, tuple[float, float]], unchanged: float) -> str:
    """Return the signs of one patient's changes, such as ``protein down, messenger level``."""

    def word(low: float, high: float) -> str:
        if -unchanged <= low and high <= unchanged:
            return "level"
        if high < -unchanged:
            return "down"
        return "up" if low > unchanged else "not known for a limit"

    return f"protein {word(*ends['protein'])}, messenger {word(*ends['mrna'])}"


def _shift(ends: list[dict], name: str, confidence: float) -> PairedShift:
    return paired_shift(*np.array([one[name] for one in ends]).T, confidence)


def _verdict(protein, messenger, equal, unchanged: float, is_degraded: bool) -> str:
    level = 1 - _DECISION
    if smallest_p_of_pairs(protein.n) > level:
        return UNREACHABLE
    if not (protein.p <= level and protein.mean_high < 0):
        return NO_FALL
    if -unchanged < equal.low and equal.high < unchanged:
        return EXPECTED if is_degraded else DISCORDANT
    if messenger.p <= level and messenger.mean_high < 0:
        return BOTH_FELL
    return CONSISTENT if is_degraded else UNCLEAR
