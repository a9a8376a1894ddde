"""Names of features: a population's id as far as it can stand in one."""

import re
from collections.abc import Iterable

import pandas as pd

_UNSAFE = re.compile(r"[^A-Za-z0-9.+/_-]+")


def feature_names(populations: Iterable[str]) -> dict[str, str]:
    """Name every population for use in features.

    A feature joins its parts with ``__``, and the cohort joins the baseline to it with ``@``; the
    ids of a GatingML file may hold either, and blanks.

    Parameters
    ----------
    populations
        Every id of a study, so that a population has one name in all tubes.

    Returns
    -------
    A name by id: letters, digits, ``.``, ``+``, ``-``, ``/`` and single ``_``. Ids that are so
    already are their own names; of others that would share one, the later is numbered.
    """
    ids = sorted(set(populations), key=lambda one: (_cleaned(one) != one, one))
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in ids:
        wanted = _cleaned(one)
        number, name = 1, wanted
        while name in taken:
            number += 1
            name = f"{wanted}.{number}"
        taken.add(name)
        names[one] = name
    return names


def marker_names(markers: pd.Series) -> pd.Series:
    """Return each marker as it stands in a feature: ``hla-dr`` of `` HLA DR``."""
    return markers.str.strip().str.lower().str.replace(r"[^a-z0-9.+-]+", "-", regex=True)


def _cleaned(population: str) -> str:
    return re.sub(r"_{2,}", "_", _UNSAFE.sub("_", population)).strip("_") or "gate"
