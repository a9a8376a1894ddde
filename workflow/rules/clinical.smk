"""Clinical data: what was recorded of the patients becomes response, flare, safety, time to event.

Reads   the clinical records of the plan, up to the data cut
Writes  results/clinical/
"""


include: "../inputs/clinical.smk"


rule grade_safety:
    """Tumor lysis, graded counts, adverse events, dose-limiting toxicity, 3+3, dose intensity."""
    input:
        clinical=clinical_file,
    output:
        tls="results/clinical/tls.tsv",
        haematology="results/clinical/haematology.tsv",
        adverse_events="results/clinical/adverse_events.tsv",
        safety_rates="results/clinical/safety_rates.tsv",
        dose_limiting="results/clinical/dose_limiting.tsv",
        dose_levels="results/clinical/dose_levels.tsv",
        dose_intensity="results/clinical/dose_intensity.tsv",
    log:
        "logs/clinical/grade_safety.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="clinical/safety", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        code=code_of("grade_safety"),
    script:
        "../../scripts/grade_safety.py"


rule judge_response:
    """Judge every assessment by the criteria, and derive each patient's response and the rates."""
    input:
        clinical=clinical_file,
    output:
        assessments="results/clinical/assessments.tsv",
        criteria="results/clinical/criteria.tsv",
        responses="results/clinical/responses.tsv",
        disagreements="results/clinical/disagreements.tsv",
        rates="results/clinical/response_rates.tsv",
    log:
        "logs/clinical/judge_response.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="clinical/response", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        code=code_of("judge_response"),
    script:
        "../../scripts/judge_response.py"
