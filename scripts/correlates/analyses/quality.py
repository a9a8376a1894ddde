"""What the flags of a contrast's values say of their quality."""

from collections import Counter
from collections.abc import Iterable, Mapping

COLUMNS = ["flags", "n_fallback"]
_FALLBACK = "fallback_"
# said in other words already: few events are values beyond a limit
_SAID_ELSEWHERE = ("few_events", "too_few_events")
# how a day is known says nothing of a value; the table of baselines tells it
_OF_THE_DAY = "day_"


def quality_of(flags: Iterable[str]) -> dict:
    """Count the flags of values.

    Parameters
    ----------
    flags
        Flags of each value that is used, joined by semicolons; empty where it has none.

    Returns
    -------
    ``flags``, how many values carry each flag as ``flag=count;flag=count``, the commonest first,
    and ``n_fallback``, how many rest on a gate that was set by its fallback.
    """
    listed = [set(filter(None, value.split(";"))) for value in flags]
    counts = Counter(flag for value in listed for flag in value)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    is_fallback = [any(flag.startswith(_FALLBACK) for flag in value) for value in listed]
    return {
        "flags": ";".join(f"{flag}={count}" for flag, count in ordered),
        "n_fallback": sum(is_fallback),
    }


def quality_sentence(row: Mapping) -> str:
    """Return how many of a tested contrast's values carry which flag; empty where none does."""
    total = int(row["n_events"]) + int(row["n_non_events"])
    pairs = [pair.split("=") for pair in row["flags"].split(";") if pair]
    parts = []
    if row["n_fallback"]:
        codes = ", ".join(flag for flag, _ in pairs if flag.startswith(_FALLBACK))
        count = int(row["n_fallback"])
        parts.append(
            f"{count} of {total} values {'rests' if count == 1 else 'rest'} on a gate set by its "
            f"fallback ({codes})."
        )
    others = [
        f"{flag} {count}"
        for flag, count in pairs
        if not flag.startswith((_FALLBACK, _OF_THE_DAY)) and flag not in _SAID_ELSEWHERE
    ]
    if others:
        parts.append(f"Other flags of these {total} values: {', '.join(others)}.")
    return " ".join(parts)
