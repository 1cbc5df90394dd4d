"""Hostile documents: refused before anything is expanded, fetched or walked; mutations give a result or the one refusal."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_received
from tests.formats.received.documents import ALL, RDF, TAGS, XML, YAML

LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'


def _with(prolog: str, text: str = XML) -> str:
    declaration, _, body = text.partition("?>")
    return f"{declaration}?>{prolog}{body}"


@pytest.mark.parametrize("text", [XML, RDF], ids=["CycloneDX", "RDF"])
@pytest.mark.parametrize(
    "prolog", [LAUGHS, EXTERNAL, "<!-- c --><?pi x?>\n<!DOCTYPE bom>"], ids=["laughs", "external", "bare"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-16-le"])
def test_a_doctype_is_refused_in_every_encoding(text: str, prolog: str, encoding: str) -> None:
    declared = _with(prolog, text).replace('encoding="UTF-8"', f'encoding="{encoding}"')
    with pytest.raises(UnexpectedShapeError, match="DOCTYPE"):
        read_received(declared.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-7", "utf-32", "cp037", "utf-8-sig", "hz", "rot13", "idna"])
def test_encodings_that_can_hide_a_doctype_are_refused(encoding: str) -> None:
    text = XML.replace('encoding="UTF-8"', f'encoding="{encoding}"')
    data = text.encode("utf-32" if encoding == "utf-32" else "utf-8")
    with pytest.raises(UnexpectedShapeError):
        read_received(data)


def test_a_hidden_doctype_in_utf_7_is_never_decoded() -> None:
    hidden = (
        '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>'
    )
    with pytest.raises(UnexpectedShapeError, match="encoding"):
        read_received(hidden.encode())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<a>" * 100_000 + "</a>" * 100_000, id="depth"),
        pytest.param(f'<a b="{"x" * 11_000_000}"/>', id="an attribute of 11 MB"),
        pytest.param("&unknown;", id="an entity"),
        pytest.param("<a>", id="no end"),
        pytest.param("\x01", id="a control character"),
    ],
)
def test_xml_beyond_the_bounds_is_refused(body: str) -> None:
    with pytest.raises(UnexpectedShapeError):
        read_received(XML.replace("</bom>", f"{body}</bom>").encode())


def test_nothing_of_xml_outside_is_read() -> None:
    included = XML.replace(
        "<components>",
        '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/><components>',
    )
    assert "root:" not in repr(read_received(included.encode()))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: &a [x]\nb: *a\n" + YAML, id="alias"),
        pytest.param("a: !!python/object/apply:os.system ['x']\n" + YAML, id="tag"),
        pytest.param(YAML + "spdxVersion: SPDX-2.2\n", id="a key twice"),
        pytest.param("a: " + "[" * 10_000 + "\n" + YAML, id="depth"),
        pytest.param(YAML + "---\n" + YAML, id="two documents"),
        pytest.param("<<: {a: b}\n" + YAML, id="merge key"),
    ],
)
def test_yaml_that_means_several_things_is_refused(text: str) -> None:
    with pytest.raises(UnexpectedShapeError):
        read_received(text.encode())


def test_yaml_keeps_what_it_has_as_text() -> None:
    found = read_received(
        YAML.replace("versionInfo: 2.0", "versionInfo: 1.10").replace("name: left", "name: no").encode()
    )
    assert [(part.name, part.version) for part in found.components] == [("product", "1.0"), ("no", "1.10")]


def test_licences_of_rdf_within_themselves_end() -> None:
    loop = RDF.replace(
        '<s:licenseDeclared rdf:resource="http://spdx.org/licenses/MIT"/>',
        '<s:licenseDeclared><s:ConjunctiveLicenseSet rdf:nodeID="l"><s:member rdf:nodeID="l"/>'
        "</s:ConjunctiveLicenseSet></s:licenseDeclared>",
    )
    with pytest.raises(UnexpectedShapeError, match="licences"):
        read_received(loop.encode())


@pytest.mark.parametrize("name", ALL)
def test_mutations_give_a_result_or_the_one_refusal(name: str) -> None:
    dice = random.Random(f"received {name}")  # noqa: S311 - repeatable, not secret
    original = ALL[name]
    pieces = [
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b"<",
        b">",
        b"&",
        b":",
        b"\0",
        b"\xff",
        b"null",
        b"1e400",
        b"<!DOCTYPE a>",
        b"\\u0000",
    ]
    results = 0
    for _ in range(250):
        data = bytearray(original)
        for _ in range(dice.randrange(1, 5)):
            start = dice.randrange(len(data))
            end = min(len(data), start + dice.choice((0, 1, 1, 8, 60)))
            other = dice.randrange(len(original))
            data[start:end] = dice.choice((*pieces, b"", original[other : other + 40]))
        try:
            found = read_received(bytes(data))
        except UnexpectedShapeError:
            pass
        else:
            results += 1
            assert len(found.edges.stated) == len(found.components)
    assert results > 10


def _wrong_types(value: object, dice: random.Random) -> object:
    """Return plain data in which some values have another type."""
    if dice.random() < 0.04:
        return dice.choice((None, 7, -1.5, True, "x", [], {}, ["y"], {"z": 1}, [[]], [None]))
    if isinstance(value, dict):
        return {key: _wrong_types(inner, dice) for key, inner in value.items()}
    if isinstance(value, list):
        return [_wrong_types(inner, dice) for inner in value]
    return value


@pytest.mark.parametrize("name", ["CycloneDX JSON", "SPDX 2 JSON", "SPDX 3 JSON-LD"])
def test_values_of_wrong_types_are_defects_or_refused(name: str) -> None:
    import json

    dice = random.Random(f"types {name}")  # noqa: S311 - repeatable, not secret
    plain = json.loads(ALL[name])
    defects = 0
    for _ in range(400):
        try:
            found = read_received(json.dumps(_wrong_types(plain, dice)).encode())
        except UnexpectedShapeError:
            continue
        defects += bool(found.defects)
    assert defects > 100


def test_a_line_of_tag_value_that_repeats_is_named() -> None:
    found = read_received(TAGS.replace("PackageVersion: 2.0", "PackageVersion: 2.0\nPackageVersion: 3.0").encode())
    assert [part.version for part in found.components] == ["1.0", "2.0"]
    assert ["second PackageVersion" in defect.message for defect in found.defects] == [True]
