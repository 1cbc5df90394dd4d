"""A build that hangs, forks, floods, escapes or asks for a secret ends, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.supply_chain.adapters.builders import conditions
from ops.supply_chain.adapters.builders.conditions import Conditions, two_conditions
from ops.supply_chain.adapters.builders.run import BuildLimits, CommandResult, run_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of processes are those of Linux")
CONDITIONS = Conditions(label="a", umask=0o027, timezone="UTC", locale="C", hash_seed=1, cpus=1, mtime=0)
SMALL = BuildLimits(seconds=1, output_bytes=100_000, file_bytes=50_000, folder_bytes=200_000)


def run(tmp_path: Path, code: str, *, limits: BuildLimits = SMALL, **variables: str) -> CommandResult:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return run_command(
        [sys.executable, "-I", "-S", "-c", code],
        folder=home,
        watched=[tmp_path],
        conditions=CONDITIONS,
        variables=CONDITIONS.variables(home, 5, Path(sys.executable).parent, variables, tmp_path / "sdist"),
        limits=limits,
    )


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_build_that_works_has_its_conditions(tmp_path: Path) -> None:
    code = "import os, json, time; print(os.umask(0), len(os.sched_getaffinity(0)), os.getcwd(), time.tzname[0])"
    done = run(tmp_path, code)
    assert done.failure == ""
    assert done.lines == (f"{0o027} 1 {tmp_path / 'home'} UTC",)


def test_a_build_that_fails_shows_its_last_lines_without_credentials_and_control_characters(tmp_path: Path) -> None:
    done = run(tmp_path, "print('https://me:hunter2@host/x'); print('a\\x1b[2Jb'); raise SystemExit(3)")
    assert done.failure == "ended with exit code 3"
    assert done.lines == ("https://host/x", "a?[2Jb")


def test_a_build_that_is_killed_says_so(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; os.kill(os.getpid(), 9)").failure == "ended with exit code 137"
    assert run(tmp_path, "import os; os.kill(os.getppid(), 9)").failure == "was ended by signal 9"


@pytest.mark.parametrize("ignores", ["", "import signal; signal.signal(15, signal.SIG_IGN);"])
def test_a_build_that_hangs_is_ended(tmp_path: Path, ignores: str) -> None:
    started = time.monotonic()
    done = run(tmp_path, f"{ignores}import time; time.sleep(60)", limits=BuildLimits(seconds=0.3))
    assert done.failure == "did not end within 0.3 s"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("end", ["", "import time; time.sleep(60)"], ids=["ends", "hangs"])
def test_what_a_build_leaves_in_a_session_of_its_own_is_ended(tmp_path: Path, end: str) -> None:
    escape = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        open('pid', 'w').write(str(os.getpid()))\n"
        "        time.sleep(60)\n"
        "    os._exit(0)\n"
        "while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.01)\n"
    )
    run(tmp_path, escape + end, limits=BuildLimits(seconds=0.5))
    assert not is_alive(int((tmp_path / "home" / "pid").read_text()))


def test_a_build_that_forks_again_and_again_is_ended(tmp_path: Path) -> None:
    bomb = "import os, time\nfor _ in range(5):\n    os.fork()\nopen(f'pid{os.getpid()}', 'w')\ntime.sleep(60)"
    run(tmp_path, bomb, limits=BuildLimits(seconds=0.5))
    pids = [int(path.name.removeprefix("pid")) for path in (tmp_path / "home").glob("pid*")]
    assert len(pids) > 8
    assert not any(is_alive(pid) for pid in pids)


def test_a_build_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    done = run(tmp_path, "while True: print('x' * 9999)")
    assert done.failure == "printed more than 100,000 bytes"
    assert sum(map(len, done.lines)) < 10_000


def test_a_build_that_writes_a_large_file_fails(tmp_path: Path) -> None:
    done = run(tmp_path, "open('big', 'wb').write(bytes(10_000_000))")
    assert done.failure
    assert (tmp_path / "home" / "big").stat().st_size <= SMALL.file_bytes


def test_a_build_that_writes_many_files_is_ended(tmp_path: Path) -> None:
    code = "n = 0\nwhile True:\n    n += 1\n    open(f'f{n % 5000}', 'wb').write(bytes(9000))"
    assert (
        run(tmp_path, code, limits=BuildLimits(seconds=20, folder_bytes=200_000)).failure
        == "wrote more than 200,000 bytes"
    )


def test_a_build_sees_an_allow_list_of_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYPI_TOKEN", "GH_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "PIP_INDEX_URL", "UV_INDEX_URL", "CFLAGS"):
        monkeypatch.setenv(name, "hunter2")
    for name in ("SETUPTOOLS_USE_DISTUTILS", "HTTPS_PROXY", "PYTHONPATH", "NETRC", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, "hunter2")
    done = run(tmp_path, "import os; print(*sorted(os.environ)); print(os.environ)", LDFLAGS="-L{source}")
    assert "hunter2" not in "".join(done.lines)
    allowed = "CFLAGS HOME LANG LC_ALL LDFLAGS LC_CTYPE LD_LIBRARY_PATH PATH PYTHONHASHSEED PYTHONUTF8 SOURCE_DATE_EPOCH TEMP TMP"
    assert {*done.lines[0].split()} <= {*allowed.split(), "TMPDIR", "TZ", "USERPROFILE", "VIRTUAL_ENV"}
    assert f"-L{tmp_path / 'sdist'}" in done.lines[1]


def test_the_two_conditions_differ_in_everything() -> None:
    pair = two_conditions(1_600_000_000, Path(sys.executable))
    first, second = pair.first, pair.second
    for field in ("label", "umask", "timezone", "locale", "hash_seed", "mtime"):
        assert getattr(first, field) != getattr(second, field)
    assert ("cpus" in pair.not_varied) == (first.cpus == second.cpus)
    assert ("user" in pair.not_varied) == (first.uid == second.uid)
    assert len(first.label) != len(second.label)


def test_conditions_that_a_system_cannot_vary_are_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    pair = two_conditions(0, Path(sys.executable))
    assert pair.not_varied == {"cpus": "this process may use one CPU", "user": "only root can build as another user"}
    monkeypatch.delattr(os, "sched_getaffinity")  # macOS
    pair = two_conditions(0, Path(sys.executable))
    assert pair.not_varied["cpus"] == "this system does not limit the CPUs of a process"
    assert (pair.first.cpus, pair.second.cpus) == (0, 0)
    monkeypatch.setattr(conditions, "os", SimpleNamespace(name="nt"))
    pair = two_conditions(0, Path(sys.executable))
    assert [*pair.not_varied] == ["cpus", "locale", "timezone", "umask", "user"]
    for field in ("umask", "timezone", "locale", "cpus", "uid"):
        assert getattr(pair.first, field) == getattr(pair.second, field)
    assert pair.first.hash_seed != pair.second.hash_seed


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/bin/python3").exists(), reason="needs root")
def test_another_user_builds_where_root_allows_it(tmp_path: Path) -> None:
    second = two_conditions(0, Path("/usr/bin/python3")).second
    assert second.uid == 65534
    absent = two_conditions(0, tmp_path / "absent")
    assert absent.second.uid is None
    assert absent.not_varied["user"].startswith("user 65534 cannot run the Python of the build")
    done = run_command(
        ["/usr/bin/python3", "-I", "-S", "-c", "import os; print(os.getuid(), os.getgid(), os.getgroups())"],
        folder=Path("/"),
        watched=[],
        conditions=second,
        variables={},
        limits=SMALL,
    )
    assert done.lines == ("65534 65534 []",)
