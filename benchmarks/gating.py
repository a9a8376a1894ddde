"""Measure gating against FlowKit: whole processes, the same file and the same gates.

Each run is a process of its own that reads an FCS file of 18 channels, compensates, gates 25
populations and writes their counts; the figures of the whole job are those of all that the workflow
does with a file, and those of the template's job of the same with the quality steps and the
data-driven gates of the shipped T/NK template, on a simulated file of as many events. CPU time is
what the system charges a process, user and system; ``in_process`` leaves the imports out.
The last line is one JSON object with the keys ``100000``, ``500000`` and ``2000000`` (events).
"""

import argparse
import compileall
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent.parent / "scripts"))

# one thread, as a job of one core gets
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measured(role: str, folder: Path, *options: str) -> tuple[float, dict]:
    """Run one child and return its CPU seconds and what it printed last."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(HERE.with_name("gating_child.py")), role, str(folder), *options]
    done = subprocess.run(
        command, env={**os.environ, **_THREADS}, stdout=subprocess.PIPE, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    lines = done.stdout.strip().splitlines()
    return seconds, json.loads(lines[-1])


def compare(events: int, pairs: int) -> dict:
    """Return the figures for one file size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder, events)
        equal, populations = _equal_membership(folder)
        _say(f"{events} events, {populations} populations, equal membership: {equal}")
        flowkit, ours, medians, memory, jobs, templates, inside = [], [], [], [], [], [], []
        sha256, simulated = (_digest(folder / name) for name in ("file.fcs", "simulated.fcs"))
        for number in range(pairs):
            slow, theirs = measured("flowkit", folder)
            flowkit.append(slow)
            seconds, used = measured("ours", folder)
            inside.append((theirs["in_process"], used["in_process"]))
            ours.append(seconds)
            memory.append(used["peak"] - used["imported"])
            medians.append(measured("ours", folder, "medians"))
            jobs.append(measured("job", folder, sha256))
            templates.append(measured("template", folder, simulated))
            _say(
                f"  pair {number + 1} of {pairs}: FlowKit {flowkit[-1]:.2f} s, "
                f"ours {seconds:.3f} s, with medians {medians[-1][0]:.3f} s, "
                f"the whole job {jobs[-1][0]:.3f} s, by the template {templates[-1][0]:.3f} s"
            )
        size = (folder / "file.fcs").stat().st_size
        size_simulated = (folder / "simulated.fcs").stat().st_size
    with_medians = [seconds for seconds, _ in medians]
    peaks = [used["peak"] - used["imported"] for _, used in medians]
    whole = [used["peak"] - used["imported"] for _, used in jobs]
    return {
        "events": events,
        "populations": populations,
        "cpu_ratio_flowkit": _ratio(flowkit, ours),
        "cpu_ratio_flowkit_in_process": _ratio(*map(list, zip(*inside, strict=True))),
        "cpu_ratio_flowkit_with_medians": _ratio(flowkit, with_medians),
        "cpu_ratio_flowkit_whole_job": _ratio(flowkit, [seconds for seconds, _ in jobs]),
        "cpu_seconds_whole_job": round(statistics.median(seconds for seconds, _ in jobs), 3),
        "cpu_seconds_template_job": round(
            statistics.median(seconds for seconds, _ in templates), 3
        ),
        "cpu_seconds": round(statistics.median(ours), 3),
        "cpu_seconds_with_medians": round(statistics.median(with_medians), 3),
        "cpu_seconds_flowkit": round(statistics.median(flowkit), 3),
        "equal_membership": equal,
        "rss_ratio": round(max(memory) / size, 3),
        "rss_ratio_with_medians": round(max(peaks) / size, 3),
        "rss_ratio_whole_job": round(max(whole) / size, 3),
        "rss_ratio_template_job": round(
            max(used["peak"] - used["imported"] for _, used in templates) / size_simulated, 3
        ),
    }


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _ratio(slow: list[float], fast: list[float]) -> float:
    pairs = zip(slow, fast, strict=True)
    return round(statistics.median(one / other for one, other in pairs), 2)


def _prepare(folder: Path, events: int) -> None:
    from gating_case import strategy, write_events, write_simulated

    from correlates.flow.gating.gates import to_json
    from correlates.flow.gating.gatingml import write_gatingml
    from correlates.flow.sources import Fixed
    from correlates.tables import write_json

    # FlowKit was compiled when it was installed; the library is not installed
    compileall.compile_dir(HERE.parent.parent / "scripts" / "correlates", quiet=1)
    write_events(folder / "file.fcs", events)
    write_json(folder / "markers.json", write_simulated(folder / "simulated.fcs", events))
    write_gatingml(strategy(), folder / "gates.xml")
    write_json(folder / "gates.json", to_json(strategy()))
    write_json(folder / "source.json", Fixed(strategy()).to_json())


def _equal_membership(folder: Path) -> tuple[bool, int]:
    import numpy as np

    measured("flowkit", folder, str(folder / "flowkit.npz"))
    measured("ours", folder, str(folder / "ours.npz"))
    with np.load(folder / "flowkit.npz") as theirs, np.load(folder / "ours.npz") as ours:
        names = set(theirs.files)
        equal = names == set(ours.files) and all(
            np.array_equal(theirs[name], ours[name]) for name in names
        )
    return equal, len(names)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs")
    given = parser.parse_args()
    # one pair of the small file is at the mercy of whatever else the machine does
    pairs = {100_000: 5, 500_000: 5, 2_000_000: 5}
    if given.quick:
        pairs = {100_000: 3, 500_000: 1, 2_000_000: 1}
    print(json.dumps({str(events): compare(events, count) for events, count in pairs.items()}))


if __name__ == "__main__":
    main()
