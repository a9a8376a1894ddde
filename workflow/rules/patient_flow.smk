"""Patient flow: how many patients reach each step of the trial, and of every marker.

Reads   the files, the cohort, the endpoints, and what the analyses really used
Writes  results/cohort/{patient_flow.tsv,patient_flow.svg}
"""


rule draw_patient_flow:
    """Count who is left at each step and why others fell out, from enrolment to each analysis."""
    input:
        plan=plan_file,
        clinical=clinical_file,
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        populations=of_all_acquisitions("results/flow/populations/{acquisition}.tsv"),
        measurements=rules.build_cohort.output.measurements,
        cohort=rules.build_cohort.output.cohort,
        endpoints=rules.derive_endpoints.output.endpoints,
        contrasts=rules.run_contrasts.output.contrasts,
        values=rules.run_contrasts.output.values,
        model=rules.fit_model.output.model,
        predictions=rules.fit_model.output.predictions,
    output:
        table="results/cohort/patient_flow.tsv",
        figure="results/cohort/patient_flow.svg",
    log:
        "logs/cohort/draw_patient_flow.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(3000),
        runtime=each_try(30),
    params:
        visits=lookup(dpath="clinical/visits", within=config),
        b0_max_days_before=lookup(dpath="cohort/b0_max_days_before", within=config),
        b1_max_days_before=lookup(dpath="cohort/b1_max_days_before", within=config),
        code=code_of("draw_patient_flow"),
    script:
        "../../scripts/draw_patient_flow.py"
