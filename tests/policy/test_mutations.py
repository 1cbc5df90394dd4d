"""Each way of spoiling a good SBOM, record set or provenance is denied by the rule that is there for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.outcome import Outcome
from tests.policy.support import (
    ALL,
    CYCLONEDX_EMPTY,
    GOOD_FINDING,
    RELEASED,
    SBOM_PROFILES,
    SPDX,
    SPDX_EMPTY,
    component,
    good_records,
    judge,
    provenance_policy_input,
    record,
    refused,
    release_input,
    sbom,
    sbom_policy_input,
    statement,
)

Change = Callable[[Any], Any]


def drop(name: str, field: str) -> Change:
    return lambda document: component(document, name).pop(field)


def put(name: str, field: str, value: object) -> Change:
    return lambda document: component(document, name).update({field: value})


def drop_head(*path: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


def put_head(value: object, *path: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def unstate(name: str, element: str) -> Change:
    """Take away the statement that an element is unknown."""

    def change(document: dict[str, Any]) -> None:
        one = component(document, name)
        one["properties"] = [item for item in one["properties"] if item["value"] != element]

    return change


def without_entry(ref_start: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        kept = [entry for entry in document["dependencies"] if not entry["ref"].startswith(ref_start)]
        assert len(kept) == len(document["dependencies"]) - 1
        document["dependencies"] = kept

    return change


def licensed(expression: str) -> Change:
    return put("idna", "licenses", [{"expression": expression}])


def copy_component(document: dict[str, Any]) -> None:
    document["components"].append(dict(component(document, "idna"), name="other"))


def weak(document: dict[str, Any]) -> None:
    component(document, "idna")["hashes"] = [{"alg": "SHA-1", "content": "a" * 40}]


def short_commit(document: dict[str, Any]) -> None:
    one = component(document, "tool")
    one["purl"] = one["purl"].replace("d" * 40, "main")


def point_nowhere(document: dict[str, Any]) -> None:
    document["dependencies"][0]["dependsOn"] = ["pkg:pypi/ghost@1"]


def depend_from_nowhere(document: dict[str, Any]) -> None:
    document["dependencies"].append({"ref": "pkg:pypi/ghost@1", "dependsOn": ["pkg:pypi/idna@3.20"]})


def hollow(document: dict[str, Any]) -> None:
    document["components"] = []
    document["compositions"] = [{"aggregate": "incomplete", "assemblies": ["pkg:generic/acme@v1.0"]}]


def local_lie(document: dict[str, Any]) -> None:
    """An index package that calls itself the project's own, to do without hashes."""
    one = component(document, "idna")
    del one["hashes"]
    one["properties"] = [
        {"name": "sealwright:local", "value": "true"},
        {"name": "sealwright:unknown", "value": "Component Hash Value"},
    ]


SBOM_CASES: dict[str, tuple[Change, str]] = {
    "no root": (drop_head("metadata", "component"), "base.root_component"),
    "root without a name": (drop("acme", "name"), "base.root_component"),
    "root with a blank name": (put("acme", "name", "  "), "base.root_component"),
    "root without a version": (drop("acme", "version"), "base.root_component"),
    "root without a reference": (drop("acme", "bom-ref"), "base.root_component"),
    "no components where the graph has some": (put_head([], "components"), "base.edges"),
    "no components and not said to be complete": (hollow, "base.components"),
    "components missing": (drop_head("components"), "base.components"),
    "a component without a reference": (drop("idna", "bom-ref"), "base.components"),
    "a component without a name": (drop("idna", "name"), "base.components"),
    "version missing": (drop("idna", "version"), "base.exact_versions"),
    "version a range": (put("idna", "version", ">=3.0"), "base.exact_versions"),
    "version a wildcard": (put("idna", "version", "3.*"), "base.exact_versions"),
    "version a branch": (put("idna", "version", "main"), "base.exact_versions"),
    "version two": (put("idna", "version", "3.1, 3.2"), "base.exact_versions"),
    "version blank": (put("idna", "version", " "), "base.exact_versions"),
    "local version unknown and not said": (unstate("ours", "Component Version"), "base.exact_versions"),
    "no hashes": (drop("idna", "hashes"), "base.hashes"),
    "hashes empty": (put("idna", "hashes", []), "base.hashes"),
    "only a weak hash": (weak, "base.hashes"),
    "a hash of nothing": (put("idna", "hashes", [{"alg": "SHA-256", "content": ""}]), "base.hashes"),
    "a hash that is none": (put("idna", "hashes", [{"alg": "SHA-256", "content": "z" * 64}]), "base.hashes"),
    "a hash too short": (put("idna", "hashes", [{"alg": "SHA-256", "content": "a" * 32}]), "base.well_formed"),
    "a branch instead of a commit": (short_commit, "base.hashes"),
    "a commit whose missing hash is not said": (unstate("tool", "Component Hash Value"), "base.hashes"),
    "a package that claims to be local": (local_lie, "base.hashes"),
    "a dependency that is not there": (point_nowhere, "base.edges"),
    "a dependent that is not there": (depend_from_nowhere, "base.edges"),
    "a reference twice": (copy_component, "base.unique_references"),
    "the root's reference twice": (put("idna", "bom-ref", "pkg:generic/acme@v1.0"), "base.unique_references"),
    "an unknown version of the format": (put_head("9.9", "specVersion"), "base.well_formed"),
    "a purl that is none": (put("idna", "purl", "not a purl"), "base.well_formed"),
    "a licence id that is none": (put("idna", "licenses", [{"license": {"id": "Nope"}}]), "base.well_formed"),
    "components of a wrong type": (put_head("x", "components"), "base.well_formed"),
    "a name of a wrong type": (put("idna", "name", 7), "base.well_formed"),
    "no author": (drop_head("metadata", "manufacturer"), "cisa-2026.sbom_author"),
    "no format version": (drop_head("specVersion"), "cisa-2026.data_format"),
    "no lifecycle": (drop_head("metadata", "lifecycles"), "cisa-2026.generation_context"),
    "an empty lifecycle": (put_head([{}], "metadata", "lifecycles"), "cisa-2026.generation_context"),
    "no timestamp": (drop_head("metadata", "timestamp"), "cisa-2026.timestamp"),
    "a timestamp without a zone": (put_head("2026-11-20T00:00:00", "metadata", "timestamp"), "cisa-2026.timestamp"),
    "a date alone": (put_head("2026-11-20", "metadata", "timestamp"), "cisa-2026.timestamp"),
    "no tool": (drop_head("metadata", "tools"), "cisa-2026.tool"),
    "a tool without a version": (put_head([{"name": "x"}], "metadata", "tools", "components"), "cisa-2026.tool"),
    "no serial number": (drop_head("serialNumber"), "cisa-2026.sbom_version"),
    "version of the SBOM zero": (put_head(0, "version"), "cisa-2026.sbom_version"),
    "version of the SBOM true": (put_head(True, "version"), "cisa-2026.sbom_version"),
    "no compositions": (drop_head("compositions"), "cisa-2026.coverage"),
    "no producer": (drop("idna", "manufacturer"), "cisa-2026.component_producer"),
    "a blank producer": (put("idna", "manufacturer", {"name": " "}), "cisa-2026.component_producer"),
    "a root without a producer": (drop("acme", "manufacturer"), "cisa-2026.component_producer"),
    "a component without name": (drop("idna", "name"), "cisa-2026.component_name"),
    "a version not told": (drop("idna", "version"), "cisa-2026.component_version"),
    "no identifier": (drop("idna", "purl"), "cisa-2026.component_identifiers"),
    "an unknown identifier not said": (unstate("ours", "Component Identifiers"), "cisa-2026.component_identifiers"),
    "a hash not told": (drop("idna", "hashes"), "cisa-2026.component_hash"),
    "a licence not told": (drop("idna", "licenses"), "cisa-2026.component_licence"),
    "dependencies not told": (without_entry("pkg:pypi/idna"), "cisa-2026.dependency_relationships"),
    "a denied licence": (licensed("BUSL-1.1"), "licences.permitted"),
    "a denied licence in other case": (licensed("busl-1.1"), "licences.permitted"),
    "a denied licence with another": (licensed("MIT AND SSPL-1.0"), "licences.permitted"),
    "denied on each branch": (licensed("SSPL-1.0 OR (MIT AND BUSL-1.1)"), "licences.permitted"),
    "a denied licence with a plus": (licensed("CC-BY-NC-4.0+"), "licences.permitted"),
}


def applied(change: Change) -> dict[str, Any]:
    document = sbom()
    change(document)
    return document


def test_the_good_ones_are_allowed() -> None:
    assert refused(judge(sbom_policy_input(sbom()), *SBOM_PROFILES)) == set()
    assert refused(judge(release_input(), *SBOM_PROFILES, "release")) == set()
    assert refused(judge(provenance_policy_input(statement()), "provenance")) == set()


@pytest.mark.parametrize(("data", "examined"), [(SPDX, 4), (SPDX_EMPTY, 0), (CYCLONEDX_EMPTY, 0)])
def test_other_good_ones_are_allowed(data: bytes, examined: int) -> None:
    verdicts = judge(sbom_policy_input(json.loads(data)), *SBOM_PROFILES)
    assert refused(verdicts) == set()
    assert verdicts["base.components"].examined == examined


def test_there_are_enough_cases_and_one_for_each_rule(repository: Any) -> None:
    assert len(SBOM_CASES) + len(RECORD_CASES) + len(PROVENANCE_CASES) >= 40
    aimed_at = {rule for cases in (SBOM_CASES, RECORD_CASES, PROVENANCE_CASES) for _, rule in cases.values()}
    found = (repository / "policy").glob("*/*/*.rego")
    files = [path for path in found if path.parts[-3] in ALL and not path.stem.endswith("_test")]
    rules = {f"{path.parts[-3]}.{path.stem}" for path in files}
    # what is unknown is an outcome of its own: tests/policy/test_licences.py
    assert rules - aimed_at == {"licences.known"}


@pytest.mark.parametrize("name", SBOM_CASES)
def test_a_spoilt_sbom_is_denied_by_its_rule(name: str) -> None:
    change, rule = SBOM_CASES[name]
    verdicts = judge(sbom_policy_input(applied(change)), *SBOM_PROFILES)
    assert rule in refused(verdicts)
    assert verdicts[rule].outcome is Outcome.FAIL


def changed(stage: str, **fields: Any) -> Change:
    return lambda records: [msgspec.structs.replace(one, **fields) if one.stage == stage else one for one in records]


def forged(records: list[Record]) -> list[Record]:
    """Records that give other digests than their files have."""
    return [
        msgspec.structs.replace(
            one, writes=tuple(msgspec.structs.replace(file, sha256="9" * 64) for file in one.writes)
        )
        for one in records
    ]


def found(**fields: Any) -> Change:
    return changed("generate_sbom", findings=(GOOD_FINDING, msgspec.structs.replace(GOOD_FINDING, **fields)))


def vulnerable(exploitation: Exploitation | UnsetType) -> Change:
    return found(code="vulnerability.known", exploitation=exploitation)


RECORD_CASES: dict[str, tuple[Change, str]] = {
    "no records": (lambda _: [], "release.records_present"),
    "a required record missing": (lambda records: records[1:], "release.records_present"),
    "a record twice": (lambda records: [*records, records[0]], "release.records_present"),
    "a stage failed": (changed("bundle_evidence", outcome=Outcome.FAIL), "release.outcomes"),
    "another stage failed": (lambda r: [*r, record("check_x", outcome=Outcome.FAIL)], "release.outcomes"),
    "one not examined": (changed("generate_sbom", counts={"locked": 4, "examined": 3}), "release.examined"),
    "more examined than locked": (changed("generate_sbom", counts={"locked": 4, "examined": 5}), "release.examined"),
    "nothing counted": (changed("generate_sbom", counts={}), "release.examined"),
    "examined not counted": (changed("generate_sbom", counts={"locked": 4}), "release.examined"),
    "locked not counted": (changed("generate_sbom", counts={"examined": 4}), "release.examined"),
    "nothing locked": (changed("generate_sbom", counts={"locked": 0, "examined": 0}), "release.examined"),
    "a gate that examined less": (
        lambda r: [*r, record("check_x", counts={"locked": 2, "examined": 1})],
        "release.examined",
    ),
    "another run": (changed("bundle_evidence", invocation="urn:uuid:other"), "release.one_run"),
    "another component": (changed("bundle_evidence", component="other"), "release.one_run"),
    "another version": (changed("bundle_evidence", version="v0.9"), "release.one_run"),
    "all of another version": (
        lambda records: [msgspec.structs.replace(one, version="v0.9") for one in records],
        "release.one_run",
    ),
    "a high finding": (found(severity=Severity.HIGH), "release.findings"),
    "a critical finding": (found(severity=Severity.CRITICAL), "release.findings"),
    "a finding of unknown severity": (found(severity=Severity.UNKNOWN), "release.findings"),
    "a blank waiver": (found(severity=Severity.HIGH, waived_by=" "), "release.findings"),
    "an exploited vulnerability": (vulnerable(Exploitation(listing=Listing.LISTED)), "exploitation.none_known"),
    "one that was not asked for": (vulnerable(UNSET), "exploitation.none_known"),
    "a likely one": (vulnerable(Exploitation(listing=Listing.NOT_LISTED, epss=0.9)), "exploitation.likelihood"),
    "digests that are not those of the files": (forged, "release.artifacts_unchanged"),
    "an SBOM of another digest": (forged, "release.sboms_recorded"),
    "an SBOM that nobody recorded": (changed("generate_sbom", writes=()), "release.sboms_recorded"),
}


@pytest.mark.parametrize("name", RECORD_CASES)
def test_a_spoilt_record_set_is_denied_by_its_rule(name: str) -> None:
    change, rule = RECORD_CASES[name]
    verdicts = judge(release_input(change(good_records())), rule.partition(".")[0])
    assert verdicts[rule].outcome is Outcome.FAIL


FILE_CASES = {
    "a file that is gone": "dist:evidence/acme-v1.0-evidence.tar.gz",
    "another file that is gone": "dist:sbom/acme-sbom.json",
}


@pytest.mark.parametrize("name", FILE_CASES)
@pytest.mark.parametrize("digest", [None, "0" * 64])
def test_a_file_changed_after_its_record_is_denied(name: str, digest: str | None) -> None:
    path = FILE_CASES[name]
    actual = {file.path: file.sha256 for file in RELEASED}
    if digest is None:
        del actual[path]
    else:
        actual[path] = digest
    verdicts = judge(release_input(actual=actual), "release")
    assert refused(verdicts) == {"release.artifacts_unchanged"}


def test_not_examined_is_neither_a_pass_nor_a_denial() -> None:
    records = [*good_records(), record("check_x", outcome=Outcome.NOT_EXAMINED)]
    verdict = judge(release_input(records), "release")["release.outcomes"]
    assert (verdict.outcome, verdict.denials) == (Outcome.NOT_EXAMINED, ())
    assert [reason.subject for reason in verdict.unknowns] == ["check_x"]
    worse = judge(release_input([*records, record("check_y", outcome=Outcome.FAIL)]), "release")["release.outcomes"]
    assert worse.outcome is Outcome.FAIL


def test_a_waived_finding_is_no_obstacle() -> None:
    records = found(severity=Severity.CRITICAL, waived_by="CVE-2026-1 until 2027-01-01")(good_records())
    assert refused(judge(release_input(records), "release")) == set()


def test_nothing_locked_is_good_where_the_sbom_says_that_there_is_nothing() -> None:
    records = changed("generate_sbom", counts={"locked": 0, "examined": 0})(good_records())
    verdicts = judge(release_input(records, sbom_bytes=CYCLONEDX_EMPTY), "release")
    assert verdicts["release.examined"].outcome is Outcome.PASS


def put_definition(key: str, value: object) -> Change:
    return lambda one: one["predicate"]["buildDefinition"].update({key: value})


def put_run(key: str, value: object) -> Change:
    return lambda one: one["predicate"]["runDetails"].update({key: value})


PROVENANCE_CASES: dict[str, tuple[Change, str]] = {
    "no statement type": (drop_head("_type"), "provenance.statement"),
    "an old statement type": (put_head("https://in-toto.io/Statement/v0.1", "_type"), "provenance.statement"),
    "an old predicate type": (
        put_head("https://slsa.dev/provenance/v0.2", "predicateType"),
        "provenance.statement",
    ),
    "no predicate type": (drop_head("predicateType"), "provenance.statement"),
    "a predicate of a wrong type": (put_head([], "predicate"), "provenance.statement"),
    "no subject": (put_head([], "subject"), "provenance.subjects"),
    "subject missing": (drop_head("subject"), "provenance.subjects"),
    "a subject without a digest": (lambda one: one["subject"][0].pop("digest"), "provenance.subjects"),
    "a subject with another digest": (
        lambda one: one["subject"][0].update(digest={"sha512": "a" * 128}),
        "provenance.subjects",
    ),
    "a subject with half a digest": (
        lambda one: one["subject"][0].update(digest={"sha256": "a" * 63}),
        "provenance.subjects",
    ),
    "a subject without a name": (lambda one: one["subject"][0].pop("name"), "provenance.subjects"),
    "a name twice": (lambda one: one["subject"].append(one["subject"][0]), "provenance.subjects"),
    "a file that is not covered": (lambda one: one["subject"].pop(), "provenance.coverage"),
    "a subject that is no file": (
        lambda one: one["subject"].append({"name": "x", "digest": {"sha256": "8" * 64}}),
        "provenance.coverage",
    ),
    "no builder": (lambda one: one["predicate"]["runDetails"].pop("builder"), "provenance.builder"),
    "a builder without an id": (put_run("builder", {}), "provenance.builder"),
    "a builder that is no URI": (put_run("builder", {"id": "me"}), "provenance.builder"),
    "no build type": (put_definition("buildType", ""), "provenance.build_type"),
    "a build type that is no URI": (put_definition("buildType", "by hand"), "provenance.build_type"),
    "no source commit": (put_definition("resolvedDependencies", []), "provenance.source_commit"),
    "another source commit": (
        put_definition("resolvedDependencies", [{"digest": {"gitCommit": "d" * 40}}]),
        "provenance.source_commit",
    ),
    "no byproducts": (put_run("byproducts", []), "provenance.records"),
    "a record not listed": (lambda one: one["predicate"]["runDetails"]["byproducts"].pop(), "provenance.records"),
}


@pytest.mark.parametrize("name", PROVENANCE_CASES)
def test_a_spoilt_provenance_is_denied_by_its_rule(name: str) -> None:
    change, rule = PROVENANCE_CASES[name]
    document = statement()
    change(document)
    assert judge(provenance_policy_input(document), "provenance")[rule].outcome is Outcome.FAIL


def test_a_project_outside_git_has_no_commit_to_name() -> None:
    document = statement()
    document["predicate"]["buildDefinition"]["resolvedDependencies"] = []
    given = provenance_policy_input(document)
    given["subject"].update(under_git=False, commit="")
    assert refused(judge(given, "provenance")) == set()


def test_a_record_of_another_day_is_not_the_one_listed() -> None:
    given = provenance_policy_input(statement())
    given["records"][0]["sha256"] = "7" * 64
    assert refused(judge(given, "provenance")) == {"provenance.records"}


def test_a_denial_says_what_where_and_what_to_do() -> None:
    [reason] = judge(sbom_policy_input(applied(put("idna", "version", ">=3.0"))), "base")["base.exact_versions"].denials
    assert reason.subject == "pkg:pypi/idna@3.20"
    assert reason.message == "dist:sbom/acme-sbom.json: version '>=3.0' is not exact"
    assert reason.fix == "Pin the package in its lock (compile_locks.py does), then generate the SBOM again."
    assert not re.search(r"\s$", reason.message)
