"""RT-qPCR: wells of plates into log2 CNRQ.

Reads   the qpcr sheets, exports and RDML files
Writes  results/qpcr/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        quantities.tsv,efficiencies.tsv,stability.tsv,layout.svg,overview.svg}

A study without such files does not plan the rule.
"""


rule measure_qpcr:
    """Judge plates, and normalise every target to all of its reference genes."""
    input:
        qpcr=assay_rows("qpcr"),
    output:
        measurements="results/qpcr/measurements.parquet",
        left_out="results/qpcr/left_out.tsv",
        runs="results/qpcr/runs.tsv",
        samples="results/qpcr/samples.tsv",
        controls="results/qpcr/controls.tsv",
        quantities="results/qpcr/quantities.tsv",
        efficiencies="results/qpcr/efficiencies.tsv",
        stability="results/qpcr/stability.tsv",
        layout="results/qpcr/layout.svg",
        overview="results/qpcr/overview.svg",
    log:
        "logs/qpcr/measure_qpcr.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(20),
    params:
        settings=lookup(dpath="qpcr", within=config),
        code=code_of("measure_qpcr"),
    script:
        "../../scripts/measure_qpcr.py"
