"""What wheels of dependencies contain: opened by check_hashes, recorded beside the lock, listed by generate_sbom."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_hashes, generate_sbom
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.gates.wheel_contents import open_wheel
from tests.fakes import binaries
from tests.fakes.full_wheels import full_wheel
from tests.fakes.index import FakeFile, FakeIndex, core_metadata

CALM = Timeouts(attempts=1, backoff_seconds=0.01)
TAG = "cp39-abi3-manylinux_2_28_x86_64"
INFO = "crypt-2.0.dist-info"
DECLARED = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.4",
        "metadata": {"tools": [{"name": "auditwheel"}], "component": {"type": "library", "name": "crypt"}},
        "components": [
            {"type": "library", "name": "crypt", "version": "2.0", "purl": "pkg:pypi/Crypt@2.0"},
            {
                "type": "library",
                "name": "krb5",
                "version": "1.21",
                "purl": "pkg:rpm/almalinux/krb5@1.21?download_url=file:///home/me/x",
            },
            {"type": "library", "name": "idna", "version": "3.11", "purl": "pkg:pypi/idna@3.11"},
            {"type": "library", "name": "fribidi-shim", "version": "1.x"},
        ],
    }
)
FILES = {
    "crypt/_rust.abi3.so": binaries.elf("", ("libc.so.6",), texts=b"\0OpenSSL 4.0.3 29 Sep 2026\0"),
    "crypt.libs/libzmq-2f02442c.so.5.2.5": binaries.elf("libzmq-2f02442c.so.5.2.5"),
    f"{INFO}/sboms/auditwheel.cdx.json": DECLARED.encode(),
}


class World:
    """A project with two pins, an index on loopback, and the two stages."""

    def __init__(self, root: Path, index: FakeIndex, capfd: pytest.CaptureFixture[str]) -> None:
        self.root, self.dist, self.index, self._capfd = root / "project", root / "dist", index, capfd
        self.root.mkdir()
        self.shown = ""
        (self.root / ".security-config.toml").write_text(
            f'component_name = "demo"\n[index]\nurl = "{index.url}"\njson_url = "{index.url}"\n'
        )

    def offer(self, name: str, version: str, files: dict[str, bytes], tag: str = TAG) -> FakeFile:
        file_name, data = full_wheel(name, version, files, tag=tag)
        text = core_metadata(name, version)
        return self.index.add(name, FakeFile(file_name, data, text, False))

    def lock(self, *files: FakeFile) -> None:
        pins = [(*file.filename.split("-")[:2], file.pin_hash) for file in files]
        (self.root / "requirements.txt").write_text(
            "".join(f"{name}=={version} --hash={digest}\n" for name, version, digest in pins)
        )

    def check(self, *words: str) -> int:
        return self._run(check_hashes.main, "--bytes", *words)

    def sbom(self, *words: str) -> dict[str, Any]:
        assert self._run(generate_sbom.main, "--no-enrich", *words) == ExitCode.PASS, self.shown
        found: dict[str, Any] = json.loads((self.dist / "sbom/demo-sbom.json").read_text())
        return found

    def _run(self, stage: Any, *words: str) -> int:
        self._capfd.readouterr()
        code: int = stage(["--project", str(self.root), "--dist", str(self.dist), "--version", "1.0", *words])
        self.shown = "".join(self._capfd.readouterr())
        return code

    @property
    def recorded(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.root / "requirements.contents.json").read_text())["wheels"]
        return found

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.dist / "records/check_hashes.json").read_text())
        return found


@pytest.fixture
def world(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.Timeouts", lambda: CALM)
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.TIMEOUTS", CALM)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    with FakeIndex() as index:
        yield World(tmp_path, index, capfd)


def assemblies(bom: dict[str, Any]) -> dict[str, str]:
    return {ref: part["aggregate"] for part in bom["compositions"] for ref in part.get("assemblies", ())}


def test_a_bundled_library_is_opened_recorded_and_listed(world: World) -> None:
    world.lock(world.offer("crypt", "2.0", FILES), world.offer("pure", "1.0", {"pure.py": b""}, "py3-none-any"))
    assert world.check() == ExitCode.PASS
    assert "2 wheels are not recorded" in world.shown
    assert f"nox -s check_hashes -- --project {world.root} --bytes --record" in world.shown
    bom = world.sbom()
    assert {ref: assemblies(bom)[ref] for ref in ("pkg:pypi/crypt@2.0", "pkg:pypi/pure@1.0")} == {
        "pkg:pypi/crypt@2.0": "unknown",
        "pkg:pypi/pure@1.0": "unknown",
    }
    assert {"name": "sealwright:wheels-not-opened", "value": "2 of 2"} in bom["metadata"]["properties"]

    assert world.check("--record") == ExitCode.PASS
    assert [ref["path"] for ref in world.record["writes"]] == ["project:requirements.contents.json"]
    assert world.check() == ExitCode.PASS
    assert "not recorded" not in world.shown
    crypt, pure = world.recorded
    assert {row["name"].lower(): row.get("version", "") for row in crypt["components"]} == {
        "openssl": "4.0.3",
        "zeromq": "",
        "krb5": "1.21",
        "idna": "3.11",
        "fribidi-shim": "1.x",
    }
    assert "components" not in pure
    assert "/home/me" not in json.dumps(world.recorded)

    bom = world.sbom("--formats", "all")
    rows = {row["name"].lower(): row for row in bom["components"]}
    openssl = rows["openssl"]
    properties = {(row["name"], row["value"]) for row in openssl["properties"]}
    assert ("sealwright:bundled-in", crypt["file"]) in properties
    assert openssl["evidence"]["identity"][0]["methods"][0]["value"].startswith(f"string in {crypt['file']}/crypt/")
    assert rows["krb5"]["purl"] == "pkg:rpm/almalinux/krb5@1.21"
    assert ("sealwright:declared-by", crypt["file"]) in {
        (row["name"], row["value"]) for row in rows["krb5"]["properties"]
    }
    abi = rows["zeromq"]
    assert "version" not in abi
    assert ("sealwright:abi", "5.2.5") in {(row["name"], row["value"]) for row in abi["properties"]}
    assert [row["name"] for row in bom["components"]].count("crypt") == 1
    assert (assemblies(bom)["pkg:pypi/crypt@2.0"], assemblies(bom)["pkg:pypi/pure@1.0"]) == ("incomplete", "complete")
    edges = {row["ref"]: row.get("dependsOn", []) for row in bom["dependencies"]}
    assert openssl["bom-ref"] in edges["pkg:pypi/crypt@2.0"]
    assert not list(schema_problems(bom, "1.6"))
    reads = json.loads((world.dist / "records/generate_sbom.json").read_text())["reads"]
    assert "project:requirements.contents.json" in [ref["path"] for ref in reads]
    spdx = json.loads((world.dist / "sbom/demo-sbom.spdx.json").read_text())
    ids = {row["SPDXID"]: row["name"].lower() for row in spdx["packages"]}
    contained = {
        (ids[row["spdxElementId"]], ids[row["relatedSpdxElement"]])
        for row in spdx["relationships"]
        if row["relationshipType"] == "CONTAINS"
    }
    assert ("crypt", "openssl") in contained


def test_the_same_record_gives_the_same_sbom(world: World) -> None:
    world.lock(world.offer("crypt", "2.0", FILES))
    world.check("--record")
    world.sbom()
    first = (world.dist / "sbom/demo-sbom.json").read_bytes()
    data = (world.root / "requirements.contents.json").read_bytes()
    world.check("--record")
    assert (world.root / "requirements.contents.json").read_bytes() == data
    world.sbom()
    assert (world.dist / "sbom/demo-sbom.json").read_bytes() == first


def test_a_locked_package_that_is_vendored_as_well_is_listed_once(world: World) -> None:
    world.lock(world.offer("crypt", "2.0", FILES), world.offer("idna", "3.11", {"idna.py": b""}, "py3-none-any"))
    world.check("--record")
    bom = world.sbom()
    assert [row["bom-ref"] for row in bom["components"] if row["name"] == "idna"] == ["pkg:pypi/idna@3.11"]
    assert (
        "pkg:pypi/idna@3.11"
        in {row["ref"]: row["dependsOn"] for row in bom["dependencies"] if "dependsOn" in row}["pkg:pypi/crypt@2.0"]
    )


def test_a_record_that_was_changed_is_a_finding_and_is_written_again(world: World) -> None:
    world.lock(world.offer("crypt", "2.0", FILES))
    world.check("--record")
    path = world.root / "requirements.contents.json"
    good = path.read_bytes()
    plain = json.loads(good)
    plain["wheels"][0]["components"] = [
        row for row in plain["wheels"][0]["components"] if row["name"].lower() != "openssl"
    ]
    path.write_text(json.dumps(plain))
    assert world.check() == ExitCode.DENIED
    (finding,) = world.record["findings"]
    assert (finding["code"], finding["package"], finding["line"]) == ("hash.contents-differ", "crypt", 1)
    world.check("--record")
    assert path.read_bytes() == good
    path.write_text('{"schema": "wheel-contents/1"}')
    assert world.check() == ExitCode.INPUT
    assert "requirements.contents.json" in world.shown


def test_entries_of_wheels_that_left_the_lock_are_removed_and_never_listed(world: World) -> None:
    old, new = world.offer("crypt", "2.0", FILES), world.offer("crypt", "2.1", {"crypt.py": b""}, "py3-none-any")
    world.lock(old)
    world.check("--record")
    world.lock(new)
    bom = world.sbom()
    assert "openssl" not in {row["name"].lower() for row in bom["components"]}
    assert assemblies(bom)["pkg:pypi/crypt@2.1"] == "unknown"
    world.check("--record")
    assert [wheel["version"] for wheel in world.recorded] == ["2.1"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({f"{INFO}/sboms/x.json": b"[" * 50_000}, "could not be read as an SBOM"),
        ({f"{INFO}/sboms/x.json": b'{"bomFormat": "CycloneDX", "specVersion": "9.0"}'}, "could not be read as an SBOM"),
        ({f"{INFO}/sboms/x.txt": b"SPDXVersion: SPDX-2.3"}, "could not be read as an SBOM"),
        (
            {
                f"{INFO}/sboms/many.json": json.dumps(
                    {
                        "bomFormat": "CycloneDX",
                        "specVersion": "1.6",
                        "components": [{"type": "library", "name": f"a{number}"} for number in range(5001)],
                    }
                ).encode()
            },
            "more than 5000",
        ),
    ],
    ids=["nested", "version", "tag-value", "many"],
)
def test_a_hostile_sbom_is_bounded_and_stated(world: World, files: dict[str, bytes], words: str) -> None:
    world.lock(world.offer("crypt", "2.0", files))
    assert world.check("--record") == ExitCode.PASS
    assert words in json.dumps(world.recorded)
    assert assemblies(world.sbom())["pkg:pypi/crypt@2.0"] in ("incomplete", "unknown")


def test_a_wheel_with_two_readings_is_not_opened_and_stated(world: World) -> None:
    file = world.offer("crypt", "2.0", FILES)
    file.data = b"before" + file.data
    world.lock(file)
    assert world.check("--record") == ExitCode.PASS
    assert world.recorded[0]["problem"]
    assert "components" not in world.recorded[0]
    bom = world.sbom()
    assert assemblies(bom)["pkg:pypi/crypt@2.0"] == "unknown"
    (crypt,) = (row for row in bom["components"] if row["name"] == "crypt")
    assert any(row["name"] == "sealwright:wheel-not-opened" for row in crypt["properties"])


def test_bytes_that_are_not_the_locked_ones_are_never_recorded(world: World) -> None:
    file = world.offer("crypt", "2.0", {})
    world.lock(file)
    file.data = full_wheel("crypt", "2.0", FILES, tag=TAG)[1]
    assert world.check("--record") in (ExitCode.DENIED, ExitCode.NOT_EXAMINED)
    assert not (world.root / "requirements.contents.json").exists()


def test_record_needs_bytes(world: World) -> None:
    world.lock(world.offer("crypt", "2.0", {}))
    assert world._run(check_hashes.main, "--record") == ExitCode.USAGE


def test_any_damage_gives_a_record_and_never_an_error(tmp_path: Path) -> None:
    rng = random.Random("wheel contents")  # noqa: S311 - a seed, no secret
    name, good = full_wheel("crypt", "2.0", FILES, tag=TAG)
    for number in range(120):
        data = bytearray(good)
        for _ in range(rng.choice([1, 3, 30])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if number % 5 == 0:
            del data[rng.randrange(len(data)) :]
        path = tmp_path / "wheel"
        path.write_bytes(data)
        with path.open("rb") as file:
            wheel = open_wheel(file, "crypt", "2.0", name)
        assert not (wheel.problem and wheel.components)
