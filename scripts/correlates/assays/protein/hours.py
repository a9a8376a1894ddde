"""Hours after lenalidomide of the blots' draws, for which the measurement table has no room."""

from collections.abc import Iterable, Mapping

HOUR_COLUMNS = ("patient", "visit", "timepoint", "specimen", "hours_post_len")
_DRAW = HOUR_COLUMNS[:4]


def hours_rows(rows: Iterable[Mapping]) -> list[dict]:
    """Return the recorded hours since the last lenalidomide dose of each draw of the sheet."""
    found: dict[tuple, float] = {}
    for row in rows:
        if row.get("patient") and row.get("hours_post_len") is not None:
            key = (*(row.get(name) for name in _DRAW[:3]), row.get("specimen") or "fresh_wb")
            found[key] = max(found.get(key, 0.0), row["hours_post_len"])
    return [
        dict(zip(HOUR_COLUMNS, (*key, hours), strict=True)) for key, hours in sorted(found.items())
    ]
