"""The FCS reader, against FlowIO on real files and against hand-made bytes."""

import os
import subprocess
import sys
from pathlib import Path

import flowio
import numpy as np
import pytest

import correlates
from correlates.intake.fcs.keywords import finite_number, parse_keywords, whole_number
from correlates.intake.fcs.reader import FcsError, read_header
from fcs_maker import make_fcs

ALLOWED = {"numpy", "correlates"}


@pytest.fixture
def written(tmp_path):
    """Return a function that writes an FCS file and gives its path."""

    def write(*args, **kwargs):
        path = tmp_path / "made.fcs"
        path.write_bytes(make_fcs(*args, **kwargs))
        return path

    return write


REAL = [
    ("gate_ref/data1.fcs", {}),
    ("omip021/Donor1.fcs", {}),
    ("spleen_68983/68983.fcs", {}),
    ("hiv_t_memory/100715.fcs", {}),
    ("awkward/fcs1_cleaned.lmd", {}),
    ("awkward/index_sorted_example.fcs", {}),
    ("awkward/Gates_PTLG021_Unstim_Control_1.fcs", {}),
    ("awkward/SG_2014-09-26_Duplicate_Names.fcs", {"ignore_offset_error": True}),
    ("awkward/coulter.lmd", {"ignore_offset_error": True, "nextdata_offset": 0}),
    ("awkward/data_start_offset_discrepancy_example.fcs", {"ignore_offset_discrepancy": True}),
    ("awkward/variable_int_example.fcs", {}),
]


@pytest.mark.filterwarnings("ignore:FCS file .* reported incorrect data offset")
@pytest.mark.parametrize(("name", "flags"), REAL, ids=[name for name, _ in REAL])
def test_values_equal_those_of_flowio(real_data, name, flags):
    path = real_data / "fcs" / name

    file = read_header(path)

    assert_equals_flowio(file, path, flags)


def test_values_of_spectral_files_equal_those_of_flowio(real_data):
    paths = sorted((real_data / "fcs" / "coereba").glob("*.fcs"))
    assert len(paths) == 16

    for path in paths:
        assert_equals_flowio(read_header(path), path, {})


def assert_equals_flowio(file, path, flags):
    theirs = flowio.FlowData(path, **flags)
    if whole_number(theirs.text.get("timestep")) is None:
        # FlowIO stops at a time step that is no number; ours leaves the ticks
        theirs.text["timestep"] = str(finite_number(theirs.text.get("timestep")) or 1.0)
    expected = theirs.as_array()

    ours = file.events()

    assert file.names == tuple(name.strip() for name in theirs.pnn_labels)
    assert file.n_events == len(expected)
    # a single-precision file stays single: every value is FlowIO's, rounded once
    np.testing.assert_array_equal(ours, expected.astype(file.dtype))
    np.testing.assert_array_equal(file.events(scale=False), theirs.as_array(preprocess=False))


def test_real_24_bit_integers_are_decoded(real_data):
    path = real_data / "fcs" / "awkward" / "Data003.fcs"
    stored = path.read_bytes()[4096:604096]

    file = read_header(path)
    events = file.events()

    assert file.names == ("TIME", "FSC", "SSC", "FL1", "FL2", "FL3", "FSCW", "FSCA")
    by_hand = [int.from_bytes(stored[i : i + 3], "big") for i in range(0, 600000, 3)]
    raw = np.array(by_hand).reshape(25000, 8)
    np.testing.assert_array_equal(file.events(scale=False), raw)
    np.testing.assert_array_equal(events[:, 1], raw[:, 1])
    np.testing.assert_allclose(events[:, 0], raw[:, 0] * 0.1)
    np.testing.assert_allclose(events[:, 3], 10 ** (4 * raw[:, 3] / 1024))


@pytest.mark.parametrize("big_endian", [True, False], ids=["big endian", "little endian"])
@pytest.mark.parametrize("bits", [8, 16, 24, 32, 40, 48, 64])
def test_integers_of_every_width_are_decoded(written, bits, big_endian):
    largest = 2 ** min(bits, 53) - 1  # beyond, a double cannot hold every integer
    events = [[0, 1], [largest, largest - 1], [3, 2 ** (bits - 2)]]

    path = written(events, ["A", "B"], datatype="I", bits=[bits, bits], big_endian=big_endian)

    assert read_header(path).events().tolist() == events


@pytest.mark.parametrize("big_endian", [True, False], ids=["big endian", "little endian"])
def test_each_channel_may_have_its_own_width(written, big_endian):
    events = [[1, 2, 3, 4], [255, 65535, 16777215, 4294967295]]

    path = written(events, list("ABCD"), datatype="I", bits=[8, 16, 24, 32], big_endian=big_endian)

    file = read_header(path)
    assert file.events().tolist() == events
    assert [finding.code for finding in file.findings] == ["integer_24bit", "odd_width"]


@pytest.mark.parametrize("datatype", ["F", "D"])
@pytest.mark.parametrize("big_endian", [True, False], ids=["big endian", "little endian"])
def test_floating_point_numbers_are_read_in_either_order(written, datatype, big_endian):
    events = np.array([[0.1, -250.5], [1e5, 3.0]], "f4" if datatype == "F" else "f8")

    file = read_header(written(events, ["A", "B"], datatype=datatype, big_endian=big_endian))

    assert file.dtype == events.dtype
    assert file.events().dtype.isnative
    np.testing.assert_array_equal(file.events(), events)


def test_a_channel_of_another_type_is_read_as_fcs_3_2_allows(written):
    # the first channel's four bytes are an integer, the second's a number of single precision
    stored = np.array([[np.uint32(7).view("f4"), 2.5]], "f4")

    file = read_header(written(stored, ["A", "B"], keywords={"$P1DATATYPE": "I"}))

    assert file.events().tolist() == [[7.0, 2.5]]


@pytest.mark.parametrize(
    ("stored", "keywords", "expected"),
    [
        pytest.param(512, {"$P1E": "4,1", "$P1R": "1024"}, 100.0, id="half of four decades"),
        pytest.param(512, {"$P1E": "4,0", "$P1R": "1024"}, 100.0, id="log of nothing means 1"),
        pytest.param(512, {"$P1E": "4.0,0.1", "$P1R": "1024"}, 10.0, id="log from a tenth"),
        pytest.param(300, {"$P1G": "4"}, 75.0, id="gain divides"),
        pytest.param(300, {"$P1G": "0"}, 300.0, id="no gain is 1"),
        pytest.param(300, {"$P1G": "x"}, 300.0, id="an unreadable gain is 1"),
        pytest.param(1025, {"$P1R": "1024"}, 1.0, id="bits above the range do not count"),
        pytest.param(1025, {"$P1R": "1025"}, 1025.0, id="a range between powers of two"),
        pytest.param(1025, {"$P1R": "0"}, 1025.0, id="no range masks nothing"),
        pytest.param(300, {"$TIMESTEP": "0.01"}, 300.0, id="a time step is for Time only"),
    ],
)
def test_integers_come_to_the_linear_scale(written, stored, keywords, expected):
    path = written([[stored]], ["FL1"], datatype="I", keywords=keywords)

    assert read_header(path).events()[0, 0] == pytest.approx(expected, rel=1e-12)


def test_time_is_in_seconds_and_has_no_gain(written):
    path = written([[200.0]], ["Time"], keywords={"$TIMESTEP": "0.01", "$P1G": "0.01"})

    assert read_header(path).events()[0, 0] == pytest.approx(2.0)


def test_single_precision_gives_way_where_a_channel_is_rescaled(written):
    stored = np.array([[0.1]], "f4")

    file = read_header(written(stored, ["FL1"], keywords={"$P1G": "3"}))

    assert file.dtype == np.float64
    assert file.events()[0, 0] == np.float64(stored[0, 0]) / 3


@pytest.mark.parametrize("datatype", ["F", "I"])
def test_a_part_of_the_events_is_read_by_itself(written, monkeypatch, datatype):
    monkeypatch.setattr("correlates.intake.fcs.data._CHUNK_EVENTS", 3)
    events = np.arange(20).reshape(10, 2)
    file = read_header(written(events, ["A", "B"], datatype=datatype))

    np.testing.assert_array_equal(file.events(), events)
    np.testing.assert_array_equal(file.events(2, 7), events[2:7])
    np.testing.assert_array_equal(file.events(8), events[8:])
    assert file.events(8, 100).shape == (2, 2)
    assert file.events(5, 5).shape == (0, 2)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"/$A/1/b/2/", {"$A": "1", "B": "2"}, id="names are upper-cased"),
        pytest.param(b"/$A/x//y/", {"$A": "x/y"}, id="a doubled delimiter is the character"),
        pytest.param(b"/$A/x///B/y/", {"$A": "x/", "B": "y"}, id="three: the character, the end"),
        pytest.param(b"|$A|1|$B|2", {"$A": "1", "$B": "2"}, id="the last delimiter may be missing"),
        pytest.param(b"\x0c$A\x0c1\x0c   \r\n", {"$A": "1"}, id="padding after the end"),
        pytest.param(
            b"/$A//$B/2/$C//$D/4/",
            {"$A": "", "$B": "2", "$C": "", "$D": "4"},
            id="empty values where only that reading names the keywords",
        ),
        pytest.param(
            b"/$A/a//b/$C/3/", {"$A": "a/b", "$C": "3"}, id="no empty values with empty names"
        ),
        pytest.param("/$A/µ/".encode(), {"$A": "µ"}, id="UTF-8"),
        pytest.param("/$A/µ/".encode("latin-1"), {"$A": "µ"}, id="Latin-1"),
        pytest.param(b"/$A/1/$A/2/", {"$A": "2"}, id="the last of a repeated keyword"),
        pytest.param(b"/$A/1/left over", {"$A": "1"}, id="a name without a value is dropped"),
    ],
)
def test_keywords_are_told_apart(raw, expected):
    assert parse_keywords(raw)[0] == expected


@pytest.mark.parametrize("raw", [b"", b"$A/1/", b"/", b"//////"])
def test_text_without_keywords_is_refused(raw):
    with pytest.raises(FcsError) as caught:
        parse_keywords(raw)

    assert caught.value.code == "bad_text"


def test_supplemental_text_is_read(written):
    path = written([[1.0]], ["A"], supplement={"OPERATOR NOTE": "a/b", "$PAR": "9"})

    file = read_header(path)

    assert file.keywords["OPERATOR NOTE"] == "a/b"
    assert file.keywords["$PAR"] == "1"
    assert file.events().tolist() == [[1.0]]


@pytest.mark.parametrize("key", ["$SPILLOVER", "SPILLOVER", "SPILL"])
def test_the_spillover_matrix_is_read(written, key):
    path = written([[1.0] * 3], ["FSC-A", "B/1", "C"], keywords={key: "2,B/1,C,1,0.1,0.02,1"})

    spillover = read_header(path).spillover

    assert spillover.channels == ("B/1", "C")
    assert spillover.matrix.tolist() == [[1, 0.1], [0.02, 1]]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2,A,B,1,0,0", id="too few numbers"),
        pytest.param("2,A,B,1,0,x,1", id="not a number"),
        pytest.param("2,A,Z,1,0,0,1", id="an unknown channel"),
        pytest.param("2,A,A,1,0,0,1", id="a channel twice"),
        pytest.param("2,A,B,1,0,nan,1", id="not a finite number"),
        pytest.param("2,A,B,1,1,1,1", id="rows that are alike"),
        pytest.param("2,A,B,100,5,10,100", id="in percent"),
        pytest.param("2,A,B,1,0,0,0", id="a row of nothing"),
        pytest.param("0", id="no channels"),
        pytest.param("99999999999999", id="absurdly many channels"),
    ],
)
def test_an_unusable_spillover_matrix_is_told(written, value):
    file = read_header(written([[1.0, 2.0]], ["A", "B"], keywords={"SPILL": value}))

    assert file.spillover is None
    assert [finding.code for finding in file.findings] == ["bad_spillover"]


def test_spillover_by_channel_number_is_named(written):
    path = written([[1.0, 2.0]], ["A", "B"], keywords={"SPILL": "2,2,1,1,0,0,1"})

    assert read_header(path).spillover.channels == ("B", "A")


def test_the_real_spillover_matrix_names_channels_with_a_slash(real_data):
    file = read_header(real_data / "fcs" / "omip021" / "Donor1.fcs")

    assert file.spillover.matrix.shape == (16, 16)
    assert set(file.spillover.channels) < set(file.names)
    assert np.diag(file.spillover.matrix).tolist() == [1.0] * 16


def test_a_file_that_shrinks_after_its_header_was_read_is_an_fcs_error(written):
    path = written(np.ones((100, 2)), ["A", "B"])
    file = read_header(path)
    path.write_bytes(path.read_bytes()[:-8])

    with pytest.raises(FcsError) as caught:
        file.events()

    assert caught.value.code == "truncated_data"


def test_the_reader_needs_numpy_only():
    code = (
        "import sys; before = set(sys.modules); import correlates.intake.fcs.verdict;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    library = Path(correlates.__file__).parent.parent
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(library)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = {name for name in result.stdout.split() if name not in sys.stdlib_module_names}
    assert loaded <= ALLOWED


def test_not_a_number_and_overflow_are_values_and_no_warning(written):
    signalling = np.array([[0x7FA00000, 0x7F7FFFFF]], "u4").view("f4")

    events = read_header(written(signalling, ["A", "B"], keywords={"$P2E": "4,1"})).events()

    assert np.isnan(events[0, 0])
    assert np.isinf(events[0, 1])
