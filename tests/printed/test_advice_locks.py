"""Advice about locks, hashes and publishers, followed as it is printed: the finding is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from ops.supply_chain.core.errors import ExitCode
from tests.printed.scratch import LATER, Scratch

LOCK, BASELINE, BOM = "requirements.txt", "requirements.provenance.json", "requirements.cdx.json"


class Fault(NamedTuple):
    """A fault, the command that reports it, and what the advice asks for before its own command."""

    command: str
    make: Callable[[Scratch], object]
    before: Callable[[Scratch], object] = lambda _: None


def new_requirement(scratch: Scratch) -> None:
    scratch.serve("more", "1.0", "2025-01-01T00:00:00Z")
    scratch.write("requirements.in", "top\nmore\n")


def without_hashes(scratch: Scratch) -> None:
    text = (scratch.root / LOCK).read_text()
    scratch.write(LOCK, re.sub(r" \\\n +--hash=\S+", "", text))


def without_versions(scratch: Scratch) -> None:
    scratch.write(LOCK, "top\nleaf\n")


def without_source(scratch: Scratch) -> None:
    (scratch.root / "requirements.in").unlink()
    scratch.write(LOCK, "top\n")


def without_hashes_or_source(scratch: Scratch) -> None:
    (scratch.root / "requirements.in").unlink()
    scratch.write(LOCK, "top==1.5\nleaf==1.5\n")


def in_a_folder(scratch: Scratch) -> None:
    scratch.write("more of it/dev.txt", "leaf\n")
    scratch.commit()
    scratch.add_to_configuration('[locks]\ninclude = ["requirements.txt", "more of it/*.txt"]')


def weak(scratch: Scratch) -> None:
    scratch.write(LOCK, f"top==1.5 --hash=md5:{'0' * 32}\nleaf==1.5 --hash=md5:{'0' * 32}\n")


def unknown(scratch: Scratch) -> None:
    text = (scratch.root / LOCK).read_text()
    scratch.write(LOCK, text.replace("--hash=sha256:", "--hash=whirlpool:", 1))


def malformed(scratch: Scratch) -> None:
    text = (scratch.root / LOCK).read_text()
    scratch.write(LOCK, text.replace("--hash=sha256:", "--hash=sha256:00", 1))


def no_lock(scratch: Scratch) -> None:
    for name in (LOCK, BASELINE, BOM):
        (scratch.root / name).unlink()


def no_lock_of_pyproject(scratch: Scratch) -> None:
    no_lock(scratch)
    (scratch.root / "requirements.in").unlink()
    scratch.write("pyproject.toml", '[project]\nname = "small"\nversion = "1.0"\ndependencies = ["top"]\n')


def no_timestamp(scratch: Scratch) -> None:
    text = (scratch.root / LOCK).read_text()
    scratch.write(LOCK, re.sub(r"# uv-compiled-at:.*\n", "", text))


def other_bom(scratch: Scratch) -> None:
    text = (scratch.root / BOM).read_text()
    scratch.write(BOM, text.replace("1.5", "1.4"))


def unreadable_bom(scratch: Scratch) -> None:
    scratch.write(BOM, "{")


def unreadable_baseline(scratch: Scratch) -> None:
    scratch.write(BASELINE, "{}")


def remove_baseline(scratch: Scratch) -> None:
    (scratch.root / BASELINE).unlink()


def remove_hash(scratch: Scratch) -> None:
    text = (scratch.root / LOCK).read_text()
    scratch.write(LOCK, re.sub(r" \\\n +--hash=(?:whirlpool:|sha256:00)\S+", "", text, count=1))


def other_baseline(scratch: Scratch) -> None:
    superfluous(scratch)


def yanked(scratch: Scratch) -> None:
    scratch.serve("leaf", "1.6", LATER)
    scratch.index.yank("leaf", "1.5")


def withdrawn(scratch: Scratch) -> None:
    scratch.serve("leaf", "1.6", LATER)
    scratch.index.withdraw("leaf", "1.5")


def author(scratch: Scratch) -> None:
    scratch.index.info["top"]["author"] = "someone else"


def unrecorded(scratch: Scratch) -> None:
    scratch.write(BASELINE, json.dumps({"direct_deps": {}}))


def superfluous(scratch: Scratch) -> None:
    recorded = json.loads((scratch.root / BASELINE).read_text())
    recorded["direct_deps"]["gone"] = recorded["direct_deps"]["top"]
    scratch.write(BASELINE, json.dumps(recorded))


CHECK, HASHES, PUBLISHERS = "nox -s check_locks", "nox -s check_hashes", "nox -s check_publishers"
FAULTS = {
    "lock.drift": Fault(CHECK, new_requirement),
    "lock.unhashed": Fault(CHECK, without_hashes),
    "lock.unhashed, without a source": Fault(CHECK, without_hashes_or_source),
    "lock.unpinned": Fault(CHECK, without_versions),
    "lock.unpinned, without a source": Fault(CHECK, without_source),
    "lock.unpinned, in a folder": Fault(CHECK, in_a_folder),
    "lock.weak-hash": Fault(CHECK, weak),
    "lock.unknown-hash": Fault(CHECK, unknown, remove_hash),
    "lock.malformed-hash": Fault(CHECK, malformed, remove_hash),
    "lock.missing": Fault(CHECK, no_lock),
    "lock.missing, of pyproject.toml": Fault(CHECK, no_lock_of_pyproject),
    "lock.no-moment": Fault(f"{CHECK} -- --reproducible", no_timestamp),
    "lock.sbom-differs, not JSON": Fault(CHECK, unreadable_bom),
    "lock.baseline-differs, unreadable": Fault(CHECK, unreadable_baseline, remove_baseline),
    "lock.sbom-differs": Fault(CHECK, other_bom),
    "lock.baseline-differs": Fault(CHECK, other_baseline),
    "sbom.no-lock": Fault("nox -s generate_sbom", no_lock_of_pyproject),
    "vulnerability.not-examined": Fault("nox -s check_vulnerabilities", no_lock_of_pyproject),
    "malware.not-examined": Fault("nox -s check_malware", no_lock_of_pyproject),
    "hash.not-examined": Fault(HASHES, no_lock_of_pyproject),
    "hash.yanked": Fault(HASHES, yanked),
    "hash.version-missing": Fault(HASHES, withdrawn),
    "publisher.no-baseline": Fault(PUBLISHERS, lambda scratch: (scratch.root / BASELINE).unlink()),
    "publisher.not-in-baseline": Fault(PUBLISHERS, unrecorded),
    "publisher.stale-baseline": Fault(PUBLISHERS, superfluous),
    "publisher.metadata-changed": Fault(PUBLISHERS, author),
    "publisher.not-examined": Fault(PUBLISHERS, without_versions),
}


TWICE = frozenset({"sbom.no-lock", "malware.not-examined", "hash.not-examined", "lock.no-moment"})
"""Faults that another case has as well."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.whole if "," in name or name in TWICE else ()) for name in FAULTS]
)
def test_the_command_that_is_advised_ends_the_finding(name: str, scratch: Scratch) -> None:
    code, fault = name.partition(",")[0], FAULTS[name]
    stage = fault.command.split()[2]
    fault.make(scratch)
    scratch.type(fault.command)
    found = [finding for finding in scratch.record(stage).findings if finding.code == code]
    assert found, scratch.out
    printed = dict.fromkeys(scratch.advised(finding)[0] for finding in found)
    fault.before(scratch)
    for command in printed:
        assert scratch.carry_out(command) == ExitCode.PASS, scratch.out + scratch.err
    scratch.type(fault.command)
    assert code not in scratch.codes(stage), scratch.out
