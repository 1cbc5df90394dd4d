"""A rehearsal: who signs, in which world the stages run, what is told, what is left."""

from __future__ import annotations

import json
import os
import re
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sigstore.oidc import IdentityToken

from ops.supply_chain import assemble_release
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.signing import SigningConfig, SigningIdentity
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner import rehearsal_mode
from ops.supply_chain.runner.pipeline import Finished, Manner, shared_options
from ops.supply_chain.runner.preflight import CheckedProject
from ops.supply_chain.runner.rehearsal_mode import EPHEMERAL, RehearsalSigner, identities_in_force, is_rehearsal
from ops.supply_chain.sessions import rehearse
from tests.release.handmade import Handmade

NOW = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = "https://github.com/acme/widget/.github/workflows/release.yml@refs/tags/v1"
OLD = SigningIdentity(issuer="https://old.example", identity="old@example.org", until="2026-11-19")
COMING = SigningIdentity(issuer="https://new.example", identity="new@example.org", since="2026-11-21")
TODAY = SigningIdentity(issuer=ISSUER, identity=WORKFLOW, since="2026-11-20", until="2026-11-20")
PATTERN = SigningIdentity(issuer=ISSUER, identity_regex=r"https://github\.com/acme/.*@refs/tags/v\d+")

SIGNERS = {
    "nobody": ((), EPHEMERAL),
    "nobody today": ((OLD, COMING), EPHEMERAL),
    "the first of today": ((OLD, COMING, TODAY, PATTERN), RehearsalSigner(WORKFLOW, ISSUER, ephemeral=False)),
    "an expression": ((PATTERN,), RehearsalSigner("https://github.com/acme/a@refs/tags/v0", ISSUER, ephemeral=False)),
}


@pytest.mark.parametrize(("identities", "signer"), SIGNERS.values(), ids=SIGNERS.keys())
def test_the_first_identity_of_today_signs(identities: tuple[SigningIdentity, ...], signer: RehearsalSigner) -> None:
    assert rehearse.choose_signer(identities, NOW) == signer


@pytest.mark.parametrize(
    ("expression", "version", "end"),
    [
        (r"https://github\.com/acme/w/.*@refs/tags/v.+", "v1.2", "@refs/tags/v1.2"),
        (r"https://github\.com/acme/w/.*@refs/tags/v.+", "1.2", "@refs/tags/v1.2"),
        (r"https://github\.com/acme/w/.*@refs/tags/[0-9].*", "26.1.0", "@refs/tags/26.1.0"),
        (r"https://github\.com/acme/w/.*@refs/tags/cli==\d", "26.1.0", "@refs/tags/cli==0"),
        (r"https://github\.com/acme/w/.*@refs/heads/main", "1.2", "@refs/heads/main"),
    ],
)
def test_the_example_has_the_tag_of_the_release(expression: str, version: str, end: str) -> None:
    entry = SigningIdentity(issuer=ISSUER, identity_regex=expression)
    assert rehearse.choose_signer((entry,), NOW, version=version).identity.endswith(end)


def test_an_expression_without_an_example_is_told() -> None:
    entry = SigningIdentity(issuer=ISSUER, identity_regex="a(?=b)c")
    with pytest.raises(UsageError) as caught:
        rehearse.choose_signer((entry,), NOW)
    assert caught.value.described() == (
        "error: signing.identities: no name was found that 'a(?=b)c' matches\n"
        "  next: Put an entry with 'identity' before it."
    )


def test_the_made_up_identity_is_in_force_in_a_rehearsal_without_any_only() -> None:
    rehearsing = {"SEALWRIGHT_REHEARSAL": "1"}
    ephemeral = (SigningIdentity(identity=EPHEMERAL.identity, issuer=EPHEMERAL.issuer, role="rehearsal"),)
    assert identities_in_force(SigningConfig(), rehearsing) == ephemeral
    assert identities_in_force(SigningConfig(), {}) == ()
    assert identities_in_force(SigningConfig(identities=(OLD,)), rehearsing) == (OLD,)
    assert [is_rehearsal({"SEALWRIGHT_REHEARSAL": value}) for value in ("1", "0", "", "yes")] == [True] + [False] * 3
    assert not is_rehearsal()


class Seen:
    """What the stages of a run that is only played were given."""

    def __init__(self, finished: Finished) -> None:
        self.finished = finished
        self.environment: dict[str, str] = {}
        self.options: list[str] = []
        self.cleared: Sequence[Path] = ()
        self.dist = Path()
        self.trust_config: dict[str, Any] = {}
        self.mode = 0
        self.dist_files: dict[str, str] = {}

    def carry_out(
        self,
        _steps: Sequence[str],
        options: Sequence[str],
        environment: Mapping[str, str],
        manner: Manner,
        *,
        checked: CheckedProject,
    ) -> Finished:
        assert manner.rehearsal
        self.dist = checked.dist
        self.environment, self.options, self.cleared = dict(environment), list(options), manner.also_clear
        path = Path(environment["SEALWRIGHT_TRUST_CONFIG"])
        self.trust_config = json.loads(path.read_text())
        self.mode = stat.S_IMODE(path.parent.stat().st_mode)
        return self.finished


Play = Callable[..., Seen]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Play a rehearsal of a project with some configuration; the stages end as told."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "project").mkdir()

    def run(*options: str, config: str = "", code: int = 0, stopped: str = "", refused: tuple[str, ...] = ()) -> Seen:
        (tmp_path / "project/.security-config.toml").write_text(config)
        seen = Seen(Finished(code, stopped, refused, ()))
        monkeypatch.setattr(rehearse, "carry_out", seen.carry_out)
        shared = ["--project", str(tmp_path / "project"), "--dist", str(tmp_path / "dist"), "--version", "1.0"]
        assert rehearse.main(["some_stage", "--", *shared, *options]) == code
        return seen

    return run


def test_the_stages_use_the_instance_and_nothing_real(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "SIGSTORE_ID_TOKEN"):
        monkeypatch.setenv(name, "real")
    monkeypatch.setenv("NO_PROXY", "intern.example")
    threads = threading.active_count()
    seen = play()
    assert seen.environment["SEALWRIGHT_REHEARSAL"] == "1"
    assert "ACTIONS_ID_TOKEN_REQUEST_URL" not in seen.environment
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN" not in seen.environment
    assert seen.environment["SIGSTORE_ID_TOKEN"].count(".") == 2
    assert seen.environment["NO_PROXY"] == "intern.example,127.0.0.1,localhost"
    [authority] = seen.trust_config["signingConfig"]["caUrls"]
    assert authority["url"].startswith("http://127.0.0.1:")
    assert seen.mode == 0o700
    # Afterwards there is no file, no thread, and our own environment is as it was.
    assert list((tmp_path / "temporary").iterdir()) == []
    assert threading.active_count() == threads
    assert os.environ["SIGSTORE_ID_TOKEN"] == "real"  # noqa: S105 - a word of this test
    assert "SEALWRIGHT_REHEARSAL" not in os.environ


def test_what_is_retained_stays_below_the_rehearsal(play: Play, tmp_path: Path) -> None:
    seen = play()
    assert seen.options[-4:] == ["--dist", str(tmp_path / "dist"), "--artifacts", str(tmp_path / "dist/artifacts")]
    assert list(seen.cleared) == [tmp_path / "dist/artifacts"]


def test_the_default_is_a_dist_of_its_own(repository: Path) -> None:
    shared = shared_options(["--offline"])
    rehearsal = repository / "dist/rehearsal"
    assert rehearse.own_folders(shared, repository / "dist") == (rehearsal, rehearsal / "artifacts")


@pytest.mark.parametrize("form", ["--artifacts={}", "--artifacts {}"])
def test_real_releases_are_never_touched(tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str) -> None:
    words = form.format(tmp_path / "store").split()
    assert rehearse.main(["check_malware", "--", "--dist", str(tmp_path / "dist"), "--version", "1", *words]) == 2
    assert capfd.readouterr().err == (
        "error: --artifacts: a rehearsal retains its release in artifacts/ of its own --dist, never among real releases\n"
        "  next: Omit --artifacts.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_real_release_is_not_taken_for_a_rehearsal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made = Handmade(tmp_path)
    made.until("assemble_release")
    made.must(assemble_release.main)
    before = {path: path.read_bytes() for path in (made.dist / "release").iterdir()}
    words = ["--project", str(made.root), "--dist", str(made.dist), "--version", "V"]
    assert rehearse.main(["check_malware", "--", *words]) == 2
    assert "contains an assembled release, which a rehearsal would replace" in capfd.readouterr().err
    assert {path: path.read_bytes() for path in (made.dist / "release").iterdir()} == before


IDENTITY = f'[[signing.identities]]\nidentity = "{WORKFLOW}"\nissuer = "{ISSUER}"\n'


def test_the_token_is_of_the_configured_identity(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    seen = play(config=IDENTITY)
    token = IdentityToken(seen.environment["SIGSTORE_ID_TOKEN"])
    assert (token.issuer, token._unverified_claims["job_workflow_ref"]) == (
        ISSUER,
        WORKFLOW.removeprefix("https://github.com/"),
    )
    assert shown(capfd) == [
        "WOULD PASS  project 1.0",
        "signed    on loopback, nothing public, as",
        f"          {WORKFLOW},",
        f"          issuer {ISSUER}",
        "log       dist/log.txt",
    ]


def shown(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Return the screen, with the folder of this test cut out."""
    return [re.sub(r"(?<=log       ).*/dist/", "dist/", line) for line in capfd.readouterr().out.splitlines()]


NO_SIGNER = "no [[signing.identities]] entry is valid today"


def test_without_identities_one_is_made_up_and_said_so(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    play()
    lines = shown(capfd)
    assert lines[:4] == [
        "WOULD BE REFUSED  project 1.0   1 cause denies it (x)",
        f"x 1  {NO_SIGNER}",
        "     Add [[signing.identities]] to .security-config.toml (docs/quick-start.md).",
        "signed    on loopback, nothing public, by an ephemeral identity",
    ]
    assert lines[-1].startswith("          nox -s rehearse -- --project ")
    play(config='[signing]\nmode = "checksums"\n')
    assert NO_SIGNER not in capfd.readouterr().out


def test_a_stage_that_stops_is_told_and_its_code_is_the_runs(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    play(code=6, stopped="sign_artifacts", config=IDENTITY)
    lines = shown(capfd)
    assert lines[0] == "FAILED (exit 6)  project 1.0   1 cause denies it (x)"
    assert lines[1] == "x 1  sign_artifacts: did not pass, and left no message"
    assert not any(line.startswith("signed") for line in lines)


def test_reasons_come_from_records_and_verdicts(play: Play, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    left = Handmade(tmp_path)
    left.dist.mkdir()
    left.record("check_malware", outcome="not-examined", notes=("something outside did not answer",))
    (left.dist / "records/broken.json").write_text("{")
    reason = Reason(message="stands", subject="CVE-1", fix="fix it")
    rule = RuleVerdict(
        code="release.findings",
        title="t",
        outcome=Outcome.FAIL,
        examined=0,
        unknown=0,
        denials=(reason, reason),
        unknowns=(),
    )
    verdict = left.verdict([], Outcome.FAIL)
    canonical.write(left.dist / "verdict/verdict.json", msgspec.structs.replace(verdict, rules=(rule,)))
    play(refused=("check_malware", "check_hashes", "evaluate_policy"), config=IDENTITY)
    lines = shown(capfd)
    assert lines[0].startswith("WOULD BE REFUSED  project 1.0   3 causes deny it (x)")
    assert [line for line in lines if line[:2] == "x "] == [
        "x 1  check_malware: did not pass, and left no message",
        "x 2  check_hashes: did not pass, and left no message",
        "x 3  CVE-1: stands; required: t  high",
    ]
    play("--format", "json", refused=("check_malware", "check_hashes", "evaluate_policy"), config=IDENTITY)
    assert json.loads(capfd.readouterr().out)["rehearsal"]["would_be_refused"] == [
        "check_malware: something outside did not answer",
        "check_hashes: no record",
        "policy release.findings: stands (CVE-1), and 1 more",
    ]


def test_in_public_only_counts_are_told(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    play("--public-log")
    assert capfd.readouterr() == ("rehearsal: completed (reasons to deny 1)\n", "")
    play("--public-log", "--format", "json", code=4, stopped="sign_artifacts")
    assert json.loads(capfd.readouterr().out) == {
        "schema": "run/1",
        "stages": [],
        "rehearsal": {"worked": False, "stopped": "sign_artifacts", "would_be_refused": 1},
    }


def test_json_tells_the_same(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    play("--format", "json")
    assert json.loads(capfd.readouterr().out)["rehearsal"] == {
        "identity": "rehearsal@sealwright.invalid",
        "issuer": "https://oidc.rehearsal.invalid",
        "made_up": True,
        "worked": True,
        "stopped": "",
        "would_be_refused": ["no [[signing.identities]] entry is valid today"],
    }


def test_a_broken_configuration_starts_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".security-config.toml").write_text('[[signing.identities]]\nissuer = "x"\n')
    code = rehearse.main(["some_stage", "--", "--project", str(tmp_path), "--dist", str(tmp_path / "dist")])
    assert code == 2
    assert "expected exactly one of 'identity' and 'identity_regex'" in capfd.readouterr().err
    assert not (tmp_path / "dist").exists()


def test_the_modules_agree_on_names() -> None:
    assert rehearsal_mode.REHEARSAL_VARIABLE == "SEALWRIGHT_REHEARSAL"
    assert rehearsal_mode.TRUST_CONFIG_VARIABLE == "SEALWRIGHT_TRUST_CONFIG"
    assert Config().signing.identities == ()
