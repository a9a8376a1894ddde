"""What every rules file uses: the plan of the study, and what a job's parameters depend on.

The main process checks the config and the sheets, looks at the files once, and writes what it
decided under the digest of its content. Jobs on a cluster parse these files again; they read that
plan, whose path reaches them in an environment variable, and never look for themselves.
"""

import os
import sys
from dataclasses import replace
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
    without_clusters,
)
from correlates.flow.overrides import check_overrides
from correlates.flow.planning import gating_problems, scale_problems, tubes_needed
from correlates.intake.config import has_study, parse_problems_to_stop, require_study
from correlates.intake.config_files import repeated_keys
from correlates.intake.records import is_of_stimulation
from correlates.intake.plan import first_words, make_plan, read_plan
from correlates.intake.files.snapshot import ContentCache, write_snapshot
from correlates.ending import forget_what_is_past, last_words
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
    if has_study(config) and not more:
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
    os.environ["CORRELATES_PLAN"] = keep_plan(plan) if is_whole else ""
    for line in first_words(plan) if is_whole else ():
        logger.warning(line)
    return plan


def keep_plan(plan):
    """Write the plan, or say why the working directory cannot hold results."""
    try:
        return str(write_snapshot(plan, "results/intake/plan"))
    except OSError as error:
        folder = Path("results").absolute()
        logger.error(f"{folder} cannot be written to ({error.strerror}). Run in a folder of yours.")
        raise SystemExit(1) from None


PLAN = plan_study()
PLAN_FILE = os.environ["CORRELATES_PLAN"]


# Handed on to the jobs of a cluster.
envvars:
    "CORRELATES_PLAN",


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


def study_results(wildcards):
    require_plan()
    wanted = [rules.build_report.output.page, rules.build_lab_page.output.page]
    wanted.append(rules.score_batches.output.confounding)
    wanted += clusters_if_enabled()
    if config["strict"]:
        wanted.append(rules.enforce_strict.output.passed)
    return wanted


def code_of(rule):
    """Digest of the library modules that a rule's script reaches."""
    return library_digest(SCRIPTS / f"{rule}.py")


def of_all_acquisitions(pattern):
    """An input function: one file of each acquisition of the plan, in its order."""

    def files(wildcards):
        require_plan()
        return [pattern.format(acquisition=name) for name in PLAN.names]

    return files


def of_overridden(pattern):
    """An input function: one file of each acquisition in which a person set a threshold."""

    def files(wildcards):
        require_plan()
        return [pattern.format(acquisition=name) for name in PLAN.overridden]

    return files


def only_with_overrides(path):
    """An input function: a file that there is only where a person set a threshold."""
    return lambda wildcards: [path] if PLAN.overridden else []


def of_calibration_tubes(pattern):
    """An input function: one file of each tube of calibration beads."""

    def files(wildcards):
        require_plan()
        return [pattern.format(acquisition=one.acquisition) for one in PLAN.calibration_tubes]

    return files


def intensities_beside_fmo(wildcards):
    """The intensities of every file of the panels that any FMO tube is of."""
    require_plan()
    return [f"results/flow/intensities/{name}.tsv" for name in PLAN.in_panels_with_fmo]


def only_if_gated_twice(path):
    """An input function: a file that there is only where a second gating covers a file."""
    return lambda wildcards: [path] if PLAN.double_gated else []


def gating_of(wildcards):
    """The template itself, or what was read once from a GatingML file or a workspace."""
    require_plan()
    gating = PLAN.gating_of(wildcards.acquisition)
    if gating.endswith(".csv"):
        return gating
    return f"results/flow/strategies/{PLAN[wildcards.acquisition].panel}.json"


def gating_of_panel(wildcards):
    require_plan()
    return PLAN.gating[wildcards.panel]


def compensation_of(wildcards):
    """The panel's own matrix, where it has one; otherwise nothing but the FCS file is read."""
    compensation = PLAN.compensation_of(wildcards.acquisition)
    return [] if compensation in ("file", "none") else compensation


def compensation_mode_of(wildcards):
    return PLAN.compensation_of(wildcards.acquisition)


def of_threshold_tubes(pattern):
    """An input function: one file of each reference tube whose thresholds a tube can use."""

    def files(wildcards):
        require_plan()
        tubes = PLAN.threshold_tubes_of(wildcards.acquisition)
        return [pattern.format(acquisition=one.acquisition) for one in tubes]

    return files


def threshold_tubes_of(wildcards):
    """What a job must know of those tubes, in the order of the files."""
    own = PLAN[wildcards.acquisition].sample
    return [
        {"acquisition": one.acquisition, "tube": one.tube, "is_own": one.sample == own}
        for one in PLAN.threshold_tubes_of(wildcards.acquisition)
    ]


def group_of(wildcards):
    """Which jobs share a submission; those that others wait for would tie a whole batch into one."""
    return "references" if PLAN[wildcards.acquisition].is_reference else "gating"


def tube_of(wildcards):
    return PLAN[wildcards.acquisition].tube


def controls_of_plan(wildcards):
    """Bridging controls, of all batches and panels."""
    require_plan()
    return [one.acquisition for one in PLAN.acquisitions if one.is_bridging_control]


def of_controls(pattern):
    """An input function: one file of each bridging control."""

    def files(wildcards):
        return [pattern.format(acquisition=name) for name in controls_of_plan(wildcards)]

    return files


def calibration_beads_of_plan(wildcards):
    """Beads that the cytometer is watched with, of all batches and panels."""
    require_plan()
    return [one.acquisition for one in PLAN.acquisitions if one.is_calibration_beads]


def quantiles_of_beads(wildcards):
    names = calibration_beads_of_plan(wildcards)
    return [f"results/flow/quantiles/{name}.tsv" for name in names]


def quantiles_of(wildcards):
    """Which population's quantiles a job writes: a control's leukocytes, all events of beads."""
    one = PLAN[wildcards.acquisition]
    if one.is_calibration_beads:
        return "root"
    return config["flow"]["anchors"]["leukocytes"] if one.is_bridging_control else ""


def path_of(wildcards):
    return PLAN[wildcards.acquisition].path


def content_of(wildcards):
    return PLAN[wildcards.acquisition].sha256


def overrides_of(wildcards):
    return PLAN.overrides_of(wildcards.acquisition)


def markers_of(wildcards):
    return PLAN.markers_of(wildcards.acquisition)


def aliases_of(wildcards):
    return PLAN.aliases_of(wildcards.acquisition)


def acquisitions_of_plan(wildcards):
    return PLAN.names


def sheets_of_the_lab(wildcards):
    """The sheets that the laboratory writes; those of the clinic hold outcomes."""
    study = config["study"]
    kinds = ("samples", "panels", "references", "overrides", "beads", "mesf")
    return [study[kind] for kind in kinds if study.get(kind)]


def each_try(amount):
    """A resource: this much for the first try, and as much again for each that follows."""
    return lambda wildcards, attempt: attempt * amount


def memory_of(wildcards, attempt):
    """Snakemake's own 250 MB on a node, numpy, and six times the file (integers grow most)."""
    path = Path(PLAN[wildcards.acquisition].path)
    size = path.stat().st_size if path.exists() else 0
    return attempt * (500 + 6 * size // 10**6)


def strategies_of_workspaces(wildcards):
    require_plan()
    return [
        f"results/flow/strategies/{panel}.json"
        for panel, gating in PLAN.gating.items()
        if gating.endswith(".wsp")
    ]


def templates_of_plan(wildcards):
    """The templates, which tell what is gated below a gate, or by its threshold."""
    require_plan()
    return sorted({gating for gating in PLAN.gating.values() if gating.endswith(".csv")})


def finish_run(status):
    """Write what changes by itself, and forget what the next run must not believe."""
    if not PLAN_FILE:
        return
    results = Path("results")
    write_run_facts(results / "provenance.json", status, CHECKOUT, Path(PLAN_FILE))
    beside = {"as_templated": PLAN.overridden, "again": PLAN.double_gated}
    forget_what_is_past(results, Path(PLAN_FILE), PLAN.names, beside)
    for line in last_words(results) if status == "finished" else ():
        logger.info(line)
