"""What the config says of safety and dose (``clinical/safety``), as the library uses it."""

from collections.abc import Mapping
from dataclasses import dataclass

from correlates.clinical.dosing.dosing import IBRUTINIB, LENALIDOMIDE

CTCAE5 = "ctcae5"
DRUGS = (IBRUTINIB, LENALIDOMIDE)


@dataclass(frozen=True)
class TlsSettings:
    """Criteria of tumor lysis syndrome; see ``clinical/safety/tls`` in the config."""

    days_before: float
    days_after: float
    baseline_days: float
    uric_acid_mg_dl: float
    potassium_mmol_l: float
    phosphate_mg_dl: float
    calcium_mg_dl: float
    change_pct: float
    same_24_hours: bool
    creatinine_uln_factor: float
    clinical_terms: Mapping[str, list[str]]


@dataclass(frozen=True)
class LowerLimits:
    """Lower limits of normal, which bound grade 1; that of haemoglobin goes by sex."""

    anc_10e9_l: float
    plt_10e9_l: float
    hb_g_dl_female: float
    hb_g_dl_male: float

    def of(self, parameter: str, sex: str | None) -> tuple[float, float]:
        """Return the lowest and the highest limit that may apply: two where the sex is unknown.

        Parameters
        ----------
        parameter
            ``anc``, ``plt`` or ``hb``.
        sex
            ``F``, ``M`` or None.
        """
        if parameter != "hb":
            limit = self.anc_10e9_l if parameter == "anc" else self.plt_10e9_l
            return limit, limit
        by_sex = {"F": self.hb_g_dl_female, "M": self.hb_g_dl_male}
        if sex in by_sex:
            return by_sex[sex], by_sex[sex]
        return min(by_sex.values()), max(by_sex.values())


@dataclass(frozen=True)
class DoseLimitingSettings:
    """Which patients can be judged for dose-limiting toxicity, and what asks for a judgement."""

    window_days: int
    min_doses_pct: float
    candidate_anc_grade: int
    candidate_plt_grade: int
    candidate_event_grade: int


@dataclass(frozen=True)
class DosePlan:
    """What was planned to be taken: ibrutinib in mg a day, cycles in days, and what is a delay."""

    ibrutinib_mg: float
    cycle_days: int
    min_delay_days: float


@dataclass(frozen=True)
class SafetySettings(DosePlan):
    """The block ``clinical/safety`` of the config, and the level of all intervals."""

    tls: TlsSettings
    haematology: str
    lower_limits: LowerLimits
    reported_terms: Mapping[str, list[str]]
    days_after_last_dose: float
    dose_limiting: DoseLimitingSettings
    dose_levels_mg: tuple[float, ...]
    true_dlt_rates: tuple[float, ...]
    confidence: float


def safety_settings(block: Mapping, confidence: float) -> SafetySettings:
    """Read the block ``clinical/safety``, which the schema has checked.

    Parameters
    ----------
    block
        The block.
    confidence
        Level of all intervals, which is set for all analyses.
    """
    return SafetySettings(
        **{
            **block,
            "tls": TlsSettings(**block["tls"]),
            "lower_limits": LowerLimits(**block["lower_limits"]),
            "dose_limiting": DoseLimitingSettings(**block["dose_limiting"]),
            "dose_levels_mg": tuple(block["dose_levels_mg"]),
            "true_dlt_rates": tuple(block["true_dlt_rates"]),
            "confidence": confidence,
        }
    )
