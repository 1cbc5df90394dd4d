"""Publishing never shows a release that is not whole, whatever GitHub, the network or the machine does."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain import publish_release
from ops.supply_chain.adapters.github import client as github_adapter
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.core.outcome import Outcome
from tests.fakes.github import TOKEN, Ask, Asset, FakeGithub, Mood, Seen
from tests.fakes.matrix import diagonals
from tests.fakes.published import COMMIT, FILES, VERSION, Published, verifier
from tests.typed import typed

QUICK = Timeouts(
    connect_seconds=5,
    read_seconds=5,
    total_seconds=30,
    attempts=3,
    backoff_seconds=0.001,
    retry_after_seconds=0.5,
    concurrency=3,
)


HURRIED = QUICK._replace(read_seconds=0.6, attempts=2)
"""Where an answer never comes: nobody wants to wait for it three times."""


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    with FakeGithub() as service:
        monkeypatch.setenv("GITHUB_API_URL", service.api)
        monkeypatch.setenv("GH_TOKEN", TOKEN)
        monkeypatch.delenv("GITHUB_TOKEN", raising=False)
        monkeypatch.setattr(github_adapter, "TIMEOUTS", QUICK)
        monkeypatch.setattr(publish_release, "VERIFIER", verifier(0))
        yield service


@pytest.fixture
def case(tmp_path: Path, github: FakeGithub) -> Published:
    return Published(tmp_path, github)


@pytest.fixture(autouse=True)
def _no_secret_shows(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[None]:
    """Whatever a test does: the token, the redirect's signature and a quoted password show nowhere."""
    yield
    said = "".join(capfd.readouterr())
    written = [path.read_bytes().decode("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (TOKEN, "s3cr3tSignature", "me:pw", "secret-query"):
        assert secret not in said
        assert not any(secret in text for text in written)


def test_a_release_is_published_whole(case: Published, capfd: pytest.CaptureFixture[str]) -> None:
    assert case.run() == 0
    case.assert_published()
    assert case.github.sent == dict.fromkeys(case.files, 1)
    assert case.github.tags == {VERSION: COMMIT}
    assert capfd.readouterr().out == (
        "published 1.0 to acme/widget: https://github.com/acme/widget/releases/tag/1.0\n"
        + "".join(f"  upload    {name}\n" for name in sorted(case.files))
    )


def test_a_rehearsal_is_never_published(
    case: Published, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")  # the verifier would accept one
    assert case.run() == 2
    assert capfd.readouterr().err == typed(
        "error: SEALWRIGHT_REHEARSAL is set, and a rehearsal is never published\n"
        "  next: Unset SEALWRIGHT_REHEARSAL, and publish a real release: nox -s release.\n",
        case.root,
    )
    assert case.github.requests == []


def test_the_record_says_what_was_done(case: Published) -> None:
    case.run()
    record = case.record()
    assert record.outcome is Outcome.PASS
    assert record.counts == {"files": 6, "uploaded": 6, "kept": 0, "replaced": 0}
    assert record.options == {"repository": "acme/widget", "tag": "1.0", "dry_run": "false", "delete_extra": "false"}
    assert [ref.path for ref in record.reads] == [f"dist:release/{name}" for name in sorted(case.files)]


def test_it_becomes_public_in_the_last_change_and_only_once(case: Published) -> None:
    case.run()
    changes = [seen.ask for seen in case.github.requests if seen.method != "GET"]
    assert changes == [Ask.CREATE, *[Ask.UPLOAD] * 6, Ask.PUBLISH]


def test_uploads_run_together_within_the_bound(case: Published) -> None:
    case.github.slow_seconds = 0.05
    assert case.run() == 0
    assert case.github.most_at_once == QUICK.concurrency


def test_a_second_run_confirms_and_changes_nothing(case: Published, capfd: pytest.CaptureFixture[str]) -> None:
    case.run()
    capfd.readouterr()
    before = len(case.github.requests)
    assert case.run() == 0
    assert {seen.method for seen in case.github.requests[before:]} == {"GET"}
    assert capfd.readouterr().out == (
        "1.0 was published before, complete and identical: https://github.com/acme/widget/releases/tag/1.0\n"
        "  kept      6 files\n"
    )


def test_a_published_release_without_digests_is_read_back(case: Published) -> None:
    case.run()
    case.github.digests = False
    assert case.run() == 0
    assert case.github.asked(Ask.BYTES) == 6
    public = case.github.public(VERSION)
    assert public is not None
    public.assets["N-1.0-trusted_root.json"].data = b"[]"  # the same size
    assert case.run() == 4


def test_a_published_release_that_differs_is_refused_and_left_alone(
    case: Published, capfd: pytest.CaptureFixture[str]
) -> None:
    case.github.expected = None
    files = {**case.files, "n-1.0-py3-none-any.whl": b"another", "more.txt": b"more"}
    del files["N-1.0-sbom.cdx.json"]
    case.github.add(VERSION, files)
    case.github.tags[VERSION] = COMMIT
    assert case.run() == 4
    assert {seen.method for seen in case.github.requests} == {"GET"}
    assert [(one.code, one.message) for one in case.record().findings] == [
        ("publish.differs", "published 1.0, N-1.0-sbom.cdx.json: is missing there"),
        ("publish.differs", "published 1.0, more.txt: is there and not in this release"),
        ("publish.differs", "published 1.0, n-1.0-py3-none-any.whl: expected 100000 bytes, found 7"),
    ]
    assert "A published release is never changed" in capfd.readouterr().out


class TestVerification:
    @pytest.mark.parametrize(
        ("code", "expected"), [(4, 4), (5, 5), (3, 3), (2, 2), (1, 6), (6, 6), (130, 6), (-9, 6), (77, 6)]
    )
    def test_what_does_not_verify_is_not_sent(
        self, case: Published, monkeypatch: pytest.MonkeyPatch, code: int, expected: int
    ) -> None:
        words = verifier(code) if code >= 0 else ("/bin/sh", "-c", "kill -9 $$", "sh")
        monkeypatch.setattr(publish_release, "VERIFIER", words)
        assert case.run() == expected
        assert case.github.requests == []

    def test_the_refusal_says_what_to_do(
        self, case: Published, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(publish_release, "VERIFIER", verifier(4))
        case.run()
        out, err = capfd.readouterr()
        assert out == typed(
            "not published; nothing was sent\n\nHIGH\n  publish.not-verified\n"
            "    what: dist/release/ does not verify\n    next: Run nox -s verify"
            " and do what it says, or make the release again: nox -s release.\n",
            case.root,
            case.folder / "artifacts",
        )
        assert "verifier speaks" in err
        assert [one.code for one in case.record().findings] == ["publish.not-verified"]

    def test_the_default_verifier_is_ours_in_a_process_of_its_own(
        self, case: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ops.supply_chain.adapters.tools import verifier as adapter

        seen: list[tuple[list[str], dict[str, str]]] = []

        def fake(command: list[str], *, environment: dict[str, str]) -> int:
            seen.append((list(command), dict(environment)))
            return 0

        monkeypatch.setattr(publish_release, "VERIFIER", ())
        monkeypatch.setattr(adapter, "run_verifier", fake)
        assert case.run() == 0
        [(command, environment)] = seen
        assert command[1:6] == [
            "-Im",
            "ops.supply_chain.verify_release",
            str(case.release),
            "--project",
            str(case.root),
        ]
        assert list(environment) == ["SEALWRIGHT_INVOCATION"]

    @pytest.mark.parametrize(("mode", "expected"), [("checksums", 0), ("sigstore", 4)])
    def test_what_is_not_signed_is_published_only_where_that_is_configured(
        self, case: Published, monkeypatch: pytest.MonkeyPatch, mode: str, expected: int
    ) -> None:
        code = "import sys; sys.exit(0 if '--allow-unsigned' in sys.argv else 4)"
        case.write("project/.security-config.toml", f'component_name = "N"\n[signing]\nmode = "{mode}"\n'.encode())
        monkeypatch.setattr(publish_release, "VERIFIER", (sys.executable, "-c", code))
        assert case.run() == expected
        public = case.github.public(VERSION)
        assert public is None or "**This release is not signed**" in public.fields["body"]

    def test_the_verifier_does_not_get_the_token(self, case: Published, monkeypatch: pytest.MonkeyPatch) -> None:
        code = "import os, sys; sys.exit(4 if {'GH_TOKEN', 'GITHUB_TOKEN'} & set(os.environ) else 0)"
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setattr(publish_release, "VERIFIER", (sys.executable, "-c", code))
        assert case.run() == 0

    def test_a_release_that_changes_while_it_is_verified_is_not_sent(
        self, case: Published, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = f"open({str(case.release / 'N-1.0-sbom.cdx.json')!r}, 'w').write('other')"
        monkeypatch.setattr(publish_release, "VERIFIER", (sys.executable, "-c", code))
        assert case.run() == 6
        assert case.github.requests == []

    def test_a_file_that_changes_after_that_is_not_sent_whole(
        self, case: Published, capfd: pytest.CaptureFixture[str]
    ) -> None:
        wheel = case.release / "n-1.0-py3-none-any.whl"

        def change(seen: Seen) -> None:
            if seen.ask is Ask.CREATE:
                wheel.write_bytes(b"evil!" * 20_000)

        case.github.on_request = change
        assert case.run() == 6
        assert f"{wheel}: was changed after it was verified" in capfd.readouterr().err
        assert case.github.public(VERSION) is None
        assert case.github.sent[wheel.name] == 0


TRANSIENT = (
    Mood.HANG_UP,
    Mood.HANG,
    Mood.SERVER_ERROR,
    Mood.HTML_ERROR,
    Mood.LATE_ERROR,
    Mood.LATE_HANG_UP,
    Mood.LATE_HANG,
    Mood.TRUNCATED,
    Mood.TOO_MANY,
    Mood.LIMITED,
)
PERMANENT = (
    Mood.UNAUTHORISED,
    Mood.FORBIDDEN,
    Mood.SECONDARY,  # wants a minute of quiet, which these tests do not have
    Mood.REFUSED,
    Mood.MALFORMED,
    Mood.WRONG_SHAPE,
    Mood.OVERSIZE,
    Mood.REDIRECT,
)
EVERY_STEP = tuple(ask for ask in Ask if ask is not Ask.COMMIT)


def ready_for(case: Published, ask: Ask) -> None:
    """Bring about that a kind of request is made at all."""
    if ask in (Ask.ASSET, Ask.BYTES):
        case.github.digests = False
    if ask is Ask.DELETE:
        draft = case.github.add(VERSION, {}, draft=True)
        for name in ("left-over", "N-1.0-trusted_root.json"):
            draft.assets[name] = Asset(case.github.number(), name, b"", "starter")


@pytest.mark.parametrize(("ask", "mood"), diagonals(EVERY_STEP, TRANSIENT, step=8))
def test_what_passes_is_waited_for(case: Published, monkeypatch: pytest.MonkeyPatch, ask: Ask, mood: Mood) -> None:
    ready_for(case, ask)
    hangs = mood in (Mood.HANG, Mood.LATE_HANG)
    monkeypatch.setattr(github_adapter, "TIMEOUTS", HURRIED if hangs else QUICK)
    case.github.misbehave(ask, mood, times=1 if hangs else 2)
    assert case.run() == 0
    case.assert_published()


@pytest.mark.parametrize(("ask", "mood"), diagonals(EVERY_STEP, [*TRANSIENT, *PERMANENT], step=8))
def test_what_does_not_pass_leaves_nothing_half_published_and_the_next_run_completes(
    case: Published, monkeypatch: pytest.MonkeyPatch, ask: Ask, mood: Mood
) -> None:
    ready_for(case, ask)
    monkeypatch.setattr(github_adapter, "TIMEOUTS", HURRIED if mood in (Mood.HANG, Mood.LATE_HANG) else QUICK)
    case.github.misbehave(ask, mood)
    code = case.run()
    # A lost answer to the last change may be followed by a look that sees it done.
    done = mood in (Mood.LATE_ERROR, Mood.LATE_HANG_UP, Mood.LATE_HANG, Mood.TRUNCATED, Mood.WRONG_SHAPE)
    assert code == 5 or (code == 0 and done and ask in (Ask.PUBLISH, Ask.CREATE, Ask.UPLOAD, Ask.DELETE))
    assert case.github.violations == []
    case.github.behave()
    monkeypatch.setattr(github_adapter, "TIMEOUTS", QUICK)
    before = dict(case.github.sent)
    whole = {name for one in case.github.releases.values() for name, a in one.assets.items() if a.state == "uploaded"}
    assert case.run() == 0
    case.assert_published()
    again = {name for name, count in case.github.sent.items() if count != before.get(name, 0)}
    assert not again & whole


@pytest.mark.parametrize("ask", [Ask.UPLOAD, Ask.ASSETS, Ask.PUBLISH])
@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_failure_in_the_middle_is_continued_from_there(case: Published, ask: Ask, after: int) -> None:
    case.github.misbehave(ask, Mood.SERVER_ERROR, after=after)
    case.run()
    case.github.behave()
    assert case.run() == 0
    case.assert_published()
    assert max(case.github.sent.values()) == 1


class TestUploads:
    def test_an_upload_that_breaks_off_is_removed_and_sent_again(self, case: Published) -> None:
        case.github.misbehave(Ask.UPLOAD, Mood.STARTER, times=3)
        assert case.run() == 0
        case.assert_published()
        assert case.github.asked(Ask.DELETE) == 3

    def test_what_github_keeps_wrongly_is_sent_again(self, case: Published) -> None:
        case.github.misbehave(Ask.UPLOAD, Mood.CORRUPT, times=2)
        assert case.run() == 0
        case.assert_published()

    def test_what_github_keeps_wrongly_and_does_not_tell_is_found_by_reading_back(self, case: Published) -> None:
        case.github.digests = False
        case.github.misbehave(Ask.UPLOAD, Mood.CORRUPT, times=2)
        assert case.run() == 0
        case.assert_published()

    @pytest.mark.parametrize("digests", [True, False])
    def test_what_github_always_keeps_wrongly_is_never_published(self, case: Published, digests: bool) -> None:
        case.github.digests = digests
        case.github.misbehave(Ask.UPLOAD, Mood.CORRUPT)
        assert case.run() == (5 if digests else 6)
        assert case.github.public(VERSION) is None

    def test_a_name_that_github_changes_is_refused(self, tmp_path: Path, github: FakeGithub) -> None:
        case = Published(tmp_path, github)
        (case.release / "N-1.0+local.txt").write_bytes(b"x")
        github.misbehave(Ask.UPLOAD, Mood.RENAMED)
        assert case.run() == 6
        assert github.public(VERSION) is None

    def test_an_upload_host_that_is_not_the_apis_own_gets_nothing(
        self, case: Published, capfd: pytest.CaptureFixture[str]
    ) -> None:
        case.github.upload_host = "https://uploads.evil.example"
        assert case.run() == 5
        assert "names an upload host that is not its own (https://uploads.evil.example/repos" in capfd.readouterr().err

    def test_many_assets_are_listed_page_by_page(self, case: Published) -> None:
        for number in range(230):
            name = f"many-{number}.txt"
            case.files[name] = name.encode()
            case.write(f"dist/release/{name}", name.encode())
        from ops.supply_chain.core.digests import sha256_bytes

        case.github.expected = {name: sha256_bytes(data) for name, data in case.files.items()}
        assert case.run() == 0
        case.assert_published()


class TestDrafts:
    def test_a_draft_of_somebody_is_completed_and_its_text_kept(self, case: Published) -> None:
        draft = case.github.add(VERSION, {"N-1.0-sbom.cdx.json": b"old"}, draft=True, body="# What is new\n\nThis.")
        draft.assets["N-1.0-checksums.txt"] = Asset(7, "N-1.0-checksums.txt", FILES["N-1.0-checksums.txt"])
        assert case.run() == 0
        case.assert_published()
        assert draft.fields["body"].startswith("# What is new\n\nThis.\n\n<!-- sealwright:begin -->\n")
        assert case.github.sent["N-1.0-checksums.txt"] == 0

    def test_a_foreign_asset_of_a_draft_stops_it(self, case: Published) -> None:
        case.github.add(VERSION, {"theirs.txt": b"theirs"}, draft=True)
        assert case.run() == 4
        assert [one.message for one in case.record().findings] == ["draft 1.0, theirs.txt: is no file of this release"]
        assert {seen.method for seen in case.github.requests} == {"GET"}
        assert case.run("--delete-extra") == 0
        case.assert_published()

    def test_of_several_drafts_the_fullest_is_used(self, case: Published, capfd: pytest.CaptureFixture[str]) -> None:
        case.github.add(VERSION, {}, draft=True)
        fuller = case.github.add(VERSION, {"N-1.0-checksums.txt": FILES["N-1.0-checksums.txt"]}, draft=True)
        case.github.add("2.0", dict(case.files), draft=True)
        assert case.run() == 0
        assert case.github.public(VERSION) is fuller
        assert "note      there are more drafts for 1.0 (1): delete them" in capfd.readouterr().out

    def test_a_draft_that_somebody_deletes_meanwhile_is_told(self, case: Published) -> None:
        case.github.on_request = lambda seen: case.github.releases.clear() if seen.ask is Ask.RELEASE else None
        assert case.run() == 5


class TestTags:
    def test_a_tag_that_stands_for_another_commit_is_refused(self, case: Published) -> None:
        case.github.tags[VERSION] = "d" * 40
        assert case.run() == 4
        [finding] = case.record().findings
        assert finding.message == f"tag 1.0 at GitHub: expected commit {COMMIT}, found {'d' * 40}"
        assert case.github.releases == {}

    def test_a_commit_that_was_not_pushed_is_refused(self, case: Published) -> None:
        case.github.commits.clear()
        assert case.run() == 4
        assert [one.code for one in case.record().findings] == ["publish.commit-unknown"]

    def test_an_annotated_tag_is_followed_to_its_commit(self, case: Published) -> None:
        case.github.tags[VERSION], case.github.annotated[VERSION] = COMMIT, "a" * 40
        assert case.run() == 0
        case.assert_published()

    def test_a_tag_that_moves_at_the_last_moment_is_told(
        self, case: Published, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def move(seen: Seen) -> None:
            if seen.ask is Ask.PUBLISH:
                case.github.tags[VERSION] = "d" * 40

        case.github.on_request = move
        assert case.run() == 6
        assert f"its tag points to {'d' * 40}, expected {COMMIT}" in capfd.readouterr().err

    def test_outside_git_no_tag_is_asked_for(self, tmp_path: Path, github: FakeGithub) -> None:
        case = Published(tmp_path, github, commit="")
        assert case.run("--tag", "v1.0") == 0
        assert github.asked(Ask.TAG) == 0
        assert github.public("v1.0") is not None

    @pytest.mark.parametrize("tag", ["widget/v1.0", "v2.0", "release", "1.0.0"])
    def test_a_tag_that_no_customer_could_verify_is_refused(self, case: Published, tag: str) -> None:
        assert case.run("--tag", tag) == 4
        [finding] = case.record().findings
        assert finding.code == "publish.tag-unverifiable"
        assert finding.message == (f"the provenance names the version 1.0: verify_release --tag {tag} would refuse it")
        assert case.github.public(tag) is None

    @pytest.mark.parametrize(
        ("version", "expected"), [("1.0", False), ("2.0rc1", True), ("v2.0b1", True), ("x-y", False)]
    )
    def test_what_comes_before_a_final_version_is_marked_so(self, version: str, expected: bool) -> None:
        from ops.supply_chain.gather.release.publication import _is_before_final

        assert _is_before_final(version) is expected


class TestCommandLine:
    def test_a_dry_run_tells_and_sends_nothing(self, case: Published, capfd: pytest.CaptureFixture[str]) -> None:
        draft = case.github.add(VERSION, {"N-1.0-sbom.cdx.json": b"old"}, draft=True)
        draft.assets["N-1.0-checksums.txt"] = Asset(7, "N-1.0-checksums.txt", FILES["N-1.0-checksums.txt"])
        draft.assets["x"] = Asset(8, "x", b"", "starter")
        assert case.run("--dry-run") == 0
        assert {seen.method for seen in case.github.requests} == {"GET"}
        assert capfd.readouterr().out == (
            "would publish 1.0 to acme/widget, where it is draft; nothing was sent\n"
            "  upload    N-1.0-checksums.txt.sigstore.json\n"
            "  upload    N-1.0-provenance.intoto.json\n"
            "  upload    N-1.0-trusted_root.json\n"
            "  upload    n-1.0-py3-none-any.whl\n"
            "  replace   N-1.0-sbom.cdx.json\n"
            "  keep      N-1.0-checksums.txt\n"
            "  remove    x\n"
            "  then      compare each digest, and publish in one step\n"
        )

    def test_offline_nothing_is_asked(self, case: Published, capfd: pytest.CaptureFixture[str]) -> None:
        assert case.run("--offline") == 5
        assert case.github.requests == []
        assert capfd.readouterr().err == (
            "error: GitHub: not asked, this run is offline: nothing can be published\n  next: Run without --offline.\n"
        )

    def test_without_a_token_it_is_usage(self, case: Published, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GH_TOKEN")
        assert case.run() == 2
        assert case.github.requests == []

    def test_the_repository_comes_from_the_remote(
        self, case: Published, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        git = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(case.root)]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "remote", "add", "origin", "git@127.0.0.1:acme/widget.git"], check=True)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "x"], check=True)
        assert case.run(repository=False) == 0
        case.assert_published()
        subprocess.run([*git, "remote", "set-url", "origin", "https://a:b@elsewhere.example/a/b"], check=True)
        assert case.run(repository=False) == 2
        assert "the project has no git remote at 127.0.0.1" in capfd.readouterr().err

    @pytest.mark.parametrize(
        "words",
        [("--repository", "acme"), ("--repository", "a/b/../c"), ("--tag", "-x"), ("--tag", "a..b"), ("--tag", "a b")],
    )
    def test_what_is_no_repository_or_tag_is_usage(self, case: Published, words: tuple[str, ...]) -> None:
        assert case.run(*words) == 2
        assert case.github.requests == []

    def test_a_public_log_has_counts_only(self, case: Published, capfd: pytest.CaptureFixture[str]) -> None:
        assert case.run("--public-log") == 0
        assert capfd.readouterr() == ("publish_release: pass (files 6, kept 0, replaced 0, uploaded 6)\n", "")

    def test_an_empty_file_is_refused(self, case: Published) -> None:
        case.write("dist/release/empty.txt", b"")
        assert case.run() == 3

    def test_no_release_is_refused(self, case: Published) -> None:
        for path in case.release.iterdir():
            path.unlink()
        assert case.run() == 3


def kill_at(case: Published, request_number: int, delay: float) -> bool:
    """Start a publication and kill it so long after its n-th request came in; tell whether it was killed."""
    process: list[subprocess.Popen[bytes]] = []
    seen_now = len(case.github.requests)

    def shoot(seen: Seen) -> None:
        if len(case.github.requests) - seen_now == request_number:
            time.sleep(delay)
            process[0].send_signal(signal.SIGKILL)

    case.github.on_request = shoot
    process.append(case.start())
    said, errors = process[0].communicate(timeout=60)
    assert TOKEN.encode() not in said + errors
    case.github.on_request = lambda seen: None
    while case.github.busy:  # what the killed run had asked for is still being done
        time.sleep(0.001)
    return process[0].returncode == -signal.SIGKILL


@pytest.mark.whole
def test_killed_at_any_moment_the_next_run_completes(case: Published) -> None:
    """20 moments: a seeded request each, and a seeded while after it; the state is carried from kill to kill."""
    chance, kills = random.Random(20261120), 0  # noqa: S311 - a seed, so that each run has the same moments
    for number in range(20):
        if number % 4 == 0:
            case.github.releases.clear()
            case.github.tags.clear()
            case.github.sent.clear()
        whole = held(case)
        killed = kill_at(case, chance.randint(1, 18), chance.choice((0.0, 0.002, 0.01)))
        kills += killed
        assert case.github.violations == []
        assert whole <= held(case)
    assert kills >= 12
    sent = dict(case.github.sent)
    names = {name for _, name in held(case)}
    assert case.run() == 0
    case.assert_published()
    assert not {name for name in names if case.github.sent[name] != sent[name]}


def held(case: Published) -> set[tuple[int, str]]:
    """Return the assets that are whole; none of them may be sent or removed again."""
    return {
        (asset.id, name)
        for release in case.github.releases.values()
        for name, asset in release.assets.items()
        if asset.state == "uploaded"
    }
