"""The templates' environment: everything escaped, nothing missing passed over."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from correlates.pages.analytes import controlled_name
from correlates.pages.assay_quality import VERDICTS
from correlates.pages.words import STATES, count, digits, plural, words

HERE = Path(__file__).parent


def page_environment(templates: Path) -> Environment:
    """Return the environment of a page's own templates, with what all pages share.

    Parameters
    ----------
    templates
        Folder of the page's templates.
    """
    made = Environment(
        loader=FileSystemLoader([templates, HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"count": count, "digits": digits, "plural": plural, "words": words}
    made.filters["controlled"] = controlled_name
    made.globals |= {
        "STATES": STATES,
        "VERDICTS": VERDICTS,
        "style": Markup((HERE / "page.css").read_text(encoding="utf-8")),
        "behaviour": Markup((HERE / "page.js").read_text(encoding="utf-8")),
    }
    return made
