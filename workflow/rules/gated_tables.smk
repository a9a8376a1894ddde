"""Exported tables: cells that a laboratory gated itself become measurements of the flow assay.

Reads   the tables under study.gated_tables, and the measurements of the gated files
Writes  results/flow/gated_tables/{table}.parquet, results/flow/joined.parquet, joined_left_out.tsv

A study without such tables plans neither rule.
"""


def exported_tables():
    return (config.get("study") or {}).get("gated_tables", [])


def exported_table(wildcards):
    return next(one for one in exported_tables() if one["name"] == wildcards.table)


def exported_table_file(wildcards):
    require_plan()
    return exported_table(wildcards)["path"]


def measurements_of_tables(wildcards):
    require_plan()
    return [f"results/flow/gated_tables/{one['name']}.parquet" for one in exported_tables()]


def settings_of_tables(wildcards):
    names = ("min_parent_events", "lod_events", "lloq_events", "anchors", "clone_free", "clone")
    settings = {name: config["flow"][name] for name in names}
    return settings | {"tolerance": config["flow"]["children_tolerance_pct"] / 100}


def precedence_of_tables(wildcards):
    return [[one["name"], one.get("precedence", "fcs")] for one in exported_tables()]


def patients_of_plan(wildcards):
    return [row["patient"] for row in PLAN.patients]


wildcard_constraints:
    table=r"[A-Za-z0-9.+_-]+",


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
