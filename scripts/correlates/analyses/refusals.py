"""What these data do not permit, and why, in words."""

from collections.abc import Iterable
from enum import StrEnum

import pandas as pd

from correlates.analyses.markers import CohortTables
from correlates.analyses.wording import ENDPOINT_CAUSE, event_of, left_out
from correlates.measurements import INTENSITIES
from correlates.problems import nearest


class Reason(StrEnum):
    """Why a contrast or a model is refused, as a key."""

    UNKNOWN_TRANSFORM = "unknown_transform"
    NEGATIVE_VALUES = "negative_values"
    ALL_MISSING = "all_missing"
    UNKNOWN_ENDPOINT = "unknown_endpoint"
    NO_EVALUABLE_PATIENT = "no_evaluable_patient"
    ONE_CLASS = "one_class"
    MORE_THAN_TWO_CLASSES = "more_than_two_classes"
    NO_CLASSES = "no_classes"
    SEVERAL_SPECIMENS = "several_specimens"
    MIXED_METHODS = "mixed_methods"
    UNKNOWN_FEATURE = "unknown_feature"
    REPEATED_MARKER = "repeated_marker"
    TOO_MANY_MARKERS = "too_many_markers"
    TOO_FEW_EVENTS = "too_few_events"
    ALL_TIED = "all_tied"
    NO_FEATURES = "no_features"
    DISPLAY_ONLY = "display_only"
    NOT_A_BASELINE = "not_a_baseline"


_WITHOUT_CLASSES = {"survival": "a time to an event", "continuous": "a number"}


class Refused(Exception):
    """A contrast or a model that these data do not permit.

    Parameters
    ----------
    code
        The reason as a key.
    sentence
        The reason in words.
    """

    def __init__(self, code: Reason, sentence: str):
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)


def endpoint_of(name: str, tables: CohortTables, wording: str = "") -> tuple[pd.Series, str]:
    """Return an endpoint as 0, 1 and NaN by patient, and the event in words.

    An ordinal endpoint of which only two levels occur is compared as higher against lower.

    Raises
    ------
    Refused
        If there is no such endpoint, it is a time or a number, nobody is evaluable, or it has not
        exactly two classes.
    """
    kind = tables.kinds.get(name, "")
    if kind in _WITHOUT_CLASSES:
        sentence = (
            f"{name} is {_WITHOUT_CLASSES[kind]}, which has no two groups to compare; name a "
            "binary endpoint."
        )
        raise Refused(Reason.NO_CLASSES, sentence)
    if name not in tables.endpoints:
        known = dict.fromkeys([*tables.endpoints.columns, *tables.kinds])
        near = nearest(name, list(known), count=3)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise Refused(Reason.UNKNOWN_ENDPOINT, f"The cohort holds no endpoint {name}.{hint}")
    values = tables.endpoints[name].astype(float)
    levels = sorted(values.dropna().unique().tolist())
    evaluable = int(values.notna().sum())
    if not levels:
        raise Refused(Reason.NO_EVALUABLE_PATIENT, f"No patient is evaluable for {name}.")
    if len(levels) == 1:
        absent = left_out({ENDPOINT_CAUSE: values.size - evaluable})
        sentence = _one_class(name, levels[0], evaluable, wording)
        raise Refused(Reason.ONE_CLASS, " ".join(filter(None, [sentence, absent])))
    if len(levels) > 2:
        listed = ", ".join(f"{level:g}" for level in levels)
        sentence = (
            f"{name} takes {len(levels)} values ({listed}), and this comparison takes two groups; "
            "name a binary endpoint."
        )
        raise Refused(Reason.MORE_THAN_TWO_CLASSES, sentence)
    event = wording or event_of(name, levels[1])
    return values.map({levels[0]: 0.0, levels[1]: 1.0}), event


def marker_of(feature: str, baseline: str, specimen: str, tables: CohortTables) -> str:
    """Return the name of a marker that the cohort holds and that may be tested.

    Parameters
    ----------
    feature, baseline, specimen
        What is asked for; without a specimen, the only one that holds it.

    Raises
    ------
    Refused
        If there is none (names the nearest), several specimens hold it, or it is shown only.
    """
    name = "@".join(filter(None, [feature, baseline]))
    held = {one: _specimen(one, tables) for one in tables.names if _is_of(one, name)}
    if specimen:
        found = [one for one, its in held.items() if its in (specimen, "")]
        if held and not found:
            sentence = f"{name} was measured in {_listed(held.values())}, and not in {specimen}."
            raise Refused(Reason.UNKNOWN_FEATURE, sentence)
    else:
        found = list(held)
    if len(found) > 1:
        sentence = (
            f"{name} was measured in {_listed(held.values())}, which one test never mixes: say "
            f"which is meant, for example `specimen: {next(iter(held.values()))}`."
        )
        raise Refused(Reason.SEVERAL_SPECIMENS, sentence)
    if not found:
        near = nearest(name, tables.names, count=3)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise Refused(Reason.UNKNOWN_FEATURE, f"The cohort holds no marker {name}.{hint}")
    if found[0] in tables.display_only:
        is_intensity = found[0].split("@")[0].split("__")[1] in INTENSITIES
        kind = "median over the clone and other cells" if is_intensity else "share"
        other = "the intensity on one kind of cell" if is_intensity else "a share of another parent"
        sentence = (
            f"{found[0]} is a {kind} that mostly measures the leukemic burden: it is shown and not "
            f"tested. Name an absolute count, or {other}."
        )
        raise Refused(Reason.DISPLAY_ONLY, sentence)
    return found[0]


def _is_of(marker: str, name: str) -> bool:
    return marker == name or marker.startswith(f"{name}@")


def _specimen(marker: str, tables: CohortTables) -> str:
    own = marker.split("@")[2:]
    return own[0] if own else tables.specimens.get(marker, "")


def _listed(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def _one_class(name: str, level: float, evaluable: int, wording: str) -> str:
    end = "so nothing can be compared."
    if level not in (0, 1):
        return f"All {evaluable} evaluable patients have the same {name} ({level:g}), {end}"
    event = wording or event_of(name)
    if evaluable == 1:
        return f"The only evaluable patient {'had' if level else 'did not have'} {event}, {end}"
    who = f"All {evaluable}" if level else f"None of the {evaluable}"
    return f"{who} evaluable patients had {event}, {end}"
