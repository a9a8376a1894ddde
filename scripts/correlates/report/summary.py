"""What the page says first, in plain words: what came in, what was left out, what came of it."""

from collections import Counter

from correlates.report.formats import ENDPOINTS, STATES, plural
from correlates.report.inputs import Content, as_number, is_true

_ANALYSED = ("accepted", "accepted_with_warning")


def summarise(content: Content) -> dict:
    """Return the sentences and tiles of the summary.

    Returns
    -------
    ``tiles`` (number and words), ``files`` (a sentence), ``endpoints`` (rows), ``results``
    (sentences of the analyses with their status), ``left_out`` (a sentence).
    """
    states = Counter(row["state"] for row in content.files)
    measurements = content.measurements
    return {
        "tiles": _tiles(content, states),
        "files": _files(states),
        "endpoints": endpoint_rows(content.endpoints),
        "results": _results(content),
        "left_out": _left_out(content),
        "measured": (
            f"{plural(len(measurements), 'measurement')} of "
            f"{plural(measurements['feature'].nunique(), 'feature')} in "
            f"{plural(measurements['sample'].nunique(), 'sample')}, from "
            f"{plural(measurements['patient'].nunique(), 'patient')} at "
            f"{plural(measurements['visit'].nunique(), 'visit')}."
        ),
    }


def endpoint_rows(endpoints: list[dict]) -> list[dict]:
    """Return one row an endpoint: how many patients are evaluable, and how many take each value."""
    names = dict.fromkeys(row["endpoint"] for row in endpoints)
    rows = []
    for name in names:
        own = [row for row in endpoints if row["endpoint"] == name]
        evaluable = [row for row in own if is_true(row["evaluable"])]
        values = Counter(as_number(row["value"]) for row in evaluable)
        known = sorted(value for value in values if value is not None)
        rows.append(
            {
                "name": name,
                "words": ENDPOINTS.get(name, ""),
                "kind": own[0]["kind"],
                "criteria": ", ".join(dict.fromkeys(row["criteria_version"] for row in own)),
                "n": len(own),
                "evaluable": len(evaluable),
                "values": [(_value(own[0]["kind"], value), values[value]) for value in known],
            }
        )
    return rows


def _value(kind: str, value: float) -> str:
    if kind == "binary":
        return "yes" if value else "no"
    return f"{value:g}"


def _tiles(content: Content, states: Counter) -> list[tuple[str, str]]:
    patients = {row["patient"] for row in content.endpoints}
    exclusions = len(content.exclusions)
    used = sum(states[state] for state in _ANALYSED)
    return [
        (f"{used:,}", "files used"),
        (f"{sum(states.values()) - used:,}", "files not used"),
        (f"{len(patients):,}", "patients"),
        (f"{exclusions:,}", "exclusions and limits, each with its reason"),
    ]


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


_LEFT_OUT = {"sheet": ("problem in sheets", "problems in sheets")}


def _left_out(content: Content) -> str:
    kinds = Counter(row["what"] for row in content.exclusions)
    if not kinds:
        return "Nothing was left out."
    listed = ", ".join(
        plural(amount, *_LEFT_OUT.get(kind, (kind,))) for kind, amount in kinds.items()
    )
    return f"Left out, censored or not evaluable: {listed}; each stands below with its reason."
