"""Inclusion of exon 10 of CRBN, whose skipping takes the site away that lenalidomide binds.

Of molecules that include the exon, reads cross two junctions; of those that skip it, one. So the
mean of the two is what counts against the skipping reads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binomtest

_UNBALANCED = 0.001


@dataclass(frozen=True)
class JunctionSettings:
    """Which junctions tell of the exon, and how many reads must.

    Parameters
    ----------
    transcript
        Whose exons the numbers count.
    upstream, downstream, skipping
        Names of the junctions in the sheet: into the exon, out of it, and past it.
    min_reads
        Fewest reads of all three together.
    """

    transcript: str
    upstream: str
    downstream: str
    skipping: str
    min_reads: int = 20

    @property
    def names(self) -> tuple[str, str, str]:
        """The junctions in the order into, out of, past the exon."""
        return self.upstream, self.downstream, self.skipping


@dataclass(frozen=True)
class Inclusion:
    """Share of molecules that include the exon.

    Parameters
    ----------
    value
        Between 0 and 1; NaN where ``reason`` says why there is none.
    low, high
        Ends of its 95 % interval.
    n_reads
        Reads of all three junctions.
    reason
        Why it cannot be evaluated; empty where it can.
    is_unbalanced
        Whether the reads into and out of the exon differ by more than chance.
    """

    value: float
    low: float
    high: float
    n_reads: int
    reason: str = ""
    is_unbalanced: bool = False


def exon_inclusion(into: float, out_of: float, past: float, min_reads: int = 20) -> Inclusion:
    """Return PSI = I / (I + J), I the mean of the reads into and out of the exon.

    Parameters
    ----------
    into, out_of, past
        Reads of the junctions 9-10, 10-11 and 9-11.
    min_reads
        Fewest reads of all three.

    Notes
    -----
    The interval is that of Clopper and Pearson on I of I + J molecules. One read may cross both
    junctions of a short exon; then I counts each molecule once, and where no read does it is more
    precise than the binomial takes it for. So the interval covers at least its level either way.
    Source of PSI: reference 3.5; Wang et al., Nature 2008;456:470.
    """
    n_reads = int(into + out_of + past)
    included, molecules = (into + out_of) / 2, (into + out_of) / 2 + past
    if n_reads < min_reads:
        reason = f"{n_reads} informative reads, {min_reads} are needed"
        return Inclusion(np.nan, np.nan, np.nan, n_reads, reason)
    tail = 0.025
    low = betaincinv(included, molecules - included + 1, tail) if included > 0 else 0.0
    high = betaincinv(included + 1, molecules - included, 1 - tail) if past > 0 else 1.0
    crossing = int(into + out_of)
    p = binomtest(int(into), crossing).pvalue if crossing else 1.0
    return Inclusion(
        included / molecules, float(low), float(high), n_reads, is_unbalanced=p < _UNBALANCED
    )


def inclusion_of_draw(
    rows: Iterable[Mapping], settings: JunctionSettings
) -> tuple[Inclusion, list[tuple[Mapping, str]]]:
    """Return the inclusion in one draw, and rows that are no part of it with the reason.

    Parameters
    ----------
    rows
        Rows of the junctions sheet of one draw: ``gene``, ``junction``, ``reads``, ``transcript``.
    settings
        Which junctions count.

    Returns
    -------
    A junction without a row is not known, and never taken for one without reads.
    """
    reads, unused = {}, []
    for one in rows:
        numbered_by = one.get("transcript") or settings.transcript
        if _unversioned(numbered_by) != _unversioned(settings.transcript):
            why = f"its exons are numbered by {numbered_by}, not {settings.transcript}"
            unused.append((one, f"{why}; name the junctions of that transcript in rnaseq: crbn"))
        elif _plain(one["junction"]) not in map(_plain, settings.names):
            unused.append((one, f"junction {one['junction']} tells nothing of the exon"))
        else:
            reads[_plain(one["junction"])] = float(one["reads"])
    missing = [name for name in settings.names if _plain(name) not in reads]
    if missing:
        n_reads = int(sum(reads.values()))
        reason = f"no row of junction {' and '.join(missing)}; write 0 where it has no read"
        return Inclusion(np.nan, np.nan, np.nan, n_reads, reason), unused
    counted = [reads[_plain(name)] for name in settings.names]
    return exon_inclusion(*counted, min_reads=settings.min_reads), unused


def _plain(junction: str) -> str:
    """Take E9-E10, 9_10 and 9–10 for 9-10; coordinates stay as they are."""
    plain = junction.strip().lower().replace("exon", "").replace("–", "-").replace(" ", "")
    if ":" in plain:
        return plain
    return plain.replace("e", "").replace("_", "-").replace(":", "-")


def _unversioned(transcript: str) -> str:
    return transcript.partition(".")[0].upper()
