"""A document that only fills its fields has none of the elements."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.suppliers.profiles.elements import ElementState
from ops.supply_chain.suppliers.profiles.placeholders import is_given
from tests.suppliers.profiles.complete import Json, cyclonedx
from tests.suppliers.profiles.test_score import element

MINIMAL, CISA, NTIA, BSI = (
    QualityProfile.MINIMAL,
    QualityProfile.CISA_2026,
    QualityProfile.NTIA_2021,
    QualityProfile.BSI_TR_03183_2,
)
WORDS = (" ", "\t", "N/A", "unknown", "<unknown>", "None", "null", "TBD", "tbd.", "-", "???", "not specified", "\u200b")


def left(document: Json) -> Json:
    found: Json = document["components"][0]
    return found


def licence(document: Json, word: str) -> None:
    left(document)["licenses"] = [{"license": {"name": word}}]


LIES: dict[str, tuple[QualityProfile, Callable[[Json, str], object]]] = {
    "component_version": (MINIMAL, lambda document, word: left(document).update(version=word)),
    "component_name": (MINIMAL, lambda document, word: left(document).update(name=word)),
    "component_producer": (CISA, lambda document, word: left(document)["manufacturer"].update(name=word)),
    "component_licence": (CISA, licence),
    "sbom_author": (CISA, lambda document, word: document["metadata"]["manufacturer"].update(name=word)),
    "tool_name": (CISA, lambda document, word: document["metadata"]["tools"]["components"][0].update(name=word)),
    "tool_version": (CISA, lambda document, word: document["metadata"]["tools"]["components"][0].update(version=word)),
}


@pytest.mark.parametrize("key", LIES)
def test_words_that_fill_a_field_are_no_values(key: str) -> None:
    profile, lie = LIES[key]
    for word in WORDS:
        document = copy.deepcopy(cyclonedx())
        lie(document, word)
        assert element(document, profile, key).fails, word
    document = cyclonedx()
    lie(document, "NOASSERTION")
    found = element(document, profile, key)
    assert found.tally.unknown == 1 or found.fails
    assert found.tally.met < found.tally.total


def test_a_name_that_its_package_has_is_a_name() -> None:
    document = cyclonedx()
    left(document).update(name="unknown", purl="pkg:npm/unknown@1.0")
    assert element(document, MINIMAL, "component_name").state is ElementState.MET
    assert is_given("n")


def test_zeros_and_wildcards_identify_nothing() -> None:
    document = cyclonedx()
    part = left(document)
    part.update(hashes=[{"alg": "SHA-256", "content": "0" * 64}], externalReferences=[])
    assert element(document, CISA, "hash_value").fails
    del part["purl"]
    for cpe in ("cpe:2.3:a:*:*:*:*:*:*:*:*:*:*", "NOASSERTION"):
        part["cpe"] = cpe
        assert element(document, CISA, "component_identifiers").fails
    part["cpe"] = "cpe:2.3:a:acme:left:2.0:*:*:*:*:*:*:*"
    assert not element(document, CISA, "component_identifiers").fails
