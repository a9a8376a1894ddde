"""Facts that change by themselves: written after a run, outside the DAG, so they rerun nothing."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from correlates.tables import write_json


def write_run_facts(
    path: Path, status: str, project: Path, plan: Path | None, clinical: Path | None = None
) -> None:
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
    clinical
        The clinical records of the run, named likewise.
    """
    write_json(
        path,
        {
            "status": status,
            "ended_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": platform.node(),
            "user": os.environ.get("USER", ""),
            "python": platform.python_version(),
            **_git_state(project),
            "plan": plan.name if plan else "",
            "clinical": clinical.name if clinical else "",
        },
    )


def _git_state(folder: Path) -> dict:
    """Return the checkout's commit and whether it was edited since; None where nobody knows."""
    try:
        return {
            "commit": _git(folder, "rev-parse", "HEAD"),
            "changed_since_commit": bool(_git(folder, "status", "--porcelain")),
        }
    except FileNotFoundError:
        reason = "git is not installed"
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip().partition("\n")[0]
    return {"commit": f"unknown: {reason}", "changed_since_commit": None}


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
