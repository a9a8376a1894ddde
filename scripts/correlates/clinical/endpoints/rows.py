"""Columns and kinds of the endpoint table, and its rows read back."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from correlates.pages.words import is_true
from correlates.tables import read_tsv

BINARY = "binary"
ORDINAL = "ordinal"
CONTINUOUS = "continuous"
SURVIVAL = "survival"
COLUMNS = [
    *("patient", "endpoint", "kind", "value", "time", "event", "criteria_version"),
    *("evaluable", "reason", "source"),
]
_NUMBERS = ("value", "time", "event")


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of one patient.

    Parameters
    ----------
    name, kind
        Its name, and ``binary``, ``ordinal``, ``continuous`` or ``survival``.
    value
        None where it is not evaluable, and for survival.
    reason
        Why it is not, or how the value came about.
    time, event
        Days and 0 or 1, for survival.
    """

    name: str
    kind: str
    value: float | None = None
    reason: str = ""
    time: float | None = None
    event: int | None = None

    def row(self, patient: str, criteria_version: str, source: str) -> dict:
        """Return the row of the endpoint table."""
        known = self.time if self.kind == SURVIVAL else self.value
        return {
            "patient": patient,
            "endpoint": self.name,
            "kind": self.kind,
            "value": self.value,
            "time": self.time,
            "event": self.event,
            "criteria_version": criteria_version,
            "evaluable": known is not None,
            "reason": self.reason,
            "source": source,
        }


def read_endpoints(path: str | Path) -> pd.DataFrame:
    """Read the endpoint table.

    Returns
    -------
    Its columns; ``value``, ``time`` and ``event`` as numbers (NaN where there is none),
    ``evaluable`` as truth values, everything else as text.
    """
    return endpoint_frame(read_tsv(path))


def endpoint_frame(rows: list[dict]) -> pd.DataFrame:
    """Return rows of the endpoint table as `read_endpoints` does, whether written or just made."""
    # Not by pandas, which would read a patient called NA as none.
    table = pd.DataFrame(
        [{name: row.get(name) for name in COLUMNS} for row in rows], columns=COLUMNS
    )
    for name in _NUMBERS:
        table[name] = pd.to_numeric(table[name].replace("", None).astype(object)).astype(float)
    table["evaluable"] = [value is True or is_true(value) for value in table["evaluable"]]
    return table.astype({"evaluable": bool})
