"""Answer whether genotypes go with exposure, toxicity or response."""

from typing import TYPE_CHECKING

from correlates.analyses.answers import write_answers
from correlates.analyses.genotype.association import (
    AssociationSettings,
    association_answers,
    endpoints_of,
    exposures_of,
    genotypes_of,
)
from correlates.clinical.endpoints.rows import read_endpoints
from correlates.job import run_logged
from correlates.measurements import read_measurements
from correlates.tables import read_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Test every declared variant against every outcome."""
    block = job.params.associations
    settings = AssociationSettings(
        **{**block, "exposures": tuple(block["exposures"]), "endpoints": tuple(block["endpoints"])},
        min_cell=job.params.min_cell,
        confidence=job.params.confidence,
    )
    calls, loci = read_tsv(job.input.calls), read_tsv(job.input.loci)
    genotypes = genotypes_of(calls, loci, job.params.min_call_rate)
    measurements = read_measurements(job.input.measurements)
    outcomes = exposures_of(measurements, settings.exposures)
    outcomes += endpoints_of(read_endpoints(job.input.endpoints), settings.endpoints)
    write_answers(job.output.answers, association_answers(genotypes, outcomes, settings))


if __name__ == "__main__":
    run_logged(main, snakemake)
