"""What the page says first, in plain words: what came in, what was left out, what came of it."""

from collections import Counter

from correlates.measurements import CENSORED, USABLE
from correlates.pages.words import STATES, as_number, is_true, plural
from correlates.report.formats import endpoint_words
from correlates.report.inputs import Content

_ANALYSED = ("accepted", "accepted_with_warning")


def summarise(content: Content) -> dict:
    """Return the sentences and tiles of the summary.

    Returns
    -------
    ``tiles`` (what is counted, and words on it), ``files`` (a sentence), ``endpoints`` (rows),
    ``patients_left_out`` (how many; None where that is not known), ``rows_left_out`` (of the
    patients sheet), ``results`` (sentences of the analyses with their status),
    ``left_out`` (sentences), ``cut`` (name of the data cut, if there is one), ``no_value`` (whether
    not one measurement has a value).
    """
    states = Counter(row["state"] for row in content.files)
    measurements = content.measurements
    lost = patients_left_out(content)
    return {
        "tiles": _tiles(content, lost),
        "files": _files(states),
        "endpoints": endpoint_rows(content.endpoints, lost or 0),
        "patients_left_out": lost,
        "rows_left_out": len(_named_by_row(content)),
        "results": _results(content),
        "left_out": _left_out(content),
        "cut": data_cut_name(content.endpoints),
        "no_value": len(measurements) > 0 and not measurements["status"].isin(USABLE).any(),
        "measured": (
            f"{plural(len(measurements), 'measurement')} of "
            f"{plural(measurements['feature'].nunique(), 'feature')} in "
            f"{plural(measurements['sample'].nunique(), 'sample')}, from "
            f"{plural(measurements['patient'].nunique(), 'patient')} at "
            f"{plural(measurements['visit'].nunique(), 'visit')}."
        ),
    }


def data_cut_name(rows: list[dict]) -> str:
    """Return the name of the data cut of a table's rows; empty without one."""
    names = {row.get("data_cut", "") for row in rows}
    return ", ".join(sorted(names - {"", "none"}))


def patients_left_out(content: Content) -> int | None:
    """Return how many patients of the sheet are not in the study, for what is wrong in their rows.

    A problem names the patient only where that column is what is wrong. One row without a name is
    one more patient: had that patient a good row as well, it would be left out too, and named.
    Several such rows, or one beside named ones, may be of one patient, and one whose patient cannot
    be read may be of anybody: the number is then not known, and None.
    """
    rows = _named_by_row(content)
    named = {name for name in rows.values() if name}
    named -= {row["patient"] for row in content.endpoints}
    unnamed = [name for name in rows.values() if not name]
    if not unnamed:
        return len(named)
    return 1 if unnamed == [None] and not named else None


def _named_by_row(content: Content) -> dict[str, str | None]:
    """Return the patient of each row of the patients sheet that was left out.

    ``""`` where the row's patient cannot be read, None where its problems do not say it.
    """
    rows: dict[str, str | None] = {}
    for problem in content.problems:
        number = problem["row"]
        if problem["file"] == content.patients_sheet and number and problem["stops"] == "row":
            named = problem["value"] if problem["column"] == "patient" else None
            # an export calls the column by its own field
            named = problem.get("patient") or named
            rows[number] = rows.get(number) or (rows.get(number) if named is None else named)
    return rows


def endpoint_rows(endpoints: list[dict], lost: int = 0) -> list[dict]:
    """Return one row an endpoint: how many patients are evaluable, and how many take each value.

    Parameters
    ----------
    endpoints
        Rows of the table of endpoints, of the patients in the study.
    lost
        How many more the sheet names, who belong to the denominator.
    """
    names = dict.fromkeys(row["endpoint"] for row in endpoints)
    rows = []
    for name in names:
        own = [row for row in endpoints if row["endpoint"] == name]
        evaluable = [row for row in own if is_true(row["evaluable"])]
        rows.append(
            {
                "name": name,
                "words": endpoint_words(name),
                "kind": own[0]["kind"],
                "criteria": ", ".join(dict.fromkeys(row["criteria_version"] for row in own)),
                "n": len(own) + lost,
                "evaluable": len(evaluable),
                "values": _values(own[0]["kind"], evaluable),
            }
        )
    return rows


def _values(kind: str, evaluable: list[dict]) -> list[tuple[str, int]]:
    """Return how many patients take each value; of times, how many ended with the event.

    Of numbers, which differ from patient to patient, the lowest and the highest stand for all.
    """
    if kind == "survival":
        events = sum(as_number(row["event"]) == 1 for row in evaluable)
        return [("event", events), ("censored", len(evaluable) - events)] if evaluable else []
    values = Counter(as_number(row["value"]) for row in evaluable)
    known = sorted(value for value in values if value is not None)
    if kind == "continuous" and known:
        ends = dict.fromkeys(f"{value:.3g}" for value in (known[0], known[-1]))
        return [(" to ".join(ends), sum(values.values()))]
    return [(_value(kind, value), values[value]) for value in known]


def _value(kind: str, value: float) -> str:
    if kind == "binary":
        return "yes" if value else "no"
    return f"{value:g}"


def _tiles(content: Content, lost: int | None) -> list[tuple[str, str]]:
    patients = len({row["patient"] for row in content.endpoints})
    files, idle = len(content.files), content.idle
    used = sum(
        row["state"] in _ANALYSED and row["acquisition"] not in idle for row in content.files
    )
    status = Counter(content.measurements["status"])
    limited, measured = sum(status[name] for name in CENSORED), sum(status.values())
    absent = measured - status["ok"] - limited
    return [
        (
            _share(patients, patients + (lost or 0), "patient"),
            _lost_words(content, lost),
        ),
        (
            _share(used, files, "file"),
            (f"{files - used:,} not used, each with its reason" if files > used else "all used")
            if files
            else "no FCS file is part of the study",
        ),
        (
            plural(measured, "measurement"),
            f"{status['ok']:,} within limits; {limited:,} below or above a limit, used as such; "
            f"{absent:,} without a value",
        ),
    ]


def _lost_words(content: Content, lost: int | None) -> str:
    if lost is None:
        return f"used; {plural(len(_named_by_row(content)), 'row')} of the sheet left out"
    return f"{lost:,} left out for their row" if lost else "no patient was left out"


def _share(part: int, whole: int, name: str) -> str:
    """Return ``5 of 7 patients``, or ``7 patients`` where that is all."""
    return plural(whole, name) if part == whole else f"{part:,} of {plural(whole, name)}"


def _files(states: Counter) -> str:
    if not states:
        return "No FCS file was seen."
    listed = ", ".join(
        f"{states[state]:,} {words}" for state, words in STATES.items() if states[state]
    )
    others = sum(amount for state, amount in states.items() if state not in STATES)
    tail = f", {others:,} in another state" if others else ""
    return f"{plural(sum(states.values()), 'file')} in the list of intake: {listed}{tail}."


def _results(content: Content) -> list[dict]:
    contrasts = [
        {
            "name": row["id"],
            "done": "tested",
            "status": row["status"],
            "sentence": row["sentence"],
            "caution": "",
        }
        for row in content.contrasts
    ]
    models = [
        {
            "name": f"model of {result['endpoint']}",
            "done": "fitted",
            "status": result["status"],
            "sentence": result["sentence"],
            "caution": result.get("caution", {}).get("text", ""),
        }
        for result in content.model
    ]
    return contrasts + models


_LEFT_OUT = {
    "file": ("file", "files"),
    "cells": ("group of cells", "groups of cells"),
    "acquisition": ("gated file", "gated files"),
    "draw": ("draw without a phase", "draws without a phase"),
}
# of these some are told of, and not left out
_TOLD = ("sheet", "measurement", "baseline", "endpoint")


def _left_out(content: Content) -> str:
    kinds = Counter(row["what"] for row in content.exclusions)
    rows = {(row["file"], row["row"]) for row in content.problems if row["stops"] == "row"}
    lost = [plural(len(rows), "row of the sheets", "rows of the sheets")] if rows else []
    lost += [
        plural(amount, *_LEFT_OUT.get(kind, (kind,)))
        for kind, amount in kinds.items()
        if kind not in _TOLD
    ]
    without = Counter(
        row["what"] for row in content.exclusions if row["status"] in ("missing", "not_evaluable")
    )
    status = content.measurements["status"]
    counts = {
        "measurement": int(status.isin(["missing", "not_evaluable"]).sum()),
        "baseline": without["baseline"],
        "endpoint": without["endpoint"],
    }
    absent = [plural(amount, kind) for kind, amount in counts.items() if amount]
    limited = int(status.isin(CENSORED).sum())
    said = (
        [f"Left out: {', '.join(lost)}."]
        if lost
        else ["No file and no row of a sheet was left out."]
    )
    said += [f"Missing or not evaluable: {', '.join(absent)}."] if absent else []
    if limited:
        said.append(
            f"{plural(limited, 'measurement')} below or above a limit: not excluded, but used as "
            "lying beyond it."
        )
    return " ".join(said)
