"""The page of all columns of all sheets, made of their schemas (``make columns``)."""

from collections.abc import Iterator
from pathlib import Path

from correlates.intake.sheets.schemas import SCHEMA_FOLDER, load_schema
from correlates.tables import write_text

PAGE = SCHEMA_FOLDER.parents[1] / "docs" / "columns.md"
# In the order in which a study writes them; the others follow by name.
_FIRST = (
    *("patients", "samples", "panels", "cbc", "exposure", "assessments", "lesions", "flares"),
    *("laboratory", "adverse_events", "follow_up", "dates", "references", "beads", "mesf"),
)
_NO_SHEETS = ("config", "redcap_map")
_HEAD = """# Columns of the sheets

Made of the schemas in [workflow/schemas](../workflow/schemas) by `make columns`. Needed columns are
bold; all others may be left out, and cells may be empty unless the column is needed. Headers are
read whatever their case; "also" lists other names that are understood. A day may come as a date
where a header for it is given, with a [key file](clinical.md#dates).
"""


def columns_page() -> str:
    """Return the page as Markdown, one section a sheet and one row a column."""
    found = {path.name.partition(".")[0] for path in SCHEMA_FOLDER.glob("*.schema.json")}
    kinds = [kind for kind in _FIRST if kind in found]
    kinds += sorted(found - set(kinds) - set(_NO_SHEETS))
    return "\n".join([_HEAD, *(line for kind in kinds for line in _section(kind))])


def write_columns_page(path: str | Path = PAGE) -> None:
    """Write the page."""
    write_text(path, columns_page())


def _section(kind: str) -> Iterator[str]:
    schema = load_schema(kind)
    yield f"## `{kind}`"
    yield ""
    yield schema["description"]
    yield ""
    yield "| column | what | legal | also |"
    yield "|---|---|---|---|"
    for name, spec in schema["properties"].items():
        shown = f"**`{name}`**" if name in schema["required"] else f"`{name}`"
        cells = (shown, spec["description"], spec["legal"], ", ".join(_others(spec)))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _others(spec: dict) -> list[str]:
    """Return the other headers of a column: aliases, declared units, and dates."""
    units = [f"`{header}` (x {factor:.6g})" for header, factor in spec.get("units", {}).items()]
    dates = [f"`{header}` (a date)" for header in spec.get("dates", ())]
    return [*(f"`{alias}`" for alias in spec["aliases"]), *units, *dates]
