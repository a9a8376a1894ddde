"""Pharmacokinetics: concentrations of drugs into exposure.

Reads   the pk sheets
Writes  results/pk/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        profiles.tsv,layout.svg,overview.svg}

A study without such sheets does not plan the rule.
"""


rule measure_pk:
    """Judge the runs, and analyse each profile without a compartmental model."""
    input:
        pk=assay_rows("pk"),
    output:
        measurements="results/pk/measurements.parquet",
        left_out="results/pk/left_out.tsv",
        runs="results/pk/runs.tsv",
        samples="results/pk/samples.tsv",
        controls="results/pk/controls.tsv",
        profiles="results/pk/profiles.tsv",
        layout="results/pk/layout.svg",
        overview="results/pk/overview.svg",
    log:
        "logs/pk/measure_pk.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(20),
    params:
        nca=lookup(dpath="pk/nca", within=config),
        runs=lookup(dpath="pk/runs", within=config),
        code=code_of("measure_pk"),
    script:
        "../../scripts/measure_pk.py"
