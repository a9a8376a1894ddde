"""Which reference tubes a template's thresholds come from: the argument ``from``."""

import re
from collections.abc import Iterable, Mapping

from correlates.intake.sheets.visits import tube_key

OWN = "own"
FMO = "fmo"
FMO_METHOD, NEGATIVE_METHOD = "fmoGate", "negativeGate"
FALLBACKS = ("mindensity", "tailgate")
TUBES = (
    "Write the tube as the references or samples sheet has it: control, unstained, unstim, "
    "fmo_<marker> or single_<fluor>."
)
_TUBE = re.compile(r"control|unstained|unstim|(fmo|single)_.+")


def tube_fault(value: object, _dims: int) -> str | None:
    """Say what is wrong with the argument ``from``; None if nothing is."""
    is_tube = isinstance(value, str) and (value == OWN or _TUBE.fullmatch(tube_key(value)))
    return None if is_tube else "must name a reference tube"


def joint_tube_faults(method: str, arguments: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Return (argument, what is wrong, remedy) where ``from`` does not go with the method."""
    tube = arguments.get("from", OWN)
    if not isinstance(tube, str):
        return []
    if method == FMO_METHOD and "from" in arguments and kind_of_tube(tube_key(tube)) != FMO:
        wrong = f"fmoGate takes its threshold from an FMO tube, not from {tube}"
        return [("from", wrong, "Write from=fmo_<marker>, or use negativeGate.")]
    if method == NEGATIVE_METHOD and tube == OWN and "negative" not in arguments:
        wrong = "negativeGate needs a population that is negative for the marker"
        return [("negative", wrong, "Add negative=<population>, or from=<tube>.")]
    if tube == OWN and "from" in arguments and method not in (FMO_METHOD, NEGATIVE_METHOD):
        return [
            ("from", "a threshold of the file's own events is no borrowed one", "Leave it out.")
        ]
    return []


def tube_of(method: str, dims: Iterable[str], arguments: Mapping[str, object]) -> str:
    """Return the key of the tube in which a row's threshold is found.

    Returns
    -------
    ``fmo_cd57`` or the like; nothing where the file's own events decide. An ``fmoGate`` that names
    no tube means the FMO of its own marker.
    """
    tube = arguments.get("from", "")
    if method == FMO_METHOD and not tube:
        tube = f"{FMO}_{next(iter(dims), '')}"
    return "" if tube in ("", OWN) else tube_key(str(tube))


def kind_of_tube(key: str) -> str:
    """Return ``fmo`` of ``fmo_cd57``, as flags name a tube."""
    return key.partition("_")[0]
