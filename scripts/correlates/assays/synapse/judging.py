"""Verdicts on samples, runs and controls of conjugates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from correlates.assays.quality import (
    FAIL,
    FLAG,
    PASS,
    Reason,
    control_row,
    run_row,
    verdict_of,
)
from correlates.assays.synapse.conjugates import RRI, Summary, summaries

ASSAY = "synapse"
FEW, UNBLINDED, UNKNOWN = "few_conjugates", "unblinded", "blinding_not_recorded"
SEVERAL_RUNS, CONTROL_OUT = "several_runs", "control_out"
# from so many runs on a control has a usual value that one run can lie apart from
_FEWEST_RUNS = 3


@dataclass(frozen=True)
class SynapseSettings:
    """The block ``synapse`` of the config.

    Parameters
    ----------
    min_conjugates
        Fewest conjugates of a sample, of each statistic.
    needs_blinding
        Whether a sample that was not scored blinded is not evaluable; else it is flagged.
    max_control_cv_pct
        Largest CV of a control between runs.
    max_control_deviation_pct
        How far the control of a run may lie from its median over runs before the run is flagged.
    """

    min_conjugates: int = 50
    needs_blinding: bool = False
    max_control_cv_pct: float = 20
    max_control_deviation_pct: float = 30


@dataclass(frozen=True)
class Sample:
    """The conjugates of one draw with one kind of effector and target."""

    rows: tuple[Mapping, ...]
    summaries: tuple[Summary, ...]

    @property
    def first(self) -> Mapping:
        """A row that tells whose the sample is."""
        return self.rows[0]

    @property
    def runs(self) -> list[str]:
        """Where its conjugates were imaged."""
        return list(dict.fromkeys(row.get("run") or "" for row in self.rows))

    @property
    def name(self) -> str:
        """Effector and target, as figures name them."""
        target = self.first.get("target") or "cll"
        return f"{self.first.get('cell') or 'effectors'} on {target}"


def samples_of(rows: Sequence[Mapping], names: Sequence[str]) -> list[Sample]:
    """Gather conjugates by these columns, in their order."""
    groups: dict[tuple, list[Mapping]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) or "" for name in names), []).append(row)
    ordered = [groups[key] for key in sorted(groups)]
    return [Sample(tuple(own), tuple(summaries(own))) for own in ordered]


def flags_of(sample: Sample, out: set[str]) -> list[str]:
    """Return what is to be said of a sample; ``out`` are the runs whose control is out."""
    blinded = {row.get("blinded") for row in sample.rows}
    flags = [UNBLINDED] if False in blinded else []
    flags += [UNKNOWN] if None in blinded else []
    flags += [SEVERAL_RUNS] if len(sample.runs) > 1 else []
    return flags + ([CONTROL_OUT] if out & set(sample.runs) else [])


def reasons_of(sample: Sample, flags: Sequence[str], settings: SynapseSettings) -> list[Reason]:
    """Return why a sample does not pass."""
    severity = FAIL if settings.needs_blinding else FLAG
    words = {
        UNBLINDED: Reason(severity, "Conjugates were scored unblinded; score them again blinded."),
        UNKNOWN: Reason(severity, "Nothing says whether scoring was blinded; fill in `blinded`."),
        SEVERAL_RUNS: Reason(FLAG, f"Imaged in {len(sample.runs)} runs, taken together."),
        CONTROL_OUT: Reason(FLAG, "The control of its run lies far from its median over runs."),
    }
    few = [
        f"{one.n} for {one.statistic}"
        for one in sample.summaries
        if one.n < settings.min_conjugates
    ]
    found = [words[flag] for flag in flags]
    if few:
        # what nobody stained is not the sample's fault
        is_all = len(few) == len(sample.summaries)
        said = f"Fewer than {settings.min_conjugates} conjugates: {', '.join(few)}; score more."
        found.insert(0, Reason(FAIL if is_all else FLAG, said))
    return found


def _median_rri(sample: Sample) -> float | None:
    return next(one.value for one in sample.summaries if one.statistic == RRI)


def deviations(controls: Sequence[Sample]) -> dict[str, float]:
    """Return by run how far its control lies from its median over runs, in percent, at most."""
    away: dict[str, float] = {}
    for values in _by_control(controls).values():
        middle = float(np.median(list(values.values())))
        if len(values) < _FEWEST_RUNS or middle <= 0:
            continue
        for run, value in values.items():
            away[run] = max(away.get(run, 0.0), 100 * abs(value / middle - 1))
    return away


def _by_control(controls: Sequence[Sample]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in controls:
        value = _median_rri(one)
        if value is not None:
            name = one.first.get("control") or "control without a name"
            found.setdefault(name, {})[one.runs[0]] = value
    return found


def judged_run(
    run: str,
    samples: Sequence[Sample],
    away: Mapping[str, float],
    controls: Sequence[Sample],
    settings: SynapseSettings,
) -> dict:
    """Return the verdict on a run, by its control."""
    own = [one for one in samples if run in one.runs]
    reasons = []
    far = away.get(run, 0.0)
    if far > settings.max_control_deviation_pct:
        limit = f"{settings.max_control_deviation_pct:g} %"
        said = f"Its control lies {far:.0f} % from its median over runs (limit {limit})."
        reasons.append(Reason(FLAG, said))
    if not any(run in one.runs for one in controls):
        reasons.append(
            Reason(FLAG, "No control was imaged with it: nothing ties it to other runs.")
        )
    if not run:
        reasons.append(Reason(FLAG, "No run is named; fill in `run`."))
    return run_row(ASSAY, run, reasons, len(own), f"{sum(len(one.rows) for one in own)} conjugates")


def control_rows(controls: Sequence[Sample], settings: SynapseSettings) -> list[dict]:
    """Return by how much the index of each control varies between runs."""
    limit = settings.max_control_cv_pct
    return [
        control_row(ASSAY, RRI, name, list(values.values()), limit)
        for name, values in _by_control(controls).items()
    ]


def order_of_controls(
    controls: Sequence[Sample], settings: SynapseSettings, out: set[str]
) -> list[dict]:
    """Return the control of each run, with its limits, as the layout draws them."""
    found = []
    for name, values in sorted(_by_control(controls).items()):
        middle = float(np.median(list(values.values())))
        reach = settings.max_control_deviation_pct / 100
        ends = {"low": middle * (1 - reach), "high": middle * (1 + reach)}
        for run, value in sorted(values.items()):
            verdict = FLAG if run in out else PASS
            found.append(
                {"run": run, "analyte": f"control {name}", "value": value, "verdict": verdict}
                | (ends if len(values) >= _FEWEST_RUNS else {})
            )
    return found


def order_of_samples(
    samples: Sequence[Sample], out: set[str], settings: SynapseSettings
) -> list[dict]:
    """Return the index of each sample in the order of the runs, as the layout draws them."""
    found = [
        {
            **{"run": one.runs[0], "analyte": one.name, "value": _median_rri(one)},
            "verdict": verdict_of(reasons_of(one, flags_of(one, out), settings))[0],
        }
        for one in samples
    ]
    return sorted(found, key=lambda one: (one["analyte"], one["run"]))
