"""Intensities beside those of FMO tubes: which tube, what ratio, what interval, what is said."""

import numpy as np
import pandas as pd
import pytest

from correlates.flow.counts.fmo import (
    COLUMNS,
    FmoFloors,
    fmo_intensities,
    read_compared,
    with_ratios,
)
from correlates.tables import write_tsv
from test_flow_measurements import counts, measure, row_of, tube
from test_instantiate import template_of

FLOORS = FmoFloors(min_events=1000, lod_events=20)
FULL, OWN, HD, HD2 = (
    "P1_C0D1__tnk__full",
    "P1_C0D1__tnk__fmo_CD86",
    "hd_b1__tnk__fmo_CD86",
    "hd2_b1__tnk__fmo_CD86",
)


def tubes(*keys, batch="b1"):
    return [
        tube(key, sample=key.split("__")[0], tube=key.split("__")[2], batch=batch) for key in keys
    ]


def intensity(acquisition, median, n=4000, population="t", marker="CD86", width=0.1):
    low, high = median - width * abs(median), median + width * abs(median)
    row = (acquisition, population, marker, "PE-A", median, low, high, 50.0, float(n))
    return dict(zip(COLUMNS[:9], row, strict=True))


def compare(planned, rows, templates=None):
    return fmo_intensities(planned, pd.DataFrame(rows), templates or {}, FLOORS)


def only(table):
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize(
    ("fmos", "median", "source", "flags"),
    [
        pytest.param({HD: (40, 1000)}, 40, HD, "", id="the batch's"),
        pytest.param({HD: (40, 5000), OWN: (60, 1000)}, 60, OWN, "", id="the draw's own first"),
        pytest.param(
            {HD: (40, 5000), HD2: (44, 5000), OWN: (60, 999)},
            42,
            f"{HD2};{HD}",
            "fmo_parent_below_floor;fmo_batch_median",
            id="an own one that is too small gives way to the batch's median",
        ),
        pytest.param(
            {OWN: (60, 999)}, 60, OWN, "fmo_parent_below_floor", id="small, and the only one"
        ),
        pytest.param(
            {HD: (40, 20)}, 40, HD, "fmo_parent_below_floor", id="small, and the batch's only one"
        ),
        pytest.param({HD: (40, 19)}, None, HD, "fmo_too_few_events", id="too small for a median"),
    ],
)
def test_the_own_fmo_goes_first_then_the_batch_s_median(fmos, median, source, flags):
    rows = [intensity(FULL, 800), *(intensity(key, *of) for key, of in fmos.items())]

    row = only(compare(tubes(FULL, *fmos), rows))

    assert (row["source"], row["flags"]) == (source, flags)
    assert pd.isna(row["fmo_median"]) if median is None else row["fmo_median"] == median
    assert pd.isna(row["mfir"]) if median is None else row["mfir"] == pytest.approx(800 / median)


@pytest.mark.parametrize(
    ("planned", "rows"),
    [
        pytest.param(tubes(FULL, HD), [intensity(FULL, 800)], id="an FMO that was refused"),
        pytest.param(
            [*tubes(FULL), *tubes("hd_b2__tnk__fmo_CD86", batch="b2")],
            [intensity(FULL, 800), intensity("hd_b2__tnk__fmo_CD86", 40)],
            id="of another batch",
        ),
        pytest.param(
            tubes(FULL, HD, batch=""), [intensity(FULL, 800), intensity(HD, 40)], id="no batch"
        ),
        pytest.param(
            tubes(FULL, HD),
            [intensity(FULL, 800, marker="CD5"), intensity(HD, 40, marker="CD5")],
            id="of another marker",
        ),
    ],
)
def test_without_an_fmo_no_row_is_invented(planned, rows):
    assert compare(planned, rows).empty


def test_a_marker_is_found_however_it_is_written():
    fmo = "hd_b1__tnk__fmo_HLA-DR"
    rows = [intensity(FULL, 90, marker="HLA DR"), intensity(fmo, 30, marker="HLA DR")]

    assert only(compare(tubes(FULL, fmo), rows))["mfir"] == pytest.approx(3)


def test_a_population_that_is_gated_on_the_marker_is_not_compared():
    template = template_of(
        "t,+,root,CD3,mindensity,,,,,",
        "pos,+,t,CD86,mindensity,,,,,",
        "below,+,pos,CD5,mindensity,,,,,",
        "both,+,t,,boolGate,pos & below,,,,",
    )
    names = ("t", "pos", "below", "both")
    rows = [intensity(key, 50, population=name) for key in (FULL, HD) for name in names]

    found = compare(tubes(FULL, HD), rows, {FULL: template})

    assert list(found["population"]) == ["t"]


def ratios(full, fmo, rsd=25.0):
    names = ("median", "low", "high")
    row = dict(zip(names, full, strict=True)) | {
        f"fmo_{name}": value for name, value in zip(names, fmo, strict=True)
    }
    return with_ratios(pd.DataFrame([row | {"fmo_rsd": rsd, "flags": ""}])).iloc[0]


def test_a_ratio_by_hand():
    row = ratios((1000, 900, 1100), (100, 80, 130))

    assert row["mfir"] == 10
    assert row["mfir_low"] == pytest.approx(
        np.exp(np.log(10) - np.hypot(np.log(1000 / 900), np.log(130 / 100)))
    )
    assert row["mfir_high"] == pytest.approx(
        np.exp(np.log(10) + np.hypot(np.log(1100 / 1000), np.log(100 / 80)))
    )
    # (1000 - 100) / (2 x 25)
    assert row["stain_index"] == 18
    assert row["dmfi"] == 900


@pytest.mark.parametrize("fmo", [0.0, -20.0])
def test_an_fmo_at_or_below_zero_gives_the_difference(fmo):
    row = ratios((1000, 900, 1100), (fmo, fmo - 10, fmo + 20))

    assert pd.isna(row["mfir"])
    assert row["dmfi"] == 1000 - fmo
    assert row["dmfi_low"] == pytest.approx(1000 - fmo - np.hypot(100, 20))
    assert row["dmfi_high"] == pytest.approx(1000 - fmo + np.hypot(100, 10))
    assert row["flags"] == "fmo_not_positive"


def test_a_ratio_to_what_may_be_zero_has_no_interval():
    row = ratios((1000, 900, 1100), (5, -2, 12))

    assert row["mfir"] == 200
    assert np.isnan([row["mfir_low"], row["mfir_high"]]).all()
    assert row["flags"] == "fmo_not_above_zero"


def test_the_interval_of_the_ratio_holds_the_truth_as_often_as_it_says():
    from correlates.flow.gating.medians import centre_of

    rng = np.random.default_rng(8)
    held = []
    for _ in range(400):
        full = centre_of(rng.lognormal(np.log(800), 0.6, 700).astype(np.float32))
        fmo = centre_of(rng.lognormal(np.log(80), 0.4, 1200).astype(np.float32))
        row = ratios((full.median, full.low, full.high), (fmo.median, fmo.low, fmo.high))
        held.append(row["mfir_low"] <= 10 <= row["mfir_high"])

    assert 0.92 <= np.mean(held) <= 0.98


def compared(**changed):
    row = dict.fromkeys(COLUMNS, np.nan) | intensity(FULL, 800) | {"source": HD, "flags": ""}
    row |= {"fmo_median": 40.0, "fmo_n": 2000.0, "mfir": 20.0, "mfir_low": 18.0, "mfir_high": 22.0}
    return pd.DataFrame([row | changed])


def test_a_ratio_is_a_row_of_the_measurements_with_its_interval():
    table, _ = measure(compared=compared())

    row = row_of(table, "t__mfir__cd86")
    assert (row["value"], row["ci_low"], row["ci_high"], row["n"]) == (20, 18, 22, 4000)
    assert (row["status"], row["unit"], row["method"]) == ("ok", "1", "median_full/median_fmo")


def test_a_difference_has_a_name_of_its_own():
    table, _ = measure(
        compared=compared(mfir=np.nan, dmfi=805.0, dmfi_low=790.0, flags="fmo_not_positive")
    )

    row = row_of(table, "t__dmfi__cd86")
    assert (row["value"], row["ci_low"], row["status"]) == (805, 790, "ok")
    row = row_of(table, "t__mfir__cd86")
    assert (row["status"], list(row["flags"])) == ("not_evaluable", ["fmo_not_positive"])


def test_a_difference_stands_beside_every_ratio():
    table, _ = measure(compared=compared(dmfi=760.0))

    statuses = [row_of(table, f"t__{kind}__cd86")["status"] for kind in ("mfir", "dmfi")]
    assert statuses == ["ok", "ok"]


def test_a_ratio_to_what_may_be_zero_is_shown_and_not_evaluable():
    table, _ = measure(compared=compared(mfir=400.0, dmfi=798.0, flags="fmo_not_above_zero"))

    row = row_of(table, "t__mfir__cd86")
    assert (row["value"], row["status"]) == (400, "not_evaluable")
    assert row_of(table, "t__dmfi__cd86")["status"] == "ok"


@pytest.mark.parametrize(
    ("changed", "flags"),
    [
        pytest.param({"n": 19.0}, ["too_few_events"], id="few cells in the full tube"),
        pytest.param(
            {"mfir": np.nan, "flags": "fmo_too_few_events"}, ["fmo_too_few_events"], id="in the FMO"
        ),
    ],
)
def test_what_rests_on_too_few_events_is_not_evaluable(changed, flags):
    table, _ = measure(compared=compared(**changed))

    row = row_of(table, "t__mfir__cd86")
    assert (row["status"], list(row["flags"])) == ("not_evaluable", flags)


def test_the_flags_of_a_gate_go_with_its_ratio():
    table, _ = measure(populations=counts(flags="fallback_no_valley"), compared=compared(n=30.0))

    flags = list(row_of(table, "t__mfir__cd86")["flags"])
    assert flags == ["fallback_no_valley", "few_events"]


def test_a_mixture_with_the_clone_is_shown_only():
    table, _ = measure(compared=compared(population="lymph"))

    assert "display_only_compositional" in row_of(table, "lymph__mfir__cd86")["flags"]


def test_what_was_written_is_read_as_it_was(tmp_path):
    rows = [intensity(FULL, 800), intensity(HD, 40)]
    table = compare(tubes(FULL, HD), rows)
    known = table.astype(object).where(table.notna(), None)
    write_tsv(tmp_path / "x.tsv", COLUMNS, known.to_dict("records"))

    read = read_compared(tmp_path / "x.tsv")

    pd.testing.assert_frame_equal(read, table, check_dtype=False)
