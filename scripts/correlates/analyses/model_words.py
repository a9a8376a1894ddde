"""How a model is to be read at its size, and its result in words."""

from collections.abc import Mapping

from correlates.analyses.auc import SIMULATED
from correlates.analyses.design import Design
from correlates.analyses.lanes import (
    EXPLORE,
    FROM,
    MOST_BELOW_EXPLORE,
    RIDGE,
    patients_needed,
    permitted,
)
from correlates.analyses.refusals import Reason, Refused
from correlates.analyses.wording import left_out_of_model, number, p_value


def caution_of(design: Design, min_eff: int) -> dict:
    """Return how the model is to be read at this size, as ``code`` and ``text``.

    Raises
    ------
    Refused
        If the patients are too few for any model, or for one of this many markers.
    """
    events, total = int(design.y.sum()), design.y.size
    permission, markers = permitted(events, total - events), design.X.shape[1]
    _require_enough(design, min_eff)
    shrinkage, risk = patients_needed(markers, events / total)
    needed = (
        f"A prediction model of {_markers(markers, 'parameter')} needs about {shrinkage} patients "
        f"to be stable and {risk} to predict risk within 0.05; here are {total}."
    )
    if permission.permits(EXPLORE):
        text = (
            f"Exploratory: read the permutation p first, then the AUC with its interval. {needed}"
        )
        return {"code": "exploratory", "text": text}
    text = (
        f"Estimate only: with {permission.eff} patients in the rarer class the AUC describes this "
        f"cohort and claims no performance in other patients. {needed}"
    )
    return {"code": "estimate_only", "text": text}


def model_sentence(result: Mapping, design: Design) -> str:
    """Return a fitted model in plain words: p first, then the AUC, then whom it rests on."""
    auc, brier, permutation = result["auc"], result["brier"], result["permutation"]
    events, total = int(design.y.sum()), design.y.size
    simulated, fewest, most = SIMULATED
    parts = [
        f"One-sided permutation {p_value(permutation['p'])} from "
        f"{permutation['permutations']:,} permutations, not corrected across models.",
        f"A ridge of {_markers(design.X.shape[1])}, on {total} patients with "
        f"{'it' if design.X.shape[1] == 1 else 'all of them'}, put {100 * auc['estimate']:.0f} % "
        f"of pairs of held-out patients with ({events}) and without ({total - events}) "
        f"{design.event} in the right order: AUC {auc['estimate']:.2f} (approximate "
        f"{100 * auc['confidence']:g} % interval {auc['low']:.2f} to {auc['high']:.2f}; "
        f"in {simulated} simulated settings {fewest} to {most} % of such 95 % intervals held the "
        "true AUC).",
        f"Brier score {number(brier['estimate'])}, {number(brier['without_markers'])} without "
        "markers.",
        design.rule,
        _beyond(design),
        left_out_of_model(design.left_out, design.missing, design.lacking),
    ]
    return " ".join(part for part in parts if part)


def _require_enough(design: Design, min_eff: int) -> None:
    events, total = int(design.y.sum()), design.y.size
    permission, markers = permitted(events, total - events), design.X.shape[1]
    fewest = max(FROM[RIDGE], min_eff)
    if permission.eff < fewest:
        did = "had" if events <= total - events else "did not have"
        sentence = (
            f"{permission.eff} of {total} patients {did} {design.event}. A model needs at least "
            f"{fewest} patients in the rarer class; {permission.eff} permits "
            f"{permission.allowed}. No model was fitted."
        )
        raise Refused(Reason.TOO_FEW_EVENTS, _with_left_out(sentence, design))
    if markers > MOST_BELOW_EXPLORE and not permission.permits(EXPLORE):
        sentence = (
            f"The model names {markers} markers, and {permission.eff} patients in the rarer class "
            f"carry at most {MOST_BELOW_EXPLORE} (from {FROM[EXPLORE]} on, more may be explored). "
            "No model was fitted."
        )
        raise Refused(Reason.TOO_MANY_MARKERS, _with_left_out(sentence, design))


def _with_left_out(sentence: str, design: Design) -> str:
    said = left_out_of_model(design.left_out, design.missing, design.lacking)
    return " ".join(filter(None, [sentence, said]))


def _beyond(design: Design) -> str:
    beyond = [f"{name} {count}" for name, count in design.censored.items() if count]
    if not beyond:
        return ""
    return (
        f"Values beyond their limit: {', '.join(beyond)} of {design.y.size}; each fold ties them, "
        "and what else lies there, at the limit common to its training patients."
    )


def _markers(count: int, noun: str = "marker") -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
