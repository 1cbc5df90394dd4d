"""The score of a document: states, places, texts; and its cost."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.contracts.values.received_sbom import DefectKind, ReceivedSbom, SbomDefect
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.suppliers.profiles.elements import ElementScore, ElementState, Strength
from ops.supply_chain.suppliers.profiles.score import (
    ScoredDocument,
    document_of,
    rule_input,
    score,
    score_text,
    scores_text,
)
from ops.supply_chain.suppliers.profiles.tables import PROFILES
from tests.suppliers.profiles.complete import Json, cyclonedx, spdx2, spdx3

MINIMAL, NTIA = QualityProfile.MINIMAL, QualityProfile.NTIA_2021
CISA, BSI = QualityProfile.CISA_2026, QualityProfile.BSI_TR_03183_2


def read(document: Json) -> ReceivedSbom:
    return read_received(json.dumps(document).encode())


def element(document: Json, profile: QualityProfile, key: str, *, signed: bool = False) -> ElementScore:
    [found] = [entry for entry in score(read(document), profile, signed=signed).elements if entry.element.key == key]
    return found


def with_left(**fields: Any) -> Json:
    document = cyclonedx()
    document["components"][0].update(fields)
    return document


def test_a_state_is_everywhere_somewhere_nowhere_or_not_asked_for() -> None:
    document = cyclonedx()
    assert element(document, NTIA, "component_version").state is ElementState.MET
    del document["components"][0]["version"]
    found = element(document, NTIA, "component_version")
    assert (found.state, found.fails) == (ElementState.PARTLY, True)
    assert [str(gap) for gap in found.tally.gaps] == ["/components/0 (left): it has no version"]
    del document["metadata"]["component"]["version"]
    assert element(document, NTIA, "component_version").state is ElementState.MISSING
    assert element(with_left(isExternal=True), BSI, "file_name").state is ElementState.NOT_APPLICABLE


def test_places_are_listed_up_to_five_and_counted() -> None:
    document = cyclonedx()
    document["components"] += [{"type": "library", "bom-ref": f"c{at}", "name": f"c{at}"} for at in range(9)]
    found = element(document, MINIMAL, "component_version")
    assert (found.tally.total, found.tally.met, found.tally.gap_count, len(found.tally.gaps)) == (11, 2, 9, 5)


UNKNOWN = [{"name": "sealwright:unknown", "value": "Component Version"}]


@pytest.mark.parametrize(("profile", "fails"), [(MINIMAL, False), (CISA, False), (NTIA, True), (BSI, True)])
def test_what_is_stated_to_be_unknown_counts_where_the_profile_allows_it(profile: QualityProfile, fails: bool) -> None:
    found = element(with_left(version="", properties=UNKNOWN), profile, "component_version")
    assert (found.fails, found.tally.unknown) == (fails, int(not fails))


def test_spdx_states_as_unknown_what_it_has_no_field_for_in_the_comment() -> None:
    document = spdx2()
    left = document["packages"][1]
    for key in ("checksums", "externalRefs"):
        del left[key]
    left["comment"] = "From a lock. Unknown: Component Hash Value; Component Identifiers. More."
    found = score(read(document), CISA)
    assert found.passes
    assert {entry.element.key for entry in found.elements if entry.tally.unknown} == {
        "component_identifiers",
        "hash_value",
    }
    graph = spdx3()
    for row in graph["@graph"]:
        if row.get("spdxId") == "urn:x:left":
            del row["software_packageUrl"]
            row["comment"] = "Unknown: Component Identifiers."
    assert element(graph, CISA, "component_identifiers").tally.unknown == 1


def test_relationships_to_noassertion_state_that_dependencies_are_unknown() -> None:
    document = spdx2()
    document["relationships"][2]["relatedSpdxElement"] = "NOASSERTION"
    assert element(document, CISA, "dependency_relationship").tally.unknown == 1


LICENCES = {
    "an identifier": ([{"license": {"id": "MIT"}}], "", ""),
    "a deprecated identifier": ([{"license": {"id": "GPL-2.0"}}], "", "the identifier GPL-2.0 is deprecated"),
    "an unknown identifier": (
        [{"license": {"id": "Fake-1.0"}}],
        "expected an SPDX licence expression, found 'Fake-1.0'",
        "",
    ),
    "no expression": ([{"expression": "MIT OR"}], "expected an SPDX licence expression, found 'MIT OR'", ""),
    "a free name": ([{"license": {"name": "Ours"}}], "", "the licence 'Ours' is given by a free name"),
    "a reference": ([{"expression": "MIT OR LicenseRef-x"}], "", ""),
    "none": ([], "it has no licence", ""),
}


@pytest.mark.parametrize("name", LICENCES)
def test_licences(name: str) -> None:
    licences, problem, advice = LICENCES[name]
    document = with_left(licenses=licences)
    for key, expected in (("component_licence", problem), ("licence_identifiers", advice)):
        gaps = [gap.problem for gap in element(document, CISA, key).tally.gaps]
        assert [gap.startswith(expected) for gap in gaps] == ([True] if expected else []), gaps


SIGNATURES = {
    "whole": (cyclonedx()["signature"], ""),
    "no value": ({"algorithm": "ES256", "publicKey": {}}, "/signature: the signature has no value"),
    "nothing": ({}, "/signature: the signature has no algorithm and no value"),
    "no key": (
        {"algorithm": "ES256", "value": "v"},
        "/signature: the signature has no publicKey and no certificatePath: nothing shows whose it is",
    ),
    "one of several": (
        {"signers": [cyclonedx()["signature"], {"algorithm": "RS256"}]}, "/signature: the signature has no value",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_in_the_document_must_be_whole(name: str) -> None:
    signature, problem = SIGNATURES[name]
    document = cyclonedx()
    document["signature"] = signature
    assert [str(gap) for gap in element(document, CISA, "sbom_author_signature").tally.gaps] == [problem] * bool(
        problem
    )
    assert element(document, CISA, "sbom_author_signature", signed=True).state is ElementState.MET


def test_a_reference_to_nothing_breaks_the_dependencies() -> None:
    document = cyclonedx()
    document["dependencies"].append({"ref": "nowhere", "dependsOn": ["left"]})
    found = element(document, NTIA, "dependency_relationship")
    assert found.fails
    assert [str(gap) for gap in found.tally.gaps] == [
        "/dependencies/2: refers to 'nowhere', which the document does not have"
    ]


LEVELS: dict[str, tuple[Json, set[str]]] = {
    "described in full": ({}, set()),
    "not delivered, by 1.7": ({"isExternal": True, "purl": "", "licenses": [], "properties": []}, {"identified_by"}),
    "not delivered, by a property": (
        {"properties": [{"name": "sealwright:delivery", "value": "separate"}], "licenses": [], "externalReferences": []}, set(),
    ),
    "with an SBOM of its own": (
        {"externalReferences": [{"type": "bom", "url": "https://x.example/bom"}], "properties": [], "purl": "", "licenses": []},
        set(),
    ),
    "an application without a file": (
        {"type": "application", "properties": [], "externalReferences": [], "licenses": []}, {"distribution_licences"},
    ),
    "an application with a file": (
        {"type": "application", "externalReferences": []}, {"deployable_hash"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEVELS)
def test_bsi_asks_only_for_what_the_level_of_a_component_has(name: str) -> None:
    fields, expected = LEVELS[name]
    assert {entry.element.key for entry in score(read(with_left(**fields)), BSI).failing} == expected


def test_the_hash_of_the_deployable_must_be_where_bsi_looks_for_it() -> None:
    document = with_left(hashes=[{"alg": "SHA-512", "content": "2" * 128}], externalReferences=[])
    [gap] = element(document, BSI, "deployable_hash").tally.gaps
    assert gap.problem == "the SHA-512 is in its hashes: expected it at the reference to the file that is deployed"


@pytest.mark.parametrize("url", ["", "x", "http://"])
@pytest.mark.parametrize("email", ["", "ironman", "a@b"])
def test_a_creator_needs_an_address_that_is_one(url: str, email: str) -> None:
    found = element(
        with_left(manufacturer={"name": "Left", "url": [url], "contact": [{"email": email}]}), BSI, "component_creator"
    )
    [gap] = found.tally.gaps
    given = email or url
    problem = f"no valid e-mail address or URL: found {given!r}" if given else "no e-mail address and no URL"
    assert gap.problem.endswith(problem)


def test_the_text_shows_what_is_missing_first_and_how_to_state_it() -> None:
    document = with_left(version="")
    text = score_text(ScoredDocument("a.json", score=score(read(document), NTIA)))
    assert text == [
        "a.json (CycloneDX 1.6 (JSON), 2 components) is below ntia-2021: 8 of 9 required elements met",
        "  partly: Version of the Component, missing at 1 of 2 places",
        "    /components/0 (left): it has no version",
        "    state it as: CycloneDX: version",
    ]
    defect = SbomDefect(DefectKind.SCHEMA, "/a", "wrong")
    invalid = ScoredDocument("a.json", score=score(read(cyclonedx()), NTIA), defects=(defect,), defect_count=2)
    assert score_text(invalid)[1] == "  invalid at 2 places, first: /a: wrong"
    assert not invalid.passes
    assert score_text(ScoredDocument("b", "is no SBOM")) == ["b: not scored: is no SBOM"]


def test_programs_and_the_rule_get_every_place() -> None:
    found = score(read(with_left(version="")), NTIA)
    shown = document_of(ScoredDocument("a.json", score=found))
    assert (shown["passes"], shown["counts"]) == (False, {"required": 9, "met": 8, "recommended_missing": 0})
    [row] = [row for row in shown["elements"] if row["state"] != "met" and row["strength"] == "required"]
    assert row["places"] == [{"location": "/components/0", "component": "left", "problem": "it has no version"}]
    [missing] = rule_input(found)["missing"]
    assert missing["sentence"] == (
        "Version of the Component (ntia-2021) is missing at 1 of 2 places: /components/0 (left): it has no version. "
        "State it as: CycloneDX: version"
    )
    assert document_of(ScoredDocument("b", "is no SBOM"))["problem"] == "is no SBOM"


def test_every_element_has_one_key_and_a_way_to_state_it() -> None:
    for profile, elements in PROFILES.items():
        keys = [entry.key for entry in elements]
        assert len(keys) == len(set(keys)), profile
        assert all(entry.how and entry.title for entry in elements)
        assert any(entry.strength is Strength.REQUIRED for entry in elements)
    assert set(PROFILES) == set(QualityProfile)


def test_300_components_cost_a_few_milliseconds() -> None:
    document = cyclonedx()
    left = document["components"][0]
    document["components"] = [{**left, "bom-ref": f"c{at}", "name": f"c{at}"} for at in range(300)]
    document["dependencies"] = [{"ref": "product"}, *({"ref": f"c{at}"} for at in range(300))]
    sbom = read(document)
    for profile in QualityProfile:
        best = min(_seconds(sbom, profile) for _ in range(5))
        assert best < 0.05, profile  # some 5 ms on a machine that does nothing else


def _seconds(sbom: ReceivedSbom, profile: QualityProfile) -> float:
    begin = time.process_time()
    score(sbom, profile)
    return time.process_time() - begin


def test_several_documents_are_one_screen() -> None:
    good = ScoredDocument("good.json", score=score(read(cyclonedx()), NTIA))
    poor = [ScoredDocument(f"{name}.json", score=score(read(with_left(version="")), NTIA)) for name in "ab"]
    text = scores_text([good, *poor, ScoredDocument("c", "is no SBOM")], NTIA)
    assert text == [
        "4 documents: 1 passes ntia-2021, 3 not",
        "  2 documents missing: Version of the Component",
        "    a.json: /components/0 (left): it has no version; and 1 more",
        "  1 document not scored",
        "    c: is no SBOM",
    ]
    assert scores_text([poor[0]], NTIA) == score_text(poor[0])
    assert scores_text([], NTIA) == []


def test_what_the_product_alone_need_not_have_is_missing_where_it_is_a_part() -> None:
    document = read(cyclonedx())
    bare = replace(document.components[1], package=None, purl="", cpes=(), identifiers=(), digests=(), references=())
    product = replace(document, components=(bare, *document.components[1:]))
    part = replace(document, components=(document.components[0], bare, *document.components[2:]))
    scores = [score(found, MINIMAL) for found in (product, part)]
    assert ["identifier_or_hash" in {entry.element.key for entry in found.failing} for found in scores] == [False, True]


def test_what_counts_in_an_earlier_version_of_the_standard_is_missing_in_a_later_one() -> None:
    document = read(with_left(manufacturer={"name": ""}, supplier={"name": "Left"}, authors=[]))
    states = []
    for version in ("1.5", "1.6", "1.5"):
        found = score(replace(document, version=version), CISA)
        states.append(
            next(entry.tally.gap_count for entry in found.elements if entry.element.key == "component_producer")
        )
    assert states[1] > states[0] == states[2]


@pytest.mark.parametrize("profile", QualityProfile)
def test_a_score_does_not_depend_on_the_documents_before_it(profile: QualityProfile) -> None:
    documents = [
        read(document) for document in (cyclonedx(), spdx2(), spdx3(), with_left(version=""), with_left(hashes=[]))
    ]
    shared = [component for document in documents for component in document.components]
    plain = read(cyclonedx())
    assert len(plain.components) > 1
    # Any component is the product, or a part, of a document of any standard; what was remembered of it must not show.
    crossed = [
        replace(document, components=(shared[at], shared[-at - 1], *document.components[2:]))
        for document in documents
        for at in range(len(shared))
    ]
    again = [score(document, profile) for document in (*crossed, *crossed)]
    alone = []
    for document in crossed:
        copied = tuple(replace(component) for component in document.components)
        alone.append(score(replace(document, components=copied), profile))
    assert again == alone * 2
