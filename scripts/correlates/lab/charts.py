"""The control charts on the laboratory's page: those that ask for something first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from math import inf
from statistics import median

from markupsafe import Markup

from correlates.flow.controls.charts import SERIES
from correlates.flow.figures.levey_jennings import draw_levey_jennings
from correlates.pages.words import as_number, words

_ORDER = {"out": 0, "warning": 1, "in": 2}


def control_views(rows: Iterable[Mapping], most: int) -> dict:
    """Return what the page shows of the bridging controls.

    Parameters
    ----------
    rows
        Rows of ``control_charts.tsv``, each series' batches together and in order.
    most
        Series that are drawn: those of which any batch is out, then those with a warning, then
        percentages before intensities. Of a marker's intensity only the brightest population is
        drawn, since the others would tell of the same dye.

    Returns
    -------
    ``charts`` (each ``svg``, ``panel``, ``said``), ``n_series``, ``out`` (of each panel and batch
    that is out, how many of its series are, and how many there are), and ``absent``: what the table
    says of batches without a control that can be read.
    """
    series = [
        (key, list(group)) for key, group in groupby(rows, key=lambda row: [row[k] for k in SERIES])
    ]
    absent = [row for _, group in series for row in group if not row["population"]]
    drawn = [(key, group) for key, group in series if group[0]["population"]]
    n_series = len(drawn)
    drawn = _brightest_only(drawn)
    drawn.sort(key=lambda one: (_worst(one[1]), one[0][4].startswith("mfi"), one[0]))
    return {
        "charts": [_chart(group) for _, group in drawn[:most]],
        "n_series": n_series,
        "out": _out(series),
        "absent": absent,
    }


def _out(series: list[tuple]) -> list[dict]:
    """Count the series of each panel and batch, where any is out."""
    verdicts: dict[tuple[str, str], Counter] = {}
    for _, rows in series:
        for row in rows:
            if row["population"]:
                verdicts.setdefault((row["panel"], row["batch"]), Counter())[row["verdict"]] += 1
    return [
        {"panel": panel, "batch": batch, "n": counts["out"], "of": counts.total()}
        for (panel, batch), counts in sorted(verdicts.items())
        if counts["out"]
    ]


def _brightest_only(series: list[tuple]) -> list[tuple]:
    brightest: dict[tuple, float] = {}
    for key, rows in series:
        place = (key[0], key[1], key[2], key[4])
        brightest[place] = max(brightest.get(place, -inf), _centre(rows))
    return [
        (key, rows)
        for key, rows in series
        if not key[4].startswith("mfi")
        or _centre(rows) == brightest[(key[0], key[1], key[2], key[4])]
    ]


def _centre(rows: list[Mapping]) -> float:
    values = [value for row in rows if (value := as_number(row["value"])) is not None]
    return median(values) if values else -inf


def _worst(rows: list[Mapping]) -> int:
    return min(_ORDER.get(row["verdict"], len(_ORDER)) for row in rows)


def _chart(rows: list[Mapping]) -> dict:
    first = rows[0]
    title = f"{first['population']} {words(first['statistic'].replace('__', ' of '))}"
    out = [row["batch"] for row in rows if row["verdict"] == "out"]
    return {
        "svg": Markup(draw_levey_jennings(rows, f"{first['control']}: {title}", first["unit"])),
        "panel": first["panel"],
        "said": f"Out in {', '.join(out)}." if out else "",
    }
