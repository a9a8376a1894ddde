"""CPU and memory of clustering pooled events: FlowSOM's map, the graph of neighbours and Leiden.

    .venv/bin/python benchmarks/clustering.py [EVENTS ...]      200000, 500000 and 2000000 if none

Each size runs in a process of its own; CPU is user and system time of that whole process, imports
and compilation included, and memory is its peak. Events are simulated (13 markers, a clone of about
nine cells in ten); making them is not counted. UMAP is measured on the events that it places.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
SIZES = (200_000, 500_000, 2_000_000)
_PATIENTS, _PER_FILE = 6, 20_000
_JITTER = 0.01


def make_events(path: Path, most: int) -> None:
    """Write simulated events on the logicle scale; beyond them, drawn again and moved."""
    import numpy as np

    from correlates.flow.gating.compensation import of_spillover
    from correlates.flow.gating.events import Events
    from correlates.flow.gating.gates import FROM_FILE, Transform
    from correlates.flow.gating.transforms import apply
    from correlates.intake.fcs.reader import read_header
    from correlates.simulate.cohort import simulate_cohort
    from correlates.simulate.panel import FLUORESCENCE, MARKERS
    from correlates.simulate.populations import CODES, LEUKOCYTES
    from correlates.simulate.truth import read_labels

    simulate_cohort(path.parent, n_patients=_PATIENTS, n_events=_PER_FILE, seed=1)
    logicle = Transform("logicle", {"t": 262_144.0, "w": 0.5, "m": 4.5, "a": 0.0})
    parts = []
    for file in sorted((path.parent / "fcs").glob("*.fcs")):
        header = read_header(file)
        events = Events.of_file(header, of_spillover(header.spillover), hold=True)
        dyes = [d for d, m in zip(FLUORESCENCE, MARKERS, strict=True) if m != "Viability"]
        solved = np.column_stack([events.values(dye, FROM_FILE) for dye in dyes])
        labels = read_labels(path.parent / "truth" / "events" / f"{file.stem}.npz")
        parts.append(solved[np.isin(labels, [CODES[name] for name in LEUKOCYTES])])
    linear = np.concatenate(parts)
    pool = np.column_stack([apply(logicle, column) for column in linear.T]).astype(np.float32)
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, len(pool), max(most - len(pool), 0))
    moved = pool[drawn] + rng.normal(0, _JITTER, (len(drawn), pool.shape[1])).astype(np.float32)
    np.save(path, rng.permutation(np.concatenate([pool, moved])))


def child(path: str, count: int, with_umap: bool) -> None:
    """Cluster that many events and print what each stage cost."""
    import numpy as np

    from correlates.flow.clusters.atlas import versions
    from correlates.flow.clusters.frozen import MapAbout, fit_map
    from correlates.flow.clusters.graph import graph_of, leiden_labels, umap_places

    cost = {}

    def lap(name: str) -> None:
        cost[name] = round(time.process_time() - sum(cost.values()), 1)

    lap("imports")
    events = np.load(path, mmap_mode="r")[:count].copy()
    names = tuple(str(number) for number in range(events.shape[1]))
    tops = (262_144.0,) * len(names)
    about = MapAbout(
        *("bench", "cd45", names, tops, 0.5, 4.5, 10, 20, 1, True, 0.99),
        *(count, (), versions()),
    )
    frozen = fit_map(events, about)
    frozen.place(events)
    lap("map")
    graph, recall = graph_of(events, 15, 1)
    lap("neighbours")
    leiden_labels(graph, 0.1, 1)
    lap("leiden")
    if with_umap:
        umap_places(graph, 1)
        lap("umap")
    peak = next(
        int(line.split()[1]) / 1e6
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    total = round(time.process_time(), 1)
    said = cost | {"total": total, "peak_gb": round(peak, 2), "recall": round(recall, 4)}
    print(json.dumps(said))


def main() -> None:
    """Run what the command line says."""
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], int(sys.argv[3]), sys.argv[4] == "umap")
        return
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    print("| events | imports | map | neighbours | Leiden | CPU, s | peak, GB | recall |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.npy"
        make_events(path, max(*sizes, 50_000))
        for size in sizes:
            found = _run(path, size, "plain")
            keys = ("imports", "map", "neighbours", "leiden", "total", "peak_gb", "recall")
            print(f"| {size:,} | {' | '.join(str(found[key]) for key in keys)} |", flush=True)
        found = _run(path, 50_000, "umap")
        print(f"UMAP of 50,000 events: {found['umap']} s of CPU after {found['neighbours']} s.")


def _run(path: Path, size: int, kind: str) -> dict:
    command = [sys.executable, __file__, "child", str(path), str(size), kind]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
