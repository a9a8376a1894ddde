"""What the coded choices of a field mean in a column: told by the mapping, else by their labels."""

import re
from collections.abc import Iterator, Mapping

from correlates.intake.redcap.dictionary import Field
from correlates.intake.sheets.cells import FALSE, TRUE, CellError, cell_reader
from correlates.problems import did_you_mean

_YES = TRUE | {"present", "checked"}
_NO = FALSE | {"absent", "unchecked"}

Wrong = tuple[str, str, str]


def meanings(
    field: Field, column: str, spec: Mapping, values: Mapping | str | None
) -> tuple[dict[str, str], list[Wrong]]:
    """Return the text that each code of a field stands for in a column.

    Parameters
    ----------
    field
        A field with choices.
    column, spec
        The column, and its part of the sheet's schema.
    values
        What the mapping says: values by code (None for missing), ``"codes"``, or nothing.

    Returns
    -------
    Text by code, ``""`` for a choice that means missing; and (problem, remedy, value) of what is
    wrong: choices that nothing tells the value of, codes that are no choices, illegal values.
    """
    if values == "codes":
        found: dict[str, str | None] = {code: code for code in field.choices}
        told = dict.fromkeys(found)
    else:
        told = dict(values or {})
        found = {
            code: (told[code] or "") if code in told else _by_label(code, field, spec)
            for code in field.choices
        }
    wrong = list(_unknown_codes(field, told))
    wrong += _illegal(found, column, spec)
    open_codes = [code for code, text in found.items() if text is None]
    if open_codes:
        shown = ", ".join(f"{code} ({field.choices[code]})" for code in open_codes)
        problem = f"nothing tells what choices of the field {field.name!r} mean in {column}"
        example = ", ".join(f"{code}: ..." for code in open_codes[:3])
        remedy = (
            f"Give values: {{{example}}}, null for a choice that means missing. "
            f"Legal: {spec['legal']}."
        )
        wrong.append((problem, remedy, shown))
    return {code: text or "" for code, text in found.items()}, wrong


def _unknown_codes(field: Field, told: Mapping) -> Iterator[Wrong]:
    for code in told:
        if code not in field.choices:
            problem = f"this is no choice of the field {field.name!r}"
            yield problem, did_you_mean(code, list(field.choices)), code


def _illegal(found: Mapping[str, str | None], column: str, spec: Mapping) -> Iterator[Wrong]:
    # a visit is judged by its own grammar, with the rows
    if column == "visit":
        return
    read = cell_reader(spec)
    for code, text in found.items():
        if text:
            try:
                read(text)
            except CellError as error:
                yield f"choice {code} means what {column} does not allow", error.remedy, text


def _by_label(code: str, field: Field, spec: Mapping) -> str | None:
    """Return what a choice's label says in the words of the column; None if it is not plain."""
    label = field.choices[code]
    if "enum" in spec:
        return _of_enum(label, spec) or _of_enum(code, spec)
    if spec["type"] == "boolean":
        word = _words(label)
        return "yes" if word in _YES else "no" if word in _NO else None
    if spec["type"] in ("number", "integer"):
        return _number(code, label)
    if "pattern" in spec:
        return label if re.search(spec["pattern"], label) else None
    return label


def _of_enum(text: str, spec: Mapping) -> str | None:
    spellings = {_words(value): value for value in spec["enum"]}
    spellings |= {_words(other): value for other, value in spec.get("means", {}).items()}
    return spellings.get(_words(text))


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def _number(code: str, label: str) -> str | None:
    """Return the number that a label is, or that code and label agree on (`2, Grade 2`)."""
    if re.fullmatch(r"-?\d+(\.\d+)?", label):
        return label
    return code if re.findall(r"\d+(?:\.\d+)?", label) == [code] else None
