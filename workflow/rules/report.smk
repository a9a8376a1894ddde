"""Report: one self-contained page of everything that was found, refused and left out.

Reads   the tables and figures of all floors
Writes  results/report/report.html
"""


rule build_report:
    """Put the page together; it computes no statistic."""
    input:
        plan=plan_file,
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        figures=of_all_acquisitions("results/flow/figures/{acquisition}.svg"),
        reconciliation=rules.collect_flow.output.reconciliation,
        not_detected=rules.collect_flow.output.not_detected,
        measurements=rules.build_cohort.output.measurements,
        endpoints=rules.derive_endpoints.output.endpoints,
        baselines=rules.build_cohort.output.baselines,
        exclusions=rules.build_cohort.output.exclusions,
        confounding=rules.score_batches.output.confounding,
        clinical=clinical_tables_shown,
        assays=assay_tables_shown,
        integrity=rules.check_integrity.output.integrity,
        flow_diagram=rules.draw_patient_flow.output.figure,
        fingerprints=rules.compare_fingerprints.output.figure,
        contrasts=rules.run_contrasts.output.contrasts,
        values=rules.run_contrasts.output.values,
        model=rules.fit_model.output.model,
        predictions=rules.fit_model.output.predictions,
        double_gating=only_if_gated_twice(rules.compare_gatings.output.agreement),
        overrides=only_with_overrides(rules.show_overrides.output.overrides),
        contrasts_as_templated=only_with_overrides(
            rules.run_contrasts_as_templated.output.contrasts
        ),
    output:
        page="results/report/report.html",
    log:
        "logs/report/build_report.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(3000),
        runtime=each_try(30),
    params:
        title=lookup(dpath="study/title", within=config, default=""),
        patients_sheet=patients_sheet(),
        flow=settings_of_counts(config["flow"]) | {"scale": config["flow"]["scale"]},
        clinical={"response": config["clinical"]["response"]},
        cohort=lookup(dpath="cohort", within=config),
        analyses=lookup(dpath="analyses", within=config),
        report=lookup(dpath="report", within=config),
        code=code_of("build_report"),
    script:
        "../../scripts/build_report.py"
