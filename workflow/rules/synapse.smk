"""Immune synapse: conjugates of effector and B cells into medians of samples.

Reads   the synapse sheets
Writes  results/synapse/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        layout.svg,overview.svg}

A study without such sheets does not plan the rule.
"""


rule measure_synapse:
    """Judge samples and runs, and take the median of each sample's conjugates."""
    input:
        synapse=assay_rows("synapse"),
    output:
        measurements="results/synapse/measurements.parquet",
        left_out="results/synapse/left_out.tsv",
        runs="results/synapse/runs.tsv",
        samples="results/synapse/samples.tsv",
        controls="results/synapse/controls.tsv",
        layout="results/synapse/layout.svg",
        overview="results/synapse/overview.svg",
    log:
        "logs/synapse/measure_synapse.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(20),
    params:
        settings=lookup(dpath="synapse", within=config),
        code=code_of("measure_synapse"),
    script:
        "../../scripts/measure_synapse.py"
