"""Clinical data: what was recorded of the patients becomes response, flare, safety, time to event.

Reads   the clinical records of the plan, up to the data cut
Writes  results/clinical/
"""


include: "../inputs/clinical.smk"


rule tabulate_dosing:
    """Put what each patient took into one table: doses, holds, rises."""
    input:
        clinical=clinical_file,
    output:
        dosing="results/clinical/dosing.tsv",
    log:
        "logs/clinical/tabulate_dosing.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(500),
        runtime=each_try(10),
    params:
        hold_days=lookup(dpath="clinical/visits/hold_days", within=config),
        code=code_of("tabulate_dosing"),
    script:
        "../../scripts/tabulate_dosing.py"


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
        survival={
            name: value
            for name, value in config["clinical"]["survival"].items()
            if name != "landmarks"
        },
        confidence=lookup(dpath="analyses/confidence", within=config),
        code=code_of("judge_response"),
    script:
        "../../scripts/judge_response.py"


rule derive_endpoints:
    """Derive response, flare and times to events: one endpoint table for all that follows."""
    input:
        clinical=clinical_file,
    output:
        endpoints="results/clinical/endpoints.tsv",
        flares="results/clinical/flares.tsv",
        flare_events="results/clinical/flare_events.tsv",
        flare_rates="results/clinical/flare_rates.tsv",
        follow_up="results/clinical/follow_up.tsv",
        landmarks="results/clinical/landmarks.tsv",
    log:
        "logs/clinical/derive_endpoints.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings={
            "response": config["clinical"]["response"],
            "flare": config["clinical"]["flare"],
            "survival": config["clinical"]["survival"],
        },
        confidence=lookup(dpath="analyses/confidence", within=config),
        code=code_of("derive_endpoints"),
    script:
        "../../scripts/derive_endpoints.py"


rule export_redcap:
    """Write derived results as a REDCap import file, with the dictionary of its instrument."""
    input:
        tables=tables_for_redcap,
        files=redcap_files,
    output:
        records="results/clinical/redcap_import.csv",
        dictionary="results/clinical/redcap_dictionary.csv",
    log:
        "logs/clinical/export_redcap.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(500),
        runtime=each_try(10),
    params:
        project=redcap_project(),
        results=lookup(dpath="study/redcap/results", within=config, default={}),
        code=code_of("export_redcap"),
    script:
        "../../scripts/export_redcap.py"


rule trace_courses:
    """Put what happened to each patient into one table, as the report draws it."""
    input:
        clinical=clinical_file,
        responses=rules.judge_response.output.responses,
    output:
        courses="results/clinical/courses.tsv",
    log:
        "logs/clinical/trace_courses.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(500),
        runtime=each_try(10),
    params:
        hold_days=lookup(dpath="clinical/visits/hold_days", within=config),
        code=code_of("trace_courses"),
    script:
        "../../scripts/trace_courses.py"
