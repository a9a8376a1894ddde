"""The set-up: what it says where it cannot work, and which tools it takes."""

import shutil
import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).resolve().parent.parent / "envs" / "install.sh"
NEEDED = ("dirname", "rm", "touch", "sh", "cat", "mkdir", "cp", "chmod")


@pytest.fixture
def bare(tmp_path):
    """Return a PATH with neither Python nor uv on it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(shutil.which(name))
    return folder


def command(folder, name, body):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def install(bare, venv):
    return subprocess.run(
        ["sh", INSTALL, venv],
        env={"PATH": str(bare), "HOME": str(bare)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(None, id="no Python at all"),
        pytest.param("exit 1", id="a Python of another version"),
    ],
)
def test_without_python_3_11_one_line_says_what_to_do(bare, tmp_path, version):
    if version:
        command(bare, "python3", version)

    done = install(bare, tmp_path / "venv")

    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "neither uv nor Python 3.11" in done.stderr
    assert "apt-get install" in done.stderr


def test_a_python_that_makes_no_environment_says_what_is_missing(bare, tmp_path):
    command(bare, "python3.11", 'case "$1" in -c) exit 0;; *) exit 1;; esac')

    done = install(bare, tmp_path / "venv")

    assert done.returncode != 0
    assert "python3.11-venv" in done.stderr


def test_uv_on_the_path_is_used_and_every_file_checked_against_its_hash(bare, tmp_path):
    """A stand-in for uv records how it is called; nothing is downloaded."""
    called = tmp_path / "called"
    command(bare, "uv", f'mkdir -p "{tmp_path}/venv"; echo "$@" >> "{called}"')

    done = install(bare, tmp_path / "venv")

    assert done.returncode == 0, done.stderr
    make, fill = called.read_text().splitlines()
    assert make.startswith("venv")
    assert "--python 3.11" in make
    assert "--require-hashes" in fill
    assert "--compile-bytecode" in fill
    assert "requirements.lock" in fill
    assert (tmp_path / "venv" / ".installed").exists()


def test_the_old_environment_is_removed_before_uv_is_looked_for(bare, tmp_path):
    """A uv inside it would be the one found, and would delete itself."""
    old = tmp_path / "venv"
    old.mkdir()
    command(old, "uv", "exit 0")

    done = subprocess.run(
        ["sh", INSTALL, old],
        env={"PATH": f"{old}:{bare}", "HOME": str(bare)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "neither uv nor Python 3.11" in done.stderr
