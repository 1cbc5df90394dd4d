"""YAML of others: read the same as every parser reads it, or refused with its line."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.formats import yaml
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.yaml import CONFIGURATION, DEEPEST, LARGEST_BYTES

SCALARS: dict[str, Any] = {
    "on": "on",
    "no": "no",
    "Yes": "Yes",
    "y": "y",
    "2026-11-20": "2026-11-20",
    "2026-11-20T10:00:00Z": "2026-11-20T10:00:00Z",
    "12:30": "12:30",
    "190:20:30.15": "190:20:30.15",
    "1_000": "1_000",
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "0b11": "0b11",
    "-5": -5,
    "1e3": 1000.0,
    ".5": 0.5,
    "1.": 1.0,
    "true": True,
    "TRUE": True,
    "tRue": "tRue",
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "'null'": "null",
    '"\\x41\\u00e9"': "Aé",
    "'12'": "12",
    "|\n  1": "1",
    "=": "=",
    "a # b": "a",
    "a#b": "a#b",
}


@pytest.mark.parametrize("written", SCALARS)
def test_scalars_are_those_of_the_core_schema(written: str) -> None:
    found = yaml.read(f"a: {written}").value["a"]
    assert (found, type(found)) == (SCALARS[written], type(SCALARS[written]))


def test_on_is_a_key() -> None:
    assert yaml.read("on: push\nno: 1\n").value == {"on": "push", "no": 1}


@pytest.mark.parametrize("empty", ["", "# permissions: read-all\n", "---\n", "---\n...\n", "\ufeff"])
def test_nothing_is_null(empty: str) -> None:
    assert yaml.read(empty).value is None


REFUSED = {
    "an anchor": ("a:\n  - &x 1\n", "line 2: has an anchor"),
    "an anchor on an object": ("a: &x\n  b: 1\n", "line 1: has an anchor"),
    "an alias": ("a: 1\nb: *x\n", "line 2: has an alias"),
    "a merge key": ("a:\n  <<: {b: 1}\n", "line 2: has a merge key"),
    "a tag": ("a: !x 1\n", "line 1: has a tag"),
    "a tag of Python": ("a: !!python/object/apply:os.system [id]\n", "line 1: has a tag"),
    "a tag of YAML": ("a: !!str 1\n", "line 1: has a tag"),
    "a directive": ("%YAML 1.1\n---\na: 1\n", "line 1: has a directive"),
    "a directive of tags": ("%TAG ! tag:x,2000:\n---\na: 1\n", "line 1: has a directive"),
    "a key twice": ("jobs: 1\njobs: 2\n", "line 2: has the key 'jobs' a second time"),
    "a key twice, once quoted": ("on: 1\n'on': 2\n", "line 2: has the key 'on' a second time"),
    "a key twice in braces": ("a: {b: 1, b: 2}\n", "line 1: has the key 'b' a second time"),
    "a number as key": ("a:\n  1: x\n", "line 2: has a key that is not a text"),
    "a switch as key": ("true: x\n", "line 1: has a key that is not a text"),
    "nothing as key": ("? \n: x\n", "line 1: has a key that is not a text"),
    "a list as key": ("? [a]\n: b\n", "line 1: has a key that is not a text"),
    "a second document": ("a: 1\n---\nb: 2\n", "line 2: begins a second document"),
    "a tab": ("a:\n\tb: 1\n", "line 2: found character '\\t' that cannot start any token"),
    "no number": ("a: .nan\n", "line 1: has a number that is not finite"),
    "too large a number": ("a: 1e999\n", "line 1: has a number that is not finite"),
    "too long a number": (f"a: {'9' * 5000}\n", "line 1: has a number of more than 400 characters"),
    "two values on a line": ("a: b: c\n", "line 1: mapping values are not allowed here"),
    "no end": ("a: [1,\n", "line 2: expected the node content, but found '<stream end>'"),
    "a line that only some see": ("a: 1\n# x\u2028b: 2\n", "line 2: has U+2028, which parsers read in different ways"),
    "another such line": ("# x\x85b: 2\n", "line 1: has U+0085, which parsers read in different ways"),
    "a mark of byte order inside": ("a: 1\n\ufeffb: 2\n", "line 2: has U+FEFF, which parsers read in different ways"),
    "a control character": ("a: '\x00'\n", "is not YAML: unacceptable character #x0000: special characters are not "),
    "too deep": ("[" * 10_000, f"line 1: has more than {DEEPEST} levels"),
    "too deep in lines": ("".join(f"{' ' * n}a:\n" for n in range(300)), f"line {DEEPEST + 1}: has more than"),
    "too many values": (f"[{'1,' * CONFIGURATION.values}]", f"line 1: has more than {CONFIGURATION.values} values"),
    "too large": ("#" * (LARGEST_BYTES + 1), f"is larger than {LARGEST_BYTES} bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    text, expected = REFUSED[name]
    with pytest.raises(UnexpectedShapeError) as caught:
        yaml.read(text)
    assert str(caught.value).startswith(expected)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("data", ["a: 1".encode("utf-16"), b"a: \xff", "a: 1".encode("utf-16-le") + b"\xd8"])
def test_only_utf_8_is_read(data: bytes) -> None:
    with pytest.raises(UnexpectedShapeError):
        yaml.read(data)


def test_laughs_are_refused_at_the_first() -> None:
    laughs = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50))
    with pytest.raises(UnexpectedShapeError, match=r"^line 1: has an anchor$"):
        yaml.read(laughs)


@pytest.mark.parametrize("text", ["[" * 900_000, "- " * 400_000, "{a: " * 200_000, "? " * 400_000, "&a " * 300_000])
def test_nesting_takes_no_time(text: str) -> None:
    begin = time.monotonic()
    with pytest.raises(UnexpectedShapeError):
        yaml.read(text)
    assert time.monotonic() - begin < 10


def test_objects_and_arrays_know_their_line() -> None:
    root = yaml.read("# one\na:\n  - b: 1\n  -\n    b: 2\nc: []\n")
    assert [row.line for row in root["a"].rows()] == [3, 5]
    assert (root.line, root["c"].line, root["a"].rows()[0]["b"].line) == (2, 6, 0)
    assert root["a"].rows()[1]["b"].path == "$.a[1].b"


def test_a_wrong_shape_has_a_path() -> None:
    with pytest.raises(UnexpectedShapeError, match=r"^\$\.a\[0\]: expected an object, found a text$"):
        yaml.read("a: [x]").rows_of("a")[0].table()


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp"]), max_size=12
)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(10**9), 10**9) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter("<<".__ne__), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(VALUES)
def test_what_another_writer_wrote_is_read(value: Any) -> None:
    written = pyyaml.safe_dump(value, allow_unicode=True)
    if not any(mark in written for mark in ("&", "\ufeff", "!")):
        assert yaml.read(written).value == value


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="ab:-? \n\t#{}[],'\"|>&*!%<1.~", max_size=40))
def test_any_text_is_read_as_pyyaml_reads_it_or_refused(text: str) -> None:
    try:
        found = yaml.read(text).value
    except UnexpectedShapeError:
        return
    assert _texts(found) == _texts(pyyaml.load(text, Loader=pyyaml.BaseLoader))  # noqa: S506 - it makes texts only


def _texts(value: Any) -> Any:
    """Return a value with its scalars as texts: parsers agree on structure, and differ on types."""
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    if value is None or value in ("", "~"):
        return ""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    return float(value) if not isinstance(value, bool) and math.isfinite(value) else value
