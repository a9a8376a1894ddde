"""The analyses as the page shows them: each contrast and model with its plot and its numbers."""

from collections.abc import Callable, Mapping

from correlates.pages.words import NOTHING, as_number, count, is_true, words
from correlates.report.batches import batch_cautions
from correlates.report.dots import Dot, Group, dot_plot, probability_plot
from correlates.report.formats import (
    interval,
    p_shown,
    percent_level,
    shown,
    two_decimals,
    unit_shown,
)
from correlates.report.inputs import Content, ReportError
from correlates.report.names import feature_name
from correlates.report.overrides import without_overrides
from correlates.report.trajectories import trajectory


def contrast_views(content: Content) -> list[dict]:
    """Return what the page shows of each contrast, in the order of its table."""
    return [_contrast(row, content) for row in content.contrasts]


def model_views(content: Content) -> list[dict]:
    """Return what the page shows of each endpoint's model.

    Raises
    ------
    ReportError
        If a result lacks what the page shows; names it.
    """
    views = []
    for result in content.model:
        rows = [row for row in content.predictions if row["endpoint"] == result.get("endpoint")]
        try:
            views.append(_model(result, rows))
        except KeyError as error:
            msg = f"The model's result of {result.get('endpoint')!r} lacks {error}."
            raise ReportError(msg) from error
    return views


def _contrast(row: Mapping, content: Content) -> dict:
    own = [value for value in content.contrast_values if value["contrast"] == row["id"]]
    is_event = {value["patient"]: value["group"] == "event" for value in own}
    specimen = row["marker"].split("@")[2:]
    measured = content.measurements
    if specimen:
        measured = measured[measured["specimen"] == specimen[0]]
    course = trajectory(measured, row["feature"], is_event) if own else None
    is_tested = row["status"] == "ok"
    return {
        "row": row,
        "is_tested": is_tested,
        "facts": _facts(row) if is_tested else [],
        "plot": _contrast_plot(row, own) if own else "",
        "course": course.svg if course else "",
        "values": own,
        "estimate": shown(row["estimate"]),
        "interval": interval(row["ci_low"], row["ci_high"]),
        "p": p_shown(row["p"]),
        "corrected": _corrected(row)[1],
        "as_templated": _as_templated(row, content),
        "batches": batch_cautions(row, content.confounding),
    }


def _as_templated(row: Mapping, content: Content) -> dict | None:
    """Return the contrast repeated without overrides, with its corrected p."""
    repeated = without_overrides(row, content.contrasts_as_templated)
    return repeated and repeated | {"corrected": _corrected(repeated["row"])[1]}


def _facts(row: Mapping) -> list[tuple[str, str]]:
    """Return the numbers of a tested contrast, each with its name."""
    unit = unit_shown(row["unit"], row["feature"])
    facts = [
        ("patients with / without", _of_groups(row, "n_{}", count)),
        ("lacking a value, with / without", _of_groups(row, "n_missing_{}", count)),
        ("why, with / without", _of_groups(row, "missing_{}", _causes)),
        (f"medians ({unit})", _medians(row)),
        (f"quartiles ({unit})", _quartiles(row)),
        (f"Hodges-Lehmann {row['scale']}", shown(row["estimate"])),
        (f"{percent_level(row['confidence'])} interval", interval(row["ci_low"], row["ci_high"])),
        ("share of pairs in which the one with it is higher", two_decimals(row["pairs_higher"])),
        ("exact two-sided p", p_shown(row["p"])),
        _corrected(row),
        ("smallest attainable p, given ties", p_shown(row["smallest_p_with_ties"])),
        ("flags of its values", _causes(row["flags"])),
    ]
    if as_number(row["p_missing_events_lowest"]) is not None:
        ends = [p_shown(row[f"p_missing_events_{end}"]) for end in ("lowest", "highest")]
        name = "uncorrected p if those who lack a value were lowest / highest with, else without"
        facts.append((name, " / ".join(ends)))
    if is_true(row["is_limit_costly"]):
        name = "sensitivity, not primary: uncorrected p without the highest limit"
        facts.append((name, p_shown(row["p_sensitivity"])))
    return facts


def _corrected(row: Mapping) -> tuple[str, str]:
    """Return what the p of its family was corrected to, with the name of that."""
    size = count(row["family_size"])
    if row["family"] == "primary":
        return f"p, corrected by Holm (family of {size})", p_shown(row["p_holm"])
    if row["family"] == "secondary":
        shown_q = p_shown(row["q"])
        said = shown_q if shown_q == NOTHING else f"q {shown_q}"
        return f"Benjamini and Hochberg's q (family of {size})", said
    return "corrected p", "not corrected"


def _of_groups(row: Mapping, column: str, form: Callable[[str], str]) -> str:
    return " / ".join(form(row[column.format(group)]) for group in ("events", "non_events"))


def _causes(text: str) -> str:
    """Return ``cause=count;cause=count`` as words, or ``none``."""
    return words(text.replace(";", ", ").replace("=", " ")) or "none"


def _quartiles(row: Mapping) -> str:
    return " / ".join(
        f"{_quantile(row, f'q1_{group}')} to {_quantile(row, f'q3_{group}')}"
        for group in ("events", "non_events")
    )


def _medians(row: Mapping) -> str:
    return " / ".join(_quantile(row, f"median_{group}") for group in ("events", "non_events"))


def _quantile(row: Mapping, name: str) -> str:
    return {"<=": "≤ ", ">=": "≥ "}.get(row[f"{name}_sign"], "") + shown(row[name])


def _contrast_plot(row: Mapping, values: list[dict]) -> str:
    is_log = row.get("transform") == "log2" or row["scale"] == "ratio"
    groups = []
    for name, is_event, median in (("event", True, "events"), ("non-event", False, "non_events")):
        dots = [
            Dot(value["patient"], at, value["censored"])
            for value in values
            if value["group"] == name and (at := as_number(value["value"])) is not None
        ]
        # a median that is only known to lie beyond a limit is no line
        middle = None if row[f"median_{median}_sign"] else as_number(row[f"median_{median}"])
        groups.append(Group(f"{'with' if is_event else 'without'}", dots, is_event, middle))
    unit = unit_shown(values[0]["unit"], row["feature"])
    axis = f"{unit} at {row['baseline']}{', log scale' if is_log else ''}"
    label = (
        f"{row['id']}: {feature_name(row['feature'])} ({row['feature']}), {axis}, individual "
        f"patients with and without {row['endpoint']}"
    )
    return dot_plot(groups, row["feature"], axis, is_log, label)


def _model(result: Mapping, predictions: list[dict]) -> dict:
    view = {
        "endpoint": result["endpoint"],
        "event": result.get("event") or result["endpoint"],
        "is_fitted": result["status"] == "ok",
        "sentence": result["sentence"],
        "permits": result.get("permits", ""),
        "caution": result.get("caution", {}).get("text", ""),
        "always": result.get("always", ""),
        "facts": [],
        "coefficients": [],
        "plot": "",
        "predictions": predictions,
    }
    if not view["is_fitted"]:
        return view
    auc, permutation, settings = result["auc"], result["permutation"], result["settings"]
    view["facts"] = [
        ("patients with / without", f"{result['n_events']} / {result['n_non_events']}"),
        ("left out", _listed({words(why): n for why, n in result["left_out"].items()})),
        ("values beyond a limit", _listed(result["censored"])),
        (f"one-sided permutation p ({permutation['permutations']:,})", p_shown(permutation["p"])),
        ("AUC, cross-validated", two_decimals(auc["estimate"])),
        (
            f"{percent_level(auc['confidence'])} interval",
            interval(auc["low"], auc["high"], of_two_decimals=True),
        ),
        ("Brier score", shown(result["brier"]["estimate"])),
        ("Brier score without markers", shown(result["brier"]["without_markers"])),
        ("folds × repeats", f"{result['folds']} × {settings['repeats']}"),
        ("penalty (C), fixed", shown(settings["C"])),
    ]
    view["coefficients"] = [
        (name, shown(marker["log_odds_per_sd"]))
        for name, marker in result["coefficients"]["markers"].items()
    ]
    view["plot"] = _prediction_plot(result, predictions)
    return view


def _listed(counts: Mapping[str, int]) -> str:
    """Return what was counted with its number, or ``none``."""
    return ", ".join(f"{name} {n}" for name, n in counts.items() if n) or "none"


def _prediction_plot(result: Mapping, predictions: list[dict]) -> str:
    groups = []
    for is_event in (True, False):
        dots = [
            Dot(row["patient"], at)
            for row in predictions
            if is_true(row["is_event"].removesuffix(".0")) == is_event
            and (at := as_number(row["probability"])) is not None
        ]
        groups.append(Group("with" if is_event else "without", dots, is_event))
    label = f"Out-of-fold probability of {result['event']}, individual patients"
    return probability_plot(groups, "probability while held out", label)
