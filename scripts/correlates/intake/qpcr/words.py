"""What instruments and people write for the same thing: undetermined, tasks, wells, numbers."""

import re
from collections.abc import Iterable

UNDETERMINED = frozenset(
    {
        *("undetermined", "undet", "undet.", "not determined", "n.d.", "nd", "no ct", "no cq"),
        *("noct", "nocq", "no ct.", "n/a", "na", "nan", "null", "none", "inf", "-", "--", "---"),
        *("unbestimmt", "indéterminé", "indeterminado", "не определено"),
    }
)
# Numbers of cycles that runs have, and that people type for what was not amplified.
RUN_CYCLES = (35.0, 40.0, 45.0, 50.0)
_TASKS = {
    "": "sample",
    **dict.fromkeys(("unknown", "unkn", "unk", "sample", "target"), "sample"),
    **dict.fromkeys(("endo", "endogenous control"), "sample"),
    **dict.fromkeys(("standard", "std", "s"), "std"),
    **dict.fromkeys(("ntc", "nac", "ntp", "nc", "negative control", "neg ctrl", "blank"), "ntc"),
    **dict.fromkeys(("nrt", "no_rt", "no rt", "no-rt", "nort"), "no_rt"),
    **dict.fromkeys(("ipc", "irc", "calibrator", "inter-run calibrator"), "ipc"),
    **dict.fromkeys(("pos", "pc", "positive control", "pos ctrl"), "pos"),
}
_NUMBERED = re.compile(r"(.*?)[- ]?\d+")
_NO_RT = r"(no[ _-]?rt|nrt|rt[ _-]?(minus|neg(ative)?)|minus[ _-]?rt|[-–]rt|rt-)"
_NO_RT_MARK = re.compile(rf"^{_NO_RT}(?=[ _.-]|$)|[ _.(-]{_NO_RT}\)?$", re.I)
_NAMED = (
    ("no_rt", re.compile(rf"{_NO_RT}([ _.-]?\d+)?|{_NO_RT}[ _.-].*|.*[ _.(-]{_NO_RT}\)?", re.I)),
    ("ntc", re.compile(r"(ntc|h2o|water|no[ _-]?template([ _-]?control)?)([ _.-]?\d+)?", re.I)),
    ("ipc", re.compile(r"(ipc|irc|calibrator|inter[ _-]?(plate|run)[ _-]?calibrator)"
                       r"([ _.-]?\d+)?", re.I)),
)  # fmt: skip
_WELL = re.compile(r"([A-Za-z]{1,2})0*([1-9]\d{0,2})")
_NUMBER = re.compile(r"\d+")
_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d+\.\d+([eE][+-]?\d+)?")
_GROUPS = {
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?"),
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?"),
}


def is_undetermined(text: str) -> bool:
    """Tell whether a Cq's field says that nothing was amplified."""
    return text.strip().lower() in UNDETERMINED or not text.strip()


def task_of(word: str, sample: str) -> str:
    """Return what a well is, by the instrument's word and, for an unknown, by its sample's name.

    Instruments have no word for a well without reverse transcriptase or for an inter-plate
    calibrator, so laboratories say it in the name: ``NRT``, ``P01_C0D1 -RT``, ``IPC 1``. A word
    that is not known is returned as it is.
    """
    plain = word.strip().lower()
    numbered = _NUMBERED.fullmatch(plain)
    task = _TASKS.get(plain) or _TASKS.get(numbered.group(1) if numbered else plain) or word
    if task != "sample":
        return task
    named = (kind for kind, pattern in _NAMED if pattern.fullmatch(sample.strip()))
    return next(named, task)


def sample_without_no_rt(sample: str) -> str:
    """Return the sample that a well without reverse transcriptase is of: ``P01 NRT`` is ``P01``.

    A name that says nothing else stays as it is.
    """
    rest = _NO_RT_MARK.sub("", sample.strip()).strip(" _.-()")
    return rest or sample.strip()


def well_name(text: str, columns: int = 12) -> str:
    """Return a well as ``A1``: ``a01`` is that well, and so is 1 on a plate of so many columns."""
    text = text.strip()
    if _NUMBER.fullmatch(text) and int(text) > 0:
        return well_at(int(text), columns)
    found = _WELL.fullmatch(text)
    return f"{found.group(1).upper()}{found.group(2)}" if found else text


def well_at(number: int, columns: int) -> str:
    """Return the well of a number that counts along the rows from 1."""
    row, column = divmod(number - 1, columns)
    letters = chr(65 + row) if row < 26 else f"{chr(64 + row // 26)}{chr(65 + row % 26)}"
    return f"{letters}{column + 1}"


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Return the decimal mark of a file by its Cq values; None where they disagree or do not say.

    ``12,500`` in another column is a number of five digits or one with three decimals, and only
    the Cq values of the same file tell which.
    """
    marks = {
        mark
        for text in texts
        for mark, form in ((",", _COMMA), (".", _POINT))
        if form.fullmatch(text)
    }
    return marks.pop() if len(marks) == 1 else None


def plain_number(text: str, mark: str | None) -> str:
    """Return a number with a decimal point and without separators of thousands."""
    if mark == ",":
        text = text.replace(".", "") if _GROUPS["."].fullmatch(text) else text
        return text.replace(",", ".") if text.count(",") == 1 else text
    if mark == "." and _GROUPS[","].fullmatch(text):
        return text.replace(",", "")
    return text
