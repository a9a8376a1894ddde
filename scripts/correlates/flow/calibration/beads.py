"""One tube of calibration beads, from its bytes to its peaks."""

import hashlib
from dataclasses import asdict
from pathlib import Path

import numpy as np

from correlates.flow.calibration.peaks import (
    cofactor_of,
    density_of,
    find_peaks,
    single_beads,
)
from correlates.flow.gating.events import Events
from correlates.flow.gating.gates import UNCOMPENSATED
from correlates.flow.templates.panel import names_itself
from correlates.intake.fcs.findings import ERROR, FcsError
from correlates.intake.fcs.reader import FcsFile, read_header
from correlates.intake.fcs.verdict import REFUSED, examine

PEAK_COLUMNS = ("channel", "peak", "median", "low", "high", "rsd", "n", "share", "flags")
_POINTS = 160
_SCATTER = ("FSC-A", "FSC-H", "SSC-A")


def read_beads(path: str | Path, sha256: str) -> tuple[list[dict], dict]:
    """Read a bead tube; whatever the file holds, the answer is peaks or a reason.

    Parameters
    ----------
    path
        The FCS file.
    sha256
        Digest that its content had when the run was planned.

    Returns
    -------
    Rows with `PEAK_COLUMNS`; and ``reason`` (empty where the file was read), ``channels``,
    ``n_events``, ``n_single`` and by channel the density that a plot shows.
    """
    try:
        reason = _why_not(path, sha256)
        return ([], _nothing(reason)) if reason else _read(read_header(path))
    except FcsError as error:
        return [], _nothing(f"{error.finding.message} {error.finding.remedy}")


def _why_not(path: str | Path, sha256: str) -> str:
    try:
        with Path(path).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."
    if found != sha256:
        return "The file changed between the planning of the run and its reading."
    verdict = examine(path)
    grave = [one for one in verdict.findings if one.severity == ERROR]
    return " ".join(one.message for one in grave) if verdict.verdict == REFUSED else ""


def _nothing(reason: str) -> dict:
    return {"reason": reason, "channels": [], "n_events": 0, "n_single": 0, "density": {}}


def _read(header: FcsFile) -> tuple[list[dict], dict]:
    events = Events.of_file(header, None)
    columns = {one.name: events.values(one.name, UNCOMPENSATED) for one in header.channels}
    by_name = {name.upper(): values for name, values in columns.items()}
    scatter = {name: by_name[name] for name in _SCATTER if name in by_name}
    kept = single_beads(scatter) if scatter else np.ones(events.n_events, dtype=bool)
    rows, density = [], {}
    for channel in header.channels:
        if names_itself(channel.name):
            continue
        values = np.asarray(columns[channel.name], float)[kept]
        for number, peak in enumerate(find_peaks(values, channel.range), start=1):
            about = {"channel": channel.name, "peak": number, "n": peak.n, "share": peak.share}
            rows.append(about | asdict(peak.centre) | {"flags": ";".join(peak.flags)})
        density[channel.name] = _density(values[np.isfinite(values)])
    seen = {"reason": "", "channels": list(columns), "n_events": int(events.n_events)}
    return rows, seen | {"n_single": int(np.count_nonzero(kept)), "density": density}


def _density(values: np.ndarray) -> dict:
    """Return what a plot shows of a channel: an asinh scale, and the density on it."""
    if not len(values):
        return {"cofactor": 1.0, "position": [], "events": []}
    cofactor = cofactor_of(values)
    grid, density = density_of(np.arcsinh(values / cofactor))
    places = np.linspace(grid[0], grid[-1], _POINTS)
    events = np.interp(places, grid, density)
    return {
        "cofactor": cofactor,
        "position": [round(float(place), 4) for place in places],
        "events": [round(float(value), 3) for value in events],
    }
