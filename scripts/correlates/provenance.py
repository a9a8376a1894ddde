"""Facts that change by themselves: written after a run, outside the DAG, so they rerun nothing."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from correlates.tables import write_json


def write_run_facts(path: Path, status: str, project: Path, plan: Path | None) -> None:
    """Write when, where and with which code a run ended.

    Parameters
    ----------
    path
        The JSON file to write.
    status
        ``finished`` or ``failed``.
    project
        Folder of the pipeline's checkout; its git state is recorded where it is one.
    plan
        The plan of the run; its name is its content's digest.
    """
    write_json(
        path,
        {
            "status": status,
            "ended_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": platform.node(),
            "user": os.environ.get("USER", ""),
            "python": platform.python_version(),
            "commit": _git(project, "rev-parse", "HEAD"),
            "changed_since_commit": bool(_git(project, "status", "--porcelain")),
            "plan": plan.name if plan else "",
        },
    )


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "git is not installed"
    return done.stdout.strip()
