"""Render the workflow templates for one project.

A template is valid YAML: lines that begin with `#%` are statements, `<< name >>` is a value. GitHub's own `${{ }}` is
left alone.

Source: docs/workflows.md
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ops.supply_chain.assurance.adoption.model import DEFAULT_FORM, PipelineSource
from ops.supply_chain.contracts.values.publication import REPOSITORY
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.formats.lock_formats import PIPELINE_LOCK
from ops.supply_chain.formats.tag_forms import TagForm

if TYPE_CHECKING:
    from jinja2 import Template

NAMES = ("release.yml", "daily-scan.yml", "pull-request.yml", "reproduce.yml", "scorecard.yml")
SEMGREP = "semgrep.yml"
"""Written only where it is asked for."""

FOLDER = ".github/workflows"

LOCKED = "lock"
"""Instead of OWNER/REPO@COMMIT: sealwright is installed from a lock in the project."""

SOURCE, LOCK = "requirements/sealwright.in", PIPELINE_LOCK

SEMGREP_SOURCE, SEMGREP_LOCK = "requirements/semgrep.in", "requirements/semgrep.txt"
SEMGREP_VERSION = "1.184.0"

_COMMIT = re.compile(r"[0-9a-f]{40}")


def require_pipeline(text: str, *, version: str) -> PipelineSource:
    """Read `OWNER/REPO@COMMIT`, or `lock`.

    Args:
        text: As the command line gives it.
        version: Of this sealwright, for a lock.

    Raises:
        UsageError: The text has another form.
    """
    if text == LOCKED:
        return PipelineSource(version=version)
    repository, _, commit = text.partition("@")
    if REPOSITORY.fullmatch(repository) and _COMMIT.fullmatch(commit):
        return PipelineSource(repository=repository, commit=commit)
    raise UsageError(
        f"--pipeline {text!r}: expected OWNER/REPO@COMMIT with a full commit hash, or {LOCKED}",
        hint="Name the repository and the commit of sealwright that the workflows are to run.",
        kind=ErrorClass.COMMAND_LINE,
    )


def render_workflow(
    template: str,
    *,
    pipeline: PipelineSource,
    name: str,
    own: bool = False,
    tags: Sequence[TagForm] = (DEFAULT_FORM,),
    semgrep: bool = False,
) -> str:
    """Render a workflow from its template.

    Args:
        template: The template's text.
        pipeline: The source of sealwright for the workflow.
        name: The component's name; it determines the minute at which schedules run.
        own: Whether the workflow is for sealwright's own repository.
        tags: Forms of the tags that start a release.
        semgrep: Whether a release needs the results of `semgrep.yml`.
    """
    locked = pipeline.locked and not own
    known = own or locked

    def sealwright(session: str) -> str:
        return f"sealwright {session}" if locked else f"python -m {command(session, '--project', '../project')}"

    return _compiled(template).render(
        semgrep=semgrep,
        sarif=' --sarif "$RUNNER_TEMP/analysis/semgrep.sarif"' if semgrep else "",
        own=own,
        locked=locked,
        checkout=not known,
        sealwright=sealwright,
        # Isolated, because the folder of the project is the current one.
        python="python -I" if locked else "python",
        lock=LOCK if locked else "requirements.txt",
        folder="project" if known else "pipeline",
        repository="known" if known else pipeline.repository,
        commit="known" if known else pipeline.commit,
        minute=minute_of(name),
        tags=json.dumps([form.filter for form in tags]),
    )


@lru_cache(maxsize=16)
def _compiled(template: str) -> Template:
    import jinja2

    environment = jinja2.Environment(  # noqa: S701 - YAML, and the values are checked names
        line_statement_prefix="#%",
        variable_start_string="<<",
        variable_end_string=">>",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.from_string(template)


def render_semgrep(template: str) -> str:
    """Render the workflow of Semgrep, which has one value: the lock that it installs."""
    return template.replace("<< lock >>", SEMGREP_LOCK)


def minute_of(name: str) -> int:
    """Return a minute between 1 and 58: always the same for one project, spread over projects."""
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 58
