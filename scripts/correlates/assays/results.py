"""What an assay of sheets alone hands to its script: rows of the tables that all assays write."""

from dataclasses import dataclass, field


@dataclass
class AssayResults:
    """Rows of the tables and of the layout.

    Parameters
    ----------
    measurements, left_out, runs, samples, controls
        Rows of the tables of these names.
    order
        What the layout draws, in the order of the runs.
    """

    measurements: list[dict] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)
    runs: list[dict] = field(default_factory=list)
    samples: list[dict] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)
    order: list[dict] = field(default_factory=list)
