"""A checkout and a study in folders of their own, and Snakemake on them as a user runs it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
# What a checkout consists of, as far as a run needs it.
CHECKOUT = ("Snakefile", "workflow", "scripts", "config", "resources", "envs", "profiles")
# As a module: the script beside the interpreter names the folder that it was installed in.
SNAKEMAKE = (sys.executable, "-m", "snakemake")
# A lab's own profile would send the tests' jobs to its cluster.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "SNAKEMAKE_PROFILE"}
SMALL_FLOORS = {
    "min_parent_events": 50,
    "lod_events": 5,
    "lloq_events": 10,
    "min_leukocytes": 1000,
    "subset_floor": {"min_leukocytes": 1000},
}


def copy_checkout(target: Path) -> Path:
    """Copy the project, so that a test may edit its library."""
    target.mkdir(parents=True)
    for name in CHECKOUT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, target / name, ignore=shutil.ignore_patterns("__pycache__", ".snakemake")
            )
        else:
            shutil.copy(source, target / name)
    return target


@dataclass
class Study:
    """A study's folder, its config, and the checkout that runs it."""

    checkout: Path
    folder: Path

    @property
    def config_path(self) -> Path:
        return self.folder / "config.yaml"

    def read_config(self) -> dict:
        return yaml.safe_load(self.config_path.read_text())

    def write_config(self, config: dict) -> None:
        self.config_path.write_text(yaml.safe_dump(config, allow_unicode=True))

    def command(self, *words: str) -> list[str]:
        return [
            *SNAKEMAKE,
            *("--snakefile", str(self.checkout / "Snakefile")),
            *("--directory", str(self.folder), "--configfile", str(self.config_path)),
            *words,
        ]

    def run(self, *words: str, env: dict | None = None) -> subprocess.CompletedProcess:
        """Run Snakemake in a process of its own; its output and errors are one text."""
        return subprocess.run(
            self.command("--cores", "2", *words),
            cwd=self.folder,
            env=ENVIRONMENT | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def run_well(self, *words: str, env: dict | None = None) -> str:
        """Run Snakemake and return what it said; fail with it unless it ended with 0."""
        done = self.run(*words, env=env)
        assert done.returncode == 0, done.stdout[-8000:]
        return done.stdout

    def planned(self, *words: str) -> dict[str, int]:
        """Count the jobs that a run would do now, by rule; nothing is run."""
        return planned_jobs(self.run_well("--dry-run", *words))

    def result(self, path: str) -> Path:
        return self.folder / "results" / path


def planned_jobs(said: str) -> dict[str, int]:
    """Read Snakemake's table of job counts; without the targets, which do nothing."""
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", said, flags=re.M | re.S)
    if table is None:
        assert "Nothing to be done" in said, said
        return {}
    rows = (line.split() for line in table[1].splitlines() if line.strip())
    return {rule: int(count) for rule, count in rows if rule not in ("all", "default", "lab_page")}
