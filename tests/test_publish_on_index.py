"""Publishing on a package index: never silently in part, never other bytes, and each failure with its own words and code."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ops.supply_chain import publish_release
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index import trusted_publishing
from ops.supply_chain.adapters.tools import uv_publish
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.gather.release import index_publication
from ops.supply_chain.gather.release.index_publication import Patience
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.fakes.distributions import SDIST, WHEEL
from tests.fakes.published import verifier
from tests.fakes.upload_index import API_TOKEN, REQUEST_TOKEN, Ask, Kind, UploadIndex, identity_token
from tests.release.distribution_world import DISTRIBUTIONS, world_of
from tests.release.signing_world import identity

QUICK = Timeouts(connect_seconds=1, read_seconds=0.3, total_seconds=2, attempts=2, backoff_seconds=0.001)
OTHER = b"another file under this name"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a signed release with two distributions; every test has its own copy."""
    base = tmp_path_factory.mktemp("signed")
    with pytest.MonkeyPatch.context() as patch, RehearsalInstance() as instance:
        world_of(base, instance, patch).must_sign()
    return base


class Publication:
    """A signed release, the index that it goes to, and the platform that gives identity tokens."""

    def __init__(self, base: Path, index: UploadIndex, patch: pytest.MonkeyPatch) -> None:
        self.base, self.index, self.patch = base, index, patch
        self.release = base / "dist" / "release"
        patch.setenv("SEALWRIGHT_TRUST_CONFIG", str(base / "trust_config.json"))
        self.trusted()
        self.config()

    def config(self, text: str = "", **options: Any) -> None:
        entry = text or self.index.config(**options)
        path = self.base / "project" / ".security-config.toml"
        path.write_text(f'component_name = "N"\n{identity()}{entry}')

    def trusted(self) -> None:
        """Run as a job of GitHub that may request identity tokens."""
        self.patch.setenv("GITHUB_ACTIONS", "true")
        self.patch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN)
        self.patch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{self.index.address}/identity?x=1")

    def untrusted(self, token: str = "") -> None:
        """Run elsewhere, with a token in the environment or none."""
        for name in ("GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"):
            self.patch.delenv(name, raising=False)
        if token:
            self.patch.setenv("UV_PUBLISH_TOKEN", token)

    def run(self, *more: str, index: str = "own") -> int:
        folders = {"project": "project", "dist": "dist", "artifacts": "artifacts"}
        words = [word for name, path in folders.items() for word in (f"--{name}", str(self.base / path))]
        return publish_release.main([*words, "--version", "V", "--index", index, *more])

    def record(self) -> Any:
        return json.loads((self.base / "dist/records/publish_release.json").read_bytes())

    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.record()["findings"]]

    def assert_published(self, *, attested: bool = True) -> None:
        assert self.index.files == DISTRIBUTIONS
        for name in DISTRIBUTIONS:
            ours = json.loads((self.release / f"{name}.publish.attestation").read_bytes())
            assert self.index.provenance[name] == ([ours] if attested else [])


@pytest.fixture
def index() -> Iterator[UploadIndex]:
    with UploadIndex() as found:
        yield found


@pytest.fixture
def case(signed: Path, tmp_path: Path, index: UploadIndex, monkeypatch: pytest.MonkeyPatch) -> Publication:
    monkeypatch.setattr(publish_release, "VERIFIER", verifier(0))
    monkeypatch.setattr(publish_release, "INDEX_TIMEOUTS", QUICK)
    monkeypatch.setattr(trusted_publishing, "TIMEOUTS", QUICK._replace(attempts=1))
    monkeypatch.setattr(index_publication, "PATIENCE", Patience(reads=3, pause_seconds=0.001))
    monkeypatch.setattr(uv_publish, "ANSWER_SECONDS", 1)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("UV_PUBLISH_TOKEN", raising=False)
    shutil.copytree(signed, tmp_path, dirs_exist_ok=True)
    return Publication(tmp_path, index, monkeypatch)


@pytest.fixture(autouse=True)
def _no_secret_shows(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[None]:
    yield
    said = "".join(capfd.readouterr())
    written = [path.read_bytes().decode("utf-8", "replace") for path in tmp_path.rglob("*.json")]
    for secret in (API_TOKEN, REQUEST_TOKEN, "pypi-minted-", identity_token(1)):
        assert secret not in said
        assert not any(secret in text for text in written)


# what is published


def test_the_distributions_are_published_with_their_attestations(
    case: Publication, capfd: pytest.CaptureFixture[str]
) -> None:
    assert case.run() == 0
    case.assert_published()
    assert case.index.uploads == [WHEEL, SDIST]
    assert capfd.readouterr().out.splitlines()[:4] == [
        "published on own",
        f"  uploaded  {WHEEL}",
        f"  uploaded  {SDIST}",
        "  read back list, bytes and attestations",
    ]
    record = case.record()
    assert record["counts"] == {"files": 2, "uploaded": 2, "kept": 0, "replaced": 0}
    assert record["options"] == {"index": "own", "dry_run": "false", "attestations": "true"}
    assert [ref["sha256"] for ref in record["reads"]] == [sha256_bytes(DISTRIBUTIONS[name]) for name in (WHEEL, SDIST)]


def test_a_second_run_uploads_nothing_and_needs_no_token(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    assert case.run() == 0
    capfd.readouterr()
    case.untrusted()
    assert case.run() == 0
    assert case.index.asked(Ask.UPLOAD) == 2
    assert capfd.readouterr().out.startswith("published on own before, complete and identical\n")


def test_a_dry_run_needs_no_token_and_sends_nothing(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    case.untrusted()
    assert case.run("--dry-run") == 0
    assert {ask for ask, _ in case.index.requests} == {Ask.SIMPLE}
    assert capfd.readouterr().out.startswith("would publish 2 of 2 files on own; nothing was sent\n")


@pytest.mark.parametrize("form", ["json", "html"])
def test_with_a_token_from_the_environment(case: Publication, form: str) -> None:
    case.untrusted(API_TOKEN)
    case.index.form = form
    case.config(attestations=False)
    assert case.run() == 0
    case.assert_published(attested=False)
    assert case.index.asked(Ask.MINT) == 0


def test_only_what_is_missing_is_uploaded(case: Publication) -> None:
    attestation = json.loads((case.release / f"{WHEEL}.publish.attestation").read_bytes())
    case.index.put(WHEEL, DISTRIBUTIONS[WHEEL], [attestation])
    assert case.run() == 0
    case.assert_published()
    assert case.index.uploads == [SDIST]


# what is refused before anything is sent

EARLY: dict[str, tuple[Callable[[Publication], object], int, str]] = {
    "other bytes under our name": (lambda case: case.index.put(SDIST, OTHER), 4, "publish.index-differs"),
    "another file of this version": (
        lambda case: case.index.put("demo-1.0-cp313-cp313-win32.whl", OTHER),
        4,
        "publish.index-extra",
    ),
    "the same file without attestation": (
        lambda case: case.index.put(WHEEL, DISTRIBUTIONS[WHEEL]),
        4,
        "publish.index-unattested",
    ),
    "the same file with another's attestation": (
        lambda case: case.index.put(
            WHEEL,
            DISTRIBUTIONS[WHEEL],
            [json.loads((case.release / f"{SDIST}.publish.attestation").read_bytes())],
        ),
        4,
        "publish.index-unattested",
    ),
    "the release does not verify": (
        lambda case: case.patch.setattr(publish_release, "VERIFIER", verifier(4)),
        4,
        "publish.not-verified",
    ),
    "the verifier cannot check": (lambda case: case.patch.setattr(publish_release, "VERIFIER", verifier(5)), 5, ""),
    "no attestation in the release": (lambda case: (case.release / f"{WHEEL}.publish.attestation").unlink(), 2, ""),
    "no token": (lambda case: case.untrusted(), 2, ""),
    "a token, where attestations need Trusted Publishing": (lambda case: case.untrusted(API_TOKEN), 2, ""),
    "an identity that is not registered": (
        lambda case: setattr(case.index, "refuse_identity", "invalid-publisher"),
        4,
        "publish.index-token",
    ),
    "no Trusted Publishing there": (
        lambda case: case.index.fault(Ask.AUDIENCE, Kind.MISSING),
        4,
        "publish.index-token",
    ),
    "Trusted Publishing switched off": (
        lambda case: case.index.fault(Ask.AUDIENCE, Kind.REFUSE),
        4,
        "publish.index-token",
    ),
    "the exchange redirects": (lambda case: case.index.fault(Ask.MINT, Kind.REDIRECT, 3), 5, ""),
    "the audience is nonsense": (lambda case: case.index.fault(Ask.AUDIENCE, Kind.NONSENSE), 5, ""),
    "the exchange is cut again and again": (lambda case: case.index.fault(Ask.MINT, Kind.CUT, 3), 5, ""),
    "the platform gives no identity": (lambda case: case.index.fault(Ask.IDENTITY, Kind.DOWN, 9), 5, ""),
    "the index is down": (lambda case: case.index.fault(Ask.SIMPLE, Kind.DOWN, 2), 5, ""),
    "the index is cut": (lambda case: case.index.fault(Ask.SIMPLE, Kind.CUT, 2), 5, ""),
    "the index is slow": (lambda case: case.index.fault(Ask.SIMPLE, Kind.SLOW, 2), 5, ""),
    "the page is nonsense": (lambda case: case.index.fault(Ask.SIMPLE, Kind.NONSENSE, 2), 5, ""),
    "the page is refused": (lambda case: case.index.fault(Ask.SIMPLE, Kind.REFUSE), 5, ""),
}


@pytest.mark.parametrize("name", EARLY)
def test_nothing_is_uploaded(name: str, case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    arrange, code, finding = EARLY[name]
    arrange(case)
    before = dict(case.index.files)
    assert case.run() == code
    assert case.index.asked(Ask.UPLOAD) == 0
    assert case.index.files == before
    assert [finding] == case.codes() if finding else "error:" in capfd.readouterr().err


def test_a_release_that_the_index_has_closed_is_named_before_anything_is_sent(case: Publication) -> None:
    attestation = json.loads((case.release / f"{WHEEL}.publish.attestation").read_bytes())
    case.index.put(WHEEL, DISTRIBUTIONS[WHEEL], [attestation])
    case.index.upload_time = "2020-01-01T00:00:00.000000Z"
    assert case.run() == 4
    assert case.codes() == ["publish.index-closed"]
    assert case.index.uploads == []
    case.config(closes=0)
    assert case.run() == 0


# uploads that go wrong


class Fault(NamedTuple):
    """What goes wrong, how often, and what follows: exit code, finding, files on the index, exit code of the next run."""

    kind: Kind
    times: int
    code: int
    finding: str = ""
    there: tuple[str, ...] = ()
    again: int = 0


UPLOADS = {
    "refused": Fault(Kind.REFUSE, 1, 4, "publish.index-refused"),
    "bad": Fault(Kind.BAD, 1, 4, "publish.index-refused"),
    "redirected": Fault(Kind.REDIRECT, 3, 5),
    "down for a moment": Fault(Kind.DOWN, 2, 0, there=(WHEEL, SDIST)),
    "down": Fault(Kind.DOWN, 3, 5),
    "cut for a moment": Fault(Kind.CUT, 1, 0, there=(WHEEL, SDIST)),
    "cut": Fault(Kind.CUT, 3, 5),
    "the answer is lost": Fault(Kind.LOST, 1, 0, there=(WHEEL, SDIST)),
    "every answer is lost": Fault(Kind.LOST, 2, 0, there=(WHEEL, SDIST)),
    "sent twice on the way": Fault(Kind.REPEATED, 1, 0, there=(WHEEL, SDIST)),
    "a captive portal": Fault(Kind.NONSENSE, 2, 5),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_goes_wrong(name: str, case: Publication) -> None:
    fault = UPLOADS[name]
    case.index.fault(Ask.UPLOAD, fault.kind, fault.times)
    assert case.run() == fault.code
    assert tuple(case.index.uploads) == fault.there
    assert not fault.finding or case.codes() == [fault.finding]
    assert case.run() == fault.again
    case.assert_published()
    assert sorted(case.index.uploads) == sorted([WHEEL, SDIST])


def test_the_second_upload_is_refused_and_the_first_is_named(
    case: Publication, capfd: pytest.CaptureFixture[str]
) -> None:
    take = case.index.take
    case.patch.setattr(
        case.index, "take", lambda form, name, token: (403, b"no") if name == SDIST else take(form, name, token)
    )
    assert case.run() == 4
    found = capfd.readouterr()
    said = found.out + found.err
    assert f"uploaded in this run: {WHEEL}; of 2 files" in said
    assert f"missing   {SDIST}" in said
    case.patch.setattr(case.index, "take", take)
    assert case.run() == 0
    case.assert_published()


def test_a_slow_upload_ends(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    case.patch.setattr(index_publication, "ATTEMPTS", 1)
    case.index.fault(Ask.UPLOAD, Kind.SLOW)
    assert case.run() == 5
    assert "nothing was uploaded; of 2 files" in capfd.readouterr().err


def test_someone_else_is_faster_with_the_same_bytes(case: Publication) -> None:
    """The index answers "already exists" for equal bytes, as some do: the file that is there is ours."""
    attestation = json.loads((case.release / f"{WHEEL}.publish.attestation").read_bytes())

    def take(form: dict[str, bytes], name: str, token: str) -> tuple[int, bytes]:
        case.index.put(name, form["content"], json.loads(form["attestations"]))
        return 400, b"File already exists"

    case.patch.setattr(case.index, "take", take)
    assert case.run() == 0
    assert case.index.provenance[WHEEL] == [attestation]


def test_someone_else_is_faster_with_other_bytes(case: Publication) -> None:
    def take(form: dict[str, bytes], name: str, token: str) -> tuple[int, bytes]:
        case.index.put(name, OTHER)
        return 400, b"File already exists"

    case.patch.setattr(case.index, "take", take)
    assert case.run() == 4
    assert case.codes() == ["publish.index-differs"]


def test_a_name_that_was_deleted_once_is_refused(case: Publication) -> None:
    case.patch.setattr(
        case.index, "take", lambda *_: (400, b"This filename has already been used, use a different version.")
    )
    assert case.run() == 4
    assert case.codes() == ["publish.index-refused"]


# what is served afterwards


def test_what_appears_late_is_waited_for(case: Publication) -> None:
    case.index.hide_new = 2
    assert case.run() == 0


def test_what_does_not_appear_is_not_confirmed(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    case.index.hide_new = 100
    assert case.run() == 5
    assert f"the index does not list yet: {WHEEL}, {SDIST}" in capfd.readouterr().err.replace(
        f"{SDIST}, {WHEEL}", f"{WHEEL}, {SDIST}"
    )


def test_other_bytes_are_served(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    case.index.swap[WHEEL] = OTHER
    assert case.run() == 6
    assert "the index serves other bytes than it lists" in capfd.readouterr().err


def test_another_digest_is_listed(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    take = case.index.take

    def swapped(form: dict[str, bytes], name: str, token: str) -> tuple[int, bytes]:
        answer = take(form, name, token)
        case.index.listed[name] = "0" * 64
        return answer

    case.patch.setattr(case.index, "take", swapped)
    assert case.run() == 6
    assert "the index has other bytes under this name" in capfd.readouterr().err


def test_attestations_are_dropped(case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    case.index.drop_attestations = True
    assert case.run() == 6
    assert "the index serves no attestation of it, although it was uploaded" in capfd.readouterr().err
    assert case.run() == 4
    assert case.codes() == ["publish.index-unattested"] * 2


AFTER = {
    "the Integrity API is down": (Ask.INTEGRITY, Kind.DOWN, 99, 5),
    "the Integrity API is not there": (Ask.INTEGRITY, Kind.MISSING, 99, 5),
    "the Integrity API is down for a moment": (Ask.INTEGRITY, Kind.DOWN, 3, 0),
    "files are down": (Ask.FILE, Kind.DOWN, 99, 5),
    "files are cut": (Ask.FILE, Kind.CUT, 99, 5),
    "provenance is nonsense": (Ask.INTEGRITY, Kind.NONSENSE, 99, 5),
}


@pytest.mark.parametrize("name", AFTER)
def test_what_cannot_be_read_back_is_not_a_pass(name: str, case: Publication) -> None:
    ask, kind, times, code = AFTER[name]
    case.index.fault(ask, kind, times)
    assert case.run() == code
    assert sorted(case.index.uploads) == sorted(DISTRIBUTIONS)
    case.index._faults.clear()
    assert case.run() == 0


# which index


NAMES: dict[str, tuple[str, str]] = {
    "unknown": ("", "no package index has the name 'other'"),
    "twice": ('[[indexes]]\nname = "other"\n[[indexes]]\nname = "other"\n', "two entries have the name"),
    "without an upload address": ('[[indexes]]\nname = "other"\nsimple_url = "https://x.invalid/"\n', "no upload_url"),
    "without a simple API": ('[[indexes]]\nname = "other"\nupload_url = "https://x.invalid/"\n', "no simple_url"),
    "attestations without an API": (
        (
            '[[indexes]]\nname = "other"\nupload_url = "https://x.invalid/"\nsimple_url = "https://x.invalid/s/"\n'
            "attestations = true\n"
        ),
        "no integrity_url",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_index_that_is_not_configured(name: str, case: Publication, capfd: pytest.CaptureFixture[str]) -> None:
    text, expected = NAMES[name]
    case.config(text or " ")
    assert case.run(index="other") == 2
    assert expected in capfd.readouterr().err


def test_offline_and_in_a_rehearsal_nothing_is_published(case: Publication) -> None:
    assert case.run("--offline") == 5
    case.patch.setenv("SEALWRIGHT_REHEARSAL", "1")
    assert case.run() == 2
    assert case.index.requests == []


def test_a_file_that_changes_while_it_is_verified_is_not_published(case: Publication) -> None:
    change = f"echo x >> {case.release / SDIST}; exit 0"
    case.patch.setattr(publish_release, "VERIFIER", ("/bin/sh", "-c", change, "sh"))
    assert case.run() == 6
    assert case.index.asked(Ask.UPLOAD) == 0


def test_any_sequence_of_faults_ends_published_or_said(case: Publication) -> None:
    """Random faults of every kind, run after run: what is there is ours, exit 0 means complete, and in the end it is."""
    generator = random.Random(10)  # noqa: S311 - cases, not secrets
    kinds = [kind for kind in Kind if kind is not Kind.SLOW]
    for _ in range(6):
        for _ in range(3):
            case.index.fault(generator.choice(list(Ask)), generator.choice(kinds))
        code = case.run()
        assert code in (0, 4, 5)
        assert all(DISTRIBUTIONS[name] == data for name, data in case.index.files.items())
        assert code != 0 or case.index.files == DISTRIBUTIONS
        case.index._faults.clear()
    assert case.run() == 0
    case.assert_published()
