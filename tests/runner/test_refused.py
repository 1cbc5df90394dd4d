"""What the system refuses, for every stage: one sentence and the right exit code, never a traceback."""

from __future__ import annotations

import errno
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from platformdirs import user_cache_path

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.errors import ExitCode, InputError, OutputError, UnavailableError, UsageError
from ops.supply_chain.runner import pipeline
from ops.supply_chain.runner.arguments import absolute, cache_folder
from ops.supply_chain.runner.dist_lock import LOCK_NAME
from ops.supply_chain.runner.failures import system_failure
from ops.supply_chain.sessions import adopt, rehearse, scan, stand_alone
from tests.release.handmade import Handmade
from tests.release.signing_world import assembled_files, put_files

FULL = Path("/dev/full")
STAGES = [row.script for row in PIPELINE]
OUTSIDE_DIST = {
    "generate_security_md",
    "compile_locks",
    "compare_sboms",
    "adopt_project",
    "review_posture",
    "scan_updates",
    "summarise_release",
    "draft_incident",
}
"""Stages that write nothing into `dist/`, and need none."""

SLOW = {"build_verifier", "evaluate_claims", "generate_security_md", "verify_release"}
"""Stages that import or verify much before they write: with `-m whole`."""

EACH = [pytest.param(name, marks=[pytest.mark.whole] if name in SLOW else []) for name in STAGES]

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    put_files(tmp_path, assembled_files())
    return Handmade(tmp_path)


def _words(made: Handmade, script: str) -> list[str]:
    incident = ["--id", "CVE-2026-1", "--aware", "2026-11-01T00:00Z", "--affected", "V"]
    more = {
        "adopt_project": [str(made.root)],
        "compare_sboms": [str(made.dist / "release")] * 2,
        "draft_incident": incident,
    }.get(script, [])
    return [*more, *made.argv("--offline", "--cache", str(made.base / "cache"))]


def _main(script: str) -> Callable[[list[str]], int]:
    main: Callable[[list[str]], int] = importlib.import_module(f"ops.supply_chain.{script}").main
    return main


@contextmanager
def _stdout(path: Path | None) -> Iterator[None]:
    """Let descriptor 1 lead to a file, or be closed."""
    kept = os.dup(1)
    try:
        if path is None:
            os.close(1)
        else:
            target = os.open(path, os.O_WRONLY)
            os.dup2(target, 1)
            os.close(target)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@pytest.mark.parametrize("script", EACH)
def test_a_full_or_closed_stdout(made: Handmade, script: str, capfd: pytest.CaptureFixture[str]) -> None:
    with _stdout(FULL):
        code = _main(script)(_words(made, script))
    err = capfd.readouterr().err
    assert code == (_main(script)(_words(made, script)) or ExitCode.OUTPUT)
    assert "Traceback" not in err
    assert code != ExitCode.OUTPUT or err == (
        "error: stdout: cannot be written: No space left on device\n  next: Check what it leads to, then run again.\n"
    )
    capfd.readouterr()
    with _stdout(None):
        code = _main(script)(_words(made, script))
    assert (code, capfd.readouterr().err) == (
        6,
        "error: stdout is closed\n  next: Redirect it to a file, or to /dev/null.\n",
    )


def _is_a_file(made: Handmade, _monkeypatch: pytest.MonkeyPatch) -> None:
    made.dist.rename(made.base / "aside")
    made.dist.write_text("x")


def _has_a_folder_as_lock(made: Handmade, _monkeypatch: pytest.MonkeyPatch) -> None:
    (made.dist / LOCK_NAME).unlink(missing_ok=True)
    (made.dist / LOCK_NAME).mkdir()


def _has_files_as_folders(made: Handmade, _monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in [path for path in made.dist.iterdir() if path.is_dir()]:
        folder.rename(made.base / f"aside-{folder.name}")
        folder.write_text("x")
    for name in ("findings", "report", "vex", "mirror", "verifier", "claims.json", "verification"):
        (made.dist / name).write_text("x")


def _has_folders_as_files(made: Handmade, _monkeypatch: pytest.MonkeyPatch) -> None:
    for path in [path for path in made.dist.rglob("*") if path.is_file() and path.name != LOCK_NAME]:
        path.unlink()
        path.mkdir()
    for name in (
        "claims.json",
        "controls.json",
        "verifier/sealwright-verify.pyz",
        *(f"records/{s}.json" for s in STAGES),
    ):
        (made.dist / name / "inner").mkdir(parents=True, exist_ok=True)


def _is_read_only(made: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a file system that is mounted read-only: permissions alone do not stop the superuser."""
    for name in ("open", "mkdir", "unlink", "rmdir", "rename", "replace", "remove"):
        monkeypatch.setattr(os, name, _refusing(getattr(os, name), made.dist, writing=name != "open"))


def _refusing(call: Callable[..., Any], below: Path, *, writing: bool) -> Callable[..., Any]:
    def refuse(path: Any, *arguments: Any, **named: Any) -> Any:
        flags = arguments[0] if arguments and isinstance(arguments[0], int) else 0
        changes = writing or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if changes and isinstance(path, str | os.PathLike) and Path(path).is_relative_to(below):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(path))
        return call(path, *arguments, **named)

    return refuse


UNUSABLE = [
    _is_read_only,
    _has_a_folder_as_lock,
    *(
        pytest.param(spoil, marks=pytest.mark.whole)
        for spoil in (_is_a_file, _has_files_as_folders, _has_folders_as_files)
    ),
]


@pytest.mark.parametrize("spoil", UNUSABLE)
@pytest.mark.parametrize("script", EACH)
def test_a_dist_that_cannot_be_used(
    made: Handmade,
    script: str,
    spoil: Callable[[Handmade, pytest.MonkeyPatch], None],
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        spoil(made, patch)
        capfd.readouterr()
        code = _main(script)(_words(made, script))
    err = capfd.readouterr().err
    assert "Traceback" not in err
    assert code in {0, 2, 3, 4, 5, 6}
    assert code in {0, 4, 5} or err.count("error: ") == 1
    if spoil is _is_read_only and script not in OUTSIDE_DIST:
        assert code != 0


@pytest.mark.parametrize("spoil", [_is_a_file, _has_a_folder_as_lock])
@pytest.mark.parametrize("session", [pipeline, scan, rehearse], ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_session_on_a_dist_that_cannot_be_used(
    made: Handmade,
    session: Any,
    spoil: Callable[[Handmade, pytest.MonkeyPatch], None],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner = made.dist / "scan" if session is scan else made.dist
    inner.mkdir(exist_ok=True)
    made.dist = inner
    if session is rehearse:
        monkeypatch.setattr(rehearse, "own_folders", lambda _shared, dist: (dist, dist / "artifacts"))
    given = made.base / "dist"
    spoil(made, monkeypatch)
    words = ["--project", str(made.root), "--dist", str(given), "--version", "V", "--offline"]
    assert session.main(["check_malware", "--", *words]) == ExitCode.OUTPUT
    err = capfd.readouterr().err
    assert (err.count("error: "), "Traceback" in err) == (1, False)


SESSIONS = [pipeline, scan, rehearse, adopt]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_session_with_a_closed_stdout_starts_nothing(
    made: Handmade, session: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_arguments: object, **_named: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(pipeline, "_start", start)
    with _stdout(None):
        code = session.main(["check_malware", "--", *made.argv()])
    assert (code, capfd.readouterr().err.count("error: stdout is closed")) == (6, 1)


def test_a_session_with_a_full_stdout(
    made: Handmade, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_run_group", lambda commands, *_, **__: [(0, "a result\n")] * len(commands))
    words = ["check_malware & check_hashes", "--", *made.argv()]
    with _stdout(FULL):
        code = pipeline.main(words)
    assert (code, capfd.readouterr().err.splitlines()[0]) == (
        6,
        "error: stdout: cannot be written: No space left on device",
    )


def test_a_full_stderr_changes_no_exit_code(repository: Path, made: Handmade) -> None:
    command = [sys.executable, "-m", "ops.supply_chain.check_malware", *made.argv("--offline", "--verbose")]
    with FULL.open("w") as full:
        done = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, stderr=full, check=False)
    assert done.returncode == ExitCode.NOT_EXAMINED


READERS = {
    "closed": ("{} --help >&-", 6, "error: stdout is closed\n  next: Redirect it to a file, or to /dev/null.\n"),
    "full": ("{} --help >/dev/full", 6, "error: stdout: cannot be written: No space left on device\n"),
    "has enough": ("{} --help | true", 0, ""),
}


@pytest.mark.parametrize(
    "program", ["ops.supply_chain.runner.one check_malware", "ops.supply_chain.sessions.stand_alone"]
)
@pytest.mark.parametrize("reader", READERS)
def test_real_processes(repository: Path, program: str, reader: str) -> None:
    line, code, message = READERS[reader]
    script = f"set -o pipefail; {line.format(f'{sys.executable} -m {program}')}"
    environment = {**os.environ, "GH_TOKEN": "x"}  # handed over, so that the process replaces itself
    done = subprocess.run(
        ["bash", "-c", script], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.startswith(message), "Traceback" in done.stderr) == (code, True, False)


def test_no_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "SEALWRIGHT_CACHE"):
        monkeypatch.delenv(name, raising=False)

    def unknown(_number: int) -> NoReturn:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    with pytest.raises(UsageError, match="there is no home folder for a cache"):
        cache_folder(None)
    assert cache_folder(tmp_path) == tmp_path


@pytest.mark.parametrize("given", [None, "", " ", "relative", "/x", "/x/", "//x", "/"])
@pytest.mark.parametrize("home", ["/home/me", "/home/me/", "/", "", "relative", "//me", None])
def test_the_cache_is_where_platformdirs_has_it(
    given: str | None, home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("XDG_CACHE_HOME", given), ("HOME", home), ("SEALWRIGHT_CACHE", None)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_folder(None) == user_cache_path("sealwright", appauthor=False)


def test_a_current_folder_that_was_removed(
    made: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = made.base / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert _main("check_malware")(_words(made, "check_malware")) == ExitCode.NOT_EXAMINED
    capfd.readouterr()
    for words in (["--project", "theirs"], ["--dist", "out"], ["--cache", "c"], ["--artifacts", "a"]):
        assert _main("check_malware")([*_words(made, "check_malware"), *words]) == ExitCode.USAGE
        assert capfd.readouterr().err.startswith(f"error: {words[1]}: is relative, and the current folder")
    assert pipeline.main(["check_malware", "--", *made.argv(), "--project", "theirs"]) == ExitCode.USAGE
    with pytest.raises(UsageError):
        absolute(Path("x"))


PROJECT = Path("/p")
REFUSED = {
    "a full disk": (OSError(errno.ENOSPC, "No space left", "/d/x"), OutputError, "/d/x: cannot be used: No space left"),
    "a full disk below the project": (
        OSError(errno.ENOSPC, "No space left", "/p/x"),
        OutputError,
        "/p/x: cannot be used",
    ),
    "an input": (PermissionError(errno.EACCES, "Permission denied", "/p/x"), InputError, "/p/x: cannot be read: Perm"),
    "elsewhere": (PermissionError(errno.EACCES, "Permission denied", b"/d/x"), OutputError, "/d/x: cannot be used"),
    "no path": (OSError(errno.EIO, "Input/output error"), OutputError, "the system: cannot be used: Input/output"),
    "no reason": (OSError("odd"), OutputError, "the system: cannot be used: OSError"),
    "nesting": (RecursionError(), InputError, "an input is nested too deeply"),
    "memory": (MemoryError(), UnavailableError, "there is not enough memory"),
    "text": (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), InputError, "an input, or the name of"),
    "ours": (UsageError("x"), UsageError, "x"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_each_failure_of_the_system_has_its_class(what: str) -> None:
    error, kind, message = REFUSED[what]
    found = system_failure(error, project=PROJECT)
    assert type(found) is kind
    assert found.message.startswith(message)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), AssertionError(), ZeroDivisionError()])
def test_a_defect_stays_a_crash(error: Exception) -> None:
    assert system_failure(error) is None


def test_a_public_log_has_no_path_of_what_was_refused(made: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    made.dist.rename(made.base / "aside")
    made.dist.write_text("x")
    assert _main("check_malware")([*_words(made, "check_malware"), "--public-log"]) == ExitCode.OUTPUT
    assert capfd.readouterr() == ("", "error: exit 6 (the stage's own output failed its check)\n")


@pytest.mark.parametrize(
    "name", ["checksums.txt", "provenance.intoto.json", "gate.json", "sbom.cdx.json", "evidence.tar.gz"]
)
def test_a_folder_in_place_of_a_released_file_does_not_verify(
    made: Handmade, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = made.dist / "release" / f"N-V-{name}"
    path.unlink()
    path.mkdir()
    words = [str(made.dist / "release"), "--allow-unsigned", "--offline"]
    assert stand_alone.main(words) == ExitCode.DENIED
    assert "Traceback" not in capfd.readouterr().err
