"""Simulated reports of BTK and PLCG2 variants, with known shares of the clone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from correlates.simulate.trial import Patient
from correlates.tables import write_tsv

COLUMNS = (
    *("patient", "visit", "specimen", "cell", "study_day", "gene", "hgvs_p", "alt", "depth"),
    *("vaf", "lod_vaf", "assay", "purity_pct", "run", "role", "control", "expected_vaf"),
    "comment",
)
TRUTH = ("patient", "visit", "gene", "hgvs_p", "ccf", "defect")
# the day of the late draw depends on the doses, and this sheet leaves it to them
FIRST, LATE = ("C0D1", 1), ("C7D1", None)
# Of every six patients the second acquires BTK C481S, the fourth PLCG2 R665W with a little C481F.
_EVERY = 6
_ACQUIRED = {
    1: (("BTK", "p.Cys481Ser", 0.45),),
    3: (("PLCG2", "p.Arg665Trp", 0.30), ("BTK", "C481F", 0.12)),
}
_DEPTH, _LOD = 2000, 0.01
_GENES = ("BTK", "PLCG2")
_NOTE = "simulated"
_LOW_DEPTH = 300


def write(folder: Path, patients: Sequence[Patient], rng: np.random.Generator) -> None:
    """Write ``assays/variants/variants.tsv`` and ``truth/variants.tsv``.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        Its patients: sequenced before treatment and, if they took lenalidomide, at C7D1.
    rng
        Source of randomness.

    Notes
    -----
    Planted: a sample of too few reads, a fraction that contradicts its reads, a sample without
    purity, a negative report without a limit, and a run whose negative control is contaminated.
    """
    rows: list[dict] = []
    truth: list[dict] = []
    for number, patient in enumerate(patients):
        _add(rows, truth, patient, number, FIRST, "NGS1", rng)
        if patient.clinical["lenalidomide_start_day"] is not None:
            _add(rows, truth, patient, number, LATE, "NGS2", rng)
    if len(patients) >= _EVERY:
        _plant(rows, truth, patients)
    for run in ("NGS1", "NGS2", "NGS9"):
        rows += _controls(run, rng)
    write_tsv(folder / "assays" / "variants" / "variants.tsv", COLUMNS, rows)
    write_tsv(folder / "truth" / "variants.tsv", TRUTH, truth)


def _add(
    rows: list[dict],
    truth: list[dict],
    patient: Patient,
    number: int,
    when: tuple[str, int | None],
    run: str,
    rng: np.random.Generator,
) -> None:
    visit, day = when
    purity = round(float(rng.uniform(70, 98)), 1)
    common = {
        **{"patient": patient.key, "visit": visit, "specimen": "cryo_pbmc", "study_day": day},
        **{"lod_vaf": _LOD, "assay": "ngs", "purity_pct": purity, "run": run, "role": "sample"},
        "comment": _NOTE,
    }
    acquired = _ACQUIRED.get(number % _EVERY, ()) if visit == LATE[0] else ()
    for gene in _GENES:
        own = [one for one in acquired if one[0] == gene]
        for _, change, ccf in own:
            copies = 1 if gene == "BTK" and patient.clinical["sex"] == "M" else 2
            vaf = ccf * purity / 100 / copies
            depth = int(rng.poisson(_DEPTH))
            rows.append(
                common
                | _reads(int(rng.binomial(depth, vaf)), depth)
                | {"gene": gene}
                | {"hgvs_p": change}
            )
            truth.append(_true(patient.key, visit, gene, change, ccf))
        if not own:
            rows.append(
                common | {"gene": gene, "hgvs_p": "none", "depth": int(rng.poisson(_DEPTH))}
            )
            truth.append(_true(patient.key, visit, gene, "none", 0.0))


def _reads(alt: int, depth: int) -> dict:
    return {"alt": alt, "depth": depth, "vaf": f"{alt / depth:.4f}"}


def _plant(rows: list[dict], truth: list[dict], patients: Sequence[Patient]) -> None:
    first, second, third = patients[0], patients[1], patients[2]
    for row in rows:
        where = row["patient"], row["visit"], row["gene"]
        if where == (first.key, "C0D1", "BTK"):
            row["depth"] = _LOW_DEPTH
            truth.append(_true(*where, "none", 0.0, "300 reads: 1 % would not be seen"))
        elif where == (second.key, "C0D1", "PLCG2"):
            row |= {"hgvs_p": "R665W", "alt": 100, "vaf": "0.5000"}
            truth.append(_true(*where, "R665W", 0.0, "fraction contradicts the reads"))
        elif where == (third.key, "C0D1", "BTK"):
            row |= {"depth": "", "lod_vaf": ""}
            truth.append(_true(*where, "none", 0.0, "neither depth nor limit of detection"))
        elif where == (third.key, "C0D1", "PLCG2"):
            row["purity_pct"] = ""
            truth.append(_true(*where, "none", 0.0, "purity not given"))
        elif where[0] == patients[4].key and row["visit"] == LATE[0]:
            row["run"] = "NGS9"
            truth.append(_true(*where, "none", 0.0, "run NGS9 is contaminated"))


def _true(patient: str, visit: str, gene: str, change: str, ccf: float, defect: str = "") -> dict:
    return dict(zip(TRUTH, (patient, visit, gene, change, ccf, defect), strict=True))


def _controls(run: str, rng: np.random.Generator) -> list[dict]:
    """Return the controls of a run: wild type, and 5 % of C481S; NGS9's wild type holds 4 %."""
    seen = int(rng.binomial(_DEPTH, 0.04)) if run == "NGS9" else 0
    alt = int(rng.binomial(_DEPTH, 0.05))
    common = {"gene": "BTK", "hgvs_p": "C481S", "lod_vaf": _LOD, "assay": "ngs", "run": run}
    common["comment"] = _NOTE
    positive = {"role": "positive", "control": "reference 5 %", "expected_vaf": 0.05}
    return [
        common | _reads(seen, _DEPTH) | {"role": "negative", "control": "wild type"},
        common | _reads(alt, _DEPTH) | positive,
    ]
