"""Run one stage again, with the clock stopped at a time in the past: to reproduce a release, never to make one.

    python -Im ops.supply_chain.runner.past 2026-11-28T10:00:00Z generate_vex -- OPTIONS

Stages that sign, publish or retain cannot be run so.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

from ops.supply_chain import row_of
from ops.supply_chain.core.errors import ExitCode, OutputError, UsageError
from ops.supply_chain.core.start import start_words
from ops.supply_chain.core.variables import stage_variables
from ops.supply_chain.runner.clock import stop_clock

AGAIN = (
    "build_distributions",
    "check_source",
    "check_locks",
    "generate_sbom",
    "generate_vex",
    "bundle_evidence",
    "build_verifier",
    "evaluate_policy",
    "generate_provenance",
)
"""The stages whose output depends on nothing but the commit, the package index and the records before them, in order."""

LEFT_OUT = frozenset(
    {
        "SOURCE_DATE_EPOCH",
        "SEALWRIGHT_INVOCATION",
        "SEALWRIGHT_REHEARSAL",
        "SEALWRIGHT_TRUST_CONFIG",
        "GITHUB_STEP_SUMMARY",
    }
)
"""Variables of this run that say something about a release: those of the released run replace them."""

_KNOWN = frozenset(int(code) for code in ExitCode)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage named by the second word at the moment named by the first.

    Returns:
        The stage's exit code.
    Raises:
        UsageError: The stage is not one that can be run again.
    """
    moment, script, *words = sys.argv[1:] if argv is None else argv
    if script not in AGAIN:
        raise UsageError(f"{script} cannot be run with a stopped clock")
    stop_clock(datetime.fromisoformat(moment))
    module = importlib.import_module(f"ops.supply_chain.{row_of(script).script}")
    code: int = module.main([word for word in words if word != "--"])
    return code


def run_again(
    script: str, moment: str, options: Sequence[str], variables: Mapping[str, str], outer: Mapping[str, str]
) -> tuple[int, str]:
    """Run a stage again in a process of its own.

    Args:
        script: One of `AGAIN`.
        moment: RFC 3339 in UTC.
        options: Its options.
        variables: Environment variables of the released run.
        outer: The variables of this process and the secrets that it holds; the stage gets those that it may see.
    Returns:
        Its exit code, and the last line that it wrote to stderr.
    Raises:
        OutputError: No process can be started.
    """
    seen = stage_variables(row_of(script).secrets_for(options), outer)
    kept = {name: value for name, value in seen.items() if name not in LEFT_OUT}
    command = [sys.executable, *start_words("ops.supply_chain.runner.past"), moment, script, "--", *options]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env={**kept, **variables})
    except (OSError, ValueError) as error:
        raise OutputError(f"{script}: cannot be run again: {error}") from error
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    said = next((line for line in lines if line.startswith("error:")), lines[-1] if lines else "")
    return done.returncode if done.returncode in _KNOWN else int(ExitCode.CRASH), said.removeprefix("error: ")


if __name__ == "__main__":
    os.environ.pop("SEALWRIGHT_OPTIONS", None)
    raise SystemExit(main())
