"""SBOM and VEX as attestations: which document, about what, and byte for byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.predicate_types import CYCLONEDX_TYPE, OPENVEX_TYPE, SPDX_TYPE
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.trust.signing.statements import (
    documents,
    statement_bytes,
    subjects,
)

DIGEST = "a" * 64


def chosen(*names: str) -> list[tuple[str, str, str]]:
    found = documents(names, component="N", version="V")
    return [(one.what, one.name, one.predicate_type) for one in found]


CHOICES = {
    "nothing": ((), []),
    "all": (
        (
            "N-V-sbom.cdx.json",
            "N-V-sbom.spdx.json",
            "N-V-sbom.1.7.cdx.json",
            "N-V-vex.cdx.json",
            "N-V-vex.openvex.json",
        ),
        [("sbom", "N-V-sbom.cdx.json", CYCLONEDX_TYPE), ("vex", "N-V-vex.openvex.json", OPENVEX_TYPE)],
    ),
    "only the newer CycloneDX": (
        ("N-V-sbom.1.7.cdx.json", "N-V-sbom.spdx.json"),
        [("sbom", "N-V-sbom.1.7.cdx.json", CYCLONEDX_TYPE)],
    ),
    "only SPDX 2": (("N-V-sbom.spdx.json", "N-V-sbom.spdx3.json"), [("sbom", "N-V-sbom.spdx.json", SPDX_TYPE)]),
    "only CycloneDX VEX": (("N-V-vex.cdx.json",), [("vex", "N-V-vex.cdx.json", CYCLONEDX_TYPE)]),
    "of something else": (("M-V-sbom.cdx.json", "N-V-sbomb.cdx.json"), []),
}


@pytest.mark.parametrize("case", CHOICES)
def test_which_documents(case: str) -> None:
    names, expected = CHOICES[case]
    assert chosen(*names) == expected
    assert chosen(*reversed(names)) == expected


def test_about_the_distributions_or_about_everything() -> None:
    ours = {"N-V-evidence.tar.gz": "1", "N-V-source.tar.gz": "2", "N-V-gate.json": "3"}
    packages = {"n-V-py3-none-any.whl": "4", "N-V-py3-none-any.whl": "5", "n-V.tar.gz": "6", "N-V.tar.gz": "7"}
    assert subjects({**ours, **packages}, component="N", version="V") == packages
    assert subjects(ours, component="N", version="V") == ours


def test_the_predicate_is_the_very_document() -> None:
    document = b'{\n  "b": 1.0,\n  "a": "\xc3\xa9"\n}\n'
    data = statement_bytes({"z": DIGEST, "a": DIGEST}, "t", document, where="N")
    assert document.rstrip() in data
    assert json.loads(data) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": DIGEST}}, {"name": "z", "digest": {"sha256": DIGEST}}],
        "predicateType": "t",
        "predicate": {"a": "\u00e9", "b": 1.0},
    }


BAD = {
    "a list": (b"[1]", "N: expected a JSON object in UTF-8"),
    "UTF-16": ("{}".encode("utf-16-le"), "N: expected a JSON object in UTF-8"),
    "a mark before it": (b"\xef\xbb\xbf{}", "N: expected a JSON object in UTF-8"),
    "empty": (b"", "N: expected a JSON object in UTF-8"),
    "cut": (b'{"a": ', "N: not valid JSON: Expecting value: line 1 column 7 (char 6)"),
    "two documents": (b'{"a":1},"subject":[]', "N: not valid JSON: Extra data: line 1 column 8 (char 7)"),
    "a key twice": (b'{"a":1,"a":2}', "N: not valid JSON: duplicate key 'a'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_document(case: str) -> None:
    data, message = BAD[case]
    with pytest.raises(InputError) as caught:
        statement_bytes({"a": DIGEST}, "t", data, where="N")
    assert caught.value.message == message


def test_a_statement_about_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"^N: there is nothing that it could be about$"):
        statement_bytes({}, "t", b"{}", where="N")


@settings(max_examples=150, derandomize=True)
@given(
    st.dictionaries(st.text(), st.just(DIGEST), min_size=1, max_size=4),
    st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5)),
    st.booleans(),
)
def test_a_statement_says_what_was_put_in(
    about: dict[str, str], predicate: dict[str, object], ascii_only: bool
) -> None:
    try:
        data = json.dumps(predicate, ensure_ascii=ascii_only).encode()
        found = json.loads(statement_bytes(about, "t", data, where="N"))
    except UnicodeEncodeError:
        return
    assert found["predicate"] == predicate
    assert {one["name"]: one["digest"]["sha256"] for one in found["subject"]} == about
