"""Intake: one verdict for every file that was seen, and every problem of the sheets.

Reads   the plan and the verdict of each gating job
Writes  results/intake/files.tsv, results/intake/problems.tsv
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
