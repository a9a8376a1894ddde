"""The page of all columns is what the schemas say."""

from correlates.intake.sheets.columns_page import PAGE, columns_page
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.study import SHEETS


def test_the_page_is_as_the_schemas_are():
    assert PAGE.read_text(encoding="utf-8") == columns_page(), "run: make columns"


def test_every_sheet_has_its_section_and_every_column_its_row():
    page = columns_page()

    for kind in SHEETS:
        section = page.partition(f"## `{kind}`\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith(("| `", "| **`"))]
        assert len(rows) == len(load_schema(kind)["properties"]), kind


def test_needed_columns_stand_out_and_declared_units_say_their_factor():
    page = columns_page()

    assert "| **`lesion_id`** |" in page
    assert "`ld_cm` (x 10)" in page
