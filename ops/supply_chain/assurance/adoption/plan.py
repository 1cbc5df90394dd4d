"""What adoption would write into a project: new files, and missing lines of an existing `.gitignore`.

Source: https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.assurance.adoption import bots, workflows
from ops.supply_chain.assurance.adoption.config_text import config_text
from ops.supply_chain.assurance.adoption.model import (
    AdoptionPlan,
    AdoptOptions,
    PipelineSource,
    PlannedFile,
    ProjectSurvey,
)
from ops.supply_chain.contracts.config.file import CONFIG_NAME

GITIGNORE = ".gitignore"
TEMPLATE = "SECURITY.md.template"
WORKFLOWS_WHY = {
    "release.yml": "makes, signs, attests, verifies and publishes a release when a tag is pushed",
    "daily-scan.yml": "looks each day whether what is locked is exposed, and tells counts only",
    "scorecard.yml": "has OpenSSF Scorecard look at the repository each week",
}


def places() -> tuple[str, ...]:
    """Return every path whose being there decides what is written."""
    flows = tuple(f"{workflows.FOLDER}/{name}" for name in workflows.NAMES)
    return (CONFIG_NAME, TEMPLATE, GITIGNORE, *flows, *bots.RENOVATE_PLACES, *bots.DEPENDABOT_PLACES)


def make_plan(
    survey: ProjectSurvey, wanted: AdoptOptions, *, templates: Mapping[str, str], pipeline: PipelineSource
) -> AdoptionPlan:
    """Decide what is written and what stays as it is.

    Args:
        survey: What was found.
        wanted: What was asked for.
        templates: The pipeline's templates: name -> text; those of the workflows and, where wanted, the document's.
        pipeline: Where workflows take sealwright from.
    """
    files: list[PlannedFile] = []
    kept: list[str] = []
    _add(survey, files, kept, CONFIG_NAME, config_text(survey), "what sealwright knows of this project", (CONFIG_NAME,))
    if wanted.template:
        why = "the project's own template of SECURITY.md"
        _add(survey, files, kept, TEMPLATE, templates[TEMPLATE], why, (TEMPLATE,))
    _add(
        survey,
        files,
        kept,
        bots.RENOVATE,
        bots.renovate_text(),
        "keeps versions current, with patience",
        bots.RENOVATE_PLACES,
    )
    if _has_workflows(survey, wanted, kept):
        for name in workflows.NAMES:
            path = f"{workflows.FOLDER}/{name}"
            text = workflows.render_workflow(templates[name], pipeline=pipeline, name=survey.name)
            _add(survey, files, kept, path, text, WORKFLOWS_WHY[name], (path,))
        why = "updates of what is vulnerable; alerts themselves are a setting of the repository"
        _add(survey, files, kept, bots.DEPENDABOT, bots.dependabot_text(survey), why, bots.DEPENDABOT_PLACES)
    _gitignore(survey, files, kept)
    return AdoptionPlan(files=tuple(sorted(files, key=lambda file: file.path)), kept=tuple(kept))


def _add(
    survey: ProjectSurvey,
    files: list[PlannedFile],
    kept: list[str],
    path: str,
    text: str,
    why: str,
    instead: tuple[str, ...],
) -> None:
    there = [place for place in instead if place in survey.existing]
    if there:
        kept.append(f"{there[0]}: is there, left as it is")
    else:
        files.append(PlannedFile(path=path, old=None, new=text.encode(), why=why))


def _has_workflows(survey: ProjectSurvey, wanted: AdoptOptions, kept: list[str]) -> bool:
    if survey.prefix:
        kept.append(f"{workflows.FOLDER}/: not written, GitHub reads workflows at the top of a repository only")
        return False
    if survey.repository or wanted.workflows:
        return True
    kept.append(f"{workflows.FOLDER}/: not written, the project has no remote on GitHub (--workflows writes them)")
    return False


def _gitignore(survey: ProjectSurvey, files: list[PlannedFile], kept: list[str]) -> None:
    if survey.gitignore_problem:
        kept.append(f"{GITIGNORE}: {survey.gitignore_problem}, left as it is")
        return
    new = with_missing_lines(survey.gitignore, dist_is_tracked=survey.dist_is_tracked)
    if new is None:
        kept.append(f"{GITIGNORE}: has what it needs")
        return
    why = "what the pipeline makes is not committed"
    files.append(PlannedFile(path=GITIGNORE, old=survey.gitignore, new=new, why=why))


DIST_LINE, NOX_LINE = "/dist/", "/.nox/"

_GITIGNORE_HEAD = b"# What the release pipeline makes (sealwright)."


def with_missing_lines(content: bytes | None, *, dist_is_tracked: bool) -> bytes | None:
    """Return the content with the missing lines at its end, or None where none is missing.

    Args:
        content: What the file holds, in any encoding; None where there is none.
        dist_is_tracked: Whether the project keeps files in `dist/` on purpose; then that line is left out.
    """
    wanted = [NOX_LINE] if dist_is_tracked else [DIST_LINE, NOX_LINE]
    there = {_bare(line) for line in (content or b"").splitlines()}
    missing = [line.encode() for line in wanted if _bare(line.encode()) not in there]
    if not missing:
        return None
    before = content or b""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end + end
    return before + gap + end.join([_GITIGNORE_HEAD, *missing]) + end


def _bare(line: bytes) -> bytes:
    """`dist`, `dist/` and `/dist/` all cover the folder at the top."""
    return line.strip().strip(b"/")
