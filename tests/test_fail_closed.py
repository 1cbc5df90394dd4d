"""The fail-closed matrix: each way in which something was not checked, and each stage that it concerns.

No cell ends with exit code 0, calls anything clean, or puts a name of the project into a public log. What each way means in
detail has tests beside its code; every kind of file that is recognised and not read is in `gather/gates/test_unread_files.py`,
every fault of a source of advisories in `test_check_vulnerabilities.py`, every input that a link may replace in
`adapters/files/test_inputs.py`, what VEX counts in `test_vex_cases.py`, every setting that weakens in `test_weakened_gate.py`.
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from ops.supply_chain.adapters.http import client as http
from ops.supply_chain.adapters.index import client as index_client
from ops.supply_chain.adapters.index import publishers
from ops.supply_chain.core.errors import ExitCode
from tests.adapters.files.test_git import commit, git
from tests.dependencies.locks.test_classify import SCRIPT
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.bad_sockets import dripping
from tests.fakes.exploitation import kev
from tests.fakes.github import Ask as GithubAsk
from tests.fakes.github import FakeGithub
from tests.fakes.github import Mood as GithubMood
from tests.fakes.index import Ask, FakeIndex, Mood
from tests.fakes.retained_releases import RetainedReleases, other, sbom
from tests.policy.support import INVOCATION, spine_policy
from tests.test_evaluate_policy import COMPONENT, Place

NAME = "acme-secret"
"""Of a package, a folder and a document: what a public log must not show."""

TODAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
QUICK = http.Timeouts(connect_seconds=0.2, read_seconds=0.2, total_seconds=0.2, attempts=1, backoff_seconds=0)
LOCK = f"{NAME}==1.0 --hash=sha256:{'a' * 64}\n    # via -r requirements.in\n"
GOOD_FEED = snapshot(record("MAL-1", affected("other", versions=("1",)), modified="2026-11-27T00:00:00Z"))
OLD_FEED = snapshot(record("MAL-1", affected("other", versions=("1",)), modified="2026-11-01T00:00:00Z"))

READ_LOCKS = (
    "check_locks", "check_hashes", "check_vulnerabilities", "check_malware", "check_publishers", "generate_sbom",
    "scan_updates",
)  # fmt: skip
WITH_ADVISORIES = ("check_vulnerabilities", "check_malware")
SHIPPED, INTAKE, REVIEW, ASKED = "check_releases", "ingest_supplier", "review_suppliers", "find_affected"
WITH_ARTIFACTS = (SHIPPED, INTAKE, REVIEW)
QUESTION = ("other<1", "--offline")
BY_ADVISORY = ("MAL-1", "--offline", "--advisories={folder}/osv.zip")
MATCH = (*WITH_ADVISORIES, SHIPPED)
WITH_EXPLOITATION = ("check_vulnerabilities", SHIPPED)
GIVEN = ("--advisories={folder}/osv.zip",)
"""Advisories from a file, everything else from the network."""

ASK_THE_INDEX = ("check_hashes", "check_publishers", "generate_sbom", "scan_updates")
READ_THE_PROJECT = (*READ_LOCKS, "check_source", "generate_security_md", "evaluate_policy")


class World:
    """A project with one lock and a good run in its `dist/`, and what tests replace."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self.place = Place(folder)
        self.folder, self.root, self.patch, self._capfd = folder, self.place.project, patch, capfd
        self.place.put_records()
        self.write("pyproject.toml", '[project]\nname = "thing"\nversion = "1.0"\n')
        self.write("requirements.txt", LOCK)
        self.configure("")
        (folder / "osv.zip").write_bytes(GOOD_FEED)
        self.releases = RetainedReleases(folder / "artifacts", COMPONENT)
        self.releases.add("1.0", {NAME: "1.0"})

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def configure(self, text: str) -> None:
        self.place.configure(text)

    def run(self, stage: str, *words: str) -> tuple[int, str]:
        """Return the exit code and all output."""
        place = ["--project", str(self.root), "--dist", str(self.place.dist), "--version", "v1.0"]
        more = ["--policy", str(spine_policy())] if stage == "evaluate_policy" else []
        if stage in (*WITH_ARTIFACTS, ASKED):
            more = ["--artifacts", str(self.folder / "artifacts")]
        code: int = importlib.import_module(f"ops.supply_chain.{stage}").main([*place, *more, *words])
        out, err = self._capfd.readouterr()
        return code, out + err


class Way(NamedTuple):
    """One way in which something is not checked: what makes it, the stages it concerns, how they end, and their options."""

    make: Callable[[World], AbstractContextManager[None] | None]
    stages: tuple[str, ...]
    code: ExitCode
    words: tuple[str, ...] = ("--offline",)


def unread_file(world: World) -> None:
    world.write("requirements.txt", "# nothing is needed\n")
    world.write(f"{NAME}/pixi.lock", "packages: []\n")


def unread_script(world: World) -> None:
    world.write("requirements.txt", "# nothing is needed\n")
    world.write(f"{NAME}/tool.py", SCRIPT)


def stale_feed(world: World) -> None:
    (world.folder / "osv.zip").write_bytes(OLD_FEED)


def own_feed(world: World) -> None:
    (world.root / f"{NAME}.zip").write_bytes(GOOD_FEED)
    world.configure(f'[feeds]\nosv_snapshot = "{NAME}.zip"\n')


def missing_commit(world: World) -> None:
    git(world.root, "init", "-q", "-b", NAME)
    commit(world.root)
    found = git(world.root, "rev-parse", "HEAD")
    (world.root / ".git/objects" / found[:2] / found[2:]).unlink()


def broken_head(world: World) -> None:
    git(world.root, "init", "-q", "-b", NAME)
    commit(world.root)
    (world.root / ".git/HEAD").write_text(f"{NAME}\n")


def linked_lock(world: World) -> None:
    outside = world.folder / NAME
    outside.write_text("# nothing is needed\n")
    (world.root / "requirements.txt").unlink()
    (world.root / "requirements.txt").symlink_to(outside)


def linked_configuration(world: World) -> None:
    outside = world.folder / NAME
    outside.write_text("")
    (world.root / ".security-config.toml").unlink()
    (world.root / ".security-config.toml").symlink_to(outside)


@contextmanager
def slow_index(world: World) -> Iterator[None]:
    for module in (index_client, publishers):
        world.patch.setattr(module, "TIMEOUTS", QUICK)
    world.patch.setattr(index_client, "Timeouts", lambda: QUICK)
    with FakeIndex() as index:
        index.add_wheel(NAME, "1.0")
        for ask in Ask:
            index.misbehave(ask, Mood.DRIP)
        world.configure(f'[index]\nurl = "{index.url}"\njson_url = "{index.json_url}"\n')
        yield


@contextmanager
def slow_feed(world: World) -> Iterator[None]:
    world.patch.setattr(http, "Timeouts", lambda: QUICK)
    with dripping() as url:
        addresses = f'osv_snapshot = "{url}/{NAME}.zip"\nosv_api = "{url}"\n'
        world.configure(f'[feeds]\n{addresses}[index]\njson_url = "{url}"\n')
        yield


def weakened_profiles(world: World) -> None:
    world.configure('[policy]\nprofiles = ["release"]\n')


def own_rules(world: World) -> None:
    rule = "# METADATA\n# title: x\n# description: x\n# custom:\n#   fix: x\n"
    world.write(f"{NAME}/ours/ok/ok.rego", f"{rule}package sealwright.ours.ok\n\nimport rego.v1\n\npass := true\n")
    world.configure(f'[policy]\nfolders = ["{NAME}"]\nprofiles = ["ours"]\n')


def untrusted_vex(world: World) -> None:
    (world.folder / "osv.zip").write_bytes(
        snapshot(
            record("MAL-1", affected("other", versions=("1",)), modified="2026-11-27T00:00:00Z"),
            record("GHSA-x", affected(NAME, "introduced 0"), aliases=["CVE-2026-1"]),
        )
    )
    product = {"@id": f"pkg:pypi/{NAME}@1.0"}
    statement = {
        "vulnerability": {"name": "CVE-2026-1"}, "products": [product], "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }  # fmt: skip
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": f"https://{NAME}.example/vex", "author": NAME,
        "timestamp": "2026-11-01T00:00:00Z", "version": 1, "statements": [statement],
    }  # fmt: skip
    (world.folder / "vex.json").write_text(json.dumps(document))


def nothing_retained(world: World) -> None:
    shutil.rmtree(world.folder / "artifacts")


def listed_release(world: World) -> None:
    world.configure('[releases]\nsupported = ["2.0"]\n')


def changed_release(world: World) -> None:
    path = world.releases.sbom_path("1.0")
    path.write_bytes(path.read_bytes().replace(b'"1.0"', b'"1.1"'))


def linked_release(world: World) -> None:
    path = world.releases.sbom_path("1.0")
    path.rename(world.folder / "outside.json")
    path.symlink_to(world.folder / "outside.json")


def foreign_package(world: World) -> None:
    world.releases.add("1.1", {}, others=[other(f"pkg:npm/{NAME}@1.0.0")])


def unidentified_package(world: World) -> None:
    world.releases.add("1.1", {}, others=[other("", name=NAME)])


@contextmanager
def forbidden_github(world: World) -> Iterator[None]:
    nothing_retained(world)
    with FakeGithub() as service:
        service.misbehave(GithubAsk.LIST, GithubMood.FORBIDDEN)
        world.configure('[reporting]\ngithub = "acme/widget"\n')
        world.patch.setenv("GITHUB_API_URL", service.api)
        yield


def unsigned_document(world: World) -> None:
    (world.folder / f"{NAME}.json").write_bytes(sbom(NAME, "1.0", {"a": "1"}))


def unreadable_document(world: World) -> None:
    (world.folder / f"{NAME}.json").write_text("{")


def empty_folder(world: World) -> None:
    (world.folder / f"{NAME}.json").mkdir()


def damaged_registry(world: World) -> None:
    unsigned_document(world)
    (world.folder / "artifacts/registry.sqlite").write_text("no database")


def changed_document(world: World) -> None:
    unsigned_document(world)
    assert world.run(INTAKE, str(world.folder / f"{NAME}.json"))[0] == ExitCode.DENIED
    [stored] = (world.folder / "artifacts/suppliers/sha256").glob("*/*/document")
    stored.chmod(0o600)
    stored.write_text("{}")


def silent_registry(world: World) -> None:
    unsigned_document(world)
    pytest.importorskip("psycopg")
    world.patch.setenv("SEALWRIGHT_REGISTRY_URL", f"postgresql://{NAME}@127.0.0.1:1/x?connect_timeout=1")


def _with_catalog(world: World, data: bytes) -> None:
    """A vulnerability that no gate fails for, and a catalog of exploited ones of the project's own."""
    (world.folder / "osv.zip").write_bytes(
        snapshot(
            record("MAL-1", affected("other", versions=("1",)), modified="2026-11-27T00:00:00Z"),
            record("GHSA-x", affected(NAME, "introduced 0"), aliases=["CVE-2026-0001"]),
        )
    )
    world.configure(f'[feeds]\nkev = "{NAME}.json"\n[gate]\nfail_on = "critical"\n')
    (world.root / f"{NAME}.json").write_bytes(data)


def damaged_catalog(world: World) -> None:
    _with_catalog(world, kev(dateReleased="2026-11-27T00:00:00Z")[:-20])


def half_a_catalog(world: World) -> None:
    _with_catalog(world, kev(dateReleased="2026-11-27T00:00:00Z", filler=500))


def old_catalog(world: World) -> None:
    _with_catalog(world, kev(dateReleased="2026-10-27T00:00:00Z"))


def missing_catalog(world: World) -> None:
    _with_catalog(world, b"")
    (world.root / f"{NAME}.json").unlink()


@contextmanager
def slow_catalog(world: World) -> Iterator[None]:
    world.patch.setattr(http, "Timeouts", lambda: QUICK)
    with dripping() as url:
        _with_catalog(world, b"")
        world.configure(f'[feeds]\nkev = "{url}/{NAME}.json"\n[gate]\nfail_on = "critical"\n')
        yield


def quarantined_document(world: World) -> None:
    unsigned_document(world)
    assert world.run(INTAKE, str(world.folder / f"{NAME}.json"))[0] == ExitCode.DENIED


def damaged_backlog(world: World) -> None:
    quarantined_document(world)
    (world.folder / "artifacts/suppliers/backlog.json").write_text("{")


def lost_registry(world: World) -> None:
    quarantined_document(world)
    world.run(REVIEW, "--offline")
    (world.folder / "artifacts/suppliers/backlog.json").write_text(
        '{"schema": "supplier-backlog/1", "tenant": "sealwright"}'
    )
    for path in (world.folder / "artifacts").glob("registry.sqlite*"):
        path.unlink()


def several_indexes(world: World) -> None:
    world.patch.setenv("PIP_EXTRA_INDEX_URL", f"https://{NAME}.example/simple")


DOCUMENT = ("{folder}/" + f"{NAME}.json",)

WAYS = {
    "a file that is recognised and not read": Way(unread_file, READ_LOCKS, ExitCode.NOT_EXAMINED),
    "a script that declares dependencies": Way(unread_script, READ_LOCKS, ExitCode.NOT_EXAMINED),
    "a stale feed": Way(stale_feed, MATCH, ExitCode.NOT_EXAMINED),
    "a feed of the project's own": Way(own_feed, MATCH, ExitCode.NOT_EXAMINED, ()),
    "a missing git object": Way(missing_commit, READ_THE_PROJECT, ExitCode.NOT_EXAMINED),
    "a HEAD that git cannot read": Way(broken_head, READ_THE_PROJECT, ExitCode.NOT_EXAMINED),
    "a lock behind a link that leads outside": Way(linked_lock, READ_LOCKS, ExitCode.INPUT),
    "a configuration behind a link that leads outside": Way(
        linked_configuration, (*READ_THE_PROJECT, *WITH_ARTIFACTS), ExitCode.INPUT
    ),
    "an index that sends a byte at a time": Way(slow_index, ASK_THE_INDEX, ExitCode.NOT_EXAMINED, ()),
    "a feed that sends a byte at a time": Way(slow_feed, MATCH, ExitCode.NOT_EXAMINED, ()),
    "VEX of an author that is not known": Way(untrusted_vex, ("check_vulnerabilities", SHIPPED), ExitCode.DENIED),
    "no retained release": Way(nothing_retained, (SHIPPED,), ExitCode.NOT_EXAMINED),
    "no retained release, and no repository": Way(
        nothing_retained, (SHIPPED,), ExitCode.NOT_EXAMINED, ("--offline", "--restore")
    ),
    "a release that is listed and not retained": Way(listed_release, (SHIPPED,), ExitCode.NOT_EXAMINED),
    "a retained release that was changed": Way(changed_release, (SHIPPED,), ExitCode.DENIED),
    "a retained release behind a link that leads outside": Way(linked_release, (SHIPPED,), ExitCode.DENIED),
    "a retained release without signatures": Way(
        lambda _: None, (SHIPPED,), ExitCode.DENIED, ("--offline", "--verify=all")
    ),
    "a shipped package of an ecosystem without a feed": Way(foreign_package, (SHIPPED,), ExitCode.NOT_EXAMINED),
    "a shipped package that nothing identifies": Way(unidentified_package, (SHIPPED,), ExitCode.NOT_EXAMINED),
    "a repository that refuses to answer": Way(
        forbidden_github, (SHIPPED,), ExitCode.NOT_EXAMINED, ("--advisories={folder}/osv.zip", "--restore")
    ),
    "a supplier's document without a signature": Way(unsigned_document, (INTAKE,), ExitCode.DENIED, DOCUMENT),
    "a supplier's document that cannot be read": Way(unreadable_document, (INTAKE,), ExitCode.DENIED, DOCUMENT),
    "a supplier's folder without a document": Way(empty_folder, (INTAKE,), ExitCode.NOT_EXAMINED, DOCUMENT),
    "a registry that is no database": Way(damaged_registry, (INTAKE,), ExitCode.INPUT, DOCUMENT),
    "a registry to review that is no database": Way(damaged_registry, (REVIEW,), ExitCode.INPUT),
    "a registry to review that does not answer": Way(silent_registry, (REVIEW,), ExitCode.NOT_EXAMINED),
    "a document in quarantine": Way(quarantined_document, (REVIEW,), ExitCode.NOT_EXAMINED),
    "a backlog that is damaged": Way(damaged_backlog, (REVIEW,), ExitCode.INPUT),
    "a backlog without its registry": Way(lost_registry, (REVIEW,), ExitCode.NOT_EXAMINED),
    "a registry that does not answer": Way(silent_registry, (INTAKE,), ExitCode.NOT_EXAMINED, DOCUMENT),
    "a stored document that was changed": Way(changed_document, (INTAKE,), ExitCode.INPUT, ("--rebuild",)),
    "a question over an unread file": Way(unread_file, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question over an unread script": Way(unread_script, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question over a lock behind a link": Way(linked_lock, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question without git": Way(missing_commit, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question over a changed release": Way(changed_release, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question over a linked release": Way(linked_release, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question over a damaged registry": Way(damaged_registry, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question to a registry that does not answer": Way(silent_registry, (ASKED,), ExitCode.NOT_EXAMINED, QUESTION),
    "a question to a stale feed": Way(stale_feed, (ASKED,), ExitCode.NOT_EXAMINED, BY_ADVISORY),
    "a question to a feed of the project's own": Way(own_feed, (ASKED,), ExitCode.NOT_EXAMINED, ("MAL-1", "--offline")),
    "a question without a feed": Way(lambda _: None, (ASKED,), ExitCode.NOT_EXAMINED, ("MAL-1", "--offline")),
    "a question about what no feed knows": Way(
        lambda _: None, (ASKED,), ExitCode.NOT_EXAMINED, ("CVE-2026-1", "--offline", "--advisories={folder}/osv.zip")
    ),
    "a damaged catalog of exploited vulnerabilities": Way(damaged_catalog, WITH_EXPLOITATION, ExitCode.NOT_EXAMINED),
    "half a catalog of them": Way(half_a_catalog, WITH_EXPLOITATION, ExitCode.NOT_EXAMINED),
    "an old catalog of them": Way(old_catalog, WITH_EXPLOITATION, ExitCode.NOT_EXAMINED),
    "a catalog of them that is missing": Way(missing_catalog, WITH_EXPLOITATION, ExitCode.NOT_EXAMINED),
    "a catalog of them that comes a byte at a time": Way(slow_catalog, WITH_EXPLOITATION, ExitCode.NOT_EXAMINED, GIVEN),
    "fewer profiles": Way(weakened_profiles, ("evaluate_policy",), ExitCode.DENIED),
    "rules of the project's own": Way(own_rules, ("evaluate_policy",), ExitCode.DENIED),
    "an index that only the environment names": Way(
        several_indexes, (*READ_LOCKS, "compile_locks"), ExitCode.USAGE, ()
    ),
}
CELLS = [pytest.param(stage, name, id=f"{stage}: {name}") for name, way in WAYS.items() for stage in way.stages]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> World:
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: TODAY)
    monkeypatch.setattr("ops.supply_chain.gather.assurance.policy.BUILT_IN", spine_policy())
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    return World(tmp_path, monkeypatch, capfd)


@pytest.mark.parametrize(("stage", "name"), CELLS)
def test_no_cell_passes(world: World, stage: str, name: str) -> None:
    way = WAYS[name]
    words = [word.replace("{folder}", str(world.folder)) for word in way.words]
    if stage in MATCH and "--offline" in words:
        words += ["--advisories", str(world.folder / "osv.zip")]
    if way.make is untrusted_vex:
        words += ["--vex", str(world.folder / "vex.json")]
    if stage == "generate_sbom" and "--offline" in words:
        words += ["--no-enrich"]
    if stage == "evaluate_policy":
        world.patch.setenv("SEALWRIGHT_INVOCATION", INVOCATION)
    with ExitStack() as stack:
        if made := way.make(world):
            stack.enter_context(made)
        shown, public = world.run(stage, *words), world.run(stage, *words, "--public-log")
    assert (shown[0], public[0]) == (way.code, way.code), shown[1]
    for text in (shown[1], public[1]):
        assert "clean" not in text.lower()
        assert not any(word in text for word in (f"{stage}: pass", "allow (pass)", "Traceback"))
    assert NAME not in public[1]


def test_the_same_without_any_of_these_passes(world: World) -> None:
    with world.patch.context() as patch:
        patch.setenv("SEALWRIGHT_INVOCATION", INVOCATION)
        assert world.run("evaluate_policy")[0] == ExitCode.PASS
    given = ["--offline", "--advisories", str(world.folder / "osv.zip")]
    assert {stage: world.run(stage, *given)[0] for stage in MATCH} == dict.fromkeys(MATCH, 0)
    assert world.run("generate_sbom", "--offline", "--no-enrich")[0] == ExitCode.PASS
    by_advisory = [word.replace("{folder}", str(world.folder)) for word in BY_ADVISORY]
    assert [world.run(ASKED, *words)[0] for words in (QUESTION, by_advisory)] == [ExitCode.PASS, ExitCode.PASS]
