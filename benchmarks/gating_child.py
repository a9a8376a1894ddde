"""One run of the gating benchmark: ``gating_child.py flowkit|ours|job|template folder [option]``.

The option is ``medians`` or a file of members (``members.npz``) for the first two, and the digest
of the FCS file's content for ``job`` (fixed gates) and ``template`` (the shipped T/NK template).

A file of its own, so that the process holds nothing but what is measured.
"""

import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "resources" / "gating" / "tnk.csv"
FORBIDDEN = ("flowkit", "pandas", "scipy", "pyarrow", "sklearn", "scanpy")


def run_flowkit(folder: Path, members: Path | None) -> None:
    """Gate the file with FlowKit's own session."""
    import flowkit

    started = time.process_time()
    session = flowkit.Session(str(folder / "gates.xml"), fcs_samples=str(folder / "file.fcs"))
    session.analyze_samples()
    (name,) = session.get_sample_ids()
    results = session.get_gating_results(name)
    counts = dict(zip(results.report["gate_name"], results.report["count"], strict=True))
    (folder / "flowkit.tsv").write_text("".join(f"{key}\t{n}\n" for key, n in counts.items()))
    if members is not None:
        import numpy as np

        np.savez(members, **{key: np.packbits(results.get_gate_membership(key)) for key in counts})
    print(json.dumps({"in_process": time.process_time() - started}))


def run_ours(folder: Path, members: Path | None, with_medians: bool) -> None:
    """Read, compensate, gate and count the file, and print what it took in memory."""
    from correlates.flow.gating.compensation import of_spillover
    from correlates.flow.gating.evaluate import evaluate
    from correlates.flow.gating.events import Events
    from correlates.flow.gating.gates import FROM_FILE, from_json
    from correlates.intake.fcs.reader import read_header
    from correlates.tables import read_json, write_tsv

    imported, started = _peak_bytes(), time.process_time()
    strategy = from_json(read_json(folder / "gates.json"))
    header = read_header(folder / "file.fcs")
    events = Events.of_file(header, of_spillover(header.spillover))
    markers = header.spillover.channels if with_medians else ()
    gated = evaluate(strategy, events, [(channel, FROM_FILE) for channel in markers])
    rows = [{"population": key, "n": count} for key, count in gated.counts.items()]
    write_tsv(folder / "ours.tsv", ("population", "n"), rows)
    if with_medians:
        medians = gated.centres()
        rows = [
            {"population": key, "channel": channel, "median": value.median}
            for key, values in medians.items()
            for (channel, _), value in values.items()
        ]
        write_tsv(folder / "medians.tsv", ("population", "channel", "median"), rows)
    peak, seconds = _peak_bytes(), time.process_time() - started
    found = [name for name in FORBIDDEN if name in sys.modules]
    if found:
        msg = f"the job of one file imports {', '.join(found)}"
        raise ImportError(msg)
    if members is not None:
        import numpy as np

        np.savez(members, **gated.packed)
    print(json.dumps({"imported": imported, "peak": peak, "in_process": seconds}))


def run_job(folder: Path, file: str, gating: Path, markers: dict[str, str], sha256: str) -> None:
    """Run all that the workflow's job of one file does: also digest, checks, medians and figure."""
    from types import SimpleNamespace

    import gate_sample

    imported = _peak_bytes()
    outputs, settings = _of_the_rule()
    gate_sample.main(
        SimpleNamespace(
            input=SimpleNamespace(gating=str(gating), thresholds=[], verdicts=[]),
            params=SimpleNamespace(
                path=str(folder / file),
                content=sha256,
                markers=markers,
                aliases={},
                compensation="file",
                tube="full",
                threshold_tubes=[],
                overrides=[],
                quantiles_of=None,
                events={},
                **settings,
            ),
            wildcards=SimpleNamespace(acquisition="P1_C0D1__bench__full"),
            output=SimpleNamespace(**{name: str(folder / f"job_{name}") for name in outputs}),
        )
    )
    print(json.dumps({"imported": imported, "peak": _peak_bytes()}))


def _of_the_rule() -> tuple[list[str], dict]:
    """Return the names of the rule's outputs, and its settings as the project ships them."""
    import yaml

    rules = (ROOT / "workflow" / "rules" / "flow.smk").read_text(encoding="utf-8")
    rule = re.search(r"^rule gate_sample:\n(.*?)^rule ", rules, flags=re.M | re.S)[1]
    outputs = re.search(r"^    output:\n(.*?)^    log:", rule, flags=re.M | re.S)[1]
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    settings = {}
    for name, path in re.findall(r'(\w+)=lookup\(dpath="([\w/]+)"', rule):
        settings[name] = config
        for key in path.split("/"):
            settings[name] = settings[name][key]
    return re.findall(r'(\w+)="results/', outputs), settings


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
        run_job(Path(folder), "file.fcs", Path(folder) / "source.json", {}, option)
    elif role == "template":
        markers = json.loads((Path(folder) / "markers.json").read_text())
        run_job(Path(folder), "simulated.fcs", TEMPLATE, markers, option)
    else:
        run_ours(Path(folder), members, option == "medians")


if __name__ == "__main__":
    main()
