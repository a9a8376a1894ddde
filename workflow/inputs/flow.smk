"""What the rules of the flow assay read of the plan: files, gates, reference tubes, settings."""


def only_with_overrides(path):
    """An input function: a file that there is only where a person set a threshold."""
    return lambda wildcards: [path] if PLAN.overridden else []


def intensities_beside_fmo(wildcards):
    """The intensities of every file of the panels that any FMO tube is of."""
    require_plan()
    return [f"results/flow/intensities/{name}.tsv" for name in PLAN.in_panels_with_fmo]


def only_if_gated_twice(path):
    """An input function: a file that there is only where a second gating covers a file."""
    return lambda wildcards: [path] if PLAN.double_gated else []


def gating_of(wildcards):
    """The template itself, or what was read once from a GatingML file or a workspace."""
    require_plan()
    panel = PLAN[wildcards.acquisition].panel
    return PLAN.templates.get(panel, f"results/flow/strategies/{panel}.json")


def gating_of_panel(wildcards):
    require_plan()
    return PLAN.gating[wildcards.panel]


def compensation_of(wildcards):
    """The panel's own matrix, where it has one; otherwise nothing but the FCS file is read."""
    compensation = PLAN.compensation_of(wildcards.acquisition)
    return [] if compensation in ("file", "none") else compensation


def compensation_mode_of(wildcards):
    return PLAN.compensation_of(wildcards.acquisition)


def names_of_threshold_tubes(wildcards):
    """Reference tubes whose thresholds a tube can use."""
    return [one.acquisition for one in PLAN.threshold_tubes_of(wildcards.acquisition)]


def threshold_tubes_of(wildcards):
    """What a job must know of those tubes, in the order of the files."""
    own = PLAN[wildcards.acquisition].sample
    return [
        {"acquisition": one.acquisition, "tube": one.tube, "is_own": one.sample == own}
        for one in PLAN.threshold_tubes_of(wildcards.acquisition)
    ]


def group_of(wildcards):
    """Which jobs share a submission; those that others wait for would tie a whole batch into one."""
    return "references" if PLAN[wildcards.acquisition].is_reference else "gating"


def tube_of(wildcards):
    return PLAN[wildcards.acquisition].tube


def controls_of_plan(wildcards):
    """Bridging controls, of all batches and panels."""
    return [one.acquisition for one in PLAN.acquisitions if one.is_bridging_control]


def calibration_beads_of_plan(wildcards):
    """Beads that the cytometer is watched with, of all batches and panels."""
    return [one.acquisition for one in PLAN.acquisitions if one.is_calibration_beads]


def quantiles_of(wildcards):
    """Which population's quantiles a job writes: a control's leukocytes, all events of beads.

    Of a tube of occupancy those of the target cells.
    """
    one = PLAN[wildcards.acquisition]
    if is_of_occupancy(one.as_row()):
        return cells_of_flow(config["occupancy"])
    if one.is_calibration_beads:
        return "root"
    return config["flow"]["anchors"]["leukocytes"] if one.is_bridging_control else ""


def path_of(wildcards):
    return PLAN[wildcards.acquisition].path


def content_of(wildcards):
    return PLAN[wildcards.acquisition].sha256


def overrides_of(wildcards):
    return PLAN.overrides_of(wildcards.acquisition)


def markers_of(wildcards):
    return PLAN.markers_of(wildcards.acquisition)


def aliases_of(wildcards):
    return PLAN.aliases_of(wildcards.acquisition)


def memory_of(wildcards, attempt):
    """Snakemake's own 250 MB on a node, numpy, and six times the file (integers grow most)."""
    path = Path(PLAN[wildcards.acquisition].path)
    size = path.stat().st_size if path.exists() else 0
    return attempt * (500 + 6 * size // 10**6)


def strategies_of_workspaces(wildcards):
    require_plan()
    return [f"results/flow/strategies/{panel}.json" for panel in PLAN.workspaces]


def templates_of_plan(wildcards):
    """The templates, which tell what is gated below a gate, or by its threshold."""
    require_plan()
    return sorted(set(PLAN.templates.values()))


of_threshold_tubes = partial(of_each, names_of_threshold_tubes)
of_controls = partial(of_each, controls_of_plan)
of_calibration_beads = partial(of_each, calibration_beads_of_plan)
of_calibration_tubes = partial(
    of_each, lambda wildcards: [one.acquisition for one in PLAN.calibration_tubes]
)
of_overridden = partial(of_each, lambda wildcards: PLAN.overridden)
