"""FCS tubes of assays: rows that they add to the sheets of the flow assay."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from correlates.simulate.panel import SCATTER
from correlates.simulate.panels.specs import SPECS
from correlates.tables import read_tsv, write_tsv


def add_to_sheet(path: Path, rows: Iterable[Mapping]) -> None:
    """Add rows to a sheet that stands, with the columns that they need and it lacks."""
    rows = list(rows)
    before = read_tsv(path) if path.exists() else []
    columns = list(dict.fromkeys(name for row in (*before, *rows) for name in row))
    write_tsv(path, columns, [*before, *rows])


def add_panel(folder: Path, panel: str) -> None:
    """Add a simulated panel to ``panels.tsv``."""
    channels = [*SPECS[panel].markers.items(), *((name, "") for name in SCATTER)]
    rows = [{"panel": panel, "channel": name, "marker": marker} for name, marker in channels]
    add_to_sheet(folder / "panels.tsv", rows)
