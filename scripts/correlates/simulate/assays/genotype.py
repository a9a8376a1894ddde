"""Simulated reports of germline genotypes, on the strand that the laboratory happens to use."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.simulate.assays.germline import LOCI, PLANTED, RATIO_PER_COPY, copies_of
from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

COLUMNS = (
    *("patient", "specimen", "gene", "rsid", "genotype", "strand", "ancestry", "run", "well"),
    *("role", "expected", "comment"),
)
TRUTH = ("patient", "rsid", "copies", "defect")
_COMPLEMENT = {"A": "T", "T": "A", "C": "G", "G": "C"}
_NOTE = "simulated"
_RUNS = ("GT1", "GT2")
# reported on the reverse strand, and said so
_REVERSE = "rs776746"
_FEWEST_WITH_DEFECTS = 6


def write(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/genotype/genotype.tsv`` and ``truth/genotype.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        Its patients, genotyped once from buccal swabs.
    rng
        Source of randomness; genotypes follow from the patients' keys.

    Notes
    -----
    Planted: a patient without a call, one reported on the other strand without saying so, one
    genotyped twice with different results, and one on a run whose control is wrong.
    """
    rows: list[dict] = []
    truth: list[dict] = []
    for number, patient in enumerate(patients):
        ancestry = str(rng.choice(["European", "African"], p=[0.85, 0.15]))
        for rsid, copies in copies_of(patient).items():
            row = _call(rsid, copies, _RUNS[number * len(_RUNS) // len(patients)])
            rows.append(row | {"patient": patient.key, "ancestry": ancestry})
            rows[-1]["well"] = f"{'ABCDEFGH'[number % 8]}{number // 8 + 1}"
            truth.append(_true(patient.key, rsid, copies))
    if len(patients) >= _FEWEST_WITH_DEFECTS:
        _plant(rows, truth, [patient.key for patient in patients])
    for run in sorted({row["run"] for row in rows}):
        for rsid in LOCI:
            called = 2 if run == "GT9" and rsid == PLANTED else 1
            control = _call(rsid, called, run) | {"role": "control", "well": "H12"}
            rows.append(control | {"expected": _call(rsid, 1, run)["genotype"]})
    truth.append(_true("", PLANTED, "", f"exposure to ibrutinib x {RATIO_PER_COPY} per copy"))
    write_tsv(folder / "assays" / "genotype" / "genotype.tsv", COLUMNS, rows)
    write_tsv(folder / "truth" / "genotype.tsv", TRUTH, truth)


def _call(rsid: str, copies: int, run: str) -> dict:
    gene, other, effect, _ = LOCI[rsid]
    alleles = [other] * (2 - copies) + [effect] * copies
    if rsid == _REVERSE:
        alleles = [_COMPLEMENT[one] for one in alleles]
    return {
        **{"specimen": "buccal", "gene": gene, "rsid": rsid, "genotype": "/".join(alleles)},
        **{"strand": "reverse" if rsid == _REVERSE else "forward", "run": run},
        **{"role": "sample", "comment": _NOTE},
    }


def _plant(rows: list[dict], truth: list[dict], keys: list[str]) -> None:
    for row in list(rows):
        where = row["patient"], row["rsid"]
        if where == (keys[0], "rs35599367"):
            row["genotype"] = "no call"
            truth.append(_true(*where, "", "no call"))
        elif where == (keys[1], "rs35599367"):
            row["genotype"] = "C/C"
            truth.append(_true(*where, "", "other strand, and said to be forward"))
        elif where == (keys[2], "rs776746"):
            other = "A/A" if row["genotype"] != "A/A" else "G/G"
            rows.append(row | {"genotype": other, "well": "G11"})
            truth.append(_true(*where, "", "two calls that disagree"))
        if row["patient"] == keys[3]:
            row["run"] = "GT9"
            truth.append(_true(*where, "", "run GT9: its control is wrong"))


def _true(patient: str, rsid: str, copies, defect: str = "") -> dict:
    return dict(zip(TRUTH, (patient, rsid, copies, defect), strict=True))
