"""Correlative studies of a clinical trial: from FCS files and clinical tables to a report.

Floors, each importing only from those before it: intake, the assays (flow), cohort, analyses,
report.
Nothing is imported here, since Snakemake parses its files again in every cluster job.
"""

__version__ = "0.1.0"
