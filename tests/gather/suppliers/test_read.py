"""A document's bytes as what the registry stores: VEX of every format, in envelopes and broken, never a traceback."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.values.registry import DocumentKind, PackageName
from ops.supply_chain.gather.suppliers.read import read_document
from ops.supply_chain.risk.vex import subjects
from tests.cases import case
from tests.gather.suppliers.documents import PART, THING, attested, linked, openvex, sbom, stated

HEX = "ab" * 32


def problems(data: bytes) -> list[str]:
    read = read_document(data, "f.json")
    return [item.binding.problem if item.binding else "?" for item in read.statements]


def test_an_openvex_document() -> None:
    product = {"@id": THING, "subcomponents": [{"@id": PART}]}
    data = openvex(stated("not_affected", product), version=2, last_updated="2026-11-03T00:00:00Z")
    for given in (data, gzip.compress(data, mtime=0), data.decode().encode("utf-16")):
        read = read_document(given, "f.json")
        assert (read.kind, read.product, read.stated) == (
            DocumentKind.VEX, "https://acme.example/vex/1", "2026-11-03T00:00:00Z",
        )  # fmt: skip
        assert (read.revision, read.subjects, read.wide) == ("000000000002", ("pkg:generic/thing",), ())
        (found,) = read.statements
        assert (found.product, found.package, found.version) == (THING, PackageName("npm", "", "left-pad"), "1.3.0")


def test_of_a_version_0_0_1_products_are_texts() -> None:
    data = openvex({"vulnerability": "CVE-1", "products": [THING], "subcomponents": [PART], "status": "fixed"})
    changed = json.loads(data) | {"@context": "https://openvex.dev/ns", "version": "1"}
    (found,) = read_document(json.dumps(changed).encode(), "f").statements
    assert (found.vulnerability, found.product, found.package) == ("CVE-1", THING, PackageName("npm", "", "left-pad"))


def test_every_version_of_a_product_is_wide() -> None:
    read = read_document(openvex(stated("fixed", "pkg:npm/a"), stated("fixed", "pkg:npm/b@1")), "f")
    assert read.wide == ("pkg:npm/a",)


def test_the_newest_time_of_anything_is_known() -> None:
    read = read_document(openvex(stated("affected", THING, last_updated="2099-01-01T00:00:00Z")), "f")
    assert (read.stated, read.newest) == ("2026-11-02T00:00:00Z", "2099-01-01T00:00:00Z")


def test_a_time_without_a_zone_orders_nothing_and_is_still_seen() -> None:
    data = openvex(stated("affected", THING, last_updated="2026-11-09T00:00:00"), stated("fixed", THING))
    first, second = read_document(data, "f").statements
    assert (first.stated, second.stated) == ("", "2026-11-02T00:00:00Z")
    read = read_document(openvex(stated("fixed", THING), timestamp="2026-11-02T00:00:00"), "f")
    assert (read.stated, read.statements[0].stated) == ("2026-11-02T00:00:00Z", "")


def test_vex_documents_of_one_product_do_not_supersede_each_other() -> None:
    link = "urn:cdx:11111111-1111-4111-8111-111111111111/1"
    first, second = linked(link), linked(link, "resolved")
    named = linked(link, serial="22222222-2222-4222-8222-222222222222")
    found = [read_document(data, "f") for data in (first, second, named)]
    assert len({read.product for read in found}) == 3
    assert found[2].product == "urn:uuid:22222222-2222-4222-8222-222222222222"
    assert {read.kind for read in found} == {DocumentKind.VEX}
    assert not any(read.listed or read.identifiers for read in found)


def test_an_attested_document_is_about_the_subjects() -> None:
    subject = {"name": "pkg:oci/thing", "digest": {"sha256": HEX}}
    nothing = openvex(stated("fixed"))
    (found,) = read_document(attested(nothing, subject), "f").statements
    assert found.binding is not None
    assert found.binding.product is not None
    assert (found.binding.problem, found.binding.product.digests) == ("", (f"sha-256:{HEX}",))
    foreign = ["names a product that is no subject of the attestation"]
    cases: dict[str, list[str]] = {
        "pkg:oci/thing": [""],
        f"pkg:oci/thing@sha256:{HEX}": [""],
        f"pkg:oci/thing@sha256%3A{HEX}": [""],
        f"pkg:oci/thing@sha256:{'00' * 32}": foreign,
        "pkg:oci/other": foreign,
    }
    for product, expected in cases.items():
        assert problems(attested(openvex(stated("fixed", product)), subject)) == expected
    hashed = {"@id": "pkg:oci/elsewhere", "hashes": {"sha-256": HEX}}
    assert problems(attested(openvex(stated("fixed", hashed)), subject)) == [""]
    for broken in ({"name": "x"}, {"digest": {"sha256": 1}}, {"name": 1, "digest": {}}, "x"):
        assert read_document(attested(nothing, broken), "f").problem  # type: ignore[arg-type]
    unnamed = {"digest": {"other": "no digest"}}
    assert problems(attested(nothing, unnamed)) == [
        "identifies no product by a package URL, a CPE, a digest or a BOM-Link"
    ]


def test_a_withdrawal_and_a_draft_are_known_as_such() -> None:
    tracking = {"id": "T", "status": "final", "version": "2", "current_release_date": "2026-11-02T00:00:00Z"}
    document = {"category": "csaf_withdrawn", "csaf_version": "2.1", "tracking": tracking}
    read = read_document(json.dumps({"document": document}).encode(), "f")
    assert (read.problem, read.withdrawn, read.statements, read.format) == ("", True, (), "CSAF VEX 2.1")
    draft = {**document, "category": "csaf_vex", "tracking": {**tracking, "status": "draft"}}
    read = read_document(json.dumps({"document": draft, "product_tree": {}, "vulnerabilities": []}).encode(), "f")
    assert (read.problem, read.draft) == ("", True)


EDITIONS = {"1": "2", "2": "10", "1.9.0": "1.10.0", "1.0.0-rc.1": "1.0.0", "0": "00000000000000000001"}


@pytest.mark.parametrize("first", EDITIONS)
def test_editions_sort(first: str) -> None:
    before, after = (
        read_document(openvex(stated("fixed", THING), version=text), "f").revision for text in (first, EDITIONS[first])
    )
    assert before < after
    assert len(read_document(openvex(stated("fixed", THING), version="9" * 500), "f").revision) == 12
    assert read_document(openvex(stated("fixed", THING), version="new"), "f").revision == ""


NOT_READ = {
    "a csaf-2 advisory": ("csaf/examples/rhsa-2019_1862.json", "csaf_informational_advisory"),
    "a manifest": ("openvex/vexhub/pkg/golang/github.com/aquasecurity/trivy/manifest.json", "no SBOM"),
    "a list of a hub": ("openvex/vexhub/vex-repository.json", "no SBOM"),
}


def test_every_real_document_is_read_or_has_its_reason(shared_data: Path) -> None:
    folder = shared_data / "vex"
    refused = {}
    statements = 0
    for path in sorted(folder.rglob("*.json")):
        read = read_document(path.read_bytes(), path.name)
        statements += len(read.statements)
        if read.problem:
            refused[path.relative_to(folder).as_posix()] = read.problem
    assert set(refused) == {name for name, _ in NOT_READ.values()}
    assert all(words in refused[name] for name, words in NOT_READ.values())
    assert statements == 119


def test_the_cases_of_openvex(tmp_path: Path) -> None:
    folder = case("advisory-openvex", tmp_path) / "vex"
    found = {path.stem: read_document(path.read_bytes(), path.name) for path in folder.iterdir()}
    assert {name for name, read in found.items() if read.problem} == {
        "t-context-203",
        "w-vulnid-only",
        "y-dup-json-key",
    }
    assert {name for name, read in found.items() if read.wide} == {"b-noversion", "m-ownproduct-noversion"}
    assert found["x-inherit-products"].statements[0].binding is not None
    assert found["x-inherit-products"].statements[0].binding.problem == "names no product"
    assert found["o-future"].newest > "2026-11-29"


def test_the_cases_of_cyclonedx(tmp_path: Path) -> None:
    folder = case("advisory-cyclonedx", tmp_path) / "vex"
    for name in ("d-link-encoded", "e-link-raw", "f-link-v2", "k-bomlink-product"):
        (found,) = read_document((folder / f"{name}.json").read_bytes(), name).statements
        assert found.binding is not None
        assert found.binding.product is not None
        assert found.package is None, name
        assert len(found.binding.product.links) == 1
    assert read_document((folder / "l-no-analysis.json").read_bytes(), "l").statements == ()


def test_the_case_of_a_time_in_the_future(tmp_path: Path) -> None:
    read = read_document((case("advisory-vex-future", tmp_path) / "vex/future.json").read_bytes(), "f")
    assert read.newest > "2026-11-29"


HOSTILE: dict[str, bytes] = {
    "NUL": openvex(stated("fixed", "pkg:npm/a\x00@1")),
    "half of a surrogate pair": openvex(stated("fixed", THING, status_notes="\ud800")),
    "nested too deeply": b'{"@context": "https://openvex.dev/ns", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a key twice": b'{"@context": "https://openvex.dev/ns", "@context": "https://openvex.dev/ns"}',
    "no JSON": b'{"@context": "https://openvex.dev/ns"',
    "a context that is a table": b'{"@context": {"openvex": 1}}',
    "a context that is a list": b'{"@context": ["https://openvex.dev/ns"]}',
    "a document that is a text": b'{"document": "csaf_version"}',
    "a number too long": b'{"@context": "https://openvex.dev/ns", "version": ' + b"9" * 5000 + b"}",
    "not a number": b'{"@context": "https://openvex.dev/ns", "version": NaN}',
    "envelopes without end": attested(openvex(stated("fixed", THING))) * 2,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_with_a_reason(name: str) -> None:
    read = read_document(HOSTILE[name], "f.json")
    assert read.problem
    assert read.problem.isprintable()
    assert (read.statements, read.listed) == ((), ())


def test_any_damage_to_a_document_is_read_or_refused() -> None:
    chance = random.Random(20261129)  # noqa: S311 - which damage is done
    given = [
        openvex(stated("not_affected", {"@id": THING, "identifiers": {"purl": THING}, "hashes": {"sha-256": HEX}})),
        attested(openvex(stated("fixed", THING)), {"name": "x", "digest": {"sha256": HEX}}),
        linked(
            f"urn:cdx:{'1' * 8}-1111-4111-8111-111111111111/1#part-0",
            versions=[{"version": "1", "status": "unaffected"}],
        ),
        sbom(),
    ]
    values: list[Any] = [None, 7, "", "x", [], {}, [1], {"x": 1}, True, 1e300]
    for _ in range(300):
        document = json.loads(chance.choice(given))
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and chance.random() < 0.7:
                place = place[key]
                continue
            place[key] = chance.choice(values)
            break
        read = read_document(json.dumps(document).encode(), "f.json")
        assert read.problem.isprintable()
        assert all(item.binding is not None for item in read.statements)


def _parts(count: int) -> list[str]:
    return [f"pkg:npm/a{number}@1" for number in range(count)]


def _grouped(count: int) -> bytes:
    members = [f"P{number}" for number in range(count)]
    tracking = {"id": "T", "status": "final", "version": "1", "current_release_date": "2026-11-02T00:00:00Z"}
    flags = [{"label": "component_not_present", "group_ids": ["G"]}] * count
    document = {
        "document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": tracking},
        "product_tree": {"product_groups": [{"group_id": "G", "product_ids": members}]},
        "vulnerabilities": [{"cve": "CVE-1", "product_status": {"known_not_affected": members}, "flags": flags}],
    }
    return json.dumps(document).encode()


def _analysed(cpes: int, affects: int, aliases: int) -> bytes:
    root = {"type": "application", "bom-ref": "r", "name": "x" * cpes, "version": "1", "purl": "pkg:generic/x@1"}
    vulnerability = {
        "id": "CVE-1", "analysis": {"state": "resolved"}, "affects": [{"ref": "r"}] * affects,
        "references": [{"id": f"A{number}", "source": {}} for number in range(aliases)],
    }  # fmt: skip
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": root}}
    return json.dumps({**head, "vulnerabilities": [vulnerability]}).encode()


MULTIPLIED: dict[str, bytes] = {
    "products times subcomponents": openvex(
        {"vulnerability": "CVE-1", "status": "fixed", "products": _parts(200), "subcomponents": _parts(200)}
    ),
    "many statements of such": openvex(
        *[{"vulnerability": "CVE-1", "status": "fixed", "products": _parts(50), "subcomponents": _parts(50)}] * 20
    ),
    "threats times groups": _grouped(200),
    "subjects times statements": attested(
        openvex(*[stated("fixed")] * 200), *[{"name": "x", "digest": {"sha256": HEX}}] * 200
    ),
    "names times components": _analysed(1, 2500, 2500),
}


@pytest.mark.parametrize("name", MULTIPLIED)
def test_a_small_document_that_multiplies_out_to_a_large_one_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "MOST_SUBJECTS", 20_000)
    data = MULTIPLIED[name]
    assert len(data) < 1_000_000
    begun = time.process_time()
    problem = read_document(data, "f").problem
    assert "multiplies out" in problem or "larger than" in problem
    assert time.process_time() - begun < 5


def test_what_does_not_multiply_is_read() -> None:
    assert len(read_document(_grouped(300), "f").statements) == 300  # 90,000 of 100,000
    assert len(read_document(_analysed(1, 300, 300), "f").statements) == 300
