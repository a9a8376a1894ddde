"""What a JSON schema does not allow, said so that people can mend it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from correlates.intake.sheets.dates import hide_dates
from correlates.intake.sheets.schemas import load_schema
from correlates.problems import Problem, did_you_mean


def against_schema(content: Mapping, name: str, file: str) -> Iterator[Problem]:
    """Yield what a schema does not allow in a config or a mapping; all of it stops the run.

    Parameters
    ----------
    content
        What was read of the file.
    name
        The schema, as ``load_schema`` takes it.
    file
        The file as the user named it, for messages.
    """
    from jsonschema import Draft202012Validator  # 0.1 s, needed only where a config is checked

    schema = load_schema(name)
    errors = Draft202012Validator(schema).iter_errors(content)
    order = list(schema["properties"])
    for error in sorted(errors, key=lambda error: _position(error.absolute_path, order)):
        yield from _explained(error, file)


def _position(path: Sequence, order: list[str]) -> tuple:
    top = order.index(path[0]) if path and path[0] in order else -1
    return (top, [str(step) for step in path])


def _explained(error, file: str) -> Iterator[Problem]:
    """Turn one error of jsonschema into problems that say what is legal."""
    place = dotted(error.absolute_path)
    known = error.schema.get("properties", {})
    if error.validator == "additionalProperties":
        for key in error.instance:
            if key not in known:
                moved = error.schema.get("moved", {}).get(key)
                remedy = f"It is called {moved} now." if moved else ""
                remedy = remedy or did_you_mean(str(key), list(known))
                yield Problem(file, "unknown key", remedy, column=_below(place, key))
    elif error.validator == "required":
        # jsonschema reports one error a key, whose name stands only in its message
        missing = [
            key for key in error.validator_value if f"{key!r} is a required" in error.message
        ]
        for key in missing:
            remedy = f"Legal: {known[key]['legal']}." if "legal" in known[key] else ""
            remedy = remedy or f"It holds {', '.join(known[key].get('properties', {}))}."
            yield Problem(file, "this key is missing", remedy, column=_below(place, key))
    elif "propertyNames" in error.absolute_schema_path:
        remedy = "Use letters, digits, . + - and single _."
        where = dotted(error.absolute_path)
        yield Problem(
            file, "this name cannot stand in a path", remedy, column=_below(where, error.instance)
        )
    else:
        yield _wrong_value(error, place, file)


def _wrong_value(error, place: str, file: str) -> Problem:
    schema = error.schema
    remedy = f"Legal: {schema.get('legal', 'keys ' + ', '.join(schema.get('properties', {})))}."
    wanted = schema.get("type")
    if wanted in ("number", "integer", "boolean", "array", "object") and isinstance(
        error.instance, str
    ):
        remedy += " This is text: write it without quotes, in a file (--config passes text)."
    if "enum" in schema and isinstance(error.instance, str):
        remedy = f"{did_you_mean(error.instance, schema['enum'])} {remedy}"
    reason = "wrong type of value" if error.validator == "type" else "this value is not legal"
    return Problem(file, reason, remedy, column=place, value=_shown(error.instance))


def dotted(path: Iterable) -> str:
    """Write the place of a key as ``flow.scale.m`` or ``analyses.contrasts[0].id``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _below(place: str, key) -> str:
    return f"{place}.{key}" if place else str(key)


def _shown(value, width: int = 60) -> str:
    # the date of a data cut is nobody's business
    text = hide_dates(value if isinstance(value, str) else repr(value))
    return text if len(text) <= width else text[: width - 3] + "..."
