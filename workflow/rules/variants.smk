"""Variants of BTK, PLCG2 and other genes: allele fractions and shares of the clone.

Reads   the variants sheets, the sex of the patients (BTK is on the X chromosome)
Writes  results/variants/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        variants.tsv,layout.svg,overview.svg}

A study without such sheets does not plan the rule.
"""


rule measure_variants:
    """Read every variant with its limit of detection, and what share of the clone has it."""
    input:
        variants=assay_rows("variants"),
    output:
        measurements="results/variants/measurements.parquet",
        left_out="results/variants/left_out.tsv",
        runs="results/variants/runs.tsv",
        samples="results/variants/samples.tsv",
        controls="results/variants/controls.tsv",
        variants="results/variants/variants.tsv",
        layout="results/variants/layout.svg",
        overview="results/variants/overview.svg",
    log:
        "logs/variants/measure_variants.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(20),
    params:
        settings=lookup(dpath="variants", within=config),
        sexes=sexes_of_patients,
        code=code_of("measure_variants"),
    script:
        "../../scripts/measure_variants.py"
