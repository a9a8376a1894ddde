"""The reactions of an RDML file as a table of the schema."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from correlates.intake.qpcr.exports import COLUMNS
from correlates.intake.qpcr.rdml import RdmlError, Reaction, read_calls, read_rdml, target_name
from correlates.intake.qpcr.words import sample_without_no_rt, task_of
from correlates.intake.sheets.headers import plain
from correlates.intake.sheets.tabular import TextTable
from correlates.problems import Problem

_DAMAGED = (
    "Save the run as RDML again from the instrument's software, or export its results as text."
)
_ANALYSE = (
    "Analyse the run (in the instrument's software or LinRegPCR) and save it with Cq values, or "
    "export its results as text."
)
_UNNAMED_TARGET = "Name the targets of the wells in the instrument's software if they were used."
# Properties of a sample by which RDML may say whose it is.
_DRAW = ("patient", "visit", "timepoint", "specimen", "cell", "study_day", "rin", "ng_rna")
_CALLED_OUT = frozenset({"Negative", "Invalid"})


def rdml_table(path: Path, name: str, plate: str, problems: list[Problem]) -> TextTable:
    """Return the reactions of an RDML file, one row a well and target.

    Parameters
    ----------
    path
        The file, zipped or not.
    name
        The file as the user named it, for messages.
    plate
        What its plate is called; runs of a file are told apart by their names.
    problems
        What was found wrong so far, which the table takes over.
    """
    try:
        reactions, calls = read_rdml(path), read_calls(path)
    except RdmlError as error:
        problems.append(Problem(name, f"this RDML file is not read: {error}", _DAMAGED))
        return TextTable([], 0, [], problems)
    named = [one for one in reactions if target_name(one.target) is not None]
    problems += _told_of_file(name, reactions, named)
    if not any(one.cq is not None for one in named):
        return TextTable([], 0, [], problems)
    plates = _plates(plate, named)
    properties = {plain(key) for one in named for key in one.annotations}
    draw = [column for column in _DRAW if column in properties]
    rows, labels = [], {(None, "plate"): "the file's name and run"}
    for number, one in enumerate(named, start=1):
        call, standard = calls.get((one.react, one.target), ("", None))
        rows.append((number, [*_row(one, plates[one.run], call, standard), *_draw(one, draw)]))
        place = f"run {one.run}, reaction {one.react}, target {one.target}"
        labels |= {(number, column): f"{place}: {column}" for column in (*COLUMNS[1:], *draw)}
        problems += _told_of_reaction(name, number, one, call)
    return TextTable([*COLUMNS, *draw], 0, rows, problems, labels=labels)


def _row(one: Reaction, plate: str, call: str, standard: float | None) -> list[str]:
    task = task_of(one.kind, one.sample)
    quantity = one.quantity if one.quantity is not None else standard
    flags = [f"called {call.lower()}"] if call in _CALLED_OUT else []
    flags += [_ascii(text) for text in (one.excluded, one.note) if text]
    return [
        *(plate, one.well, sample_without_no_rt(one.sample) if task == "no_rt" else one.sample),
        target_name(one.target) or "",
        "" if _is_undetermined(one, call) else repr(one.cq),
        *(task, repr(quantity) if task == "std" and quantity is not None else ""),
        *("yes" if one.excluded else "no", "; ".join(flags)[:200]),
    ]


def _is_undetermined(one: Reaction, call: str) -> bool:
    """Tell whether a reaction has no Cq: none, -1, beyond the last cycle, or called negative."""
    if one.cq is None or not one.cq > 0 or call in _CALLED_OUT:
        return True
    return _is_beyond(one)


def _is_beyond(one: Reaction) -> bool:
    return one.n_cycles > 0 and one.cq is not None and one.cq > one.n_cycles


def _draw(one: Reaction, columns: Sequence[str]) -> list[str]:
    said = {plain(key): value for key, value in one.annotations.items()}
    return [said.get(column, "").strip() for column in columns]


def _plates(plate: str, reactions: Iterable[Reaction]) -> dict[str, str]:
    runs = list(dict.fromkeys(one.run for one in reactions))
    if len(runs) == 1:
        return {runs[0]: plate}
    return {run: f"{plate}_run{number}" for number, run in enumerate(runs, start=1)}


def _told_of_file(
    name: str, reactions: Sequence[Reaction], named: Sequence[Reaction]
) -> list[Problem]:
    if not reactions:
        problem = "this RDML file holds no reactions of a run"
        return [Problem(name, problem, _DAMAGED)]
    told = []
    if len(named) < len(reactions):
        problem = f"{len(reactions) - len(named)} reactions have no named target, and are no rows"
        told.append(Problem(name, problem, _UNNAMED_TARGET, stops="nothing"))
    if any(one.cq is not None for one in named):
        return told
    held = [what for what, has in _HOLDS.items() if any(map(has, reactions))]
    problem = f"none of its {len(reactions)} reactions has a Cq value"
    if held:
        problem += f": the file holds only {' and '.join(held)}"
    return [*told, Problem(name, problem, _ANALYSE)]


_HOLDS = {
    "amplification curves": lambda one: one.n_cycles > 0,
    "starting concentrations (N0)": lambda one: one.n0 is not None,
}


def _told_of_reaction(name: str, number: int, one: Reaction, call: str) -> list[Problem]:
    if one.cq is None:
        problem = "this reaction has no Cq where others have one, and is read as undetermined"
        remedy = "Check that the whole run was analysed before it was saved."
    elif _is_beyond(one) and call not in _CALLED_OUT:
        problem = "this Cq lies beyond the last cycle of its curve, and is read as undetermined"
        remedy = "Nothing need be done if nothing was amplified in the well."
    else:
        return []
    shown = "" if one.cq is None else f"{one.cq:g}"
    return [Problem(name, problem, remedy, number, "cq", shown, stops="nothing")]


def _ascii(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
