"""How the SPDX writers put things into words."""

from __future__ import annotations

import msgspec
import pytest

from ops.supply_chain.contracts.values.lock import PinFile, PinSource, PinSourceKind
from ops.supply_chain.inventory.model.document import UNKNOWN_LICENCE, Licence, TimestampSource
from ops.supply_chain.inventory.writers import spdx2
from ops.supply_chain.inventory.writers.spdx_terms import (
    actor,
    creation_statement,
    declared,
    document_statement,
    download_location,
    place_statement,
    slug_of,
)
from tests.inventory.documents import DOCUMENT, IDNA, changed

LICENCES = {
    "nothing": (UNKNOWN_LICENCE, "NOASSERTION", ()),
    "an expression": (Licence(expression="MIT OR Apache-2.0"), "MIT OR Apache-2.0", ()),
    "one identifier": (Licence(ids=("MIT",)), "MIT", ()),
    "two identifiers": (Licence(ids=("ISC", "MIT")), "ISC AND MIT", ()),
    "a name": (Licence(names=("My Licence",)), "LicenseRef-My-Licence-7be0ee11", ("My Licence",)),
    "a name without letters": (Licence(names=("许可",)), "LicenseRef-unnamed-310c6254", ("许可",)),
    "a reference": (Licence(expression="LicenseRef-X"), "LicenseRef-X", ("LicenseRef-X",)),
}


@pytest.mark.parametrize("name", LICENCES)
def test_a_licence_becomes_an_expression(name: str) -> None:
    licence, expression, names = LICENCES[name]
    found = declared(licence)
    assert found.expression == expression
    assert tuple(text for _, text in found.references) == names
    assert ("AND is the stricter reading" in found.comment) == (" AND " in expression)


def test_two_names_that_look_alike_are_two_references() -> None:
    found = declared(Licence(names=("My Licence", "My-Licence")))
    assert len({reference for reference, _ in found.references}) == 2


def test_two_refs_that_look_alike_are_two_slugs() -> None:
    assert slug_of("pkg:pypi/a_b@1") != slug_of("pkg:pypi/a-b@1")
    assert slug_of("pkg:pypi/a-b@1").startswith("a-b-1-")


def test_round_brackets_would_begin_an_address() -> None:
    assert actor("Acme (Sweden)\x1b[0m") == "Acme [Sweden]?[0m"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PinSource(kind=PinSourceKind.INDEX), ""),
        (PinSource(kind=PinSourceKind.PATH, url="./x"), ""),
        (PinSource(kind=PinSourceKind.URL, url="https://example.org/x.whl"), "https://example.org/x.whl"),
        (
            PinSource(kind=PinSourceKind.VCS, url="https://example.org/x", vcs="git", commit="abc", subdirectory="a b"),
            "git+https://example.org/x@abc#a%20b",
        ),
    ],
    ids=["index", "path", "url", "vcs"],
)
def test_where_the_bytes_come_from(source: PinSource, expected: str) -> None:
    assert download_location(msgspec.structs.replace(IDNA, source=source)) == expected


def test_the_address_of_the_only_file_is_where_the_bytes_come_from() -> None:
    one = PinFile(hashes=(), url="https://example.org/1")
    assert download_location(msgspec.structs.replace(IDNA, files=(one,))) == one.url
    assert download_location(msgspec.structs.replace(IDNA, files=(one, one))) == ""


def test_an_address_that_spdx_tools_would_refuse_is_left_out_of_spdx_2() -> None:
    source = PinSource(kind=PinSourceKind.URL, url="https://build-host/x.whl")
    package = msgspec.structs.replace(IDNA, source=source)
    document = changed(DOCUMENT, components=(msgspec.structs.replace(DOCUMENT.components[1], package=package),))
    assert b"build-host" not in spdx2.render(changed(document, root=document.components[0]))


@pytest.mark.parametrize(
    ("direct", "expected"),
    [
        (True, "Required by the project itself. Dependency groups: a; b."),
        (False, "Required by other packages only. Dependency groups: a; b."),
        (None, "Whether the project requires it itself is unknown. Dependency groups: a; b."),
    ],
)
def test_a_place_in_the_graph(direct: bool | None, expected: str) -> None:
    assert place_statement(direct=direct, groups=("a", "b"), complete=True, is_root=False) == expected


def test_the_root_is_required_by_nobody() -> None:
    assert place_statement(direct=None, groups=(), complete=True, is_root=True) == ""


def test_a_document_says_of_which_locks_it_is() -> None:
    assert document_statement(DOCUMENT) == (
        f"Locks: a/requirements.txt (requirements.txt, sha256:{'e' * 64}, 3 entries). "
        "Every entry of every lock is a component."
    )
    assert document_statement(changed(DOCUMENT, locks=(), complete=False, enriched=False)) == (
        "The project has no locks. Not every entry of every lock is a component: the document is incomplete. "
        "Package metadata was not asked for."
    )


@pytest.mark.parametrize("source", TimestampSource)
def test_a_document_says_what_its_moment_is(source: TimestampSource) -> None:
    assert "The moment is" in creation_statement(changed(DOCUMENT, timestamp_source=source))
