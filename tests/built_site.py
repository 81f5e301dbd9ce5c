"""The site, built once for all workers of a run."""

import os
import time
import warnings

from viz.command import command_helps
from viz.site import build

PATIENCE = 600.0  # seconds that another worker may take to build it


def built(tmp_path_factory):
    """The folder of the site: the first worker to ask builds it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    site, done, failed = shared / "site", shared / "site.done", shared / "site.failed"
    try:
        (shared / "site.lock").touch(exist_ok=False)
    except FileExistsError:
        end = time.monotonic() + PATIENCE
        while not done.exists():
            assert not failed.exists(), "another worker could not build the site"
            assert time.monotonic() < end, f"the site was not built within {PATIENCE:g} s"
            time.sleep(0.2)
        return site
    try:
        with warnings.catch_warnings():
            # Extensions of Sphinx may use what its next version will not have.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            build(site, command_helps())
    except BaseException:
        failed.touch()
        raise
    done.touch()
    return site
