"""Two gatings of the same files: agreement, bias, and what has no pair, by population."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.flow.counts.agreement import MIN_FILES, absolute_agreement
from correlates.flow.gating.gates import ROOT

COLUMNS = (
    *("panel", "population", "population_again", "quantity", "n", "icc", "ci_low", "ci_high"),
    *("mean", "mean_again", "bias", "sd_of_differences", "status", "reason"),
)
VALUES = ("panel", "population", "acquisition", "quantity", "first", "again")
PERCENT, COUNT = "percent_of_parent", "log10_events"
OK, REFUSED, UNMATCHED = "ok", "refused", "unmatched"


@dataclass(frozen=True)
class Pair:
    """One file's populations in both gatings; rows of ``populations.tsv`` by population."""

    acquisition: str
    first: Mapping[str, Mapping]
    again: Mapping[str, Mapping]


def compare_gatings(
    panel: str, pairs: Sequence[Pair], names: Mapping[str, str]
) -> tuple[list[dict], list[dict]]:
    """Compare two gatings of one panel.

    Parameters
    ----------
    panel
        The panel.
    pairs
        Files that both gatings counted.
    names
        Population of the first gating by that of the second, where they are called otherwise.

    Returns
    -------
    Rows with `COLUMNS`: for each population that both have, agreement on the percentage of its
    parent and on the decimal logarithm of its events; fewer than 3 files are refused with a
    sentence. ``bias`` is the second less the first. And rows with `VALUES`, one a file. A
    population that only one gating has is ``unmatched``.
    """
    firsts = _populations(pair.first for pair in pairs)
    agains = {name: names.get(name, name) for name in _populations(pair.again for pair in pairs)}
    by_first = {first: again for again, first in agains.items() if first in firsts}
    rows, values = [], []
    for population in firsts:
        if population not in by_first:
            rows.append(_unmatched(panel, population, "", "the second gating"))
            continue
        for quantity in (PERCENT, COUNT):
            found = list(_measured(pairs, population, by_first[population], quantity))
            about = {"panel": panel, "population": population, "quantity": quantity}
            values += [
                about | {"acquisition": key, "first": one, "again": two} for key, one, two in found
            ]
            again = {"population_again": by_first[population]}
            rows.append(about | again | _agreement(found, len(pairs)))
    for again, first in agains.items():
        if first not in firsts:
            rows.append(_unmatched(panel, "", again, "the first gating"))
    return rows, values


def _populations(tables: Iterable[Mapping[str, Mapping]]) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table if name != ROOT))


def _measured(pairs: Sequence[Pair], population: str, again: str, quantity: str):
    """Yield the file and both values, of files in which both gatings have one."""
    for pair in pairs:
        if population in pair.first and again in pair.again:
            one = _value(pair.first[population], quantity)
            two = _value(pair.again[again], quantity)
            if one is not None and two is not None:
                yield pair.acquisition, one, two


def _value(row: Mapping, quantity: str) -> float | None:
    n, parent = int(row["n"]), int(row["n_parent"] or 0)
    if quantity == COUNT:
        return float(np.log10(n)) if n else None
    return 100 * n / parent if parent else None


def _agreement(found: list[tuple[str, float, float]], of_files: int) -> dict:
    n = len(found)
    without = of_files - n
    lost = f"{without} of {of_files} files lack a value in either gating" if without else ""
    if n < MIN_FILES:
        few = f"agreement needs {MIN_FILES} files that both gatings measured, and there are {n}"
        reason = "; ".join(filter(None, [few, lost, "gate more files twice"]))
        return {"n": n, "status": REFUSED, "reason": reason}
    ratings = np.array([values for _, *values in found])
    agreed = absolute_agreement(ratings)
    differences = ratings[:, 1] - ratings[:, 0]
    shown = {
        "n": n,
        "mean": ratings[:, 0].mean(),
        "mean_again": ratings[:, 1].mean(),
        "bias": differences.mean(),
        "sd_of_differences": differences.std(ddof=1),
    }
    if np.isnan(agreed.icc):
        same = "every value is the same, so that there is nothing to agree on"
        reason = "; ".join(filter(None, [same, lost]))
        return shown | {"status": REFUSED, "reason": reason}
    numbers = {"icc": agreed.icc, "ci_low": agreed.ci_low, "ci_high": agreed.ci_high}
    return shown | numbers | {"status": OK, "reason": lost}


def _unmatched(panel: str, population: str, again: str, where: str) -> dict:
    reason = f"{where} has no population of this name; study.double_gating_names can pair it"
    named = {"panel": panel, "population": population, "population_again": again}
    return named | {"status": UNMATCHED, "reason": reason}
