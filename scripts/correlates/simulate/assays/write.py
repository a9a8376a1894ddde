"""Write the raw data of every simulated assay, and the sheet of the aliquots they share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from correlates.simulate.assays.genotype import write as write_genotype
from correlates.simulate.assays.occupancy import write_occupancy
from correlates.simulate.assays.pk import write as write_pk
from correlates.simulate.assays.protein import write_protein
from correlates.simulate.assays.qpcr import write_qpcr
from correlates.simulate.assays.rnaseq import write as write_rnaseq
from correlates.simulate.assays.scrna import write_scrna
from correlates.simulate.assays.soluble import write_soluble
from correlates.simulate.assays.synapse import write as write_synapse
from correlates.simulate.assays.variants import write as write_variants
from correlates.simulate.trial import Patient

Writer = Callable[[Path, Sequence[Patient], np.random.Generator], None]
# One stream of randomness an assay, so that a new assay changes none of the others.
WRITERS: Mapping[str, tuple[int, Writer]] = {
    "occupancy": (1, write_occupancy),
    "qpcr": (2, write_qpcr),
    "rnaseq": (3, write_rnaseq),
    "scrna": (6, write_scrna),
    "pk": (7, write_pk),
    "synapse": (11, write_synapse),
    "variants": (8, write_variants),
    "genotype": (9, write_genotype),
    # Proteins follow the messengers that stand in the truth of qPCR, so they come after it.
    "protein": (13, write_protein),
    "soluble": (10, write_soluble),
}
_STREAM = 100


def write_assays(folder: Path, patients: Sequence[Patient], seed: int) -> None:
    """Write ``assays/<assay>/`` and ``truth/<assay>.tsv`` of every assay.

    Parameters
    ----------
    folder
        Folder of the simulated cohort.
    patients
        The trial's patients, in the order of their enrolment.
    seed
        Seed of the cohort.
    """
    (folder / "assays").mkdir(parents=True, exist_ok=True)
    for number, write in WRITERS.values():
        write(folder, patients, np.random.default_rng([seed, _STREAM + number]))
