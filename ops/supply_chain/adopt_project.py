"""Adopt a project: examine it, show the files it needs as a diff, and write them with --write.

Reads    a project's folder: its locks, layout, git remote and tags, CI files, ignore lists of other tools; templates/
Writes   nothing; with --write new files in the project: .security-config.toml, for a project on GitHub (or with
         --workflows) .github/workflows/, as [updates].tool or --updates has it renovate.json5 and
         .github/dependabot.yml, with --template SECURITY.md.template; and the missing lines of .gitignore and CODEOWNERS.
Decides  nothing
Exits    0 shown or written, 2 usage, or the existing configuration is broken, 3 a template is missing from this
         checkout, 5 git does not answer, 6 a file cannot be written.
Network  none.
Source   docs/quick-start.md. Existing files are never overwritten, nor written through a link; an ignored advisory of
         another tool becomes a commented-out entry, never a waiver in force.

`nox -s adopt -- PATH` runs this, then rehearses a release of the project, and prints the three next steps.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("adopt_project")

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.assurance.adoption.model import AdoptionPlan, AdoptOptions, ProjectSurvey
from ops.supply_chain.assurance.adoption.owners import require_owners
from ops.supply_chain.assurance.adoption.plan import make_plan
from ops.supply_chain.assurance.adoption.report import (
    difference,
    found_lines,
    kept_lines,
    next_steps,
    to_paste,
    undo_command,
    unsettled,
)
from ops.supply_chain.assurance.adoption.workflows import require_pipeline
from ops.supply_chain.contracts.config.file import CONFIG_NAME, parse_config
from ops.supply_chain.contracts.config.updates import UpdateTool
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, OutputError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.adoption.files import pipeline_of, read_templates, write_plan
from ops.supply_chain.gather.assurance.adoption.survey import survey_of
from ops.supply_chain.inventory.model.document import GENERATOR_VERSION
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the project's path, and what is written."""
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="the project's folder (default: --project)")
    options(parser)


def options(parser: argparse.ArgumentParser) -> None:
    """Add what is written; `sessions.adopt` uses these options alone."""
    parser.add_argument("--write", action="store_true", help="write the files shown; never overwrite existing ones")
    parser.add_argument("--template", action="store_true", help="add SECURITY.md.template for editing")
    parser.add_argument("--workflows", action="store_true", help="add GitHub workflows even without a remote on GitHub")
    parser.add_argument(
        "--pipeline",
        default="",
        metavar="OWNER/REPO@COMMIT",
        help="where workflows take sealwright from, or `lock`: from requirements/sealwright.txt of the project (default: "
        "this checkout's remote and commit; of a sealwright from an index: lock)",
    )
    parser.add_argument(
        "--updates",
        choices=[tool.value for tool in UpdateTool],
        default="",
        help="the update tool to configure (default: [updates].tool; auto: the project's own, else Renovate, and Dependabot "
        "for security updates)",
    )
    parser.add_argument(
        "--owner",
        action="append",
        default=[],
        metavar="OWNER",
        help="who owns the gate's files in CODEOWNERS: @USER, @ORGANISATION/TEAM or an e-mail address (repeatable; default: "
        "those that it names)",
    )
    parser.add_argument(
        "--semgrep",
        action="store_true",
        help="add a workflow that analyses each release with Semgrep's rules on the supply chain",
    )
    parser.add_argument("--no-next-steps", action="store_true", help="do not print the next steps")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record.

    Returns:
        The exit code.
    """
    return run_stage("adopt_project", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    given = run.args.path or run.args.project
    root = given.absolute()
    if not root.is_dir():
        raise UsageError(
            f"{given}: is not a folder",
            hint=f"Give the project's folder: {command('adopt', 'PATH')}.",
            kind=ErrorClass.NO_PROJECT,
        )
    survey = survey_of(root, now=run.now)
    plan = _plan(run, survey)
    _require_valid(plan)
    if run.args.write:
        write_plan(root, plan)
        survey = survey_of(root, now=run.now)
    steps = next_steps(survey, written=run.args.write or not plan.files, project=str(given))
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join(_lines(run, survey, plan, () if run.args.no_next_steps else steps)),
        counts={
            "files": len(plan.files),
            "kept": len(plan.kept),
            "written": len(plan.files) if run.args.write else 0,
            "locks": len(survey.locks),
            "ignores": len(survey.ignored.entries),
        },
        document={
            "files": [file.path for file in plan.files],
            "kept": list(plan.kept),
            "ignores": list(survey.ignored.entries),
            "next_steps": list(steps),
        },
    )


def _plan(run: StageRun, survey: ProjectSurvey) -> AdoptionPlan:
    pipeline = require_pipeline(run.args.pipeline, version=GENERATOR_VERSION) if run.args.pipeline else pipeline_of()
    wanted = AdoptOptions(
        template=run.args.template,
        workflows=run.args.workflows,
        updates=UpdateTool(run.args.updates) if run.args.updates else None,
        owners=require_owners(run.args.owner),
        semgrep=run.args.semgrep,
    )
    templates = read_templates(document=wanted.template)
    return make_plan(survey, wanted, templates=templates, pipeline=pipeline)


def _require_valid(plan: AdoptionPlan) -> None:
    """Check the planned configuration against its contract, and that no imported entry is in force."""
    for file in plan.files:
        if file.path != CONFIG_NAME:
            continue
        try:
            config = parse_config(file.new.decode())
        except UsageError as error:
            raise OutputError(f"the planned configuration is invalid: {error.message}", hint=_DEFECT) from error
        if config.waivers or config.acknowledged_cves or config.signing.identities:
            raise OutputError("the planned configuration would put an imported entry in force", hint=_DEFECT)


def _lines(run: StageRun, survey: ProjectSurvey, plan: AdoptionPlan, steps: Sequence[str]) -> list[str]:
    lines = found_lines(survey)
    done = "written" if run.args.write else "would be written (run with --write)"
    if plan.files:
        lines += [] if run.args.write else ["", *difference(plan)]
        lines += ["", f"{done}:", *(f"  {file.path}: {file.why}" for file in plan.files)]
    else:
        lines += ["", "nothing to do: every file is there"]
    if run.args.write and plan.files and survey.under_git:
        lines.append(f"undo: {undo_command(plan, str(run.args.path or run.args.project))}")
    if plan.kept:
        lines += ["unchanged:", *kept_lines(plan)]
    if CONFIG_NAME in survey.existing and not any(file.path == CONFIG_NAME for file in plan.files):
        lines += to_paste(unsettled(survey))
    if steps:
        lines += ["", "next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]
    return lines


_DEFECT = "This is a defect of sealwright: please report it. Nothing was written."


if __name__ == "__main__":
    leave(main())
