"""Cohort: measurements and clinical endpoints become one AnnData, patients by features.

Reads   the measurement table of every assay, the endpoint table, the patients sheet
Writes  results/cohort/{measurements.parquet,baselines.tsv,exclusions.tsv,draws.tsv,
        changes.tsv,covariates.tsv,cohort.h5ad,integrity.tsv,fingerprints.tsv,fingerprints.svg,swap_alarm.tsv}
"""


include: "../inputs/cohort.smk"


rule build_cohort:
    """Choose the baselines, and join everything that a patient has."""
    input:
        clinical=clinical_file,
        endpoints=rules.derive_endpoints.output.endpoints,
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        measurements=measurements_of_assays,
        left_out=left_out_of_assays,
    output:
        measurements="results/cohort/measurements.parquet",
        baselines="results/cohort/baselines.tsv",
        exclusions="results/cohort/exclusions.tsv",
        draws="results/cohort/draws.tsv",
        changes="results/cohort/changes.tsv",
        covariates="results/cohort/covariates.tsv",
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
        visits=lookup(dpath="clinical/visits", within=config),
        dose_plan={
            name: config["clinical"]["safety"][name]
            for name in ("ibrutinib_mg", "cycle_days", "min_delay_days")
        },
        flare_window_days=lookup(dpath="clinical/flare/window_days", within=config),
        code=code_of("build_cohort"),
    script:
        "../../scripts/build_cohort.py"


rule score_batches:
    """Score the batches of the baseline draws against the outcomes of their patients."""
    input:
        plan=plan_file,
        baselines=rules.build_cohort.output.baselines,
        endpoints=rules.derive_endpoints.output.endpoints,
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


rule compare_fingerprints:
    """Hold each draw against its patient's other draws, and against everybody else's."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
    output:
        scores="results/cohort/fingerprints.tsv",
        findings="results/cohort/swap_alarm.tsv",
        figure="results/cohort/fingerprints.svg",
    log:
        "logs/cohort/compare_fingerprints.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=settings_of_swaps(),
        code=code_of("compare_fingerprints"),
    script:
        "../../scripts/compare_fingerprints.py"


rule check_integrity:
    """Hold the records of clinic and laboratory against each other, and list every contradiction."""
    input:
        plan=plan_file,
        clinical=clinical_file,
        assays=rows_of_assays,
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        responses=responses_if_assessed,
        measurements=rules.build_cohort.output.measurements,
        # what other rules found, in the same columns
        findings=[
            rules.compare_fingerprints.output.findings,
            rules.check_acquisition_dates.output.order,
        ],
    output:
        integrity="results/cohort/integrity.tsv",
    log:
        "logs/cohort/check_integrity.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=settings_of_checks(),
        visits=lookup(dpath="clinical/visits", within=config),
        b1_max_days_before=lookup(dpath="cohort/b1_max_days_before", within=config),
        dose_levels_mg=lookup(dpath="clinical/safety/dose_levels_mg", within=config),
        assessment_window_days=lookup(
            dpath="clinical/survival/assessment_window_days", within=config
        ),
        assessment_visits=lookup(dpath="clinical/survival/assessment_visits", within=config),
        then_every_cycles=lookup(dpath="clinical/survival/then_every_cycles", within=config),
        node_mm=lookup(dpath="clinical/response/limits/node_mm", within=config),
        code=code_of("check_integrity"),
    script:
        "../../scripts/check_integrity.py"
