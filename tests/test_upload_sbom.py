"""upload_sbom, run as its users run it, against a server on loopback that also misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import upload_sbom
from ops.supply_chain.adapters.dependency_track import client
from ops.supply_chain.adapters.dependency_track.multipart import form
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.dependency_track import KEY, DtMood, FakeDependencyTrack
from tests.fakes.retained_releases import RetainedReleases, sbom

VEX = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "vulnerabilities": []}).encode()
UUID = "0B3C4B8F-0b3c-4d1c-9a3d-0f2b7c1a9e10"


class World:
    """A project, its SBOM, and the server."""

    def __init__(self, base: Path, server: FakeDependencyTrack, capfd: pytest.CaptureFixture[str]) -> None:
        self.base, self.server, self.capfd = base, server, capfd
        (base / "project").mkdir()
        (base / "project/pyproject.toml").write_text('[project]\nname = "thing"\nversion = "1.0"\n')
        self.sbom = base / "thing-1.0-sbom.cdx.json"
        self.sbom.write_bytes(sbom("thing", "1.0", {"foo": "1", "bar": "2"}))
        (base / "vex.json").write_bytes(VEX)

    def run(self, *words: str, what: str = "", to: str = "") -> tuple[int, str]:
        """Return the exit code and all output."""
        place = ["--project", str(self.base / "project"), "--artifacts", str(self.base / "artifacts")]
        self.capfd.readouterr()
        code = upload_sbom.main([*place, "--to", to or self.server.address, what or str(self.sbom), *words])
        shown = self.capfd.readouterr()
        assert KEY not in shown.out + shown.err
        return code, shown.out + shown.err


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[World]:
    quick = Timeouts(connect_seconds=1, read_seconds=0.3, total_seconds=2, attempts=2, backoff_seconds=0)
    monkeypatch.setitem(client.DependencyTrack.__init__.__kwdefaults__ or {}, "timeouts", quick)
    monkeypatch.setattr(client, "POLL_SECONDS", 0.001)
    monkeypatch.setenv("DEPENDENCY_TRACK_API_KEY", KEY)
    with FakeDependencyTrack() as server:
        yield World(tmp_path, server, capfd)


def test_an_sbom_is_sent_as_it_is_and_vex_only_after_it_was_processed(world: World) -> None:
    world.server.polls = 2
    more = ["--parent", "Group@2", "--tag", "a", "--tag", "b", "--latest", "--vex", str(world.base / "vex.json")]
    code, text = world.run(*more)
    assert code == ExitCode.PASS
    assert "uploaded to Dependency-Track 4.13.2" in text
    assert "as thing 1.0, 2 components" in text
    assert world.server.posted == [
        "GET /api/version",
        "POST /api/v1/bom",
        *["GET /api/v1/event/token/4b8f4b61-0b3c-4d1c-9a3d-0f2b7c1a9e10"] * 3,
        "POST /api/v1/vex",
        *["GET /api/v1/event/token/4b8f4b61-0b3c-4d1c-9a3d-0f2b7c1a9e10"] * 2,
    ]
    version, bom, *_ = world.server.received
    assert "x-api-key" not in version.fields
    assert bom.fields["x-api-key"] == KEY
    assert {name: value.decode() for name, value in bom.parts.items() if name != "bom"} == {
        "projectName": "thing",
        "projectVersion": "1.0",
        "autoCreate": "true",
        "parentName": "Group",
        "parentVersion": "2",
        "projectTags": "a,b",
        "isLatest": "true",
    }
    assert bom.parts["bom"] == world.sbom.read_bytes()
    [vex] = [request for request in world.server.received if request.path == "/api/v1/vex"]
    assert vex.parts == {"projectName": b"thing", "projectVersion": b"1.0", "vex": VEX}


def test_the_same_content_gives_the_same_bytes(world: World) -> None:
    for _ in range(2):
        assert world.run()[0] == ExitCode.PASS
    first, second = [request for request in world.server.received if request.method == "POST"]
    assert (first.body, first.fields["content-type"]) == (second.body, second.fields["content-type"])
    other = form([("a", "b")], ("bom", 'x"\r\n.json', b"--"))
    assert other.media_type != first.fields["content-type"]
    assert b'filename="x%22%0D%0A.json"' in other.body


def test_a_dry_run_shows_what_would_be_sent_and_asks_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPENDENCY_TRACK_API_KEY")
    code, text = world.run("--dry-run", "--vex", str(world.base / "vex.json"), to="https://dt.example.com/api/")
    assert (code, world.server.received) == (ExitCode.PASS, [])
    assert text.splitlines()[:3] == [
        "dry run: nothing was sent to https://dt.example.com",
        "POST https://dt.example.com/api/v1/bom",
        "  projectName: thing",
    ]
    assert "POST https://dt.example.com/api/v1/vex" in text
    code, text = world.run("--dry-run", "--format", "json")
    result = json.loads(text)["result"]
    assert (code, result["sent"], result["requests"][0]["path"]) == (ExitCode.PASS, False, "/api/v1/bom")


@pytest.mark.parametrize(
    ("mood", "code", "said"),
    [
        (DtMood.PROBLEM, ExitCode.INPUT, "The uploaded BOM is invalid; Schema validation failed; $.components[0]"),
        (DtMood.PROBLEM, ExitCode.INPUT, "and 2 more errors"),
        (DtMood.QUOTES_KEY, ExitCode.INPUT, "no ****"),
        (DtMood.UNAUTHORISED, ExitCode.NOT_EXAMINED, "HTTP status 401"),
        (DtMood.FORBIDDEN, ExitCode.NOT_EXAMINED, "BOM_UPLOAD"),
        (DtMood.NOT_FOUND, ExitCode.NOT_EXAMINED, "The project could not be found"),
        (DtMood.TOO_LARGE, ExitCode.NOT_EXAMINED, "Raise the limit"),
        (DtMood.SERVER_ERROR, ExitCode.NOT_EXAMINED, "HTTP status 500"),
        (DtMood.REDIRECT, ExitCode.NOT_EXAMINED, "redirects to http://elsewhere.invalid/api/v1/bom"),
        (DtMood.NO_TOKEN, ExitCode.NOT_EXAMINED, "its answer has no token"),
        (DtMood.STRANGE_TOKEN, ExitCode.NOT_EXAMINED, "its answer has no token"),
        (DtMood.NOT_JSON, ExitCode.NOT_EXAMINED, "not JSON"),
        (DtMood.HUGE, ExitCode.NOT_EXAMINED, "answers with more than"),
        (DtMood.HANG_UP, ExitCode.NOT_EXAMINED, "broke off its answer"),
        (DtMood.SILENT, ExitCode.NOT_EXAMINED, "no answer in time"),
        (DtMood.NEVER_DONE, ExitCode.NOT_EXAMINED, "has not processed it after 0.05 seconds"),
        (DtMood.POLL_ODD, ExitCode.NOT_EXAMINED, "does not state whether"),
        (DtMood.VERSION_PAGE, ExitCode.NOT_EXAMINED, "Check the address of the API server"),
    ],
)
def test_a_server_that_misbehaves_is_named_with_what_to_do(
    world: World, mood: DtMood, code: ExitCode, said: str
) -> None:
    world.server.mood = mood
    found, text = world.run("--wait", "0.05", "--vex", str(world.base / "vex.json"))
    assert (found, said in text) == (code, True), text
    assert "next: " in text
    assert [request.path for request in world.server.received if request.method == "POST"] in ([], ["/api/v1/bom"])


def test_a_question_is_repeated_and_an_upload_never(world: World) -> None:
    world.server.mood = DtMood.POLL_ERROR_ONCE
    assert world.run()[0] == ExitCode.PASS
    world.server.received.clear()
    world.server.mood = DtMood.SERVER_ERROR
    assert world.run()[0] == ExitCode.NOT_EXAMINED
    assert world.server.posted == ["GET /api/version", "POST /api/v1/bom"]


@pytest.mark.parametrize(
    ("version", "spec", "code"),
    [
        ("4.8.2", "1.5", ExitCode.INPUT),
        ("4.8.2", "1.4", ExitCode.PASS),
        ("4.10.1", "1.6", ExitCode.INPUT),
        ("4.10.1", "1.5", ExitCode.PASS),
        ("4.11.0", "1.6", ExitCode.PASS),
        ("5.1.0-SNAPSHOT", "1.7", ExitCode.PASS),
    ],
)
def test_a_server_that_would_lose_a_newer_document_does_not_get_it(
    world: World, version: str, spec: str, code: ExitCode
) -> None:
    world.server.version = version
    world.sbom.write_bytes(world.sbom.read_bytes().replace(b'"1.6"', f'"{spec}"'.encode()))
    found, text = world.run()
    assert found == code, text
    assert ("POST /api/v1/bom" in world.server.posted) == (code == ExitCode.PASS)


def _json(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "is not CycloneDX in JSON"),
        (_json(spdxVersion="SPDX-2.3"), "is not CycloneDX in JSON"),
        (b"<bom/>", "is not CycloneDX in JSON"),
    ],
)
def test_what_is_no_cyclonedx_json_is_not_sent(world: World, data: bytes, said: str) -> None:
    world.sbom.write_bytes(data)
    code, text = world.run()
    assert (code, said in text, world.server.received) == (ExitCode.INPUT, True, [])


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "http://dt.example.com"),
        ("--to", "https://u:p@dt.example.com"),
        ("--to", "https://dt.example.com/?q"),
        ("--to", "ftp://x"),
        ("--to", ""),
        ("--uuid", "x"),
        ("--uuid", UUID, "--name", "x"),
        ("--tag", "a,b"),
        ("--tag", " "),
        ("--name", "a\nb"),
        ("--wait", "-1"),
        ("--offline",),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_asked(world: World, words: tuple[str, ...]) -> None:
    assert (world.run(*words)[0], world.server.received) == (ExitCode.USAGE, [])


@pytest.mark.parametrize("key", ["", "a b", "ä"])
def test_without_a_usable_key_nothing_is_asked(world: World, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPENDENCY_TRACK_API_KEY", key)
    code, text = world.run()
    assert (code, world.server.received) == (ExitCode.USAGE, [])
    assert "DEPENDENCY_TRACK_API_KEY" in text


def test_an_sbom_without_a_name_needs_one(world: World) -> None:
    world.sbom.write_bytes(_json(bomFormat="CycloneDX", specVersion="1.6", version=1, components=[]))
    assert world.run()[0] == ExitCode.USAGE
    assert world.run("--name", "x", "--name-version", "1", "--no-create")[0] == ExitCode.PASS
    bom = next(request for request in world.server.received if request.method == "POST")
    assert (bom.parts["projectName"], bom.parts["autoCreate"]) == (b"x", b"false")


def test_a_project_can_be_named_by_its_uuid_and_a_parent_too(world: World) -> None:
    assert world.run("--uuid", UUID)[0] == ExitCode.PASS
    assert world.run("--parent", UUID)[0] == ExitCode.PASS
    first, second = [request.parts for request in world.server.received if request.method == "POST"]
    assert {name: value for name, value in first.items() if name != "bom"} == {"project": UUID.lower().encode()}
    assert second["parentUUID"] == UUID.lower().encode()


def test_a_retained_version_is_sent(world: World) -> None:
    RetainedReleases(world.base / "artifacts").add("2.0", {"foo": "1"})
    assert world.run(what="2.0")[0] == ExitCode.PASS
    bom = next(request for request in world.server.received if request.method == "POST")
    assert bom.parts["projectVersion"] == b"2.0"


def test_a_public_log_shows_counts_only(world: World) -> None:
    code, text = world.run("--public-log")
    assert code == ExitCode.PASS
    assert "thing" not in text
    assert world.server.address not in text
