"""The config, checked before anything is planned."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from correlates.intake.against_schema import against_schema
from correlates.intake.scrna_config import scrna_problems
from correlates.intake.sheets.dates import hide_dates
from correlates.problems import Problem, StudyError, did_you_mean

CONFIG = "config"
# Kinds of sheets of the assays beside flow; the first only tells whose the samples of others are.
ASSAY_SHEETS = (
    *("aliquots", "occupancy", "qpcr", "rnaseq", "junctions", "scrna", "western", "pk"),
    *("variants", "genotype", "soluble", "synapse"),
)
NO_STUDY = Problem(
    CONFIG,
    "no study is configured",
    "Pass yours with --configfile my/config.yaml (config/README.md leads there), "
    "or see the simulated one with `make demo`.",
    column="study",
)


def has_study(config: Mapping) -> bool:
    """Tell whether the config names a study at all; without one nothing can be planned."""
    return config.get("study") is not None


def require_study(config: Mapping) -> None:
    """Raise what to do about it if the config names no study.

    Raises
    ------
    StudyError
        If there is no ``study`` block.
    """
    if not has_study(config):
        raise StudyError([NO_STUDY])


def parse_problems_to_stop(problems: Iterable[Problem]) -> None:
    """Raise the problems that keep a run from being planned, all in one message.

    Raises
    ------
    StudyError
        If any problem stops the run.
    """
    stopping = [problem for problem in problems if problem.stops == "run"]
    if stopping:
        raise StudyError(stopping)


def check_config(config: Mapping) -> list[Problem]:
    """Check the config against its schema and its own logic; the disk is not looked at.

    Parameters
    ----------
    config
        The shipped defaults with the study's own config laid over them.

    Returns
    -------
    Every problem, in the order of the config; all stop the run. A config without a study is none.
    """
    content = {key: value for key, value in config.items() if key != "study" or value is not None}
    content = with_plain_dates(content)
    problems = list(against_schema(content, "config", CONFIG))
    if not problems:
        problems.extend(_against_logic(content))
    return problems


def with_plain_dates(content: Mapping) -> dict:
    """Return the config with dates as text; YAML makes a date of 2025-06-30 without quotes."""
    study = content.get("study")
    cut = study.get("data_cut") if isinstance(study, Mapping) else None
    if not isinstance(cut, Mapping) or not isinstance(cut.get("date"), date):
        return dict(content)
    written = dict(study) | {"data_cut": dict(cut) | {"date": cut["date"].isoformat()[:10]}}
    return dict(content) | {"study": written}


def _against_logic(content: dict) -> Iterator[Problem]:
    """Check what one key demands of another; the types are known to be right."""
    flow = content["flow"]
    if flow["lod_events"] > flow["lloq_events"]:
        yield Problem(
            CONFIG,
            "detection needs more events than quantification",
            f"Give at most flow.lloq_events, which is {flow['lloq_events']}.",
            column="flow.lod_events",
            value=str(flow["lod_events"]),
        )
    yield from _scale_logic(flow["scale"])
    if flow["batch_correction"]["method"] != "none" and not flow["batch_correction"]["goal"]:
        yield Problem(
            CONFIG,
            "batches are to be corrected, and none is named that they are brought to",
            "Name a batch whose control is within its limits, or give method: none.",
            column="flow.batch_correction.goal",
        )
    yield from _clone_logic(flow)
    yield from _qpcr_logic(content["qpcr"])
    yield from _soluble_logic(content["soluble"]["measure"])
    yield from scrna_problems(content["scrna"])
    yield from _repeated_contrasts(content["analyses"]["contrasts"])
    yield from _family_sizes(content["analyses"]["contrasts"])
    if has_study(content):
        yield from _study_logic(content["study"])


def _scale_logic(scale: dict) -> Iterator[Problem]:
    """Check the width of each scale against its own decades."""
    common = {key: value for key, value in scale.items() if key != "markers"}
    blocks = {"flow.scale": common}
    blocks |= {
        f"flow.scale.markers.{marker}": common | own for marker, own in scale["markers"].items()
    }
    for place, block in blocks.items():
        decades, width = block["m"], block["w"]
        if width == "auto" or block["kind"] == "asinh":
            continue
        if width > decades / 2:
            problem = "the linear part is wider than half the axis"
            remedy = f"Give at most half of {place}.m: {decades / 2:g}."
        elif width == 0 and block["kind"] == "hyperlog":
            problem = "a hyperlog scale has no meaning without a linear part"
            remedy = "Give a number above 0, or auto."
        else:
            continue
        yield Problem(CONFIG, problem, remedy, column=f"{place}.w", value=str(width))


def _clone_logic(flow: dict) -> Iterator[Problem]:
    roles = ("leukocytes", "lymphocytes", "viable", "singlets")
    mixed = {flow["anchors"][role]: f"flow.anchors.{role}" for role in roles}
    mixed |= dict.fromkeys(flow["clone"], "flow.clone")
    for population in flow["clone_free"]:
        if population in mixed:
            yield Problem(
                CONFIG,
                f"this population holds the clone: it stands in {mixed[population]}",
                "Name only populations in which no cell of the clone can lie.",
                column="flow.clone_free",
                value=population,
            )


def _qpcr_logic(qpcr: dict) -> Iterator[Problem]:
    """Check limits that come in pairs, and that no gene is target and reference at once."""
    pairs = (("efficiency", "min", "max"), ("references", "good_m", "max_m"))
    for block, low, high in (*pairs, ("haemolysis", "flag_from", "reject_above")):
        if qpcr[block][low] > qpcr[block][high]:
            yield Problem(
                CONFIG,
                f"it is above {high}",
                f"Give at most qpcr.{block}.{high}, which is {qpcr[block][high]:g}.",
                column=f"qpcr.{block}.{low}",
                value=str(qpcr[block][low]),
            )
    for name, panel in qpcr["panels"].items():
        for gene in sorted({*panel["targets"]} & {*panel["references"], *panel["spike_ins"]}):
            yield Problem(
                CONFIG,
                "this gene is a target and a reference of one panel",
                "Name it once: a target divided by itself is 1 in every sample.",
                column=f"qpcr.panels.{name}.targets",
                value=gene,
            )


def _soluble_logic(measure: dict) -> Iterator[Problem]:
    """Check limits that come in pairs."""
    recovery = ("recovery_low_pct", "recovery_high_pct")
    pairs = (("wells", *recovery), ("plates", *recovery))
    for block, low, high in (*pairs, ("censoring", "model_up_to_pct", "ranks_up_to_pct")):
        if measure[block][low] > measure[block][high]:
            yield Problem(
                CONFIG,
                f"it is above {high}",
                f"Give at most soluble.measure.{block}.{high}, which is {measure[block][high]:g}.",
                column=f"soluble.measure.{block}.{low}",
                value=str(measure[block][low]),
            )


def _repeated_contrasts(contrasts: list[dict]) -> Iterator[Problem]:
    first = {}
    for number, contrast in enumerate(contrasts):
        if contrast["id"] in first:
            yield Problem(
                CONFIG,
                f"the same id as analyses.contrasts[{first[contrast['id']]}]",
                "Give each contrast its own id.",
                column=f"analyses.contrasts[{number}].id",
                value=contrast["id"],
            )
        first.setdefault(contrast["id"], number)


def _family_sizes(contrasts: list[dict]) -> Iterator[Problem]:
    """Check that a family is as large as its list, and of one size wherever that is given."""
    families = [contrast.get("family", "primary") for contrast in contrasts]
    first = {}
    for number, (contrast, family) in enumerate(zip(contrasts, families, strict=True)):
        if "family_size" not in contrast:
            continue
        size, column = contrast["family_size"], f"analyses.contrasts[{number}].family_size"
        listed = families.count(family)
        if size < listed:
            yield Problem(
                CONFIG,
                f"the {family} family holds more contrasts than this: {listed} are listed",
                f"Give {listed} or more, or leave the key out.",
                column=column,
                value=str(size),
            )
        first.setdefault(family, (size, number))
        if size != first[family][0]:
            yield Problem(
                CONFIG,
                f"another size of the {family} family than analyses.contrasts[{first[family][1]}]",
                "Give one size of a family.",
                column=column,
                value=str(size),
            )


def _study_logic(study: dict) -> Iterator[Problem]:
    if not {"patients", "redcap"} & set(study):
        yield Problem(
            CONFIG,
            "the study names no patients",
            "Give study.patients (a sheet), or study.redcap, whose mapping gives patients.",
            column="study.patients",
        )
    if not {"samples", "drop", "gated_tables", "redcap", *ASSAY_SHEETS[1:]} & set(study):
        yield Problem(
            CONFIG,
            "the study names no FCS files",
            "Give study.samples (a sheet), study.drop (folder and pattern), or both; or "
            "study.gated_tables, if there are exported tables only, or the sheets of other assays.",
            column="study.samples",
        )
    if {"samples", "drop"} & set(study) and "gating" not in study:
        yield Problem(
            CONFIG,
            "this key is missing",
            "The study names FCS files: give the gating of each panel, such as tnk: tnk.",
            column="study.gating",
        )
    yield from _cut_logic(study)
    gating = study.get("gating", {})
    endings = {panel: Path(name).suffix.lower() for panel, name in gating.items()}
    templates = [panel for panel, ending in endings.items() if ending in ("", ".csv")]
    if templates and "panels" not in study:
        yield Problem(
            CONFIG,
            f"the templates of {', '.join(templates)} name markers, which a panels sheet explains",
            "Give study.panels: a sheet of panel, channel, marker.",
            column="study.panels",
        )
    for panel, ending in endings.items():
        if ending not in ("", ".csv", ".wsp", ".xml"):
            yield Problem(
                CONFIG,
                "the kind of gating is told by the file's ending, which is not known",
                "Legal: .csv (template), .wsp (FlowJo 10), .xml (GatingML 2.0), "
                "or the name of a shipped template.",
                column=f"study.gating.{panel}",
                value=gating[panel],
            )
    for panel, choice in study.get("compensation", {}).items():
        yield from _compensation_logic(panel, choice, list(gating))


def _cut_logic(study: dict) -> Iterator[Problem]:
    cut, column = study.get("data_cut"), "study.data_cut"
    if cut is None:
        return
    if hide_dates(cut["name"]) != cut["name"]:
        # With a patient's day of censoring it would tell the date of the first dose.
        problem = "the name of the cut is a date, and every table prints it"
        remedy = "Give a name without a date, such as interim1."
        yield Problem(CONFIG, problem, remedy, column=f"{column}.name")
    if ("date" in cut) == ("study_day" in cut):
        problem = "nothing tells when the cut is" if "date" not in cut else "the cut is told twice"
        yield Problem(CONFIG, problem, "Give date, or study_day.", column=column)
    elif "date" in cut and not is_date(cut["date"]):
        # The date itself is not shown: problems go on to others.
        remedy = "Give a date of the calendar, such as 2025-06-30."
        yield Problem(CONFIG, "there is no such date", remedy, column=f"{column}.date")
    elif "date" in cut and not {"dates", "redcap"} & set(study):
        problem = "a date of the cut needs the dates of the first ibrutinib doses"
        remedy = "Give study.dates: a sheet of patient, first_ibrutinib_date. Or give study_day."
        yield Problem(CONFIG, problem, remedy, column=f"{column}.date")


def is_date(text: str) -> bool:
    """Say whether a text such as 2025-06-30 is a date of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _compensation_logic(panel: str, choice: str, panels: list[str]) -> Iterator[Problem]:
    column = f"study.compensation.{panel}"
    if panel not in panels:
        remedy = did_you_mean(panel, panels)
        yield Problem(CONFIG, "this panel has no gating in study.gating", remedy, column=column)
    if choice not in ("file", "none") and not choice.lower().endswith(".csv"):
        remedy = "Legal: file, none or a path to .csv."
        yield Problem(CONFIG, "this is no compensation", remedy, column=column, value=choice)
