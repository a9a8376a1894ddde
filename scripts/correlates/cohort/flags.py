"""Flags of measurements as one number each, so that a matrix can hold them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

# A bit each in a signed integer of 64, whose sign and highest bit are left alone.
MOST_CODES = 62
OTHER = "other"


def flag_codes(flags: pd.Series) -> list[str]:
    """Return the flags that occur, sorted; a flag's place is its bit.

    Parameters
    ----------
    flags
        The list of flags of each measurement.

    Returns
    -------
    At most 62 codes. Where more occur, the most frequent stay, and ``other`` is the rest of them.
    """
    counted = Counter(flag for listed in flags for flag in set(listed))
    if len(counted) <= MOST_CODES:
        return sorted(counted)
    by_frequency = sorted(counted, key=lambda flag: (flag == OTHER, -counted[flag], flag))
    return sorted({*by_frequency[: MOST_CODES - 1], OTHER})


def flag_bits(flags: pd.Series, codes: Sequence[str]) -> np.ndarray:
    """Return the flags of each measurement as a sum of bits, ``1 << k`` for ``codes[k]``.

    Parameters
    ----------
    flags
        The list of flags of each measurement.
    codes
        What `flag_codes` gave for them.

    Returns
    -------
    Integers of 64 bits, one a measurement; 0 is a measurement without a flag.
    """
    bit = {code: 1 << place for place, code in enumerate(codes)}
    rest = bit.get(OTHER, 0)
    sums = [sum({bit.get(flag, rest) for flag in listed}) for listed in flags]
    return np.array(sums, dtype=np.int64)
