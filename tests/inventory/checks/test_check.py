"""The one door to the checks: formats, real documents, and hostile ones."""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.formats.sbom import SbomFamily, family_of
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.checks.values import GAPS
from tests.inventory.good import cyclonedx_document, our_cyclonedx, spdx2_document, spdx3_document
from tests.parts import by_steps

GOOD: dict[str, Callable[[], dict[str, Any]]] = {
    "CycloneDX": cyclonedx_document,
    "our CycloneDX": our_cyclonedx,
    "SPDX 2": spdx2_document,
    "SPDX 3": spdx3_document,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HOSTILE: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "\0", "\ud800", "(" * 3000, "pkg:", "pkg:pypi/%ff@%", "pkg://[", "urn:cdx:", [], {},
    [[]], [None], [{}], {"": None}, {"bom-ref": []}, {"spdxId": {}, "type": []}, {"name": {}}, ["x", 1, {"ref": 2}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ({"bomFormat": "CycloneDX"}, SbomFamily.CYCLONEDX),
        ({"spdxVersion": "SPDX-2.3"}, SbomFamily.SPDX_2),
        ({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}, SbomFamily.SPDX_3),
        ({"@context": [1, "https://spdx.org/rdf/3.1/spdx-context.jsonld"]}, SbomFamily.SPDX_3),
        ({"@context": "https://openvex.dev/ns/v0.2.0"}, None),
        ({"specFormat": "CycloneDX"}, None),
        ([], None),
        (None, None),
    ],
)
def test_formats_are_told_apart(plain: object, expected: SbomFamily | None) -> None:
    assert family_of(plain) is expected


@pytest.mark.parametrize("plain", [None, 1, "x", [], {}, {"bomFormat": "cyclonedx"}])
def test_what_is_no_sbom_is_a_problem(plain: object) -> None:
    [problem] = check_document(plain)
    assert (problem.path, problem.code, problem.is_gap) == ("$", "sbom.format-unknown", False)


@pytest.mark.parametrize("name", GOOD)
def test_good_documents_have_no_problem(name: str) -> None:
    assert check_document(GOOD[name]()) == ()


@by_steps(7)
@pytest.mark.parametrize("name", GOOD)
def test_no_wrong_type_at_any_place_is_a_crash(name: str, step: int) -> None:
    """Put each hostile value at each place of a good document."""
    document = GOOD[name]()
    for place, value in list(itertools.product(_places(document), HOSTILE))[::step]:
        node = document
        for word in place[:-1]:
            node = node[word]
        kept, node[place[-1]] = node[place[-1]], value
        check_document(document)
        node[place[-1]] = kept
    assert check_document(document) == ()


@pytest.mark.parametrize("name", GOOD)
@given(seed=st.integers(0, 2**32), value=JSON)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_no_pile_of_random_changes_is_a_crash(name: str, seed: int, value: Any) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    document = GOOD[name]()
    for _ in range(chance.randint(1, 6)):
        places = _places(document)
        place = chance.choice(places)
        node: Any = document
        for step in place[:-1]:
            node = node[step]
        _mutate(node, place[-1], copy.deepcopy(value), chance)  # one object twice could hold itself
    assert all(isinstance(problem.message, str) for problem in check_document(document))


@given(value=JSON)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_no_json_at_all_is_a_crash(value: Any) -> None:
    check_document(value)


def test_depth_is_no_crash() -> None:
    component: dict[str, Any] = {"type": "library", "name": "x", "version": "1", "bom-ref": "deep"}
    for number in range(50_000):
        component = {"type": "library", "name": "x", "version": "1", "bom-ref": f"{number}", "components": [component]}
    document = cyclonedx_document()
    document["components"].append(component)
    assert check_document(document) == ()
    graph: Any = []
    for _ in range(50_000):
        graph = [graph]
    check_document({**spdx3_document(), "@graph": graph})


@pytest.mark.parametrize("name", GOOD)
def test_checking_changes_nothing(name: str) -> None:
    document = GOOD[name]()
    before = copy.deepcopy(document)
    check_document(document)
    assert document == before


def _places(document: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    pending: list[tuple[tuple[Any, ...], Any]] = [((), document)]
    while pending:
        place, node = pending.pop()
        steps = (
            list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
        )
        for key, value in steps:
            found.append((*place, key))
            pending.append(((*place, key), value))
    return found or [("x",)]


def _mutate(node: Any, key: Any, value: Any, chance: random.Random) -> None:
    match chance.randint(0, 3):
        case 0:
            node[key] = value
        case 1:
            node[key] = chance.choice(HOSTILE)
        case 2 if isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        case _:
            del node[key]


KNOWN_DEFECTS = {
    # The examples of the CycloneDX specification that are valid by schema and yet have such a defect.
    "1.5/valid-bom-1.5.json": {
        "sbom.purl": 1,  # tomcat-catalina bears pkg:npm/acme/component
        "sbom.dependency-self": 1,  # that component is its own dependency
    },
    "1.6/valid-bom-1.6.json": {"sbom.purl": 1},  # mylibrary bears the purl of myapplication
    "1.5/valid-component-ref-1.5.json": {"sbom.identity-duplicate": 1},  # one library twice, under two refs
    "1.6/valid-component-ref-1.6.json": {"sbom.identity-duplicate": 1},
    "1.5/valid-evidence-1.5.json": {"sbom.ref-dangling": 1},  # a placeholder for a tool's bom-ref
    "1.6/valid-evidence-1.6.json": {"sbom.ref-dangling": 1},
    "1.5/valid-formulation-1.5.json": {
        "sbom.ref-dangling": 11,  # refers to components that the example leaves out
        "sbom.ref-duplicate": 1,  # workspace-1 is in a task and in its workflow
    },
    "1.6/valid-formulation-1.6.json": {"sbom.ref-dangling": 11},
    "1.6/valid-attestation-1.6.json": {"sbom.ref-dangling": 2},  # a counterClaim that is defined nowhere
    "1.5/valid-minimal-viable-1.5.json": {"sbom.version-missing": 1},  # a library without version
    "1.6/valid-minimal-viable-1.6.json": {"sbom.version-missing": 1},
}


def test_no_false_alarm_on_the_specification_s_valid_examples(shared_data: Path) -> None:
    base = shared_data / "sbom" / "cyclonedx-spec"
    found = {
        path.relative_to(base).as_posix(): codes
        for path in sorted(base.rglob("valid-*.json"))
        # Most examples show one feature and describe no root: that gap is not what they are about.
        if (codes := _codes(path) - Counter({"sbom.root-missing": 1}))
    }
    assert found == KNOWN_DEFECTS


def test_no_false_alarm_on_spdx_examples(shared_data: Path) -> None:
    base = shared_data / "sbom" / "spdx-examples"
    found = {path.name: codes for path in sorted(base.rglob("*.json")) if (codes := _codes(path))}
    assert found == {}


REAL = {
    "cern-lhc-vdm-editor-e564943/bom.json": {},
    "laravel-7.12.0/bom.1.4.json": {},
    "proton-bridge/proton-bridge-v1.6.3.bom.json": {},
    "cyclonedx/ascii-boxes-sbom-cdx.json": {"sbom.licence": 1},  # two expressions, where 1.x allows one
    "cyclonedx/ghidra-sbom-cdx.json": {
        "sbom.root-missing": 1,
        "sbom.version-missing": 16,
        "sbom.identity-duplicate": 4,
    },
    "cyclonedx/kawipiko-sbom-cdx.json": {},
    "cyclonedx/scanoss-sbom-cdx.json": {"sbom.format-unknown": 1},  # a list of packages, in no SBOM format
    "spdx/julia.spdx.json": {"sbom.licence": 2},  # "BSD-3" is on no list
    "spdx/microsoft-sbom-tool.spdx.json": {"sbom.purl": 1},  # an https address where a purl belongs
    "cdxgen/bom-du.json": {},
    "sbom4python/pip.cdx.json": {},
    "sbom4python/sbom4python_requirements.cdx.json": {},
}


def test_what_is_found_in_real_documents(shared_data: Path) -> None:
    base = shared_data / "sbom" / "real"
    found = {"/".join(path.parts[-2:]): dict(_codes(path)) for path in sorted(base.rglob("*.json"))}
    assert {name: codes for name, codes in found.items() if name in REAL} == REAL
    [trivy] = [codes for name, codes in found.items() if "spdx-trivy" in name]
    assert trivy.keys() == {
        "sbom.timestamp",  # fractions of a second
        "sbom.download-location-missing",
        "sbom.licence",  # Debian's words instead of identifiers
        "sbom.root-missing",
    }
    [bom] = [codes for name, codes in found.items() if "spdx-bom" in name]
    assert bom == {"sbom.verification-code": 128}  # beside filesAnalyzed: false


def test_the_supplier_samples_with_a_semantic_defect_are_found(shared_data: Path) -> None:
    base = shared_data / "sbom" / "supplier-quality" / "bsi" / "cdx"
    expected = {
        "brokenSourceComponentDependencies": "sbom.ref-dangling",
        "brokenTargetComponentDependencies": "sbom.ref-dangling",
        "invalidComponentLicenseExpression": "sbom.licence",
        "invalidComponentLicenseID": "sbom.licence",
        "invalidMetadataTimestamp": "sbom.timestamp",
        "missingComponentName": "sbom.name-missing",
        "missingComponentVersion": "sbom.version-missing",
        "missingPrimaryComponent": "sbom.root-missing",
    }
    found = {name: _codes(base / f"{name}.cdx16.json") for name in expected}
    assert {name: code for name, code in expected.items() if code not in found[name]} == {}


def test_nothing_in_the_data_is_a_crash(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "sbom").rglob("*.json")) + sorted((shared_data / "vex").rglob("*.json")):
        seen += len(_codes(path)) >= 0
    assert seen > 250


def test_every_gap_is_a_code_that_exists() -> None:
    sources = "".join(
        path.read_text() for path in sorted(Path(check_document.__code__.co_filename).parent.glob("*.py"))
    )
    assert {code for code in GAPS if f'"{code.removeprefix("sbom.")}"' not in sources} == set()


def _codes(path: Path) -> Counter[str]:
    return Counter(problem.code for problem in check_document(json.loads(path.read_text("utf-8-sig"))))
