"""Our YAML means to others what it means to us."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.formats import yaml
from tests.assurance.documents.support import HOSTILE

KEYS = st.from_regex(r"\A[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4})?\Z") | st.sampled_from(
    ["on", "No", "y", "a: b", "", "null", "é"]
)
SCALARS = st.text(max_size=15) | st.booleans() | st.integers(-(10**6), 10**6)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(SCALARS | st.dictionaries(KEYS, inner, min_size=1, max_size=3), min_size=1, max_size=3)
        | st.dictionaries(KEYS, inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_another_reader_reads_the_same(document: dict[str, Any]) -> None:
    written = yaml.dump(document)
    assert pyyaml.safe_load(written) == document
    assert yaml.read(written).value == document


@pytest.mark.parametrize(
    "text",
    [*HOSTILE, "no", "2026-11-20", "1e3", "~", "null", "", " ", "&a *a !t", "- x", "k: v", "\u2028\x85\ufeff", "😀"],
)
def test_text_stays_text(text: str) -> None:
    assert pyyaml.safe_load(yaml.dump({"key": text, "list": [text]})) == {"key": text, "list": [text]}
    assert len(yaml.quoted(text).splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", yaml.quoted(text))


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert yaml.quoted("\ud800") == '"\\ufffd"'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"a": []}, "YAML: an empty list"),
        ({"a": {}}, "YAML: an empty mapping"),
        ({"a": None}, "YAML: NoneType is not written here"),
        ({"a": 1.5}, "YAML: float is not written here"),
    ],
)
def test_what_is_not_written(document: dict[str, Any], message: str) -> None:
    with pytest.raises(OutputError) as caught:
        yaml.dump(document)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("apiVersion", "apiVersion"),
        ("site_name", "site_name"),
        ("backstage.io/techdocs-ref", "backstage.io/techdocs-ref"),
        ("on", '"on"'),
        ("NO", '"NO"'),
        ("1.0", '"1.0"'),
        ("a b", '"a b"'),
        ("", '""'),
        ("<<", '"<<"'),
    ],
)
def test_a_key_is_quoted_where_it_could_be_something_else(key: str, written: str) -> None:
    assert yaml.dump({key: 1}) == f"{written}: 1\n"
