from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockKind, PinSource, PinSourceKind
from ops.supply_chain.dependencies.index_hashes.compare import UPGRADE, HashIssue
from ops.supply_chain.dependencies.index_hashes.pins import scope_of
from ops.supply_chain.dependencies.index_hashes.results import ReleaseResult, command_for, locate, no_lock
from tests.dependencies.index_hashes.builders import entry, lock, pin, sha

ISSUE = HashIssue("hash.yanked", Severity.MEDIUM, "demo 1.0: yanked", f"Move: {UPGRADE}")
DEMO = pin("demo", "1.0", sha("a"))
UNHASHED = pin("bare", "2.0")


def found_in(*locks: Lock, issues: tuple[HashIssue, ...] = (ISSUE,)) -> tuple[Finding, ...]:
    scope = scope_of(pinned.pin for each in locks for pinned in each.entries)
    return locate(locks, scope, {wanted: ReleaseResult(issues, examined=True) for wanted in scope.releases})


def test_one_finding_with_every_place() -> None:
    locks = [lock(entry(DEMO, line, path), path=path) for path, line in (("b.txt", 7), ("a.txt", 9), ("a.txt", 3))]
    assert found_in(*locks) == (
        Finding(
            code="hash.yanked",
            severity=Severity.MEDIUM,
            message="demo 1.0: yanked",
            next_step="Move: nox -s lock -- --upgrade-package demo.",
            package="demo",
            version="1.0",
            path="a.txt",
            line=3,
            also_at=("a.txt:9", "b.txt:7"),
            places=3,
        ),
    )


def test_an_included_file_is_one_place() -> None:
    (finding,) = found_in(
        lock(entry(DEMO, 3, "base.txt"), path="a.txt"), lock(entry(DEMO, 3, "base.txt"), path="b.txt")
    )
    assert (finding.path, finding.line, finding.also_at, finding.places) == ("base.txt", 3, (), 1)


def test_the_order_of_locks_changes_nothing() -> None:
    locks = [lock(entry(DEMO, 1, path), entry(UNHASHED, 2, path), path=path) for path in ("c.txt", "a.txt", "b.txt")]
    assert found_in(*locks) == found_in(*locks[::-1])


COMMANDS = [
    (LockKind.REQUIREMENTS, "nox -s lock -- --upgrade-package demo"),
    (LockKind.UV, "uv lock --upgrade-package demo"),
    (LockKind.POETRY, "poetry update --lock demo"),
    (LockKind.PDM, "pdm update --no-sync demo"),
    (LockKind.PIPFILE, "pipenv upgrade demo"),
    (LockKind.PYLOCK, "lock again with its own tool"),
]


@pytest.mark.parametrize(("kind", "command"), COMMANDS)
def test_the_next_step_is_a_command_of_the_locks_tool(kind: LockKind, command: str) -> None:
    made = lock(entry(DEMO), kind=kind, path=kind.value)
    assert command_for(made, "demo") == command
    (finding,) = found_in(made)
    assert finding.next_step == f"Move: {command}."


def reader_says(code: str, path: str = "requirements.txt", line: int = 1) -> Finding:
    return Finding(
        code=code, severity=Severity.HIGH, message="bare 2.0: no hash", next_step="Lock.", path=path, line=line
    )


def test_what_the_reader_said_is_repeated_and_not_said_twice() -> None:
    said = reader_says("lock.unhashed")
    assert found_in(lock(entry(UNHASHED), findings=(said,))) == (said,)


def test_what_the_reader_did_not_say_is_said() -> None:
    (finding,) = found_in(lock(entry(UNHASHED)))
    assert (finding.code, finding.severity, finding.message) == (
        "hash.unhashed",
        Severity.HIGH,
        "bare 2.0: no exact version with hashes in the lock, so nothing to compare",
    )


def test_a_malformed_hash_is_repeated_though_the_others_are_fine() -> None:
    said = reader_says("lock.malformed-hash")
    assert found_in(lock(entry(DEMO), findings=(said,)), issues=()) == (said,)


def test_what_is_not_about_hashes_is_left_to_others() -> None:
    assert found_in(lock(entry(DEMO), findings=(reader_says("lock.duplicate"),)), issues=()) == ()


def test_what_is_said_of_a_pin_out_of_scope_is_left_to_others() -> None:
    path_pin = pin("bare", "2.0", source=PinSource(kind=PinSourceKind.PATH, url="./bare.whl"))
    assert found_in(lock(entry(path_pin), findings=(reader_says("lock.unhashed"),))) == ()


def test_a_project_without_lock_is_told_where_it_declares() -> None:
    finding = no_lock("pyproject.toml")
    assert (finding.code, finding.severity, finding.path) == ("hash.not-examined", Severity.INFO, "pyproject.toml")
