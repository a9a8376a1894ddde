"""The figure of an acquisition's course: what it shows, and what it says without one."""

from xml.etree import ElementTree

import numpy as np
import pytest

from correlates.flow.figures.course import draw_course
from correlates.flow.gating.events import Events
from correlates.flow.quality.acquisition_time import TimeRanges, find_time_ranges
from flow_maker import channels_of

SVG = "{http://www.w3.org/2000/svg}"


def found_in(seconds, signal):
    channels = channels_of(("FSC-A", "PE-A", "Time"))
    for channel in channels:
        channel.range = 262_144
    values = np.column_stack([np.full(len(seconds), 5e4), signal, seconds])
    return find_time_ranges(Events.of_array(values, channels), ("PE-A",))


WAITS = np.random.default_rng(1).exponential(0.002, 20_000)
WAITS[8000:10_000] /= 3
SECONDS = np.cumsum(WAITS)


@pytest.fixture(scope="module")
def course():
    """A rate that trebles for a tenth of the events, and a signal that stays."""
    return found_in(SECONDS, np.random.default_rng(4).lognormal(8, 0.3, 20_000))


def test_what_is_removed_is_shaded_where_it_is_in_every_plot(course):
    root = ElementTree.fromstring(draw_course(course, {"PE-A": "CD<19>"}, "P01"))

    shades = [one for one in root.iter(f"{SVG}rect") if one.get("fill") == "#f6c7a8"]
    words = [one.text for one in root.iter(f"{SVG}text")]
    share = (SECONDS[8000] - SECONDS[0]) / (SECONDS[-1] - SECONDS[0])

    assert len(shades) == 3
    for shade in shades:
        assert float(shade.get("x")) == pytest.approx(66 + 720 * share, abs=4)
    assert "CD<19> (PE-A)" in words
    assert "10.0 % of the events are not steady (shaded)." in words


def test_the_quantile_that_strays_is_the_one_that_is_drawn():
    """Dim events become three times as bright, little by little, and the others stay."""
    rng = np.random.default_rng(3)
    seconds = np.cumsum(rng.exponential(0.002, 20_000))
    is_dim = rng.random(20_000) < 0.4
    dim = rng.normal(250, 60, 20_000) * np.linspace(1, 3, 20_000)

    found = found_in(seconds, np.where(is_dim, dim, rng.lognormal(9, 0.3, 20_000)))

    (shown,) = found.steady.straying.values()
    values = shown.cofactor * np.sinh(shown.values)
    assert shown.share == 0.25
    assert np.median(values[:40]) < 350 < 650 < np.median(values[-40:])
    assert "CD19 (PE-A), lower quartile" in draw_course(found, {"PE-A": "CD19"}, "P01")


def test_a_steady_file_says_so():
    rng = np.random.default_rng(2)
    steady = found_in(np.cumsum(rng.exponential(0.002, 5000)), rng.lognormal(8, 0.3, 5000))

    assert "Steady throughout: no event was removed." in draw_course(steady, {}, "P01")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(TimeRanges(None, flags=("no_time_channel",)), "no Time channel", id="no Time"),
        pytest.param(None, "Nobody looked", id="refused"),
    ],
)
def test_where_there_is_nothing_to_draw_the_reason_stands(found, said):
    assert said in draw_course(found, {}, "P01")


def test_times_are_kept_of_the_places_that_are_drawn_and_of_no_others(course):
    courses = (course.steady.rate, *course.steady.signals.values())
    places = np.concatenate([one.starts for one in courses])

    assert course.moments.at(places) == pytest.approx(SECONDS[np.minimum(places, 19_999)])
    assert len(course.moments.places) < 2000
