"""The plan of an adoption: new files, and missing lines of an existing `.gitignore`.

Source: https://git-scm.com/docs/gitignore
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ops.supply_chain.assurance.adoption import bots, owners, workflows
from ops.supply_chain.assurance.adoption.config_text import config_text
from ops.supply_chain.assurance.adoption.model import (
    AdoptionPlan,
    AdoptOptions,
    PipelineSource,
    PlannedFile,
    ProjectSurvey,
)
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.updates import UpdateTool

GITIGNORE = ".gitignore"
TEMPLATE = "SECURITY.md.template"
UNLISTED = (
    "this sealwright was installed from a file, which no lock can name; the workflows check sealwright out as the repository "
    "variables SEALWRIGHT_REPOSITORY and SEALWRIGHT_COMMIT say (--pipeline OWNER/REPO@COMMIT writes both, --pipeline lock a lock)"
)
WORKFLOWS_WHY = {
    "release.yml": "builds, signs, attests, verifies and publishes a release when a tag is pushed",
    "daily-scan.yml": "checks locked versions against new advisories every day; its log shows counts only",
    "pull-request.yml": "reviews what each pull request adds and exposes; read permission only, safe for forks",
    "reproduce.yml": "makes a published release again from its commit and compares every file; started by hand, read permission only",
    "scorecard.yml": "runs OpenSSF Scorecard on the repository every week",
}


def places() -> tuple[str, ...]:
    """Return every path whose existence affects the plan."""
    flows = tuple(f"{workflows.FOLDER}/{name}" for name in (*workflows.NAMES, workflows.SEMGREP))
    own = (CONFIG_NAME, TEMPLATE, GITIGNORE, workflows.SOURCE, workflows.SEMGREP_SOURCE)
    return (*own, *flows, *bots.RENOVATE_PLACES, *bots.DEPENDABOT_PLACES)


def make_plan(
    survey: ProjectSurvey, wanted: AdoptOptions, *, templates: Mapping[str, str], pipeline: PipelineSource
) -> AdoptionPlan:
    """Decide which files to write and which to leave unchanged.

    Args:
        survey: The project.
        wanted: The options.
        templates: The pipeline's templates, name -> text: those of the workflows and, where requested, of SECURITY.md.
        pipeline: The source of sealwright for the workflows.
    """
    files: list[PlannedFile] = []
    kept: list[str] = []
    _add(
        survey,
        files,
        kept,
        CONFIG_NAME,
        config_text(survey, wanted.updates),
        "configuration of sealwright for this project",
        (CONFIG_NAME,),
    )
    if wanted.template:
        why = "the project's own template for SECURITY.md"
        _add(survey, files, kept, TEMPLATE, templates[TEMPLATE], why, (TEMPLATE,))
    has_workflows = _has_workflows(survey, wanted, kept)
    _bots(survey, wanted.updates or survey.updates, files, kept, on_github=has_workflows)
    if has_workflows:
        for name in workflows.NAMES:
            path = f"{workflows.FOLDER}/{name}"
            text = workflows.render_workflow(
                templates[name],
                pipeline=pipeline,
                name=survey.name,
                tags=survey.tag_forms,
                semgrep=wanted.semgrep,
            )
            _add(survey, files, kept, path, text, WORKFLOWS_WHY[name], (path,))
        if wanted.semgrep:
            _semgrep(files, kept, survey, templates[workflows.SEMGREP])
        if pipeline.version and not pipeline.listed:
            kept.append(f"{workflows.SOURCE}: not written: {UNLISTED}")
        if pipeline.locked:
            why = "what the workflows install; 'lock' compiles it to requirements/sealwright.txt"
            text = f"sealwright=={pipeline.version}\n"
            _add(survey, files, kept, workflows.SOURCE, text, why, (workflows.SOURCE,))
    if not survey.prefix and (has_workflows or wanted.owners or survey.owners.path):
        owned = owners.owners_plan(survey, wanted.owners)
        if isinstance(owned, str):
            kept.append(owned)
        else:
            files.append(owned)
    _gitignore(survey, files, kept, retained=bool(pipeline.version))
    return AdoptionPlan(files=tuple(sorted(files, key=lambda file: file.path)), kept=tuple(kept))


def _semgrep(files: list[PlannedFile], kept: list[str], survey: ProjectSurvey, template: str) -> None:
    """Plan the analysis by Semgrep, and what it is installed from."""
    path = f"{workflows.FOLDER}/{workflows.SEMGREP}"
    text = workflows.render_semgrep(template)
    why = "analyses the commit with Semgrep's rules on the supply chain; the release is given the results"
    _add(survey, files, kept, path, text, why, (path,))
    source = workflows.SEMGREP_SOURCE
    why = "what that workflow installs; 'lock' compiles it to requirements/semgrep.txt"
    _add(survey, files, kept, source, f"semgrep=={workflows.SEMGREP_VERSION}\n", why, (source,))
    release = f"{workflows.FOLDER}/release.yml"
    if release in survey.existing:
        kept.append(f"{release}: does not start {workflows.SEMGREP} unless it was written with --semgrep")


def _bots(
    survey: ProjectSurvey, tool: UpdateTool, files: list[PlannedFile], kept: list[str], *, on_github: bool
) -> None:
    """Plan the configuration of the update tool; the project's own is enough, unless another one is asked for."""
    own = [place for place in (*bots.RENOVATE_PLACES, *bots.DEPENDABOT_PLACES) if place in survey.existing]
    if tool is UpdateTool.NONE or (tool is UpdateTool.AUTO and own):
        kept += [f"{place}: exists, unchanged" for place in own]
        return
    if tool in (UpdateTool.AUTO, UpdateTool.RENOVATE):
        why = "update requests for versions that have passed the cool-down"
        _add(survey, files, kept, bots.RENOVATE, bots.renovate_text(survey), why, bots.RENOVATE_PLACES)
    if tool is UpdateTool.DEPENDABOT or (tool is UpdateTool.AUTO and on_github):
        if survey.prefix:
            kept.append(f"{bots.DEPENDABOT}: not written: GitHub reads it only from the root of a repository")
            return
        why = "security updates; alerts are enabled in the repository's settings"
        _add(survey, files, kept, bots.DEPENDABOT, bots.dependabot_text(survey), why, bots.DEPENDABOT_PLACES)


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
        kept.append(f"{there[0]}: exists, unchanged")
    else:
        files.append(PlannedFile(path=path, old=None, new=text.encode(), why=why))


def _has_workflows(survey: ProjectSurvey, wanted: AdoptOptions, kept: list[str]) -> bool:
    if survey.prefix:
        kept.append(f"{workflows.FOLDER}/: not written: GitHub reads workflows only from the root of a repository")
        return False
    if survey.repository or wanted.workflows:
        return True
    kept.append(f"{workflows.FOLDER}/: not written: the project has no remote on GitHub (--workflows writes them)")
    return False


def _gitignore(survey: ProjectSurvey, files: list[PlannedFile], kept: list[str], *, retained: bool) -> None:
    if survey.gitignore_problem:
        kept.append(f"{GITIGNORE}: {survey.gitignore_problem}, unchanged")
        return
    new = with_missing_lines(
        survey.gitignore, dist_is_tracked=survey.dist_is_tracked, retained=retained, ignored=survey.ignored_outputs
    )
    if new is None:
        kept.append(f"{GITIGNORE}: complete")
        return
    why = "keeps output of the pipeline out of commits"
    files.append(PlannedFile(path=GITIGNORE, old=survey.gitignore, new=new, why=why))


DIST_LINE, NOX_LINE, RETAINED_LINE = "/dist/", "/.nox/", "/data/artifacts/"

OUTPUTS = {
    DIST_LINE: "dist/records/check_hashes.json",
    NOX_LINE: ".nox/pipeline/pyvenv.cfg",
    RETAINED_LINE: "data/artifacts/supply-chain/manifest.json",
}
"""A file that the pipeline writes for each line: git decides whether a pattern of the project already ignores it."""

_GITIGNORE_HEAD = b"# Output of the release pipeline (sealwright)."


def with_missing_lines(
    content: bytes | None, *, dist_is_tracked: bool, retained: bool = False, ignored: Collection[str] | None = None
) -> bytes | None:
    """Return the content with the missing lines appended, or None where none is missing.

    Args:
        content: The file's content, in any encoding; None where there is no file.
        dist_is_tracked: Whether the project commits files in `dist/`; that line is then left out.
        retained: Whether releases are retained in the project, as an installed sealwright does it.
        ignored: Those of `OUTPUTS` that git ignores already; None where git does not decide, and lines are compared instead.
    """
    wanted = [NOX_LINE] if dist_is_tracked else [DIST_LINE, NOX_LINE]
    wanted += [RETAINED_LINE] if retained else []
    there = {_bare(line) for line in (content or b"").splitlines()}
    missing = [
        line.encode()
        for line in wanted
        if (_bare(line.encode()) not in there if ignored is None else OUTPUTS[line] not in ignored)
    ]
    if not missing:
        return None
    before = content or b""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end + end
    return before + gap + end.join([_GITIGNORE_HEAD, *missing]) + end


def _bare(line: bytes) -> bytes:
    """Return the bare name: `dist`, `dist/` and `/dist/` all cover the folder at the root."""
    return line.strip().strip(b"/")
