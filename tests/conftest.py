"""What several tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real input; the tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data")
    # Runs of the pipeline have a working directory of their own.
    folder = folder.expanduser().resolve()
    for needed in ("awkward", "coereba", "gate_ref", "omip021"):
        if not os.access(folder / "fcs" / needed, os.R_OK | os.X_OK):
            pytest.skip(f"no real input at {folder}/fcs/{needed}; set REAL_DATA to its folder")
    return folder
