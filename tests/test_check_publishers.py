from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ops.supply_chain import check_publishers
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index import publishers as publisher_sources
from ops.supply_chain.adapters.index.core_metadata import FileLimits
from ops.supply_chain.adapters.index.session import Limits
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.index import Ask, FakeFile, FakeIndex, Mood
from tests.fakes.integrity import FakeIntegrity, provenance
from tests.typed import typed

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NAME = "pypi_attestation_models-0.0.4a2.tar.gz"
DIGEST = "c9709ce6fd5b67b59b4a28758cf14d3f411803c4b89b6068b1f1a8e4ee94c8ef"
CLAIM = {"kind": "GitHub", "repository": "trailofbits/pypi-attestation-models", "workflow": "release.yml"}
PACKAGE = "pypi-attestation-models"
INFO = {
    "name": PACKAGE,
    "version": "0.0.4a2",
    "author": "Trail of Bits",
    "author_email": "opensource@trailofbits.example",
    "project_urls": {"Source": "https://user:hunter2@example.org/x"},
}
RECORDED = {
    "author": "Trail of Bits",
    "author_email": "opensource@trailofbits.example",
    "home_page": "",
    "maintainer": "",
    "maintainer_email": "",
    "project_urls": {"Source": "https://user:hunter2@example.org/x"},
}
ATTESTED = {
    "publishers": [
        {
            "kind": "GitHub",
            "identity": {
                "repository": "trailofbits/pypi-attestation-models",
                "workflow": "release.yml",
                "environment": "",
                "repository_id": "772247423",
                "owner_id": "2314423",
            },
        }
    ],
    "every_file": True,
    "versions": ["0.0.4a2"],
}
LOCK = f"""\
{PACKAGE}==0.0.4a2 \\
    --hash=sha256:{DIGEST}
    # via -r requirements.in
"""


@dataclass
class RealFile(FakeFile):
    """A file of which only the digest is known."""

    digest: str = ""

    @property
    def sha256(self) -> str:
        return self.digest


class Stage:
    """The stage on one project, an index and an Integrity API."""

    def __init__(
        self, root: Path, index: FakeIndex, service: FakeIntegrity, patch: pytest.MonkeyPatch, capfd: Any
    ) -> None:
        self.root, self.index, self.service = root, index, service
        self._patch, self._capfd = patch, capfd
        self.out = self.err = ""
        self.extra = ""
        self.write("requirements.txt", LOCK)
        self.write("requirements.provenance.json", json.dumps(baseline()))

    @property
    def place(self) -> Path:
        return self.root.parent

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def config(self, extra: str = "") -> None:
        self.extra = extra

    def run(self, *words: str, hours: int = 0) -> int:
        self.write(
            ".security-config.toml",
            f'component_name = "demo"\n[index]\nurl = "{self.index.url}"\njson_url = "{self.index.json_url}"\n'
            f'[feeds]\nintegrity_api = "{self.service_url}"\n{self.extra}',
        )
        self._patch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: NOW + timedelta(hours=hours))
        self._capfd.readouterr()
        paths = ["--project", str(self.root), "--dist", str(self.place / "dist"), "--cache", str(self.place / "cache")]
        code = check_publishers.main([*paths, "--version", "1", *words])
        self.out, self.err = self._capfd.readouterr()
        assert "hunter2" not in self.out + self.err
        assert "clean" not in (self.out + self.err).lower()
        return code

    service_url = ""

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.place / "dist" / "records" / "check_publishers.json").read_text())
        return found

    @property
    def facts(self) -> list[str]:
        return [one["code"].removeprefix("publisher.") for one in self.record["findings"]]

    @property
    def baseline(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "requirements.provenance.json").read_text())
        return found


def baseline(**changes: Any) -> dict[str, Any]:
    return {"direct_deps": {PACKAGE: RECORDED | changes}, "attested": {PACKAGE: ATTESTED}}


CALM = Timeouts(attempts=2, backoff_seconds=0.01, retry_after_seconds=0.3)
HURRIED = CALM._replace(read_seconds=0.3, total_seconds=0.6)
"""Where an answer never comes."""

SLOW = {Mood.HANG, Mood.DRIP}

SMALL = Limits(page_bytes=1 << 20, json_bytes=1 << 20, of_files=FileLimits(1 << 20, 2 << 20), download_bytes=1 << 20)
"""What a test reads before an answer is too large; the real limits are tried with `-m whole`."""


@pytest.fixture
def attestation(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / "pep740" / f"{NAME}.attestation").read_bytes())
    return found


@pytest.fixture
def stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], attestation: dict[str, Any]
) -> Iterator[Stage]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setattr(publisher_sources, "TIMEOUTS", CALM)
    with FakeIndex() as index, FakeIntegrity() as service:
        index.add(PACKAGE, RealFile(NAME, b"", b"", None, digest=DIGEST))
        index.infos[PACKAGE] = INFO
        service.add(PACKAGE, "0.0.4a2", NAME, provenance([attestation], CLAIM))
        made = Stage(tmp_path / "project", index, service, monkeypatch, capfd)
        made.service_url = service.url
        yield made


def test_all_as_recorded(stage: Stage) -> None:
    assert stage.run() == ExitCode.PASS
    assert stage.facts == []
    assert stage.record["counts"] == {
        "locks": 1,
        "locked": 1,
        "examined": 1,
        "out_of_scope": 0,
        "direct": 1,
        "direct_examined": 1,
        "files": 1,
        "files_examined": 1,
        "attested": 1,
    }
    lines = stage.out.splitlines()
    assert lines[0] == "check_publishers: pass"
    assert lines[1].startswith("1 lock, 1 locked, 1 examined; Integrity API, 0 hours old; ")
    assert lines[1].endswith("; direct 1, direct examined 1, files 1, files examined 1, attested 1; no findings")
    assert lines[2:4] == [
        f"source: package index {stage.index.json_url}",
        f"source: Integrity API {stage.service.url}",
    ]
    assert lines[4].startswith("source: trusted root of sigstore, embedded in sigstore ")


def test_the_record_says_what_was_read_and_trusted(stage: Stage) -> None:
    stage.run()
    record = stage.record
    assert [ref["path"] for ref in record["reads"]] == [
        "project:requirements.provenance.json",
        "project:requirements.txt",
    ]
    assert [feed["name"] for feed in record["feeds"]] == [
        "Integrity API",
        "package index, project JSON",
        "sigstore trusted root",
    ]
    assert len(record["feeds"][2]["sha256"]) == 64
    assert [tool["name"] for tool in record["tools"]] == ["pypi-attestations", "sigstore"]
    assert "127.0.0.1" not in json.dumps(record)
    assert str(stage.place) not in json.dumps(record)


def test_metadata_that_changed(stage: Stage) -> None:
    stage.write("requirements.provenance.json", json.dumps(baseline(maintainer="Somebody Else")))
    assert stage.run() == ExitCode.DENIED
    lines = stage.out.splitlines()
    assert lines[lines.index("MEDIUM") + 1 :] == [
        f"  {PACKAGE} 0.0.4a2  publisher.metadata-changed",
        f"    what: {PACKAGE}: expected maintainer 'Somebody Else', found ''",
        "    where: requirements.txt:1",
        typed(
            f"    next: Review who publishes {PACKAGE} now; if the change is legitimate, run "
            f"nox -s check_publishers -- --record --accept {PACKAGE}.",
            stage.root,
        ),
    ]


def test_a_changed_address_is_shown_without_its_password(stage: Stage) -> None:
    changed = baseline(project_urls={"Source": "https://me:hunter2@example.org/y"})
    stage.write("requirements.provenance.json", json.dumps(changed))
    assert stage.run() == ExitCode.DENIED
    assert "expected project_urls[Source] 'https://example.org/y', found 'https://example.org/x'" in stage.out
    assert stage.run("--format", "json") == ExitCode.DENIED


def test_another_publisher(stage: Stage) -> None:
    other = json.loads(json.dumps(baseline()))
    other["attested"][PACKAGE]["publishers"][0]["identity"]["owner_id"] = "1"
    stage.write("requirements.provenance.json", json.dumps(other))
    assert stage.run() == ExitCode.DENIED
    assert stage.facts == ["changed"]


def test_no_attestation_any_more(stage: Stage) -> None:
    stage.service.add(PACKAGE, "0.0.4a2", NAME, None)
    assert stage.run() == ExitCode.DENIED
    assert stage.facts == ["attestation-lost"]
    assert stage.record["counts"]["examined"] == 1


def test_an_attestation_that_does_not_verify(stage: Stage, attestation: dict[str, Any]) -> None:
    attestation["envelope"]["signature"] = "AAAA"
    stage.service.add(PACKAGE, "0.0.4a2", NAME, provenance([attestation], CLAIM))
    assert stage.run() == ExitCode.DENIED
    assert stage.facts == ["attestation-invalid"]
    assert stage.record["findings"][0]["severity"] == "critical"


def test_a_digest_of_the_lock_is_what_counts(stage: Stage) -> None:
    """The index serves the attested file under a digest of its own making: ours is not what was attested."""
    other = "d" * 64
    stage.write("requirements.txt", LOCK.replace(DIGEST, other))
    stage.index.projects[PACKAGE] = [RealFile(NAME, b"", b"", None, digest=other)]
    assert stage.run() == ExitCode.DENIED
    assert stage.facts == ["attestation-invalid"]
    assert f"it is about sha256 {DIGEST}, expected {other}, which the lock names" in stage.out


def test_no_baseline(stage: Stage) -> None:
    (stage.root / "requirements.provenance.json").unlink()
    assert stage.run() == ExitCode.DENIED
    assert stage.facts == ["no-baseline", "gained"]


class TestExceptions:
    def test_are_shown_with_their_reason(self, stage: Stage) -> None:
        stage.write("requirements.provenance.json", json.dumps(baseline(author="B")))
        stage.config(f'[[publishers.exceptions]]\npackage = "{PACKAGE}"\nreason = "renamed in May"\n')
        assert stage.run() == ExitCode.PASS
        assert stage.out.splitlines()[-1] == "    waived by: publishers.exceptions: renamed in May"

    def test_waivers_apply_as_well(self, stage: Stage) -> None:
        stage.write("requirements.provenance.json", json.dumps(baseline(author="B")))
        stage.config(
            f'[[waivers]]\nid = "publisher.metadata-changed"\npackage = "{PACKAGE}"\nreason = "r"\nowner = "o"\n'
            'date = "2026-11-01"\nexpires = "2026-12-31"\n'
        )
        assert stage.run() == ExitCode.PASS

    def test_do_not_stand_for_what_was_not_examined(self, stage: Stage) -> None:
        stage.service.absent = True
        stage.config(f'[[publishers.exceptions]]\npackage = "{PACKAGE}"\nreason = "r"\n')
        assert stage.run() == ExitCode.NOT_EXAMINED

    def test_severities(self, stage: Stage) -> None:
        stage.write("requirements.provenance.json", json.dumps(baseline(author="B")))
        stage.config('[publishers]\nmetadata_changed = "info"\n')
        assert stage.run() == ExitCode.PASS
        assert stage.facts == ["metadata-changed"]


class TestRecord:
    def test_first_use_then_nothing_to_tell(self, stage: Stage) -> None:
        (stage.root / "requirements.provenance.json").unlink()
        assert stage.run("--record") == ExitCode.PASS
        assert stage.baseline == baseline()
        assert stage.facts == []
        [written] = stage.record["writes"]
        assert written["path"] == "project:requirements.provenance.json"
        data = (stage.root / "requirements.provenance.json").read_bytes()
        assert stage.run("--record") == ExitCode.PASS
        assert (stage.root / "requirements.provenance.json").read_bytes() == data
        assert stage.record["writes"] == []

    def test_a_change_is_not_recorded_unless_accepted(self, stage: Stage) -> None:
        stage.write("requirements.provenance.json", json.dumps(baseline(author="B")))
        assert stage.run("--record") == ExitCode.DENIED
        assert stage.baseline == baseline(author="B")
        assert stage.run("--record", "--accept", PACKAGE.upper().replace("-", "_")) == ExitCode.PASS
        assert stage.baseline == baseline()

    def test_what_was_not_had_is_not_recorded(self, stage: Stage) -> None:
        (stage.root / "requirements.provenance.json").unlink()
        stage.service.absent = True
        assert stage.run("--record") == ExitCode.NOT_EXAMINED
        assert stage.baseline == {"direct_deps": baseline()["direct_deps"]}

    def test_an_older_baseline_without_attestations_gains_them(self, stage: Stage) -> None:
        stage.write("requirements.provenance.json", json.dumps({"direct_deps": {PACKAGE: RECORDED}}))
        assert stage.run() == ExitCode.PASS
        assert stage.facts == ["gained"]
        assert stage.run("--record") == ExitCode.PASS
        assert stage.baseline == baseline()

    def test_without_it_nothing_is_written(self, stage: Stage) -> None:
        (stage.root / "requirements.provenance.json").unlink()
        stage.run()
        assert not (stage.root / "requirements.provenance.json").exists()

    USAGE: ClassVar = {
        "accept alone": (("--accept", "x"), "--accept needs --record"),
        "accept nobody": (("--record", "--accept", "x\ny"), "--accept x?y: no lock contains this package"),
        "fetch offline": (
            ("--refresh-trusted-root", "--offline"),
            "--refresh-trusted-root cannot be combined with --offline or --trusted-root",
        ),
    }

    @pytest.mark.parametrize(("words", "message"), USAGE.values(), ids=USAGE)
    def test_usage(self, stage: Stage, words: tuple[str, ...], message: str) -> None:
        assert stage.run(*words) == ExitCode.USAGE
        assert stage.err.startswith(f"error: {message}\n")


MOODS = [mood for mood in Mood if mood not in (Mood.REFUSE, Mood.MALFORMED)]


@pytest.mark.parametrize("mood", [*MOODS, Mood.MALFORMED], ids=str)
def test_a_silent_integrity_api_is_not_examined(stage: Stage, mood: Mood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_sources, "TIMEOUTS", HURRIED if mood in SLOW else CALM)
    stage.service.mood = mood
    assert stage.run() == ExitCode.NOT_EXAMINED
    assert stage.facts == ["not-examined"]
    assert stage.record["outcome"] == "not-examined"
    assert (stage.record["counts"]["locked"], stage.record["counts"]["examined"]) == (1, 0)
    [found] = stage.record["findings"]
    assert found["message"].startswith(f"could not fetch attestations of 1 of 1 pins ({PACKAGE} 0.0.4a2): ")
    assert "Integrity API" in found["message"] or mood is Mood.MALFORMED
    assert found["next_step"]


@pytest.mark.parametrize("mood", [mood for mood in Mood if mood is not Mood.NOT_FOUND], ids=str)
def test_a_silent_project_json_is_not_examined(stage: Stage, mood: Mood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_sources, "TIMEOUTS", HURRIED if mood in SLOW else CALM)
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Limits", lambda: SMALL)
    stage.index.misbehave(Ask.PROJECT, mood)
    assert_the_project_is_not_examined(stage)


@pytest.mark.whole
def test_an_endless_project_json_is_not_examined_at_the_real_limit(stage: Stage) -> None:
    stage.index.misbehave(Ask.PROJECT, Mood.ENDLESS)
    assert_the_project_is_not_examined(stage)


def assert_the_project_is_not_examined(stage: Stage) -> None:
    assert stage.run() == ExitCode.NOT_EXAMINED
    [found] = stage.record["findings"]
    assert found["message"].startswith(
        f"could not fetch publishers of 1 of 1 projects ({PACKAGE}): could not fetch publishers of 1 of 1 projects: "
        f"{PACKAGE}: package index "
    )
    assert found["next_step"]


@pytest.mark.parametrize("mood", [Mood.SERVER_ERROR, Mood.EMPTY, Mood.WRONG_TYPE, Mood.TRUNCATED], ids=str)
def test_a_silent_listing_is_not_examined(stage: Stage, mood: Mood) -> None:
    stage.index.misbehave(Ask.SIMPLE, mood)
    assert stage.run() == ExitCode.NOT_EXAMINED
    assert stage.facts == ["not-examined"]


def test_a_project_that_the_index_no_longer_has(stage: Stage) -> None:
    stage.index.misbehave(Ask.PROJECT, Mood.NOT_FOUND)
    assert stage.run() == ExitCode.DENIED
    assert stage.facts == ["project-gone"]


def test_findings_weigh_more_than_silence(stage: Stage) -> None:
    stage.service.mood = Mood.SERVER_ERROR
    stage.write("requirements.provenance.json", json.dumps(baseline(author="B")))
    assert stage.run() == ExitCode.DENIED
    assert sorted(stage.facts) == ["metadata-changed", "not-examined"]


def test_when_nobody_answers_nothing_is_judged(stage: Stage) -> None:
    stage.index.misbehave(Ask.PROJECT, Mood.SERVER_ERROR)
    stage.service.mood = Mood.SERVER_ERROR
    assert stage.run() == ExitCode.NOT_EXAMINED
    assert stage.err.startswith("error: could not fetch publishers of 1 of 1 projects ")
    assert "\n  next: Check that this machine can reach it" in stage.err
    assert stage.record["outcome"] == "not-examined"


def test_a_service_without_the_api_says_so_and_how_to_declare_it(stage: Stage) -> None:
    stage.service.absent = True
    assert stage.run() == ExitCode.NOT_EXAMINED
    assert f"Integrity API {stage.service.url}: HTTP status 404 (no such API, or an unknown file)" in stage.out
    assert "or [publishers].attestations = false to record that this index has none." in stage.out
    stage.config("[publishers]\nattestations = false\n")
    assert stage.run() == ExitCode.PASS
    assert stage.record["notes"] == ["attestations were not checked: [publishers].attestations is false"]
    assert stage.record["counts"]["files"] == 0


class TestOffline:
    def test_kept_answers_are_used(self, stage: Stage) -> None:
        stage.run()
        asked = len(stage.service.asked), len(stage.index.requests)
        assert stage.run("--offline", hours=5) == ExitCode.PASS
        assert (len(stage.service.asked), len(stage.index.requests)) == asked
        assert f"source: Integrity API {stage.service.url}, as of up to 5 hours ago" in stage.out
        assert stage.record["feeds"][0]["age_seconds"] == 5 * 3600

    def test_not_for_ever(self, stage: Stage) -> None:
        stage.run()
        assert stage.run("--offline", hours=49) == ExitCode.NOT_EXAMINED

    def test_without_them_nothing_is_examined(self, stage: Stage) -> None:
        assert stage.run("--offline") == ExitCode.NOT_EXAMINED
        assert "\n  next: Run once without --offline." in stage.err
        assert stage.service.asked == []


class TestTrustedRoot:
    def test_one_can_be_given(self, stage: Stage, shared_data: Path) -> None:
        staging = shared_data / "sigstore" / "trusted-roots" / "staging" / "trusted_root.json"
        assert stage.run("--trusted-root", str(staging)) == ExitCode.DENIED
        assert stage.facts == ["attestation-invalid"]

    def test_one_that_is_not_there(self, stage: Stage) -> None:
        assert stage.run("--trusted-root", str(stage.place / "none")) == ExitCode.INPUT


class TestProjects:
    def test_no_lock_and_no_dependencies(self, stage: Stage) -> None:
        (stage.root / "requirements.txt").unlink()
        assert stage.run() == ExitCode.PASS
        assert stage.record["notes"] == ["no lock was found"]

    def test_no_lock_though_dependencies_are_declared(self, stage: Stage) -> None:
        (stage.root / "requirements.txt").unlink()
        stage.write("requirements.in", "idna\n")
        assert stage.run() == ExitCode.NOT_EXAMINED
        assert "declares dependencies, but the project has no lock" in stage.out

    def test_a_pin_without_a_hash_is_not_examined(self, stage: Stage) -> None:
        stage.write("requirements.txt", f"{PACKAGE}==0.0.4a2  # via -r requirements.in\n")
        assert stage.run() == ExitCode.NOT_EXAMINED
        assert "the lock has no SHA-256 of its files" in stage.out

    def test_a_broken_baseline(self, stage: Stage) -> None:
        stage.write("requirements.provenance.json", '{"direct_deps": ')
        assert stage.run() == ExitCode.INPUT
        assert stage.err.startswith("error: requirements.provenance.json: not valid JSON: ")

    def test_a_fleet_asks_once(self, stage: Stage) -> None:
        assert stage.run() == ExitCode.PASS
        alone = len(stage.service.asked)
        for name in ("one", "two"):
            target = stage.place / name
            target.mkdir()
            for path in stage.root.iterdir():
                (target / path.name).write_text(path.read_text().replace('"demo"', f'"{name}"'))
        (stage.place / "two" / "requirements.provenance.json").write_text(json.dumps(baseline(author="B")))
        (stage.place / "fleet").write_text("one\ntwo\n")
        assert stage.run("--fleet", str(stage.place / "fleet")) == ExitCode.DENIED
        assert [(one["code"], one["path"]) for one in stage.record["findings"]] == [
            ("publisher.metadata-changed", "two/requirements.txt")
        ]
        assert len(stage.service.asked) == alone + 1
        assert (stage.record["counts"]["locks"], stage.record["counts"]["locked"]) == (2, 1)


def test_in_public_only_counts_are_told(stage: Stage) -> None:
    stage.write("requirements.provenance.json", json.dumps(baseline(author="B")))
    assert stage.run("--public-log") == ExitCode.DENIED
    assert stage.out == (
        "check_publishers: fail (attested 1, direct 1, direct_examined 1, examined 1, files 1, files_examined 1, "
        "locked 1, locks 1, out_of_scope 0)\n"
    )
    assert stage.err == ""
