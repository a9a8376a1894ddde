"""What several tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real input; the tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "fcs").is_dir():
        pytest.skip(f"no real input at {folder}; set REAL_DATA to the folder that holds fcs/")
    return folder
