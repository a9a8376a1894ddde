"""What a marker tells of a cell: its type, its state, or neither."""

import re
from collections.abc import Mapping

TYPE, STATE, NEITHER, SCATTER = "type", "state", "none", "scatter"
# Dyes that dead cells take up, and what tells barcodes or beads: no property of a living cell.
_NEITHER = re.compile(
    r"viab|live|dead|zombie|ghost|7-?aad|dapi|^pi$|propidium|aqua|fvs|fvd|dna|bead|barcode|^blank$",
    re.IGNORECASE,
)
# Activation, proliferation, checkpoints and cytokines move while a cell stays what it is.
_STATE = re.compile(
    r"ki-?67|cd69|cd25$|hla-?dr|cd38$|cd40l|cd154|cd137|cd134|ox40|cd107|pd-?1$|pd-?l1|cd279|cd274"
    r"|tim-?3|lag-?3|tigit|ctla-?4|cd152|ifn|tnf|^il-?\d|granzyme|gzm|perforin|cd80|cd86|cd95$"
    r"|^p-|phospho|bcl-?2|mcl-?1|bim$|btk|ikaros|aiolos|irf4",
    re.IGNORECASE,
)


def class_of(marker: str, given: Mapping[str, str]) -> str:
    """Return a marker's class: as the panels sheet gives it, else by its name, else ``type``.

    Parameters
    ----------
    marker
        Its name.
    given
        Class by marker, whatever the case of its name.
    """
    of_sheet = {name.lower(): kind for name, kind in given.items()}
    if marker.lower() in of_sheet:
        return of_sheet[marker.lower()]
    if _NEITHER.search(marker):
        return NEITHER
    return STATE if _STATE.search(marker) else TYPE
