"""The spillover matrix that an FCS file carries."""

from dataclasses import dataclass

import numpy as np

from correlates.intake.fcs.findings import INFO, WARNING, Finding
from correlates.intake.fcs.keywords import finite_number, whole_number

# A matrix of shares has 1 on its diagonal, one of percentages 100.
PERCENT_FROM = 10.0
_KEYWORDS = ("$SPILLOVER", "SPILLOVER", "$SPILL", "SPILL")
_GIVE_CSV = "Give the compensation as a CSV file (`compensation` in the config) if one is needed."


@dataclass(frozen=True)
class Spillover:
    """Spillover as measured: compensation multiplies by its inverse.

    Parameters
    ----------
    channels
        Channel names, in the order of rows (fluorochromes) and columns (detectors).
    matrix
        Array (channels, channels), the diagonal mostly 1.
    """

    channels: tuple[str, ...]
    matrix: np.ndarray


def read_spillover(
    keywords: dict[str, str], names: tuple[str, ...]
) -> tuple[Spillover | None, list[Finding]]:
    """Return the file's spillover matrix, None if it has none that can be used; and what was odd.

    Parameters
    ----------
    keywords
        The file's keywords, upper-cased.
    names
        Its channel names.
    """
    present = [key for key in _KEYWORDS if keywords.get(key, "").strip()]
    if not present:
        return None, _old_compensation(keywords)
    key = present[0]
    channels, matrix = _parse(keywords[key])
    if matrix is None:
        message = f"The compensation matrix in {key} cannot be read."
        return None, [Finding("bad_spillover", message, _GIVE_CSV, WARNING)]
    channels = tuple(_by_number(name, names) for name in channels)
    unknown = [name for name in channels if name not in names]
    if unknown:
        shown = ", ".join(unknown[:5])
        message = f"The compensation matrix in {key} names channels that the file lacks: {shown}."
        return None, [Finding("bad_spillover", message, _GIVE_CSV, WARNING)]
    if len(set(channels)) < len(channels):
        message = f"The compensation matrix in {key} names a channel twice."
        return None, [Finding("bad_spillover", message, _GIVE_CSV, WARNING)]
    if np.abs(np.diag(matrix)).min() >= PERCENT_FROM:
        message = f"The compensation matrix in {key} has {matrix[0, 0]:g}, not 1, on its diagonal."
        return None, [Finding("bad_spillover", message, _GIVE_CSV, WARNING)]
    if np.linalg.matrix_rank(matrix) < len(matrix):
        message = f"The compensation matrix in {key} cannot be solved: two rows say the same."
        return None, [Finding("bad_spillover", message, _GIVE_CSV, WARNING)]
    return Spillover(channels, matrix), []


def _parse(text: str) -> tuple[tuple[str, ...], np.ndarray | None]:
    fields = text.split(",")
    count = whole_number(fields[0])
    if count is None or count < 1 or len(fields) != 1 + count + count * count:
        return (), None
    values = [finite_number(field) for field in fields[1 + count :]]
    if None in values:
        return (), None
    channels = tuple(field.strip() for field in fields[1 : 1 + count])
    return channels, np.array(values, np.float64).reshape(count, count)


def _by_number(name: str, names: tuple[str, ...]) -> str:
    """Return the channel that a name stands for; some programs write its number instead."""
    number = whole_number(name)
    if name in names or number is None or not 1 <= number <= len(names):
        return name
    return names[number - 1]


def _old_compensation(keywords: dict[str, str]) -> list[Finding]:
    crosstalk = [finite_number(value) for key, value in keywords.items() if key.startswith("$DFC")]
    if not any(crosstalk) and "$COMP" not in keywords:
        return []
    message = "Compensation is noted in an old form ($COMP or $DFC), which is not applied."
    remedy = f"Ask whether the cytometer compensated the values itself. {_GIVE_CSV}"
    return [Finding("old_compensation", message, remedy, INFO)]
