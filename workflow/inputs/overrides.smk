"""What is repeated without a person's thresholds, and where it is written."""

REPEATED = set()


def repeated_output(rule):
    """The outputs of a rule, in the folder of what is repeated."""
    REPEATED.update(str(path) for path in rule.output)
    return {name: in_templated_folder(path) for name, path in rule.output.items()}


def repeated_input(rule):
    """The inputs of a rule; what is repeated itself, from the folder of that."""
    return {name: as_templated(files) for name, files in rule.input.items()}


def in_templated_folder(path):
    return str(path).replace("results/", "results/as_templated/", 1)


def as_templated(files):
    if callable(files):
        return lambda wildcards: as_templated(files(wildcards))
    if not isinstance(files, str):
        return [as_templated(path) for path in files]
    is_of_file = files.startswith("results/flow/") and Path(files).stem in PLAN.overridden
    return in_templated_folder(files) if is_of_file or files in REPEATED else files
