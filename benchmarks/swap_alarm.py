"""How often the swap alarm is right, on simulated cohorts whose swaps are known.

    python benchmarks/swap_alarm.py [--cohorts 200] [--patients 6 12 24] [--replicates 199]

Of cohorts without a swap it prints the share with any alarm, and with any odd draw; of cohorts with
one swap, the share in which both draws are named as a pair (and so among swaps of tubes of one
batch, and of two), in which at least one is named as the right patient's, and in which anything
wrong is named.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from correlates.cohort.integrity.fingerprints import (  # noqa: E402
    EXCHANGED,
    LIKE_ANOTHER,
    ODD,
    fingerprint_findings,
)
from correlates.simulate.lineages import Variation, draw_lineage_rows  # noqa: E402
from correlates.simulate.trial import NO_EFFECTS, Effects  # noqa: E402

SCENES = {
    "usual": (Variation(), NO_EFFECTS),
    "effects": (Variation(), Effects()),
    "restless": (Variation(within=0.3, drift=0.4, tail=4.0), Effects()),
}


def judge(n_patients, seed, scene, swaps, settings, replicates) -> dict:
    """Simulate and judge one cohort."""
    variation, effects = SCENES[scene]
    rng = np.random.default_rng([seed, n_patients, swaps])
    rows, swapped = draw_lineage_rows(n_patients, rng, variation, effects, swaps)
    patients = [{"patient": key} for key in sorted({row["patient"] for row in rows})]
    _, scores = fingerprint_findings(pd.DataFrame(rows), patients, settings, replicates)
    named = {
        (one.patient, one.visit): one.nearest_other
        for one in scores.itertuples()
        if one.verdict in (EXCHANGED, LIKE_ANOTHER)
    }
    runs = {(row["patient"], row["visit"]): row["run"] for row in rows}
    truth = {a: b[0] for one, other in swapped for a, b in ((one, other), (other, one))}
    exchanged = scores[scores["verdict"] == EXCHANGED]
    pairs = set(zip(exchanged["patient"], exchanged["visit"], strict=True))
    return {
        "of_one_batch": len({runs[draw] for draw in truth}) == 1,
        "any": bool(named),
        "odd": bool((scores["verdict"] == ODD).any()),
        "pair": bool(truth) and pairs >= set(truth),
        "one": any(named.get(draw) == patient for draw, patient in truth.items()),
        "wrong": any(truth.get(draw) != patient for draw, patient in named.items()),
    }


def main() -> None:
    """Print one line for each scene and size of cohort."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=200)
    parser.add_argument("--patients", type=int, nargs="+", default=[6, 12, 24])
    parser.add_argument("--scenes", nargs="+", default=list(SCENES))
    parser.add_argument("--replicates", type=int, default=199)
    given = parser.parse_args()
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    settings = config["clinical"]["integrity"]
    for scene in given.scenes:
        for n_patients in given.patients:
            began = time.process_time()
            without, with_one = (
                pd.DataFrame(
                    [
                        judge(n_patients, k, scene, swaps, settings, given.replicates)
                        for k in range(given.cohorts)
                    ]
                )
                for swaps in (0, 1)
            )
            spent = (time.process_time() - began) / (2 * given.cohorts)
            rates = {
                "any alarm": without["any"],
                "an odd draw": without["odd"],
                "pair named": with_one["pair"],
                "in one batch": with_one.loc[with_one["of_one_batch"], "pair"],
                "in two batches": with_one.loc[~with_one["of_one_batch"], "pair"],
                "one or both named": with_one["one"],
                "anything wrong named": with_one["wrong"],
            }
            said = ", ".join(f"{name} {rate.mean():.3f}" for name, rate in rates.items())
            print(f"{scene:9} {n_patients:3} patients: {said}; {spent:.2f} s each", flush=True)


if __name__ == "__main__":
    main()
