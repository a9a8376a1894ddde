"""Fit and validate one ridge model for each endpoint, or say why it is refused."""

from typing import TYPE_CHECKING

import anndata as ad

from correlates.analyses.data_cut import data_cut_of
from correlates.analyses.models import run_models
from correlates.job import run_logged
from correlates.tables import write_json, write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Write one result an endpoint, and the prediction of each patient while held out."""
    cohort = ad.read_h5ad(job.input.cohort)
    results, predictions = run_models(
        cohort, job.params.model, job.params.confidence, job.params.design_note
    )
    cut = data_cut_of(cohort)
    predictions = predictions.assign(data_cut=cut)
    write_json(job.output.model, [result | {"data_cut": cut} for result in results])
    write_tsv(job.output.predictions, list(predictions.columns), predictions.to_dict("records"))


if __name__ == "__main__":
    run_logged(main, snakemake)
