"""Files of equal content under two names: no copy is measured, and the run goes on."""

from correlates.flow.counts.tubes import evaluable_tubes
from correlates.intake.acquisitions import Acquisition, Listed
from correlates.intake.duplicates import find_duplicates


def acquisition(patient, content):
    place = {"patient": patient, "visit": "C0D1", "timepoint": "pre", "specimen": "fresh_wb"}
    return Acquisition(
        acquisition=f"{patient}_C0D1__tnk__full",
        sample=f"{patient}_C0D1",
        **place,
        panel="tnk",
        tube="full",
        batch="",
        study_day=1.0,
        study_day_source="recorded",
        hours_post_dose=None,
        path=f"fcs/{patient}.fcs",
        sha256=content,
    )


def test_every_copy_is_excluded_with_the_others_named_and_the_rest_is_measured():
    files = [acquisition(*pair) for pair in (("P1", "a"), ("P2", "b"), ("P3", "a"), ("P4", "a"))]
    names = [one.acquisition for one in files]
    verdicts = {name: {"verdict": "accepted"} for name in names}

    copies = find_duplicates(files)
    tubes, left_out = evaluable_tubes(
        [one.as_row() for one in files], verdicts, copies, counted=set(names)
    )

    assert tubes.index.tolist() == ["P2_C0D1__tnk__full"]
    assert [row["patient"] for row in left_out] == ["P1", "P3", "P4"]
    assert {row["status"] for row in left_out} == {"excluded"}
    assert "fcs/P3.fcs" in left_out[0]["reason"]
    assert "fcs/P4.fcs" in left_out[0]["reason"]
    assert "fcs/P1.fcs" not in left_out[0]["reason"]


def test_a_copy_that_is_nobodys_is_named_as_the_file_to_delete():
    original = acquisition("P1", "a")
    copy = Listed("fcs/P1 copy.fcs", "unmatched", "its name is odd.", "", sha256="a")
    claimed = Listed("fcs/P2.fcs", "conflict", "", "", patient="P2", sha256="a")

    (reason,) = find_duplicates([original], [copy, claimed]).values()

    assert reason == (
        "The file's content is that of fcs/P1 copy.fcs and fcs/P2.fcs. fcs/P1 copy.fcs has no "
        "identity (its name is odd): if it is only a copy, delete it and run again."
    )
