"""Build the stand-alone verifier: one file, sealwright-verify.pyz, which is part of each release.

Each module is in it as source and compiled by this Python, which starts in half of the time; another minor version reads the source.
With --check nothing is built: the sources in a verifier are compiled again and compared with its compiled modules.

Reads    its own code, installed packages: packaging and packageurl-python, which are pure Python and travel along.
         With --for-release [build].verifier, which can leave it out. With --check that file alone.
Writes   dist/verifier/sealwright-verify.pyz; with --for-release also the record that the release gate needs.
Decides  nothing about a release; with --check, that each compiled module is what its source compiles to
Exits    0 built, or checked; 2 usage, 3 a package is not installed or not pure, or --check is no verifier; 4 a compiled module is
         another than its source; 5 some were compiled by another Python; 6 it cannot be written.
Network  none.
Source   PEP 441, PEP 552. The same code, packages and minor version of Python give the same bytes. Compiled packages cannot
         travel in a zipapp: the customer installs sigstore and msgspec; without them no signature is called verified.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("build_verifier")

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.tools.zipapp import (
    COMPILER,
    compiled,
    compiled_parts,
    installed_package,
    own_modules,
    pack,
)
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.files.verification import VERIFIER_VERSION
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.start import TREE
from ops.supply_chain.core.text import plural
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import leave, run_stage
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

from ops.supply_chain.gather.trust.verification.early import begin_early

begin_early(sys.argv[1:])

from ops.supply_chain.sessions.stand_alone import main

raise SystemExit(main())
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage's own options."""
    parser.add_argument(
        FOR_RELEASE, action="store_true", help="build it as a file of a release, unless [build].verifier is false"
    )
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help="compile the sources in a verifier again, and compare; build nothing"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves a record only if the verifier is built for a release.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    return run_stage("build_verifier", __doc__, arguments, _perform, words, records=FOR_RELEASE in words)


def _perform(run: StageRun) -> StageResult:
    if run.args.check is not None:
        return _check(run.args.check)
    if run.args.for_release and not run.config.build.verifier:
        empty(run.dist / FOLDER)
        return StageResult(outcome=Outcome.PASS, text=NOT_INCLUDED, notes=(NOT_INCLUDED,), counts={"members": 0})
    members = {**own_modules(TREE, START), "__main__.py": MAIN, LICENCE: read_bytes(TREE / LICENCE)}
    bundled = [f"sealwright {VERIFIER_VERSION}"]
    for package in PACKAGES:
        label, files = installed_package(package)
        bundled.append(label)
        members |= files
    members |= compiled(members)
    bundled.append(COMPILER)
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


def _check(path: Path) -> StageResult:
    """Compare the compiled modules of a verifier with its sources."""
    data = read_bytes(path)
    try:
        found = compiled_parts(data)
    except InputError as error:
        raise InputError(f"{path}: {error.message}") from error
    counts = {"compiled": found.total, "differing": len(found.differing), "foreign": len(found.foreign)}
    if found.differing:
        lines = (
            f"{path}: {plural(len(found.differing), 'compiled module is', 'compiled modules are')} not what the source compiles to",
            *found.differing,
        )
        return StageResult(outcome=Outcome.FAIL, text="\n  ".join(lines), counts=counts)
    if found.foreign or not found.total:
        text = f"{path}: not checked, because it has no compiled modules"
        if found.foreign:
            text = f"{path}: not checked with {COMPILER}: another Python made {len(found.foreign)} of {found.total} compiled modules"
        return StageResult(outcome=Outcome.NOT_EXAMINED, text=text, counts=counts)
    text = f"{path}: {found.total} compiled modules, each is what its source compiles to with {COMPILER}"
    return StageResult(outcome=Outcome.PASS, text=text, counts=counts)


def _named(label: str) -> tuple[str, str]:
    name, _, version = label.partition(" ")
    return name, version


if __name__ == "__main__":
    leave(main())
