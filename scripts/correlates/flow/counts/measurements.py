"""From the counts of every tube to the measurement table of the flow assay.

The jobs that gate files know nothing of each other; this step, which sees them all, adds what needs
the blood count, exact intervals, or a second look at the sample. Vectorised over all tubes.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import NOT_EVALUABLE, read_blood_counts
from correlates.flow.counts.beads import without_beads
from correlates.flow.counts.clone_limits import (
    not_evaluable_by_subset_floor,
    with_extended_panel,
    with_light_chains,
    with_subset_floor,
)
from correlates.flow.counts.counting import OK
from correlates.flow.counts.exclusion import Fitness, with_exclusions
from correlates.flow.counts.features import feature_names, marker_names
from correlates.flow.counts.fmo_features import fmo_rows
from correlates.flow.counts.fractions import fraction_rows
from correlates.flow.counts.platforms import COMPARISON, absolute_rows, ways_of_counting
from correlates.flow.counts.references import with_references
from correlates.flow.counts.settings import FlowSettings
from correlates.flow.counts.superseded import one_per_key
from correlates.flow.counts.tubes import (
    DISPLAY_ONLY,
    evaluable_tubes,
    with_sample_gates,
)
from correlates.measurements import COLUMNS, LEFT_OUT, conform
from correlates.tables import read_tsv

ROOT = "root"
MEDIAN = "median_compensated_linear"


class FlowTables(NamedTuple):
    """What the flow assay measured.

    Parameters
    ----------
    measurements
        The measurement table.
    left_out
        What was left out: ``what``, ``patient``, ``visit``, ``item``, ``status``, ``reason``.
    platforms
        Cells per microlitre by every way, of tubes that have more than the blood count.
    """

    measurements: pd.DataFrame
    left_out: pd.DataFrame
    platforms: pd.DataFrame


def read_job_tables(paths: Mapping[str, str | Path]) -> pd.DataFrame:
    """Read one kind of table of many gating jobs into one, with the column ``acquisition`` first.

    Parameters
    ----------
    paths
        File of populations, or of intensities, by acquisition.
    """
    rows = [{"acquisition": key} | row for key, path in paths.items() for row in read_tsv(path)]
    table = pd.DataFrame(rows)
    for column in {"n", "n_parent", "median", "low", "high", "rsd"} & set(table.columns):
        table[column] = pd.to_numeric(table[column], errors="coerce").astype(float)
    return table


def flow_measurements(
    acquisitions: Iterable[Mapping],
    populations: pd.DataFrame,
    intensities: pd.DataFrame,
    verdicts: Mapping[str, Mapping],
    cbc: pd.DataFrame | Iterable[Mapping],
    settings: FlowSettings,
    panel_order: Sequence[str] = (),
    excluded: Mapping[str, str] | None = None,
    lots: Iterable[Mapping] = (),
    compared: pd.DataFrame | None = None,
    fitness: Mapping[str, Fitness] | None = None,
) -> FlowTables:
    """Measure every population of every evaluable tube.

    Parameters
    ----------
    acquisitions
        The plan: one mapping a file, with ``acquisition``, ``sample``, ``patient``, ``visit``,
        ``timepoint``, ``specimen``, ``panel``, ``tube``, ``batch``, ``study_day`` (with
        ``study_day_source``) and ``hours_post_dose``.
    populations, intensities
        Tables of all jobs, as `read_job_tables` reads them; intensities may carry ``median_flags``
        and ``median_method``.
    verdicts
        By acquisition: ``verdict``, and ``findings`` with ``code`` and ``severity``.
    cbc
        Rows of the CBC sheet, by patient, visit and timepoint; may be empty.
    settings
        Floors, limits and names of the reference populations.
    panel_order
        Panels, the one first whose measurement counts where two evaluable tubes, or two that are
        not, give the same feature. An evaluable tube always goes before one that is not.
    excluded
        Why an acquisition is left out although its file was accepted, such as a copy of another.
    lots
        Rows of the beads sheet.
    compared
        Intensities beside those of FMO tubes, as `correlates.flow.counts.fmo` has them.
    fitness
        What the ledgers say of each file, as ``exclusion.read_fitness`` gives it.

    Returns
    -------
    The tables; ``phase`` of the measurements is empty here, since it takes the dosing record.

    Raises
    ------
    ValueError
        If a job counted one population twice.
    """
    populations = _without_root(populations)
    counted = set(populations["acquisition"])
    tubes, left_out = evaluable_tubes(acquisitions, verdicts, excluded or {}, counted)
    if tubes.empty:
        return FlowTables(
            conform(pd.DataFrame(columns=COLUMNS)),
            pd.DataFrame(left_out, columns=LEFT_OUT),
            pd.DataFrame(columns=list(COMPARISON)),
        )
    counts = _counts_of(tubes, populations)
    tubes = with_sample_gates(tubes, counts, settings)
    tubes, unfit = with_exclusions(tubes, fitness or {})
    left_out += unfit
    ways = ways_of_counting(tubes, counts, lots, settings)
    counts = without_beads(counts, settings)
    blood = read_blood_counts(cbc)
    counts = with_references(tubes, counts, blood, settings)
    counts = with_subset_floor(counts, tubes, blood, settings)
    counts = with_extended_panel(counts, _markers_of(intensities), settings)
    counts = with_light_chains(counts, settings)
    names = feature_names({*counts["population"], *counts["parent"]})
    counts = counts.assign(
        name=counts["population"].map(names), parent_name=counts["parent"].map(names)
    )
    absolute, platforms = absolute_rows(counts, ways, tubes, settings)
    rows = [
        absolute,
        fraction_rows(counts, settings),
        _intensity_rows(counts, _without_root(intensities), settings),
        fmo_rows(counts, compared, settings),
    ]
    table, superseded = one_per_key(_of_tubes(rows, tubes), tubes, panel_order)
    left_out = pd.DataFrame(left_out + superseded, columns=LEFT_OUT)
    return FlowTables(conform(table.reset_index(drop=True)), left_out, platforms)


def _without_root(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the row of all events; a table without rows may lack its columns too."""
    if table.empty:
        return pd.DataFrame({"acquisition": [], "population": [], "marker": []}, dtype=str)
    return table[table["population"] != ROOT]


def _markers_of(intensities: pd.DataFrame) -> dict[str, set[str]]:
    if intensities.empty:
        return {}
    markers = intensities["marker"].fillna("").str.strip()
    named = intensities["acquisition"][markers != ""]
    return {key: {*found} for key, found in markers.groupby(named)}


def _counts_of(tubes: pd.DataFrame, populations: pd.DataFrame) -> pd.DataFrame:
    counts = populations[populations["acquisition"].isin(tubes.index)]
    twice = counts.duplicated(["acquisition", "population"])
    if twice.any():
        named = counts.loc[twice, ["acquisition", "population"]].agg("/".join, axis=1).tolist()
        msg = f"counted twice in one tube: {', '.join(named[:5])}"
        raise ValueError(msg)
    counts = counts.reset_index(drop=True)
    return counts.assign(flags=counts["flags"].fillna("").astype(str))


def _intensity_rows(
    counts: pd.DataFrame, intensities: pd.DataFrame, settings: FlowSettings
) -> pd.DataFrame:
    if intensities.empty:
        return pd.DataFrame()
    named = intensities["marker"].fillna("").str.strip() != ""
    # Only populations of measured tubes join, and bring the flags of their gates.
    gates = counts[["acquisition", "population", "name", "mfi_compositional", "flags"]]
    rows = intensities[named].merge(gates, on=["acquisition", "population"])
    median = pd.to_numeric(rows["median"]).astype(float)
    few = (rows["n"] < settings.lod_events) | median.isna()
    some = ~few & (rows["n"] < settings.lloq_events)
    return pd.DataFrame(
        {
            "acquisition": rows["acquisition"],
            "feature": rows["name"] + "__mfi__" + marker_names(rows["marker"]),
            "value": median,
            "unit": "1",
            "ci_low": rows.get("low", np.nan),
            "ci_high": rows.get("high", np.nan),
            "n": rows["n"],
            "limit": np.nan,
            "status": np.where(few, NOT_EVALUABLE, OK),
            "method": _method_of_medians(rows),
            "flags": rows["flags"]
            + (";" + rows["median_flags"] if "median_flags" in rows else "")
            + np.select([few, some], [";too_few_events", ";few_events"], default="")
            + np.where(rows["mfi_compositional"], f";{DISPLAY_ONLY}", ""),
        }
    )


def _method_of_medians(rows: pd.DataFrame) -> pd.Series | str:
    if "median_method" not in rows:
        return MEDIAN
    return rows["median_method"].where(rows["median_method"] != "", MEDIAN)


def _of_tubes(parts: list[pd.DataFrame], tubes: pd.DataFrame) -> pd.DataFrame:
    """Give the rows the keys and the failures of their tubes."""
    rows = pd.concat([part for part in parts if not part.empty], ignore_index=True)
    of = tubes.reindex(rows["acquisition"]).reset_index(drop=True)
    run = of["batch"].fillna("") if "batch" in of else pd.Series("", index=of.index)
    return rows.assign(
        **{key: of[key] for key in ("patient", "visit", "timepoint", "specimen", "sample")},
        day=_number(of, "day"),
        hours_post_dose=_number(of, "hours_post_dose"),
        phase="",
        run=run.where(run != "", rows["acquisition"]),
        assay="flow",
        status=rows["status"].mask(
            of["failed"] | not_evaluable_by_subset_floor(rows["flags"]), NOT_EVALUABLE
        ),
        flags=_flag_lists(of["tube_flags"] + ";" + rows["flags"]),
    )


def _number(tubes: pd.DataFrame, column: str) -> pd.Series:
    given = tubes[column] if column in tubes else pd.Series(np.nan, index=tubes.index)
    return pd.to_numeric(given, errors="coerce").astype(float)


def _flag_lists(joined: pd.Series) -> list[list[str]]:
    """Split ``a;;b;a`` into ``[a, b]``; there are few different ones, so each is split once."""
    codes, different = pd.factorize(joined)
    lists = [list(dict.fromkeys(filter(None, text.split(";")))) for text in different]
    return [list(lists[code]) for code in codes]
