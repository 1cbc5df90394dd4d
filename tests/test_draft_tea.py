"""draft_tea, run as its users run it: drafts that nothing publishes, checked by the schema of TEA."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from ops.supply_chain import draft_tea
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.retained_releases import RetainedReleases

ENDPOINT = "https://tea.example.com/api"
WORDS = ("--domain", "example.com", "--endpoint", ENDPOINT)


class World:
    """A project with retained releases."""

    def __init__(self, base: Path) -> None:
        self.base = base
        (base / "project").mkdir()
        (base / "project/pyproject.toml").write_text('[project]\nname = "thing"\nversion = "1.0"\n')
        self.releases = RetainedReleases(base / "artifacts")
        self.releases.add("1.0", {"foo": "1"}, purl="pkg:pypi/thing@1.0")
        self.releases.add("1.1", {"foo": "1"})

    def run(self, *words: str) -> int:
        place = ["--project", str(self.base / "project"), "--artifacts", str(self.base / "artifacts")]
        return draft_tea.main([*place, "--dist", str(self.base / "dist"), *words])

    def json(self, name: str) -> Any:
        return json.loads((self.base / "dist/tea" / name).read_text())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_well_known_document_and_the_identifiers_are_drafted(world: World) -> None:
    assert (
        world.run(*WORDS, "--endpoint", "https://b.example.com", "--api", "0.4.0", "--api", "1.0.0-beta.2")
        == ExitCode.PASS
    )
    assert world.json("DRAFT-well-known-tea.json") == {
        "schemaVersion": 1,
        "endpoints": [
            {"url": ENDPOINT, "versions": ["0.4.0", "1.0.0-beta.2"], "priority": 1.0},
            {"url": "https://b.example.com", "versions": ["0.4.0", "1.0.0-beta.2"], "priority": 0.5},
        ],
    }
    draft = world.json("DRAFT-teis.json")
    first, second = draft["releases"]
    assert (draft["component"], draft["domain"], draft["left_out"]) == ("thing", "example.com", [])
    assert first["teis"] == [f"urn:tei:uuid:example.com:{first['uuid']}", "urn:tei:purl:example.com:pkg:pypi/thing@1.0"]
    assert (second["version"], second["teis"]) == ("1.1", [f"urn:tei:uuid:example.com:{second['uuid']}"])
    [file] = first["files"]
    assert file["tei"] == f"urn:tei:hash:example.com:SHA256:{file['sha256']}"
    assert uuid.UUID(first["uuid"]) != uuid.UUID(second["uuid"])
    assert len(first["queries"]) == 2 * 2 * 3
    assert first["queries"][0].startswith(f"{ENDPOINT}/v0.4.0/discovery?tei=urn%3Atei%3Auuid%3A")
    assert {unquote(query.partition("tei=")[2]) for query in first["queries"]} == {*first["teis"], file["tei"]}


def test_nothing_has_the_name_under_which_it_would_be_published(world: World) -> None:
    assert world.run(*WORDS) == ExitCode.PASS
    names = sorted(path.name for path in (world.base / "dist/tea").iterdir())
    assert names == ["DRAFT-teis.json", "DRAFT-well-known-tea.json", "README.md"]
    assert "only once every one of these addresses answers" in (world.base / "dist/tea/README.md").read_text()


def test_the_same_releases_give_the_same_bytes(world: World) -> None:
    seen = []
    for _ in range(2):
        world.run(*WORDS)
        seen.append({path.name: path.read_bytes() for path in (world.base / "dist/tea").iterdir()})
    assert seen[0] == seen[1]


def test_a_release_that_is_not_intact_is_left_out_with_its_reason(world: World) -> None:
    world.releases.sbom_path("1.0").unlink()
    assert world.run(*WORDS) == ExitCode.PASS
    draft = world.json("DRAFT-teis.json")
    assert [release["version"] for release in draft["releases"]] == ["1.1"]
    assert draft["left_out"][0].startswith("1.0: ")


def test_without_a_release_there_is_nothing_to_identify(tmp_path: Path) -> None:
    world = World(tmp_path)
    for version in ("1.0", "1.1"):
        world.releases.path(version, "manifest.json").write_text("{")
    assert world.run(*WORDS) == ExitCode.NOT_EXAMINED
    assert not (tmp_path / "dist/tea").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--domain", "Example.com", "--endpoint", ENDPOINT),
        ("--domain", "example", "--endpoint", ENDPOINT),
        ("--domain", "127.0.0.1", "--endpoint", ENDPOINT),
        ("--domain", "https://example.com", "--endpoint", ENDPOINT),
        ("--domain", "example.com", "--endpoint", "http://tea.example.com"),
        ("--domain", "example.com", "--endpoint", f"{ENDPOINT}/"),
        ("--domain", "example.com", "--endpoint", f"{ENDPOINT}?a"),
        ("--domain", "example.com", "--endpoint", "https://u@tea.example.com"),
        (*WORDS, "--api", "v0.4.0"),
        (*WORDS, "--api", "1.0"),
        (*WORDS, "--api", "01.0.0"),
        ("--domain", "example.com"),
    ],
)
def test_what_the_schema_refuses_is_not_drafted(world: World, words: tuple[str, ...]) -> None:
    assert world.run(*words) == ExitCode.USAGE
    assert not (world.base / "dist/tea").exists()
