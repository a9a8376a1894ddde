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
    rng, n_samples=8, n_plates=2, sd=0.10, shift_sd=0.3, dilution_sd=0.0, levels=DILUTIONS
):
    """Simulate plates of whole samples, each with a calibrator, a dilution series and controls.

    Returns
    -------
    The wells, and the true log2 CNRQ of RHOH by sample, relative to the calibrator IPC.
    """
    genes = list(EFFICIENCY)
    amount = {f"P{n:02d}_S": rng.normal(0, 0.5) for n in range(n_samples)}
    level = {name: rng.normal(0, 1.0) for name in amount}
    wells = []
    for p in range(n_plates):
        plate = f"plate{p + 1}"
        shift = {gene: rng.normal(0, shift_sd) for gene in genes}
        n = 0

        def add(gene, log2, task, n, plate=plate, shift=shift, **more):
            cq = START[gene] + shift[gene] - log2 / math.log2(EFFICIENCY[gene])
            return well(plate, n, gene, cq + rng.normal(0, sd), task, **more)

        for gene in genes:
            for i, name in enumerate(amount):
                if i % n_plates != p:
                    continue
                log2 = amount[name] + (level[name] if gene == "RHOH" else 0.0)
                for _ in range(3):
                    wells.append(add(gene, log2, "sample", n, **draw(name)))
                    n += 1
            for _ in range(3):
                wells.append(add(gene, 0.3, "ipc", n, sample="IPC"))
                n += 1
            for quantity in levels:
                error = rng.normal(0, dilution_sd)
                for _ in range(3):
                    log2 = 3 + math.log2(quantity) + error
                    wells.append(add(gene, log2, "std", n, std_qty=quantity))
                    n += 1
            wells.append(well(plate, n, gene, None, "ntc"))
            wells.append(well(plate, n + 1, gene, None, "no_rt"))
            n += 2
    return wells, level


def rng(seed=1):
    return np.random.default_rng(seed)
