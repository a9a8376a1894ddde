"""The data cut by which results were made, which every table of this floor says."""

import anndata as ad


def data_cut_of(cohort: ad.AnnData) -> str:
    """Return the name of the data cut that a cohort was built at; ``none`` without one."""
    return str(cohort.uns["provenance"]["data_cut"])
