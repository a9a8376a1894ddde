"""What the rules of gated_tables.smk read, and with which settings."""


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
    return list(PLAN.patients)


wildcard_constraints:
    table=r"[A-Za-z0-9.+_-]+",
