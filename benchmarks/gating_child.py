"""One run of the gating benchmark: ``gating_child.py flowkit|ours|job folder [option]``.

The option is ``medians`` or a file of members (``members.npz``) for the first two, and the digest
of the FCS file's content for ``job``.

A file of its own, so that the process holds nothing but what is measured.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

FORBIDDEN = ("flowkit", "pandas", "scipy", "pyarrow", "sklearn", "scanpy")


def run_flowkit(folder: Path, members: Path | None) -> None:
    """Gate the file with FlowKit's own session."""
    import flowkit

    session = flowkit.Session(str(folder / "gates.xml"), fcs_samples=str(folder / "file.fcs"))
    session.analyze_samples()
    (name,) = session.get_sample_ids()
    results = session.get_gating_results(name)
    counts = dict(zip(results.report["gate_name"], results.report["count"], strict=True))
    (folder / "flowkit.tsv").write_text("".join(f"{key}\t{n}\n" for key, n in counts.items()))
    if members is not None:
        import numpy as np

        np.savez(members, **{key: np.packbits(results.get_gate_membership(key)) for key in counts})


def run_ours(folder: Path, members: Path | None, with_medians: bool) -> None:
    """Read, compensate, gate and count the file, and print what it took in memory."""
    from correlates.flow.gating.compensation import of_spillover
    from correlates.flow.gating.evaluate import evaluate
    from correlates.flow.gating.events import Events
    from correlates.flow.gating.gates import FROM_FILE, from_json
    from correlates.intake.fcs.reader import read_header
    from correlates.tables import read_json, write_tsv

    imported = _peak_bytes()
    strategy = from_json(read_json(folder / "gates.json"))
    header = read_header(folder / "file.fcs")
    events = Events.of_file(header, of_spillover(header.spillover))
    markers = header.spillover.channels if with_medians else ()
    gated = evaluate(strategy, events, [(channel, FROM_FILE) for channel in markers])
    rows = [{"population": key, "n": count} for key, count in gated.counts.items()]
    write_tsv(folder / "ours.tsv", ("population", "n"), rows)
    if with_medians:
        medians = gated.medians()
        rows = [
            {"population": key, "channel": channel, "median": value}
            for key, values in medians.items()
            for (channel, _), value in values.items()
        ]
        write_tsv(folder / "medians.tsv", ("population", "channel", "median"), rows)
    peak = _peak_bytes()
    found = [name for name in FORBIDDEN if name in sys.modules]
    if found:
        msg = f"the job of one file imports {', '.join(found)}"
        raise ImportError(msg)
    if members is not None:
        import numpy as np

        np.savez(members, **gated.packed)
    print(json.dumps({"imported": imported, "peak": peak}))


def run_job(folder: Path, sha256: str) -> None:
    """Run all that the workflow's job of one file does: also digest, checks, medians and figure."""
    from types import SimpleNamespace

    import gate_sample

    imported = _peak_bytes()
    kinds = ("populations", "intensities", "thresholds", "scales", "cofactors", "combinations")
    kinds += ("verdict", "gates", "strategy", "figure", "events")
    gate_sample.main(
        SimpleNamespace(
            input=SimpleNamespace(gating=str(folder / "source.json"), thresholds=[], verdicts=[]),
            params=SimpleNamespace(
                path=str(folder / "file.fcs"),
                content=sha256,
                markers={},
                compensation="file",
                scale={"kind": "logicle", "w": "auto", "m": 4.5, "cofactor": "auto", "markers": {}},
                fmo_percentile=99.5,
                fmo_min_parent_events=1000,
                tube="full",
                threshold_tubes=[],
                events={},
                ics={"parents": ["t_cd8"], "functions": ["ifng"], "single": []},
            ),
            wildcards=SimpleNamespace(acquisition="P1_C0D1__bench__full"),
            output=SimpleNamespace(**{kind: str(folder / f"job_{kind}") for kind in kinds}),
        )
    )
    print(json.dumps({"imported": imported, "peak": _peak_bytes()}))


def _peak_bytes() -> int:
    """Return this process's peak memory so far; what its parent held before is not in it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    msg = "/proc/self/status gives no peak memory; this benchmark needs Linux."
    raise OSError(msg)


def main() -> None:
    """Run what the command line says."""
    role, folder, option = (*sys.argv[1:], "")[:3]
    members = Path(option) if option.endswith(".npz") else None
    if role == "flowkit":
        run_flowkit(Path(folder), members)
    elif role == "job":
        run_job(Path(folder), option)
    else:
        run_ours(Path(folder), members, option == "medians")


if __name__ == "__main__":
    main()
