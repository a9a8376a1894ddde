"""Cells per microlitre of blood: where a patient starts, and what treatment does at each visit."""

import numpy as np

from correlates.simulate.nk import NkTraits, label_shares
from correlates.simulate.populations import MEMORY, POPULATIONS

# visit: planned study day, and the factor on (clone, CD4, CD8, NK) against the visit before
# treatment. Ibrutinib moves the clone from nodes to blood, then clears it; T and NK cells rise.
VISITS = {
    "C0D1": (1, (1.00, 1.00, 1.00, 1.00)),
    "C0D8": (8, (1.70, 1.15, 1.10, 1.05)),
    "C1D1": (29, (1.50, 1.20, 1.15, 1.05)),
    "C1D8": (36, (1.30, 1.20, 1.20, 1.10)),
    "C2D1": (57, (0.85, 1.20, 1.30, 1.20)),
}
# before treatment: median, standard deviation of the natural logarithm between patients. Beside
# such a clone, T and NK cells make up 0.5 to 5 % of the leukocytes in most files of the run-in;
# at the last visit, with much of the clone cleared, T exceeds 5 % in a third of them.
_BEFORE = {
    "cll": (28000, 0.35),
    "t_cd4": (390, 0.30),
    "t_cd8": (400, 0.35),
    "t_dn": (40, 0.40),
    "nkt_like": (45, 0.40),
    "nk": (480, 0.25),
    "b_normal": (110, 0.35),
    "mono": (420, 0.30),
    "neutrophil": (3200, 0.35),
    "eosinophil": (140, 0.40),
    "basophil": (40, 0.40),
}
_CLONE_LIMITS = (13000, 58000)
_VISIT_SD = 0.12
# parameters of the Dirichlet draw of (naive, cm, em, temra) between patients
_MEMORY_WEIGHTS = {"t_cd4": (17.0, 15.0, 13.0, 5.0), "t_cd8": (13.0, 6.0, 15.0, 17.0)}
_NKT_SHARES = {"nkt_cd4_em": 0.10, "nkt_cd8_em": 0.40, "nkt_cd8_temra": 0.35, "nkt_dn": 0.15}
_NONCLASSICAL = 0.08


def draw_before(log2_shift: dict[str, float], rng: np.random.Generator) -> dict[str, float]:
    """Draw a patient's cells per microlitre before treatment, by class of cell.

    Parameters
    ----------
    log2_shift
        What planted effects add, by class.
    rng
        Source of randomness.
    """
    before = {
        name: float(np.exp(rng.normal(np.log(median), sd)) * 2 ** log2_shift.get(name, 0.0))
        for name, (median, sd) in _BEFORE.items()
    }
    return before | {"cll": float(np.clip(before["cll"], *_CLONE_LIMITS))}


def draw_memory(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw a patient's shares of the memory subsets, by T lineage."""
    return {lineage: rng.dirichlet(weights) for lineage, weights in _MEMORY_WEIGHTS.items()}


def draw_counts(
    before: dict[str, float],
    memory: dict[str, np.ndarray],
    traits: NkTraits,
    visit: str,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Draw the true cells per microlitre of each leukocyte label at one visit.

    Parameters
    ----------
    before, memory
        Of the patient, from ``draw_before`` and ``draw_memory``.
    traits
        The patient's NK continuum; of an NK label the expected count is returned.
    visit
        Key of ``VISITS``.
    rng
        Source of randomness: blood differs by 12 % from one draw to the next.
    """
    factors = dict(zip(("cll", "t_cd4", "t_cd8", "nk"), VISITS[visit][1], strict=True))
    now = {
        name: count * factors.get(name, 1.0) * float(np.exp(rng.normal(0, _VISIT_SD)))
        for name, count in before.items()
    }
    return blood_of(now, memory, traits)


def blood_of(
    now: dict[str, float], memory: dict[str, np.ndarray], traits: NkTraits
) -> dict[str, float]:
    """Return the cells per microlitre of each leukocyte label.

    Parameters
    ----------
    now
        Cells per microlitre by class of cell.
    memory, traits
        As of ``draw_counts``.
    """
    unsplit = ("cll", "b_normal", "t_dn", "neutrophil", "eosinophil", "basophil")
    counts = {name: now[name] for name in unsplit}
    counts["mono"] = now["mono"] * (1 - _NONCLASSICAL)
    counts["mono_nonclassical"] = now["mono"] * _NONCLASSICAL
    for label, share in _NKT_SHARES.items():
        counts[label] = now["nkt_like"] * share
    for lineage, shares in memory.items():
        for subset, share in zip(MEMORY, shares, strict=True):
            counts[f"{lineage}_{subset}"] = now[lineage] * float(share)
    for label, share in label_shares(traits).items():
        counts[label] = now["nk"] * share
    return counts


def population_per_ul(counts: dict[str, float], population: str) -> float | None:
    """Return the true cells per microlitre of a leukocyte population; None if it is none."""
    labels = POPULATIONS[population]
    if any(label not in counts for label in labels):
        return None
    return sum(counts[label] for label in labels)
