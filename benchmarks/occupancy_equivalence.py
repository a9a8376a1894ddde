"""Measure the sign-flip test, its interval and the verdict of equivalence on simulated pairs.

Draws paired occupancies whose true difference is known, censors both at a ceiling, and reports for
each number of pairs: how often p is at most 0.05 without a difference, how often the 90 % interval
holds the true one, how often equivalence is claimed where the true difference is the margin itself
(at most 5 % may be) and where there is none (the power), and how often the ceiling decides. Errors
are normal, or skewed and of different size in each patient. The last line is one JSON object.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from correlates.analyses.equivalence import BY_CEILING, EQUIVALENT, equivalence_verdict
from correlates.analyses.sign_flip import paired_shift

MARGIN, CONFIDENCE = 5.0, 0.90


def differences(rng: np.random.Generator, n: int, shape: str, sd: float) -> np.ndarray:
    """Return n errors of a difference about zero, symmetric unless they are skewed."""
    if shape == "normal":
        return rng.normal(0, sd, n)
    if shape == "unequal":
        return rng.normal(0, sd * rng.uniform(0.3, 2.0, n), n)
    return sd * (rng.exponential(1, n) - 1)


def one_setting(rng, n: int, shape: str, sd: float, ceiling: float, cohorts: int) -> dict:
    """Return the rates of one setting; ``ceiling`` of 100 censors nothing."""
    counts = dict.fromkeys(("p05", "covered", "claimed_at_margin", "claimed_at_none", "ceiling"), 0)
    for _ in range(cohorts):
        level = rng.normal(95, 2, n)
        errors = differences(rng, n, shape, sd)
        for true, name in ((0.0, "claimed_at_none"), (MARGIN, "claimed_at_margin")):
            alone, both = level, level + true + errors
            bounds = [
                (np.where(x < ceiling, x, ceiling), np.where(x < ceiling, x, 100))
                for x in (alone, both)
            ]
            # a true occupancy above 100 does not exist; where one is drawn the interval holds it
            tops = [np.maximum(high, x) for (_, high), x in zip(bounds, (alone, both), strict=True)]
            low, high = bounds[1][0] - tops[0], tops[1] - bounds[0][0]
            verdict, _ = equivalence_verdict(low, high, MARGIN, CONFIDENCE)
            counts[name] += verdict == EQUIVALENT
            if not true:
                shift = paired_shift(low, high, CONFIDENCE)
                counts["p05"] += shift.p <= 0.05
                counts["covered"] += shift.low <= true <= shift.high
                counts["ceiling"] += verdict == BY_CEILING
    return {name: round(count / cohorts, 4) for name, count in counts.items()}


def main() -> None:
    """Run the settings and print their rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    found = {}
    for n in (5, 6, 9, 12, 18):
        for shape in ("normal", "unequal", "skewed"):
            for ceiling in (100.0, 96.9):
                name = f"n {n}, {shape}, ceiling {ceiling:g}"
                ends = 1e9 if ceiling == 100 else ceiling
                found[name] = one_setting(rng, n, shape, 3.0, ends, options.cohorts)
                print(name, found[name], flush=True)
    print(json.dumps({"cohorts": options.cohorts, "seed": options.seed, "rates": found}))


if __name__ == "__main__":
    main()
