"""Wells of qPCR plates with known truth, as the rows that intake hands to the assay."""

import math

import numpy as np
import yaml

from correlates.assays.qpcr.settings import QpcrSettings
from study import ROOT

EFFICIENCY = {"RHOH": 1.96, "TBP": 1.98, "HPRT1": 1.93, "GUSB": 2.02}
# Cq of one unit of each gene.
START = {"RHOH": 24.0, "TBP": 25.0, "HPRT1": 22.0, "GUSB": 23.5}
REFERENCES = ("TBP", "HPRT1", "GUSB")
DILUTIONS = (1.0, 0.2, 0.04, 0.008, 0.0016, 0.00032)


def settings(**changes):
    """Return the shipped settings, with whole blocks of them changed key by key."""
    shipped = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["qpcr"]
    return QpcrSettings(**{k: v | changes.get(k, {}) for k, v in shipped.items()})


def well(plate, number, gene, cq, task="sample", **more):
    """Return one well; what is not said is empty."""
    row = dict.fromkeys(
        ("sample", "patient", "visit", "timepoint", "specimen", "cell", "study_day")
        + ("hours_post_ibr", "std_qty", "rin", "ng_rna", "purity_pct", "excluded")
    )
    place = f"{chr(ord('A') + number // 24 % 16)}{number % 24 + 1}"
    return row | {"plate": plate, "well": place, "gene": gene, "cq": cq, "task": task} | more


def draw(sample, **more):
    """Return the columns of a sample that is nobody's in particular."""
    of = {"sample": sample, "patient": sample.split("_")[0], "visit": "C1D1", "cell": "cll"}
    return of | {"specimen": "fresh_wb", "purity_pct": 98.0, "rin": 8.5, "ng_rna": 100.0} | more


def simulate(
    rng,
    n_samples=8,
    n_plates=2,
    sd=0.10,
    shift_sd=0.3,
    dilution_sd=0.0,
    reference_sd=0.0,
    spoilt=0.0,
    levels=DILUTIONS,
):
    """Simulate plates of whole samples, each with a calibrator, a dilution series and controls.

    Parameters
    ----------
    rng
        Source of randomness.
    n_samples, n_plates
        How many; samples are dealt to the plates in turn.
    sd, shift_sd
        Of wells, and of each gene's threshold between plates, in cycles.
    dilution_sd, reference_sd
        Of the pipetting of a dilution, and of each reference gene between samples, on the log2
        scale.
    spoilt
        Share of the samples' wells that come up 2 cycles late.
    levels
        Quantities of the dilution series.

    Returns
    -------
    The wells, and the true log2 CNRQ of RHOH by sample, relative to the calibrator IPC.
    """
    amount = {f"P{n:02d}_S": rng.normal(0, 0.5) for n in range(n_samples)}
    level = {name: rng.normal(0, 1.0) for name in amount}
    wells = []
    for p in range(n_plates):
        plate, first = f"plate{p + 1}", len(wells)
        for gene in EFFICIENCY:
            start = START[gene] + rng.normal(0, shift_sd)

            def add(log2, task, late=0.0, gene=gene, start=start, plate=plate, first=first, **more):
                cq = start - log2 / math.log2(EFFICIENCY[gene]) + rng.normal(0, sd) + late
                wells.append(well(plate, len(wells) - first, gene, cq, task, **more))

            for name in list(amount)[p::n_plates]:
                own = level[name] if gene == "RHOH" else rng.normal(0, reference_sd)
                for _ in range(3):
                    late = 2.0 * (rng.uniform() < spoilt)
                    add(amount[name] + own, "sample", late, **draw(name))
            for _ in range(3):
                add(0.3, "ipc", sample="IPC")
            for quantity in levels:
                error = rng.normal(0, dilution_sd)
                for _ in range(3):
                    add(3 + math.log2(quantity) + error, "std", std_qty=quantity)
            for task in ("ntc", "no_rt"):
                wells.append(well(plate, len(wells) - first, gene, None, task))
    return wells, level


def rng(seed=1):
    return np.random.default_rng(seed)
