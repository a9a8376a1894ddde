"""What a check is, what it finds, and how all of them are run at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from correlates.check_rows import ERROR, NOTE, WARNING, row
from correlates.cohort.integrity.evidence import Evidence

SEVERITIES = (ERROR, WARNING, NOTE)
_TO_RUN = "Give the study what the check needs, if it has it; until then nothing is known of this."


@dataclass(frozen=True)
class Finding:
    """One contradiction, or one check that could not be made.

    Parameters
    ----------
    finding
        What was found: the numbers of both sides, in a sentence.
    resolve
        What would resolve it, in a sentence.
    patient, visit
        Whose and when; empty where it is of nobody or of no one visit.
    source
        Sheet and row of each side, or the table that it was found in.
    severity, rule
        Where they differ from those of its check.
    """

    finding: str
    resolve: str
    patient: str = ""
    visit: str = ""
    source: str = ""
    severity: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    rule
        Its id, as the table and the guide print it.
    severity
        ``error``: the records contradict each other, and a result may be wrong; ``warning``: they
        may be right and ask for a look; ``note``: to be known.
    needs
        What it cannot do without, as `Evidence.why_absent` knows it.
    finds
        What it looks for, in a sentence.
    function
        Returns its findings.
    """

    rule: str
    severity: str
    needs: tuple[str, ...]
    finds: str
    function: Callable[[Evidence], Iterable[Finding]] = field(repr=False)

    def __call__(self, evidence: Evidence) -> list[Finding]:
        """Return what the check finds, whether or not it has all that it needs."""
        return list(self.function(evidence))


def check(severity: str, needs: tuple[str, ...] = ()) -> Callable[[Callable], Check]:
    """Make a check of a function, whose name is the rule and whose first line says what it finds.

    Parameters
    ----------
    severity
        Of its findings, where they do not say other.
    needs
        What it cannot do without.
    """

    def made(function: Callable[[Evidence], Iterable[Finding]]) -> Check:
        finds = (function.__doc__ or "").strip().partition("\n")[0]
        return Check(function.__name__, severity, needs, finds, function)

    return made


def run_checks(checks: Iterable[Check], evidence: Evidence) -> list[dict]:
    """Run every check, and tell of those that could not be run.

    Parameters
    ----------
    checks
        The checks.
    evidence
        What they look at.

    Returns
    -------
    One row a finding, with ``check_rows.COLUMNS``: errors first, then warnings, then notes, each in
    the order of the checks and of the sheets. A check that lacks what it needs gives one note.
    """
    rows = []
    for one in checks:
        absent = [why for why in map(evidence.why_absent, one.needs) if why]
        found = [_not_run(absent)] if absent else one(evidence)
        rows += [_row(one, finding) for finding in found]
    return by_severity(rows)


def by_severity(rows: Iterable[Mapping]) -> list[Mapping]:
    """Return findings in the order of the table: errors, warnings, notes."""
    return sorted(rows, key=lambda row: SEVERITIES.index(row["severity"]))


def _not_run(absent: list[str]) -> Finding:
    return Finding(f"not checked: {'; '.join(absent)}", _TO_RUN, severity=NOTE)


def _row(one: Check, finding: Finding) -> dict:
    return row(
        finding.rule or one.rule,
        finding.severity or one.severity,
        finding.finding,
        finding.resolve,
        finding.patient,
        finding.visit or "",
        finding.source,
    )
