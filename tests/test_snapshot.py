"""What lies on the disk: listing, digests that are remembered, and the snapshot of a plan."""

import hashlib
import json
import os

import pytest

from correlates.intake.acquisitions import Acquisition, Listed
from correlates.intake.files.folder import fingerprint, list_files, modified_within
from correlates.intake.files.snapshot import ContentCache, write_snapshot
from correlates.intake.panels import PanelRow
from correlates.intake.records import Plan, read_plan
from correlates.problems import Problem
from correlates.tables import read_tsv, write_tsv

LATER = 4_000_000_000.0


def put(path, content=b"FCS3.1"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_files_are_listed_with_their_kinds_and_without_clutter(tmp_path):
    for name in ("b.fcs", "a/c.FCS", "a/d.lmd", "e.fcs.part", "f.wsp", ".h.fcs", ".git/x.fcs"):
        put(tmp_path / name)
    for name in ("~$i.fcs", "Thumbs.db", "a/._c.FCS"):
        put(tmp_path / name)
    (tmp_path / "link.fcs").symlink_to(tmp_path / "b.fcs")
    (tmp_path / "lost.fcs").symlink_to(tmp_path / "gone.fcs")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "circle.fcs").symlink_to("circle.fcs")
    os.mkfifo(tmp_path / "pipe.fcs")
    put(tmp_path / "run.fcs" / "g.fcs")
    put(tmp_path / os.fsdecode(b"M\xfcller") / "k.fcs")
    put(tmp_path / os.fsdecode(b"note\xe9.txt"))

    found = {seen.relative: seen.kind for seen in list_files(tmp_path)}

    assert found == {
        "M\\xfcller/k.fcs": "misnamed",
        "a/c.FCS": "fcs",
        "a/d.lmd": "fcs",
        "b.fcs": "fcs",
        "circle.fcs": "broken",
        "e.fcs.part": "copying",
        "f.wsp": "other",
        "link.fcs": "fcs",
        "lost.fcs": "broken",
        "note\\xe9.txt": "other",
        "pipe.fcs": "special",
        "run.fcs": "folder",
        "run.fcs/g.fcs": "fcs",
    }


def test_files_are_listed_in_order_with_their_first_look(tmp_path):
    put(tmp_path / "b.fcs")
    put(tmp_path / "a.fcs")

    seen = list_files(str(tmp_path))

    assert [one.relative for one in seen] == ["a.fcs", "b.fcs"]
    assert list(seen[0].look) == fingerprint(seen[0].path)


@pytest.fixture
def cached(tmp_path):
    """Return a file whose digest is remembered, its cache's path, and its digest."""
    path = put(tmp_path / "data" / "a.fcs", b"one")
    cache = ContentCache(tmp_path / "cache.json")
    sha256, held = cache.digest(path, LATER)
    cache.save()
    assert held
    assert sha256 == hashlib.sha256(b"one").hexdigest()
    return path, tmp_path / "cache.json", sha256


def look_again(path, store):
    cache = ContentCache(store)
    sha256, held = cache.digest(path, LATER)
    assert held
    return sha256, cache.computed


def test_an_unchanged_file_is_not_read_again(cached):
    path, store, sha256 = cached

    assert look_again(path, store) == (sha256, 0)


def test_a_touched_file_is_read_again_and_has_the_same_digest(cached):
    path, store, sha256 = cached
    os.utime(path, (1, 1))

    assert look_again(path, store) == (sha256, 1)


def test_another_file_of_the_same_size_and_time_is_read_again(cached):
    path, store, sha256 = cached
    before = path.stat()
    other = put(path.with_name("b.fcs"), b"two")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert look_again(path, store) == (hashlib.sha256(b"two").hexdigest(), 1)


def test_a_file_that_changed_within_two_seconds_is_not_remembered(tmp_path):
    path = put(tmp_path / "a.fcs")
    cache = ContentCache(tmp_path / "cache.json")

    cache.digest(path, path.stat().st_ctime + 1.5)
    cache.save()

    assert not (tmp_path / "cache.json").exists()


def test_a_file_that_changes_between_two_looks_did_not_hold_still(tmp_path):
    path = put(tmp_path / "a.fcs", b"one")
    look = tuple(fingerprint(path))
    put(path, b"one more")

    sha256, held = ContentCache(None).digest(path, LATER, look)

    assert not held
    assert sha256 == hashlib.sha256(b"one more").hexdigest()


def test_a_remembered_file_that_changes_after_the_listing_is_not_taken(cached):
    path, store, _ = cached

    sha256, held = ContentCache(store).digest(path, LATER, (3, 0, 0, 0))

    assert not held


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[1]", b'{"x": 1}', b"\xff\xfe\x00", b'{"%s": [3, 1, 1, 1, "short"]}'],
    ids=["empty", "cut short", "a list", "other entries", "no text", "a digest that is none"],
)
def test_a_damaged_cache_is_begun_anew(cached, damage):
    path, store, sha256 = cached
    store.write_bytes(damage.replace(b"%s", os.fsencode(path)))

    assert look_again(path, store) == (sha256, 1)


def test_files_that_are_gone_are_forgotten(cached):
    path, store, _ = cached
    path.unlink()

    ContentCache(store).save()

    assert json.loads(store.read_text()) == {}


def test_a_folder_has_no_digest(tmp_path):
    with pytest.raises(OSError, match="no regular file"):
        ContentCache(None).digest(tmp_path, LATER)


@pytest.mark.parametrize(
    ("age", "recent"),
    [
        pytest.param(9 * 60, True, id="nine minutes ago"),
        pytest.param(11 * 60, False, id="eleven minutes ago"),
        pytest.param(-60, True, id="a clock that is a minute ahead"),
        pytest.param(-86400, False, id="a clock that is a day ahead does not wait for ever"),
    ],
)
def test_a_file_is_recent_for_ten_minutes(tmp_path, age, recent):
    path = put(tmp_path / "a.fcs")
    os.utime(path, (1e9, 1e9))

    assert modified_within(path, 10, 1e9 + age) is recent


PLAN = Plan(
    acquisitions=(
        Acquisition(
            acquisition="P01_C1D1__tnk__full",
            sample="P01_C1D1",
            patient="P01",
            visit="C1D1",
            timepoint="pre",
            specimen="fresh_wb",
            panel="tnk",
            tube="full",
            batch="",
            study_day=29.0,
            study_day_source="planned",
            hours_post_dose=None,
            path="data/é.fcs",
            sha256="0" * 64,
        ),
    ),
    listed=(Listed("x.fcs", "unmatched", "why", "what"),),
    problems=(Problem("a.tsv", "p", "r", 2, "c", "v", "row"),),
    patients=({"patient": "P01", "age_y": 90.0, "sex": None},),
    panels={"tnk": (PanelRow("BV605-A", "CD3", "", ("Qdot605-A",)), PanelRow("FSC-A"))},
    gating={"tnk": "tnk.csv"},
    compensation={"tnk": "file"},
)


def test_a_snapshot_carries_the_whole_plan(tmp_path):
    plan = read_plan(write_snapshot(PLAN, tmp_path / "new"))

    assert plan == PLAN
    assert plan["P01_C1D1__tnk__full"].path == "data/é.fcs"
    assert plan.names == ["P01_C1D1__tnk__full"]
    assert plan.gating_of("P01_C1D1__tnk__full") == "tnk.csv"
    assert plan.compensation_of("P01_C1D1__tnk__full") == "file"
    assert plan.markers_of("P01_C1D1__tnk__full") == {"BV605-A": "CD3", "FSC-A": ""}
    assert plan.aliases_of("P01_C1D1__tnk__full") == {"BV605-A": ["Qdot605-A"]}


def test_a_snapshot_and_a_table_hold_a_path_that_is_not_in_utf_8(tmp_path):
    path = os.fsdecode(b"M\xfcller/x.fcs")
    plan = Plan(listed=(Listed(path, "unmatched", "why", "what"),))

    assert read_plan(write_snapshot(plan, tmp_path)).listed[0].path == path
    write_tsv(tmp_path / "a.tsv", ["path"], [{"path": path}])
    assert read_tsv(tmp_path / "a.tsv") == [{"path": "M\\udcfcller/x.fcs"}]


def test_a_snapshot_keeps_the_order_of_the_panels(tmp_path):
    plan = Plan(gating={"tnk": "tnk.csv", "act": "act.csv"})

    assert list(read_plan(write_snapshot(plan, tmp_path)).gating) == ["tnk", "act"]


def test_an_equal_plan_is_the_same_file_left_untouched(tmp_path):
    path = write_snapshot(PLAN, tmp_path)
    os.utime(path, (1, 1))

    assert write_snapshot(PLAN, tmp_path) == path
    assert path.stat().st_mtime == 1
    assert write_snapshot(Plan(), tmp_path) != path


def test_what_is_no_plan_is_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"format": 0}')

    with pytest.raises(ValueError, match="no plan of format"):
        read_plan(tmp_path / "x.json")
