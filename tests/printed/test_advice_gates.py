"""Advice that is no command: an edit of the configuration, of the project or of a source, made as it is printed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.commands import pasteable
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.advisories import affected, record
from tests.printed.scratch import BAD_LEAF, LATER, NOW, Scratch

TODAY = datetime.now(UTC).date()
DATES = f'date = "{TODAY}"\nexpires = "{TODAY + timedelta(days=30)}"\nreason = "known"\nowner = "ann"\n'
CONFIG = ".security-config.toml"
VULNERABILITIES, MALWARE = "nox -s check_vulnerabilities", "nox -s check_malware"
LOCKS, PUBLISHERS, SOURCE = "nox -s check_locks", "nox -s check_publishers", "nox -s check_source"

Act = Callable[[Scratch, Finding], object]


class Advice(NamedTuple):
    """A fault, the command that reports it, and what a person does who follows the advice."""

    command: str
    fault: Callable[[Scratch], object]
    act: Act


def entry(table: str, text: str) -> str:
    """Return the keys that a sentence gives for an entry of a table."""
    pairs = re.findall(r'(\w+) = ("[^"]*")', text.partition(table)[2])
    return f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in pairs)


def edit(pattern: str, by: str) -> Act:
    """Return the act of editing the configuration."""

    def act(scratch: Scratch, _: Finding) -> None:
        path = scratch.root / CONFIG
        text, count = re.subn(pattern, by, path.read_text(), flags=re.DOTALL)
        assert count == 1
        path.write_text(text)

    return act


def configured(text: str) -> Callable[[Scratch], object]:
    return lambda scratch: scratch.configure(text)


def waiver(**keys: str) -> str:
    return "[[waivers]]\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())


def known(scratch: Scratch, more: str = "") -> None:
    scratch.feed(BAD_LEAF)
    scratch.configure(more)


def fixed(scratch: Scratch) -> None:
    known(scratch)
    scratch.serve("leaf", "1.6", LATER)


def young(scratch: Scratch) -> None:
    known(scratch)
    scratch.serve("leaf", "1.6", (datetime.now(UTC) - timedelta(days=1)).isoformat())


def upgrade(scratch: Scratch, finding: Finding) -> None:
    assert scratch.carry_out(scratch.advised(finding)[0]) == ExitCode.PASS


def upgrade_young(scratch: Scratch, finding: Finding) -> None:
    upgrade(scratch, finding)
    [further] = [command for command in pasteable(scratch.out) if "--bypass-cool-down" in command]
    assert scratch.carry_out(further.replace("TEXT", '"fixes CVE-2026-77"')) == ExitCode.PASS


def unfixed(scratch: Scratch) -> None:
    scratch.feed(record("PYSEC-1", affected("leaf", "introduced 0"), **NOW))


def accept(scratch: Scratch, finding: Finding) -> None:
    scratch.add_to_configuration(entry("[waivers]", finding.next_step) + DATES)


def by_file(code: str) -> Act:
    """Return the act of waiving a code for the path of the finding."""

    def act(scratch: Scratch, finding: Finding) -> None:
        assert f"waive {code} for this path" in finding.next_step
        scratch.add_to_configuration(waiver(id=code, path=finding.path) + DATES)

    return act


def malicious(scratch: Scratch) -> None:
    scratch.feed(record("MAL-1", affected("leaf", "introduced 0"), **NOW))


def remove_top(scratch: Scratch, finding: Finding) -> None:
    assert finding.next_step.startswith("Remove leaf, or what requires it, from the source of requirements.txt")
    scratch.serve("more", "1.0", "2025-01-01T00:00:00Z")
    scratch.write("requirements.in", "more\n")
    assert scratch.type("nox -s lock") == ExitCode.PASS


def without_source(scratch: Scratch) -> None:
    (scratch.root / "requirements.in").unlink()


def unread(scratch: Scratch) -> None:
    scratch.write("environment.yml", "dependencies:\n- python\n- numpy=1.0\n")


def exclude(scratch: Scratch, finding: Finding) -> None:
    assert "list it in [locks].exclude with a reason" in finding.next_step
    entries = f'[{{path = "{finding.path}", reason = "not ours"}}]'
    scratch.add_to_configuration(f"[locks]\nexclude = {entries}")


def setup(scratch: Scratch) -> None:
    scratch.write("sub/setup.py", 'from setuptools import setup\nsetup(name="x", install_requires=["leaf"])\n')


def from_setup(scratch: Scratch, finding: Finding) -> None:
    [path] = re.findall(r"Write them into (\S+) and lock that", finding.next_step)
    scratch.write(path, "leaf\n")
    upgrade(scratch, finding)


def groups(scratch: Scratch) -> None:
    index = f'[[tool.uv.index]]\nname = "here"\nurl = "{scratch.index.simple}"\ndefault = true\n'
    head = '[project]\nname = "small"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
    scratch.write("pyproject.toml", f'{head}[dependency-groups]\ndev = ["more"]\n{index}')
    scratch.serve("more", "1.0", "2025-01-01T00:00:00Z")


def script(scratch: Scratch) -> None:
    index = f'# [[tool.uv.index]]\n# name = "here"\n# url = "{scratch.index.simple}"\n# default = true\n'
    head = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["leaf"]\n'
    scratch.write("tools of it/run.py", f"{head}{index}# ///\n")


def with_uv(scratch: Scratch, finding: Finding) -> None:
    scratch.carry_out(scratch.advised(finding)[0])


def no_integrity(scratch: Scratch) -> None:
    scratch.integrity.absent = True


def no_attestations(scratch: Scratch, finding: Finding) -> None:
    assert "[publishers].attestations = false" in finding.next_step
    scratch.add_to_configuration("[publishers]\nattestations = false")


def stated_by_leaf(scratch: Scratch) -> None:
    known(scratch)
    statement = {
        "vulnerability": {"name": "CVE-2026-77"},
        "products": [{"@id": "pkg:pypi/leaf@1.5"}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }
    document = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/v", "author": "leaf people"}
    document |= {"timestamp": "2026-01-01T00:00:00Z", "version": "1"}
    scratch.write("leaf.vex.json", json.dumps({**document, "version": 1, "statements": [statement]}))


def trust(scratch: Scratch, finding: Finding) -> None:
    scratch.add_to_configuration(entry("[vex_authors]", finding.next_step))


def dirty(scratch: Scratch) -> None:
    scratch.commit()
    scratch.write("new.txt", "")


def restate(scratch: Scratch, _: Finding) -> None:
    scratch.write("pyproject.toml", '[project]\nname = "small"\nversion = "2.0"\n')
    scratch.commit()


def edited_document(scratch: Scratch) -> None:
    assert scratch.type("nox -s security_md") == ExitCode.PASS
    path = scratch.root / "SECURITY.md"
    path.write_text(path.read_text() + "Edited.\n")


def for_windows(scratch: Scratch) -> None:
    scratch.serve("winonly", "1.0", "2025-01-01T00:00:00Z")
    scratch.write("requirements.in", "top\nwinonly; sys_platform == 'win32'\n")
    assert scratch.type("nox -s lock") == ExitCode.PASS


def universal(scratch: Scratch, finding: Finding) -> None:
    scratch.add_to_configuration("[locks]\nuniversal = true")
    upgrade(scratch, finding)


EXPIRED = waiver(id="CVE-2026-77", package="leaf", reason="r", owner="o", date="2026-01-01", expires="2026-05-01")
OPEN_END = waiver(id="CVE-2026-77", package="leaf", reason="r", owner="o", date=str(TODAY))
UNUSED = waiver(id="CVE-2020-1", package="leaf") + DATES
CASES = {
    "vulnerability.known": Advice(VULNERABILITIES, fixed, upgrade),
    "vulnerability.known, younger than the cool-down": Advice(VULNERABILITIES, young, upgrade_young),
    "vulnerability.known, not fixed": Advice(VULNERABILITIES, unfixed, accept),
    "malware.known": Advice(MALWARE, malicious, remove_top),
    "waiver.expired": Advice(
        VULNERABILITIES,
        lambda scratch: known(scratch, EXPIRED),
        edit(r'date = "2026.*?expires = "[^"]*"\n', DATES.split("reason", maxsplit=1)[0]),
    ),
    "waiver.malformed": Advice(
        VULNERABILITIES,
        lambda scratch: known(scratch, OPEN_END),
        edit(r"\Z", f'expires = "{TODAY + timedelta(days=30)}"\n'),
    ),
    "waiver.unused": Advice(VULNERABILITIES, configured(UNUSED), edit(r"\[\[waivers\]\].*\Z", "")),
    "severity.malformed": Advice(
        VULNERABILITIES,
        lambda scratch: known(scratch, '[[severity]]\nid = "CVE-2026-77"\nseverity = "low"\nreason = "r"\n'),
        edit(r"\Z", f'date = "{TODAY}"\n'),
    ),
    "severity.unused": Advice(
        VULNERABILITIES,
        configured(f'[[severity]]\nid = "CVE-2020-1"\nseverity = "low"\nreason = "r"\ndate = "{TODAY}"\n'),
        edit(r"\[\[severity\]\].*\Z", ""),
    ),
    "publisher.exception-malformed": Advice(
        PUBLISHERS,
        configured('[[publishers.exceptions]]\npackage = "top"\nreason = ""\n'),
        edit('reason = ""', 'reason = "known"'),
    ),
    "publisher.exception-unused": Advice(
        PUBLISHERS,
        configured('[[publishers.exceptions]]\npackage = "top"\nreason = "known"\n'),
        edit(r"\[\[publishers.exceptions\]\].*\Z", ""),
    ),
    "publisher.not-examined": Advice(PUBLISHERS, no_integrity, no_attestations),
    "lock.no-source": Advice(LOCKS, without_source, by_file("lock.no-source")),
    "lock.unread": Advice(LOCKS, unread, exclude),
    "lock.unread, setup.py": Advice(LOCKS, setup, from_setup),
    "lock.unread, groups": Advice(LOCKS, groups, with_uv),
    "lock.unread, a script": Advice(LOCKS, script, with_uv),
    "lock.left-out": Advice(LOCKS, for_windows, universal),
    "vex.unknown-author": Advice(f"{VULNERABILITIES} -- --vex leaf.vex.json", stated_by_leaf, trust),
    "source.changed": Advice(SOURCE, dirty, lambda scratch, _: scratch.commit()),
    "source.version-mismatch": Advice(f"{SOURCE} -- --version 2.0", dirty, restate),
    "document.stale": Advice("nox -s generate_security_md -- --check", edited_document, upgrade),
}


SLOW = frozenset({"document.stale", "lock.unread, groups", "lock.unread, a script", "vulnerability.known, not fixed"})


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.whole if name in SLOW else ()) for name in CASES]
)
def test_who_follows_the_advice_ends_the_finding(name: str, scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    code, advice = name.partition(",")[0], CASES[name]
    if "uv" in name and shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    stage = advice.command.split()[2]
    advice.fault(scratch)
    monkeypatch.chdir(scratch.root)
    scratch.type(advice.command)
    found = [finding for finding in scratch.record(stage).findings if finding.code == code]
    assert found, scratch.out + scratch.err
    advice.act(scratch, found[0])
    scratch.type(advice.command)
    assert code not in scratch.codes(stage), scratch.out
