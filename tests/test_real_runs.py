"""Whole runs on files that nobody in this project wrote, against what other programs counted."""

import re
import warnings

import flowio
import numpy as np
import pytest

from correlates.tables import read_tsv, write_tsv
from study import ROOT, Study

pytestmark = pytest.mark.workflow


def run_study(folder, rows, gating, **study):
    """Run the pipeline on files where they lie; one patient a row unless the row says otherwise."""
    project = Study(ROOT, folder)
    folder.mkdir(parents=True, exist_ok=True)
    clinical = ("patient", "lenalidomide_start_day", "response", "tfr_grade")
    patients = sorted({row["patient"] for row in rows})
    write_tsv(folder / "patients.tsv", clinical, [{"patient": patient} for patient in patients])
    write_tsv(folder / "samples.tsv", ("patient", "visit", "batch", "panel", "fcs"), rows)
    project.write_config(
        {
            "study": {
                "title": "Real files",
                "patients": "patients.tsv",
                "samples": "samples.tsv",
                "specimen": "cryo_pbmc",
                "gating": {panel: str(path) for panel, path in gating.items()},
                **study,
            },
            # The files are whole, however young a fresh copy makes them look.
            "intake": {"settle_minutes": 0},
        }
    )
    project.run_well()
    return project


@pytest.fixture(scope="module")
def omip021(real_data, tmp_path_factory):
    folder = real_data / "fcs" / "omip021"
    row = {"patient": "Donor1", "visit": "C0D1", "panel": "omip", "fcs": folder / "Donor1.fcs"}
    return run_study(
        tmp_path_factory.mktemp("omip"), [row], {"omip": folder / "OMIP021_samples_FlowJo.wsp"}
    )


@pytest.mark.parametrize(
    ("population", "flowjo"),
    [("Cells", 3687), ("CD4+", 1212), ("Debris", 457)],
)
def test_omip021_is_within_a_percent_of_flowjo(omip021, population, flowjo):
    rows = read_tsv(omip021.result("flow/reconciliation.tsv"))
    row = next(row for row in rows if row["path"].split("/")[-1] == population)

    assert int(row["flowjo"]) == flowjo
    assert int(row["ours"]) == pytest.approx(flowjo, rel=0.01)
    assert int(row["difference"]) == int(row["ours"]) - flowjo


def test_the_report_shows_the_difference_to_flowjo(omip021):
    page = omip021.result("report/report.html").read_text()

    assert "FlowJo" in page
    assert "3,687" in page
    assert "SIMULATED" not in page


@pytest.fixture(scope="module")
def coereba(real_data, tmp_path_factory):
    folder = real_data / "fcs" / "coereba"
    rows = []
    for file in sorted(folder.glob("*.fcs")):
        batch, patient = re.search(r"_AB_(\d\d)_([A-Z]+\d+)_", file.name).groups()
        # The control donor was drawn once in each batch.
        rows.append({"patient": patient, "visit": f"UNS{int(batch)}", "batch": batch})
        rows[-1] |= {"panel": "spectral", "fcs": file}
    return run_study(tmp_path_factory.mktemp("coereba"), rows, {"spectral": folder / "CytoML.wsp"})


def test_files_that_share_fil_all_survive(coereba):
    files = read_tsv(coereba.result("intake/files.tsv"))

    assert len(files) == 16
    assert {row["state"] for row in files} <= {"accepted", "accepted_with_warning"}
    assert len({row["patient"] for row in files}) == 13


def test_every_count_of_the_workspace_is_matched_exactly(coereba):
    rows = read_tsv(coereba.result("flow/reconciliation.tsv"))

    assert len({row["acquisition"] for row in rows}) == 16
    assert {row["verdict"] for row in rows} == {"exact"}


@pytest.mark.parametrize(
    ("patient", "batch", "expected"),
    [
        ("INF052", 2, 52),
        ("INF100", 2, 70),
        ("INF179", 2, 14),
        ("NY068", 2, 311),
        ("NY068", 3, 335),
        ("NY068", 4, 310),
        ("NY068", 5, 329),
    ],
)
def test_vd2_cells_of_the_control_donor_and_others(coereba, patient, batch, expected):
    path = f"flow/populations/{patient}_UNS{batch}__spectral__full.tsv"
    rows = read_tsv(coereba.result(path))

    assert [int(row["n"]) for row in rows if row["population"].endswith("Vd2")] == [expected]


def test_gatingml_truth_through_the_whole_run(real_data, tmp_path):
    folder = real_data / "fcs" / "gate_ref"
    row = {"patient": "P1", "visit": "C0D1", "panel": "gml", "fcs": folder / "data1.fcs"}

    study = run_study(tmp_path / "study", [row], {"gml": folder / "gml" / "gml_all_gates.xml"})

    rows = read_tsv(study.result("flow/populations/P1_C0D1__gml__full.tsv"))
    ours = {row["population"]: int(row["n"]) for row in rows}
    truth = {
        path.stem.removeprefix("Results_"): int(np.loadtxt(path, dtype=int).sum())
        for path in (folder / "truth").glob("*.txt")
    }
    # The set holds the truth of two gates that its GatingML file does not.
    absent = {"Ellipsoid3D", "ParQuadRect"}
    assert set(truth) - set(ours) == absent
    assert {name: ours[name] for name in set(truth) - absent} == {
        name: count for name, count in truth.items() if name not in absent
    }


AWKWARD = {
    "Data003.fcs": "24-bit integers",
    "Gates_PTLG021_Unstim_Control_1.fcs": "mass cytometry",
    "SG_2014-09-26_Duplicate_Names.fcs": "one byte off",
    "corrupted.fcs": "not an FCS file",
    "coulter.lmd": "2 data sets",
    "data_start_offset_discrepancy_example.fcs": "takes it for text",
    "fcs1_cleaned.lmd": "No channel holds CD999 (XY999-A)",
    "index_sorted_example.fcs": "index-sorting",
    "sample_01.fcs": "git-lfs pointer",
    "sample_header.fcs": "0 of 20,000 events",
    "variable_int_example.fcs": "takes it for text",
}


def test_every_awkward_file_gets_its_verdict_and_stops_nothing(real_data, tmp_path):
    files = sorted((real_data / "fcs" / "awkward").glob("[!.]*"))
    rows = [
        {"patient": f"P{number}", "visit": "C0D1", "panel": "one", "fcs": file}
        for number, file in enumerate(files)
    ]
    folder = tmp_path / "study"
    folder.mkdir()
    # A marker that none of them is stained with: whatever can be read is refused for its channel.
    (folder / "one.csv").write_text(
        "alias,pop,parent,dims,gating_method,gating_args\nbright,+,root,CD999,boundary,min=1000\n"
    )
    (folder / "panels.tsv").write_text("panel\tchannel\tmarker\none\tXY999-A\tCD999\n")

    study = run_study(folder, rows, {"one": "one.csv"}, panels="panels.tsv")

    listed = read_tsv(study.result("intake/files.tsv"))
    found = {row["path"].split("/")[-1]: row for row in listed}
    assert set(found) == set(AWKWARD)
    for name, words in AWKWARD.items():
        assert found[name]["state"] == "refused"
        assert words in found[name]["reason"]
        assert found[name]["remedy"]
    assert study.result("report/report.html").exists()


# Awkward files that can be gated: forward scatter, a bound within its range, and the verdict.
READABLE = {
    "Data003.fcs": ("FSC", 310, "accepted_with_warning"),
    "SG_2014-09-26_Duplicate_Names.fcs": ("FSC-A", 15, "accepted_with_warning"),
    "coulter.lmd": ("FS Lin", 200, "accepted_with_warning"),
    "fcs1_cleaned.lmd": ("FS INT LIN", 264, "accepted_with_warning"),
    "index_sorted_example.fcs": ("FSC-A", 80_000, "accepted_with_warning"),
}


@pytest.fixture(scope="module")
def scattered(real_data, tmp_path_factory):
    """One gate on the forward scatter of each awkward file that can be read."""
    folder = tmp_path_factory.mktemp("scatter")
    rows, panels, gating = [], [], {}
    for number, (name, (channel, bound, _)) in enumerate(READABLE.items()):
        panel = f"p{number}"
        file = real_data / "fcs" / "awkward" / name
        rows.append({"patient": f"P{number}", "visit": "C0D1", "panel": panel, "fcs": file})
        panels.append({"panel": panel, "channel": channel, "marker": "size"})
        gating[panel] = f"{panel}.csv"
        (folder / f"{panel}.csv").write_text(
            "alias,pop,parent,dims,gating_method,gating_args\n"
            f"large,+,root,size,boundary,min={bound}\n"
        )
    write_tsv(folder / "panels.tsv", ("panel", "channel", "marker"), panels)
    return run_study(folder, rows, gating, panels="panels.tsv")


@pytest.mark.parametrize(("name", "state"), [(name, row[2]) for name, row in READABLE.items()])
def test_an_awkward_file_that_can_be_read_is_gated(scattered, real_data, name, state):
    channel, bound, _ = READABLE[name]
    number = list(READABLE).index(name)

    listed = read_tsv(scattered.result("intake/files.tsv"))
    rows = read_tsv(scattered.result(f"flow/populations/P{number}_C0D1__p{number}__full.tsv"))

    (found,) = [row for row in listed if row["path"].endswith(name)]
    assert found["state"] == state
    expected = forward_scatter(real_data / "fcs" / "awkward" / name, channel)
    assert [int(row["n"]) for row in rows] == [len(expected), int((expected >= bound).sum())]
    # the cleaned file holds one event over and over
    assert 0.05 < (expected >= bound).mean() < 0.95 or len(np.unique(expected)) == 1


def forward_scatter(path, channel):
    """Read a column by FlowIO; it reads no 24-bit integers, so those are taken apart here."""
    if path.name == "Data003.fcs":
        # 25,000 events of 8 channels, 3 bytes each, from byte 4096; FSC is the second
        stored = np.frombuffer(path.read_bytes()[4096:604096], np.uint8).reshape(25000, 8, 3)
        return stored[:, 1].astype(int) @ [65536, 256, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = flowio.read_multiple_data_sets(str(path), ignore_offset_error=True)[0]
    return data.as_array()[:, data.pnn_labels.index(channel)]


def test_a_workspace_that_cannot_be_read_is_told_of_with_every_file(real_data, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "broken.wsp").write_text("<Workspace flowJoVersion='10.8'><SampleList>")
    file = real_data / "fcs" / "omip021" / "Donor1.fcs"
    row = {"patient": "Donor1", "visit": "C0D1", "panel": "omip", "fcs": file}

    study = run_study(folder, [row], {"omip": "broken.wsp"})

    (listed,) = read_tsv(study.result("intake/files.tsv"))
    assert listed["state"] == "refused"
    assert "broken.wsp" in listed["reason"]
    assert "broken.wsp" in study.result("report/report.html").read_text()
