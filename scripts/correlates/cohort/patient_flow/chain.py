"""Steps that patients pass or fall out at: each patient leaves once, for one reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS = [
    *("chain", "analysis", "marker", "feature", "baseline", "specimen", "endpoint"),
    *("step_number", "step", "n", "n_out", "reasons", "n_censored", "patients_out"),
]
TRIAL, ENDPOINT, MARKER = "trial", "endpoint", "marker"


@dataclass(frozen=True)
class Step:
    """One step of a chain.

    Parameters
    ----------
    name
        What those who pass it have: ``enrolled``, ``draw``, ...
    kept
        Patients who pass it, in the order of their sheet.
    out
        Those of the step before who do not, each with the reason.
    n_censored
        Of the kept, how many have a value beyond its limit; None where no value is looked at.
    """

    name: str
    kept: tuple[str, ...]
    out: Mapping[str, str] = field(default_factory=dict)
    n_censored: int | None = None

    @property
    def reasons(self) -> dict[str, int]:
        """How many fell out for each reason, the commonest first."""
        counted = Counter(self.out.values())
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Chain:
    """The steps of one marker, of one endpoint, or of the trial.

    Parameters
    ----------
    kind
        ``trial``, ``endpoint`` or ``marker``.
    steps
        In order; the first has everybody.
    names
        What it is of: ``analysis`` (contrast, or ``model <endpoint>``), ``marker``, ``feature``,
        ``baseline``, ``specimen``, ``endpoint``, as far as it is of any.
    """

    kind: str
    steps: tuple[Step, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """Return a step by its name."""
        return next(step for step in self.steps if step.name == name)

    @property
    def counts(self) -> tuple[int, ...]:
        """Patients at each step."""
        return tuple(len(step.kept) for step in self.steps)

    def rows(self) -> Iterable[dict]:
        """Yield a row of ``patient_flow.tsv`` for each step."""
        names = {column: self.names.get(column, "") for column in COLUMNS[1:7]}
        for number, step in enumerate(self.steps):
            reasons = step.reasons.items()
            yield (
                {"chain": self.kind}
                | names
                | {
                    "step_number": number,
                    "step": step.name,
                    "n": len(step.kept),
                    "n_out": len(step.out),
                    "reasons": "; ".join(f"{_plain(why)} = {count}" for why, count in reasons),
                    "n_censored": step.n_censored,
                    "patients_out": ", ".join(step.out),
                }
            )


def _plain(why: str) -> str:
    """Return a reason without what divides reasons in the table."""
    return why.replace(";", ",").replace(" = ", " is ")


def steps_of(
    first: str,
    patients: Sequence[str],
    asked: Iterable[tuple[str, Callable[[str], str]]],
    censored: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Step, ...]:
    """Let patients pass one question after the other.

    Parameters
    ----------
    first
        Name of the step that everybody has passed.
    patients
        Everybody.
    asked
        Name of each step, and a function that says why a patient does not pass it, ``""`` if the
        patient does. It is asked of those who are left only.
    censored
        By step, who has a value beyond its limit.

    Returns
    -------
    The steps. Each patient falls out at one step at most, so that the number of a step is that of
    the one before less those who fell out.
    """
    censored = censored or {}
    steps = [Step(first, tuple(patients))]
    for name, why in asked:
        found = {patient: why(patient) for patient in steps[-1].kept}
        kept = tuple(patient for patient, reason in found.items() if not reason)
        out = {patient: reason for patient, reason in found.items() if reason}
        of_value = len(censored[name] & set(kept)) if name in censored else None
        steps.append(Step(name, kept, out, of_value))
    return tuple(steps)
