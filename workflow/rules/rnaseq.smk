"""Bulk RNA sequencing: counts of genes become expression, junctions of CRBN exon inclusion.

Reads   the sheets rnaseq and junctions, and the files of counts
Writes  results/rnaseq/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        libraries.tsv,tpm.tsv,genes.parquet,layout.svg,overview.svg}
"""


include: "../inputs/rnaseq.smk"


rule measure_rnaseq:
    """Normalise the libraries, judge them, and measure the genes that are asked for."""
    input:
        libraries=assay_rows("rnaseq"),
        junctions=assay_rows("junctions"),
        counts=counts_that_are_there,
    output:
        measurements="results/rnaseq/measurements.parquet",
        left_out="results/rnaseq/left_out.tsv",
        runs="results/rnaseq/runs.tsv",
        samples="results/rnaseq/samples.tsv",
        controls="results/rnaseq/controls.tsv",
        layout="results/rnaseq/layout.svg",
        overview="results/rnaseq/overview.svg",
        libraries="results/rnaseq/libraries.tsv",
        tpm="results/rnaseq/tpm.tsv",
        genes="results/rnaseq/genes.parquet",
    log:
        "logs/rnaseq/measure_rnaseq.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(3000),
        runtime=each_try(30),
    params:
        counts=counts_of_genes,
        settings=lookup(dpath="rnaseq", within=config),
        code=code_of("measure_rnaseq"),
    script:
        "../../scripts/measure_rnaseq.py"
