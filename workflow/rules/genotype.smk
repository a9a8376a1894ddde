"""Pharmacogenetics: germline genotypes as copies of declared alleles.

Reads   the genotype sheets
Writes  results/genotype/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        calls.tsv,loci.tsv,layout.svg,overview.svg}

A study without such sheets does not plan the rule.
"""


rule measure_genotype:
    """Call each patient at each declared variant, with call rates and exact equilibrium."""
    input:
        genotype=assay_rows("genotype"),
    output:
        measurements="results/genotype/measurements.parquet",
        left_out="results/genotype/left_out.tsv",
        runs="results/genotype/runs.tsv",
        samples="results/genotype/samples.tsv",
        controls="results/genotype/controls.tsv",
        calls="results/genotype/calls.tsv",
        loci="results/genotype/loci.tsv",
        layout="results/genotype/layout.svg",
        overview="results/genotype/overview.svg",
    log:
        "logs/genotype/measure_genotype.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(20),
    params:
        loci=lookup(dpath="genotype/loci", within=config),
        min_call_rate=lookup(dpath="genotype/min_call_rate", within=config),
        code=code_of("measure_genotype"),
    script:
        "../../scripts/measure_genotype.py"
