"""GitHub attestations and PEP 740 provenance as further evidence, and the level that they show.

Real ones are recorded: PyPI's and GitHub's, see the README of the shared data folder.
"""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.contracts.files.verification import Check, Expectations, Further, GivenFile
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import BundleChecker, further_in
from ops.supply_chain.trust.verification.evidence import bundles_in, evidence
from ops.supply_chain.trust.verification.level import GITHUB_BUILD_TYPE, HOSTED_BUILDER
from tests.trust.verification.sealing import PREFIX, PROVENANCE, sealed
from tests.trust.verification.test_tolerances import real
from tests.trust.verification.world import WORKFLOW, World

REPOSITORY = "github.com/acme/small"
PYPI = "https://docs.pypi.org/attestations/publish/v1"
TRAIL = "https://github.com/trailofbits/pypi-attestation-models"
RELEASED = f"{TRAIL}/.github/workflows/release.yml@refs/tags/v0.0.4a2"
MODELS, RFC = "pypi_attestation_models-0.0.4a2.tar.gz", "rfc8785-0.1.2-py3-none-any.whl"


class Recorded:
    """An attestation of the shared data, and the file that it is about, by digest."""

    def __init__(self, shared_data: Path, name: str) -> None:
        entry = json.loads((shared_data / "pep740/index.json").read_bytes())[name]
        root = shared_data / "sigstore/trusted-roots" / entry["signed_in"] / "trusted_root.json"
        one = entry["artifact"]
        self.data = (shared_data / "pep740" / name).read_bytes()
        self.checker = BundleChecker(BundleVerifier(root.read_bytes()), [])
        self.file = GivenFile(name=one["filename"], sha256=one["sha256"], size=one["size"])

    def line(self, repository: str, *, data: bytes | None = None, sha256: str = "") -> tuple[str, str]:
        found = further_in("x", data or self.data, self.checker)
        file = GivenFile(name=self.file.name, sha256=sha256 or self.file.sha256, size=1)
        [check] = evidence(tuple(found), {file.name: file}, Expectations(bases=()), repository)
        [line] = check.lines
        return line.outcome, line.message


REAL: dict[str, tuple[str, str, tuple[str, str]]] = {
    "PEP 740, of the repository": (
        f"{MODELS}.attestation",
        "github.com/trailofbits/pypi-attestation-models",
        ("pass", f"{PYPI} about {MODELS}, by {RELEASED}"),
    ),
    "the bundle that it was made from": (
        f"{MODELS}.sigstore",
        "github.com/trailofbits/pypi-attestation-models",
        ("pass", f"{PYPI} about {MODELS}, by {RELEASED}"),
    ),
    "of another repository": (
        f"{MODELS}.attestation",
        "github.com/trailofbits/pypi-attestation",
        ("fail", f"comes from {TRAIL.removeprefix('https://')}, expected github.com/trailofbits/pypi-attestation"),
    ),
    "of nobody knows which": (
        f"{MODELS}.attestation",
        "",
        (
            "not-examined",
            f"{PYPI} about {MODELS}, by {RELEASED}: no expected repository was given (--source-repository)",
        ),
    ),
    "by a person": (
        f"{RFC}.publish.attestation",
        "github.com/trailofbits/rfc8785.py",
        ("fail", "comes from william@yossarian.net, expected github.com/trailofbits/rfc8785.py"),
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_attestation_of_pypi_comes_out(shared_data: Path, name: str) -> None:
    file, repository, expected = REAL[name]
    assert Recorded(shared_data, file).line(repository) == expected


def test_a_real_attestation_is_about_its_own_bytes_only(shared_data: Path) -> None:
    one = Recorded(shared_data, f"{MODELS}.attestation")
    assert one.line("github.com/trailofbits/pypi-attestation-models", sha256="0" * 64) == (
        "fail",
        "covers none of these files",
    )


def test_every_field_of_a_real_pep_740_attestation_counts(shared_data: Path) -> None:
    one = Recorded(shared_data, f"{MODELS}.attestation")
    document, accepted = json.loads(one.data), []
    paths = [
        ("version",),
        ("envelope", "statement"),
        ("envelope", "signature"),
        ("verification_material", "certificate"),
        ("verification_material", "transparency_entries"),
    ]
    for path in paths:
        values: tuple[Any, ...] = (None, "", "AAAA", 7, [], {})
        for value in values:
            changed = copy.deepcopy(document)
            node = changed
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
            outcome, _ = one.line(TRAIL.removeprefix("https://"), data=json.dumps(changed).encode())
            accepted += [(path, value)] if outcome == "pass" else []
    assert accepted == []


def test_a_real_github_attestation_verifies_and_its_statement_shows_no_level_by_itself(shared_data: Path) -> None:
    """Its statement names another workflow than its certificate does: then it is no provenance of that builder."""
    folder = shared_data / "sigstore/conformance"
    data = (folder / "happy-path-intoto-in-dsse-v3/bundle.sigstore.json").read_bytes()
    root = (shared_data / "sigstore/trusted-roots/production/trusted_root.json").read_bytes()
    found = further_in("x", data, BundleChecker(BundleVerifier(root), []))
    file = GivenFile(name="a.txt", sha256=sha256_bytes((folder / "a.txt").read_bytes()), size=1)
    repository = "github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
    [check] = evidence(tuple(found), {"a.txt": file}, Expectations(bases=()), repository)
    assert [line.outcome for line in check.lines] == [Outcome.PASS]
    assert check.lines[0].message.startswith(
        "https://slsa.dev/provenance/v1 about a.txt, by https://github.com/sigstore-"
    )


def test_a_bare_envelope_without_proof_is_no_evidence(shared_data: Path) -> None:
    data = (shared_data / "intoto/slsa-provenance/annotated-tag.intoto.jsonl").read_bytes()
    [found] = bundles_in(data)
    assert found.left_out == "a bare DSSE envelope: it has neither certificate nor log entry"


ODD = {
    "nothing": (b"", "$: not valid JSON: Expecting value: line 1 column 1 (char 0)"),
    "a list": (b"[]", "$: expected an object, found an array"),
    "no attestation": (b'{"attestations": []}', "contains no attestation"),
    "another version": (b'{"version": 2, "verification_material": {}}', "$.version: expected 1, found 2"),
    "a key twice": (b'{"mediaType": 1, "mediaType": 2}', "$: not valid JSON: duplicate key 'mediaType'"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_file_that_makes_no_sense_is_told(name: str) -> None:
    data, expected = ODD[name]
    [found] = bundles_in(data)
    assert found.problem == expected


def test_all_forms_in_which_githubs_come_are_read() -> None:
    bundle = {"mediaType": "m"}
    forms = (
        json.dumps(bundle),
        f"{json.dumps(bundle)}\n{json.dumps(bundle)}\n",
        json.dumps({"attestations": [{"bundle": bundle}]}),
    )
    assert [[json.loads(one.bundle) for one in bundles_in(form.encode())] for form in forms] == [
        [bundle],
        [bundle, bundle],
        [bundle],
    ]


SIGNER = WORKFLOW
ISOLATED = (
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml"
    "@refs/tags/v2.1.0"
)


class Hosted:
    """The first release as a real one that nobody had to sign, and hosted provenance of it.

    The world's instance signs as a rehearsal, whose level is 0 whatever else is shown. So the level is computed for
    the released files alone, as those of a real release.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.files = sealed(world.first, gate=lambda gate: gate.pop("rehearsal", None), provenance=real)
        source = json.loads(self.files[PROVENANCE])["predicate"]["buildDefinition"]["externalParameters"]["source"]
        self.commit = source["digest"]["gitCommit"]

    def statement(self, builder: str, *, build_type: str = GITHUB_BUILD_TYPE, names: Any = None) -> bytes:
        chosen = [one for one in sorted(self.files) if names is None or one in names]
        return json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": one, "digest": {"sha256": sha256_bytes(self.files[one])}} for one in chosen],
                "predicateType": "https://slsa.dev/provenance/v1",
                "predicate": {
                    "buildDefinition": {"buildType": build_type, "externalParameters": {}},
                    "runDetails": {"builder": {"id": builder}},
                },
            }
        ).encode()

    def claims(self, **changes: str) -> dict[str, str]:
        return {"sha": self.commit, "runner_environment": "github-hosted", **changes}

    def further(self, statement: bytes, **claims: str) -> tuple[Further, ...]:
        bundle = self.world.attested(statement, identity=SIGNER, claims=self.claims(**claims))
        return tuple(further_in("x", bundle, self.world.checker))

    def judged(self, further: tuple[Further, ...], **wanted: Any) -> Any:
        expected = {"source_repository": f"https://{REPOSITORY}", "allow_unsigned": True, "rehearsal": False, **wanted}
        return self.world.judged(self.files, further=further, **expected)


@pytest.fixture(scope="module")
def hosted(world: World) -> Hosted:
    return Hosted(world)


def test_without_further_evidence_it_is_level_1(hosted: Hosted) -> None:
    found = hosted.judged(())
    assert (found.level.build, found.level.reason) == (
        1,
        "its provenance is made by the scripts that made the release, not by a hosted builder",
    )


@pytest.mark.parametrize("builder", [SIGNER, HOSTED_BUILDER])
def test_a_hosted_builders_signed_provenance_of_every_file_shows_level_2(hosted: Hosted, builder: str) -> None:
    found = hosted.judged(hosted.further(hosted.statement(builder)))
    assert (found.level.build, found.level.reason) == (2, "a hosted builder's signed provenance covers every file")
    assert found.ruling is Outcome.PASS


def test_an_isolated_builder_that_is_known_shows_level_3(hosted: Hosted) -> None:
    ref = ISOLATED.removeprefix("https://github.com/")
    bundle = hosted.world.attested(
        hosted.statement(ISOLATED),
        identity=ISOLATED,
        claims=hosted.claims(job_workflow_ref=ref, repository="acme/small", repository_owner="acme"),
    )
    found = hosted.judged(tuple(further_in("x", bundle, hosted.world.checker)))
    assert found.level.build == 3


NOT_MORE: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, Any]]] = {
    "by a runner of one's own": ({}, {"runner_environment": "self-hosted"}, {}),
    "of another commit": ({}, {"sha": "1" * 40}, {}),
    "that names another builder than its certificate": ({"builder": f"{SIGNER}-evil"}, {}, {}),
    "that names an isolated builder which did not sign": ({"builder": ISOLATED}, {}, {}),
    "of another build type": ({"build_type": "urn:x"}, {}, {}),
    "of one file only": ({"names": (f"{PREFIX}-gate.json",)}, {}, {}),
    # An unsigned statement may name whatever repository its forger has a workflow in.
    "where nothing but the unsigned release names the source": ({}, {}, {"source_repository": ""}),
}


@pytest.mark.parametrize("name", NOT_MORE)
def test_provenance_shows_no_more_than_level_1(hosted: Hosted, name: str) -> None:
    statement, claims, wanted = NOT_MORE[name]
    found = hosted.judged(hosted.further(hosted.statement(**{"builder": SIGNER, **statement}), **claims), **wanted)
    assert found.level.build == 1


def test_a_part_is_told_per_file(hosted: Hosted) -> None:
    found = hosted.judged(hosted.further(hosted.statement(SIGNER, names=(f"{PREFIX}-gate.json",))))
    assert found.level.files[f"{PREFIX}-gate.json"] == 2
    assert found.level.reason.endswith("; a hosted builder's covers 1 of 5 files")


def test_where_anything_fails_or_was_not_examined_there_is_no_level(hosted: Hosted, world: World) -> None:
    further = hosted.further(hosted.statement(SIGNER))
    failed = hosted.judged(further, source_commit="0" * 40)
    assert (failed.level.build, failed.level.reason) == (0, "the release does not verify")
    nobody = BundleChecker(None, (), excuse="nobody could look")
    unseen = world.judged(world.first.files, checker=nobody)
    assert unseen.ruling is Outcome.NOT_EXAMINED
    assert unseen.level.build == 0


def test_a_rehearsal_shows_nothing(world: World) -> None:
    found = world.judged(world.first.files)
    assert (found.level.build, found.level.reason) == (0, "a rehearsal shows nothing about a build")


def test_evidence_of_another_repository_is_a_failure(hosted: Hosted) -> None:
    other = WORKFLOW.replace("acme/small", "acme/other")
    bundle = hosted.world.attested(hosted.statement(other), identity=other)
    found = hosted.judged(tuple(further_in("x", bundle, hosted.world.checker)))
    [check] = [one for one in found.checks if one.code == "evidence.attestations"]
    assert [(line.outcome, line.message) for line in check.lines] == [
        ("fail", "comes from github.com/acme/other, expected github.com/acme/small")
    ]


def test_the_command_asks_gh_for_the_same(hosted: Hosted) -> None:
    found = hosted.judged(hosted.further(hosted.statement(SIGNER)))
    [check] = [one for one in found.checks if one.code == "evidence.attestations"]
    assert isinstance(check, Check)
    assert check.lines[0].command == (
        f"gh attestation verify {PREFIX}-checksums.txt --repo acme/small --predicate-type https://slsa.dev/provenance/v1"
    )


def test_an_envelope_is_read_once_from_the_verified_bytes(hosted: Hosted) -> None:
    """What a payload says that was swapped after signing never counts."""
    bundle = json.loads(hosted.world.attested(hosted.statement(SIGNER), identity=SIGNER, claims=hosted.claims()))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(hosted.statement(ISOLATED)).decode()
    found = hosted.judged(tuple(further_in("x", json.dumps(bundle).encode(), hosted.world.checker)))
    assert found.ruling is Outcome.FAIL
    assert found.level.build == 0


def old_provenance(hosted: Hosted, **changes: Any) -> bytes:
    """SLSA provenance v0.2 as slsa-github-generator writes it, about every file of the release."""
    config = {"uri": "git+https://github.com/acme/small@refs/tags/v1.0", "digest": {"sha1": hosted.commit}}
    predicate = {
        "builder": {"id": ISOLATED},
        "buildType": "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
        "invocation": {"configSource": {**config, **changes}},
    }
    statement = json.loads(hosted.statement(ISOLATED))
    return json.dumps(
        {
            **statement,
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "predicate": predicate,
        }
    ).encode()


def isolated(hosted: Hosted, statement: bytes, **claims: str) -> bytes:
    """A bundle by the isolated builder, called by the project's workflow."""
    ref = ISOLATED.removeprefix("https://github.com/")
    wanted = hosted.claims(job_workflow_ref=ref, repository="acme/small", repository_owner="acme", **claims)
    return hosted.world.attested(statement, identity=ISOLATED, claims=wanted)


def test_provenance_v02_is_read_and_shows_its_level(hosted: Hosted) -> None:
    found = hosted.judged(tuple(further_in("x", isolated(hosted, old_provenance(hosted)), hosted.world.checker)))
    assert (found.ruling, found.level.build) == (Outcome.PASS, 3)
    [check] = [check for check in found.checks if check.code == "evidence.attestations"]
    assert check.lines[0].message.startswith("https://slsa.dev/provenance/v0.2 about ")


OLD_BUT_NO_MORE: dict[str, dict[str, Any]] = {
    "of another repository": {"uri": "git+https://github.com/evil/small@refs/tags/v1.0"},
    "of another commit": {"digest": {"sha1": "1" * 40}},
    "of no commit": {"digest": {}},
}


@pytest.mark.parametrize("name", OLD_BUT_NO_MORE)
def test_provenance_v02_shows_nothing_about_another_source(hosted: Hosted, name: str) -> None:
    statement = old_provenance(hosted, **OLD_BUT_NO_MORE[name])
    found = hosted.judged(tuple(further_in("x", isolated(hosted, statement), hosted.world.checker)))
    assert (found.ruling, found.level.build) == (Outcome.PASS, 1)


def test_the_recorded_provenance_v02_is_a_bundle_that_is_read(shared_data: Path) -> None:
    path = shared_data / "cases/provenance-v0.2.bundle.json"
    if not path.is_file():
        pytest.skip("needs the folder 'cases' of the shared data")
    [found] = bundles_in(path.read_bytes())
    assert (found.problem, found.left_out) == ("", "")


def lines_of(*documents: bytes) -> bytes:
    return b"\n".join(documents) + b"\n"


def test_attestations_about_other_artifacts_in_one_file_are_skipped_and_named(hosted: Hosted) -> None:
    other = json.loads(hosted.statement(SIGNER))
    other["subject"] = [{"name": "other.whl", "digest": {"sha256": "0" * 64}}]
    signed = [
        hosted.world.attested(statement, identity=SIGNER, claims=hosted.claims())
        for statement in (json.dumps(other).encode(), hosted.statement(SIGNER))
    ]
    found = hosted.judged(tuple(further_in("x", lines_of(*signed), hosted.world.checker)))
    assert found.ruling is Outcome.PASS
    assert "further evidence x[0]: skipped, because it is about other artifacts: other.whl" in found.notes
    alone = hosted.judged(tuple(further_in("x", signed[0], hosted.world.checker)))
    assert alone.ruling is Outcome.FAIL  # evidence that is about nothing in this release is a mistake


NOT_UNDERSTOOD: dict[str, tuple[Any, str]] = {
    "a bare envelope": (
        {"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": [{"sig": "AAAA"}]},
        "not examined: a bare DSSE envelope: it has neither certificate nor log entry",
    ),
    "an unsigned statement": (
        {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "x"},
        "not examined: neither a Sigstore bundle nor a PEP 740 attestation",
    ),
    "a newer bundle": (
        {"mediaType": "application/vnd.dev.sigstore.bundle.v0.9+json", "of": "the future"},
        "bundle: not examined: newer than this verifier (application/vnd.dev.sigstore.bundle.v0.9+json)",
    ),
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_neither_helps_nor_harms(hosted: Hosted, name: str) -> None:
    document, note = NOT_UNDERSTOOD[name]
    found = hosted.judged(tuple(further_in("x", json.dumps(document).encode(), hosted.world.checker)))
    assert (found.ruling, found.level.build) == (Outcome.PASS, 1)
    assert f"further evidence x: {note}" in found.notes


def test_a_statement_of_another_version_neither_helps_nor_harms(hosted: Hosted) -> None:
    statement = {**json.loads(hosted.statement(SIGNER)), "_type": "https://in-toto.io/Statement/v9"}
    found = hosted.judged(hosted.further(json.dumps(statement).encode()))
    assert (found.ruling, found.level.build) == (Outcome.PASS, 1)
    assert any("not examined: $._type: expected https://in-toto.io/Statement/v1" in note for note in found.notes)


def test_a_forged_envelope_still_fails(hosted: Hosted) -> None:
    bundle = json.loads(isolated(hosted, old_provenance(hosted)))
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(b"x" * 70).decode()
    found = hosted.judged(tuple(further_in("x", json.dumps(bundle).encode(), hosted.world.checker)))
    assert found.ruling is Outcome.FAIL
