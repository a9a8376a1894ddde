"""Known names, and what a wrong one may mean."""

from collections.abc import Iterable

from correlates.problems import nearest

# names compared in all; a comparison takes some 20 microseconds
_COMPARISONS = 40_000


class Names:
    """Known names of one kind, which say which of them a wrong one may mean.

    Likeness is costly, so it is looked for in the first few wrong names only; capitals and lost
    zeros are recognised in all.

    Parameters
    ----------
    known
        The right names.
    """

    def __init__(self, known: Iterable[str]):
        self.known = set(known)
        self._by_plain = {name.lower().lstrip("0"): name for name in sorted(self.known)}
        self._by_case = {name.lower(): name for name in sorted(self.known)}
        self._compared = 0
        self._near: dict[str, str | None] = {}

    def canonical(self, name: str) -> str | None:
        """Return the known name that differs in capitals at most, or None."""
        return name if name in self.known else self._by_case.get(name.lower())

    def near(self, name: str) -> str | None:
        """Return the known name that a wrong one may mean, or None."""
        if name not in self._near:
            near = self._by_plain.get(name.lower().lstrip("0"))
            if near is None and self._compared < _COMPARISONS:
                self._compared += len(self.known)
                near = next(iter(nearest(name, list(self.known))), None)
            self._near[name] = near
        return self._near[name]

    def remedy(self, name: str, where: str) -> str:
        """Return what to do about a name that is not known ``where``."""
        near = self.near(name)
        hint = f"Did you mean {near!r}? Else add" if near else "Add"
        return f"{hint} it to {where}, or correct the name."
