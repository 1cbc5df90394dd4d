"""A release with conventional names: it verifies by itself, and no mixture of the two forms does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames, classify
from tests.trust.verification.conftest import Run
from tests.trust.verification.sealing import CHECKSUMS, GATE, PREFIX
from tests.trust.verification.world import WORKFLOW, World, failing, failures

PROVENANCE, VERSIONED = "build-provenance.json", f"{PREFIX}-provenance.intoto.json"


@pytest.fixture(scope="module")
def conventional(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two signed releases of a project that asks for conventional names."""
    return World(tmp_path_factory.mktemp("conventional"), world.instance, '[release]\nnames = "conventional"\n')


def test_a_bundle_with_the_conventional_extension_belongs_to_no_file_of_a_versioned_release(world: World) -> None:
    data = world.first.files[f"{GATE}.sigstore.json"]
    found = world.judged(world.first.replaced({f"{GATE}.bundle": data}))
    assert failures(found) == [f"files.known {GATE}.bundle: is not part of the release"]


def test_the_names(conventional: World) -> None:
    names = set(conventional.detached.files)
    released = {name for name in names if not name.endswith((".bundle", ".sig", ".crt"))}
    assert released == {
        PROVENANCE,
        CHECKSUMS,
        GATE,
        f"{PREFIX}-evidence.tar.gz",
        f"{PREFIX}-sbom.cdx.json",
        f"{PREFIX}-sbom.spdx.json",
        f"{PREFIX}-sbom.spdx3.json",
        f"{PREFIX}-trusted_root.json",
    }
    signed = {f"{name}{ending}" for name in released for ending in (".bundle", ".sig", ".crt")}
    statements = {f"{PREFIX}-{what}.attestation.bundle" for what in ("provenance", "sbom", "release", "vsa")}
    assert names == released | signed | statements
    assert not any(name.endswith((".sigstore.json", ".intoto.json")) for name in names)


def test_it_verifies_and_so_does_the_release_that_continues_it(conventional: World) -> None:
    assert failures(conventional.judged(conventional.detached.files)) == []
    before = sha256_bytes(conventional.first.files[PROVENANCE])
    found = conventional.judged(conventional.second.files, previous_given=True, previous_sha256=before)
    assert failures(found) == []
    parameters = json.loads(conventional.second.files[PROVENANCE])["predicate"]["buildDefinition"]["externalParameters"]
    assert parameters["names"] == "conventional"


def test_the_stand_alone_verifier_needs_no_configuration(
    conventional: World, run: Run, packages: Path, tmp_path: Path
) -> None:
    (tmp_path / "root.json").write_bytes(conventional.root)
    trusted = ["--identity", WORKFLOW, "--issuer", GITHUB_ISSUER, "--trusted-root", str(tmp_path / "root.json")]
    words = [*trusted, "--rehearsal", "--previous", str(conventional.first.folder)]
    done = run(str(conventional.second.folder), *words, site=packages)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_verifying_stage_accepts_it_and_refuses_a_changed_byte(conventional: World, tmp_path: Path) -> None:
    folder = tmp_path / "dist" / "release"
    folder.mkdir(parents=True)
    for name, data in conventional.first.files.items():
        (folder / name).write_bytes(data)
    words = [str(folder), "--rehearsal", *conventional.options(tmp_path / "dist"), "--version", "v1.0"]
    assert conventional.run("verify_release", *words) == 0
    (folder / PROVENANCE).write_bytes(conventional.first.files[PROVENANCE] + b" ")
    assert conventional.run("verify_release", *words) == 4


@pytest.mark.parametrize("name", [PROVENANCE, f"{PROVENANCE}.bundle", f"{PREFIX}-provenance.attestation.bundle", GATE])
def test_one_changed_or_lost_file_is_refused(conventional: World, name: str) -> None:
    data = conventional.first.files[name]
    for changed in (data[: len(data) // 2], data[:-1] if name.endswith(".bundle") else data + b" ", b""):
        assert failing(conventional.judged(conventional.first.replaced({name: changed})))
    assert failing(conventional.judged(conventional.first.replaced({name: None})))


def test_both_forms_of_the_provenance_are_no_release(conventional: World, world: World) -> None:
    for files, added in ((conventional.first.files, VERSIONED), (world.first.files, PROVENANCE)):
        data = files.get(PROVENANCE) or files[VERSIONED]
        with pytest.raises(InputError) as caught:
            conventional.judged({**files, added: data})
        assert caught.value.message == f"the provenance has two names: {PROVENANCE} and {VERSIONED}"


@pytest.mark.parametrize("subject", [CHECKSUMS, PROVENANCE, GATE])
def test_a_bundle_in_the_other_form_belongs_to_no_file(conventional: World, subject: str) -> None:
    bundle, other = f"{subject}.bundle", f"{subject}.sigstore.json"
    data = conventional.first.files[bundle]
    both = conventional.judged(conventional.first.replaced({other: data}))
    assert failures(both) == [f"files.known {other}: is not part of the release"]
    renamed = conventional.judged(conventional.first.replaced({other: data, bundle: None}))
    assert f"files.signed {subject}: is not signed: {bundle} is missing" in failures(renamed)


@pytest.mark.parametrize("stated", [None, "versioned", "other", 1])
def test_the_provenance_states_the_form_of_the_names(conventional: World, stated: object) -> None:
    statement = json.loads(conventional.first.files[PROVENANCE])
    parameters = statement["predicate"]["buildDefinition"]["externalParameters"]
    del parameters["names"]
    if stated is not None:
        parameters["names"] = stated
    found = failures(conventional.judged(conventional.first.replaced({PROVENANCE: plain_json.dump(statement)})))
    said = stated if isinstance(stated, str) else stated or "versioned"
    path = "$.predicate.buildDefinition.externalParameters.names"
    expected = f"provenance.parameters {PROVENANCE}: {path}: states {said} names, but the files have conventional ones"
    assert expected in found


def test_a_renamed_versioned_release_is_refused(world: World) -> None:
    """Renamed from end to end, with checksums that fit: the signed provenance still states the other form."""
    files = {
        name.replace(VERSIONED, PROVENANCE).replace(".sigstore.json", ".bundle"): data
        for name, data in world.first.files.items()
    }
    files[CHECKSUMS] = files[CHECKSUMS].replace(VERSIONED.encode(), PROVENANCE.encode())
    lines = files[CHECKSUMS].splitlines(keepends=True)
    ordered = sorted(lines, key=lambda line: line[66:])
    files[CHECKSUMS] = b"".join(ordered)
    problems = failures(world.judged(files))
    path = "$.predicate.buildDefinition.externalParameters.names"
    said = f"provenance.parameters {PROVENANCE}: {path}: states versioned names, but the files have conventional ones"
    assert said in problems
    assert "files.listed" not in {problem.partition(" ")[0] for problem in problems}


def test_kinds_are_the_same_in_both_forms() -> None:
    rests = ("sbom-wheel.cdx.json", "sbom-source.spdx.json", "sbom-wheel-demo-py3-none-any.spdx3.json")
    own = (CHECKSUMS, GATE, f"{PREFIX}-sbom.cdx.json")
    versioned = classify([*own, VERSIONED, *(f"{PREFIX}-{rest}" for rest in rests)])
    parts = classify([*own, PROVENANCE, *rests])
    assert (versioned.naming, parts.naming) == (ReleaseNaming.VERSIONED, ReleaseNaming.CONVENTIONAL)
    for rest in rests:
        assert parts.kind_of(rest) == versioned.kind_of(f"{PREFIX}-{rest}") == "sbom"
        assert parts.is_of_distribution(rest)
        assert versioned.is_of_distribution(f"{PREFIX}-{rest}")
    assert parts.kind_of(PROVENANCE) == versioned.kind_of(VERSIONED) == "provenance"
    assert parts.kind_of(f"{PREFIX}-sbom.attestation.bundle") == "sbom-attestation"
    assert classify([*own, VERSIONED, "sbom-wheel.cdx.json"]).kind_of("sbom-wheel.cdx.json") == "other"


def test_the_kinds_of_many_files_are_found_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    own = (CHECKSUMS, GATE, VERSIONED, f"{PREFIX}-demo-1-py3-none-any.whl", f"{PREFIX}-evidence.tar.gz")
    rests = [f"{kind}-{number}.{end}" for number in range(20) for kind, end in (("sbom", "cdx.json"), ("x", "txt"))]
    names = [*own, f"{PREFIX}-vex.json", *(f"{PREFIX}-{rest}" for rest in rests)]
    alone = {name: classify(names).kind_of(name) for name in names}
    assert set(alone.values()) == {"checksums", "gate", "provenance", "distribution", "archive", "vex", "sbom", "other"}
    asked: list[str] = []
    rest_of = ReleaseFileNames._rest

    def counted(parts: ReleaseFileNames, name: str) -> str:
        asked.append(name)
        return rest_of(parts, name)

    monkeypatch.setattr(ReleaseFileNames, "_rest", counted)
    parts = classify(names)
    assert {name: parts.kind_of(name) for name in names} == alone
    assert len(asked) <= 2 * len(names)


def test_an_sbom_in_the_other_form_is_not_listed(conventional: World, world: World) -> None:
    for files, added in (
        (conventional.first.files, f"{PREFIX}-sbom-wheel.spdx.json"),
        (world.first.files, "sbom-wheel.spdx.json"),
    ):
        judged = conventional if files is conventional.first.files else world
        assert f"files.listed {added}: is not listed" in failures(judged.judged({**files, added: b"{}"}))
