"""Columns of the simulated clinic's sheets, in the spelling of the schemas."""

SHEET_COLUMNS = {
    "exposure": ("patient", "drug", "start_day", "stop_day", "dose_mg", "reason", "cycle"),
    "lesions": (
        *("patient", "study_day", "visit", "lesion_id", "role", "site", "ld_mm", "sd_mm"),
        *("status", "method"),
    ),
    "assessments": (
        *("patient", "study_day", "visit", "longest_node_cm", "new_organ", "transformation"),
        *("spleen_cm", "liver_enlarged", "symptoms", "alc_10e9_l", "plt_10e9_l", "hb_g_dl"),
        *("anc_10e9_l", "marrow", "marrow_lymphocytes_pct", "marrow_cll_pct", "transfused_7d"),
        *("epo", "gcsf_7d", "cytopenia_cause", "biopsy", "tender_nodes", "not_assessable_reason"),
        *("investigator_category", "criteria_version"),
    ),
    "flares": (
        *("patient", "event_id", "onset_day_from_len", "resolution_day_from_len", "grade"),
        *("ctcae_version", "sites", "fever", "rash", "bone_pain", "alc_change", "treatment"),
        *("len_dose_at_onset_mg", "dose_action"),
    ),
    "laboratory": (
        *("patient", "study_day", "visit", "wbc_10e9_l", "alc_10e9_l", "amc_10e9_l"),
        *("anc_10e9_l", "hb_g_dl", "plt_10e9_l", "uric_acid_mg_dl", "potassium_mmol_l"),
        *("phosphate_mg_dl", "calcium_mg_dl", "creatinine_mg_dl", "creatinine_uln_mg_dl"),
        *("ldh_u_l", "ldh_uln_u_l"),
    ),
    "adverse_events": (
        *("patient", "term", "onset_day", "resolution_day", "grade", "ctcae_version", "serious"),
        *("related_ibrutinib", "related_lenalidomide", "dlt", "cause", "action"),
    ),
    "follow_up": (
        *("patient", "study_day", "alive", "death_day", "death_cause", "new_therapy_day"),
        *("off_study_day", "off_study_reason"),
    ),
}
