"""Rows of the synapse sheet into measurements of draws, with verdicts on samples and runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from correlates.assays.left_out import left_out
from correlates.assays.quality import sample_row
from correlates.assays.rows import BLOOD, measurement
from correlates.assays.synapse.conjugates import METHODS, UNITS, relative_recruitment
from correlates.assays.synapse.judging import (
    ASSAY,
    FEW,
    UNBLINDED,
    UNKNOWN,
    Sample,
    SynapseSettings,
    control_rows,
    deviations,
    flags_of,
    judged_run,
    order_of_controls,
    order_of_samples,
    reasons_of,
    samples_of,
)

CONTROL = "control"
_WHOSE = ("patient", "visit", "timepoint", "specimen", "cell", "target")


@dataclass
class SynapseResults:
    """What is written; ``order`` is drawn as the layout, ``shown`` as the overview."""

    measurements: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    samples: list[dict] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)
    order: list[dict] = field(default_factory=list)
    shown: list[Sample] = field(default_factory=list)


def measure_synapse(rows: Iterable[Mapping], settings: SynapseSettings) -> SynapseResults:
    """Measure every draw, and judge samples, runs and controls.

    Parameters
    ----------
    rows
        Good rows of the sheets, one a conjugate.
    settings
        The config's.
    """
    rows, found = [_filled(row) for row in rows], SynapseResults()
    controls = samples_of([row for row in rows if row.get("role") == CONTROL], ("run", "control"))
    found.shown = samples_of([row for row in rows if row.get("role") != CONTROL], _WHOSE)
    away = deviations(controls)
    out = {run for run, far in away.items() if far > settings.max_control_deviation_pct}
    for sample in found.shown:
        _add_sample(found, sample, out, settings)
    for run in sorted({row.get("run") or "" for row in rows}):
        found.runs.append(judged_run(run, found.shown, away, controls, settings))
    found.controls = control_rows(controls, settings)
    found.left_out = [_lost(row) for row in rows if _is_without_rest(row)]
    found.order = [
        *order_of_controls(controls, settings, out),
        *order_of_samples(found.shown, out, settings),
    ]
    return found


def _filled(row: Mapping) -> dict:
    """Return a row with what an empty field means, so that one draw is not taken for two."""
    means = {"timepoint": "pre", "specimen": BLOOD, "target": "cll"}
    return dict(row) | {name: row.get(name) or meant for name, meant in means.items()}


def _add_sample(
    found: SynapseResults, sample: Sample, out: set[str], settings: SynapseSettings
) -> None:
    flags = flags_of(sample, out)
    is_unfit = settings.needs_blinding and bool({UNBLINDED, UNKNOWN} & set(flags))
    reasons = reasons_of(sample, flags, settings)
    run = "+".join(sample.runs)
    found.samples.append(sample_row(ASSAY, run, sample.first, reasons, sample.name))
    for one in sample.summaries:
        is_few = one.n < settings.min_conjugates
        found.measurements.append(
            measurement(
                sample.first,
                ASSAY,
                feature_of(sample.first, one.statistic),
                one.value,
                UNITS[one.statistic],
                run=run,
                ci_low=one.low,
                ci_high=one.high,
                n=one.n,
                status="not_evaluable" if is_few or is_unfit else "ok",
                method=METHODS[one.statistic],
                flags=[*([FEW] if is_few else []), *flags],
            )
        )


def feature_of(row: Mapping, statistic: str) -> str:
    """Return the feature of a statistic: ``synapse__rri__t_cd8``, of the patient's own CLL cells.

    With a healthy donor's B cells it is another analyte, ``synapse_b_normal``.
    """
    target, cell = row["target"], row.get("cell")
    analyte = ASSAY if target == "cll" else f"{ASSAY}_{target}"
    return "__".join([analyte, statistic, *([cell] if cell else [])])


def _is_without_rest(row: Mapping) -> bool:
    measured = row.get("f_actin_syn") is not None and row.get("f_actin_rest") is not None
    return measured and relative_recruitment(row) is None


def _lost(row: Mapping) -> dict:
    reason = (
        f"F-actin of the rest of the membrane is {row['f_actin_rest']:g}: there is nothing to "
        "divide by; check the background that was subtracted"
    )
    item = f"{row.get('sheet') or ''} row {row.get('row') or ''}: {row['conjugate']}"
    whose = row.get("patient") or "", row.get("visit") or ""
    return left_out("conjugate", item.strip(), reason, *whose, status="no index")
