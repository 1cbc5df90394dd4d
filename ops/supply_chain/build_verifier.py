"""Build the stand-alone verifier: one file, sealwright-verify.pyz, which is part of each release.

Reads    its own code, installed packages: packaging and packageurl-python, which are pure Python and travel along.
         With --for-release [build].verifier, which can leave it out.
Writes   dist/verifier/sealwright-verify.pyz; with --for-release also the record that the release gate needs.
Decides  nothing
Exits    0 built, 2 usage, 3 a package is not installed or not pure, 6 it cannot be written.
Network  none.
Source   PEP 441. The same code and packages give the same bytes. Compiled packages cannot travel in a zipapp:
         the customer installs sigstore and msgspec; without them no signature is called verified.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("build_verifier")

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.tools.zipapp import installed_package, own_modules, pack
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.files.verification import VERIFIER_VERSION
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.start import TREE
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import run_stage
from ops.supply_chain.trust.verification.file_kinds import VERIFIER

START = "ops.supply_chain.sessions.stand_alone"
PACKAGES = ("packageurl-python", "packaging")
FOLDER = "verifier"
FOR_RELEASE = "--for-release"
NOT_INCLUDED = "not part of this release: [build].verifier is false"
LICENCE = "LICENSE"
MAIN = b"""\
import sys

if sys.version_info < (3, 11):
    sys.exit("sealwright-verify needs Python 3.11 or newer, this is " + sys.version.split()[0])

from ops.supply_chain.sessions.stand_alone import main

raise SystemExit(main())
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage's own options."""
    parser.add_argument(
        FOR_RELEASE, action="store_true", help="build it as a file of a release, unless [build].verifier is false"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves a record only if the verifier is built for a release.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return run_stage("build_verifier", __doc__, arguments, _perform, words, records=FOR_RELEASE in words)


def _perform(run: StageRun) -> StageResult:
    if run.args.for_release and not run.config.build.verifier:
        empty(run.dist / FOLDER)
        return StageResult(outcome=Outcome.PASS, text=NOT_INCLUDED, notes=(NOT_INCLUDED,), counts={"members": 0})
    members = {**own_modules(TREE, START), "__main__.py": MAIN, LICENCE: read_bytes(TREE / LICENCE)}
    bundled = [f"sealwright {VERIFIER_VERSION}"]
    for package in PACKAGES:
        label, files = installed_package(package)
        bundled.append(label)
        members |= files
    members["BUNDLED.txt"] = "".join(f"{line}\n" for line in bundled).encode()
    data = pack(members)
    target = run.dist / FOLDER / VERIFIER
    with nullcontext() if run.args.for_release else hold_for(run.dist, run.root):
        write_atomic(target, data)
    sha256 = sha256_bytes(data)
    return StageResult(
        outcome=Outcome.PASS,
        text=f"{target}: {len(data)} bytes, sha256 {sha256}\n  with {', '.join(bundled)}",
        counts={"members": len(members), "bytes": len(data)},
        writes=(run.dist_ref(target),),
        tools=tuple(ToolRef(name=name, version=version) for name, version in map(_named, bundled)),
        document={"file": f"{FOLDER}/{VERIFIER}", "sha256": sha256, "size": len(data), "bundled": bundled},
    )


def _named(label: str) -> tuple[str, str]:
    name, _, version = label.partition(" ")
    return name, version


if __name__ == "__main__":
    raise SystemExit(main())
