"""Where the page's numbers come from: digests of its inputs, versions of what computed them."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

import correlates
from correlates.pages.words import plural
from correlates.report.inputs import NEEDED, Content, ReportInputs, digest_of

PACKAGES = (
    *("snakemake", "numpy", "flowutils", "flowkit", "pandas", "scipy", "scikit-learn"),
    *("anndata", "jinja2"),
)


def versions() -> dict[str, str]:
    """Return the versions of the project and of the packages that its results rest on."""
    found = {"cll-correlates": correlates.__version__, "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def inputs_digest(inputs: ReportInputs, content: Content) -> list[tuple[str, str]]:
    """Return the sha256 of each table, and one of all FCS files together.

    The last is the digest of the sorted digests of their contents, so it depends on no name, no
    date and no machine.
    """
    digests = sorted(row["sha256"] for row in content.files if row["sha256"])
    of_files = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    rows = [(f"content of {plural(len(digests), 'FCS file')}", of_files)]
    if inputs.plan is not None:
        rows.append(("plan", digest_of(inputs.plan)))
    names = [*NEEDED, "measurements", "model"]
    return rows + [(name, digest_of(getattr(inputs, name))) for name in names]
