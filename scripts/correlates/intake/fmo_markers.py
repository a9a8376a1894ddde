"""FMO tubes whose marker their panel does not have, so that no gate could ever use them."""

from collections.abc import Iterator

from correlates.intake.panels import rows_of_batch
from correlates.intake.records import Plan
from correlates.intake.sheets.visits import tube_key
from correlates.problems import Problem, did_you_mean

_FMO = "fmo_"


def fmo_problems(plan: Plan) -> Iterator[Problem]:
    """Yield a warning for each FMO tube of a marker that the panels sheet does not have.

    Parameters
    ----------
    plan
        The plan with its files. A panel without rows is passed over: its gating brings its names.
    """
    for one in plan.acquisitions:
        if not one.tube_key.startswith(_FMO):
            continue
        rows = [
            row for row in rows_of_batch(plan.panels.get(one.panel, ()), one.batch) if row.marker
        ]
        tubes = {tube_key(f"{_FMO}{row.marker}"): row.marker for row in rows}
        if not tubes or one.tube_key in tubes:
            continue
        marker = one.tube.partition("_")[2]
        problem = f"panel {one.panel} has no such marker, so that no gate uses this tube"
        yield Problem(
            one.path,
            problem,
            f"{_meant(marker, rows)} Mend the name of the file, or its row in the sheet of samples "
            "or references: the tube is fmo_<marker>, as in the panels sheet, of that panel.",
            column="tube",
            value=one.tube,
            stops="nothing",
        )


def _meant(marker: str, rows) -> str:
    for row in rows:
        if tube_key(f"{_FMO}{marker}") in {tube_key(f"{_FMO}{name}") for name in row.names}:
            return f"Did you mean {row.marker!r}?"
    return did_you_mean(marker, [row.marker for row in rows])
