"""JSON of others: what is wrong is one error with its path, and nothing is half understood."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.core.plain_json import DEEPEST
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError, kind_of, read

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = (
    b'{"a": [{"b": "text", "c": 1, "n": null, "blank": " ", "empty": ""}], "bom-ref": {}, "@graph": [[]], "x y": 1}'
)


def message(action: Callable[[], object]) -> str:
    with pytest.raises(UnexpectedShapeError) as caught:
        action()
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": 1, "a": 1}', "$: not valid JSON: duplicate key 'a'"),
        (b'{"a": {"b": 1, "b": 2}}', "$: not valid JSON: duplicate key 'b'"),
        (b"[NaN]", "$: not valid JSON: NaN is not JSON"),
        (b"[-Infinity]", "$: not valid JSON: -Infinity is not JSON"),
        (b"[1e999]", "$: not valid JSON: 1e999 is too large a number"),
        (b"", "$: not valid JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[1] [2]", "$: not valid JSON: Extra data: line 1 column 5 (char 4)"),
        (b"[" * 100_000, "$: not valid JSON: "),
        (b"[" * 100_000 + b"]" * 100_000, "$: not valid JSON: "),
        (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), f"$: not valid JSON: more than {DEEPEST} arrays"),
        (b"\xff\xfe[]", "$: not valid JSON: "),
        (b'{"' + b"k" * 5000 + b'": 1, "' + b"k" * 5000 + b'": 2}', "$: not valid JSON: duplicate key 'kkk"),
    ],
)
def test_what_is_not_read(data: bytes, expected: str) -> None:
    found = message(lambda: read(data))
    assert found.startswith(expected)
    assert len(found) < 300


def test_the_deepest_that_is_read() -> None:
    data = b"[" * DEEPEST + b"]" * DEEPEST
    assert read(data).rows()[0].path == "$[0]"


def test_a_document_that_is_too_large_is_not_parsed() -> None:
    assert message(lambda: read(b'{"a": 1', largest_bytes=6)) == "$: expected at most 6 bytes, found 7"


SHAPES: dict[str, Callable[[Node], object]] = {
    "$.d: is missing": lambda root: root["d"],
    "$.a: expected an object, found an array": lambda root: root["a"]["b"],
    "$.a[0].b: expected an object, found a text": lambda root: root["a"].rows()[0]["b"].get("x"),
    "$.a[0].b: expected an array, found a text": lambda root: root["a"].rows()[0].rows_of("b"),
    "$.a[0].c: expected a text, found a number": lambda root: root["a"].rows()[0].text_of("c"),
    "$.a[0].n: expected a text, found null": lambda root: root["a"].rows()[0]["n"].text(),
    "$.a[0].blank: expected a text, found an empty one": lambda root: root["a"].rows()[0].text_of("blank"),
    "$.a[0].empty: expected a text, found an empty one": lambda root: root["a"].rows()[0]["empty"].text(),
    "$.bom-ref: expected a text, found an object": lambda root: root["bom-ref"].text(),
    "$.@graph[0]: expected an object, found an array": lambda root: root["@graph"].rows()[0].table(),
    "$['x y']: expected an array, found a number": lambda root: root["x y"].rows(),
    "$['no\\nkey']: is missing": lambda root: root["no\nkey"],
    "$.a[0].c: is odd ? here": lambda root: (_ for _ in ()).throw(root["a"].rows()[0]["c"].broken("is odd \n here")),
}


@pytest.mark.parametrize("expected", SHAPES)
def test_another_shape_is_named_by_its_path(expected: str) -> None:
    assert message(lambda: SHAPES[expected](read(DOCUMENT))) == expected


def test_what_is_absent_is_nothing() -> None:
    row = read(DOCUMENT)["a"].rows()[0]
    assert (row.get("n"), row.get("z"), row.text_of("n"), row.text_of("z"), row.text_of("empty")) == (
        None,
        None,
        "",
        "",
        "",
    )
    assert row.rows_of("z") == []
    assert [(key, node.path) for key, node in row.fields()][:2] == [("b", "$.a[0].b"), ("c", "$.a[0].c")]
    assert row.line == 0


@pytest.mark.parametrize(
    ("value", "kind"),
    [({}, "an object"), ([], "an array"), ("", "a text"), (True, "a boolean"), (1, "a number"), (1.5, "a number"), (None, "null")],
)  # fmt: skip
def test_kinds_have_json_names(value: object, kind: str) -> None:
    assert kind_of(value) == kind


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(PLAIN)
def test_every_value_has_a_path_of_its_own(plain: Any) -> None:
    found: dict[str, Any] = {}
    waiting = [read(json.dumps(plain).encode())]
    while waiting:
        node = waiting.pop()
        assert node.path not in found
        found[node.path] = node.value
        if isinstance(node.value, dict):
            waiting += [child for _, child in node.fields()]
        elif isinstance(node.value, list):
            waiting += node.rows()
    assert found["$"] == plain


def test_it_needs_the_standard_library_only() -> None:
    code = (
        "import sys; import ops.supply_chain.formats.json_reader; "
        "print([name for name in sys.modules if name.partition('.')[0] in ('msgspec', 'yaml', 'packaging')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
