from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.adapters.tools import uv
from ops.supply_chain.adapters.tools.uv import Uv, environment, failure_of, index_address
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.compile_request import Bypass, CompileRequest
from ops.supply_chain.core.errors import InputError, UnavailableError
from tests.fakes.wheels import WheelIndex, serving

OLD, YOUNG, MOMENT = "2026-01-01T00:00:00Z", "2026-11-17T00:00:00Z", "2026-11-13T00:00:00Z"
ASKED = CompileRequest(folder="f", source="requirements.in", lock="requirements.txt", seed="", exclude_newer=MOMENT)
SECRET = "hunter2"  # noqa: S105 - made up


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[WheelIndex]:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with serving() as served:
        served.add("leaf", "1.0", OLD)
        served.add("leaf", "2.0", YOUNG)
        served.add("top", "1.0", OLD, "leaf")
        yield served


def project(tmp_path: Path, source: str = "top\n") -> Path:
    folder = tmp_path / "project"
    (folder / "f").mkdir(parents=True, exist_ok=True)
    (folder / "f" / "requirements.in").write_text(source)
    return folder


def compiler(root: Path, index: WheelIndex, *, offline: bool = False, **locks: object) -> Uv:
    config = Config(
        index=IndexConfig(url=index.simple),
        locks=msgspec.convert(locks, LocksConfig),
    )
    return Uv(root, cache=root.parent / "cache", config=config, offline=offline)


def versions(body: object) -> list[str]:
    assert isinstance(body, str)
    return [line.split(" ")[0] for line in body.splitlines() if "==" in line]


def ask(given: Uv, **changes: object) -> list[str]:
    [answer] = given.compile_many([msgspec.structs.replace(ASKED, **changes)])
    if isinstance(answer, InputError):
        raise answer
    return versions(answer)


def test_the_body_has_hashes_and_names_no_place(index: WheelIndex, tmp_path: Path) -> None:
    [body] = compiler(project(tmp_path), index).compile_many([ASKED])
    assert isinstance(body, str)
    assert [line.split(":")[0] for line in body.splitlines()] == [
        "leaf==1.0 \\",
        "    --hash=sha256",
        "    # via top",
        "top==1.0 \\",
        "    --hash=sha256",
        "    # via -r requirements.in",
    ]


def test_the_moment_hides_what_is_younger_and_a_bypass_shows_one(index: WheelIndex, tmp_path: Path) -> None:
    index.add("top", "2.0", YOUNG, "leaf")
    given = compiler(project(tmp_path), index)
    bypass = Bypass(name="leaf", version="", exclude_newer="2026-11-20T00:00:00Z", reason="x")
    assert ask(given) == ["leaf==1.0", "top==1.0"]
    assert ask(given, bypasses=(bypass,)) == ["leaf==2.0", "top==1.0"]


def test_a_seed_keeps_its_pins_until_they_may_go(index: WheelIndex, tmp_path: Path) -> None:
    given = compiler(project(tmp_path), index)
    late = {"seed": "leaf==1.0\ntop==1.0\n", "exclude_newer": "2026-11-18T00:00:00Z"}
    assert ask(given, **late) == ["leaf==1.0", "top==1.0"]
    assert ask(given, **late, upgrade_packages=("top",)) == ["leaf==1.0", "top==1.0"]
    assert ask(given, **late, upgrade_packages=("leaf==2.0",)) == ["leaf==2.0", "top==1.0"]
    assert ask(given, **late, upgrade=True) == ["leaf==2.0", "top==1.0"]


def test_uv_drops_a_seeded_pin_that_is_younger_than_the_moment(index: WheelIndex, tmp_path: Path) -> None:
    """The reason why the moment never goes backwards; should uv change its mind, that rule may go."""
    assert ask(compiler(project(tmp_path), index), seed="leaf==2.0\ntop==1.0\n") == ["leaf==1.0", "top==1.0"]


def test_universal_and_python_version_reach_uv(index: WheelIndex, tmp_path: Path) -> None:
    root = project(tmp_path, "leaf ; sys_platform == 'win32'\ntop ; python_version < '3.10'\n")
    assert ask(compiler(root, index)) == []
    [body] = compiler(root, index, universal=True, python_version="3.9").compile_many([ASKED])
    assert isinstance(body, str)
    assert "leaf==1.0 ; python_full_version < '3.10' or sys_platform == 'win32' \\" in body


def test_a_request_can_be_universal_and_for_a_python(index: WheelIndex, tmp_path: Path) -> None:
    root = project(tmp_path, "leaf ; sys_platform == 'win32'\ntop ; python_version < '3.10'\n")
    asked = msgspec.structs.replace(ASKED, universal=True, python_version="3.9")
    [body] = compiler(root, index).compile_many([asked])
    assert isinstance(body, str)
    assert "leaf==1.0 ; python_full_version < '3.10' or sys_platform == 'win32' \\" in body


def test_where_a_lower_python_has_no_solution_the_next_step_is_about_python(index: WheelIndex, tmp_path: Path) -> None:
    index.add("modern", "1.0", OLD, python=">=3.10")
    asked = msgspec.structs.replace(ASKED, universal=True, python_version="3.9")
    [answer] = compiler(project(tmp_path, "modern\n"), index).compile_many([asked])
    assert isinstance(answer, InputError)
    assert "requires-python" in answer.hint


def test_many_are_answered_in_their_order(index: WheelIndex, tmp_path: Path) -> None:
    given = compiler(project(tmp_path), index)
    late = msgspec.structs.replace(ASKED, exclude_newer="2026-11-18T00:00:00Z")
    assert [versions(body)[0] for body in given.compile_many([ASKED, late, ASKED])] == [
        "leaf==1.0",
        "leaf==2.0",
        "leaf==1.0",
    ]


def test_settings_of_the_machine_and_the_project_do_not_matter(
    index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add("leaf", "0.5", OLD)
    root = project(tmp_path)
    plain = list(compiler(root, index).compile_many([ASKED]))
    for name, value in {
        "UV_EXCLUDE_NEWER": "2026-11-19T00:00:00Z",
        "UV_RESOLUTION": "lowest",
        "UV_CONSTRAINT": "/nonexistent",
        "UV_CUSTOM_COMPILE_COMMAND": "make",
        "UV_INDEX": "http://127.0.0.1:9/simple",
        "UV_EXTRA_INDEX_URL": "http://127.0.0.1:9/simple",
        "UV_OFFLINE": "1",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_NO_INDEX": "1",
        "VIRTUAL_ENV": "/nonexistent",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "1",
    }.items():
        monkeypatch.setenv(name, value)
    (root / "f" / "uv.toml").write_text('[pip]\nresolution = "lowest"\nemit-index-url = true\n')
    (root / "f" / "pyproject.toml").write_text('[tool.uv.pip]\nannotation-style = "line"\n')
    assert list(compiler(root, index).compile_many([ASKED])) == plain


BROKEN = {
    "a conflict": (
        "leaf>=3\n",
        "f/requirements.in: error: No solution found when resolving dependencies",
        "Loosen or correct a requirement in the source, or use --upgrade-package NAME.",
    ),
    "too young": (
        "leaf>=2\n",
        "f/requirements.in: error: No solution found when resolving dependencies",
        "Wait until the release is old enough, or use --bypass-cool-down NAME --reason TEXT.",
    ),
    "no such package": (
        "nowhere\n",
        "f/requirements.in: error: No solution found when resolving dependencies",
        "Loosen or correct a requirement in the source, or use --upgrade-package NAME.",
    ),
    "a mistake": (
        "top ==== 3\n",
        "f/requirements.in: error: Couldn't parse requirement in `requirements.in` at position 0",
        "Correct that line of the source.",
    ),
    "a missing include": (
        "-r gone.in\n",
        "f/requirements.in: error: Error parsing included file in `requirements.in` at position 0",
        "Correct that line of the source.",
    ),
    "a missing folder": (
        "./gone\n",
        "f/requirements.in: error: Distribution not found at:",
        "Correct that line of the source.",
    ),
}


@pytest.mark.parametrize(("source", "message", "hint"), BROKEN.values(), ids=BROKEN)
def test_a_source_at_fault_is_an_input_error(
    index: WheelIndex, tmp_path: Path, source: str, message: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        ask(compiler(project(tmp_path, source), index))
    assert caught.value.message.startswith(message)
    assert caught.value.hint == hint


def test_a_lock_with_a_merge_conflict_is_named(index: WheelIndex, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        ask(compiler(project(tmp_path), index), seed="<<<<<<< HEAD\ntop==1.0\n")
    assert "the lock requirements.txt:1:1" in caught.value.message
    assert "sealwright-compile-" not in caught.value.message


def unavailable(given: Uv, **changes: object) -> UnavailableError:
    with pytest.raises(UnavailableError) as caught:
        ask(given, **changes)
    assert SECRET not in caught.value.message + caught.value.hint
    return caught.value


def test_an_index_that_fails_refuses_or_is_not_there_is_no_answer(
    index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path)
    index.status = 500
    assert "500 Internal Server Error" in unavailable(compiler(root, index)).message
    index.status = 200
    index.account = f"somebody:{SECRET}"
    assert "401 Unauthorized" in unavailable(compiler(root, index)).message
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.simple.replace("//", f"//somebody:{SECRET}wrong@"))
    assert "401 Unauthorized" in unavailable(compiler(root, index)).message
    index.address = "http://127.0.0.1:9"
    assert "Connection refused" in unavailable(compiler(root, index)).message


def test_an_account_comes_from_the_environment(
    index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.account = f"some body:{SECRET}/@"
    monkeypatch.setenv("SEALWRIGHT_INDEX_USERNAME", "some body")
    monkeypatch.setenv("SEALWRIGHT_INDEX_PASSWORD", f"{SECRET}/@")
    [body] = compiler(project(tmp_path), index).compile_many([ASKED])
    assert isinstance(body, str)
    assert versions(body) == ["leaf==1.0", "top==1.0"]
    assert SECRET not in body
    assert "127.0.0.1" not in body


def test_an_index_without_upload_times_cannot_tell_the_past(index: WheelIndex, tmp_path: Path) -> None:
    index.tells_upload_times = False
    error = unavailable(compiler(project(tmp_path), index))
    assert error.message.startswith(
        "f/requirements.in: the index does not publish upload times, so its state at "
        "2026-11-13T00:00:00Z is unknown: warning: `top-1.0-py3-none-any.whl` is missing an upload date"
    )
    assert error.hint == "Set [index].url to an index that serves upload times (simple API 1.1, as JSON)."


def test_offline_answers_from_the_cache_or_not_at_all(index: WheelIndex, tmp_path: Path) -> None:
    root = project(tmp_path)
    assert "network was disabled" in unavailable(compiler(root, index, offline=True)).message
    online = list(compiler(root, index).compile_many([ASKED]))
    asked = len(index.asked)
    assert list(compiler(root, index, offline=True).compile_many([ASKED])) == online
    assert len(index.asked) == asked


def test_a_compiler_that_hangs_or_is_not_there_is_no_answer(
    index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = compiler(project(tmp_path), index)
    monkeypatch.setattr(uv, "TIMEOUT_SECONDS", 0)
    assert unavailable(given).message == "f/requirements.in: uv did not answer within 0 s"
    monkeypatch.setattr("uv.find_uv_bin", lambda: str(tmp_path / "nothing"))
    assert unavailable(compiler(project(tmp_path), index)).message.startswith("uv: cannot be run: [Errno 2]")


BUILD_SCRIPT = """
import os, pathlib
def prepare_metadata_for_build_wheel(folder, *_):
    pathlib.Path(MARK).write_text(os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "no token"))
    info = pathlib.Path(folder, "old-1.0.dist-info")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: old\\nVersion: 1.0\\nRequires-Dist: leaf\\n")
    return info.name
"""


def test_the_code_of_a_source_distribution_runs_only_where_that_is_allowed_and_never_sees_a_token(
    index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2")
    mark = tmp_path / "it-ran"
    index.add_sdist("old", "1.0", OLD, f"MARK = {str(mark)!r}\n{BUILD_SCRIPT}")
    root = project(tmp_path, "old\n")
    error = unavailable(compiler(root, index))
    assert error.message.startswith("f/requirements.in: cannot be resolved without running third-party code: error: ")
    assert error.hint == (
        "Choose a version that has a wheel, or set [locks].allow_builds = true, which runs the code of any source "
        "distribution on the machine that compiles."
    )
    assert not mark.exists()
    error = unavailable(compiler(root, index, allow_builds=True))
    assert error.message == (
        "f/requirements.in: not compiled: [locks].allow_builds lets a source distribution run code below a process "
        "that has ACTIONS_ID_TOKEN_REQUEST_TOKEN"
    )
    assert not mark.exists()
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    assert ask(compiler(root, index, allow_builds=True)) == ["leaf==1.0", "old==1.0"]
    assert mark.read_text() == "no token"


def test_what_uv_says_and_we_do_not_know_is_no_answer() -> None:
    error = failure_of("r.in", "error: the moon is full", exclude_newer=MOMENT)
    assert isinstance(error, UnavailableError)
    assert error.message == "r.in: could not be compiled: error: the moon is full"
    assert isinstance(failure_of("r.in", "", exclude_newer=MOMENT), UnavailableError)


def test_a_conflict_while_an_index_could_not_be_asked_is_no_answer() -> None:
    said = (
        "error: No solution found when resolving dependencies\n"
        "hint: An index URL (https://u:hunter2@example.org/simple) could not be queried due to a lack of valid "
        "authentication credentials (401 Unauthorized)"
    )
    error = failure_of("r.in", said, exclude_newer=MOMENT)
    assert isinstance(error, UnavailableError)
    assert "https://example.org/simple" in error.message
    assert SECRET not in error.message


ADDRESSES = {
    "nothing set": ({}, "", ""),
    "configured": ({}, "https://a/simple/", "https://a/simple/"),
    "the user's": ({"UV_DEFAULT_INDEX": "https://u:p@b/simple"}, "", "https://u:p@b/simple"),
    "the user's, old name": ({"UV_INDEX_URL": "https://b/simple"}, "", "https://b/simple"),
    "new name first": ({"UV_INDEX_URL": "https://b/", "UV_DEFAULT_INDEX": "https://c/"}, "", "https://c/"),
    "the configured one with an account": (
        {"UV_DEFAULT_INDEX": "https://u:p@a/simple"},
        "https://a/simple/",
        "https://u:p@a/simple",
    ),
    "another than configured": ({"UV_DEFAULT_INDEX": "https://u:p@b/simple"}, "https://a/simple", "https://a/simple"),
    "empty": ({"UV_DEFAULT_INDEX": ""}, "https://a/simple", "https://a/simple"),
}


@pytest.mark.parametrize(("outer", "configured", "chosen"), ADDRESSES.values(), ids=ADDRESSES)
def test_which_index_is_asked(outer: dict[str, str], configured: str, chosen: str) -> None:
    assert index_address(outer, configured) == chosen


def test_the_environment_keeps_what_reaches_the_index_and_nothing_that_steers() -> None:
    kept = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy",
        "no_proxy": "x",
        "SSL_CERT_FILE": "/c",
        "NETRC": "/n",
        "UV_HTTP_TIMEOUT": "5",
        "UV_INDEX_CORP_USERNAME": "u",
        "UV_INDEX_CORP_PASSWORD": "p",
        "UV_SYSTEM_CERTS": "1",
    }
    dropped = ["UV_INDEX", "UV_INDEX_STRATEGY", "UV_PRERELEASE", "UV_CONFIG_FILE", "PIP_FIND_LINKS", "PYTHONPATH"]
    dropped += ["SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GH_TOKEN", "GITHUB_TOKEN", "TWINE_PASSWORD"]
    dropped += ["COSIGN_PASSWORD", "PDM_PUBLISH_PASSWORD", "POETRY_PYPI_TOKEN_PYPI", "HATCH_INDEX_AUTH"]
    dropped += ["COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"]
    assert environment({**kept, **dict.fromkeys(dropped, "x")}, index="") == kept
    assert environment(kept, index="https://a/simple") == {**kept, "UV_DEFAULT_INDEX": "https://a/simple/"}


def test_what_cannot_be_answered_leaves_the_others_and_patience_ends(
    index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = compiler(project(tmp_path), index)
    (tmp_path / "project" / "f" / "other.in").write_text("other\n")
    index.add("other", "1.0", OLD)
    answer = index.answer
    index.answer = lambda path: ("image/png", b"") if "leaf" in path else answer(path)  # type: ignore[method-assign]
    bad, good = ASKED, msgspec.structs.replace(ASKED, source="other.in")
    found = list(given.answers([bad, good]))
    assert [type(one).__name__ for one in found] == ["UnavailableError", "str"]
    list(given.answers([bad, bad]))
    [last] = given.answers([good])
    assert isinstance(last, UnavailableError)
    assert last.message.startswith("f/other.in: not sent after 3 failures: f/requirements.in: could not be")
    with pytest.raises(UnavailableError, match="not sent after"):
        list(given.compile_many([good]))


def test_the_python_of_a_request_counts_unless_one_is_configured(index: WheelIndex, tmp_path: Path) -> None:
    root = project(tmp_path, "leaf ; python_version < '3.10'\n")
    assert ask(compiler(root, index), python_version="3.9") == ["leaf==1.0"]
    assert ask(compiler(root, index, python_version="3.12"), python_version="3.9") == []
