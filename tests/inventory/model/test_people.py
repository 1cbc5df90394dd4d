"""Producer, summary and links of a package."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.inventory.model.document import Link, LinkKind
from ops.supply_chain.inventory.model.people import (
    LONGEST_NAME,
    LONGEST_SUMMARY,
    links_of,
    name_without_address,
    producer_of,
    summary_of,
)

PRODUCERS: dict[str, tuple[dict[str, str], str]] = {
    "author": ({"author": "Ann", "maintainer": "Bo"}, "Ann"),
    "author e-mail": ({"author_email": "Ann <a@x.example>", "maintainer": "Bo"}, "Ann"),
    "several": ({"author_email": '"Ann, the first" <a@x.example>, Bo <b@x.example>'}, "Ann, the first, Bo"),
    "address only": ({"author_email": "a@x.example", "maintainer": "Bo"}, "Bo"),
    "maintainer e-mail": ({"maintainer_email": "Bo <b@x.example>"}, "Bo"),
    "address in the author": ({"author": "Ann <a@x.example>"}, "Ann"),
    "address as the author": ({"author": "a@x.example"}, ""),
    "placeholder": ({"author": "UNKNOWN"}, ""),
    "many lines": ({"author": "Ann\nBo"}, "Ann Bo"),
    "hostile": ({"author": "\x1b[2J<b>Ann</b>\u202e"}, "?[2J Ann ?"),
    "none": ({}, ""),
}


def metadata(**fields: object) -> CoreMetadata:
    return CoreMetadata(metadata_version="2.4", name="x", version="1", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("fields", "expected"), PRODUCERS.values(), ids=PRODUCERS)
def test_producer(fields: dict[str, str], expected: str) -> None:
    assert producer_of(metadata(**fields)) == expected


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_address_is_published(name: str, address: str) -> None:
    found = producer_of(
        metadata(author=f"{name} <me@x.example> me@x.example", author_email=f"{address} <me@x.example>")
    )
    assert "me@x.example" not in found
    assert len(found) <= LONGEST_NAME


def test_a_long_name_and_a_long_summary_are_cut() -> None:
    assert name_without_address("x" * 1000) == "x" * (LONGEST_NAME - 1) + "…"
    assert summary_of(metadata(summary="one\ntwo " + "x" * 1000)) == "one two " + "x" * (LONGEST_SUMMARY - 9) + "…"


def test_links_have_a_known_label_and_a_web_address() -> None:
    found = links_of(
        metadata(
            home_page="https://x.example",
            project_urls=(
                ("Bug Tracker", "https://x.example/bugs"),
                ("Source Code", "https://u:p@x.example/src"),
                ("source", "https://x.example/src"),
                ("Funding", "https://pay.example"),
                ("docs", "javascript:alert(1)"),
                ("What's New", "https://x.example/new"),
            ),
        )
    )
    assert found == (
        Link(kind=LinkKind.ISSUES, url="https://x.example/bugs"),
        Link(kind=LinkKind.CHANGES, url="https://x.example/new"),
        Link(kind=LinkKind.VCS, url="https://x.example/src"),
        Link(kind=LinkKind.WEBSITE, url="https://x.example"),
    )
