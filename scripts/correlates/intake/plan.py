"""The plan: which FCS file is whose, which are worked on, and which are only told of."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from correlates.intake.acquisitions import Acquisition, Listed
from correlates.intake.clinical_sheets import clinical_records
from correlates.intake.config import check_config, has_study, with_plain_dates
from correlates.intake.files.finder import Candidate, Finder
from correlates.intake.files.folder import FCS_ENDINGS, modified_within
from correlates.intake.files.identity import NameReader
from correlates.intake.files.names import Names
from correlates.intake.files.snapshot import ContentCache
from correlates.intake.fmo_markers import fmo_problems
from correlates.intake.records import Plan, read_plan
from correlates.intake.sheets.assays import assay_rows_of
from correlates.intake.sheets.overrides import read_overrides
from correlates.intake.sheets.panel_names import unknown_batches
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.sheet import Sheet, with_patients
from correlates.intake.sheets.study import Study, drop_pattern, read_study, require_specimen

__all__ = ["Acquisition", "Listed", "Plan", "make_plan", "read_plan"]

_SAME_REMEDY = (
    "Keep the right file, or tell them apart in the samples sheet: by their tubes, or, if a "
    "control was stained in every batch, by a visit of its own in each, such as UNS1 and UNS2."
)
_WAITS = "It joins a later run, once it holds still."


def make_plan(
    config: Mapping,
    cache: ContentCache | None = None,
    now: float | None = None,
    root: str | Path = ".",
) -> Plan:
    """Check config and sheets, find the files, and decide what will be worked on.

    Parameters
    ----------
    config
        The shipped defaults with the study's own config laid over them.
    cache
        Digests of files seen before; it is saved at the end. Without one, every file is read.
    now
        The present, in seconds since the epoch.
    root
        The working directory, to which the paths of the config and of the plan are relative.

    Returns
    -------
    The plan. Nothing is raised for a wrong config: ``parse_problems_to_stop(plan.problems)`` does,
    and no file is looked for if it would. Without a study the plan is empty.
    """
    now, root = time.time() if now is None else now, Path(root)
    problems = check_config(config)
    if not has_study(config) or not isinstance(config["study"], Mapping):
        return Plan(problems=tuple(problems))
    block = with_plain_dates(config)["study"]
    study = read_study(block, root, date.fromtimestamp(now))
    problems += study.problems
    records, refused = clinical_records(study, block)
    of_assays = [sheet for _, sheet in study.assays.all()]
    problems = with_patients([*problems, *refused], [*study.sheets.values(), *of_assays])
    pattern = drop_pattern(block, root, study, problems)
    require_specimen(block, study, pattern, problems)
    if any(problem.stops == "run" for problem in problems):
        return Plan(problems=tuple(problems))
    found = Plan(
        problems=tuple(problems),
        patients=tuple(row.get("patient") for row in study.rows("patients")),
        cbc=_table(study, "cbc"),
        beads=_table(study, "beads"),
        mesf=_table(study, "mesf"),
        panels=study.panels(),
        marker_classes=study.marker_classes(),
        sheets=(*study.sheets, *study.assays.by_kind),
        assays=assay_rows_of(study.assays),
        gating=study.gating,
        compensation=study.compensation,
        records=records,
    )
    finder = Finder(
        block,
        study.sheets.get("samples"),
        _name_reader(study),
        root,
        study.sheets.get("references"),
    )
    finder.find(pattern)
    cache = ContentCache(None) if cache is None else cache
    reading = _Reading(cache, now, config["intake"]["settle_minutes"], root)
    plan = _with_files(found, finder, reading, block.get("specimen", ""))
    batches = {one.batch for one in (*plan.acquisitions, *plan.listed) if one.batch}
    unused = unknown_batches(study.sheets.get("panels"), batches)
    plan = replace(plan, problems=(*plan.problems, *unused, *fmo_problems(plan)))
    return _with_overrides(plan, study.sheets.get("overrides"))


@dataclass(frozen=True)
class _Reading:
    """With what, when and where files are read."""

    cache: ContentCache
    now: float
    settle_minutes: float
    root: Path


def _with_files(found: Plan, finder: Finder, reading: _Reading, usual: str) -> Plan:
    """Return a plan with its files: those that are worked on, and those that are only listed."""
    listed = list(finder.listed)
    candidates = _without_conflicts(finder.candidates, usual, listed)
    acquisitions = tuple(_read_content(candidates, usual, reading, listed))
    listed = [_with_content(one, finder.on_disk, reading) for one in listed]
    reading.cache.save()
    listed.sort(key=lambda one: (one.state, one.path, one.reason))
    return replace(found, acquisitions=acquisitions, listed=tuple(listed))


def _with_overrides(plan: Plan, sheet: Sheet | None) -> Plan:
    """Return a plan with the overrides of its files, and what is wrong with the others."""
    told = len(sheet.problems) if sheet else 0
    overrides = read_overrides(sheet, plan.acquisitions, plan.gating)
    more = sheet.problems[told:] if sheet else []
    return replace(plan, overrides=overrides, problems=(*plan.problems, *more))


def _with_content(one: Listed, on_disk: Mapping[str, str], reading: _Reading) -> Listed:
    """Digest an FCS file that nothing is done with: it may be a copy of one that is used."""
    path = on_disk.get(one.path, reading.root / one.path)
    if one.state not in ("unmatched", "conflict") or not one.path.lower().endswith(FCS_ENDINGS):
        return one
    try:
        return replace(one, sha256=reading.cache.digest(path, reading.now)[0])
    except OSError:
        # What cannot be read is listed with that reason already, or is gone by now.
        return one


def _name_reader(study: Study) -> NameReader:
    panels = list(study.gating)
    return NameReader(
        patients=Names(row.get("patient") for row in study.rows("patients")),
        panels=Names(panels, by_likeness=True),
        left_out=study.sheets["patients"].row_to_mend("patient"),
        only_panel=panels[0] if len(panels) == 1 else "",
    )


def _without_conflicts(
    candidates: Iterable[Candidate], usual: str, listed: list[Listed]
) -> list[Candidate]:
    """Return candidates whose identity is theirs alone, and list the others."""
    by_key, draws = defaultdict(list), defaultdict(set)
    for one in candidates:
        who = one.identity
        by_key[who.key(usual)].append(one)
        draw = (who.patient, who.visit, who.timepoint, who.specimen)
        draws[who.sample_key(usual)].add(draw)
    alone = []
    for key, group in by_key.items():
        sample = group[0].identity.sample_key(usual)
        if len(group) == 1 and len(draws[sample]) == 1:
            alone.append(group[0])
            continue
        for one in group:
            if len(draws[sample]) > 1:
                reason = f"sample {sample} stands for {len(draws[sample])} draws"
                remedy = "Give each draw its own sample in the samples sheet."
            else:
                others = _and_all(other.path for other in group if other is not one)
                reason, remedy = f"{others} the same: {key}", _SAME_REMEDY
            columns = one.identity.listed()
            listed.append(Listed(one.path, "conflict", reason, remedy, **columns))
    return sorted(alone, key=lambda one: (one.identity.date, one.identity.key(usual)))


def _and_all(names: Iterable[str]) -> str:
    """Return names with the verb that they take."""
    *others, last = names
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"


def _read_content(
    candidates: Iterable[Candidate], usual: str, reading: _Reading, listed: list[Listed]
) -> Iterator[Acquisition]:
    """Yield the acquisition of each file that holds still, and list the others."""
    for one in candidates:
        columns = one.identity.listed()
        try:
            growing = _why_growing(reading.root / one.path, reading.settle_minutes, reading.now)
            if growing:
                reason = f"{growing}, and it changed just now"
                listed.append(Listed(one.path, "waiting", reason, _WAITS, **columns))
                continue
            sha256, still = reading.cache.digest(
                reading.root / one.path, reading.now, one.seen.look
            )
        except OSError as error:
            reason = f"it cannot be read ({error.strerror or error})"
            remedy = "Give this account the right to read it."
            listed.append(Listed(one.path, "unmatched", reason, remedy, **columns))
            continue
        if still:
            yield one.identity.acquisition(one.path, sha256, usual)
        else:
            reason = "it changed while it was looked at"
            listed.append(Listed(one.path, "waiting", reason, _WAITS, **columns))


def _why_growing(path: Path, settle: float, now: float) -> str:
    """Say why a file that changed just now may still be growing; ``""`` if it is whole."""
    if not modified_within(path, settle, now):
        return ""
    from correlates.intake.fcs.verdict import why_unfinished  # heavy, and rarely needed

    return why_unfinished(path)


def _table(study: Study, kind: str) -> tuple[dict, ...]:
    """Return a sheet's good rows with every column of its schema."""
    columns = load_schema(kind)["properties"]
    return tuple({name: row.get(name) for name in columns} for row in study.rows(kind))
