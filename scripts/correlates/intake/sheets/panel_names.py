"""The names in the panels sheet: each must mean one channel in each batch."""

from collections.abc import Collection, Iterator

from correlates.intake.panels import panel_row, plain_name
from correlates.intake.sheets.sheet import Sheet, SheetRow
from correlates.problems import Problem, nearest


def check_names(sheet: Sheet) -> Iterator[Problem]:
    """Yield a problem for each name that means two channels of one panel in one batch.

    Parameters
    ----------
    sheet
        The panels sheet, each row with its panel.

    Returns
    -------
    All of them stop the run: a gate could mean either channel. A row of one batch takes the place
    of a row for all, so that only rows of one batch, or for all, can contradict each other; an
    alias is compared with whatever may hold beside it.
    """
    rows = [(row, panel_row(row.values)) for row in sheet.rows if row.get("channel")]
    for number, (row, own) in enumerate(rows):
        for earlier, other in rows[:number]:
            if earlier.get("panel") != row.get("panel"):
                continue
            if own.batch == other.batch and _alike(own.marker, other.marker):
                yield _repeated_marker(sheet, row, earlier)
            elif _may_meet(own, other):
                yield from _shared_names(sheet, (row, own), (earlier, other))


def unknown_batches(sheet: Sheet | None, batches: Collection[str]) -> Iterator[Problem]:
    """Yield a warning for each row of the panels sheet whose batch no file is of.

    Parameters
    ----------
    sheet
        The panels sheet.
    batches
        Those of the files that were found.
    """
    for row in sheet.rows if sheet else ():
        batch = row.get("batch")
        if batch is None or batch in batches:
            continue
        near = nearest(batch, sorted(batches), count=3)
        known = f"Batches of the files: {', '.join(sorted(batches)[:8])}." if batches else ""
        remedy = f"Did you mean {' or '.join(map(repr, near))}?" if near else known
        problem = "no file is of this batch, so that the row is not used"
        remedy = remedy or "Name the batch of each file in the samples sheet."
        yield Problem(sheet.name, problem, remedy, row.number, "batch", batch, stops="nothing")


def _alike(one: str, other: str) -> bool:
    return bool(one) and plain_name(one) == plain_name(other)


def _may_meet(own, other) -> bool:
    """Tell whether two rows can hold in one batch."""
    if own.batch and other.batch:
        return own.batch == other.batch
    if own.batch == other.batch:
        return True
    # the row of the batch takes the other's place
    return not (_alike(own.channel, other.channel) or _alike(own.marker, other.marker))


def _repeated_marker(sheet: Sheet, row: SheetRow, earlier: SheetRow) -> Problem:
    where = f"marker of panel {row.get('panel')} also stands in row {earlier.number}"
    remedy = "Give each channel its own marker, such as CD8a and CD8b."
    marker = row.get("marker")
    return Problem(sheet.name, f"this {where}", remedy, row.number, "marker", marker)


def _shared_names(sheet: Sheet, one: tuple, earlier: tuple) -> Iterator[Problem]:
    (row, own), (first, other) = one, earlier
    if own.batch != other.batch or not _alike(own.channel, other.channel):
        taken = {plain_name(name): name for name in other.names}
        for name in own.names:
            if plain_name(name) not in taken:
                continue
            is_alias = name in own.aliases
            column = "aliases" if is_alias else "marker" if name == own.marker else "channel"
            problem = f"row {first.number} uses this name too, so that it means two channels"
            remedy = f"Leave it to {own.names[:2][-1]} or to {other.names[:2][-1]}."
            yield Problem(sheet.name, problem, remedy, row.number, column, name)
