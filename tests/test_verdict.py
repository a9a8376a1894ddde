"""Verdicts: every kind of file gets one, with a reason that can be acted on."""

import json
import tracemalloc

import numpy as np
import pytest

from correlates.intake.fcs.reader import read_header
from correlates.intake.fcs.verdict import ACCEPTED, REFUSED, WARNED, examine, why_unfinished
from fcs_maker import make_fcs

NAMES = ["FSC-A", "SSC-A", "CD3", "Time"]
EVENTS = np.arange(40, dtype="f4").reshape(10, 4)


@pytest.fixture
def judged(tmp_path):
    """Return a function that writes bytes to a file and examines it."""

    def judge(content, channels=None):
        path = tmp_path / "file.fcs"
        path.write_bytes(content)
        return examine(path, channels)

    return judge


def codes(verdict):
    return [finding.code for finding in verdict.findings]


AWKWARD = [
    ("Data003.fcs", WARNED, ["integer_24bit"], 25000),
    ("Gates_PTLG021_Unstim_Control_1.fcs", REFUSED, ["mass_cytometry"], 1000),
    (
        "SG_2014-09-26_Duplicate_Names.fcs",
        WARNED,
        ["end_off_by_one", "repeated_keyword", "no_time_channel"],
        8129,
    ),
    ("corrupted.fcs", REFUSED, ["not_fcs"], None),
    (
        "coulter.lmd",
        WARNED,
        ["end_off_by_one", "multi_dataset", "old_compensation", "no_time_channel"],
        18110,
    ),
    (
        "data_start_offset_discrepancy_example.fcs",
        REFUSED,
        ["mangled_as_text", "odd_width", "offset_discrepancy", "bad_spillover", "bad_keyword"],
        2,
    ),
    ("fcs1_cleaned.lmd", ACCEPTED, ["old_compensation", "no_time_channel"], 50000),
    ("index_sorted_example.fcs", WARNED, ["index_sorted"], 384),
    ("sample_01.fcs", REFUSED, ["git_lfs_pointer"], None),
    ("sample_header.fcs", REFUSED, ["truncated_data"], None),
    (
        "variable_int_example.fcs",
        REFUSED,
        ["mangled_as_text", "odd_width", "bad_spillover", "bad_keyword"],
        2,
    ),
]


@pytest.mark.parametrize(
    ("name", "verdict", "found", "n_events"), AWKWARD, ids=[row[0] for row in AWKWARD]
)
def test_awkward_real_files_get_their_verdict(real_data, name, verdict, found, n_events):
    examined = examine(real_data / "fcs" / "awkward" / name)

    assert (examined.verdict, codes(examined), examined.n_events) == (verdict, found, n_events)
    assert bool(examined.reason) == (verdict != ACCEPTED)
    assert all(finding.remedy.endswith(".") for finding in examined.findings)


def test_every_awkward_file_is_in_the_table(real_data):
    present = {path.name for path in (real_data / "fcs" / "awkward").glob("[!.]*")}

    assert present == {row[0] for row in AWKWARD}


def test_ordinary_real_files_are_accepted(real_data):
    ordinary = ["coereba", "gate_ref", "hiv_t_memory", "omip021", "spleen_68983"]
    paths = [path for name in ordinary for path in (real_data / "fcs" / name).glob("*.fcs")]

    assert {path.name: examine(path).verdict for path in paths} == {
        path.name: ACCEPTED for path in paths
    }
    assert len(paths) == 20


def test_a_good_file_is_accepted_without_a_word(judged):
    verdict = judged(make_fcs(EVENTS, NAMES, keywords={"$CYT": " Fortessa ", "$FIL": "x.fcs"}))

    assert verdict.as_dict() == {
        "verdict": "accepted",
        "findings": [],
        "n_events": 10,
        "cytometer": "Fortessa",
        "fcs_version": "FCS3.1",
        "simulated": False,
    }


def test_dates_are_not_kept(judged):
    verdict = judged(make_fcs(EVENTS, NAMES, keywords={"$DATE": "17-JUL-2007", "$BTIM": "15:36"}))

    kept = json.dumps(verdict.as_dict())
    assert "2007" not in kept
    assert "15:36" not in kept


@pytest.mark.parametrize(("value", "simulated"), [("1", True), ("0", False), (None, False)])
def test_a_simulated_file_says_so(judged, value, simulated):
    made = make_fcs(EVENTS, NAMES, keywords={"CORRELATES_SIMULATED": value})

    assert judged(made).simulated is simulated


GOOD = make_fcs(EVENTS, NAMES)
DATA_START = len(GOOD) - EVENTS.nbytes


def with_keywords(**kwargs):
    named = {f"${key}": value for key, value in kwargs.items()}
    return make_fcs(EVENTS, NAMES, keywords=named)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        pytest.param(b"", "empty_file", "empty", id="an empty file"),
        pytest.param(b"PK\3\4" + bytes(99), "not_fcs", "ZIP", id="an archive"),
        pytest.param(b"<html>" + bytes(99), "not_fcs", "web page", id="a web page"),
        pytest.param(b"FCS9.9" + GOOD[6:], "unknown_version", "FCS9.9", id="an unknown version"),
        pytest.param(GOOD[:30], "truncated_text", "30 bytes", id="cut in the header"),
        pytest.param(GOOD[:100], "truncated_text", "100 bytes", id="cut in the text"),
        pytest.param(GOOD[: DATA_START + 40], "truncated_data", "2 of 10", id="cut in the data"),
        pytest.param(GOOD[:-1], "truncated_data", "9 of 10", id="one byte is missing"),
        pytest.param(with_keywords(TOT="8"), "tot_mismatch", "8 events", id="fewer in $TOT"),
        pytest.param(with_keywords(TOT="0"), "tot_mismatch", "0 events", id="none in $TOT"),
        pytest.param(with_keywords(TOT="12"), "tot_mismatch", "12 events", id="more in $TOT"),
        pytest.param(
            with_keywords(TOT="1000000000000"), "tot_mismatch", "10", id="absurdly many in $TOT"
        ),
        pytest.param(with_keywords(PAR="99999999"), "missing_keyword", "$PAR", id="absurd $PAR"),
        pytest.param(with_keywords(PAR="-1"), "bad_keyword", "$PAR", id="negative $PAR"),
        pytest.param(with_keywords(BYTEORD="3,4,1,2"), "byte_order", "3,4,1,2", id="byte order"),
        pytest.param(with_keywords(BYTEORD=None), "missing_keyword", "$BYTEORD", id="no order"),
        pytest.param(with_keywords(DATATYPE=None), "missing_keyword", "$DATATYPE", id="no type"),
        pytest.param(with_keywords(DATATYPE="A"), "ascii_data", "text", id="numbers as text"),
        pytest.param(with_keywords(DATATYPE="Q"), "bad_keyword", "'Q'", id="an unknown type"),
        pytest.param(with_keywords(MODE="C"), "histogram_mode", "histograms", id="histograms"),
        pytest.param(with_keywords(CYT="CyTOF2"), "mass_cytometry", "CyTOF", id="a CyTOF by name"),
        pytest.param(
            make_fcs(EVENTS, ["Time", "Event_length", "Ir191Di", "Y89Di"]),
            "mass_cytometry",
            "CyTOF",
            id="a CyTOF by its channels",
        ),
        pytest.param(
            make_fcs(EVENTS, ["FSC-A", "CD3", "CD3", "Time"]),
            "duplicate_channel_names",
            "CD3",
            id="two channels of one name",
        ),
        pytest.param(make_fcs(EVENTS[:0], NAMES), "no_events", "no events", id="no events"),
        pytest.param(
            make_fcs(EVENTS, NAMES, datatype="I", bits=[16] * 4, keywords={"$P1B": "10"}),
            "bit_packed",
            "10 bits",
            id="packed bits",
        ),
        pytest.param(
            make_fcs(EVENTS, NAMES, datatype="I", keywords={"$P1E": "4;1"}),
            "bad_keyword",
            "$P1E",
            id="an amplification that decides values",
        ),
        pytest.param(
            make_fcs(EVENTS, NAMES, header_data=(300, 459)),
            "no_data_segment",
            "no place",
            id="no possible place",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(judged, content, code, words):
    if code == "no_data_segment":
        content = content.replace(b"$BEGINDATA", b"$BEGINDATE")

    verdict = judged(content)

    assert verdict.verdict == REFUSED
    assert code in codes(verdict)
    assert words in verdict.reason
    assert verdict.remedy


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(
            make_fcs(EVENTS, NAMES, header_data=(200, 5555)),
            "offset_discrepancy",
            id="the header is wrong, the text fits",
        ),
        pytest.param(
            make_fcs(EVENTS, NAMES, keywords={"$BEGINDATA": "0000000900"}),
            "offset_discrepancy",
            id="the text is wrong, the header fits",
        ),
        pytest.param(
            make_fcs(
                EVENTS,
                NAMES,
                header_data=(DATA_START, len(GOOD)),
                keywords={"$ENDDATA": f"{len(GOOD):010d}"},
                trailing=b"00000000",
            ),
            "end_off_by_one",
            id="the end is one byte too far",
        ),
        pytest.param(with_keywords(TOT=None), "missing_total", id="no number of events"),
        pytest.param(with_keywords(P3N=None), "unnamed_channel", id="a channel without a name"),
        pytest.param(with_keywords(P3E="4,1"), "log_amplified_float", id="a log of single numbers"),
        pytest.param(with_keywords(TIMESTEP="fast"), "bad_keyword", id="a time step in words"),
        pytest.param(with_keywords(NEXTDATA="999999"), "next_set_unreadable", id="a set beyond"),
        pytest.param(
            GOOD.replace(b"$MODE/L/", b"$PAR/03/", 1), "repeated_keyword", id="$PAR twice"
        ),
    ],
)
def test_what_is_odd_but_clear_is_accepted_with_a_warning(judged, tmp_path, content, code):
    verdict = judged(content)

    assert verdict.verdict == WARNED
    assert code in codes(verdict)
    assert verdict.n_events == 10


def test_two_places_that_both_fit_are_refused(judged):
    made = make_fcs(EVENTS, NAMES, header_data=(DATA_START - 2, len(GOOD) - 3))
    shifted = make_fcs(
        EVENTS, NAMES, header_data=(DATA_START + 16, len(GOOD) + 15), trailing=bytes(16)
    )

    assert codes(judged(shifted)) == ["offset_discrepancy"]
    # a place within the description is no rival
    assert judged(made).verdict == WARNED


def test_fcs_2_0_follows_its_header(judged):
    shifted = make_fcs(
        EVENTS,
        NAMES,
        version="FCS2.0",
        header_data=(DATA_START, len(GOOD) - 1),
        keywords={
            "$BEGINDATA": f"{DATA_START + 16:010d}",
            "$ENDDATA": f"{len(GOOD) + 15:010d}",
        },
        trailing=bytes(16),
    )

    verdict = judged(shifted)

    assert (verdict.verdict, codes(verdict)) == (WARNED, ["offset_discrepancy"])


def test_a_large_file_has_its_offsets_in_the_keywords_only(judged):
    assert judged(make_fcs(EVENTS, NAMES, header_data=(0, 0))).verdict == ACCEPTED


def test_equal_names_among_channels_that_the_panel_does_not_use_are_a_warning(judged):
    made = make_fcs(EVENTS, ["FSC-A", "empty", "empty", "Time"])

    assert judged(made, channels=["FSC-A"]).verdict == WARNED
    assert judged(made, channels=["FSC-A", "empty"]).verdict == REFUSED


def test_equal_names_among_the_channels_of_the_matrix_refuse_the_file(judged):
    names = ["CD3", "FSC-A", "empty", "empty"]
    made = make_fcs(EVENTS, names)
    spilled = make_fcs(EVENTS, names, keywords={"SPILL": "2,CD3,empty,1,0.1,0,1"})

    assert judged(made, channels=["CD3"]).verdict == WARNED
    assert judged(spilled, channels=["CD3"]).verdict == REFUSED


def in_one_file(first, *others):
    """Return data sets one after another, chained by $NEXTDATA."""
    parts = [make_fcs(EVENTS[:n], NAMES, keywords={"$NEXTDATA": "00000"}) for n in (first, *others)]
    chained = [
        part.replace(b"$NEXTDATA/00000", b"$NEXTDATA/%05d" % len(part)) for part in parts[:-1]
    ]
    return b"".join([*chained, parts[-1]])


def test_one_acquisition_in_two_forms_is_read_from_the_first(judged):
    verdict = judged(in_one_file(10, 10))

    assert (verdict.verdict, codes(verdict)) == (WARNED, ["multi_dataset"])
    assert "The first is used" in verdict.reason
    assert verdict.n_events == 10


def test_several_acquisitions_in_one_file_are_refused(judged):
    verdict = judged(in_one_file(10, 5, 8))

    assert (verdict.verdict, codes(verdict)) == (REFUSED, ["multi_dataset"])
    assert "10, 5, 8" in verdict.reason


def test_a_chain_of_data_sets_that_goes_back_ends(judged):
    verdict = judged(with_keywords(NEXTDATA="-10"))

    assert codes(verdict) == ["next_set_unreadable"]


def test_data_that_went_through_a_text_program_are_refused(judged):
    values = np.full((10, 4), 1e5, "f4")
    data = values.astype(">f4").tobytes()
    mangled = data.decode("utf-8", errors="replace").encode()[: len(data)]

    verdict = judged(make_fcs(values, NAMES).replace(data, mangled))

    assert data != mangled
    assert (verdict.verdict, codes(verdict)) == (REFUSED, ["mangled_as_text"])


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_an_unreadable_path_is_refused(tmp_path, kind):
    path = tmp_path if kind == "folder" else tmp_path / "gone.fcs"

    verdict = examine(path)

    assert (verdict.verdict, codes(verdict)) == (REFUSED, ["unreadable_file"])
    assert why_unfinished(path) == ""


def test_a_file_cut_anywhere_is_refused_and_looks_unfinished(tmp_path):
    path = tmp_path / "cut.fcs"

    for length in range(len(GOOD)):
        path.write_bytes(GOOD[:length])
        assert examine(path).verdict == REFUSED, length
        assert why_unfinished(path), length


def test_a_whole_file_does_not_look_unfinished(tmp_path):
    path = tmp_path / "whole.fcs"
    for content in (GOOD, GOOD + b"00000000", with_keywords(TOT="12"), b"text" * 30):
        path.write_bytes(content)
        assert not why_unfinished(path)


def test_room_reserved_by_a_copying_program_looks_unfinished(tmp_path):
    path = tmp_path / "reserved.fcs"
    path.write_bytes(bytes(5000))

    assert why_unfinished(path)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(GOOD, id="single precision"),
        pytest.param(in_one_file(10, 10), id="two data sets"),
        pytest.param(
            make_fcs(
                EVENTS.astype(int),
                NAMES,
                datatype="I",
                bits=[8, 16, 24, 32],
                keywords={"$P3E": "4,1", "$TIMESTEP": "0.1", "SPILL": "1,CD3,1"},
                supplement={"NOTE": "x"},
            ),
            id="integers of mixed width, log, spillover, supplement",
        ),
    ],
)
def test_a_flipped_byte_never_escapes_as_an_exception_or_a_huge_allocation(tmp_path, seed):
    path = tmp_path / "flipped.fcs"
    random = np.random.default_rng(20240607)
    tracemalloc.start()
    for _ in range(400):
        content = bytearray(seed)
        for place in random.integers(0, len(seed), random.integers(1, 4)):
            content[place] = random.choice([random.integers(256), ord("9"), ord("/"), ord("0")])
        path.write_bytes(content)
        assert examine(path).verdict in (ACCEPTED, WARNED, REFUSED)
        why_unfinished(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 20e6


def test_what_is_accepted_can_be_read_however_its_bytes_were_flipped(tmp_path):
    path = tmp_path / "flipped.fcs"
    seed = make_fcs(EVENTS.astype(int), NAMES, datatype="I", keywords={"$P3E": "4,1"})
    random = np.random.default_rng(7)
    read = 0
    for _ in range(1500):
        content = bytearray(seed)
        content[random.integers(58, len(seed))] = random.integers(32, 127)
        path.write_bytes(content)
        verdict = examine(path)
        if verdict.verdict != REFUSED:
            assert read_header(path).events().shape[0] == verdict.n_events
            read += 1

    assert read > 500
