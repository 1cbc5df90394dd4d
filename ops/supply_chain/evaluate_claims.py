"""Evaluate which security claims and framework controls the evidence supports.

A claim is supported only where the newest retained release shows it: the release is verified again in this run, and
the rules of policy/claims evaluate the result. A claim that is not supported states what is missing, and what is true
instead.

Reads    retained releases, dist/rehearsal/artifacts/ where there is none, .security-config.toml, .github/workflows/
Writes   dist/claims.json, dist/controls.json, dist/controls.md, dist/attestation-form.md
Decides  nothing; with --strict that the named claims are supported
Exits    0 evaluated, 2 usage or configuration, 3 --evidence names no retained release, 4 a claim that --strict names
         is not supported, 5 one could not be examined, or the policy engine cannot be loaded, 6 a file cannot be written.
Network  none.
Source   docs/controls.md lists every claim and control, with the sources of the frameworks.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("evaluate_claims")

import argparse
import difflib
from collections.abc import Sequence

from ops.supply_chain.contracts.files.claims import (
    ClaimsReport,
    ClaimStatus,
    ClaimVerdict,
    ControlsReport,
    ControlStatus,
)
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import leave, run_stage

CLAIMS, CONTROLS, PAGE, FORM = "claims.json", "controls.json", "controls.md", "attestation-form.md"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that select the evidence, and `--strict`."""
    from ops.supply_chain.gather.assurance.claims.evaluate import add_options

    add_options(parser)
    parser.add_argument(
        "--strict",
        action="append",
        default=[],
        metavar="ID",
        help="claims that must be supported; repeat, or join by commas",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record: it evaluates a finished release.

    Returns:
        The exit code.
    """
    return run_stage("evaluate_claims", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.assurance.claims.form import form_page
    from ops.supply_chain.assurance.claims.page import standing_page
    from ops.supply_chain.assurance.claims.text import report_text
    from ops.supply_chain.gather.assurance.claims.evaluate import claims_of

    report = claims_of(run, evidence=run.args.evidence)
    wanted = _wanted(run.args.strict, report)
    # The first file that is written into a new folder marks it as a dist folder for the other stages.
    with hold_for(run.dist, run.root):
        canonical.write(run.dist / CLAIMS, report)
        canonical.write(run.dist / CONTROLS, controls_report(report))
        write_atomic(run.dist / PAGE, standing_page(report).encode())
        write_atomic(run.dist / FORM, form_page(report).encode())
    short = [claim for claim in wanted if claim.standing is not ClaimStatus.SUPPORTED]
    return StageResult(
        outcome=_outcome(short),
        text=report_text(report),
        counts=counts_of(report),
        findings=tuple(_finding(claim) for claim in short),
        document=report,
    )


def controls_report(report: ClaimsReport) -> ControlsReport:
    """Return the controls of a report by themselves."""
    return ControlsReport(
        schema="controls/1",
        component=report.component,
        source=report.source,
        policy_sha256=report.policy_sha256,
        controls=report.controls,
    )


def counts_of(report: ClaimsReport) -> dict[str, int]:
    """Count claims and controls by status."""
    claims = [claim.standing for claim in report.claims]
    controls = [control.standing for control in report.controls]
    return {
        "claims": len(claims),
        **{f"claims_{standing.value.replace('-', '_')}": claims.count(standing) for standing in ClaimStatus},
        "controls": len(controls),
        **{f"controls_{standing.value.replace('-', '_')}": controls.count(standing) for standing in ControlStatus},
    }


def _wanted(options: Sequence[str], report: ClaimsReport) -> list[ClaimVerdict]:
    known = {claim.id: claim for claim in report.claims}
    asked = dict.fromkeys(name.strip() for option in options for name in option.split(",") if name.strip())
    for name in asked:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise UsageError(
                f"unknown claim {name!r}", hint=f"The nearest is {nearest[0]!r}.", kind=ErrorClass.COMMAND_LINE
            )
    return [known[name] for name in asked]


def _outcome(short: Sequence[ClaimVerdict]) -> Outcome:
    if any(claim.standing is ClaimStatus.NOT_SUPPORTED for claim in short):
        return Outcome.FAIL
    return Outcome.NOT_EXAMINED if short else Outcome.PASS


def _finding(claim: ClaimVerdict) -> Finding:
    return Finding(
        code=f"claim.{claim.standing.value}",
        severity=Severity.HIGH,
        message=f"{claim.id}: {' '.join(claim.missing)}",
        next_step="Provide the missing evidence, or remove the claim from --strict.",
    )


if __name__ == "__main__":
    leave(main())
