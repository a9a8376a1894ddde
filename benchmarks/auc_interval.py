"""Measure the coverage of the cross-validated AUC's 95 % interval.

Simulates cohorts: markers of given shifts, correlation and spread, on the model's scale. Each
cohort's ridge, fitted to all its patients, is put to 5,000 new patients with and 5,000 without the
event; that is its true AUC, and the mean over cohorts that of such ridges on average. Reports how
often the interval holds either, and how often the present rule's parts would: the score interval
``plain``, and ``widened`` to the permuted spread only. The last line is one JSON object.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from scipy.stats import rankdata

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from correlates.analyses.auc import (
    auc_interval,
    concordance,
    excess_of,
    in_order,
    widening_of,
)
from correlates.analyses.fold_limits import observed
from correlates.analyses.ridge import permuted_logits, ridge_pipeline
from correlates.analyses.validation import permutation_aucs, plan_folds

NEW_PATIENTS = 5000
TRANSFORM = "none"


@dataclass(frozen=True)
class Setting:
    """One population: group sizes, shift of each marker with the event, and what is unusual."""

    events: int
    others: int
    shifts: tuple[float, ...]
    correlation: float = 0.0
    event_sd: float = 1.0
    shape: str = "normal"
    penalty_c: float = 0.1

    def __str__(self) -> str:
        shifts = ", ".join(f"{shift:g}" for shift in self.shifts)
        unusual = [
            f"r {self.correlation:g}" if self.correlation else "",
            f"SD of events x {self.event_sd:.2g}" if self.event_sd != 1 else "",
            self.shape if self.shape != "normal" else "",
            f"C {self.penalty_c:g}" if self.penalty_c != 0.1 else "",
        ]
        return "; ".join(
            [f"{self.events} v {self.others}, shifts {shifts}", *filter(None, unusual)]
        )

    def draw(self, rng: np.random.Generator, cohorts: int, y: np.ndarray) -> np.ndarray:
        """Return markers, shape (cohorts, patients, markers)."""
        markers = len(self.shifts)
        share = np.full((markers, markers), self.correlation)
        np.fill_diagonal(share, 1.0)
        drawn = rng.normal(size=(cohorts, y.size, markers)) @ np.linalg.cholesky(share).T
        if self.shape == "heavy tails":
            drawn /= np.sqrt(rng.chisquare(3, size=(cohorts, y.size, 1)) / 3)
        drawn *= np.where(y == 1, self.event_sd, 1.0)[:, None]
        drawn += y[:, None] * np.array(self.shifts)
        return np.exp(drawn) if self.shape == "log-normal" else drawn


SETTINGS = [
    Setting(8, 16, (0, 0)),
    Setting(8, 16, (0.8, 0)),
    Setting(6, 10, (0.8, 0)),
    Setting(12, 12, (0.8, 0)),
    Setting(9, 15, (1.6, 0)),
    Setting(10, 13, (2.5, 0)),
    Setting(10, 13, (0.8,)),
    Setting(20, 30, (0.8, 0, 0, 0)),
    Setting(15, 15, (0.8, *[0] * 9)),
    # absolute counts of one tube share a white count
    Setting(8, 16, (0, 0), correlation=0.9),
    Setting(8, 16, (0.8, 0), correlation=0.8),
    Setting(8, 16, (0.8, 0), correlation=0.9),
    Setting(8, 16, (0.8, 0), correlation=0.95),
    Setting(8, 16, (0.8, 0), correlation=0.99),
    Setting(10, 13, (0.8, 0), correlation=0.9),
    Setting(20, 30, (0.8, 0), correlation=0.9),
    Setting(20, 30, (0.8, 0), correlation=0.95),
    Setting(8, 16, (0.8, 0.8), correlation=0.9),
    Setting(10, 14, (0.5, -0.5), correlation=0.9),
    Setting(16, 20, (0.6, 0, 0, 0), correlation=0.9),
    Setting(15, 15, (0.8, *[0] * 9), correlation=0.9),
    Setting(8, 16, (0.8, 0), correlation=0.95, penalty_c=1.0),
    # unequal groups, in size or in spread
    Setting(6, 6, (0.8, 0)),
    Setting(6, 60, (0.8, 0)),
    Setting(6, 60, (0.8, 0), correlation=0.9),
    Setting(8, 16, (0, 0), event_sd=3),
    Setting(8, 16, (0.8, 0), correlation=0.9, event_sd=3),
    Setting(6, 60, (0.8, 0), event_sd=3),
    Setting(60, 6, (0.8, 0), event_sd=3),
    Setting(6, 24, (0, 0), event_sd=5),
    Setting(8, 16, (0.8, 0), event_sd=1 / 3),
    # not normal
    Setting(8, 16, (0.8, 0), correlation=0.9, shape="heavy tails"),
    Setting(8, 16, (0.8, 0), correlation=0.9, shape="log-normal"),
]


def coverage(setting: Setting, cohorts: int, permuted: int, seed: int) -> dict:
    """Return how often the intervals of one setting hold the true AUC."""
    events, others, C = setting.events, setting.others, setting.penalty_c
    y = labels(events, others)
    rng = np.random.default_rng([seed, events, others])
    drawn = setting.draw(rng, cohorts, y)
    folds = plan_folds(y, repeats=10, max_folds=5, seed=1)
    auc, placement = cross_validated(drawn, y, folds, C)
    truth = true_aucs(setting, drawn, y, rng)
    own = apparent(drawn, y, C)
    # a cohort's own permutations give nearly the same factor, and cost 1,000 times as much
    widening = np.mean(
        [
            widening_of(
                permutation_aucs(observed(X), y, folds, TRANSFORM, C, permuted, i), events, others
            )
            for i, X in enumerate(drawn[:5])
        ]
    )
    excess = np.array([excess_of(p, y, a) for p, a in zip(placement, auc, strict=True)])
    result = {"setting": str(setting), "true_auc": truth.mean(), "true_auc_sd": truth.std()}
    result |= {"mean_auc": auc.mean(), "widening": widening, "excess": np.median(excess)}
    rules = {
        "plain": (np.ones(cohorts), np.zeros(cohorts)),
        "widened": (np.full(cohorts, widening), np.zeros(cohorts)),
        "present": (widening * excess, own),
    }
    for name, (factors, floors) in rules.items():
        ends = [
            auc_interval(a, events, others, f, o)
            for a, f, o in zip(auc, factors, floors, strict=True)
        ]
        result[name] = _held(*np.array(ends).T, truth)
    return _rounded(result)


def labels(events: int, others: int) -> np.ndarray:
    """Return the endpoint: events first."""
    return np.r_[np.ones(events, int), np.zeros(others, int)]


def cross_validated(drawn, y, folds, C: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each cohort's AUC and its patients' placements, as ``cross_validate`` does for one."""
    cohorts, patients, markers = drawn.shape
    flat = observed(drawn.reshape(-1, markers))
    # cohorts stand where permutations would: all are cross-validated at once
    orders = np.arange(cohorts * patients).reshape(cohorts, patients)
    right, pairs = np.zeros((cohorts, patients)), np.zeros(patients)
    for fold in folds:
        logits = permuted_logits(flat, orders, fold.train, fold.test, y, TRANSFORM, C)
        right_here, pairs_here = in_order(logits, y[fold.test])
        right[:, fold.test] += right_here
        pairs[fold.test] += pairs_here
    return right[:, y == 1].sum(axis=1) / pairs[y == 1].sum(), right / pairs


def apparent(drawn, y, C: float) -> np.ndarray:
    """Return the AUC of each cohort's ridge in the patients it was fitted to."""
    cohorts, patients, markers = drawn.shape
    orders = np.arange(cohorts * patients).reshape(cohorts, patients)
    everyone = np.arange(patients)
    flat = observed(drawn.reshape(-1, markers))
    logits = permuted_logits(flat, orders, everyone, everyone, y, TRANSFORM, C)
    right, pairs = concordance(logits, y)
    return right / pairs


def true_aucs(setting: Setting, drawn, y, rng) -> np.ndarray:
    """Return the AUC of each cohort's ridge in new patients."""
    new = labels(NEW_PATIENTS, NEW_PATIENTS)
    population = setting.draw(rng, 1, new)[0]
    aucs = []
    for X in drawn:
        model = ridge_pipeline(TRANSFORM, setting.penalty_c).fit(observed(X), y)
        weights = model.named_steps["ridge"].coef_[0] / model.named_steps["scale"].scale_
        ranks = rankdata(population @ weights)[new == 1].sum()
        aucs.append((ranks - NEW_PATIENTS * (NEW_PATIENTS + 1) / 2) / NEW_PATIENTS**2)
    return np.array(aucs)


def _held(low, high, truth) -> dict:
    mean = truth.mean()
    return {
        "held": ((low <= truth) & (truth <= high)).mean(),
        "held_mean": ((low <= mean) & (mean <= high)).mean(),
        "too_high": (low > truth).mean(),
        "too_low": (high < truth).mean(),
        "width": (high - low).mean(),
    }


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return value if isinstance(value, str) else round(float(value), 3)


def main() -> None:
    """Print the coverage in each setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="40 cohorts each instead of 600")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cohorts, permuted = (40, 50) if arguments.quick else (600, 300)
    started = process_time()
    results = []
    for setting in SETTINGS:
        result = coverage(setting, cohorts, permuted, arguments.seed)
        results.append(result)
        print(
            f"{result['setting']:50} true {result['true_auc']:.2f}  "
            + "  ".join(
                f"{rule} {result[rule]['held']:.3f} / {result[rule]['held_mean']:.3f}, "
                f"{result[rule]['width']:.2f} wide"
                for rule in ("widened", "present")
            ),
            flush=True,
        )
    summary = {
        rule: {
            "fewest_held": min(result[rule]["held"] for result in results),
            "fewest_held_mean": min(result[rule]["held_mean"] for result in results),
            "mean_width": round(float(np.mean([r[rule]["width"] for r in results])), 3),
        }
        for rule in ("plain", "widened", "present")
    }
    report = {"cohorts": cohorts, "summary": summary, "coverage": results}
    print(json.dumps(report | {"cpu_seconds": round(process_time() - started, 1)}))


if __name__ == "__main__":
    main()
