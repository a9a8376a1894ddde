"""Pool a panel's events, cluster them, compare clusters with gates, and write the map."""

from typing import TYPE_CHECKING

from correlates.flow.clusters.agreement import COLUMNS, agreement_rows
from correlates.flow.clusters.atlas import (
    Settings,
    build_atlas,
    empty_atlas,
    map_of,
    why_not_clustered,
    write_atlas,
)
from correlates.flow.clusters.figures import draw_heatmap, draw_markers, draw_nothing, draw_umap
from correlates.flow.clusters.frozen import FrozenMap, read_map, write_map, write_no_map
from correlates.flow.clusters.pool import REMARKS, Pool, pool_events
from correlates.flow.clusters.settings import files_of_panel
from correlates.flow.clusters.subsample import read_subsample
from correlates.intake.records import read_plan
from correlates.job import run_logged
from correlates.tables import write_tsv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(job) -> None:
    """Do all of it; what cannot be clustered leaves every output too, with the reason."""
    plan, panel = read_plan(job.input.plan), job.wildcards.panel
    choice, lineages = job.params.choice, job.params.lineages
    settings = Settings(**job.params.settings)
    pool = pool_events(
        files_of_panel(plan, panel),
        [read_subsample(path) for path in job.input.events],
        plan.marker_classes.get(panel, {}),
        choice["population"],
        job.params.min_events,
        job.params.max_events,
    )
    write_tsv(job.output.files, REMARKS, pool.remarks)
    frozen = _map(job, pool, panel, choice, settings)
    pictures = {name: job.output[name] for name in ("umap", "markers", "heatmap")}
    if isinstance(frozen, str):
        write_no_map(job.output.map, job.output.map_values, frozen)
        write_atlas(empty_atlas(pool, frozen), job.output.atlas)
        row = {"statistic": "none", "note": f"not clustered: {frozen}"}
        write_tsv(job.output.agreement, COLUMNS, [row])
        kinds = [(path, path.rpartition(".")[2]) for path in pictures.values()]
        draw_nothing(frozen, kinds)
        return
    write_map(frozen, job.output.map, job.output.map_values)
    atlas = build_atlas(pool, frozen, settings)
    write_atlas(atlas, job.output.atlas)
    labels = {
        "leiden": atlas.obs["leiden"].to_numpy(),
        "flowsom_metacluster": atlas.obs["flowsom_metacluster"].to_numpy(),
    }
    rows = agreement_rows(labels, pool.members, pool.parents, lineages)
    write_tsv(job.output.agreement, COLUMNS, rows)
    gates = [name for name in lineages if name in pool.members]
    draw_umap(atlas, gates, pool.parents, pictures["umap"])
    draw_markers(atlas, pictures["markers"])
    draw_heatmap(atlas, gates, pictures["heatmap"])


def _map(job, pool: Pool, panel: str, choice, settings: Settings) -> FrozenMap | str:
    """Return the frozen map that the config names, else that of the pool, or why there is none."""
    reason = why_not_clustered(pool, settings)
    if reason:
        return reason
    if not job.input.frozen:
        return map_of(pool, panel, choice, settings)
    frozen = read_map(job.input.frozen[0])
    if isinstance(frozen, str):
        return f"the frozen map is none: {frozen}"
    misfit = frozen.misfit(pool.markers, pool.tops, choice)
    return f"the frozen map does not fit: {misfit}" if misfit else frozen


if __name__ == "__main__":
    run_logged(main, snakemake)
