"""Intake: one verdict for every file that was seen, and every problem of the sheets.

Reads   the plan and the verdict of each gating job
Writes  results/intake/{files.tsv,problems.tsv,date_order.tsv}
"""


rule list_files:
    """List every file and every row without one, with state, reason and remedy."""
    input:
        plan=plan_file,
        verdicts=of_all_acquisitions("results/flow/verdicts/{acquisition}.json"),
    output:
        files="results/intake/files.tsv",
        problems="results/intake/problems.tsv",
    log:
        "logs/intake/list_files.log",
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=each_try(500),
        runtime=each_try(10),
    params:
        code=code_of("list_files"),
    script:
        "../../scripts/list_files.py"


rule enforce_strict:
    """Fail, after all else is done, on what was refused, left out or is contradictory (strict)."""
    input:
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        integrity="results/cohort/integrity.tsv",
        page="results/report/report.html",
    output:
        passed="results/intake/strict_passed.txt",
    log:
        "logs/intake/enforce_strict.log",
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=each_try(500),
        runtime=each_try(10),
    params:
        code=code_of("enforce_strict"),
    script:
        "../../scripts/enforce_strict.py"


rule check_acquisition_dates:
    """Compare the order of acquisitions with that of the draws; no date is written."""
    input:
        plan=plan_file,
        files=rules.list_files.output.files,
    output:
        order="results/intake/date_order.tsv",
    log:
        "logs/intake/check_acquisition_dates.log",
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=each_try(500),
        runtime=each_try(10),
    params:
        tolerance_days=lookup(dpath="clinical/integrity/date_tolerance_days", within=config),
        batch_gap_days=lookup(dpath="clinical/integrity/batch_gap_days", within=config),
        code=code_of("check_acquisition_dates"),
    script:
        "../../scripts/check_acquisition_dates.py"
