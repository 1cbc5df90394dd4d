"""The drift gate: what was changed is found and named, what cannot be looked at is never called examined."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from ops.supply_chain import check_locks, compile_locks
from ops.supply_chain.core.commands import pasteable
from ops.supply_chain.core.errors import ExitCode
from tests.cases import case
from tests.fakes.matrix import diagonals
from tests.fakes.remembered_uv import made_once, remembered_uv
from tests.fakes.wheels import WheelIndex, serving
from tests.typed import follow, typed

NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
OLD, LATER = "2026-01-01T00:00:00Z", "2026-11-15T00:00:00Z"
SECRET = "hunter2"  # noqa: S105 - made up
LOCK = "f/requirements.txt"


COMPILED: dict[str, bytes] = {}


class Gate:
    """The stage on a project whose locks were just compiled at an index on loopback."""

    def __init__(
        self, root: Path, index: WheelIndex, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ):
        self.root, self.index, self._patch, self._capfd = root, index, monkeypatch, capfd
        self.dist = root.parent / "dist"
        self.out = self.err = ""

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new, 1))

    def compile(self, *words: str, now: datetime = NOW) -> None:
        self._patch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: now)
        assert compile_locks.main(["--project", str(self.root), *words]) == ExitCode.PASS

    def compile_once(self) -> None:
        """Compile, or write what the first test of this process compiled: the index says the same to each."""
        if not COMPILED:
            self.compile()
            kept = {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("requirements.*")}
            COMPILED.update({name: data for name, data in kept.items() if not name.endswith(".in")})
        for name, data in COMPILED.items():
            (self.root / name).write_bytes(data)

    def run(self, *words: str, now: datetime = NOW + timedelta(days=3)) -> int:
        self._patch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: now)
        self._capfd.readouterr()
        before = self.files()
        where = [] if "--fleet" in words else ["--project", str(self.root)]
        code = check_locks.main([*where, "--dist", str(self.dist), "--version", "1", *words])
        self.out, self.err = self._capfd.readouterr()
        record = self.dist / "records" / "check_locks.json"
        assert SECRET not in self.out + self.err + (record.read_text() if record.exists() else "")
        assert "clean" not in (self.out + self.err).lower()
        assert self.files() == before
        return code

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.dist / "records" / "check_locks.json").read_text())
        return found

    @property
    def findings(self) -> list[tuple[str, str, int]]:
        return [(one["code"], one["path"], one["line"]) for one in self.record["findings"]]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[WheelIndex]:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with serving() as served:
        served.add("leaf", "0.9", OLD)
        served.add("leaf", "1.0", OLD)
        served.add("top", "1.0", OLD, "leaf")
        served.add("spare", "1.0", OLD)
        yield served


@pytest.fixture
def gate(
    tmp_path: Path, index: WheelIndex, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Gate]:
    made = Gate(tmp_path / "project", index, monkeypatch, capfd)
    made.write(
        ".security-config.toml",
        f'component_name = "demo"\n[index]\nurl = "{index.simple}/"\njson_url = "{index.json_root}"\n',
    )
    made.write("base.in", "top\n")
    made.write("f/requirements.in", "-r ../base.in\n")
    made.write("g/requirements.in", "leaf\n")
    with remembered_uv(index):
        made.compile_once()
        yield made


@pytest.mark.parametrize("words", [(), ("--reproducible",)], ids=["drift", "reproducible"])
def test_locks_that_are_what_their_sources_say_pass(gate: Gate, words: tuple[str, ...]) -> None:
    gate.index.add("leaf", "2.0", LATER)
    assert gate.run(*words) == ExitCode.PASS
    assert gate.out.startswith("check_locks: pass\n2 locks, 2 locked, 2 examined; recompiled 2, ")
    assert gate.record["counts"] == {
        "locks": 2,
        "locked": 2,
        "examined": 2,
        "out_of_scope": 0,
        "recompiled": 2,
        "reproducible": 2 if words else 0,
        "kept": 0,
        "drifted": 0,
        "checked_by_tool": 0,
        "checked_by_consistency": 0,
        "empty": 0,
        "resolved": 2,
    }
    assert gate.record["options"] == {"reproducible": "yes" if words else "no"}
    assert [tool["name"] for tool in gate.record["tools"]] == ["uv"]
    assert [ref["path"] for ref in gate.record["reads"]] == ["project:f/requirements.txt", "project:g/requirements.txt"]


def other_digit(match: re.Match[str]) -> str:
    return match[0][:-1] + ("1" if match[0][-1] == "0" else "0")


def in_lock(change: Callable[[str], str]) -> Callable[[Gate], None]:
    return lambda gate: gate.write(LOCK, change((gate.root / LOCK).read_text()))


EXTRA = "spare==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via -r ../base.in\n"
DAMAGE: dict[str, tuple[Callable[[Gate], None], str]] = {
    "pin edited": (in_lock(lambda text: text.replace("leaf==1.0", "leaf==0.9")), "leaf 0.9 has other hashes"),
    "pin edited to nothing": (in_lock(lambda text: text.replace("leaf==1.0", "leaf==7.0")), "leaf 7.0 should be 1.0"),
    "hash edited": (
        in_lock(lambda text: re.sub(r"--hash=sha256:.{64}", other_digit, text, count=1)),
        "leaf 1.0 has other hashes",
    ),
    "hash added": (
        in_lock(lambda text: text.replace("--hash", f"--hash=sha256:{'0' * 64} \\\n    --hash", 1)),
        "leaf 1.0 has other hashes",
    ),
    "pin added": (in_lock(lambda text: text + EXTRA), "spare 1.0 is not required"),
    "pin removed": (in_lock(lambda text: text[: text.index("top==")]), "top 1.0 is missing"),
    "comment edited": (in_lock(lambda text: text.replace("# via top", "# via tip")), "no pin differs"),
    "source edited": (
        lambda gate: gate.write("f/requirements.in", "-r ../base.in\nspare\n"),
        "spare 1.0 is missing",
    ),
    "include edited": (lambda gate: gate.write("base.in", "leaf\n"), "top 1.0 is not required"),
    "source wants another": (lambda gate: gate.write("base.in", "top\nleaf<1\n"), "leaf 1.0 should be 0.9"),
    "source broken": (lambda gate: gate.write("base.in", "top==\n"), "no solution at the lock's timestamp"),
    "source impossible": (lambda gate: gate.write("base.in", "tap\n"), "no solution at the lock's timestamp"),
    "include gone": (lambda gate: (gate.root / "base.in").unlink(), "no solution at the lock's timestamp"),
}


@pytest.mark.parametrize(("case", "words"), diagonals(list(DAMAGE), ["", "--reproducible"], step=2))
def test_damage_is_found_and_named(gate: Gate, case: str, words: str) -> None:
    damage, told = DAMAGE[case]
    damage(gate)
    assert gate.run(*words.split()) == ExitCode.DENIED
    [finding] = gate.record["findings"]
    assert (finding["code"], finding["path"], finding["severity"]) == ("lock.drift", LOCK, "high")
    assert told in finding["message"]
    assert gate.record["counts"]["drifted"] == 1
    assert gate.record["counts"]["examined"] == gate.record["counts"]["locked"]


def test_a_difference_is_told_whole(gate: Gate) -> None:
    gate.edit(LOCK, "# via top", "# via nobody")
    gate.edit(LOCK, "leaf==1.0", "leaf==0.9")
    digest = re.search(r"sha256:\S+", (gate.root / LOCK).read_text())
    assert digest is not None
    assert gate.run() == ExitCode.DENIED
    [finding] = gate.record["findings"]
    assert finding == {
        "code": "lock.drift",
        "severity": "high",
        "message": "is out of date with f/requirements.in: 4 lines differ when recompiled, the first at line 5; "
        "leaf 0.9 has other hashes",
        "next_step": "Restore it from version control; only if its hashes were never right, run "
        "`nox -s lock -- --upgrade-package leaf==0.9`.",
        "package": "leaf",
        "version": "0.9",
        "path": LOCK,
        "line": 5,
        "aliases": [],
        "waived_by": "",
        **{key: finding[key] for key in ("also_at", "places", "due", "first_seen", "published")},
    }
    assert "  --- f/requirements.txt (committed)\n  +++ f/requirements.txt (compiled)\n" in gate.out
    assert f"  -    --{'hash'}={digest[0]}\n  -    # via nobody\n" in gate.out


def test_the_advice_for_hashes_is_good(gate: Gate) -> None:
    in_lock(lambda text: re.sub(r"--hash=sha256:.{64}", other_digit, text, count=1))(gate)
    assert gate.run() == ExitCode.DENIED
    command = re.search(r"`nox -s lock -- (.*)`", gate.record["findings"][0]["next_step"])
    assert command is not None
    gate.compile(*command[1].split(), now=NOW + timedelta(days=3))
    assert gate.run() == ExitCode.PASS


def test_pins_that_were_kept_are_reproducible_and_counted(gate: Gate) -> None:
    gate.index.add("leaf", "2.0", LATER)
    gate.write("f/requirements.in", "-r ../base.in\nspare\n")
    gate.compile(now=NOW + timedelta(days=5))
    assert "leaf==1.0" in (gate.root / LOCK).read_text()
    assert gate.run("--reproducible", now=NOW + timedelta(days=6)) == ExitCode.PASS
    assert (gate.record["counts"]["reproducible"], gate.record["counts"]["kept"]) == (2, 1)
    assert gate.record["notes"] == ["1 lock reuses pins from an earlier compile; newer versions were already available"]


def test_a_recorded_bypass_is_part_of_the_question(gate: Gate) -> None:
    gate.index.add("leaf", "2.0", "2026-11-18T00:00:00Z")
    gate.compile("--bypass-cool-down", "leaf", "--reason", "urgent")
    assert "leaf==2.0" in (gate.root / LOCK).read_text()
    assert gate.run("--reproducible") == ExitCode.PASS
    gate.write(LOCK, re.sub(r"# sealwright.*\n", "", (gate.root / LOCK).read_text()))
    assert gate.run("--reproducible") == ExitCode.DENIED
    assert gate.findings == [("lock.drift", LOCK, 4)]


def test_a_file_that_a_release_got_later_changes_nothing(gate: Gate) -> None:
    page = gate.index._projects["leaf"]
    page.append(
        {**page[-1], "filename": "leaf-1.0-py2-none-any.whl", "hashes": {"sha256": "0" * 64}, "upload-time": LATER}
    )
    assert gate.run("--reproducible") == ExitCode.PASS
    without_moment(gate)
    assert gate.run() == ExitCode.PASS


def without_moment(gate: Gate) -> None:
    gate.write(LOCK, re.sub(r"# uv-compiled-at.*\n", "", (gate.root / LOCK).read_text()))


def test_without_a_moment_nobody_can_reproduce_it(gate: Gate) -> None:
    without_moment(gate)
    assert gate.run() == ExitCode.PASS
    assert gate.findings == []
    assert gate.run("--reproducible") == ExitCode.PASS
    assert gate.findings == [("lock.no-moment", LOCK, 1)]
    assert [finding["severity"] for finding in gate.record["findings"]] == ["info"]
    counts = gate.record["counts"]
    assert (counts["recompiled"], counts["reproducible"]) == (2, 1)
    gate.edit(LOCK, "leaf==1.0", "leaf==0.9")
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.drift", LOCK, 3)]


@pytest.mark.parametrize("line", ["./evil", "-e ./evil", "-r evil.txt", "  spare==1.0", "\\\n  spare==1.0", "spare"])
def test_without_a_moment_too_nothing_can_be_slipped_in(gate: Gate, line: str) -> None:
    without_moment(gate)
    gate.write("f/evil.txt", "")
    text = (gate.root / LOCK).read_text()
    gate.write(LOCK, f"{text}{line}\n")
    assert gate.run() == ExitCode.DENIED
    message = next(one["message"] for one in gate.record["findings"] if one["code"] == "lock.drift")
    at = text.count("\n") + 1
    assert (
        message
        == f"is out of date with f/requirements.in: 1 line differs when recompiled, the first at line {at}; no pin differs"
    )
    assert f"-{line.rsplit(chr(10), maxsplit=1)[-1].strip()}" in gate.out


def test_without_a_moment_an_option_that_adds_nothing_is_no_drift(gate: Gate) -> None:
    without_moment(gate)
    gate.edit(LOCK, "leaf==1.0", f"--index-url {gate.index.simple}\n--only-binary :all:\nleaf==1.0")
    assert gate.run() == ExitCode.PASS


def test_a_moment_in_the_future_is_a_broken_input(gate: Gate) -> None:
    gate.edit(LOCK, "# uv-compiled-at: 2026-", "# uv-compiled-at: 2028-")
    gate.edit("g/requirements.txt", "leaf==1.0", "leaf==0.9")
    assert gate.run() == ExitCode.DENIED
    assert [found[:2] for found in gate.findings] == [("lock.broken", LOCK), ("lock.drift", "g/requirements.txt")]
    message = gate.record["findings"][0]["message"]
    assert f"{LOCK}: the timestamp of the lock is 2028-11-13T09:00:00Z, later than" in message


HEADERS = {
    "another timestamp": "# uv-compiled-at: yesterday\n",
    "two timestamps": f"# uv-compiled-at: {OLD}\n# uv-compiled-at: {OLD}\n",
    "half a bypass": "# sealwright-cool-down-bypass: leaf\n",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_malformed_header_leaves_the_other_locks_examined(gate: Gate, header: str) -> None:
    gate.write(LOCK, header + (gate.root / LOCK).read_text())
    assert gate.run() == ExitCode.INPUT
    assert [found[:2] for found in gate.findings] == [("lock.broken", LOCK)]
    assert (gate.record["outcome"], gate.record["counts"]["locks"]) == ("not-examined", 1)
    assert (gate.record["counts"]["examined"], gate.record["counts"]["recompiled"]) == (1, 1)


def test_a_source_that_cannot_be_read_leaves_the_other_locks_examined(gate: Gate) -> None:
    (gate.root / "f" / "requirements.in").write_bytes(b"caf\xff\n")
    (gate.root / "base.in").unlink()
    assert gate.run() == ExitCode.INPUT
    assert [found[:2] for found in gate.findings] == [("lock.broken", LOCK)]
    assert gate.record["counts"]["examined"] == 1


def test_a_lock_without_the_extras_that_its_packages_require_is_noted(gate: Gate) -> None:
    gate.index.add("more", "1.0", OLD, "top[fast]")
    gate.write("f/requirements.in", "more\n")
    (gate.root / "base.in").unlink()
    gate.compile()
    text = (gate.root / LOCK).read_text()
    assert "top[fast]==1.0" in text
    assert "compile --generate-hashes --no-strip-extras requirements.in" in text
    assert gate.run("--reproducible") == ExitCode.PASS
    assert gate.record["notes"] == []
    gate.write(LOCK, text.replace("[fast]", "").replace(" --no-strip-extras", ""))
    assert gate.run("--reproducible") == ExitCode.PASS
    assert gate.record["counts"]["reproducible"] == 2
    assert gate.record["notes"] == [
        f"{LOCK}: has no extras (top[fast]), so pip before 23.3 refuses it with --require-hashes; nox -s lock adds them"
    ]
    gate.compile()
    assert "top[fast]==1.0" in (gate.root / LOCK).read_text()


def test_a_requirement_that_its_marker_leaves_out_is_named_and_weighs_nothing(gate: Gate) -> None:
    gate.write("f/requirements.in", "leaf\nspare ; sys_platform == 'never'\n")
    (gate.root / "base.in").unlink()
    gate.compile()
    assert gate.run() == ExitCode.PASS
    [found] = gate.record["findings"]
    assert (found["code"], found["package"], found["path"], found["severity"]) == (
        "lock.left-out",
        "spare",
        LOCK,
        "info",
    )
    assert found["message"] == ('does not have spare, which f/requirements.in requires where sys_platform == "never"')


def test_a_lock_is_recompiled_with_the_options_in_its_header(gate: Gate) -> None:
    config = (gate.root / ".security-config.toml").read_text()
    gate.write("f/requirements.in", "leaf\nspare ; sys_platform == 'never'\n")
    (gate.root / "base.in").unlink()
    gate.write(".security-config.toml", f"{config}[locks]\nuniversal = true\npython_version = '3.9'\n")
    gate.compile()
    assert "spare==1.0 ; sys_platform == 'never'" in (gate.root / LOCK).read_text()
    gate.write(".security-config.toml", config)
    assert gate.run("--reproducible") == ExitCode.PASS
    assert gate.record["counts"]["reproducible"] == 2
    gate.write(".security-config.toml", f"{config}[locks]\nuniversal = false\n")
    assert gate.run() == ExitCode.DENIED
    assert ("lock.drift", LOCK) in [found[:2] for found in gate.findings]


def test_a_source_without_its_lock(gate: Gate) -> None:
    (gate.root / LOCK).unlink()
    gate.write("h/requirements.in", "# nothing yet\n")
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.missing", LOCK, 0)]


def test_a_lock_that_is_left_out_without_its_source(gate: Gate) -> None:
    config = gate.root / ".security-config.toml"
    config.write_text(f'{config.read_text()}[locks]\nexclude = ["{LOCK}"]\n')
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.missing", LOCK, 0)]
    [found] = gate.record["findings"]
    assert (
        found["message"]
        == f"[locks] leaves {LOCK} out, but not its source f/requirements.in, which declares dependencies"
    )
    assert found["next_step"] == f"Exclude f/requirements.in as well, with the reason, or let {LOCK} be read."
    config.write_text(config.read_text().replace(f'["{LOCK}"]', f'["{LOCK}", "f/requirements.in", "base.in"]'))
    assert gate.run() == ExitCode.PASS


def test_a_lock_without_a_source(gate: Gate) -> None:
    gate.write("a/requirements.txt", "")
    gate.write("b/requirements.txt", "-r ../f/requirements.txt\n")
    gate.write("c/requirements.txt", "leaf==1.0 --hash=sha256:" + "0" * 64 + "\n")
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.no-source", "c/requirements.txt", 1)]
    assert (gate.record["counts"]["empty"], gate.record["counts"]["locks"]) == (2, 5)
    waive(gate, 'id = "lock.no-source"\npath = "c/requirements.txt"')
    assert gate.run() == ExitCode.PASS
    assert gate.record["findings"][0]["waived_by"] == "lock.no-source, ann, until 2026-12-31"
    assert "WAIVED\n  lock.no-source  medium\n    what: pins 1 package, but" in gate.out


def waive(gate: Gate, which: str) -> None:
    config = gate.root / ".security-config.toml"
    dates = 'reason = "known"\nowner = "ann"\ndate = 2026-11-01\nexpires = 2026-12-31\n'
    config.write_text(f"{config.read_text()}\n[[waivers]]\n{which}\n{dates}")


def test_an_empty_lock_of_an_empty_source_is_empty(gate: Gate) -> None:
    gate.write("h/requirements.in", "# nothing yet\n")
    gate.write("h/requirements.txt", "")
    assert gate.run("--reproducible") == ExitCode.PASS
    assert gate.record["counts"]["empty"] == 1
    gate.write("h/requirements.in", "leaf\n")
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.drift", "h/requirements.txt", 1)]


def test_what_the_readers_tell_is_told_here_and_can_be_waived(gate: Gate) -> None:
    gate.write("c/requirements.in", "leaf\n")
    gate.write("c/requirements.txt", "leaf==1.0\n")
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.drift", "c/requirements.txt", 1), ("lock.unhashed", "c/requirements.txt", 1)]
    waive(gate, 'id = "lock.unhashed"\npackage = "leaf"')
    waive(gate, 'id = "lock.drift"\npath = "c/requirements.txt"')
    waive(gate, 'id = "lock.drift"\npath = "f/requirements.txt"')
    assert gate.run() == ExitCode.PASS
    assert [one["code"] for one in gate.record["findings"] if not one["waived_by"]] == ["waiver.unused"]


def test_equal_questions_are_asked_once(gate: Gate) -> None:
    for number in range(5):
        folder = gate.root / f"copy{number}"
        shutil.copytree(gate.root / "f", folder)
    assert gate.run("--reproducible") == ExitCode.PASS
    assert (gate.record["counts"]["locks"], gate.record["counts"]["resolved"]) == (7, 2)


def test_a_fleet_is_one_run(gate: Gate, tmp_path: Path) -> None:
    shutil.copytree(gate.root, tmp_path / "second")
    config = tmp_path / "second" / ".security-config.toml"
    config.write_text(config.read_text().replace("demo", "other"))
    lock = tmp_path / "second" / LOCK
    lock.write_text(lock.read_text().replace("leaf==1.0", "leaf==0.9"))
    (tmp_path / "fleet").write_text("project\nsecond\n")
    assert gate.run("--fleet", str(tmp_path / "fleet")) == ExitCode.DENIED
    assert gate.findings == [("lock.drift", f"other/{LOCK}", 5)]
    assert (gate.record["counts"]["locks"], gate.record["counts"]["locked"]) == (4, 3)
    assert gate.record["counts"]["resolved"] == 3
    assert "  --- f/requirements.txt (committed)" in gate.out


def answering(kind: str, body: bytes) -> Callable[[WheelIndex], None]:
    return lambda index: setattr(index, "answer", lambda path: (kind, body))


def with_status(status: int) -> Callable[[WheelIndex], None]:
    return lambda index: setattr(index, "status", status)


JSON = "application/vnd.pypi.simple.v1+json"
FAILING: dict[str, Callable[[WheelIndex], None]] = {
    "500": with_status(500),
    "503": with_status(503),
    "429": with_status(429),
    "401": lambda index: setattr(index, "account", f"somebody:{SECRET}"),
    "empty": answering(JSON, b""),
    "not JSON": answering(JSON, b"<html>"),
    "truncated": answering(JSON, b'{"meta": {"api-version": "1.1"}, "name": "leaf", "files": ['),
    "wrong shape": answering(JSON, b'{"meta": {"api-version": "1.1"}, "files": 7}'),
    "404": with_status(404),
    "an empty page": answering("text/html", b""),
    "a page without files": answering("text/html", b"<html>Sign in to the network</html>"),
    "wrong type": answering("image/png", b"x"),
    "no upload times": lambda index: setattr(index, "tells_upload_times", False),
}


@pytest.mark.parametrize(("case", "words"), diagonals(list(FAILING), ["", "--reproducible"], step=2))
def test_an_index_that_fails_leaves_locks_unexamined(gate: Gate, tmp_path: Path, case: str, words: str) -> None:
    FAILING[case](gate.index)
    assert gate.run("--cache", str(tmp_path / "fresh"), *words.split()) == ExitCode.NOT_EXAMINED
    unexamined(gate)


def unexamined(gate: Gate) -> None:
    assert gate.findings == [("lock.not-examined", LOCK, 0), ("lock.not-examined", "g/requirements.txt", 0)]
    assert all("not checked: " in one["message"] and one["next_step"] for one in gate.record["findings"])
    assert (gate.record["outcome"], gate.record["counts"]["examined"]) == ("not-examined", 0)
    assert "check_locks: not-examined\n2 locks, 2 locked, 0 examined; " in gate.out


def test_an_index_that_refuses(gate: Gate, tmp_path: Path) -> None:
    gate.edit(
        ".security-config.toml", gate.index.simple, f"http://u:{SECRET}@127.0.0.1:9/simple".replace(f"u:{SECRET}@", "")
    )
    assert gate.run("--reproducible") == ExitCode.NOT_EXAMINED
    unexamined(gate)
    assert "http://127.0.0.1:9/simple" in gate.record["findings"][0]["message"]


def test_an_index_that_never_answers(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.supply_chain.adapters.tools.uv.TIMEOUT_SECONDS", 0.01)
    assert gate.run("--reproducible") == ExitCode.NOT_EXAMINED
    unexamined(gate)
    assert "uv did not answer within 0.01 s" in gate.record["findings"][0]["message"]


def test_offline_with_a_clean_cache_examines_nothing(gate: Gate) -> None:
    gate.compile()  # so that there is a cache that could have answered
    assert gate.run("--offline") == ExitCode.PASS
    assert gate.run("--offline", "--reproducible") == ExitCode.NOT_EXAMINED
    unexamined(gate)


def test_what_was_found_is_told_although_something_did_not_answer(gate: Gate, tmp_path: Path) -> None:
    gate.write("g/requirements.in", "spare\n")
    gate.compile()
    gate.edit("g/requirements.txt", "spare==1.0", "spare==1.1")
    answer = gate.index.answer
    gate.index.answer = lambda path: (JSON, b"<") if "top" in path else answer(path)  # type: ignore[method-assign]
    assert gate.run("--reproducible") == ExitCode.DENIED
    assert gate.findings == [("lock.not-examined", LOCK, 0), ("lock.drift", "g/requirements.txt", 4)]
    assert (gate.record["counts"]["locked"], gate.record["counts"]["examined"]) == (3, 1)


def test_without_uv_nothing_is_examined(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError("uv")

    monkeypatch.setattr("uv.find_uv_bin", missing)
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert gate.err == "error: uv: uv\n  next: Install the PyPI package uv.\n"


def test_no_lock_is_a_pass_only_where_nothing_is_declared(gate: Gate) -> None:
    for folder in ("f", "g"):
        shutil.rmtree(gate.root / folder)
    (gate.root / "base.in").unlink()
    assert gate.run() == ExitCode.PASS
    assert gate.record["notes"] == ["no lock, and no declared dependency"]
    gate.write("setup.py", "from setuptools import setup\nsetup(install_requires=open('x').read())\n")
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert gate.findings == [("lock.not-examined", "setup.py", 0)]
    assert gate.record["notes"] == []


def test_the_public_log_has_counts_only(gate: Gate) -> None:
    gate.edit(LOCK, "leaf==1.0", "leaf==0.9")
    assert gate.run("--public-log", "--verbose") == ExitCode.DENIED
    assert gate.err == ""
    assert re.fullmatch(r"check_locks: fail \((?:[a-z_]+ \d+(?:, )?)+\)\n", gate.out)


def test_an_account_in_a_source_is_never_shown(gate: Gate) -> None:
    gate.write("f/requirements.in", f"gone @ http://u:{SECRET}@127.0.0.1:9/gone-1.0-py3-none-any.whl\n")
    assert gate.run("--format", "json") == ExitCode.NOT_EXAMINED


MANIFEST = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["top"]\n'


def locked_by_uv(gate: Gate) -> None:
    at = f'[[tool.uv.index]]\nname = "here"\nurl = "{gate.index.simple}"\ndefault = true\n'
    gate.write("w/pyproject.toml", MANIFEST + at)
    words = [find_uv_bin(), "lock", "--no-python-downloads", "--quiet", "--no-cache"]
    made_once(
        gate.root, gate.index, "w/uv.lock", lambda: subprocess.run(words, cwd=gate.root / "w", check=True), *words
    )


def test_the_lock_of_uv_is_checked_by_uv(gate: Gate) -> None:
    locked_by_uv(gate)
    assert gate.run() == ExitCode.PASS
    assert (gate.record["counts"]["checked_by_tool"], gate.record["counts"]["out_of_scope"]) == (1, 1)
    assert gate.record["notes"] == ["w/uv.lock: checked by its tool (uv lock --check)"]
    gate.edit("w/pyproject.toml", '"top"', '"top>=1"')
    assert gate.run() == ExitCode.DENIED
    [finding] = gate.record["findings"]
    assert (finding["code"], finding["path"]) == ("lock.drift", "w/uv.lock")
    assert finding["message"].startswith(
        "is out of date with its manifest according to `uv lock --check`: error: The lockfile at"
    )
    assert finding["next_step"] == "Run `uv lock --directory w` and review the changes."
    assert gate.run("--offline", "--reproducible") == ExitCode.NOT_EXAMINED
    assert gate.findings == [("lock.not-examined", path, 0) for path in (LOCK, "g/requirements.txt", "w/uv.lock")]
    follow("uv lock --directory w", gate.root, gate.root.parent)
    assert gate.run() == ExitCode.PASS


@pytest.mark.whole
def test_where_uv_gives_no_result_the_lock_is_compared_with_its_manifest_and_not_examined(gate: Gate) -> None:
    locked_by_uv(gate)
    for name in ("pyproject.toml", "uv.lock"):
        gate.edit(f"w/{name}", 'requires-python = ">=3.11"', 'requires-python = ">=3.99"')
    assert gate.run("--reproducible") == ExitCode.NOT_EXAMINED
    assert gate.findings == [("lock.not-examined", "w/uv.lock", 0)]
    counts = gate.record["counts"]
    assert (counts["checked_by_consistency"], counts["examined"], counts["locked"]) == (1, 0, 2)
    assert (counts["recompiled"], counts["reproducible"]) == (2, 2)
    [note] = gate.record["notes"]
    assert note.startswith("w/uv.lock: compared with its manifest (`uv lock --check` gave no result: error: ")
    gate.edit("w/pyproject.toml", '"top"', '"top>=2"')
    assert gate.run() == ExitCode.DENIED
    assert [one["message"] for one in gate.record["findings"] if one["code"] == "lock.drift"] == [
        "w/pyproject.toml requires top >=2, but 1.0 is locked"
    ]


def test_a_malformed_manifest_leaves_the_other_locks_examined(gate: Gate) -> None:
    locked_by_uv(gate)
    gate.write("w/pyproject.toml", "?")
    assert gate.run() == ExitCode.INPUT
    assert [found[:2] for found in gate.findings] == [("lock.broken", "w/uv.lock")]
    assert gate.record["counts"]["examined"] == 2


def test_a_committed_sbom_or_baseline_of_another_lock_is_a_finding(gate: Gate) -> None:
    gate.edit("f/requirements.cdx.json", '"version": "1.0"', '"version": "0.9"')
    gate.edit("g/requirements.provenance.json", '"leaf"', '"spare"')
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [
        ("lock.sbom-differs", "f/requirements.cdx.json", 0),
        ("lock.baseline-differs", "g/requirements.provenance.json", 0),
    ]
    assert gate.record["counts"]["locks"] == gate.record["counts"]["recompiled"] == 2
    gate.compile()
    assert gate.run() == ExitCode.PASS


def test_a_sibling_that_leads_out_of_the_project_is_refused(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "sbom").write_text("{}")
    (gate.root / "f" / "requirements.cdx.json").unlink()
    (gate.root / "f" / "requirements.cdx.json").symlink_to(tmp_path / "sbom")
    assert gate.run() == ExitCode.DENIED
    assert [found[:2] for found in gate.findings] == [("lock.broken", "f/requirements.cdx.json")]


def test_constraints_at_an_address_are_fetched_and_compared(gate: Gate) -> None:
    url = f"{gate.index.address}/constraints.txt"
    answer, served = gate.index.answer, [b"leaf==0.9\nother==3\n"]
    gate.index.answer = lambda path: ("text/plain", served[0]) if "constraints" in path else answer(path)  # type: ignore[method-assign]
    gate.write("c/requirements.txt", f"-c {url}\nleaf==1.0 --hash=sha256:{'0' * 64}\n")
    waive(gate, 'id = "lock.no-source"\npath = "c/requirements.txt"')
    assert gate.run() == ExitCode.DENIED
    [drift] = [finding for finding in gate.record["findings"] if finding["code"] == "lock.drift"]
    assert drift["message"] == f"{url} requires leaf 0.9, but 1.0 is locked"
    assert "lock.constraint-unread" not in {found[0] for found in gate.findings}
    served[0] = b"leaf==1.0\n"
    assert gate.run() == ExitCode.PASS
    assert gate.run("--offline") == ExitCode.NOT_EXAMINED
    assert {"lock.not-examined", "lock.constraint-unread"} <= {found[0] for found in gate.findings}


def test_constraints_at_a_private_address_that_is_not_configured_are_not_fetched(gate: Gate) -> None:
    gate.write("c/requirements.txt", f"-c http://127.0.0.1:9/c.txt\nleaf==1.0 --hash=sha256:{'0' * 64}\n")
    waive(gate, 'id = "lock.no-source"\npath = "c/requirements.txt"')
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert ("lock.not-examined", "c/requirements.txt", 0) in gate.findings


def test_constraints_that_cannot_be_fetched_are_named(gate: Gate, tmp_path: Path) -> None:
    gate.root = case("lock-constraint-url", tmp_path)
    gate.run("--offline")
    assert {"lock.not-examined", "lock.constraint-unread", "lock.unhashed"} <= {found[0] for found in gate.findings}
    assert (gate.record["counts"]["locked"], gate.record["counts"]["examined"]) == (1, 0)


def exported(gate: Gate, *options: str, name: str = "requirements.txt") -> None:
    """Lock with uv and export, as a user does."""
    locked_by_uv(gate)
    words = [
        find_uv_bin(),
        "export",
        "--frozen",
        "--no-python-downloads",
        "--quiet",
        "-o",
        name,
        *options,
    ]
    made_once(
        gate.root, gate.index, f"w/{name}", lambda: subprocess.run(words, cwd=gate.root / "w", check=True), *words
    )


@pytest.mark.parametrize(
    "options", [(), ("--no-hashes",), ("--no-emit-project", "--no-annotate"), ("--format", "pylock.toml")]
)
def test_an_export_is_exported_again(gate: Gate, options: tuple[str, ...]) -> None:
    name = "pylock.toml" if "pylock.toml" in options else "requirements.txt"
    exported(gate, *options, name=name)
    gate.run()
    shown = " ".join(["uv export", *options])
    assert f"w/{name}: checked by its tool ({shown})" in gate.record["notes"]
    assert not [found for found in gate.findings if found[0] != "lock.unhashed"]
    text = (gate.root / "w" / name).read_text()
    edited = re.sub(r"(?<=leaf==)1\.0|(?<=sha256 = \")[0-9a-f]{64}", other_digit, text, count=1)
    gate.write(f"w/{name}", edited)
    assert gate.run() == ExitCode.DENIED
    [drift] = [finding for finding in gate.record["findings"] if finding["code"] == "lock.drift"]
    assert drift["message"].startswith("is out of date with w/uv.lock: ")
    [again] = pasteable(drift["next_step"])
    assert again.startswith("uv export --directory w ")
    assert again.endswith(f" -o {name}")
    assert f"`{typed(again, gate.root)}`" in gate.out
    assert "--python" not in gate.out.replace("--python-downloads", "")
    follow(again, gate.root, gate.root.parent)
    assert (gate.root / "w" / name).read_text().partition("==")[2] == text.partition("==")[2]
    gate.run()
    assert not [found for found in gate.findings if found[0] != "lock.unhashed"]


def test_an_export_with_options_that_are_not_known_is_compared_pin_by_pin(gate: Gate) -> None:
    exported(gate)
    gate.edit("w/requirements.txt", "uv export ", "uv export --config-file /etc/uv.toml ")
    assert gate.run() == ExitCode.PASS
    assert "w/requirements.txt: compared pin by pin with another lock (w/uv.lock)" in gate.record["notes"]
    gate.edit("w/requirements.txt", "leaf==1.0", "leaf==0.9")
    assert gate.run() == ExitCode.DENIED
    assert [one["message"] for one in gate.record["findings"]] == ["leaf 0.9 is 1.0 in w/uv.lock"]


def test_a_file_whose_pins_are_all_in_the_lock_beside_it_is_an_export(gate: Gate) -> None:
    exported(gate, "--no-emit-project")
    lines = (gate.root / "w" / "requirements.txt").read_text().splitlines(keepends=True)
    gate.write("w/requirements.txt", "".join(line for line in lines if "#" not in line))
    assert gate.run() == ExitCode.PASS
    assert "w/requirements.txt: compared pin by pin with another lock (w/uv.lock)" in gate.record["notes"]
    in_file = re.sub(r"sha256:.{64}", other_digit, (gate.root / "w" / "requirements.txt").read_text(), count=1)
    gate.write("w/requirements.txt", in_file)
    assert gate.run() == ExitCode.DENIED
    assert [found[:2] for found in gate.findings] == [("lock.no-source", "w/requirements.txt")]


@pytest.mark.parametrize("name", ["lock-uv-export-self", "lock-uv-export-no-lock"])
def test_an_export_without_its_lock_is_not_examined(gate: Gate, tmp_path: Path, name: str) -> None:
    gate.root = case(name, tmp_path)
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert gate.findings == [("lock.not-examined", "requirements.txt", 0)]
    assert str(tmp_path) not in json.dumps(gate.record)
    gate.edit("requirements.txt", "idna==3.10", "idna==3.9")
    assert gate.run() == ExitCode.DENIED
    assert ("lock.drift", "requirements.txt") in [found[:2] for found in gate.findings]


def test_an_export_that_drifted_from_its_lock(gate: Gate, tmp_path: Path) -> None:
    gate.root = case("lock-uv-export-drifted", tmp_path)
    gate.run("--offline")
    drift = [finding for finding in gate.record["findings"] if finding["code"] == "lock.drift"]
    assert [(finding["message"], finding["path"]) for finding in drift] == [
        ("is out of date with uv.lock: idna 3.9 should be 3.10", "requirements.txt")
    ]
    assert str(tmp_path) not in json.dumps(gate.record)


POETRY_LOCK = """# This file is automatically @generated by Poetry 2.5.1 and should not be changed by hand.

[[package]]
name = "a"
version = "1.0"
files = [{file = "a-1.0-py3-none-any.whl", hash = "sha256:%s"}]

[metadata]
lock-version = "2.1"
python-versions = "*"
content-hash = "d02b6c7957bd82932292d7384170f6252957018f38ff331fd90dfa46e2bb73bc"
""" % ("0" * 64)


@pytest.fixture
def _no_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("PYENV_ROOT", "ASDF_DATA_DIR", "MISE_DATA_DIR", "PIPX_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_no_tools")
def test_without_its_tool_a_lock_is_not_examined(gate: Gate) -> None:
    gate.write("w/poetry.lock", POETRY_LOCK)
    gate.write("w/pyproject.toml", "[project]\ndependencies = ['a']\n")
    assert gate.run("--reproducible") == ExitCode.NOT_EXAMINED
    assert gate.record["notes"] == ["w/poetry.lock: compared with its manifest (poetry is not on this machine)"]
    assert (gate.record["counts"]["locked"], gate.record["counts"]["examined"]) == (3, 2)
    assert (gate.record["counts"]["recompiled"], gate.record["counts"]["reproducible"]) == (2, 2)
    [finding] = gate.record["findings"]
    assert (finding["code"], finding["path"]) == ("lock.not-examined", "w/poetry.lock")
    assert finding["next_step"] == "Install poetry, or set [locks].install_tools = true."
    gate.write("w/pyproject.toml", "[project]\ndependencies = ['a>1']\n")
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [
        ("lock.not-examined", "w/poetry.lock", 0), ("lock.drift", "w/poetry.lock", 3), ("lock.drift", "w/poetry.lock", 11)
    ]  # fmt: skip
    gate.write("w/pyproject.toml", "[project]\ndynamic = ['dependencies']\n")
    assert gate.run() == ExitCode.DENIED
    assert {"lock.unchecked", "lock.not-examined"} == {code for code, _, _ in gate.findings}
    waive(gate, 'id = "lock.unchecked"\npath = "w/poetry.lock"')
    assert gate.run() == ExitCode.NOT_EXAMINED
    (gate.root / "w" / "pyproject.toml").unlink()
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert gate.record["findings"][-1]["message"] == ("not checked: there is no pyproject.toml to compare it with")
    assert (gate.record["counts"]["locked"], gate.record["counts"]["examined"]) == (3, 2)


@pytest.mark.usefixtures("_no_tools")
def test_a_tool_that_cannot_be_installed_leaves_its_lock_unexamined(gate: Gate) -> None:
    config = gate.root / ".security-config.toml"
    config.write_text(config.read_text() + "[locks]\ninstall_tools = true\n")
    gate.write("w/poetry.lock", POETRY_LOCK)
    gate.write("w/pyproject.toml", "[project]\ndependencies = ['a']\n")
    assert gate.run() == ExitCode.NOT_EXAMINED
    [finding] = gate.record["findings"]
    assert "poetry: cannot be installed: " in finding["message"]
    assert finding["next_step"] == "Check that the index answers, then run again; or install poetry on this machine."


@pytest.fixture
def soar(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Gate:
    root = tmp_path / "soar"
    shutil.copytree(shared_data / "projects" / "soar", root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Gate(root, WheelIndex(), monkeypatch, capfd)


def today(gate: Gate, *words: str) -> int:
    return gate.run(*words, now=datetime.now(UTC))


@pytest.mark.online
def test_every_real_lock_is_reproduced_from_its_source_alone(soar: Gate) -> None:
    assert today(soar, "--reproducible") == ExitCode.PASS
    wanted = {"locks": 80, "examined": 24, "locked": 24, "reproducible": 76, "kept": 0, "drifted": 0, "empty": 4}
    assert wanted.items() <= soar.record["counts"].items()


def all_locks(change: Callable[[str], str]) -> Callable[[Gate], None]:
    def damage(gate: Gate) -> None:
        for path in gate.root.rglob("requirements.txt"):
            path.write_text(change(path.read_text()))

    return damage


def all_sources(gate: Gate) -> None:
    for path in gate.root.rglob("requirements.in"):
        path.write_text(path.read_text() + "idna\n")


REAL_DAMAGE: dict[str, Callable[[Gate], None]] = {
    "pin edited": all_locks(lambda text: re.sub(r"^\S+==\S*\d", other_digit, text, count=1, flags=re.MULTILINE)),
    "hash edited": all_locks(lambda text: re.sub(r"--hash=sha256:.{64}", other_digit, text, count=1)),
    "pin added": all_locks(lambda text: text and text + EXTRA),
    "pin removed": all_locks(
        lambda text: re.sub(r"^\S+==(?:.*\\\n)+.*\n(?:    #.*\n)*", "", text, count=1, flags=re.MULTILINE)
    ),
    "source edited": all_sources,
}


@pytest.mark.online
@pytest.mark.parametrize("damage", REAL_DAMAGE.values(), ids=REAL_DAMAGE)
def test_damage_of_each_real_lock_is_found_and_named(soar: Gate, damage: Callable[[Gate], None]) -> None:
    damage(soar)
    assert today(soar) == ExitCode.DENIED
    named = {one["path"] for one in soar.record["findings"] if one["code"] == "lock.drift"}
    assert len(named) == 76
    assert named == {
        path.with_suffix(".txt").relative_to(soar.root).as_posix() for path in soar.root.rglob("requirements.in")
    }


@pytest.mark.online
def test_an_include_that_changes_is_found_in_each_lock_that_uses_it(soar: Gate) -> None:
    soar.edit("boto3.in", "boto3==1.42.94", "boto3==1.42.93")
    users = {
        path.with_suffix(".txt").relative_to(soar.root).as_posix()
        for path in soar.root.rglob("requirements.in")
        if "boto3.in" in path.read_text()
    }
    assert today(soar) == ExitCode.DENIED
    assert {one["path"] for one in soar.record["findings"]} == users
    assert len(users) == 65


def test_a_build_lock_whose_package_needs_something_else_has_drifted(gate: Gate) -> None:
    gate.index.add("build", "1.6.1", OLD)
    gate.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1"\n[build-system]\nrequires = ["leaf"]\n')
    gate.compile()
    assert gate.run() == ExitCode.PASS
    assert gate.record["counts"]["locks"] == 3
    gate.edit("pyproject.toml", '["leaf"]', '["leaf", "spare"]')
    assert gate.run() == ExitCode.DENIED
    assert gate.findings == [("lock.drift", "requirements-build.txt", 0)]
    assert "lacks spare" in gate.record["findings"][0]["message"]
