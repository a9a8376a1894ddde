"""How a script of the workflow runs as a job: its log file, its warnings, its crash."""

import logging
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from correlates.problems import UserError


def run_logged(main: Callable, job) -> None:
    """Run a script's ``main`` with everything it says in the rule's log.

    Warnings land in the log. An exception lands in the log *and* on the terminal, since whoever
    runs the workflow should not have to look for a file to learn what failed. What is told to the
    user in words of its own comes without a traceback.

    Parameters
    ----------
    main
        Takes the job.
    job
        The ``snakemake`` object of a script.
    """
    log = Path(job.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    warnings.simplefilter("default")
    try:
        main(job)
    except UserError as error:
        root.error("%s", error)
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    except BaseException:
        root.error("%s failed\n%s", job.rule, traceback.format_exc())
        print(f"Rule {job.rule} failed; its log is {log}", file=sys.stderr)
        raise
    finally:
        handler.close()
        root.removeHandler(handler)
