"""The report: one page that needs nothing else, put together from tables.

No statistic is computed here; what the page says is in the tables, and only made readable.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from math import inf
from os.path import relpath
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from correlates.analyses.highest_limit import COSTLY
from correlates.analyses.lanes import EXPLORE, FROM, MOST_BELOW_EXPLORE
from correlates.analyses.multiplicity import ALPHA, FDR
from correlates.analyses.shift import MOST_TIED
from correlates.analyses.wording import caution_of
from correlates.clinical.dosing.days import planned_day
from correlates.flow.figures.figure import MAX_IN_HISTOGRAM
from correlates.measurements import CENSORED
from correlates.pages.embedding import UnsafeFigure, picture_of, plots_in
from correlates.pages.environment import page_environment
from correlates.pages.stacking import label_cells
from correlates.pages.words import count
from correlates.problems import folded
from correlates.report import formats
from correlates.report.assays import assay_views, told_first
from correlates.report.censored import censored_views, tertile_ranges
from correlates.report.clinical import CATEGORIES, clinical_view, integrity_groups
from correlates.report.glossary import gate_flags, glossary
from correlates.report.inputs import Content, ReportError, ReportInputs, read_content
from correlates.report.names import item_name, marker_name
from correlates.report.origin import inputs_digest, versions
from correlates.report.overrides import override_views, overrides_in_words
from correlates.report.results import contrast_views, model_views
from correlates.report.summary import summarise
from correlates.report.trajectories import features_not_shown, trajectories
from correlates.tables import write_text

TEMPLATES = Path(__file__).parent / "templates"
# Headings of the exclusions, by what they are of.
KINDS = {
    "file": "files not used",
    "sheet": "problems in sheets",
    "acquisition": "gated files left out",
    "draw": "draws without a phase",
    "measurement": "measurements without a value",
    "baseline": "baselines missing or not from the last draw",
    "endpoint": "endpoints not evaluable",
}
# Answers to one question that are shown before the rest is folded away.
MOST_ANSWERS = 4
_COMPENSATED = {
    "file": "with the matrix that the file holds",
    "table": "with a table of the study's",
    "gating": "as the GatingML file or the workspace says",
    "nothing": "taken as they are (no matrix in the file, or none asked for)",
}
AT_A_LIMIT = "measurements below or above a limit: not excluded, but used as lying beyond it"


def build_report(inputs: ReportInputs, out_path: str | Path) -> None:
    """Write the report.

    Parameters
    ----------
    inputs
        Where everything stands that it shows.
    out_path
        The page to write; links to figures that are not on the page are relative to it.

    Raises
    ------
    ReportError
        If a table lacks a column, or the settings lack one that the methods paragraph prints.
    """
    content = read_content(inputs)
    wanted = inputs.settings["report"]["features"]
    flags = content.measurements["flags"]
    assays = assay_views(inputs.assays, content.measurements, picture_of)
    context = {
        "title": inputs.title,
        "content": content,
        "summary": summarise(content),
        "caution": caution_of(str(inputs.settings["analyses"].get("design_note", ""))),
        "compensated": compensation_words(content.files),
        "states": Counter(row["state"] for row in content.files),
        "file_groups": file_groups(content.files, content.idle),
        "figures": figure_groups(content, inputs, Path(out_path)),
        "trajectories": [
            {"about": one, "svg": Markup(one.svg)}
            for one in trajectories(content.measurements, wanted)
        ],
        "not_shown": features_not_shown(content.measurements, wanted),
        "contrasts": _marked(contrast_views(content)),
        "overrides": override_views(content.overrides),
        "overrides_words": overrides_in_words(content.overrides),
        "models": _marked(model_views(content)),
        "clinical": clinical_view(content.clinical, _decrease_pct(inputs.settings)),
        "assays": assays,
        "assays_told": told_first(assays),
        "integrity": integrity_groups(content.integrity),
        "flow_diagram": picture_of(inputs.flow_diagram, "Patients at each step"),
        "fingerprints": picture_of(inputs.fingerprints, "Distances between samples"),
        "exclusions": _by_kind(content.exclusions),
        "censored": censored_views(content.not_detected),
        "tertiles": tertile_ranges(content.not_detected),
        "glossary": glossary(flags),
        "gate_flags": gate_flags(flags),
        "settings": inputs.settings,
        "response": inputs.settings["clinical"]["response"],
        "versions": versions(),
        "digests": inputs_digest(inputs, content),
    }
    try:
        page = environment().get_template("page.html.j2").render(context)
    except UndefinedError as error:
        msg = f"The report's settings or tables lack something that it prints: {error}."
        raise ReportError(msg) from error
    write_text(out_path, label_cells(page))


def _decrease_pct(settings: Mapping) -> float:
    """Return the change of the nodes that a response needs, in percent."""
    return -float(settings["clinical"]["response"]["limits"]["decrease_pct"])


def compensation_words(files: Iterable[Mapping]) -> str:
    """Say how many of the accepted files were compensated, and where the matrix was from."""
    counts = Counter(row["compensated_by"] for row in files if row["compensated_by"])
    parts = [
        f"{count(counts[origin])} {words}"
        for origin, words in _COMPENSATED.items()
        if counts[origin]
    ]
    return "; ".join(parts) or "none was read"


def environment() -> Environment:
    """Return the templates' environment: everything escaped, nothing missing passed over."""
    made = page_environment(TEMPLATES)
    made.filters |= {
        "shown": formats.shown,
        "p_shown": formats.p_shown,
        "between": lambda ends, unit="": formats.interval(*ends, unit=unit),
        "level": formats.percent_level,
        "folded": folded,
        "unit": formats.unit_shown,
        "item_name": item_name,
        "with_key": with_key,
    }
    made.globals |= {
        "histogram_events": MAX_IN_HISTOGRAM,
        "most_markers": MOST_BELOW_EXPLORE,
        "explore_from": FROM[EXPLORE],
        "alpha": f"{ALPHA:g}",
        "fdr": f"{FDR:g}",
        "most_tied": MOST_TIED,
        "costly": COSTLY,
        "STATUSES": formats.STATUSES,
        "categories": CATEGORIES,
        "most_answers": MOST_ANSWERS,
    }
    return made


def with_key(marker: str) -> Markup:
    """Return a marker in words with its key in grey, or its key where it has no words."""
    name = marker_name(marker)
    if name == marker:
        return Markup("<code>{}</code>").format(marker)
    return Markup('{} <code class="key">{}</code>').format(name, marker)


def figure_groups(content: Content, inputs: ReportInputs, out_path: Path) -> list[dict]:
    """Return the gating figures by patient, those beyond the most to show as links only."""
    most = int(inputs.settings["report"]["max_figures"])
    rows = [row for row in content.files if row["acquisition"] in inputs.figures]
    rows.sort(key=lambda row: (row["patient"], _planned_day(row["visit"]), row["visit"]))
    views = []
    for place, row in enumerate(rows):
        path = Path(inputs.figures[row["acquisition"]])
        view = {"row": row, "href": relative_address(path, out_path), "plots": [], "problem": ""}
        if place < most:
            try:
                view["plots"] = [Markup(plot) for plot in plots_in(path)]
            except UnsafeFigure as error:
                view["problem"] = str(error)
        views.append(view)
    return [
        {"patient": patient, "figures": list(group)}
        for patient, group in groupby(views, key=lambda view: view["row"]["patient"])
    ]


def _planned_day(visit: str) -> float:
    day = planned_day(visit)
    return inf if day is None else day


def relative_address(path: Path, page: Path) -> str:
    """Return the address of a file as a link from the page to it."""
    return quote(Path(relpath(path.resolve(), page.resolve().parent)).as_posix())


def _marked(views: list[dict]) -> list[dict]:
    """Mark the plots as markup; they escaped what came from outside when they were drawn."""
    drawings = ("plot", "course")
    return [view | {key: Markup(view.get(key, "")) for key in drawings} for view in views]


def _by_kind(exclusions: list[dict]) -> list[tuple[str, str, list[dict]]]:
    """Return the rows by kind, each with its heading; what stands at a limit comes last."""
    limited = [row for row in exclusions if row["status"] in CENSORED]
    others = [row for row in exclusions if row["status"] not in CENSORED]
    kinds = dict.fromkeys(row["what"] for row in others)
    groups = [
        (kind, KINDS.get(kind, kind), [row for row in others if row["what"] == kind])
        for kind in kinds
    ]
    return [*groups, ("measurement", AT_A_LIMIT, limited)] if limited else groups


def file_groups(files: list[dict], idle: Mapping[str, str]) -> list[tuple[str, bool, list[dict]]]:
    """Return the files by what became of them, each group with its heading and whether it is open.

    Those that were not used stand first, then those with a warning.

    Parameters
    ----------
    files
        Rows of the files' table.
    idle
        Why an accepted file gives no measurement, by acquisition; it is among those not used.
    """
    states = ("accepted", "accepted_with_warning")
    unused, used = [], []
    for row in files:
        why = idle.get(row["acquisition"], "") if row["state"] in states else ""
        if why:
            said = f"{why[:1].upper()}{why[1:].rstrip('.')}. {row['reason']}".strip()
            unused.append(row | {"reason": said})
        else:
            (used if row["state"] in states else unused).append(row)
    groups = [
        ("Not used", True, unused),
        ("Used, with a warning", True, [row for row in used if row["state"] == states[1]]),
        ("Used", False, [row for row in used if row["state"] == states[0]]),
    ]
    return [group for group in groups if group[2]]
