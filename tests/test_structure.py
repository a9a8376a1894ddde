"""The shape of the project itself: floors, locks, and what a job may import."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from correlates.digest import reached_modules

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "scripts" / "correlates"
FLOORS = ["intake", "flow", "cohort", "analyses", "report"]
# Beside the floors: what may be imported there, besides the ground and itself. Neither the assays
# nor the laboratory's page may know an outcome.
BESIDE = {"lab": ["intake", "flow"], "clinical": ["intake"], "assays": ["intake"]}
# Importable from every floor: they know nothing of any of them.
GROUND = {
    *("problems", "tables", "digest", "job", "provenance", "ending", "measurements", "pages"),
    *("intervals", "check_rows"),
}
MODULES = sorted(LIBRARY.rglob("*.py"))
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
SCRIPT_FLOORS = {
    "simulate_cohort": "simulate",
    "list_files": "intake",
    "enforce_strict": "intake",
    "check_acquisition_dates": "intake",
    "read_strategies": "flow",
    "gate_sample": "flow",
    "find_placements": "flow",
    "chart_controls": "flow",
    "correct_batches": "flow",
    "collect_flow": "flow",
    "measure_ics": "flow",
    "collect_probe_tubes": "flow",
    "measure_occupancy": "assays",
    "compare_intensities": "flow",
    "find_bead_peaks": "flow",
    "fit_calibration": "flow",
    "read_gated_table": "flow",
    "join_gated_tables": "flow",
    "show_overrides": "flow",
    "write_workspace": "flow",
    "build_event_atlas": "flow",
    "project_events": "flow",
    "compare_gatings": "flow",
    "measure_rnaseq": "assays",
    "measure_protein": "assays",
    "tabulate_dosing": "clinical",
    "grade_safety": "clinical",
    "judge_response": "clinical",
    "derive_endpoints": "clinical",
    "export_redcap": "clinical",
    "trace_courses": "clinical",
    "measure_pk": "assays",
    "measure_variants": "assays",
    "measure_genotype": "assays",
    "measure_qpcr": "assays",
    "measure_soluble": "assays",
    "measure_cells": "assays",
    "measure_scrna": "assays",
    "build_cohort": "cohort",
    "check_integrity": "cohort",
    "draw_patient_flow": "cohort",
    "compare_fingerprints": "cohort",
    "score_batches": "cohort",
    "run_contrasts": "analyses",
    "fit_model": "analyses",
    "compare_expression": "analyses",
    "compare_transcripts": "analyses",
    "compare_occupancy": "analyses",
    "compare_synapses": "analyses",
    "compare_soluble": "analyses",
    "measure_synapse": "assays",
    "follow_degradation": "analyses",
    "compare_messengers": "analyses",
    "compare_exposure": "analyses",
    "associate_genotypes": "analyses",
    "build_report": "report",
    "build_lab_page": "lab",
}
LOCKS = sorted((ROOT / "envs").glob("*.lock"))


def imported(path):
    """Names of the library's modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("correlates."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("correlates"):
            if node.module == "correlates":
                yield from (f"correlates.{a.name}" for a in node.names)
            else:
                yield node.module


def below_of(place):
    """Return the packages that one may import: itself, and what stands on the floors below."""
    if place not in FLOORS:
        return [place, *BESIDE.get(place, [])]
    below = FLOORS[: FLOORS.index(place) + 1]
    # The clinic's records, and the other assays, stand beside flow.
    return [*below, "clinical", "assays"] if "cohort" in below else below


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_a_floor_imports_only_from_floors_below(path):
    place = path.relative_to(LIBRARY).parts[0]
    below = below_of(place)
    allowed = GROUND | set(below)

    for name in imported(path):
        assert name.split(".")[1] in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_imports_only_from_its_floor_and_those_below(path):
    floors = {name.split(".")[1] for name in imported(path)} - GROUND

    place = SCRIPT_FLOORS[path.stem]
    below = below_of(place)
    assert place in floors
    assert floors <= set(below)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_are_plain_statements(path):
    """A dynamic or relative import would escape the digest that decides what runs again."""
    tree = ast.parse(path.read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]

    assert not names & {"__import__", "importlib", "exec", "eval"}
    assert not relative


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_hashes_and_no_address(lock):
    text = lock.read_text()
    pinned = re.findall(r"^[A-Za-z0-9._-]+==", text, flags=re.M)
    blocks = re.split(r"^(?=[A-Za-z0-9._-]+==)", text, flags=re.M)[1:]

    assert "://" not in text
    assert len(pinned) == len(blocks) > 0
    assert all("--hash=sha256:" in block for block in blocks)


def test_every_declared_package_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in declared}
    locked = set(
        re.findall(r"^([a-z0-9._-]+)==", (ROOT / "envs/requirements.lock").read_text(), re.M)
    )

    assert names <= locked


def test_the_library_imports_with_nothing_installed():
    """At parse time Snakemake imports these in every cluster job."""
    code = (
        "import sys; sys.path.insert(0, 'scripts');"
        "import correlates.problems, correlates.tables, correlates.digest, correlates.job;"
        "import correlates.flow.gating.gates"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, check=True)


def packages_of(path):
    """Names of the packages of others that a file imports anywhere in it, as they are installed."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    # Snakemake itself is imported for the checker of types alone.
    others = names - set(sys.stdlib_module_names) - {"correlates", "snakemake"}
    installed = {"sklearn": "scikit-learn", "faiss": "faiss-cpu"}
    return {installed.get(name, name) for name in others}


def rules_of_scripts():
    """Return the script and the environment of each rule that has one."""
    text = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    rules = re.split(r"^(?=rule |use rule )", text, flags=re.M)
    found = [re.search(r"envs/(\w+)\.yaml.*scripts/(\w+)\.py", rule, re.S) for rule in rules]
    return sorted((match[2], match[1]) for match in found if match)


@pytest.mark.parametrize(("script", "environment"), rules_of_scripts())
def test_a_rule_s_environment_holds_what_its_script_imports(script, environment):
    path = ROOT / "scripts" / f"{script}.py"
    files = {path, *(path_of_module(name) for name in reached_modules(path))}
    wanted = set().union(*map(packages_of, files))
    held = re.findall(r"- ([a-z0-9._-]+)==", (ROOT / "envs" / f"{environment}.yaml").read_text())

    assert wanted <= set(held)


def path_of_module(name):
    path = LIBRARY.parent.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_every_script_of_a_rule_is_looked_at():
    assert {script for script, _ in rules_of_scripts()} == {path.stem for path in SCRIPTS}


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.name)
def test_a_conda_environment_pins_what_the_lock_pins(path):
    pins = re.findall(r"^ +- ([a-z0-9._-]+)==(\S+)$", path.read_text(), flags=re.M)
    locked = (ROOT / "envs/requirements.lock").read_text()

    assert pins
    for name, version in pins:
        assert re.search(rf"^{re.escape(name)}=={re.escape(version)}(?=[ \\])", locked, flags=re.M)
