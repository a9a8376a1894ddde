"""Every check of a cohort's integrity, in the order of the table."""

from correlates.cohort.integrity import (
    assessments,
    doses,
    draws,
    flares,
    identity,
    laboratory,
    typed,
    vital,
)

CHECKS = (
    *identity.CHECKS,
    *draws.CHECKS,
    *doses.CHECKS,
    *flares.CHECKS,
    *assessments.CHECKS,
    *typed.CHECKS,
    *laboratory.CHECKS,
    *vital.CHECKS,
)
