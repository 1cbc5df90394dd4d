"""SPDX licence expressions."""

from __future__ import annotations

import pytest

from ops.supply_chain.formats.licence_expressions import deprecated_identifiers, licence_fault, licence_id_fault


@pytest.mark.parametrize(
    "expression",
    [
        "MIT",
        "mit OR Apache-2.0+",
        "(MIT AND ISC) OR GPL-2.0-only WITH Classpath-exception-2.0",
        "LicenseRef-a.b-c",
        "DocumentRef-x:LicenseRef-y AND MIT",
    ],
)
def test_good_expressions(expression: str) -> None:
    assert licence_fault(expression) == ""


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "Invalid license expression"),
        ("MIT OR", "Invalid license expression"),
        ("NOASSERTION", "Unknown license"),
        ("MyCustom", "Unknown license"),
        ("MIT WITH Apache-2.0", "Unknown license exception"),
        ("DocumentRef-x:MIT", "Unknown license"),
        ("(" * 5000 + "MIT" + ")" * 5000, "found 10003 characters with 5000 parentheses"),
        ("MIT AND " * 1000 + "MIT", "found 8003 characters"),
    ],
)
def test_bad_expressions(expression: str, why: str) -> None:
    assert why in licence_fault(expression)


@pytest.mark.parametrize(
    ("identifier", "good"),
    [
        ("MIT", True),
        ("Classpath-exception-2.0", True),
        ("GPL-2.0+", True),
        ("mit", False),
        ("MIT OR ISC", False),
        ("LicenseRef-x", True),
        ("Apache-2", False),
        ("(MIT)", False),
        ("", False),
    ],
)
def test_identifiers(identifier: str, good: bool) -> None:
    assert (licence_id_fault(identifier) == "") == good


def test_deprecated_identifiers_are_those_of_the_licence_list() -> None:
    assert deprecated_identifiers("MIT OR (gpl-2.0+ AND AGPL-3.0) OR GPL-2.0-only") == ("gpl-2.0+", "AGPL-3.0")
    assert deprecated_identifiers("GPL-2.0-or-later WITH Classpath-exception-2.0") == ()
