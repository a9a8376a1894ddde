"""Analyses: pre-specified contrasts, and a fixed-penalty model where the cohort permits one.

Reads   results/cohort/cohort.h5ad
Writes  results/analyses/{contrasts.tsv,contrast_values.tsv,model.json,predictions.tsv}
"""


rule run_contrasts:
    """Test each pre-specified contrast, exactly, or say in a sentence why it is refused."""
    input:
        cohort=rules.build_cohort.output.cohort,
    output:
        contrasts="results/analyses/contrasts.tsv",
        values="results/analyses/contrast_values.tsv",
    log:
        "logs/analyses/run_contrasts.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        contrasts=lookup(dpath="analyses/contrasts", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("run_contrasts"),
    script:
        "../../scripts/run_contrasts.py"


rule fit_model:
    """Fit and validate one ridge model an endpoint, or say in a sentence why it is refused."""
    input:
        cohort=rules.build_cohort.output.cohort,
    output:
        model="results/analyses/model.json",
        predictions="results/analyses/predictions.tsv",
    log:
        "logs/analyses/fit_model.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(60),
    params:
        model=lookup(dpath="analyses/model", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("fit_model"),
    script:
        "../../scripts/fit_model.py"
