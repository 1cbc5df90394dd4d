"""The faster parser gives what the strict one gives, or nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.core.plain_json import DEEPEST
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.received import content, quick_json
from ops.supply_chain.formats.received.cyclonedx import CycloneDxBuilder
from ops.supply_chain.formats.received.quick_json import LARGEST_BYTES, read_quickly
from ops.supply_chain.formats.received.read import read_identities, read_received
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
    assert read_quickly(data) == (json_reader.read(data).value, ())


@pytest.mark.parametrize("least", [1, quick_json.LEAST_BYTES])
def test_of_any_bytes_it_gives_the_same_or_nothing(
    shared_documents: list[bytes], monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", least)
    chance = random.Random(20261129)  # noqa: S311 - seeded
    read = in_pieces = 0
    for number in range(2000):
        data = bytearray(shared_documents[number % len(shared_documents)])
        for _ in range(chance.randint(0, 3)):
            at = chance.randint(0, len(data))
            piece = data[at : at + chance.randint(0, 20)]
            change = chance.choice([b"", b'"', b"\\", b":", b"{}", b'"a":1,', b"\\u0000", b"\xc3\xa9", piece * 2])
            data[at : at + chance.randint(0, len(piece))] = change
        quick = read_quickly(bytes(data))
        if quick is not None:
            read += 1
            in_pieces += bool(quick.pieces)
            assert repr(quick.value) == repr(json_reader.read(bytes(data)).value)
    assert read > 200
    assert (in_pieces > 50) == (least == 1)


PARTS = b'[{"name": "a", "x": {"y": 1}}, {"name": "b"}]'
NOT_IN_PIECES = {
    "the same bytes before them": b'{"a": ' + PARTS + b', "components": ' + PARTS + b"}",
    "inside another object": b'{"a": {"components": ' + PARTS + b"}}",
    "no array": b'{"components": {"name": "a", "x": 1}}',
    "none": b'{"components": []}',
    "no object around them": b'[{"components": ' + PARTS + b"}]",
}
REFUSED_IN_PIECES = {
    "a key twice in one": b'{"components": [{"name": "a", "name": "b"}]}',
    "components twice": b'{"components": ' + PARTS + b', "components": ' + PARTS + b"}",
    "two lists of components": b'{"components": [{"a": 1}], "components": ' + PARTS + b"}",
    "a key twice around them": b'{"x": 1, "x": 1, "components": ' + PARTS + b"}",
    "too deep with what is around it": b'{"components": [' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"]}",
}


@pytest.mark.parametrize("name", NOT_IN_PIECES)
def test_what_cannot_be_taken_apart_is_read_as_a_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 3)
    data = NOT_IN_PIECES[name]
    assert read_quickly(data) == (json.loads(data), ())


@pytest.mark.parametrize("name", REFUSED_IN_PIECES)
def test_taken_apart_the_same_is_left_to_the_strict_parser(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 1)
    assert read_quickly(REFUSED_IN_PIECES[name]) is None


def test_taken_apart_it_has_the_bytes_of_each_component_that_is_not_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 1)
    large = b'{"name": "' + b"x" * quick_json.MOST_PIECE_BYTES + b'"}'
    found = read_quickly(b'{"components" : [{"name": "a"}, ' + large + b' , 7 ], "a": "b\\"c"}')
    assert found is not None
    assert found.pieces == (b'{"name": "a"}', b"", b"7")
    assert [*found.value["components"][::2], found.value["a"]] == [{"name": "a"}, 7, 'b"c']


def test_components_are_found_behind_a_list_that_begins_as_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 1)
    monkeypatch.setattr(quick_json, "BEGINNING_BYTES", 4)
    found = read_quickly(b'{"a": [{"a": 1}], "components": [{"a": 2}]}')
    assert found == ({"a": [{"a": 1}], "components": [{"a": 2}]}, (b'{"a": 2}',))
    many = b'{"a": [' + b'[{"a": 1}], ' * quick_json.MOST_BEGINNINGS + b'0], "components": [{"a": 2}]}'
    assert read_quickly(many) == (json.loads(many), ())


def test_what_is_kept_of_components_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "MOST_KEPT_BYTES", 10)
    kept: quick_json.PieceCache[int] = quick_json.PieceCache()
    for number, piece in enumerate((b"aaaa", b"bbbb", b"cccc")):
        kept.keep(piece, number)
    assert kept.get_all((b"aaaa", b"bbbb", b"cccc")) == [None, None, 2]
    monkeypatch.setattr(quick_json, "MOST_PIECES", 1)
    kept.keep(b"d", 3)
    assert kept.get_all((b"cccc", b"d")) == [None, 3]


def test_documents_that_share_components_are_read_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 1)
    shared = list(supplier_sboms.drawn(4, components=12, distinct=20))
    documents = [supplier_sboms.sbom(number, parts, digests=True) for number, parts in enumerate(shared)]
    broken = b'{"type": "library", "name": 7, "purl": "no", "components": [{"type": "file", "name": "x"}]}'
    flat = b'{"type": "library", "name": 7, "purl": "no"}'
    documents += [
        document.replace(b'"components": [', b'"components": [' + wrong + b", ", 1)
        for document in documents
        for wrong in (broken, flat)
    ]
    found = [read_received(document, schema_defects) for document in (*documents, *documents)]
    monkeypatch.setattr(content, "read_quickly", lambda _: None)
    assert found == [read_received(document, schema_defects) for document in documents] * 2
    assert found[-1].defect_count > 2


_REFS = ("a", "b", "b", "c", "", "product", "nothing")
_ROWS: tuple[Any, ...] = (
    {"ref": "a", "dependsOn": ["b", "c"]}, {"ref": "a"}, {"ref": "b", "dependsOn": ["b", "b"]}, {"ref": "c", "dependsOn": []},
    {"ref": "nothing", "dependsOn": ["a"]}, {"ref": "b", "dependsOn": ["nothing"]}, {"ref": "c", "provides": ["a"]}, {"ref": ""},
    {"ref": "c", "dependsOn": "a"}, {"ref": "a", "dependsOn": None}, {"ref": 7}, {"ref": "b", "dependsOn": [7]}, {}, "row",
)  # fmt: skip


def test_what_is_taken_at_once_is_what_is_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 1)
    chance = random.Random(29)  # noqa: S311 - seeded
    documents = []
    for _ in range(300):
        rows = [{"type": "library", "name": ref or "x", "bom-ref": ref} for ref in chance.choices(_REFS, k=4)]
        root = {"metadata": {"component": {"type": "application", "name": "product", "bom-ref": "product"}}}
        document = {"bomFormat": "CycloneDX", "specVersion": "1.6", **root, "components": rows}
        documents.append(
            json.dumps({**document, "dependencies": chance.choices(_ROWS, k=chance.choice((1, 3)))}).encode()
        )
    at_once = [read_received(document) for document in documents * 2]
    monkeypatch.setattr(content, "read_quickly", lambda _: None)
    monkeypatch.setattr(CycloneDxBuilder, "_plain_dependencies", lambda *_: False)
    assert at_once == [read_received(document) for document in documents] * 2
    assert len({(len(found.edges), found.defect_count) for found in at_once}) > 9


def test_a_reading_of_identities_leaves_nothing_out_of_a_later_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "LEAST_BYTES", 1)
    [parts] = supplier_sboms.drawn(1, components=12, distinct=20)
    document = supplier_sboms.sbom(77, parts, digests=True)
    first = read_identities(document)
    whole = read_received(document)
    assert all(component.digests for component in whole.components[1:])
    assert read_identities(document) == first
    assert not any(component.digests for component in first.components)
    monkeypatch.setattr(content, "read_quickly", lambda _: None)
    assert read_received(document) == whole


@pytest.fixture(scope="module")
def shared_documents() -> list[bytes]:
    [parts] = supplier_sboms.drawn(1, components=2, distinct=100)
    whole = supplier_sboms.sbom(1, parts, digests=True)
    return [
        whole,
        json.dumps(json.loads(whole), indent=1).encode(),
        *(json.dumps(READ[name]).encode() for name in READ),
    ]
