"""Measure the coverage of the cross-validated AUC's 95 % interval.

Simulates cohorts of normal markers of which one differs by a known shift, so that the true AUC of
the ridge fitted to all patients is known in closed form. The last line is one JSON object.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import NormalDist
from time import process_time

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from correlates.analyses.auc import auc_interval, concordance, widening_of
from correlates.analyses.fold_limits import observed
from correlates.analyses.ridge import permuted_logits, ridge_pipeline
from correlates.analyses.validation import permutation_aucs, plan_folds

# events, others, markers, shift of the first marker
SETTINGS = [
    (8, 16, 2, 0.0),
    (8, 16, 2, 0.8),
    (6, 10, 2, 0.8),
    (12, 12, 2, 0.8),
    (20, 30, 4, 0.8),
    (9, 15, 2, 1.6),
]
PENALTY = 0.1


def true_auc(X, y, shift: float) -> float:
    """Return the AUC in the population of the ridge fitted to all patients."""
    model = ridge_pipeline("none", PENALTY).fit(observed(X), y)
    weights = model.named_steps["ridge"].coef_[0] / model.named_steps["scale"].scale_
    return NormalDist().cdf(weights[0] * shift / np.sqrt(2 * (weights**2).sum()))


def coverage(events: int, others: int, markers: int, shift: float, cohorts: int) -> dict:
    """Return the share of cohorts whose interval holds the true AUC, without and with widening."""
    y = np.r_[np.ones(events, int), np.zeros(others, int)]
    rng = np.random.default_rng(events * 100 + others)
    drawn = rng.normal(size=(cohorts, y.size, markers))
    drawn[:, y == 1, 0] += shift
    folds = plan_folds(y, repeats=10, max_folds=5, seed=1)
    # cohorts stand where permutations would: all are cross-validated at once
    orders = np.arange(cohorts * y.size).reshape(cohorts, y.size)
    right, pairs = 0.0, 0
    for fold in folds:
        flat = observed(drawn.reshape(-1, markers))
        logits = permuted_logits(flat, orders, fold.train, fold.test, y, "none", PENALTY)
        right_here, pairs_here = concordance(logits, y[fold.test])
        right, pairs = right + right_here, pairs + pairs_here
    null = permutation_aucs(
        observed(drawn[0]), y, folds, "none", PENALTY, permutations=1000, seed=2
    )
    widening = widening_of(null, events, others)
    truth = np.array([true_auc(X, y, shift) for X in drawn])
    result = {
        "setting": [events, others, markers, shift],
        "true_auc": round(float(truth.mean()), 3),
    }
    result["widening"] = round(widening, 3)
    for name, factor in (("plain", 1.0), ("widened", widening)):
        ends = np.array([auc_interval(auc, events, others, factor) for auc in right / pairs])
        result[name] = round(float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean()), 3)
    return result


def main() -> None:
    """Print the coverage in each setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 cohorts each instead of 1,000")
    cohorts = 100 if parser.parse_args().quick else 1000
    started = process_time()
    results = [coverage(*setting, cohorts) for setting in SETTINGS]
    for result in results:
        print(result)
    seconds = round(process_time() - started, 1)
    print(json.dumps({"cohorts": cohorts, "coverage": results, "cpu_seconds": seconds}))


if __name__ == "__main__":
    main()
