"""The demo through a real Slurm: a throw-away cluster of one node."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from correlates.intake.config import ASSAY_SHEETS
from correlates.simulate.assays.pk import write as write_pk
from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.draws import draw_trial
from correlates.simulate.trial import Effects
from correlates.tables import read_tsv
from study import ENVIRONMENT, ROOT, SNAKEMAKE, copy_checkout, planned_jobs
from throwaway_slurm import reason_not_here, slurm

pytestmark = [pytest.mark.slurm, pytest.mark.workflow]


@pytest.fixture
def cluster():
    """Yield the environment that reaches a cluster; skip where none can be started."""
    reason = reason_not_here()
    if reason:
        pytest.skip(f"no Slurm can be started here: {reason}")
    # Not below TMPDIR: munge's socket takes 107 characters and no blank.
    with (
        tempfile.TemporaryDirectory(prefix="slurm", dir="/tmp") as folder,
        slurm(Path(folder), cpus=os.cpu_count(), mem_mb=8000) as env,
    ):
        yield ENVIRONMENT | env


def snakemake(checkout, folder, config, env, *words):
    command = [*SNAKEMAKE, "--snakefile", checkout / "Snakefile", "--directory", folder]
    done = subprocess.run(
        [*map(str, [*command, "--configfile", config]), *words],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    return done.stdout


def test_the_demo_runs_through_slurm(cluster, tmp_path):
    """The demo's own config with one assay beside flow and little data: one node is soon done."""
    config = yaml.safe_load((ROOT / "config/demo/config.yaml").read_text())
    others = {*ASSAY_SHEETS, "rnaseq_counts"} - {"pk"}
    config["study"] = {key: one for key, one in config["study"].items() if key not in others}
    config["study"]["gating"] = {"tnk": config["study"]["gating"]["tnk"]}
    config["flow"] |= {"min_leukocytes": 1000, "subset_floor": {"min_leukocytes": 1000}}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    checkout = copy_checkout(tmp_path / "checkout")
    simulate_cohort(tmp_path / "data", n_patients=2, n_events=3000)
    patients, _, _ = draw_trial(2, Effects(), 1)
    write_pk(tmp_path / "data", patients, np.random.default_rng(1))
    dry = ("--cores", "1", "--dry-run")
    planned = planned_jobs(snakemake(checkout, tmp_path, path, ENVIRONMENT, *dry))
    profile = tmp_path / "profile"
    shutil.copytree(ROOT / "profiles" / "slurm", profile)

    said = snakemake(
        checkout,
        tmp_path,
        path,
        cluster,
        *("--workflow-profile", str(profile), "--latency-wait", "5"),
        *("--slurm-init-seconds-before-status-checks", "1"),
        *("--group-components", "gating=5", "references=5", "--seconds-between-status-checks", "1"),
    )

    files = read_tsv(tmp_path / "results/intake/files.tsv")
    assert len(files) == len(list((tmp_path / "data").glob("*/*.fcs"))) == 11
    assert (tmp_path / "results/report/report.html").exists()
    assert (tmp_path / "results/analyses/pk/answers.tsv").exists()
    # 10 files share two submissions, the control has its own, and so has each step of the cohort.
    assert planned["gate_sample"] == 11
    steps = sum(planned.values()) - planned["gate_sample"]
    assert len(set(re.findall(r"SLURM jobid (\d+)", said))) == 2 + 1 + steps
    assert "Nothing to be done" in snakemake(
        checkout, tmp_path, path, ENVIRONMENT, "--cores", "1", "--dry-run"
    )
