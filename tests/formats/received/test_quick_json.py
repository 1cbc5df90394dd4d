"""The faster parser gives what the strict one gives, or nothing."""

from __future__ import annotations

import json
import random

import pytest

from ops.supply_chain.core.plain_json import DEEPEST
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.received.quick_json import LARGEST_BYTES, read_quickly
from tests.benchmarks import supplier_sboms

LEFT_TO_THE_STRICT_ONE = {
    "a key twice": b'{"a": 1, "a": 1}',
    "a key twice, far inside": b'[[{"x": [{"b": {}, "c": 0, "b": {}}]}]]',
    "a key twice, written in two ways": b'{"a": 1, "\\u0061": 2}',
    "no JSON": b"{'a': 1}",
    "NaN": b"[NaN]",
    "infinite": b"[1e999]",
    "half of a surrogate pair": b'["\\ud800"]',
    "no UTF-8": b'["\xff"]',
    "something behind it": b"[1] 2",
    "too deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "far too deep": b"[" * 100_000 + b"]" * 100_000,
    "too large": b'["' + b"a" * LARGEST_BYTES + b'"]',
    "empty": b"",
}
READ = {
    "texts with everything in them": {'a"b': 'x:{}[]",\\"', "c\\": "\\\\", "é\n": [":", "{", "\\"], "": {}},
    "numbers": [0, -0.0, 1e2, 12345678901234567890123, 0.1, True, None],
    "as deep as it may be": json.loads("[" * DEEPEST + "]" * DEEPEST),
    "a text": "a",
}


@pytest.mark.parametrize("name", LEFT_TO_THE_STRICT_ONE)
def test_what_only_the_strict_parser_decides_is_left_to_it(name: str) -> None:
    assert read_quickly(LEFT_TO_THE_STRICT_ONE[name]) is None


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_documents_are_read_as_by_the_strict_parser(name: str, ascii_only: bool) -> None:
    data = json.dumps(READ[name], ensure_ascii=ascii_only).encode()
    assert read_quickly(data) == (json_reader.read(data).value,)


def test_of_any_bytes_it_gives_the_same_or_nothing(shared_documents: list[bytes]) -> None:
    chance = random.Random(20261129)  # noqa: S311 - seeded
    read = 0
    for number in range(3000):
        data = bytearray(shared_documents[number % len(shared_documents)])
        for _ in range(chance.randint(0, 3)):
            at = chance.randint(0, len(data))
            piece = data[at : at + chance.randint(0, 20)]
            change = chance.choice([b"", b'"', b"\\", b":", b"{}", b'"a":1,', b"\\u0000", b"\xc3\xa9", piece * 2])
            data[at : at + chance.randint(0, len(piece))] = change
        quick = read_quickly(bytes(data))
        if quick is not None:
            read += 1
            assert repr(quick[0]) == repr(json_reader.read(bytes(data)).value)
    assert read > 300


@pytest.fixture(scope="module")
def shared_documents() -> list[bytes]:
    [parts] = supplier_sboms.drawn(1, components=2, distinct=100)
    whole = supplier_sboms.sbom(1, parts, digests=True)
    return [
        whole,
        json.dumps(json.loads(whole), indent=1).encode(),
        *(json.dumps(READ[name]).encode() for name in READ),
    ]
