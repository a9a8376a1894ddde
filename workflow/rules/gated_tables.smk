"""Exported tables: cells that a laboratory gated itself become measurements of the flow assay.

Reads   the tables under study.gated_tables, and the measurements of the gated files
Writes  results/flow/gated_tables/{table}.parquet, results/flow/joined.parquet, joined_left_out.tsv

A study without such tables plans neither rule.
"""


include: "../inputs/gated_tables.smk"


rule read_gated_table:
    """Read one exported table by its column map."""
    input:
        table=exported_table_file,
    output:
        measurements="results/flow/gated_tables/{table}.parquet",
    log:
        "logs/flow/read_gated_table/{table}.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        table=exported_table,
        patients=patients_of_plan,
        panels=lookup(dpath="study/gating", within=config, default={}),
        specimen=lookup(dpath="study/specimen", within=config, default=""),
        settings=settings_of_tables,
        code=code_of("read_gated_table"),
    script:
        "../../scripts/read_gated_table.py"


rule join_gated_tables:
    """Decide by the declared precedence where files and tables measured the same."""
    input:
        measurements=rules.collect_flow.output.measurements,
        tables=measurements_of_tables,
    output:
        measurements="results/flow/joined.parquet",
        left_out="results/flow/joined_left_out.tsv",
    log:
        "logs/flow/join_gated_tables.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        tables=precedence_of_tables,
        code=code_of("join_gated_tables"),
    script:
        "../../scripts/join_gated_tables.py"
