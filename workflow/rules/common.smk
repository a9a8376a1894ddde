"""What every rules file uses: the plan of the study, and what a job's parameters depend on.

The main process checks the config and the sheets, looks at the files once, and writes what it
decided under the digest of its content. Jobs on a cluster parse these files again; they read that
plan, whose path reaches them in an environment variable, and never look for themselves.
"""

import os
import sys
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

CHECKOUT = Path(str(workflow.current_basedir.join("../.."))).resolve()
SCRIPTS = CHECKOUT / "scripts"
sys.path.insert(0, str(SCRIPTS))

from correlates.digest import library_digest
from correlates.flow.double_gating import plan_double_gating
from correlates.flow.gated_tables.planning import gated_table_problems
from correlates.flow.clusters.settings import (
    chosen_events,
    clustered_panels,
    clustering,
    files_of_panel,
    frozen_map_problems,
)
from correlates.flow.counts.settings import settings_of_counts
from correlates.flow.named_populations import unmade_populations
from correlates.flow.overrides import check_overrides
from correlates.flow.planning import gating_problems, goal_problems, scale_problems, tubes_needed
from correlates.assays.occupancy.settings import cells_of_flow, markers_of_flow
from correlates.intake.acquisitions import is_of_occupancy, is_of_stimulation
from correlates.intake.assay_records import read_index, write_assay_rows
from correlates.intake.clinical import read_records, write_records
from correlates.intake.config import ASSAY_SHEETS, has_study, parse_problems_to_stop, require_study
from correlates.intake.config_files import repeated_keys
from correlates.intake.redcap.tables import sheet_name
from correlates.intake.first_words import first_words
from correlates.intake.plan import make_plan, read_plan
from correlates.intake.files.snapshot import ContentCache, write_snapshot
from correlates.ending import InStudy, forget_what_is_past, last_words
from correlates.problems import StudyError
from correlates.provenance import write_run_facts


def plan_study():
    """Make the plan in the main process; read it everywhere else."""
    if not workflow.is_main_process:
        return read_plan(os.environ["CORRELATES_PLAN"])
    plan = make_plan(config, ContentCache(".snakemake/correlates/digests.json"))
    more = [*repeated_keys(workflow.configfiles), *gating_problems(plan)]
    more += gated_table_problems(config, plan)
    more += scale_problems(plan, config["flow"]["scale"]) if plan.gating else []
    more += goal_problems(plan, config["flow"]["batch_correction"]) if plan.gating else []
    more += unmade_populations(plan, config, shipped_config())
    if has_study(config) and all(problem.stops != "run" for problem in more):
        more += frozen_map_problems(config, plan)
    problems = (*plan.problems, *more)
    plan = replace(plan, problems=problems, tubes_needed=tubes_needed(plan))
    if all(problem.stops != "run" for problem in plan.problems):
        overrides, refused = check_overrides(plan)
        plan = replace(plan, overrides=overrides, problems=(*plan.problems, *refused))
        double, refused = plan_double_gating(config.get("study") or {}, plan)
        problems = (*plan.problems, *refused)
        plan = replace(
            plan,
            problems=problems,
            second_gating=double.gating,
            double_gated=double.acquisitions,
        )
    is_whole = has_study(config) and all(problem.stops != "run" for problem in plan.problems)
    records = partial(write_records, plan.records)
    os.environ["CORRELATES_CLINICAL"] = keep(records) if is_whole else ""
    assays = partial(write_assay_rows, plan.assays)
    os.environ["CORRELATES_ASSAYS"] = keep(assays) if is_whole else ""
    os.environ["CORRELATES_PLAN"] = keep(partial(write_snapshot, plan)) if is_whole else ""
    for line in (
        first_words(plan, bool({"gated_tables", *ASSAY_SHEETS[1:]} & set(config["study"])))
        if is_whole
        else ()
    ):
        logger.warning(line)
    return plan


def shipped_config():
    """The config as it is shipped, without what a study lays over it."""
    import yaml  # only the main process asks

    path = CHECKOUT / "config" / "config.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def keep(write):
    """Write what was planned, or say why the working directory cannot hold results."""
    try:
        return str(write("results/intake/plan"))
    except OSError as error:
        folder = Path("results").absolute()
        logger.error(f"{folder} cannot be written to ({error.strerror}). Run in a folder of yours.")
        raise SystemExit(1) from None


PLAN = plan_study()
PLAN_FILE = os.environ["CORRELATES_PLAN"]
CLINICAL_FILE = os.environ["CORRELATES_CLINICAL"]
# The rows of each kind of sheet of the assays.
ASSAY_FILES = read_index(os.environ["CORRELATES_ASSAYS"]) if PLAN_FILE else {}


# Handed on to the jobs of a cluster.
envvars:
    "CORRELATES_PLAN",
    "CORRELATES_CLINICAL",
    "CORRELATES_ASSAYS",


wildcard_constraints:
    acquisition=r"[A-Za-z0-9.+_-]+",
    panel=r"[A-Za-z0-9.+_-]+",


def require_plan():
    """Stop with everything that is wrong before any job is planned on a broken study."""
    try:
        require_study(config)
        parse_problems_to_stop(PLAN.problems)
    except StudyError as error:
        # An exception would be buried in Snakemake's own account of where it arose.
        logger.error(str(error))
        raise SystemExit(1) from None


def plan_file(wildcards):
    require_plan()
    return PLAN_FILE


def clinical_file(wildcards):
    require_plan()
    return CLINICAL_FILE


def assay_rows(kind):
    """An input function: the good rows of a kind of sheet; nothing if the study has none."""

    def rows(wildcards):
        require_plan()
        return [ASSAY_FILES[kind]] if kind in ASSAY_FILES else []

    return rows


def study_results(wildcards):
    require_plan()
    wanted = [rules.build_report.output.page, rules.build_lab_page.output.page]
    wanted.append(rules.score_batches.output.confounding)
    wanted.append(rules.check_integrity.output.integrity)
    wanted += rules.draw_patient_flow.output
    wanted += clusters_if_enabled()
    wanted += clinical_results()
    wanted += assay_results()
    if config["strict"]:
        wanted.append(rules.enforce_strict.output.passed)
    return wanted


def code_of(rule):
    """A parameter: digest of the library modules that a rule's script reaches."""
    # Not before it is asked for: a job of a cluster parses every rule and runs one.
    digest = cache(partial(library_digest, SCRIPTS / f"{rule}.py"))
    return lambda wildcards: digest()


def of_each(names, pattern):
    """An input function: one file of each acquisition that a function of the wildcards names."""

    def files(wildcards):
        require_plan()
        return [pattern.format(acquisition=name) for name in names(wildcards)]

    return files


def acquisitions_of_plan(wildcards):
    return PLAN.names


of_all_acquisitions = partial(of_each, acquisitions_of_plan)


def sheets_of_the_lab(wildcards):
    """The sheets that the laboratory writes; those of the clinic hold outcomes."""
    study = config["study"]
    kinds = ("samples", "panels", "references", "overrides", "beads", "mesf", *ASSAY_SHEETS)
    named = [study[kind] for kind in kinds if study.get(kind)]
    return [path for one in named for path in ([one] if isinstance(one, str) else one)]


def each_try(amount):
    """A resource: this much for the first try, and as much again for each that follows."""
    return lambda wildcards, attempt: attempt * amount


def finish_run(status):
    """Write what changes by itself, and forget what the next run must not believe."""
    if not PLAN_FILE:
        return
    results = Path("results")
    plan, clinical = Path(PLAN_FILE), Path(CLINICAL_FILE)
    write_run_facts(results / "provenance.json", status, CHECKOUT, plan, clinical)
    study = InStudy(
        PLAN.names,
        panels=list(PLAN.gating),
        tables=[one["name"] for one in exported_tables()],
        has_stimulations=bool(stimulation_acquisitions()),
        beside={"as_templated": PLAN.overridden, "again": PLAN.double_gated},
        absent=[
            *absent_clinical_results(),
            *absent_assay_results(),
            *absent_files_of_cells(),
        ],
    )
    kept = [clinical, Path(os.environ["CORRELATES_ASSAYS"]), *map(Path, ASSAY_FILES.values())]
    forget_what_is_past(results, plan, study, kept)
    for line in last_words(results) if status == "finished" else ():
        logger.info(line)
