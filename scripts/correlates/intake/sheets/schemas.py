"""The JSON schemas of the config and of the sheets, as the project ships them."""

import json
from functools import cache
from pathlib import Path

SCHEMA_FOLDER = Path(__file__).resolve().parents[4] / "workflow" / "schemas"


@cache
def load_schema(name: str) -> dict:
    """Return one schema: ``config``, ``patients``, ``samples``, ``panels``, ...

    Besides the words of JSON Schema 2020-12, which a validator reads, the schemas say for people
    and for the readers of sheets: ``legal`` (what may stand here), ``aliases`` (other headers of a
    column), ``aliases_beside`` (headers that mean it where another column stands, and a third does
    not), ``means`` (other spellings of an enum's values), ``units`` (headers that declare
    another unit, with the factor to the column's own), ``dates`` (headers under which a column of
    study days may come as dates), ``computed`` (columns that may be absent where another sheet
    tells them), ``filled`` (columns without empty fields), ``name`` (a column of names, which a
    spreadsheet may damage), ``kept_back`` (a column that nothing is made of but study days),
    ``where_empty`` (what an empty field means), ``key`` (columns that together name a row) and
    ``moved`` (former keys of the config, with what each is called now).
    """
    path = SCHEMA_FOLDER / f"{name}.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))
