"""The flow of one marker: from the patients at risk to those who are in an analysis."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from correlates.cohort.exclusions import ACCEPTED
from correlates.cohort.patient_flow.chain import MARKER, Chain, steps_of
from correlates.cohort.patient_flow.trial import ENROLLED
from correlates.measurements import CENSORED, USABLE

AT_RISK, DRAW, FILE, TUBE, VALUE = "at risk", "draw", "file", "tube", "value"
OF_ENDPOINT, ANALYSED = "endpoint", "analysed"
STEPS = (AT_RISK, DRAW, FILE, TUBE, VALUE, OF_ENDPOINT, ANALYSED)
# Flags of a tube of which nothing can be evaluated: floors of the sample, and excluded files.
TUBE_FLAGS = (
    *("viability_below_floor", "leukocytes_below_floor", "unsteady_acquisition", "margin_events"),
    *("few_singlets", "few_acquired_events"),
)
# Flags that tell how a value may be used or how its day is known, and not why it is lacking.
_NO_CAUSE = (
    *("day_", "draw_", "display_only", "earlier_draw", "overridden", "override_", "off_drug"),
    *("steroid", "out_of_window", "control_out", "placement_", "batch_", "few_events"),
)


@dataclass(frozen=True)
class Measured:
    """What is known of one measurement of a patient."""

    status: str
    flags: Sequence[str] = ()


@dataclass(frozen=True)
class Sources:
    """What a marker's flow is followed through.

    Parameters
    ----------
    why_not_at_risk
        By baseline and patient, why the patient has no such baseline; ``""`` if there may be one.
    windows
        Draws, as visit and timepoint, in the window of a baseline, by patient, specimen and
        baseline.
    why_no_draw
        By patient, specimen and baseline, why there is none.
    files
        Rows of ``files.tsv`` of the tubes that are measured, by patient, specimen, visit and
        timepoint, with ``state`` and ``acquisition``.
    populations
        Names of the populations counted in each acquisition.
    measured
        By feature, then patient, specimen, visit and timepoint.
    of_files
        Features that are measured in files, and not only in exported tables.
    """

    why_not_at_risk: Mapping[tuple[str, str], str]
    windows: Mapping[tuple[str, str, str], Sequence[tuple[str, str]]]
    why_no_draw: Mapping[tuple[str, str, str], str]
    files: Mapping[tuple[str, str, str, str], Sequence[Mapping]]
    populations: Mapping[str, frozenset[str]]
    measured: Mapping[str, Mapping[tuple[str, str, str, str], Measured]]
    of_files: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Analysis:
    """One analysis of a marker.

    Parameters
    ----------
    name
        Id of a contrast, or ``model <endpoint>``.
    endpoint
        Its endpoint.
    why_not_evaluable
        Says why a patient is not evaluable for the endpoint.
    used
        Patients whose values it really used.
    refused
        Why it was refused; empty if it was made.
    why_unused
        Why a patient with a value and an endpoint is not among the used.
    """

    name: str
    endpoint: str
    why_not_evaluable: Callable[[str], str]
    used: frozenset[str] = frozenset()
    refused: str = ""
    why_unused: str = "no value on the scale of the analysis"


@dataclass(frozen=True)
class MarkerAt:
    """A feature at a baseline in a specimen, with its chosen values.

    Parameters
    ----------
    name
        As the cohort has it: ``feature@baseline``, with ``@specimen`` where there are several.
    feature, baseline, specimen
        Its parts.
    chosen
        The measurement that was chosen for each patient.
    """

    name: str
    feature: str
    baseline: str
    specimen: str
    chosen: Mapping[str, Measured] = field(default_factory=dict)

    @property
    def population(self) -> str:
        """What it is measured on."""
        return self.feature.partition("__")[0]


def marker_chain(
    marker: MarkerAt, enrolled: Sequence[str], sources: Sources, analysis: Analysis | None = None
) -> Chain:
    """Follow one marker through its steps.

    Parameters
    ----------
    marker
        The marker.
    enrolled
        Patients who were enrolled.
    sources
        Draws, files and measurements.
    analysis
        What it is used in; without one the chain ends with its value.
    """
    lost = {patient: _first_lost(marker, patient, sources) for patient in enrolled}

    def at(step: str) -> tuple[str, Callable[[str], str]]:
        return step, lambda patient: lost[patient][1] if lost[patient][0] == step else ""

    asked = [at(step) for step in (AT_RISK, DRAW, FILE, TUBE, VALUE)]
    names = {
        "marker": marker.name,
        "feature": marker.feature,
        "baseline": marker.baseline,
        "specimen": marker.specimen,
    }
    if analysis is not None:
        names |= {"analysis": analysis.name, "endpoint": analysis.endpoint}
        asked += [(OF_ENDPOINT, analysis.why_not_evaluable), (ANALYSED, _why_unused(analysis))]
    beyond = {patient for patient, one in marker.chosen.items() if one.status in CENSORED}
    censored = dict.fromkeys((VALUE, OF_ENDPOINT, ANALYSED), frozenset(beyond))
    return Chain(MARKER, steps_of(ENROLLED, enrolled, asked, censored), names)


def _why_unused(analysis: Analysis) -> Callable[[str], str]:
    if analysis.refused:
        return lambda patient: f"refused: {analysis.refused.replace('_', ' ')}"
    return lambda patient: "" if patient in analysis.used else analysis.why_unused


def _first_lost(marker: MarkerAt, patient: str, sources: Sources) -> tuple[str, str]:
    """Return the step at which a patient falls out and why; two blanks for a usable value."""
    why = sources.why_not_at_risk.get((marker.baseline, patient), "")
    if why:
        return AT_RISK, why
    chosen = marker.chosen.get(patient)
    if chosen is not None and chosen.status in USABLE:
        return "", ""
    if marker.feature not in sources.measured:
        return VALUE, "not measured in this study"
    key = (patient, marker.specimen, marker.baseline)
    draws = [(patient, marker.specimen, *draw) for draw in sources.windows.get(key, ())]
    if not draws:
        return DRAW, sources.why_no_draw.get(key, "no draw of this specimen")
    rows = [one for draw in draws if (one := sources.measured[marker.feature].get(draw))]
    if not rows:
        return _not_measured(marker, draws, sources)
    failed = [next((flag for flag in TUBE_FLAGS if flag in one.flags), "") for one in rows]
    if all(failed):
        return TUBE, _words(failed[-1])
    last = chosen or rows[-1]
    return VALUE, _cause(last)


def _not_measured(marker: MarkerAt, draws: Iterable[tuple], sources: Sources) -> tuple[str, str]:
    """Tell of a patient with a draw in the window, and without any measurement of the feature."""
    if marker.feature not in sources.of_files:
        return FILE, "not in any table or file"
    files = [row for draw in draws for row in sources.files.get(draw, ())]
    if not files:
        return FILE, "no file"
    accepted = [row for row in files if row["state"] in ACCEPTED]
    if not accepted:
        return FILE, f"file {_words(files[-1]['state'])}"
    if any(
        marker.population in sources.populations.get(row["acquisition"], ()) for row in accepted
    ):
        return TUBE, "not measured in this tube"
    return FILE, "no accepted file of a panel with this population"


def _cause(one: Measured) -> str:
    """Say why a measurement has no usable value, by its status and the first flag that tells."""
    flags = [flag for flag in one.flags if not flag.startswith(_NO_CAUSE)]
    return _words(flags[0] if flags else one.status)


def _words(code: str) -> str:
    return code.replace("_", " ")
