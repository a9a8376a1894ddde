"""The files of the simulated cohort: FCS 3.1 that others read, and sheets that fit them."""

import hashlib

import flowio
import flowkit
import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from correlates.intake.acquisitions import SAMPLE
from correlates.intake.plan import make_plan
from correlates.simulate import fcs_writer
from correlates.simulate.cohort import simulate_cohort
from correlates.simulate.fcs_writer import spillover_keyword, write_fcs
from correlates.simulate.panel import CHANNELS, FLUORESCENCE, MARKERS, PANEL
from correlates.tables import read_tsv


def of_panel(rows):
    """Return the rows of the T/NK panel; assays beside flow add tubes of their own."""
    return [row for row in rows if row["panel"] == PANEL]


def digests(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    simulate_cohort(folder, n_patients=3, n_events=500, seed=11)
    return folder


@pytest.fixture(scope="module")
def first_file(cohort):
    return flowio.FlowData(str(cohort / "fcs" / "P01_C0D1_tnk.fcs"))


def test_the_same_seed_gives_the_same_bytes_in_every_file(cohort, tmp_path):
    simulate_cohort(tmp_path, n_patients=3, n_events=500, seed=11)

    assert digests(tmp_path) == digests(cohort)


def test_another_seed_gives_other_events(cohort, tmp_path):
    simulate_cohort(tmp_path, n_patients=3, n_events=500, seed=12)

    ours, theirs = digests(tmp_path), digests(cohort)
    assert not {ours[name] for name in ours if name.endswith(".fcs")} & set(theirs.values())


def test_the_panel_is_read_back_by_flowio(first_file):
    assert first_file.pnn_labels == list(CHANNELS)
    assert [label for label in first_file.pns_labels if label] == list(MARKERS)
    assert first_file.version == "3.1"
    assert set(first_file.pnr_values) == {262144.0}
    assert 450 <= first_file.event_count <= 550


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("correlates_simulated", "1"),
        ("cyt", "Simulated"),
        ("timestep", "0.01"),
        ("datatype", "F"),
        ("mode", "L"),
    ],
)
def test_a_keyword_stands_in_the_file(first_file, keyword, value):
    assert first_file.text[keyword] == value


def test_nothing_in_a_file_tells_whose_it_is(cohort):
    names, dates = {}, set()
    for path in sorted((cohort / "fcs").iterdir()):
        text = flowio.FlowData(str(path), only_text=True).text
        names.setdefault(text["fil"], []).append(path.name)
        dates |= {"date", "btim", "src"} & set(text)
        assert "P01" not in " ".join(text.values())

    assert min(len(files) for files in names.values()) > 1
    assert not dates


def test_time_ascends_in_ticks(first_file):
    ticks = first_file.as_array(preprocess=False)[:, CHANNELS.index("Time")]

    assert np.all(np.diff(ticks) >= 0)
    assert np.all(ticks == np.floor(ticks))


def test_the_spillover_matrix_is_read_back(first_file):
    count, *rest = first_file.text["spillover"].split(",")
    matrix = np.array(rest[int(count) :], dtype=float).reshape(int(count), int(count))

    assert rest[: int(count)] == list(FLUORESCENCE)
    assert np.all(np.diag(matrix) == 1)
    assert 0.15 < matrix[FLUORESCENCE.index("V500-A"), FLUORESCENCE.index("BV605-A")] < 0.6


def test_sheets_and_files_name_the_same_samples(cohort):
    samples = of_panel(read_tsv(cohort / "samples.tsv"))
    counted = {(row["patient"], row["visit"]) for row in read_tsv(cohort / "cbc.tsv")}
    patients = {row["patient"] for row in read_tsv(cohort / "patients.tsv")}

    assert all((cohort / "fcs" / f"{row['sample']}_tnk.fcs").is_file() for row in samples)
    assert len(samples) == len(list((cohort / "fcs").iterdir())) == 15
    assert {(row["patient"], row["visit"]) for row in samples} == counted
    assert {row["patient"] for row in samples} == patients


def test_the_demo_knows_recorded_days_and_batches(request, tmp_path):
    root = request.config.rootpath / "config"
    config = yaml.safe_load((root / "config.yaml").read_text())
    update_config(config, yaml.safe_load((root / "demo" / "config.yaml").read_text()))
    simulate_cohort(tmp_path / "data", n_patients=24, n_events=50, seed=1, assays=True)
    rows = read_tsv(tmp_path / "data" / "samples.tsv")

    plan = make_plan(config, root=tmp_path)

    # simulated defects of the assays are told of
    assert [one for one in plan.problems if one.stops != "nothing"] == []
    assert plan.listed == ()
    everything = [one for one in plan.acquisitions if one.role == SAMPLE]
    assert {one.study_day_source for one in everything} == {"recorded"}
    assert {one.sample for one in everything} == {row["sample"] for row in rows}
    samples = [one for one in everything if one.panel == PANEL]
    rows = of_panel(rows)
    assert {(one.sample, str(one.study_day), one.batch) for one in samples} == {
        (row["sample"], f"{row['study_day']}.0", row["batch"]) for row in rows
    }
    assert {one.specimen for one in samples} == {"fresh_wb"}
    batches = {one.batch for one in samples}
    assert len(batches) == 4
    assert {one.batch for one in plan.acquisitions if one.tube == "control"} == batches


def test_panels_name_every_channel_but_time(cohort):
    rows = of_panel(read_tsv(cohort / "panels.tsv"))

    assert {row["channel"] for row in rows} == set(CHANNELS) - {"Time"}
    assert {row["channel"] for row in rows if not row["marker"]} == {"FSC-A", "FSC-H", "SSC-A"}


def test_written_values_are_read_back_exactly(tmp_path):
    events = np.array([[-111.5, 0.0], [262143.0, 1e-3], [3.0, 4.0]], dtype=np.float32)
    write_fcs(tmp_path / "a.fcs", events, ["A", "B"], {"B": "CD3"}, {"$CYT": "x"}, 262144)

    back = flowio.FlowData(str(tmp_path / "a.fcs"))

    assert np.array_equal(back.as_array(preprocess=False), events)
    assert back.pns_labels == ["", "CD3"]


def test_header_and_text_state_the_same_offsets(cohort):
    content = (cohort / "fcs" / "P02_C1D1_tnk.fcs").read_bytes()
    fields = [int(content[10 + 8 * k : 18 + 8 * k]) for k in range(6)]
    text = content[fields[0] : fields[1] + 1].decode()
    parts = text[1:-1].split(text[0])
    stated = dict(zip(parts[::2], parts[1::2], strict=True))

    assert text[0] == text[-1]
    assert fields[2:4] == [int(stated["$BEGINDATA"]), int(stated["$ENDDATA"])]
    assert fields[3] - fields[2] + 1 == 4 * int(stated["$PAR"]) * int(stated["$TOT"])
    assert len(content) == fields[3] + 1 + len("00000000")


def test_offsets_too_long_for_the_header_stand_in_the_text_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(fcs_writer, "_LARGEST_HEADER_OFFSET", 100)
    events = np.ones((4, 1), dtype=np.float32)
    write_fcs(tmp_path / "a.fcs", events, ["A"], {}, {}, 1024)

    assert (tmp_path / "a.fcs").read_bytes()[26:42] == b"       0       0"
    content = flowio.FlowData(str(tmp_path / "a.fcs"), ignore_offset_discrepancy=True)
    assert content.as_array(preprocess=False).tolist() == [[1.0]] * 4


@pytest.mark.parametrize(
    ("channels", "keywords", "message"),
    [
        pytest.param(["A"], {}, "do not fit 1 channels", id="a column without a channel"),
        pytest.param(["A", "B"], {"K": ""}, "'K'", id="an empty value is not FCS"),
        pytest.param(["A", "B"], {"K": "a\x0cb"}, "'K'", id="a value that holds the delimiter"),
    ],
)
def test_what_no_reader_could_read_is_not_written(tmp_path, channels, keywords, message):
    with pytest.raises(ValueError, match=message):
        write_fcs(tmp_path / "a.fcs", np.ones((2, 2)), channels, {}, keywords, 1024)

    assert not list(tmp_path.iterdir())


def test_spillover_is_written_row_by_row():
    assert spillover_keyword(["A", "B"], np.array([[1, 0.25], [0, 1]])) == "2,A,B,1,0.25,0,1"


def test_flowkit_reads_and_compensates_a_file_alike(cohort, first_file):
    sample = flowkit.Sample(str(cohort / "fcs" / "P01_C0D1_tnk.fcs"))
    sample.apply_compensation(sample.metadata["spillover"])
    count, *rest = first_file.text["spillover"].split(",")
    matrix = np.array(rest[int(count) :], dtype=float).reshape(int(count), int(count))
    dyes = [CHANNELS.index(channel) for channel in FLUORESCENCE]
    events = first_file.as_array(preprocess=False)

    theirs = sample.get_events("comp")

    assert theirs[:, dyes] == pytest.approx(events[:, dyes] @ np.linalg.inv(matrix), abs=0.01)
