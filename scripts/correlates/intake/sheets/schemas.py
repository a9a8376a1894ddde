"""The JSON schemas of the config and of the sheets, as the project ships them."""

import json
from functools import cache
from pathlib import Path

OF_A_PATIENT = ("sample", "patient")
OF_A_DRAW = (
    *(*OF_A_PATIENT, "visit", "timepoint", "specimen", "cell", "study_day"),
    *("hours_post_ibr", "hours_post_len"),
)
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
    spreadsheet may damage), ``coded_dates`` (a name in which a date becomes a short code, so that
    names that differ stay different), ``kept_back`` (a column that nothing is made of but study
    days), ``where_empty`` (what an empty field means), ``key`` (columns that together name a row)
    ``dated`` (a column that is a date by its meaning and goes no further than its sheet)
    and ``moved`` (former keys of the config, with what each is called now). Sheets of assays say
    ``of_a_draw`` (their rows are of draws: the columns that tell which are those of the aliquots;
    ``patient`` where a row is of a patient only), ``nobody`` (the values of a column with which a
    row is of nobody, such as a standard) and, of a column, ``as_in`` (another schema that
    specifies it).
    """
    path = SCHEMA_FOLDER / f"{name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    own = schema.get("properties", {})
    for column, spec in own.items():
        if "as_in" in spec:
            own[column] = load_schema(spec["as_in"])["properties"][column]
    if "of_a_draw" in schema:
        shared = load_schema("aliquots")["properties"]
        names = OF_A_PATIENT if schema["of_a_draw"] == "patient" else OF_A_DRAW
        schema["properties"] = {column: shared[column] for column in names} | own
    return schema
