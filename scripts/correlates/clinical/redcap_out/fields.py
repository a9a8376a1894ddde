"""Fields of the instrument that holds derived results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from correlates.clinical.response.judged import ORDER
from correlates.clinical.safety.words import NO, NOT_EVALUABLE, NOT_EXCLUDED, YES
from correlates.intake.redcap.dictionary import COLUMNS

INSTRUMENT = "cll_correlates"
DICTIONARY_COLUMNS = tuple(COLUMNS)
YESNO, RADIO, NUMBER, INTEGER, TEXT, NOTES = (
    *("yesno", "radio", "number", "integer"),
    *("text", "notes"),
)
# Codes of choices stay what they are: data that were imported once keep their meaning.
CATEGORIES = tuple((str(code), name) for code, name in enumerate(ORDER, start=1))
TLS = (("1", YES), ("0", NO), ("2", NOT_EXCLUDED), ("3", NOT_EVALUABLE))
_SPD = "spd_pct_change_best"


@dataclass(frozen=True)
class Derived:
    """One field.

    Parameters
    ----------
    name
        Its name without the prefix.
    kind
        ``yesno``, ``radio``, ``number``, ``integer``, ``text`` or ``notes``.
    label
        What people who look at the record read.
    choices
        Code and label of each choice.
    note
        Unit, or what the value means.
    """

    name: str
    kind: str
    label: str
    choices: Sequence[tuple[str, str]] = ()
    note: str = ""

    def dictionary_row(self, prefix: str, header: str = "") -> dict[str, str]:
        """Return the field's row of the data dictionary; people cannot edit what is computed."""
        validated = self.kind in (NUMBER, INTEGER)
        cells = {
            "field_name": field_name(prefix, self.name),
            "form_name": INSTRUMENT,
            "section_header": header,
            "field_type": TEXT if validated else self.kind,
            "field_label": self.label,
            "select_choices_or_calculations": " | ".join(
                f"{c}, {name}" for c, name in self.choices
            ),
            "field_note": self.note,
            "text_validation_type_or_show_slider_number": self.kind if validated else "",
            "field_annotation": "@READONLY",
        }
        return {title: cells.get(short, "") for title, short in COLUMNS.items()}


def field_name(prefix: str, name: str) -> str:
    """Return the name of a field in the project, in small letters."""
    return f"{prefix}_{name}".lower()


OF_RESPONSE = {
    "best": Derived("best", RADIO, "Best response", CATEGORIES),
    "computed_confirmed": Derived("best_conf", RADIO, "Best response, confirmed", CATEGORIES),
    "computed_unconfirmed": Derived(
        "best_unconf", RADIO, "Best response, whether confirmed or not", CATEGORIES
    ),
    "source": Derived("resp_source", TEXT, "What the best response was taken from"),
    "first_response_day": Derived("resp_day", NUMBER, "First CR or PR", note="study day"),
    "first_response_l_day": Derived("resp_l_day", NUMBER, "First CR, PR or PR-L", note="study day"),
    "first_progression_day": Derived("pd_day", NUMBER, "First progression", note="study day"),
    "last_adequate_day": Derived(
        "last_adeq_day", NUMBER, "Last adequate assessment", note="study day"
    ),
    "n_assessments": Derived("n_assess", INTEGER, "Assessments under treatment"),
    "n_adequate": Derived("n_adequate", INTEGER, "Of these, adequate"),
    "reason": Derived("resp_reason", NOTES, "What kept the response from a better one"),
    "criteria_version": Derived("criteria", TEXT, "Criteria of response"),
}
OF_LYSIS = {
    "laboratory_tls": Derived("tls_lab", RADIO, "Laboratory tumor lysis syndrome, any window", TLS),
    "clinical_tls": Derived("tls_clin", RADIO, "Clinical tumor lysis syndrome, any window", TLS),
}
OF_DOSE = {
    (drug, column): Derived(f"{short}_{name}", NUMBER, f"{label} of {drug}", note=note)
    for drug, short in (("ibrutinib", "ibr"), ("lenalidomide", "len"))
    for column, name, label, note in (
        ("cumulative_mg", "cum_mg", "Cumulative dose", "mg"),
        ("relative_dose_intensity_pct", "rdi_pct", "Relative dose intensity", "% of the plan"),
    )
}
OF_DRAWS = {
    "B0": Derived("b0_day", NUMBER, "Blood draw of baseline B0", note="study day"),
    "B1": Derived("b1_day", NUMBER, "Blood draw of baseline B1", note="study day"),
}
DATA_CUT = Derived("data_cut", TEXT, "Data cut of these results", note="none without one")
_ENDPOINT_LABELS = {
    "response_depth": "Depth of response",
    "cr": "Complete response (CR or CRi)",
    "orr": "Response (CR, CRi, nPR or PR)",
    "orr_l": "Response, PR-L too",
    _SPD: "Best change of the sum of products",
    "pfs": "Progression-free survival",
    "os": "Overall survival",
    "dor": "Duration of response",
    "dor_l": "Duration of response, PR-L too",
    "time_to_response": "Time to response",
    "tfr_any": "Tumor flare reaction",
    "tfr_ge2": "Tumor flare reaction of grade 2 or more",
    "tfr_ordinal": "Highest grade of tumor flare reaction",
    "tfr_onset_d": "Onset of tumor flare reaction",
}
_SHORTER = {_SPD: "spd_best_pct", "time_to_response": "ttr"}
_UNITS = {_SPD: "%", "tfr_onset_d": "days from the first lenalidomide dose"}


def of_endpoint(name: str, kind: str) -> dict[str, Derived]:
    """Return the fields of one endpoint, by the column of the endpoint table.

    Parameters
    ----------
    name, kind
        As in the endpoint table: ``binary``, ``ordinal``, ``continuous`` or ``survival``.
    """
    short, label = _SHORTER.get(name, name), _label(name)
    if kind == "survival":
        return {
            "time": Derived(f"{short}_days", NUMBER, f"{label}, time", note="days"),
            "event": Derived(f"{short}_event", YESNO, f"{label}, event", note="no: censored"),
        }
    made = {"binary": YESNO, "ordinal": INTEGER}.get(kind, NUMBER)
    return {"value": Derived(short, made, label, note=_UNITS.get(name, ""))}


def _label(name: str) -> str:
    whole, _, landmark = name.partition("_c")
    if name in _ENDPOINT_LABELS:
        return _ENDPOINT_LABELS[name]
    if whole in _ENDPOINT_LABELS:
        return f"{_ENDPOINT_LABELS[whole]}, from C{landmark.upper()}"
    return f"Endpoint {name}"


def dictionary_rows(fields: Iterable[Derived], prefix: str) -> list[dict[str, str]]:
    """Return rows of the data dictionary, the first of which heads the form."""
    header = "Computed by CLL Correlates; not to be edited"
    return [
        field.dictionary_row(prefix, header if number == 0 else "")
        for number, field in enumerate(fields)
    ]
