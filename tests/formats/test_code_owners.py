"""Which owners CODEOWNERS names for a path, as GitHub reads it."""

from __future__ import annotations

import pytest

from ops.supply_chain.formats.code_owners import owners_of

CONFIG = ".security-config.toml"
FLOW = ".github/workflows/release.yml"


@pytest.mark.parametrize(
    ("text", "path", "owners"),
    [
        ("* @acme/all", CONFIG, ("@acme/all",)),
        ("* @acme/all", FLOW, ("@acme/all",)),
        ("/.security-config.toml @ann ben@acme.example", CONFIG, ("@ann", "ben@acme.example")),
        ("*.toml @ann", CONFIG, ("@ann",)),
        (".github/ @ann", FLOW, ("@ann",)),
        ("/.github/ @ann", FLOW, ("@ann",)),
        ("/.github @ann", FLOW, ("@ann",)),
        ("workflows/ @ann", FLOW, ("@ann",)),
        ("/workflows/ @ann", FLOW, ()),
        (".github/* @ann", FLOW, ()),
        (".github/** @ann", FLOW, ("@ann",)),
        ("**/release.yml @ann", FLOW, ("@ann",)),
        ("release.yml @ann # the last line decides\nrelease.yml", FLOW, ()),
        ("* @ann\n*.toml @ben", CONFIG, ("@ben",)),
        ("*.toml @ben\n* @ann", CONFIG, ("@ann",)),
        ("", CONFIG, ()),
        ("# * @ann", CONFIG, ()),
        ("* @ORG/MAINTAINERS", CONFIG, ()),
        ("* ann", CONFIG, ()),
        ("* @ann ???", CONFIG, ()),
        ("!*.toml @ann", CONFIG, ()),
        ("*.to @ann", CONFIG, ()),
        ("x.toml @ann", "a/x.toml", ("@ann",)),
        ("a/x.toml @ann", "b/a/x.toml", ()),
        ("(.* @ann", CONFIG, ()),
    ],
)
def test_the_last_line_that_matches_decides(text: str, path: str, owners: tuple[str, ...]) -> None:
    assert owners_of(text, path) == owners
