"""The laboratory's page, put together from what intake and flow wrote.

It is blinded: nothing of response or tumor flare reaction reaches this package, whose inputs are
the tables of files, gates and controls (a test follows the rule's inputs).
"""

from collections import Counter
from collections.abc import Mapping
from os.path import relpath
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from correlates.lab.charts import control_views
from correlates.lab.inputs import LabContent, LabInputs, read_lab_content
from correlates.lab.others import comparable, lines_behind
from correlates.pages.assay_quality import quality_view
from correlates.pages.embedding import UnsafeFigure, picture_of, plots_in
from correlates.pages.environment import page_environment
from correlates.pages.stacking import label_cells
from correlates.pages.words import as_number, is_true
from correlates.problems import folded
from correlates.tables import write_text

# How the flags of a reference tube end that could not be used, in words.
_NO_TUBE = (" missing", " parent below floor")
_OVERRIDDEN = "overridden"
_MEASURED = ("full", "stim_")
TEMPLATES = Path(__file__).parent / "templates"


def build_lab_page(inputs: LabInputs, out_path: str | Path) -> None:
    """Write the page.

    Parameters
    ----------
    inputs
        Where everything stands that it shows.
    out_path
        The page to write; links to figures are relative to it.
    """
    content = read_lab_content(inputs)
    rows = ordered(content)
    gated = [row["acquisition"] for row in rows if row["acquisition"] in content.strategies]
    with_figures = set(gated[: inputs.max_figures])
    views = [_view(row, content, inputs, with_figures, Path(out_path)) for row in rows]
    assays = [quality_view(one, picture_of) for one in inputs.assays]
    page = page_environment(TEMPLATES).get_template("lab.html.j2")
    text = page.render(
        title=inputs.title,
        is_simulated=any(is_true(row["simulated"]) for row in content.files),
        states=Counter(row["state"] for row in content.files),
        to_do=[view for view in views if view["is_to_do"]],
        views=views,
        panels=by_panel(views),
        controls=control_views(content.control_charts, inputs.max_charts),
        tubes_wanted=tubes_wanted(content),
        problems=folded(content.problems),
        report=inputs.report,
        assays=assays,
        bad_runs=bad_runs(assays),
        max_others=inputs.max_others,
    )
    write_text(out_path, label_cells(text))


def bad_runs(assays: list[dict]) -> list[dict]:
    """Return the runs of the assays that failed or are flagged, failed ones first.

    Returns
    -------
    ``key`` and ``title`` of the assay, ``verdict``, ``runs`` and ``reasons`` that they share.
    """
    return [
        {
            **{"key": one["key"], "title": one["title"], "verdict": verdict},
            **{"runs": row["items"], "reasons": row["reasons"]},
        }
        for wanted in ("fail", "flag")
        for one in assays
        for verdict, found in one["verdicts"]["runs"]
        if verdict == wanted
        for row in (*found["shown"], *found["folded"])
    ]


def ordered(content: LabContent) -> list[dict]:
    """Return the files, those that ask for something first, of each kind the newest first."""

    def place(row: dict) -> tuple:
        newest = -content.finished.get(row["acquisition"], 0.0)
        return not is_to_do(row, content), newest, row["path"], row["acquisition"]

    return sorted(content.files, key=place)


def is_to_do(row: Mapping, content: LabContent) -> bool:
    """Tell whether somebody should look at a file."""
    return row["state"] != "accepted" or row["acquisition"] in content.outliers


def _view(
    row: dict, content: LabContent, inputs: LabInputs, with_figures: set[str], page: Path
) -> dict:
    name = row["acquisition"]
    view = {
        "row": row,
        "is_to_do": is_to_do(row, content),
        "outliers": content.outliers.get(name, []),
        "outlier_gates": _gates(content.outliers.get(name, []), content.flags.get(name, [])),
        "flags": [*_flags_beside(content.ledgers.get(name, [])), *content.flags.get(name, [])],
        "kept": kept_of_all(content.ledgers.get(name, [])),
        "is_cleaned": all(one.get("applied") != "no" for one in content.ledgers.get(name, [])),
        "name": " ".join(filter(None, (row["patient"], row["visit"]))) or name.split("__")[0],
        "href": _address(inputs.figures[name], page) if name in inputs.figures else "",
        "plots": [],
        "course": [],
        "problem": "",
    }
    if name in with_figures and row["state"] != "refused":
        others = comparable(row, content.files, inputs.max_others)
        try:
            behind = lines_behind(name, others, content.strategies)
            view["plots"] = [Markup(plot) for plot in plots_in(inputs.figures[name], behind)]
            if name in inputs.courses:
                view["course"] = [Markup(plot) for plot in plots_in(inputs.courses[name])]
        except UnsafeFigure as error:
            view["problem"] = str(error)
        view["n_others"] = len(others)
    return view


def tubes_wanted(content: LabContent) -> list[dict]:
    """Return the gates that found no reference tube to stand on, in how many files.

    Returns
    -------
    ``panel``, ``flag`` (such as ``fmo missing``), ``n`` and ``populations``, of full and stimulated
    tubes; a reference tube never takes a threshold from another.
    """
    panels = {
        row["acquisition"]: row["panel"]
        for row in content.files
        if row["tube"].startswith(_MEASURED)
    }
    seen = Counter(
        (panels[name], population, flag)
        for name, flagged in content.flags.items()
        if name in panels
        for population, flags in flagged
        for flag in flags.split(", ")
        if flag.endswith(_NO_TUBE) or " refused " in flag
    )
    groups: dict[tuple[str, str, int], list[str]] = {}
    for (panel, population, flag), n in sorted(seen.items()):
        groups.setdefault((panel, flag, n), []).append(population)
    names = ("panel", "flag", "n")
    return [
        dict(zip(names, key, strict=True)) | {"populations": populations}
        for key, populations in groups.items()
    ]


def _gates(outliers: list[dict], flags: list[tuple[str, str]]) -> list[dict]:
    """Return outlying thresholds once each, with the ``populations`` that share it.

    ``by_hand`` tells that an override set it.
    """
    by_hand = {population for population, words in flags if _OVERRIDDEN in words.split(", ")}
    groups: dict[tuple, list[dict]] = {}
    for one in outliers:
        key = tuple(one[name] for name in ("marker", "threshold", "median_of_others"))
        groups.setdefault(key, []).append(one)
    return [
        rows[0] | {"populations": names, "by_hand": by_hand.issuperset(names)}
        for rows in groups.values()
        for names in [[one["population"] for one in rows]]
    ]


def _flags_beside(ledger: list[dict]) -> list[tuple[str, str]]:
    """Return the flags of steps that no population stands for, since others' gates are used."""
    return [
        (row["population"], row["flags"].replace("_", " ").replace(";", ", "))
        for row in ledger
        if row.get("applied") == "no" and row.get("flags")
    ]


def kept_of_all(ledger: list[dict]) -> dict[str, float]:
    """Return the share of all events that is left after each step, in percent."""
    first = as_number(ledger[0]["n_before"]) if ledger else None
    return {row["step"]: 100 * float(row["n_after"]) / first for row in ledger if first}


def by_panel(views: list[dict]) -> list[dict]:
    """Return the files of each panel, with the steps that any of them has, in their order."""
    groups: dict[str, list[dict]] = {}
    for view in views:
        if view["row"]["acquisition"]:
            groups.setdefault(view["row"]["panel"], []).append(view)
    return [
        {
            "name": name,
            "views": own,
            "steps": list(dict.fromkeys(step for view in own for step in view["kept"])),
        }
        for name, own in sorted(groups.items())
    ]


def _address(path: Path, page: Path) -> str:
    return quote(Path(relpath(path.resolve(), page.resolve().parent)).as_posix())
