"""One pre-specified contrast made ready: two groups with their values, or the reason why not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from correlates.analyses.common_limits import BELOW, OBSERVED
from correlates.analyses.markers import (
    ALL_ZERO,
    TRANSFORMS,
    CohortTables,
    Marker,
    NotOnLogScale,
    read_marker,
)
from correlates.analyses.methods import require_one_method
from correlates.analyses.refusals import Reason, Refused, endpoint_of, marker_of
from correlates.analyses.wording import ENDPOINT_CAUSE, left_out
from correlates.measurements import is_difference

PRIMARY, SECONDARY = "primary", "secondary"
_HIGHER = ("higher", "positive", "more", "rise")
_LOWER = ("lower", "negative", "fewer", "less", "fall")


@dataclass(frozen=True)
class Contrast:
    """A contrast as the study pre-specified it.

    ``event`` overrides the endpoint's wording; ``specimen`` is named where the study has several;
    ``family_size`` is how many hypotheses its family holds, where not all of them are listed;
    ``note`` is printed with the result.
    """

    id: str
    feature: str
    baseline: str
    endpoint: str
    direction: str = "two_sided"
    transform: str = "log2"
    source: str = ""
    family: str = PRIMARY
    event: str = ""
    specimen: str = ""
    family_size: int = 0
    note: str = ""

    @classmethod
    def of(cls, row: Mapping) -> "Contrast":
        """Read one row; keys that the contrast does not know are left alone."""
        known = {name: row.get(name) for name in cls.__dataclass_fields__}
        given = {name: str(value) for name, value in known.items() if _is_given(value)}
        if "family_size" in given:
            given["family_size"] = int(float(given["family_size"]))
        return cls(**given)

    @property
    def sign(self) -> int:
        """1 where higher values were expected with the event, -1 lower, 0 two-sided."""
        direction = self.direction.lower()
        return int(direction.startswith(_HIGHER)) - int(direction.startswith(_LOWER))


@dataclass(frozen=True)
class Groups:
    """The patients of a contrast; arrays have shape (patients used,).

    Parameters
    ----------
    patients, is_event, value, measured, side, limit
        Who, whether with the event, the value on the scale of the contrast and as measured (or the
        limit), on which side of it (0 observed, -1 below, 1 above), and the limit as recorded.
    is_quantified
        Whether the limit is that of quantification: not where nothing was detected, or too much.
    flags
        Of each value, joined by semicolons.
    marker
        Its name in the cohort.
    missing
        Patients left out, by cause.
    missing_events, missing_non_events
        Those of each group, who lack a value.
    """

    patients: np.ndarray
    is_event: np.ndarray
    value: np.ndarray
    measured: np.ndarray
    side: np.ndarray
    limit: np.ndarray
    is_quantified: np.ndarray
    flags: np.ndarray
    marker: str
    event: str
    unit: str
    missing: dict[str, int] = field(default_factory=dict)
    missing_events: dict[str, int] = field(default_factory=dict)
    missing_non_events: dict[str, int] = field(default_factory=dict)

    @property
    def n_events(self) -> int:
        """Patients with the event."""
        return int(self.is_event.sum())

    @property
    def n_non_events(self) -> int:
        """Patients without the event."""
        return int((~self.is_event).sum())


def groups_of(contrast: Contrast, tables: CohortTables) -> Groups:
    """Find the values of a contrast's two groups.

    Raises
    ------
    Refused
        If the endpoint or the marker is unknown, the endpoint has not two classes, no value can be
        used, or those that can were measured in several ways.
    """
    endpoint, event = endpoint_of(contrast.endpoint, tables, contrast.event)
    name = marker_of(contrast.feature, contrast.baseline, contrast.specimen, tables)
    rows = tables.rows_of(name)
    marker = _on_scale(rows, name, contrast.transform)
    is_used = endpoint.notna().to_numpy() & (marker.cause == "")
    missing = _missing(marker.cause, endpoint)
    units = rows["unit"].dropna()
    if not is_used.any():
        _refuse_zeros(name, missing)
        sentence = (
            f"No patient with an evaluable endpoint has a usable value of {name}. "
            f"{left_out(**missing)}"
        )
        raise Refused(Reason.ALL_MISSING, sentence)
    patients = endpoint.index.to_numpy()[is_used]
    require_one_method(name, rows["method"].to_numpy()[is_used], patients)
    return Groups(
        patients=patients,
        is_event=endpoint.to_numpy()[is_used] == 1,
        value=marker.value[is_used],
        measured=marker.measured[is_used],
        side=marker.side[is_used],
        limit=marker.limit[is_used],
        is_quantified=rows["status"].isin(("ok", "lt_lloq")).to_numpy()[is_used],
        flags=rows["flags"].to_numpy(dtype=str)[is_used],
        marker=name,
        event=event,
        unit=str(units.iloc[0]) if len(units) else "",
        **missing,
    )


def _refuse_zeros(name: str, missing: Mapping[str, Mapping[str, int]]) -> None:
    """Refuse values that are all zero for being equal: they were measured, and none is missing."""
    count = missing["missing"].get(ALL_ZERO, 0)
    if not count:
        return
    rest = {
        which: {cause: n for cause, n in by_cause.items() if cause != ALL_ZERO}
        for which, by_cause in missing.items()
    }
    all_are = f"All {count} values of {name} are zero and equal"
    if count == 1:
        all_are = f"The only value of {name} is zero"
    sentence = f"{all_are}, so nothing can be compared. {left_out(**rest)}".strip()
    raise Refused(Reason.ALL_TIED, sentence)


def _on_scale(rows: pd.DataFrame, name: str, transform: str) -> Marker:
    """Put a marker on the scale of the contrast, or refuse to."""
    if transform not in TRANSFORMS:
        sentence = f"The transform {transform!r} is unknown; it is log2 or none."
        raise Refused(Reason.UNKNOWN_TRANSFORM, sentence)
    if transform == "log2" and is_difference(name.partition("@")[0]):
        sentence = (
            f"{name} is a difference that may be negative, so it has no logarithm; compare it with "
            "the transform none."
        )
        raise Refused(Reason.NEGATIVE_VALUES, sentence)
    try:
        return read_marker(rows, transform)
    except NotOnLogScale as error:
        sentence = f"{name}: {error}; compare it with the transform none."
        raise Refused(Reason.NEGATIVE_VALUES, sentence) from error


def _missing(cause: np.ndarray, endpoint: pd.Series) -> dict[str, dict[str, int]]:
    """Count who is left out by cause: altogether, and of each group those who lack a value."""
    is_known = endpoint.notna().to_numpy()
    counts = {
        "missing": Counter(cause[is_known]) + Counter({ENDPOINT_CAUSE: int((~is_known).sum())}),
        "missing_events": Counter(cause[endpoint.to_numpy() == 1]),
        "missing_non_events": Counter(cause[endpoint.to_numpy() == 0]),
    }
    return {
        name: {why: by_cause[why] for why in sorted(by_cause) if why and by_cause[why]}
        for name, by_cause in counts.items()
    }


def values_table(contrast: Contrast, groups: Groups) -> pd.DataFrame:
    """Return the values of a contrast by patient, back on the scale of measurement."""
    censored = np.where(groups.side == BELOW, "below", "above")
    return pd.DataFrame(
        {
            "contrast": contrast.id,
            "patient": groups.patients,
            "group": np.where(groups.is_event, "event", "non-event"),
            "value": groups.measured,
            "censored": np.where(groups.side == OBSERVED, "", censored),
            "unit": groups.unit,
        }
    )


def _is_given(value) -> bool:
    return value is not None and not (isinstance(value, float) and np.isnan(value))
