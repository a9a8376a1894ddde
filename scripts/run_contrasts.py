"""Test each pre-specified contrast, and write the values that it used."""

from typing import TYPE_CHECKING

import anndata as ad

from correlates.analyses.contrasts import contrast_values, run_contrasts
from correlates.analyses.data_cut import data_cut_of
from correlates.job import run_logged
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Test what was specified; a refused contrast is a row with its reason."""
    cohort = ad.read_h5ad(job.input.cohort)
    contrasts = run_contrasts(
        cohort,
        job.params.contrasts,
        job.params.confidence,
        design_note=job.params.design_note,
    )
    values = contrast_values(cohort, job.params.contrasts)
    for table, path in ((contrasts, job.output.contrasts), (values, job.output.values)):
        known = table.assign(data_cut=data_cut_of(cohort))
        write_tsv(path, list(known.columns), known.to_dict("records"))


if __name__ == "__main__":
    run_logged(main, snakemake)
