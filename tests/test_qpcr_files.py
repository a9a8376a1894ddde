"""qPCR files of any kind are one table: told by content, undetermined never a number."""

import zipfile

import pytest

from correlates.intake.qpcr.rdml import RdmlError, read_rdml
from correlates.intake.qpcr.read import read_qpcr_table
from correlates.intake.qpcr.words import plain_number, sample_without_no_rt, task_of, well_name
from correlates.intake.sheets.assays import read_assay_sheets
from correlates.intake.sheets.sheet import judge_table

VIIA7 = (
    "* Block Type = 384-Well Block\n* Chemistry = TAQMAN\n* Date Created = 2025-03-04 10:11:12\n"
    "* Experiment Name = a, b; c\n\n[Sample Setup]\nWell\tWell Position\tSample Name\n1\tA1\tP1\n\n"
    "[Amplification Data]\nWell\tCycle\tTarget Name\tRn\n1\t1\tRHOH\t0.1\n\n[Results]\n"
    "Well\tWell Position\tOmit\tSample Name\tTarget Name\tTask\tReporter\tQuencher\tCT\tCt Mean\t"
    "Quantity\tHIGHSD\tNOAMP\n"
    "1\tA1\tfalse\tP01_C0D1_cll\tRHOH\tUNKNOWN\tFAM\tNFQ\t24.125\t24.2\t3.5\tY\tN\n"
    "2\tA2\tfalse\tP01_C0D1_cll\tRHOH\tUNKNOWN\tFAM\tNFQ\tUndetermined\t\t\tN\tY\n"
    "3\tA3\ttrue\tP01_C0D1_cll\tRHOH\tUNKNOWN\tFAM\tNFQ\t31.2\t\t\tN\tN\n"
    "4\tA4\tfalse\tS1\tRHOH\tSTANDARD\tFAM\tNFQ\t20.0\t20.0\t1,000.0\tN\tN\n"
    "5\tA5\tfalse\tNTC\tRHOH\tNTC\tFAM\tNFQ\tUndetermined\t\t\tN\tY\n"
    "6\tA6\tfalse\tP01_C0D1_cll NRT\tRHOH\tUNKNOWN\tFAM\tNFQ\t38.5\t\t\tN\tN\n"
    "25\tB1\tfalse\tIPC 1\tRHOH\tUNKNOWN\tFAM\tNFQ\t22.75\t\t\tN\tN\n"
    "26\tB2\tfalse\t\t\t\t\t\t\t\t\t\t\n"
    "\nAnalysis Type\tSingleplex\nReference Sample\tP01\n"
)
STEPONE = (
    "Block Type\t96well\nChemistry\tSYBR_GREEN\nExperiment Name\tone\n\n"
    "Well;Sample Name;Target Name;Task;Cт;Cт Mean;Quantity\n"
    "A1;P01;CRBN;UNKNOWN;25,50;25,5;12,5\n"
    "A02;S1;CRBN;STANDARD;20,25;20,2;1.000,5\n"
)
CFX = (
    ",Well,Fluor,Target,Content,Sample,Cq,Cq Mean,Starting Quantity (SQ)\n"
    ",A01,FAM,BTK,Unkn-1,P01,23.4,23.4,\n,A02,FAM,BTK,Std-2,,19.1,19.1,10\n"
    ",A03,FAM,BTK,NTC-1,,NaN,0,\n,A04,FAM,BTK,NRT,P01,39.9,0,\n"
)
DESIGN = (
    "# Analysis Date: 2025-03-04\n# Block Type: 96-Well 0.2-mL Block\n\n"
    '"Well","Well Position","Omit","Sample","Target","Task","Amp Status","Cq","Cq Mean"\n'
    '"1","A1","false","P01","ITK","UNKNOWN","AMP","27.1","27.1"\n'
    '"2","A2","false","P01","ITK","UNKNOWN","NO_AMP","UNDETERMINED",""\n'
)
TIDY = (
    "well\tsample\tgene\tcq\ttask\tstd_qty\nA01\tP01\tRHOH\t24.5\tsample\t\n"
    "A2\tP01\tRHOH\tUndetermined\tunknown\t\nA3\tS\tRHOH\t40\tstandard\t0.1\n"
)
SAMPLES = """
<sample id="P01"><type>unkn</type></sample>
<sample id="S"><type targetId="RHOH">std</type><type targetId="TBP">unkn</type>
 <quantity targetId="RHOH"><value>100</value><unit>cop</unit></quantity></sample>
<sample id="W"><type>ntc</type></sample><sample id="N"><type>nrt</type></sample>
<sample id="C"><interRunCalibrator>true</interRunCalibrator><type>unkn</type></sample>"""
RUN = """<run id="{run}"><pcrFormat><rows>8</rows><columns>12</columns></pcrFormat>{reacts}</run>"""
REACT = (
    '<react id="{react}"><sample id="{sample}"/><data><tar id="{target}"/>{inner}</data></react>'
)


def cq(value, **also):
    extra = "".join(f"<{name}>{text}</{name}>" for name, text in also.items())
    return f"<cq>{value}</cq>{extra}"


def rdml(*runs, version="1.3", head="", space=' xmlns="http://www.rdml.org"'):
    """Return RDML of runs, each a list of (react, sample, target, inner XML)."""
    body = "".join(
        RUN.format(
            run=f"Run {number}",
            reacts="".join(
                REACT.format(react=react, sample=sample, target=target, inner=inner)
                for react, sample, target, inner in run
            ),
        )
        for number, run in enumerate(runs, start=1)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<rdml{space} version="{version}">{SAMPLES}'
        f'<target id="RHOH"/><target id="TBP"/><experiment id="e">{body}</experiment></rdml>'
    )


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.xml", content)
    return path


def read(path, content, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_qpcr_table(path, path.name)


def column(table, *names):
    places = [table.header.index(name) for name in names]
    found = [tuple(fields[place] for place in places) for _, fields in table.rows]
    return [one[0] for one in found] if len(names) == 1 else found


def stops(table):
    return {problem.stops for problem in table.problems}


def test_an_export_is_read_from_its_section_of_results(tmp_path):
    table = read(tmp_path / "plate7.txt", VIIA7)

    assert not table.problems
    assert column(table, "well", "cq", "task") == [
        *(("A1", "24.125", "sample"), ("A2", "", "sample"), ("A3", "31.2", "sample")),
        *(
            ("A4", "20.0", "std"),
            ("A5", "", "ntc"),
            ("A6", "38.5", "no_rt"),
            ("B1", "22.75", "ipc"),
        ),
    ]
    assert column(table, "excluded") == ["no", "no", "yes", "no", "no", "no", "no"]
    assert column(table, "std_qty") == ["", "", "", "1000.0", "", "", ""]
    assert column(table, "well_flags")[:2] == ["HIGHSD", "NOAMP"]
    assert set(column(table, "plate")) == {"plate7"}
    # the sample of a well without reverse transcriptase is that whose RNA it is
    assert column(table, "sample")[5] == "P01_C0D1_cll"


def test_messages_name_the_lines_and_columns_of_an_export(tmp_path):
    text = VIIA7.replace("24.125", "24..25")
    sheet = judge_table(read(tmp_path / "plate7.txt", text), "qpcr", "plate7.txt")

    (told,) = [one for one in sheet.told() if "not a number" in one.problem]
    assert (told.column, told.value) == ("CT", "24..25")
    assert text.splitlines()[told.row - 1].startswith("1\tA1\tfalse")


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("utf-8-sig", id="UTF-8 with a mark"),
        pytest.param("utf-16", id="UTF-16"),
        pytest.param("cp1251", id="a Cyrillic code page, in which the t of Ct is another letter"),
    ],
)
def test_an_export_with_decimal_commas_and_a_cyrillic_header(tmp_path, encoding):
    table = read(tmp_path / "s.csv", STEPONE, encoding)

    assert column(table, "well", "cq", "std_qty") == [
        ("A1", "25.50", ""),
        ("A2", "20.25", "1000.5"),
    ]
    assert stops(table) <= {"nothing"}


def test_a_lost_letter_of_the_header_is_still_a_ct(tmp_path):
    text = STEPONE.encode("cp1252", errors="replace")

    assert column(read(tmp_path / "s.txt", text), "cq") == ["25.50", "20.25"]


@pytest.mark.parametrize(
    ("text", "cqs", "tasks"),
    [
        pytest.param(
            CFX, ["23.4", "19.1", "", "39.9"], ["sample", "std", "ntc", "no_rt"], id="CFX"
        ),
        pytest.param(DESIGN, ["27.1", ""], ["sample", "sample"], id="Design and Analysis"),
    ],
)
def test_other_instruments_tables(tmp_path, text, cqs, tasks):
    table = read(tmp_path / "x.csv", text)

    assert (column(table, "cq"), column(table, "task")) == (cqs, tasks)
    assert stops(table) == set()


def test_an_export_without_results_says_what_it_holds(tmp_path):
    table = read(tmp_path / "x.txt", VIIA7.split("[Results]")[0])

    assert not table.rows
    assert "sample setup, amplification data" in table.problems[0].problem
    assert "'Results'" in table.problems[0].remedy


def test_a_written_table_is_brought_to_the_words_of_the_schema(tmp_path):
    table = read(tmp_path / "plate 1.tsv", TIDY)

    assert column(table, "well", "cq", "task") == [
        *(("A1", "24.5", "sample"), ("A2", "", "sample"), ("A3", "40", "std")),
    ]
    assert set(column(table, "plate")) == {"plate_1"}


def test_a_cq_typed_for_undetermined_is_warned_of(tmp_path):
    (told,) = read(tmp_path / "p.tsv", TIDY).problems

    assert (told.row, told.value, told.stops) == (4, "40", "nothing")
    assert "undetermined" in told.problem


def test_a_date_in_the_name_of_a_file_does_not_become_a_plate(tmp_path):
    first = read(tmp_path / "2025-03-04_rhoh.tsv", TIDY)
    second = read(tmp_path / "2025-03-11_rhoh.tsv", TIDY)

    plates = {*column(first, "plate"), *column(second, "plate")}
    assert len(plates) == 2
    assert not any("2025" in plate for plate in plates)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_rdml_of_several_runs(tmp_path, version):
    runs = [
        [
            *((1, "P01", "RHOH", cq("24.5")), (1, "P01", "TBP", cq("26.0"))),
            *((13, "S", "RHOH", cq("20.1")), (14, "W", "RHOH", cq("-1.0"))),
            (15, "N", "RHOH", cq("NaN", excl="bubble")),
        ],
        [(96, "C", "TBP", cq("25"))],
    ]
    path = zipped(tmp_path / "r.rdml", rdml_data=rdml(*runs, version=version))
    table = read_qpcr_table(path, "r.rdml")

    assert column(table, "plate", "well", "gene", "cq", "task", "std_qty") == [
        ("r_run1", "A1", "RHOH", "24.5", "sample", ""),
        ("r_run1", "A1", "TBP", "26.0", "sample", ""),
        ("r_run1", "B1", "RHOH", "20.1", "std", "100.0"),
        ("r_run1", "B2", "RHOH", "", "ntc", ""),
        ("r_run1", "B3", "RHOH", "", "no_rt", ""),
        ("r_run2", "H12", "TBP", "25.0", "ipc", ""),
    ]
    assert column(table, "excluded", "well_flags")[4] == ("yes", "bubble")
    assert table.labels[(1, "cq")] == "run Run 1, reaction 1, target RHOH: cq"


def test_rdml_need_not_be_zipped_nor_its_names_without_prefix(tmp_path):
    text = rdml([(1, "P01", "RHOH", cq("24.5"))])
    prefixed = text.replace("<", "<r:").replace("<r:/", "</r:").replace("<r:?", "<?")
    prefixed = prefixed.replace('xmlns="', 'xmlns:r="')

    for content in (text, prefixed):
        assert column(read(tmp_path / "r.xml", content), "cq") == ["24.5"]


def test_a_cq_beyond_the_last_cycle_is_undetermined(tmp_path):
    curve = "<adp><cyc>1</cyc><fluor>1</fluor></adp>" * 30
    run = [(1, "P01", "RHOH", cq("31.5") + curve), (2, "P01", "RHOH", cq("28") + curve)]
    table = read(tmp_path / "r.xml", rdml(run))

    assert column(table, "cq") == ["", "28.0"]
    assert [one.problem for one in table.problems] == [
        "this Cq lies beyond the last cycle of its curve, and is read as undetermined"
    ]


def test_rdml_with_curves_only_says_so(tmp_path):
    table = read(tmp_path / "r.xml", rdml([(1, "P01", "RHOH", "<adp><cyc>1</cyc></adp>")]))

    assert not table.rows
    assert "only amplification curves" in table.problems[-1].problem
    assert stops(table) == {"run"}


BOMB = "<!DOCTYPE r [<!ENTITY a '" + "x" * 99 + "'>" + "<!ENTITY b '" + "&a;" * 99 + "'>]>"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param(BOMB, "document type", id="entities that unfold"),
        pytest.param("<!DOCTYPE r SYSTEM 'file:///etc/passwd'>", "document type", id="a file"),
    ],
)
def test_rdml_with_a_document_type_is_not_read(tmp_path, head, said):
    path = zipped(tmp_path / "r.rdml", rdml_data=rdml([], head=head))

    with pytest.raises(RdmlError, match=said):
        read_rdml(path)
    assert stops(read_qpcr_table(path, "r.rdml")) == {"run"}


def test_a_file_that_unpacks_without_end_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("correlates.intake.qpcr.safe_xml.MOST_BYTES", 3_000_000)
    path = zipped(tmp_path / "r.rdml", rdml_data=rdml([]) + " " * 5_000_000)

    assert path.stat().st_size < 20_000
    with pytest.raises(RdmlError, match="unpacks to more than 3 MB"):
        read_rdml(path)


def test_deep_xml_is_left(tmp_path):
    with pytest.raises(RdmlError, match="deeper"):
        read_rdml(zipped(tmp_path / "r.rdml", rdml_data="<rdml>" + "<a>" * 500))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("x.rdml", b"PK\x03\x04 and no more", "whole zip", id="a broken zip"),
        pytest.param("x.rdml", b"<rdml><sample></rdml>", "not well-formed", id="broken XML"),
        pytest.param(
            "x.rdml",
            b"<?xml version='1.0' encoding='utf-99'?><rdml></rdml>",
            "encoding",
            id="an encoding that nobody knows",
        ),
        pytest.param("x.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "Excel workbook", id="old Excel"),
        pytest.param("x.txt", b"", "empty", id="an empty file"),
        pytest.param("x.txt", b"\0\1\2", "binary", id="bytes of nothing"),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_a_remedy(tmp_path, name, content, said):
    table = read(tmp_path / name, content)

    assert not table.rows
    assert said in table.problems[-1].problem
    assert table.problems[-1].remedy
    assert stops(table) == {"run"}


@pytest.mark.parametrize(
    ("member", "said"), [("apldbio/sds/experiment", ".eds"), ("xl/workbook", ".xlsx")]
)
def test_run_files_and_workbooks_are_refused_with_the_way_to_export(tmp_path, member, said):
    (problem,) = read_qpcr_table(zipped(tmp_path / "x", **{member: "<a/>"}), "x").problems

    assert said in problem.problem
    assert "RDML" in problem.remedy


def test_a_missing_file_is_a_problem(tmp_path):
    sheet = judge_table(read_qpcr_table(tmp_path / "none.txt", "none.txt"), "qpcr", "none.txt")

    (problem,) = sheet.told()
    assert (problem.stops, "cannot be read" in problem.problem) == ("run", True)


@pytest.mark.parametrize(
    ("word", "sample", "task"),
    [
        pytest.param("UNKNOWN", "P01_C0D1_cll", "sample", id="an unknown"),
        pytest.param("Std-3", "", "std", id="a numbered standard"),
        pytest.param("UNKNOWN", "no-RT P01", "no_rt", id="named in front"),
        pytest.param("UNKNOWN", "P01 -RT", "no_rt", id="named behind"),
        pytest.param("UNKNOWN", "P01_RT-", "no_rt", id="named behind, the sign last"),
        pytest.param("UNKNOWN", "P01_START", "sample", id="letters within a word"),
        pytest.param("UNKNOWN", "H2O", "ntc", id="water"),
        pytest.param("STANDARD", "IPC", "std", id="the instrument's word goes before the name"),
        pytest.param("mystery", "IPC", "mystery", id="an unknown word is left to be told"),
    ],
)
def test_tasks(word, sample, task):
    assert task_of(word, sample) == task


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("P01 NRT", "P01"),
        ("no-RT P01", "P01"),
        ("P01_RT-", "P01"),
        ("NRT", "NRT"),
        ("nrtX", "nrtX"),
    ],
)
def test_samples_of_wells_without_reverse_transcriptase(name, sample):
    assert sample_without_no_rt(name) == sample


@pytest.mark.parametrize(
    ("text", "columns", "well"),
    [("a01", 12, "A1"), ("13", 12, "B1"), ("25", 24, "B1"), ("?", 12, "?")],
)
def test_wells(text, columns, well):
    assert well_name(text, columns) == well


@pytest.mark.parametrize(
    ("text", "mark", "plain"),
    [
        pytest.param("1,234.5", ".", "1234.5", id="thousands by comma"),
        pytest.param("0,500", ".", "0,500", id="no thousands begin with zero: left to be told"),
        pytest.param("1.234,5", ",", "1234.5", id="thousands by point"),
        pytest.param("0.500", ",", "0.500", id="a point among commas"),
        pytest.param("12,500", None, "12,500", id="nothing tells which it is"),
    ],
)
def test_numbers(text, mark, plain):
    assert plain_number(text, mark) == plain


def test_real_rdml_files(real_data):
    folder = real_data / "tables" / "qpcr_rdml"

    relative = read_qpcr_table(folder / "relative.rdml", "relative.rdml")
    assert len(relative.rows) == 210
    empty = [flags for cq, flags in column(relative, "cq", "well_flags") if not cq]
    assert empty == ["no amplification;no plateau;only 0 values in log phase"]
    two = read_qpcr_table(folder / "two_plate_correction.rdml", "two.rdml")
    assert {*column(two, "plate")} == {
        "two_plate_correction_run1",
        "two_plate_correction_run2",
    }
    assert column(two, "task").count("ipc") == 31
    genorm = read_qpcr_table(folder / "genorm.rdml", "genorm.rdml")
    assert "only starting concentrations (N0)" in genorm.problems[-1].problem
    assert len([one.n0 for one in read_rdml(folder / "genorm.rdml")]) == 90
    eds = read_qpcr_table(folder / "sce.eds", "sce.eds")
    assert ".eds" in eds.problems[-1].problem


def test_a_real_lightcycler_file(real_data):
    """It holds a Cq for every curve, up to 100; only the calls tell what was amplified."""
    path = real_data / "tables" / "qpcr_rdml" / "lc96_bACTXY.rdml"
    table = read_qpcr_table(path, "lc96.rdml")

    assert {*column(table, "gene")} == {"bACT", "X", "Y", "IPC"}
    assert column(table, "sample", "gene", "cq", "std_qty")[0] == (
        *("Sample 39", "bACT", "22.15", "25.0"),
    )
    called = [flags for flags in column(table, "well_flags") if flags.startswith("called")]
    assert len(called) == column(table, "cq").count("") == 8
    assert all(0 < float(one) <= 50 for one in column(table, "cq") if one)


def test_a_copy_of_a_plate_under_another_name_is_left_out(tmp_path):
    folder = tmp_path / "plates"
    folder.mkdir()
    for name in ("a", "b", "c"):
        text = VIIA7.replace("24.125", "24.5") if name == "c" else VIIA7
        (folder / f"{name}.txt").write_text(text.replace("a, b; c", name))

    found = read_assay_sheets({"qpcr": "plates"}, tmp_path, None, None)

    told = [one.problem for sheet in found.by_kind["qpcr"] for one in sheet.problems]
    copies = [one for one in told if "a copy" in one]
    assert copies == ["every well has the Cq of plates/a.txt: a copy; the file is left out"]
    of_b = next(one for one in found.by_kind["qpcr"] if one.name == "plates/b.txt")
    assert of_b.rows == []


def test_a_file_of_a_folder_that_no_reader_knows_is_named(tmp_path):
    folder = tmp_path / "luminex"
    folder.mkdir()
    (folder / "plate1.csv").write_text("sample,analyte,value,unit\nS1,IL-6,3,pg/mL\n")
    (folder / "plate2.xlsx").write_bytes(b"PK")
    (folder / "~$plate2.xlsx").write_bytes(b"")

    found = read_assay_sheets({"soluble": "luminex"}, tmp_path, None, None)

    (problem,) = found.problems
    assert (problem.file, problem.stops) == ("luminex/plate2.xlsx", "row")
    assert "Export it as text (.tsv, .csv" in problem.remedy
