"""Cohort: measurements and clinical endpoints become one AnnData, patients by features.

Reads   the measurement table of every assay, the clinical sheets as the plan holds them
Writes  results/cohort/{measurements.parquet,endpoints.tsv,baselines.tsv,exclusions.tsv,cohort.h5ad}
"""


def measurements_of_assays(wildcards):
    """One table an assay; the flow assay's is joined with exported tables where there are any."""
    joined = rules.join_gated_tables.output.measurements
    flow = joined if exported_tables() else rules.collect_flow.output.measurements
    return [flow, *([rules.measure_ics.output.measurements] if stimulation_acquisitions() else [])]


def left_out_of_assays(wildcards):
    joined = [rules.join_gated_tables.output.left_out] if exported_tables() else []
    ics = [rules.measure_ics.output.left_out] if stimulation_acquisitions() else []
    return [rules.collect_flow.output.left_out, *joined, *ics]


rule build_cohort:
    """Choose the baselines, derive the endpoints, and join everything that a patient has."""
    input:
        plan=plan_file,
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        measurements=measurements_of_assays,
        left_out=left_out_of_assays,
    output:
        measurements="results/cohort/measurements.parquet",
        endpoints="results/cohort/endpoints.tsv",
        baselines="results/cohort/baselines.tsv",
        exclusions="results/cohort/exclusions.tsv",
        cohort="results/cohort/cohort.h5ad",
    log:
        "logs/cohort/build_cohort.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(3000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="cohort", within=config),
        code=code_of("build_cohort"),
    script:
        "../../scripts/build_cohort.py"


rule score_batches:
    """Score the batches of the baseline draws against the outcomes of their patients."""
    input:
        plan=plan_file,
        baselines=rules.build_cohort.output.baselines,
        endpoints=rules.build_cohort.output.endpoints,
    output:
        confounding="results/cohort/batch_confounding.tsv",
    log:
        "logs/cohort/score_batches.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        confounding=lookup(dpath="flow/confounding", within=config),
        code=code_of("score_batches"),
    script:
        "../../scripts/score_batches.py"
