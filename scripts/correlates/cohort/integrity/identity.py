"""Whose a sample is: one sample, one patient, one content."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from correlates.check_rows import ERROR, NOTE, WARNING
from correlates.cohort.integrity.evidence import Evidence, place
from correlates.cohort.integrity.registry import Finding, check

_UNUSED = ("missing",)


@check(ERROR)
def one_sample_one_patient(evidence: Evidence) -> Iterator[Finding]:
    """Find samples of several patients, or of several draws."""
    by_sample = defaultdict(list)
    for row in (*evidence.records.rows("samples"), *evidence.acquisitions):
        if row.get("sample"):
            by_sample[row["sample"]].append(row)
    for sample, rows in by_sample.items():
        patients = {row["patient"]: row for row in rows}
        draws = {(row["patient"], row["visit"], row.get("timepoint") or "pre"): row for row in rows}
        if len(patients) > 1:
            for patient, row in patients.items():
                others = " and ".join(sorted(set(patients) - {patient}))
                yield Finding(
                    f"sample {sample} is also of {others}",
                    "Find out from the tube's label whose it is, and correct the other row.",
                    patient,
                    row["visit"],
                    place(*patients.values()),
                )
        elif len(draws) > 1:
            named = " and ".join(" ".join(key[1:]) for key in sorted(draws))
            yield Finding(
                f"sample {sample} stands for {len(draws)} draws: {named}",
                "Give each draw a sample of its own.",
                rows[0]["patient"],
                rows[0]["visit"],
                place(*draws.values()),
            )


@check(ERROR)
def duplicate_content(evidence: Evidence) -> Iterator[Finding]:
    """Find files of one content under several names."""
    by_content = defaultdict(list)
    for row in evidence.files:
        if row.get("sha256"):
            by_content[row["sha256"]].append(row)
    for rows in by_content.values():
        patients = sorted({row["patient"] for row in rows if row["patient"]})
        if len(rows) < 2 or not patients:
            continue
        draws = sorted({f"{row['patient']} {row['visit']}" for row in rows if row["patient"]})
        across = len(patients) > 1
        for patient in patients:
            own = next(row for row in rows if row["patient"] == patient)
            yield Finding(
                f"{len(rows)} files have one content, of {' and '.join(draws)}"
                + (f": {len(patients)} patients" if across else ""),
                "Find out which name is the true one, and correct or remove the others; none of "
                "them is used until then.",
                patient,
                own["visit"],
                "; ".join(row["path"] for row in rows),
                severity=ERROR if across or len(draws) > 1 else WARNING,
            )


@check(WARNING)
def patient_without_sample(evidence: Evidence) -> Iterator[Finding]:
    """Find patients without any sample, file or row of an assay."""
    known = set(evidence.draws_of)
    known |= {row["patient"] for row in evidence.files if row.get("patient")}
    for row in evidence.records.rows("patients"):
        if row["patient"] not in known and not row.get("screen_failure"):
            yield Finding(
                "no sample, no file and no row of an assay is of this patient",
                "Look for files under another name (results/intake/files.tsv), or nothing if none "
                "was drawn.",
                row["patient"],
                source=place(row),
            )


@check(WARNING)
def sample_without_patient(evidence: Evidence) -> Iterator[Finding]:
    """Find files of nobody whom the patients sheet has."""
    known = set(evidence.records.patients)
    for row in evidence.files:
        named = row.get("patient") or ""
        is_of_nobody = row["state"] in ("unmatched", "conflict") and named not in known
        if is_of_nobody:
            yield Finding(
                f"{row['path']} is of nobody in the patients sheet: {row['reason'].rstrip('.')}",
                row["remedy"] or "Correct its name, or add the patient.",
                named,
                row.get("visit") or "",
                row["path"],
            )


@check(NOTE)
def sample_without_file(evidence: Evidence) -> Iterator[Finding]:
    """Find samples whose file is not there."""
    for row in evidence.files:
        if row["state"] in _UNUSED:
            yield Finding(
                f"the samples sheet names a file that is not there: {row['reason'].rstrip('.')}",
                row["remedy"] or "Copy the file to its place.",
                row.get("patient") or "",
                row.get("visit") or "",
                row["path"],
            )


@check(WARNING)
def rows_left_out(evidence: Evidence) -> Iterator[Finding]:
    """Count the rows of each sheet that were left out, by patient."""
    counted: dict[tuple, list[Mapping]] = defaultdict(list)
    for row in evidence.problems:
        if row["stops"] == "row":
            counted[row["file"], row.get("patient") or ""].append(row)
    for (sheet, patient), rows in counted.items():
        numbers = sorted({int(row["row"]) for row in rows if str(row["row"] or "").isdigit()})
        causes = "; ".join(dict.fromkeys(row["problem"].rstrip(".") for row in rows))
        remedies = " ".join(dict.fromkeys(row["remedy"] for row in rows))
        if not numbers:
            yield Finding(f"All of {sheet} is left out: {causes}", remedies, patient, source=sheet)
            continue
        count = "1 row" if len(numbers) == 1 else f"{len(numbers)} rows"
        whose = "" if patient else ", of nobody who could be read"
        yield Finding(
            f"{count} of {sheet} left out{whose}: {causes}",
            remedies,
            patient,
            source=f"{sheet} row{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}",
        )


CHECKS = (
    one_sample_one_patient,
    duplicate_content,
    patient_without_sample,
    sample_without_patient,
    sample_without_file,
    rows_left_out,
)
