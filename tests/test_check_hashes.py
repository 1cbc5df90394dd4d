"""The stage from its command line to its exit code, against an index on loopback."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_hashes
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index.client import PackageIndex
from ops.supply_chain.adapters.index.core_metadata import FileLimits
from ops.supply_chain.adapters.index.downloads import installable_tags
from ops.supply_chain.adapters.index.session import Limits
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.lock import Lock, Pin, PinSource, PinSourceKind
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.gates.locks import read_project_locks
from tests.fakes.index import Ask, FakeFile, FakeIndex, Mood, core_metadata
from tests.fakes.matrix import diagonals
from tests.typed import typed

CALM = Timeouts(attempts=2, backoff_seconds=0.01)
QUICK = Timeouts(read_seconds=0.3, total_seconds=0.8, attempts=1)
SMALL = Limits(page_bytes=1 << 20, json_bytes=1 << 20, of_files=FileLimits(1 << 20, 2 << 20), download_bytes=1 << 20)
RUN = ("--version", "1.0")


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    patient(monkeypatch, CALM)
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Limits", lambda: SMALL)


def patient(monkeypatch: pytest.MonkeyPatch, timeouts: Timeouts) -> None:
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Timeouts", lambda: timeouts)
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.TIMEOUTS", timeouts)


@dataclass
class World:
    """A project, an index, and the last run's output."""

    root: Path
    index: FakeIndex
    capfd: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def lock(self, *lines: str, path: str = "requirements.txt") -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text("".join(f"{line}\n" for line in lines))

    def pin(self, file: FakeFile, *others: FakeFile) -> str:
        name, version = file.filename.split("-")[:2]
        hashes = " ".join(f"--hash={one.pin_hash}" for one in (file, *others))
        return f"{name}=={version.removesuffix('.tar.gz')} {hashes}"

    def run(self, *options: str) -> int:
        (self.root / ".security-config.toml").write_text(
            f'component_name = "demo"\n[index]\nurl = "{self.index.url}"\n' + self.config
        )
        place = ("--project", str(self.root), "--dist", str(self.root.parent / "out"))
        code = check_hashes.main([*place, *RUN, *options])
        self.out, self.err = self.capfd.readouterr()
        return code

    config: str = ""

    @property
    def record(self) -> Any:
        return json.loads((self.root.parent / "out" / "records" / "check_hashes.json").read_text())

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.record["findings"]]


FORMS = ["json", "html"]
"""The two forms of an index's project pages."""


def in_turn(cases: Sequence[Any]) -> list[Any]:
    """Return cases for `world` with an index of either form in turn; `-m whole` runs each with the other form, too."""
    return diagonals(FORMS, cases, step=2)


@pytest.fixture(params=FORMS)
def world(request: pytest.FixtureRequest, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[World]:
    root = tmp_path / "project"
    root.mkdir()
    with FakeIndex(form=request.param) as index:
        yield World(root, index, capfd)


def test_everything_served_passes(world: World) -> None:
    one, two = world.index.add_wheel("one", "1.0"), world.index.add_sdist("one", "1.0")
    three = world.index.add_wheel("three", "3.0")
    world.lock(world.pin(one, two), world.pin(three))
    world.lock(world.pin(three), path="deploy/requirements.txt")
    assert world.run() == ExitCode.PASS
    assert world.out == (
        "check_hashes: pass\n"
        "2 locks, 2 locked, 2 examined; package index, project pages, 0 hours old; hashes 3, served 3; no findings\n"
    )
    record = world.record
    assert record["counts"] == {
        "examined": 2,
        "hashes": 3,
        "locked": 2,
        "locks": 2,
        "out_of_scope": 0,
        "served": 3,
        "status_unknown": 0,
    }
    assert record["options"] == {"bytes": "no"}
    assert [ref["path"] for ref in record["reads"]] == ["project:deploy/requirements.txt", "project:requirements.txt"]
    assert [(feed["name"], feed["age_seconds"]) for feed in record["feeds"]] == [("package index, project pages", 0)]
    assert world.index.asked("/simple/") == 2
    assert world.index.asked("/files/") == 0


def test_with_bytes_one_file_of_each_pin_is_downloaded(world: World) -> None:
    wheel, source = world.index.add_wheel("one", "1.0"), world.index.add_sdist("one", "1.0")
    world.lock(world.pin(wheel, source))
    assert world.run("--bytes") == ExitCode.PASS
    assert (world.index.asked("/files/"), world.index.asked(".metadata")) == (2, 1)
    assert (world.record["counts"]["files"], world.record["counts"]["bytes"]) == (1, len(wheel.data))
    assert world.record["options"] == {"bytes": "yes"}


def removed(world: World) -> None:
    world.index.projects["one"].pop()


def replaced(world: World) -> None:
    world.index.projects["one"][1].data += b"x"


def withdrawn(world: World) -> None:
    world.index.projects["one"] = [world.index.add_wheel("one", "2.0")]


def gone(world: World) -> None:
    del world.index.projects["one"]


def yanked(world: World) -> None:
    world.index.projects["one"][0].yanked = "wrong <files>"


def quarantined(world: World) -> None:
    world.index.statuses["one"] = {"status": "quarantined"}
    world.index.projects["one"].clear()


def archived(world: World) -> None:
    world.index.statuses["one"] = {"status": "archived"}


DRIFTS = [
    (removed, "hash.missing", "high", ExitCode.DENIED),
    (replaced, "hash.missing", "high", ExitCode.DENIED),
    (withdrawn, "hash.version-missing", "high", ExitCode.DENIED),
    (gone, "hash.project-missing", "high", ExitCode.DENIED),
    (yanked, "hash.yanked", "medium", ExitCode.DENIED),
    (quarantined, "hash.quarantined", "critical", ExitCode.DENIED),
    (archived, "hash.archived", "info", ExitCode.PASS),
]


@pytest.mark.parametrize(("change", "code", "severity", "expected"), DRIFTS)
def test_what_changed_on_the_index_is_found_at_the_lines_of_the_locks(
    world: World, change: Callable[[World], None], code: str, severity: str, expected: ExitCode
) -> None:
    one, two = world.index.add_wheel("one", "1.0"), world.index.add_sdist("one", "1.0")
    other = world.index.add_wheel("other", "1.0")
    world.lock("# made", world.pin(one, two), world.pin(other))
    world.lock(world.pin(one, two), path="deploy/requirements.txt")
    change(world)
    assert world.run() == expected
    (finding,) = world.record["findings"]
    assert (finding["code"], finding["severity"], finding["package"], finding["version"]) == (
        code,
        severity,
        "one",
        "1.0",
    )
    assert (finding["path"], finding["line"], finding["also_at"]) == (
        "deploy/requirements.txt",
        1,
        ["requirements.txt:2"],
    )
    assert finding["message"] in world.out
    assert f"next: {typed(finding['next_step'], world.root)}" in world.out
    assert world.record["counts"]["examined"] == 2


def test_a_lock_that_names_files_tells_a_replaced_one(world: World) -> None:
    one = world.index.add_wheel("one", "1.0")
    told = one.pin_hash
    world.lock(
        "version = 1",
        "revision = 3",
        'requires-python = ">=3.11"',
        "[[package]]",
        'name = "one"',
        'version = "1.0"',
        f'source = {{ registry = "{world.index.url}" }}',
        f'wheels = [{{ url = "https://files.example/{one.filename}", hash = "{told}", size = 1 }}]',
        path="uv.lock",
    )
    assert world.run() == ExitCode.PASS
    one.data += b"x"
    assert world.run() == ExitCode.DENIED
    (finding,) = world.record["findings"]
    assert (finding["code"], finding["severity"], finding["path"]) == ("hash.replaced", "critical", "uv.lock")
    assert (
        finding["message"] == f"one 1.0: expected {one.filename} with {told}, found it on the index with {one.pin_hash}"
    )


def test_a_server_that_sends_other_bytes_than_it_lists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = world.index.add_wheel("one", "1.0")
    world.lock(world.pin(one))
    told = one.sha256
    monkeypatch.setattr(FakeFile, "sha256", told)
    one.data += b"x"
    found = hashlib.sha256(one.data).hexdigest()
    assert world.run() == ExitCode.PASS
    assert world.run("--bytes") == ExitCode.DENIED
    assert world.codes == ["hash.bytes-differ"]
    assert (
        f"    what: one 1.0: expected {one.filename} with sha256:{told}, "
        f"found sha256:{found} in the {len(one.data)} bytes that the server sent" in world.out
    )


def test_a_hash_in_another_algorithm_takes_a_download(world: World) -> None:
    one = world.index.add_wheel("one", "1.0")
    right, wrong = hashlib.sha512(one.data).hexdigest(), "0" * 128
    world.lock(f"one==1.0 --hash=sha512:{right}")
    assert world.run() == ExitCode.NOT_EXAMINED
    assert world.codes == ["hash.not-examined"]
    assert "Run again with --bytes" in world.out
    assert world.run("--bytes") == ExitCode.PASS
    world.lock(f"one==1.0 --hash=sha512:{wrong}")
    assert world.run("--bytes") == ExitCode.DENIED
    assert world.codes == ["hash.missing"]


def test_a_pin_with_an_address_takes_a_download(world: World) -> None:
    one = world.index.add_wheel("one", "1.0")
    url = f"{world.index.address}/files/{one.filename}"
    world.lock(f"one @ {url} --hash={one.pin_hash}")
    assert world.run() == ExitCode.NOT_EXAMINED
    assert world.run("--bytes") == ExitCode.PASS
    one.data += b"x"
    assert world.run("--bytes") == ExitCode.DENIED
    assert (world.codes, world.index.asked("/simple/")) == (["hash.bytes-differ"], 0)


def test_a_plain_http_address_is_not_asked(world: World) -> None:
    world.lock(f"one @ http://files.example/one-1.0.tar.gz --hash=sha256:{'0' * 64}")
    assert world.run("--bytes") == ExitCode.NOT_EXAMINED
    assert "http://files.example/one-1.0.tar.gz: is not https" in world.out


def test_an_unhashed_pin_is_told_once_and_never_passes(world: World) -> None:
    world.lock(world.pin(world.index.add_wheel("one", "1.0")), "two==2.0")
    assert world.run() == ExitCode.DENIED
    assert world.codes == ["lock.unhashed"]
    assert (world.record["counts"]["locked"], world.record["counts"]["examined"]) == (2, 1)
    assert world.index.asked("/simple/two/") == 0


def test_a_byte_that_makes_a_hash_none_is_told(world: World) -> None:
    one, two = world.index.add_wheel("one", "1.0"), world.index.add_sdist("one", "1.0")
    world.lock(world.pin(one, two).replace(two.sha256[5:], "x" + two.sha256[6:]))
    assert world.run() == ExitCode.DENIED
    assert world.codes == ["lock.malformed-hash"]


def test_what_comes_from_elsewhere_is_counted_and_said(world: World) -> None:
    one = world.index.add_wheel("one", "1.0")
    commit = "0" * 40
    world.lock(world.pin(one), f"two @ git+https://h.example/two@{commit}", "-e ./three")
    (world.root / "three").mkdir()
    assert world.run() == ExitCode.PASS
    assert world.record["counts"]["out_of_scope"] == 2
    assert (
        "note: 2 pins come from version control, a path or the project itself, and cannot be compared with an index"
        in world.out
    )


def test_a_private_pin_is_asked_for_at_its_index_only(world: World) -> None:
    with FakeIndex() as private:
        inner, outer = private.add_wheel("inner", "1.0"), world.index.add_wheel("outer", "1.0")
        world.lock(world.pin(outer))
        world.lock(f"--index-url {private.url}", world.pin(inner), path="private/requirements.txt")
        world.config = f'trusted = ["{private.url}"]\n'
        assert world.run() == ExitCode.PASS
        assert (world.index.asked("inner"), private.asked("outer"), private.asked("/simple/inner/")) == (0, 0, 1)


@pytest.mark.parametrize("trusted", [(), ("{other}",)], ids=["nothing", "another-address"])
def test_an_index_of_a_lock_that_is_private_and_not_configured_is_not_asked(
    world: World, trusted: tuple[str, ...]
) -> None:
    with FakeIndex() as private, FakeIndex() as other:
        inner = private.add_wheel("inner", "1.0")
        world.lock(f"--index-url {private.url}", world.pin(inner))
        world.config = f"trusted = {[text.format(other=other.url) for text in trusted]}\n"
        assert world.run() == ExitCode.NOT_EXAMINED
        assert (private.requests, other.requests) == ([], [])
    assert "is on this machine or in a private network (127.0.0.1), and is not configured" in world.out + world.err


@pytest.mark.parametrize("before", ["", "--extra-index-url https://pypi.example/simple\n"], ids=["no-option", "option"])
def test_a_comment_chooses_no_index(world: World, before: str) -> None:
    with FakeIndex() as named:
        named.add_wheel("demo", "1.0")
        mine = world.index.add_wheel("demo", "1.0")
        world.lock(f"{before}{world.pin(mine)}", f"    # from {named.url}")
        world.config = f'trusted = ["{named.url}"]\n'
        assert world.run() == ExitCode.PASS
        assert (named.requests, world.index.asked("/simple/demo/")) == ([], 1)


def test_a_file_is_not_downloaded_from_a_private_address_that_is_not_configured(world: World) -> None:
    with FakeIndex() as elsewhere:
        world.index.files_at = elsewhere.address
        wheel = world.index.add_wheel("demo", "1.0")
        elsewhere.add("demo", wheel)
        world.lock(world.pin(wheel))
        assert world.run("--bytes") == ExitCode.NOT_EXAMINED
        assert elsewhere.requests == []
        world.config = f'trusted = ["{elsewhere.address}"]\n'
        assert world.run("--bytes") == ExitCode.PASS


def test_where_one_index_fails_the_others_findings_still_count(world: World) -> None:
    with FakeIndex() as private:
        private.misbehave(Ask.SIMPLE, Mood.SERVER_ERROR)
        outer = world.index.add_wheel("outer", "1.0")
        world.lock(world.pin(outer))
        world.lock(f"--index-url {private.url}", f"inner==1.0 --hash={outer.pin_hash}", path="private/requirements.txt")
        world.config = f'trusted = ["{private.url}"]\n'
        assert world.run() == ExitCode.NOT_EXAMINED
        assert world.codes == ["hash.not-examined"]
        outer.yanked = "bad"
        assert world.run() == ExitCode.DENIED
        assert sorted(world.codes) == ["hash.not-examined", "hash.yanked"]
        assert f"inner 1.0: not checked: package index {private.url}inner/: answered with HTTP status 500" in world.out


def test_a_waiver_covers_a_yank_and_not_a_gap(world: World) -> None:
    one = world.index.add_wheel("one", "1.0", yanked="bad")
    world.lock(world.pin(one))
    world.config = "[waiver_rules]\nmax_days = 3650\n" + "".join(
        f'[[waivers]]\nid = "{code}"\npackage = "one"\nreason = "r"\nowner = "o"\ndate = "2026-01-01"\nexpires = "2035-12-01"\n'
        for code in ("hash.yanked", "hash.not-examined")
    )
    assert world.run() == ExitCode.PASS
    assert "waived by: hash.yanked, o, until 2035-12-01" in world.out
    world.lock(f"one==1.0 --hash=sha512:{hashlib.sha512(one.data).hexdigest()}")
    assert world.run() == ExitCode.NOT_EXAMINED


def test_no_lock_and_no_dependency_passes_with_a_note(world: World) -> None:
    assert world.run() == ExitCode.PASS
    assert world.record["counts"]["locks"] == 0
    assert "note: no lock, and no declared dependency" in world.out


def test_no_lock_though_dependencies_are_declared_is_not_examined(world: World) -> None:
    world.lock('[project]\nname = "p"\nversion = "1"\ndependencies = ["idna"]', path="pyproject.toml")
    assert world.run() == ExitCode.NOT_EXAMINED
    assert (world.codes, world.record["findings"][0]["path"]) == (["hash.not-examined"], "pyproject.toml")
    assert "note:" not in world.out


def test_a_fleet_asks_once_and_tells_each_project(world: World) -> None:
    one = world.index.add_wheel("one", "1.0", yanked="bad")
    fleet = world.root.parent / "fleet.txt"
    for name in ("a", "b"):
        world.lock(world.pin(one), path=f"{name}/requirements.txt")
        world.lock(
            f'component_name = "{name}"', "[index]", f'url = "{world.index.url}"', path=f"{name}/.security-config.toml"
        )
    fleet.write_text("project/a\nproject/b # second\n")
    assert world.run("--fleet", str(fleet)) == ExitCode.DENIED
    assert [finding["path"] for finding in world.record["findings"]] == ["a/requirements.txt", "b/requirements.txt"]
    assert (world.index.asked("/simple/one/"), world.record["counts"]["locked"]) == (1, 1)


def test_the_same_locks_give_the_same_result_in_any_order(world: World) -> None:
    one, two = world.index.add_wheel("one", "1.0", yanked="x"), world.index.add_wheel("two", "1.0", yanked="y")
    world.lock(world.pin(one), path="b/requirements.txt")
    world.lock(world.pin(two), path="a/requirements.txt")
    world.run("--format", "json")
    before = json.loads(world.out)
    world.index.projects = dict(reversed(world.index.projects.items()))
    world.run("--format", "json")
    after = json.loads(world.out)
    assert before["record"]["findings"] == after["record"]["findings"]
    assert before["record"]["feeds"] == after["record"]["feeds"]


# Fail closed


PAGES_GO_WRONG = [mood for mood in Mood if mood is not Mood.NOT_FOUND]
FILES_GO_WRONG = [mood for mood in Mood if mood is not Mood.MALFORMED]
WORDS = re.compile(r"\bclean\b", re.IGNORECASE)


@pytest.mark.parametrize(("world", "mood"), in_turn([*PAGES_GO_WRONG, Mood.NOT_FOUND]), indirect=["world"])
def test_whatever_is_wrong_with_the_pages_nothing_was_examined(
    world: World, mood: Mood, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mood in (Mood.HANG, Mood.DRIP):
        patient(monkeypatch, QUICK)
    world.lock(*(world.pin(world.index.add_wheel(name, "1.0")) for name in ("one", "two")))
    world.index.misbehave(Ask.SIMPLE, mood)
    assert world.run() == ExitCode.NOT_EXAMINED
    assert world.record["outcome"] == "not-examined"
    assert world.err.startswith(
        "error: could not fetch project pages of all 2 projects: one, two: package index http://"
    )
    assert re.search(r"\n  next: \S.+", world.err)
    assert not WORDS.search(world.out + world.err)
    assert "secret-token" not in world.out


@pytest.mark.parametrize(("world", "mood"), in_turn(FILES_GO_WRONG), indirect=["world"])
def test_whatever_is_wrong_with_the_files_is_not_examined(
    world: World, mood: Mood, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mood in (Mood.HANG, Mood.DRIP):
        patient(monkeypatch, QUICK)
    world.lock(*(world.pin(world.index.add_wheel(name, "1.0")) for name in ("one", "two")))
    world.index.misbehave(Ask.FILE, mood)
    assert world.run("--bytes") == ExitCode.NOT_EXAMINED
    assert world.record["outcome"] == "not-examined"
    assert world.codes == ["hash.not-examined"] * 2
    assert re.search(r"one 1\.0: not checked: distribution file http://\S+/files/one-1\.0\S+: \S", world.out)
    assert world.out.count("\n    next: ") == 2
    assert not WORDS.search(world.out + world.err)
    assert world.record["counts"]["examined"] == 0


def test_malformed_bytes_are_other_bytes(world: World) -> None:
    world.lock(world.pin(world.index.add_wheel("one", "1.0")))
    world.index.misbehave(Ask.FILE, Mood.MALFORMED)
    assert world.run("--bytes") == ExitCode.DENIED
    assert world.codes == ["hash.bytes-differ"]


def test_a_name_that_does_not_resolve_is_not_examined(world: World) -> None:
    world.lock("--index-url https://index.invalid/simple", world.pin(world.index.add_wheel("one", "1.0")))
    assert world.run() == ExitCode.NOT_EXAMINED
    assert "package index https://index.invalid/simple/one/: cannot be reached" in world.err


def test_offline_is_not_examined(world: World) -> None:
    world.lock(world.pin(world.index.add_wheel("one", "1.0")))
    world.run()
    asked = len(world.index.requests)
    assert world.run("--offline") == ExitCode.NOT_EXAMINED
    assert (len(world.index.requests), world.record["offline"]) == (asked, True)
    assert "Run once without --offline" in world.err


def test_an_unchanged_page_is_confirmed_and_not_sent_again(world: World) -> None:
    world.lock(world.pin(world.index.add_wheel("one", "1.0")))
    assert (world.run(), world.run()) == (ExitCode.PASS, ExitCode.PASS)
    assert "If-None-Match" in world.index.requests[-1].headers
    world.index.projects["one"][0].yanked = "today"
    assert world.run() == ExitCode.DENIED


@pytest.mark.parametrize(("world", "form"), in_turn(["text", "json"]), indirect=["world"])
@pytest.mark.parametrize("bytes_too", [False, True])
@pytest.mark.parametrize("mood", [None, Mood.SERVER_ERROR, Mood.REDIRECT, Mood.MALFORMED])
def test_a_public_log_has_no_word_of_any_input(world: World, form: str, mood: Mood | None, *, bytes_too: bool) -> None:
    one = world.index.add_wheel("confidential", "7.8.9", yanked="whispered")
    world.lock(world.pin(one), "secretive==1.2.3", path="hidden/requirements.txt")
    if mood:
        world.index.misbehave(Ask.FILE if bytes_too else Ask.SIMPLE, mood)
    world.run("--public-log", "--format", form, *(["--bytes"] if bytes_too else []))
    for word in (
        "confidential",
        "7.8.9",
        "whispered",
        "secret",
        "1.2.3",
        "hidden",
        one.sha256[:8],
        "127.0.0.1",
        "sha256",
    ):
        assert word not in world.out + world.err


# The real locks


class Listed(FakeFile):
    """A file that the index lists with a digest of our choice."""

    digest = ""

    @property
    def sha256(self) -> str:
        return self.digest


def serve_what_is_locked(index: FakeIndex, locks: tuple[Lock, ...]) -> None:
    pins = {(entry.pin.name, entry.pin.version): entry.pin for lock in locks for entry in lock.entries}
    hashes: dict[tuple[str, str], set[str]] = {}
    for lock in locks:
        for entry in lock.entries:
            hashes.setdefault((entry.pin.name, entry.pin.version), set()).update(entry.pin.hashes)
    for (name, version), pin in pins.items():
        for number, one in enumerate(sorted(hashes[name, version])):
            file = Listed(f"{pin.name.replace('-', '_')}-{version}-{number}-py3-none-any.whl", b"", b"", None)
            file.digest = one.removeprefix("sha256:")
            index.add(name, file)


def soar_copy(shared_data: Path, root: Path) -> tuple[Lock, ...]:
    shutil.copytree(shared_data / "projects" / "soar", root, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in root.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return read_project_locks(root, LocksConfig())


def test_one_digit_of_one_hash_in_each_of_soars_locks_is_found_and_named(world: World, shared_data: Path) -> None:
    locks = soar_copy(shared_data, world.root)
    serve_what_is_locked(world.index, locks)
    assert world.run() == ExitCode.PASS
    assert world.record["counts"]["served"] == world.record["counts"]["hashes"] > 200
    expected = {}
    for number, lock in enumerate(lock for lock in locks if lock.entries):
        path = world.root / lock.path
        text = path.read_text()
        found = list(re.finditer(r"sha256:([0-9a-f]{64})", text))
        hit = found[number * 7 % len(found)]
        place = hit.start(1) + number % 64
        text = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
        path.write_text(text)
        expected[lock.path] = text[hit.start() : hit.end()]
    assert len(expected) >= 76
    assert world.run() == ExitCode.DENIED
    told = {
        (finding["path"], wanted)
        for finding in world.record["findings"]
        for wanted in re.findall(r"sha256:[0-9a-f]{64}", finding["message"])
        if finding["code"] == "hash.missing"
    }
    also = {
        (place.rsplit(":", 1)[0], wanted)
        for finding in world.record["findings"]
        for place in finding["also_at"]
        for wanted in re.findall(r"sha256:[0-9a-f]{64}", finding["message"])
    }
    assert told | also == set(expected.items())


def test_one_digit_of_any_hash_of_any_of_soars_pins_is_found(shared_data: Path) -> None:
    from ops.supply_chain.adapters.index.file_choice import is_of_version
    from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
    from ops.supply_chain.dependencies.index_hashes.compare import compare, index_entry
    from ops.supply_chain.dependencies.index_hashes.pins import scope_of

    locks = read_project_locks(shared_data / "projects" / "soar", LocksConfig())
    releases = set(scope_of(entry.pin for lock in locks for entry in lock.entries).releases.values())
    for release in releases:
        stem = f"{release.page.name.replace('-', '_')}-{release.version}"
        files = tuple(
            IndexFile(filename=f"{stem}-{place}-py3-none-any.whl", url="", hashes=(one,))
            for place, one in enumerate(release.hashes)
        )
        listing = ProjectListing(name=release.page.name, files=files)
        for place, one in enumerate(release.hashes):
            damaged = one[:-1] + ("0" if one[-1] != "0" else "1")
            changed = release._replace(hashes=(*release.hashes[:place], damaged, *release.hashes[place + 1 :]))
            (issue,) = compare(changed, index_entry(changed, listing, is_of_version)).issues
            assert (issue.code, damaged in issue.message) == ("hash.missing", True)
    assert sum(len(release.hashes) for release in releases) > 200


@pytest.mark.online
@pytest.mark.parametrize("options", [(), ("--bytes",)])
def test_soar_against_the_real_index(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.undo()
    place = ("--project", str(shared_data / "projects" / "soar"), "--dist", str(tmp_path / "out"))
    assert check_hashes.main([*place, *RUN, "--cache", str(tmp_path / "cache"), *options]) == ExitCode.PASS
    record = json.loads((tmp_path / "out" / "records" / "check_hashes.json").read_text())
    assert record["counts"]["locks"] >= 76
    assert record["counts"]["served"] == record["counts"]["hashes"]
    assert record["counts"]["examined"] == record["counts"]["locked"]


# Metadata: the index's is compared with that in the wheel's bytes

OWN = core_metadata("demo", "1.0", requires=("idna",), extra="Author: A")
LIES = {
    "licence": (OWN.replace(b"MIT", b"GPL-3.0-only"), "license-expression", Severity.HIGH),
    "producer": (OWN.replace(b"Author: A", b"Author: B"), "author", Severity.HIGH),
    "edge added": (
        OWN.replace(b"Requires-Dist: idna\n", b"Requires-Dist: idna\nRequires-Dist: x\n"),
        "requires-dist",
        Severity.HIGH,
    ),
    "edges gone": (OWN.replace(b"Requires-Dist: idna\n", b""), "requires-dist", Severity.HIGH),
    "another package": (OWN.replace(b"Name: demo", b"Name: other"), "name", Severity.HIGH),
    "no metadata": (b"nonsense\n", "that cannot be used", Severity.HIGH),
    "description": (OWN + b"More.\n", "in no field that is used", Severity.LOW),
}


@pytest.mark.parametrize(("world", "case"), in_turn(list(LIES)), indirect=["world"])
@pytest.mark.parametrize("announced", [True, None, "of the lie"], ids=["announced", "silent", "hashed"])
def test_metadata_that_is_not_the_wheels_own_is_a_finding(
    world: World, case: str, announced: str | bool | None
) -> None:
    lie, said, severity = LIES[case]
    wheel = world.index.add_wheel("demo", "1.0", metadata=OWN)
    wheel.metadata = lie
    wheel.announced = f"sha256={hashlib.sha256(lie).hexdigest()}" if announced == "of the lie" else announced
    world.lock(world.pin(wheel))
    assert world.run() == ExitCode.PASS
    assert world.run("--bytes") == ExitCode.DENIED
    (finding,) = world.record["findings"]
    assert (finding["code"], finding["severity"]) == ("hash.metadata-differs", severity.value)
    assert said in finding["message"]


def test_metadata_without_the_published_hash_is_a_finding(world: World) -> None:
    wheel = world.index.add_wheel("demo", "1.0", metadata=OWN)
    wheel.announced = f"sha512={'0' * 128}"
    world.lock(world.pin(wheel))
    assert world.run("--bytes") == ExitCode.DENIED
    assert "without the hash that it publishes, sha512:000" in world.out


def test_the_wheel_that_the_sbom_describes_is_compared_as_well(world: World) -> None:
    own = world.index.add_wheel("demo", "1.0", tag=next(iter(installable_tags())))
    pure = world.index.add_wheel("demo", "1.0", metadata=OWN)
    pure.metadata = LIES["licence"][0]
    pure.announced = True
    world.lock(world.pin(own, pure))
    assert world.run("--bytes") == ExitCode.DENIED
    assert f"{pure.filename}: the index serves other metadata than the wheel contains: license-expression" in world.out


def test_wrong_metadata_does_not_stay_in_the_cache(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("SEALWRIGHT_CACHE", str(cache))
    wheel = world.index.add_wheel("demo", "1.0", metadata=OWN)
    wheel.metadata, wheel.announced = LIES["licence"][0], True
    world.lock(world.pin(wheel))
    pin = Pin(
        name="demo",
        written_name="demo",
        version="1.0",
        hashes=(wheel.pin_hash,),
        source=PinSource(kind=PinSourceKind.INDEX, url=""),
    )
    (before,) = PackageIndex(cache, url=world.index.url).core_metadata([pin]).found.values()
    wheel.metadata = OWN  # the index has corrected itself, and the cache has not
    assert world.run("--bytes") == ExitCode.DENIED
    assert "the cache had other metadata than the wheel: license-expression; it was replaced" in world.out
    (after,) = PackageIndex(cache, url=world.index.url, offline=True).core_metadata([pin]).found.values()
    assert (before.licence_expression, after.licence_expression) == ("GPL-3.0-only", "MIT")
    assert world.run("--bytes") == ExitCode.PASS


@pytest.mark.parametrize("mood", [Mood.SERVER_ERROR, Mood.DRIP, Mood.TRUNCATED, Mood.REFUSE])
def test_metadata_that_cannot_be_fetched_is_not_examined(
    world: World, mood: Mood, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch, QUICK)
    world.lock(world.pin(world.index.add_wheel("demo", "1.0", metadata=OWN)))
    world.index.misbehave(Ask.METADATA, mood)
    assert world.run("--bytes") == ExitCode.NOT_EXAMINED


def test_metadata_that_the_index_does_not_have_is_not_missed(world: World) -> None:
    world.lock(world.pin(world.index.add_wheel("demo", "1.0", announce=False)))
    assert world.run("--bytes") == ExitCode.PASS
    assert world.index.asked(".metadata") == 0
