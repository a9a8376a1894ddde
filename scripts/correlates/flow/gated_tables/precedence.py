"""Which source counts where gated files and exported tables give the same measurement."""

from collections.abc import Sequence

import pandas as pd

from correlates.measurements import COLUMNS, KEY, conform

FCS, TABLE = "fcs", "table"
MISSING = "missing"


def join_sources(
    measured: pd.DataFrame, tables: Sequence[tuple[str, str, pd.DataFrame]]
) -> tuple[pd.DataFrame, list[dict]]:
    """Join the measurements of files with those of tables, one per key.

    Parameters
    ----------
    measured
        Measurements of the gated files.
    tables
        Name, precedence (``fcs``: the files go first; ``table``: the table does) and measurements
        of each table, in the order of the config, which decides between tables.

    Returns
    -------
    The measurements, and a row of what was left out for each that another goes before. A blank
    cell, which is missing, goes before nothing; what is not evaluable keeps its place, since the
    other source may only not have looked.
    """
    before = [(name, table) for name, first, table in tables if first == TABLE]
    after = [(name, table) for name, first, table in tables if first != TABLE]
    sources = [*before, ("", measured), *after]
    parts = [
        table.assign(source=name, place=place)
        for place, (name, table) in enumerate(sources)
        if len(table)
    ]
    if not parts:
        return conform(pd.DataFrame(columns=COLUMNS)), []
    rows = pd.concat(parts, ignore_index=True)
    rows["place"] += len(sources) * (rows["status"] == MISSING)
    rows = rows.sort_values("place", kind="stable")
    is_later = rows.duplicated(KEY)
    kept = rows[~is_later].set_index(KEY)["source"]
    left_out = [
        {
            "what": "measurement",
            "patient": row["patient"],
            "visit": row["visit"],
            "item": row["feature"],
            "status": "superseded",
            "reason": f"{_named(row['source'])} measured it too; "
            f"{_named(kept[tuple(row[key] for key in KEY)])} comes first",
        }
        for row in rows[is_later & (rows["status"] != MISSING)].to_dict("records")
    ]
    return conform(rows[~is_later].reset_index(drop=True)), left_out


def _named(source: str) -> str:
    return f"the exported table {source}" if source else "the FCS files"
