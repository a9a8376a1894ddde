"""Rows of the samples sheet that name no file, and the files that they mean."""

from collections.abc import Iterable
from dataclasses import replace

from correlates.intake.files.identity import Identity, IdentityError, identity_of_row
from correlates.intake.sheets.sheet import SheetRow

_SHARED = ("panel", "tube", "specimen")


class RowIndex:
    """Rows of the samples sheet that name no file, found by what they say of the draw.

    Parameters
    ----------
    rows
        Rows without ``fcs``.
    """

    def __init__(self, rows: Iterable[SheetRow]):
        self._by_draw: dict[tuple, list[SheetRow]] = {}
        self.used: set[int] = set()
        for row in rows:
            self._by_draw.setdefault(_draw(identity_of_row(row)), []).append(row)

    def complete(self, identity: Identity) -> Identity:
        """Return an identity with what its row adds; unchanged if no row is meant.

        The row that agrees in most of panel, tube and specimen is meant. A field that either side
        leaves empty agrees with all.

        Raises
        ------
        IdentityError
            If two rows are equally near.
        """
        fitting = []
        for row in self._by_draw.get(_draw(identity), ()):
            pairs = [(row.get(name) or "", getattr(identity, name)) for name in _SHARED]
            if all(mine == theirs or not mine or not theirs for mine, theirs in pairs):
                fitting.append((sum(mine == theirs != "" for mine, theirs in pairs), row))
        if not fitting:
            return identity
        best = max(agreement for agreement, _ in fitting)
        rows = [row for agreement, row in fitting if agreement == best]
        if len(rows) > 1:
            numbers = ", ".join(str(row.number) for row in rows)
            reason = f"rows {numbers} of the samples sheet could all mean this file"
            raise IdentityError(
                reason, "Name its panel, tube or specimen, or its file, in the row."
            )
        self.used.add(rows[0].number)
        return _merged(identity, identity_of_row(rows[0]))


def _draw(identity: Identity) -> tuple[str, str, str]:
    return identity.patient, identity.visit, identity.timepoint


def _merged(name: Identity, row: Identity) -> Identity:
    """Return what the name says, laid over by what the row says."""
    added = {key: value for key, value in vars(row).items() if value not in ("", None)}
    return replace(name, **added)
