"""Our YAML means to others what it means to us."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.assurance.documents import yaml_text
from ops.supply_chain.core.errors import OutputError
from tests.assurance.documents.support import HOSTILE

yaml = pytest.importorskip("yaml", reason="needs PyYAML")

KEYS = st.from_regex(r"\A[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4})?\Z")
SCALARS = st.text(max_size=15) | st.booleans() | st.integers(-(10**6), 10**6)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(SCALARS | st.dictionaries(KEYS, inner, min_size=1, max_size=3), min_size=1, max_size=3)
        | st.dictionaries(KEYS, inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_another_reader_reads_the_same(document: dict[str, Any]) -> None:
    assert _quoted_keys(yaml.safe_load(yaml_text.dump(document)), document) == document


def _quoted_keys(found: Any, meant: Any) -> Any:
    """YAML 1.1 takes the keys `no`, `y` and `on` for switches; ours are words of a fixed format, and none of these."""
    if isinstance(found, dict) and isinstance(meant, dict):
        names = {yaml.safe_load(key): key for key in meant}
        return {names[key]: _quoted_keys(value, meant[names[key]]) for key, value in found.items()}
    if isinstance(found, list) and isinstance(meant, list):
        return [_quoted_keys(one, other) for one, other in zip(found, meant, strict=True)]
    return found


@pytest.mark.parametrize(
    "text",
    [*HOSTILE, "no", "2026-11-20", "1e3", "~", "null", "", " ", "&a *a !t", "- x", "k: v", "\u2028\x85\ufeff", "😀"],
)
def test_text_stays_text(text: str) -> None:
    assert yaml.safe_load(yaml_text.dump({"key": text, "list": [text]})) == {"key": text, "list": [text]}
    assert len(yaml_text.quoted(text).splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", yaml_text.quoted(text))


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert yaml_text.quoted("\ud800") == '"\\ufffd"'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Key": "x"}, "YAML: 'Key' is no plain key"),
        ({"a: b": "x"}, "YAML: 'a: b' is no plain key"),
        ({"a": []}, "YAML: an empty list"),
        ({"a": {}}, "YAML: an empty mapping"),
        ({"a": None}, "YAML: NoneType is not written here"),
        ({"a": 1.5}, "YAML: float is not written here"),
    ],
)
def test_what_is_not_written(document: dict[str, Any], message: str) -> None:
    with pytest.raises(OutputError) as caught:
        yaml_text.dump(document)
    assert caught.value.message == message
