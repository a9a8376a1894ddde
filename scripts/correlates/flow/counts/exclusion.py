"""Whole files that are left out by the rules of the config, and the flags of their cleaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from correlates.flow.quality.acquisition_time import DRIFT, NO_MAJORITY
from correlates.flow.quality.ledger import DOUBLETS, MARGIN, UNSTEADY
from correlates.tables import read_tsv

_WORDS = {
    "unsteady_acquisition": "{found:.1f} % of the events are of an unsteady time, {limit:g} % "
    "are allowed",
    NO_MAJORITY: "no part of the acquisition is steady, so that none was removed: that counts as "
    "100 % of the events, {limit:g} % are allowed",
    "margin_events": "{found:.1f} % of the events are at the ends of the detectors, {limit:g} % "
    "are allowed",
    "few_singlets": "{found:.1f} % of the events on scale are single, {limit:g} % are asked for",
    "few_acquired_events": "the file holds {found:.0f} events, {limit:g} are asked for",
}


@dataclass(frozen=True)
class Fitness:
    """What the ledger of one file says of the file.

    Parameters
    ----------
    reasons
        What excludes it, in words, by reason code; empty for a file that is measured.
    flags
        What else its measurements carry.
    """

    reasons: Mapping[str, str]
    flags: tuple[str, ...] = ()


def read_fitness(
    ledgers: Mapping[str, str | Path], n_events: Mapping[str, int | None], rules: Mapping
) -> dict[str, Fitness]:
    """Judge every file by its ledger.

    Parameters
    ----------
    ledgers
        Ledger by acquisition; that of a refused file is empty.
    n_events
        Events of each file.
    rules
        Limit by reason code, as ``flow.exclusion`` has them.
    """
    return {key: judge(read_tsv(path), n_events.get(key), rules) for key, path in ledgers.items()}


def judge(rows: Sequence[Mapping], n_events: int | None, rules: Mapping) -> Fitness:
    """Judge one file.

    Parameters
    ----------
    rows
        Its ledger; a step that is not among them is judged by no rule.
    n_events
        Its events; None where they are not known.
    rules
        Limit by reason code.
    """
    by_step = {row["step"]: row for row in rows}
    found = {
        "unsteady_acquisition": _percent(by_step.get(UNSTEADY), "share_unsteady"),
        "margin_events": _percent(by_step.get(MARGIN), "share_removed"),
        "few_singlets": _percent(by_step.get(DOUBLETS), "share_removed"),
        "few_acquired_events": n_events,
    }
    if found["few_singlets"] is not None:
        found["few_singlets"] = 100 - found["few_singlets"]
    flags = tuple(flag for row in rows for flag in row["flags"].split(";") if flag)
    if NO_MAJORITY in flags:
        found["unsteady_acquisition"] = 100.0
    elif DRIFT in flags:
        # no event went, and the dyes that drift are flagged
        found["unsteady_acquisition"] = None
    reasons = {
        code: _WORDS[_worded(code, flags)].format(found=value, limit=rules[code])
        for code, value in found.items()
        if value is not None
        and (value < rules[code] if code.startswith("few_") else value > rules[code])
    }
    return Fitness(reasons, flags)


def _worded(code: str, flags: Sequence[str]) -> str:
    is_general = code == "unsteady_acquisition" and NO_MAJORITY in flags
    return NO_MAJORITY if is_general else code


def with_exclusions(
    tubes: pd.DataFrame, fitness: Mapping[str, Fitness]
) -> tuple[pd.DataFrame, list[dict]]:
    """Fail the tubes that a rule excludes.

    Parameters
    ----------
    tubes
        Indexed by acquisition, with ``failed``, ``tube_flags``, ``patient`` and ``visit``.
    fitness
        What the ledgers say; a tube that is not among them is not judged.

    Returns
    -------
    The tubes with the codes among their flags, and a row of what was left out for each rule and
    tube.
    """
    judged = [fitness.get(key, Fitness({})) for key in tubes.index]
    notes = [";".join((*one.reasons, *one.flags)) for one in judged]
    failed = np.array([bool(one.reasons) for one in judged], dtype=bool)
    left_out = [
        {
            "what": "acquisition",
            "patient": tubes.at[key, "patient"],
            "visit": tubes.at[key, "visit"],
            "item": key,
            "status": "not_evaluable",
            "reason": f"{code}: {words}",
        }
        for key, one in zip(tubes.index, judged, strict=True)
        for code, words in one.reasons.items()
    ]
    flags = tubes["tube_flags"] + [f";{note}" if note else "" for note in notes]
    return tubes.assign(tube_flags=flags, failed=tubes["failed"] | failed), left_out


def _percent(row: Mapping | None, column: str) -> float | None:
    text = "" if row is None else row[column]
    return 100 * float(text) if text not in ("", None) else None
