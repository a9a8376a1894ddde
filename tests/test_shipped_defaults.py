"""The method settings that ship: a number changed by accident changes everybody's results."""

from functools import reduce

import pytest
import yaml

from study import ROOT

DEFAULTS = {
    "intake.settle_minutes": 10,
    "flow.min_parent_events": 500,
    "flow.lod_events": 20,
    "flow.lloq_events": 50,
    "flow.min_leukocytes": 50_000,
    "flow.subset_floor.min_leukocytes": 250_000,
    "flow.subset_floor.above_alc_10e9_l": 10,
    "flow.subset_floor.populations": ["nk_bright", "nk_dim", "nk_cd57", "nk_gzmb", "treg"],
    "flow.extended_clone.below_pct": 1,
    "flow.extended_clone.markers": ["CD43", "CD79b", "CD81", "kappa", "lambda"],
    "flow.light_chains.ratio": 3,
    "flow.light_chains.restricted": [["cll", "cll_kappa", "cll_lambda"]],
    "flow.light_chains.polyclonal": [
        ["b_normal", "b_normal_kappa", "b_normal_lambda"],
    ],
    "flow.min_viability_pct.fresh": 80,
    "flow.min_viability_pct.cryo": 70,
    "flow.fmo_percentile": 99.5,
    "flow.fmo_min_parent_events": 1000,
    "flow.calibration.min_peaks": 4,
    "flow.calibration.slope_min": 0.9,
    "flow.calibration.slope_max": 1.1,
    "flow.calibration.max_error_pct": 10,
    "flow.cv_cbc": 0.03,
    "flow.cv_vol": 0.03,
    "flow.count_platforms": ["dual", "single", "bridge"],
    "flow.bridge_anchors": ["t", "nk"],
    "flow.min_bead_events": 1000,
    "flow.bead_ratio_tolerance": 0.10,
    "flow.platform_tolerance": 0.25,
    "flow.anchors": {
        **{"leukocytes": "cd45", "lymphocytes": "lymph", "monocytes": "mono"},
        **{"viable": "viable", "singlets": "singlets"},
        **{"beads": "beads", "beads_a": "beads_a", "beads_b": "beads_b"},
    },
    "flow.cbc_max_offset_h": 24,
    "flow.quality.rate_tolerance": 1.3,
    "flow.quality.rate_limit": 2,
    "flow.quality.signal_tolerance": 0.1,
    "flow.quality.max_condition_number": 100,
    "flow.exclusion.unsteady_acquisition": 30,
    "flow.exclusion.margin_events": 20,
    "flow.exclusion.few_singlets": 50,
    "flow.exclusion.few_acquired_events": 1000,
    "flow.fractions": ["parent", "grandparent", "leukocytes"],
    "flow.placements.min_files": 8,
    "flow.placements.max_z": 5,
    "flow.placements.min_spread": 0.1,
    "flow.placements.cofactor": 150,
    "flow.clone_free": ["t", "nk", "mono"],
    "flow.clone": ["cll"],
    "flow.controls.limits_from": "others",
    "flow.controls.min_batches": 3,
    "flow.controls.max_cv_pct": {"major": 20, "rare": 30},
    "flow.controls.max_drift_pct": 10,
    "flow.controls.rare_pct": 1,
    "flow.confounding": {"permutations": 999, "seed": 1},
    "flow.batch_correction.method": "none",
    "flow.batch_correction.goal": "",
    "flow.batch_correction.min_control_events": 1000,
    "flow.batch_correction.cofactor": 150,
    "flow.children_tolerance_pct": 5,
    "flow.scale.kind": "logicle",
    "flow.scale.m": 4.5,
    "flow.scale.w": "auto",
    "flow.scale.cofactor": "auto",
    "flow.scale.markers": {},
    "flow.unsupervised.enabled": False,
    "flow.unsupervised.population": "cd45",
    "flow.unsupervised.events_per_sample": 2000,
    "flow.unsupervised.min_events": 200,
    "flow.unsupervised.max_events": 200_000,
    "flow.unsupervised.seed": 1,
    "flow.unsupervised.logicle_w": 0.5,
    "flow.unsupervised.grid": 10,
    "flow.unsupervised.metaclusters": 20,
    "flow.unsupervised.neighbours": 15,
    "flow.unsupervised.resolution": 0.1,
    "flow.unsupervised.thin_dense": True,
    "flow.unsupervised.umap_events": 50_000,
    "flow.unsupervised.far_quantile": 0.99,
    "flow.unsupervised.lineages": [
        *("cll", "b_normal", "t_cd4", "t_cd8", "t_dp", "t_dn", "nk", "mono"),
    ],
    "ics.combinations.parents": ["t_cd4", "t_cd8"],
    "ics.combinations.functions": ["ifng", "il2", "tnf", "cd107a"],
    "ics.combinations.single": ["il4", "il17"],
    "ics.call": "fisher",
    "ics.max_q": 0.01,
    "ics.min_net_pct": 0.05,
    "ics.min_fold": 2,
    "ics.min_posterior": 0.99,
    "ics.min_mixture_draws": 10,
    "ics.max_background_pct": 0.5,
    "ics.positive_controls": ["seb", "pma", "pma-iono"],
    "ics.min_positive_control_pct": 1,
    "ics.polyfunctionality_q": 1,
    "clinical.flare.window_days": 56,
    "clinical.survival.assessment_visits": ["C1D1", "C4D1", "C7D1", "C13D1"],
    "clinical.survival.then_every_cycles": 3,
    "clinical.survival.assessment_window_days": 14,
    "clinical.survival.max_missed_assessments": 2,
    "clinical.survival.landmarks": ["C1D1", "C2D1"],
    "clinical.integrity.dose_gap_days": 7,
    "clinical.integrity.typed_tolerance_pct": 10,
    "clinical.integrity.youngest_age_y": 30,
    "clinical.integrity.contact_slack_days": 0,
    "clinical.integrity.leap_fold": {
        **{"wbc_10e9_l": 10, "alc_10e9_l": 20, "anc_10e9_l": 20, "hb_g_dl": 1.6, "plt_10e9_l": 6},
        **{"uric_acid_mg_dl": 5, "potassium_mmol_l": 1.7, "phosphate_mg_dl": 4},
        **{"calcium_mg_dl": 1.5, "creatinine_mg_dl": 3},
    },
    "clinical.integrity.date_tolerance_days": 3,
    "clinical.integrity.swap_alarm_level": 0.05,
    "clinical.integrity.swap_min_patients": 4,
    "clinical.integrity.swap_min_stability": 0.4,
    "clinical.integrity.swap_max_features": 30,
    "clinical.integrity.swap_intensities_of": ["cll"],
    "clinical.integrity.sex_margin_log2": 3,
    "clinical.integrity.sex_absent_log2": 5,
    "clinical.integrity.batch_gap_days": 60,
    "clinical.safety.tls.days_before": 3,
    "clinical.safety.tls.days_after": 7,
    "clinical.safety.tls.baseline_days": 28,
    "clinical.safety.tls.uric_acid_mg_dl": 8,
    "clinical.safety.tls.potassium_mmol_l": 6,
    "clinical.safety.tls.phosphate_mg_dl": 4.5,
    "clinical.safety.tls.calcium_mg_dl": 7,
    "clinical.safety.tls.change_pct": 25,
    "clinical.safety.tls.same_24_hours": False,
    "clinical.safety.tls.creatinine_uln_factor": 1.5,
    "clinical.safety.tls.clinical_terms": {
        "arrhythmia": [
            "arrhythmia",
            "dysrhythmia",
            "atrial fibrillation",
            "atrial flutter",
            "ventricular tachycardia",
            "ventricular fibrillation",
            "cardiac arrest",
            "asystole",
            "heart block",
        ],
        "seizure": ["seizure", "convulsion", "status epilepticus"],
        "death": ["death"],
    },
    "clinical.safety.haematology": "ctcae5",
    "clinical.safety.lower_limits.anc_10e9_l": 2.0,
    "clinical.safety.lower_limits.plt_10e9_l": 150,
    "clinical.safety.lower_limits.hb_g_dl_female": 12.0,
    "clinical.safety.lower_limits.hb_g_dl_male": 13.0,
    "clinical.safety.reported_terms.anc": ["neutrophil", "neutropenia", "granulocytopenia"],
    "clinical.safety.reported_terms.plt": ["platelet", "thrombocytopenia"],
    "clinical.safety.reported_terms.hb": [
        "anemia",
        "anaemia",
        "hemoglobin decreased",
        "haemoglobin decreased",
    ],
    "clinical.safety.days_after_last_dose": 30,
    "clinical.safety.dose_limiting.window_days": 28,
    "clinical.safety.dose_limiting.min_doses_pct": 75,
    "clinical.safety.dose_limiting.candidate_anc_grade": 4,
    "clinical.safety.dose_limiting.candidate_plt_grade": 4,
    "clinical.safety.dose_limiting.candidate_event_grade": 3,
    "clinical.safety.dose_levels_mg": [2.5, 5, 7.5, 10],
    "clinical.safety.true_dlt_rates": [0.2, 0.3, 0.4],
    "clinical.safety.ibrutinib_mg": 420,
    "clinical.safety.cycle_days": 28,
    "clinical.safety.min_delay_days": 1,
    "clinical.visits.windows.default": [3, 3],
    "clinical.visits.windows.SCR": [28, 0],
    "clinical.visits.windows.C0D1": [3, 0],
    "clinical.visits.windows.C1D1": [3, 0],
    "clinical.visits.windows.FU90": [14, 14],
    "clinical.visits.aliases": [["C0D28 trough", "C0D28 h24", "C1D1 pre"]],
    "clinical.visits.hold_days": 7,
    "clinical.visits.steroids.drugs": [
        "prednisone",
        "prednisolone",
        "methylprednisolone",
        "dexamethasone",
        "hydrocortisone",
    ],
    "clinical.visits.steroids.days": 7,
    "cohort.b0_max_days_before": 90,
    "cohort.b1_max_days_before": 3,
    "clinical.response.criteria": "iwCLL2018",
    "clinical.response.source": "computed",
    "clinical.response.best": "confirmed",
    "clinical.response.baseline_last_day": 1,
    "clinical.response.lab_window_days": 7,
    "clinical.response.lesion_window_days": 14,
    "clinical.response.marrow_valid_days": 365,
    "clinical.response.required": ["nodes", "lymphocytes", "platelets", "hemoglobin"],
    "clinical.response.group_a_improved": 2,
    "clinical.response.group_b_improved": 1,
    "clinical.response.blood_reference": "baseline",
    "clinical.response.ibrutinib_days_after": 28,
    "clinical.response.confirmation_days": 56,
    "clinical.response.stable_days": 56,
    "clinical.response.limits": {
        **{"node_mm": 15, "decrease_pct": 50, "increase_pct": 50, "recovery_pct": 50},
        **{"fall_pct": 50, "spleen_cm": 13, "spleen_growth_cm": 0.5, "spleen_new_growth_cm": 2},
        **{"alc_normal_10e9_l": 4, "alc_progression_10e9_l": 5, "platelets_10e9_l": 100},
        **{"hemoglobin_g_dl": 11, "hemoglobin_fall_g_dl": 2, "neutrophils_10e9_l": 1.5},
        **{"marrow_lymphocytes_pct": 30},
    },
    "clinical.response.flare.window_days": 28,
    "clinical.response.flare.regression_days": 28,
    "clinical.response.flare.exempts": [
        *("nodes", "single_site", "new_lesion", "nontarget", "spleen", "liver", "lymphocytes"),
    ],
    "clinical.response.progression.repeat_days": 28,
    "clinical.response.progression.unconfirmed": "outside_flare_window",
    "analyses.confidence": 0.95,
    "analyses.model.endpoints": ["cr", "tfr_ge2"],
    "analyses.model.features": ["t_cd4__abs", "nk__abs"],
    "analyses.model.baseline": "B1",
    "analyses.model.penalty_c": 0.1,
    "analyses.model.folds": 5,
    "analyses.model.repeats": 10,
    "analyses.model.permutations": 2000,
    "analyses.model.seed": 1,
    "analyses.model.min_eff": 6,
    "report.max_figures": 100,
    "report.features": [
        *("cll", "t", "t_cd4", "t_cd8", "nk", "nk_cd57", "nk_bright", "b_normal", "mono"),
    ],
    "lab.blinded": True,
    "lab.max_figures": 24,
    "lab.max_others": 40,
    "lab.max_charts": 24,
    "strict": False,
}
CONTRASTS = {
    "H1": ("t_cd4__abs", "B1", "cr", "higher", "log2"),
    "H6": ("nk__abs", "B1", "tfr_ge2", "higher", "log2"),
}


@pytest.fixture(scope="module")
def shipped():
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.mark.parametrize(("key", "value"), DEFAULTS.items())
def test_a_default_is_what_the_methods_say(shipped, key, value):
    assert reduce(lambda block, name: block[name], key.split("."), shipped) == value


def test_every_setting_that_ships_is_pinned(shipped):
    def names(block, path=""):
        for key, value in block.items():
            inner = isinstance(value, dict) and value
            yield from names(value, f"{path}{key}.") if inner else [f"{path}{key}"]

    # A sentence that is printed, and the contrasts, which have a test of their own.
    elsewhere = {"analyses.design_note", "analyses.contrasts"}

    assert [
        name
        for name in names(shipped)
        if name not in elsewhere
        and not any(f"{name}.".startswith(f"{pinned}.") for pinned in DEFAULTS)
    ] == []


def test_the_shipped_contrasts_are_those_that_were_specified(shipped):
    keys = ("feature", "baseline", "endpoint", "direction", "transform")

    assert {
        one["id"]: tuple(one[key] for key in keys) for one in shipped["analyses"]["contrasts"]
    } == CONTRASTS
