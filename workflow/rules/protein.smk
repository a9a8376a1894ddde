"""Proteins: intracellular stains against their FMO tubes, and western blots.

Reads   the flow assay's measurements, and the rows of the sheets `western`
Writes  results/protein/{measurements.parquet,left_out,lanes,blots,hours,runs,samples,controls,...}

A study with neither western sheets nor a panel with one of these proteins does not plan the rule.
"""


include: "../inputs/protein.smk"


rule measure_protein:
    """Read each protein of each lineage above its background, and each blot against its control."""
    input:
        flow=flow_if_protein_is_stained,
        isotypes=isotypes_if_declared,
        plan=plan_if_declared,
        western=assay_rows("western"),
    output:
        measurements="results/protein/measurements.parquet",
        left_out="results/protein/left_out.tsv",
        runs="results/protein/runs.tsv",
        samples="results/protein/samples.tsv",
        controls="results/protein/controls.tsv",
        layout="results/protein/layout.svg",
        overview="results/protein/overview.svg",
        lanes="results/protein/lanes.tsv",
        blots="results/protein/blots.tsv",
        hours="results/protein/hours.tsv",
    log:
        "logs/protein/measure_protein.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings={name: config["protein"][name] for name in ("markers", "intracellular", "western")},
        code=code_of("measure_protein"),
    script:
        "../../scripts/measure_protein.py"
