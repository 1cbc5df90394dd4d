"""The canonical form: strict reading, one way of writing, the form of `jq -S`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.plain_json import dump, load

GOOD = FileRef(path="dist:a", sha256="0" * 64, size=1)

plain_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
any_json = st.recursive(
    numbers | st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def _written(write: Callable[[object], bytes], value: object) -> bytes | type[Exception]:
    try:
        return write(value)
    except (ValueError, RecursionError) as error:
        return type(error)


@given(any_json)
@settings(derandomize=True, max_examples=300, deadline=None)
def test_the_bytes_are_those_of_the_plain_writer(value: object) -> None:
    assert _written(canonical.encode, value) == _written(dump, value)


def test_the_bytes_of_real_documents_are_those_of_the_plain_writer(repository: Path) -> None:
    documents = [json.loads(path.read_bytes()) for path in sorted((repository / "tests" / "golden").rglob("*.json"))]
    assert documents
    for document in documents:
        assert canonical.encode(document) == dump(document)


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, float("nan"), [float("inf")]])
def test_what_the_plain_writer_refuses_is_refused_alike(value: object) -> None:
    refused = _written(dump, value)
    assert isinstance(refused, type)
    assert _written(canonical.encode, value) is refused


@given(plain_json)
@settings(derandomize=True, max_examples=200)
def test_what_is_encoded_reads_back_equal_and_encodes_to_the_same_bytes(value: Any) -> None:
    data = canonical.encode(value)
    again = canonical.load_plain(data, where="x")
    assert again == value
    assert canonical.encode(again) == data


def test_the_form_is_that_of_jq() -> None:
    assert canonical.encode({"b": [], "a": {"ü": [1, None]}}) == (
        b'{\n  "a": {\n    "\xc3\xbc": [\n      1,\n      null\n    ]\n  },\n  "b": []\n}\n'
    )


BROKEN = {
    "duplicate key": (b'{"a": 1, "a": 2}', "x: not valid JSON: duplicate key 'a'"),
    "nan": (b'{"a": NaN}', "x: not valid JSON: NaN is not JSON"),
    "cut": (b'{"a": ', "x: not valid JSON: Expecting value: line 1 column 7 (char 6)"),
    "empty": (b"", "x: not valid JSON: Expecting value: line 1 column 1 (char 0)"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_json_is_refused_with_the_reason(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical.load_plain(data, where="x")
    assert caught.value.message == message


def test_nesting_without_end_is_an_input_error_not_a_crash() -> None:
    with pytest.raises(InputError, match="not valid JSON"):
        canonical.load_plain(b"[" * 200_000, where="x")


MISFIT = {
    "unknown field": ({"extra": 1}, "x: Object contains unknown field `extra`"),
    "wrong type": ({"size": "1"}, "x: Expected `int`, got `str` - at `$.size`"),
    "bool for int": ({"size": True}, "x: Expected `int`, got `bool` - at `$.size`"),
    "negative": ({"size": -1}, "x: Expected `int` >= 0 - at `$.size`"),
    "upper-case digest": (
        {"sha256": "A" * 64},
        r"x: Expected `str` matching regex '\\A[0-9a-f]{64}\\Z' - at `$.sha256`",
    ),
}


@pytest.mark.parametrize(("change", "message"), MISFIT.values(), ids=MISFIT)
def test_a_misfit_is_refused_with_its_json_path(change: dict[str, Any], message: str) -> None:
    data = json.dumps({**msgspec.to_builtins(GOOD), **change}).encode()
    with pytest.raises(InputError) as caught:
        canonical.decode(data, FileRef, where="x")
    assert caught.value.message == message


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(InputError, match="missing required field `sha256`"):
        canonical.decode(b'{"path": "a", "size": 1}', FileRef, where="x")


def test_writing_a_value_that_breaks_its_own_contract_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    with pytest.raises(OutputError, match="does not meet its own contract"):
        canonical.write(target, FileRef(path="a", sha256="not a digest", size=1))
    assert not list(tmp_path.iterdir())


def test_a_written_file_reads_back_and_is_world_readable_whatever_the_umask(tmp_path: Path) -> None:
    target = tmp_path / "sub" / "a.json"
    data = canonical.write(target, GOOD)
    assert target.read_bytes() == data
    assert canonical.read(target, FileRef) == GOOD
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_missing_file_is_an_input_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        canonical.read(tmp_path / "none.json", FileRef)
    assert caught.value.message == f"{tmp_path / 'none.json'}: cannot be read: No such file or directory"


@settings(max_examples=100)
@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.lists(st.text(max_size=20), max_size=3), max_size=4)
)
def test_a_part_of_a_document_is_written_as_the_plain_writer_does(value: dict[str, Any]) -> None:
    assert canonical.indented(value) + b"\n" == dump(value)
    for words in value.values():
        if isinstance(words, str):
            assert canonical.text(words) == json.dumps(words, ensure_ascii=False)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(st.text(max_size=3), JSON, min_size=1, max_size=3), st.data())
def test_a_canonical_document_is_read_as_any_other(value: dict[str, Any], data: st.DataObject) -> None:
    written = dump(value)
    at = data.draw(st.integers(0, len(written)))
    changed = (
        written[:at]
        + data.draw(st.sampled_from([b"", b" ", b"0", b"\n", b'"', b"\0", b"}", b",", b"1e999"]))
        + written[at:]
    )
    for document in (written, changed):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(canonical, "LARGE_BYTES", 0)
            assert result_of(canonical.load_plain, document) == result_of(load, document)


def result_of(read: Callable[..., Any], data: bytes) -> str:
    """Return what was read with its types and order, or the error."""
    try:
        return repr(read(data, where="x"))
    except InputError as error:
        return error.message


@pytest.mark.parametrize(
    "data",
    [
        b'{\n  "a": 1,\n  "a": 1\n}\n',
        b'{\n  "a": 1,\n  "b": {\n    "c": 1,\n    "c": 2\n  }\n}\n',
        b'{\n  "a": 1e999\n}\n',
        b'{\n  "a": 123456789012345678901234567890\n}\n',
        b'{\n  "a": "\\ud800"\n}\n',
        b'{\n  "a": 1.10\n}\n',
        b'{\n  "a": -0\n}\n',
        b'{\n  "a": NaN\n}\n',
        b'{\n  "a": 1\n}',
        b'{\n  "a": 1\n}\n\n',
        dump({"a": json.loads("[" * 198 + "]" * 198)}),
        dump({"a": json.loads("[" * 199 + "]" * 199)}),
        dump({"a": json.loads("[" * 200 + "]" * 200)}),
        dump({"a": json.loads("[" * 300 + "]" * 300)}),
    ],
)
def test_what_the_strict_reader_refuses_is_refused_in_a_large_document(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canonical, "LARGE_BYTES", 0)
    assert result_of(canonical.load_plain, data) == result_of(load, data)
