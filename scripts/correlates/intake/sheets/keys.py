"""What makes rows of a sheet one and the same, and how a person would tell two of them apart."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Row(Protocol):
    """A row whose cells are asked for by column."""

    def get(self, column: str) -> Any:
        """Return what stands in a column; None where it is empty."""


def is_of_nobody(schema: Mapping, row: Row) -> bool:
    """Tell whether a row is a standard, blank or control: its schema's word ``nobody``."""
    nobody = schema.get("nobody", {})
    return any(row.get(column) in values for column, values in nobody.items())


def is_told_by_order(schema: Mapping, row: Row) -> bool:
    """Tell whether a row may stand several times: a control is measured in replicate.

    Its schema says so (``nobody_repeats``); where the column that would number it (``apart``) is
    filled, that number is to be another one each time.
    """
    if not schema.get("nobody_repeats") or row.get(schema["apart"]) is not None:
        return False
    return is_of_nobody(schema, row)


def key_words(key: Sequence[str], values: Sequence) -> tuple[str, str]:
    """Return the columns of a key that are filled, and what stands in them."""
    filled = [
        (name, str(value)) for name, value in zip(key, values, strict=True) if value is not None
    ]
    return ", ".join(name for name, _ in filled), ", ".join(value for _, value in filled)


def apart_words(schema: Mapping, row: Row) -> str:
    """Return how rows of one key are told apart that are two measurements; empty if none could."""
    column = schema.get("apart")
    if column is None or row.get(column) is not None:
        return ""
    return f" If both were measured, tell them apart in the column {column!r}."
