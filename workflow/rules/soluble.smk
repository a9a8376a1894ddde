"""Soluble markers: cytokines, immunoglobulins and beta-2 microglobulin of plasma and serum.

Reads   the soluble sheets
Writes  results/soluble/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        handling.tsv,layout.svg,overview.svg}

A study without such sheets does not plan the rule.
"""


rule measure_soluble:
    """Judge plates and wells, and say how the censored values of each marker are handled."""
    input:
        soluble=assay_rows("soluble"),
    output:
        measurements="results/soluble/measurements.parquet",
        left_out="results/soluble/left_out.tsv",
        runs="results/soluble/runs.tsv",
        samples="results/soluble/samples.tsv",
        controls="results/soluble/controls.tsv",
        handling="results/soluble/handling.tsv",
        layout="results/soluble/layout.svg",
        overview="results/soluble/overview.svg",
    log:
        "logs/soluble/measure_soluble.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(20),
    params:
        settings=lookup(dpath="soluble/measure", within=config),
        code=code_of("measure_soluble"),
    script:
        "../../scripts/measure_soluble.py"
