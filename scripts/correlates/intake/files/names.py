"""Known names, and what a wrong one may mean."""

import re
from collections.abc import Iterable

from correlates.problems import nearest


class Names:
    """Known names of one kind, which say which of them a wrong one may mean.

    Names of patients and of files tell who somebody is, and P03 is as near to P02 as any typing
    error. A wrong one is therefore taken for a known one only if capitals, separators and zeros
    before a number are all that differ.

    Parameters
    ----------
    known
        The right names.
    by_likeness
        Whether the most similar name may be meant as well, as with a panel's.
    """

    def __init__(self, known: Iterable[str], *, by_likeness: bool = False):
        self.known = set(known)
        self._by_case = {name.lower(): name for name in sorted(self.known)}
        self._by_likeness = by_likeness
        self._by_plain: dict[str, list[str]] = {}
        for name in self.known:
            self._by_plain.setdefault(_plain(name), []).append(name)

    def canonical(self, name: str) -> str | None:
        """Return the known name that differs in capitals at most, or None."""
        return name if name in self.known else self._by_case.get(name.lower())

    def near(self, name: str) -> str | None:
        """Return the known name that a wrong one may mean, or None."""
        alike = self._by_plain.get(_plain(name), [])
        if not alike and self._by_likeness:
            alike = nearest(name, sorted(self.known))
        return alike[0] if len(alike) == 1 else None

    def remedy(self, name: str, where: str) -> str:
        """Return what to do about a name that is not known ``where``."""
        near = self.near(name)
        hint = f"Did you mean {near!r}? Else add" if near else "Add"
        return f"{hint} it to {where}, or correct the name."


def _plain(name: str) -> str:
    """Return a name without capitals, separators and zeros before a number.

    Numbers that a separator divides stay divided: P1-01 is not P101.
    """
    text = ""
    for part in re.findall(r"\d+|[^\W\d_]+|[^\w\s.-]", name.lower()):
        number = part.isdigit()
        text += "-" if number and text[-1:].isdigit() else ""
        text += (part.lstrip("0") or "0") if number else part
    return text
