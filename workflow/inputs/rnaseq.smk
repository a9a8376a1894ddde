"""What the rules of bulk RNA sequencing take, and what decides on a sex in them."""


def counts_of_genes(wildcards=None):
    """Paths of the files of counts, as the config has them."""
    named = (config.get("study") or {}).get("rnaseq_counts", [])
    return [named] if isinstance(named, str) else named


def counts_that_are_there(wildcards):
    """Those that exist; the job says which do not."""
    return [path for path in counts_of_genes() if Path(path).is_file()]


def settings_of_sexes():
    """What decides on a sex, as the check of the records has it."""
    block = config["clinical"]["integrity"]
    return {name: block[name] for name in ("sex_margin_log2", "sex_absent_log2")}
