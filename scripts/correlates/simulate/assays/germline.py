"""Simulated germline genotypes, and what one of them does to the exposure to ibrutinib."""

import numpy as np

from correlates.simulate.trial import Patient

# By dbSNP number: gene, other and effect allele on the forward strand, frequency of the latter.
LOCI = {
    "rs1045642": ("ABCB1", "G", "A", 0.5),
    "rs35599367": ("CYP3A4", "G", "A", 0.05),
    "rs776746": ("CYP3A5", "C", "T", 0.15),
}
# Planted, and true of the simulation only: exposure to ibrutinib per copy of ABCB1 rs1045642 A.
PLANTED = "rs1045642"
RATIO_PER_COPY = 1.5
_STREAM = 771


def copies_of(patient: Patient) -> dict[str, int]:
    """Return copies of each effect allele, which follow from the patient's key alone."""
    rng = np.random.default_rng([_STREAM, *patient.key.encode()])
    return {rsid: int(rng.binomial(2, share)) for rsid, (*_, share) in LOCI.items()}


def exposure_factor(patient: Patient) -> float:
    """Return by how much a patient's exposure to ibrutinib differs by genotype, 1 on average."""
    return RATIO_PER_COPY ** (copies_of(patient)[PLANTED] - 1)
