"""Measure the error of log2 CNRQ and how often its interval holds the truth, on simulated plates.

Each study has 12 samples on three plates, three references, a calibrator and a dilution series on
every plate, and efficiencies of 1.93 to 2.02 that are measured. What is varied: the SD of wells,
errors of dilution, references that move against each other, wells that come up late. The last line
is one JSON object.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from correlates.assays.qpcr.collect import measure_qpcr
from qpcr_maker import settings, simulate

SETTINGS = {
    "wells SD 0.05": {"sd": 0.05},
    "wells SD 0.10": {"sd": 0.10},
    "wells SD 0.15": {"sd": 0.15},
    "wells SD 0.20": {"sd": 0.20},
    "dilutions SD 0.10": {"sd": 0.10, "dilution_sd": 0.10},
    "references SD 0.15": {"sd": 0.10, "reference_sd": 0.15},
    "5 % of wells 2 cycles late": {"sd": 0.10, "spoilt": 0.05},
}


def one_setting(rng: np.random.Generator, studies: int, simulated: dict) -> dict:
    """Return error, stated error and coverage, with references in the interval and without."""
    row = {}
    for name, in_interval in (("stated", True), ("wells_alone", False)):
        errors, ses, inside, lost = [], [], [], 0
        rules = settings(references={"in_interval": in_interval})
        for _ in range(studies):
            wells, truth = simulate(rng, n_samples=12, n_plates=3, **simulated)
            for one in measure_qpcr(wells, rules).values:
                value, true = one.values["rhoh"], truth[one.sample]
                if value.status != "ok":
                    lost += 1
                    continue
                errors.append(value.log2 - true)
                ses.append(value.se)
                inside.append(value.ci_low <= true <= value.ci_high)
        row[name] = {
            "rmse": round(float(np.sqrt(np.mean(np.square(errors)))), 3),
            "se": round(float(np.sqrt(np.mean(np.square(ses)))), 3),
            "bias": round(float(np.mean(errors)), 3),
            "covered": round(float(np.mean(inside)), 3),
            "not_evaluable": lost,
            "n": len(errors),
        }
    return row


def main() -> None:
    """Print a line a setting, and all of them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, found = np.random.default_rng(options.seed), {}
    for name, simulated in SETTINGS.items():
        found[name] = one_setting(rng, options.studies, simulated)
        print(name, found[name], flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
