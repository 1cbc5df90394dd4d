"""What licence a package declares."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.inventory.model.document import Licence
from ops.supply_chain.inventory.model.licence_names import ALIASES, AMBIGUOUS, CLASSIFIERS
from ops.supply_chain.inventory.model.licences import (
    LONGEST_NAME,
    canonical_expression,
    is_identifier,
    licence_of,
    licence_of_text,
)

OSI = "License :: OSI Approved :: "
MIT, BSD, APACHE = f"{OSI}MIT License", f"{OSI}BSD License", f"{OSI}Apache Software License"
CASES: dict[str, tuple[dict[str, object], Licence]] = {
    "expression": (
        {"licence_expression": "mit OR apache-2.0", "licence": "GPL", "classifiers": (BSD,)},
        Licence(expression="MIT OR Apache-2.0", source="License-Expression"),
    ),
    "own licence": (
        {"licence_expression": "LicenseRef-Acme"},
        Licence(expression="LicenseRef-Acme", source="License-Expression"),
    ),
    "broken expression falls through": (
        {"licence_expression": "MIT AND", "classifiers": (MIT,)},
        Licence(expression="MIT", source="Classifier"),
    ),
    "broken expression alone is a name": (
        {"licence_expression": "MIT AND"},
        Licence(names=("MIT AND",), source="License-Expression"),
    ),
    "one classifier": ({"classifiers": (MIT,)}, Licence(expression="MIT", source="Classifier")),
    "ambiguous classifier": ({"classifiers": (BSD,)}, Licence(names=("BSD License",), source="Classifier")),
    "ambiguous, and the field decides": (
        {"classifiers": (APACHE,), "licence": "Apache License, Version 2.0"},
        Licence(expression="Apache-2.0", source="License"),
    ),
    "two classifiers are two statements": (
        {"classifiers": (APACHE, MIT)},
        Licence(ids=("MIT",), names=("Apache Software License",), source="Classifier"),
    ),
    "two classifiers, and the field decides how": (
        {"classifiers": (MIT, APACHE), "licence": "MIT or Apache-2.0"},
        Licence(expression="MIT OR Apache-2.0", source="License"),
    ),
    "field and classifier differ": (
        {"classifiers": (BSD,), "licence": "MIT"},
        Licence(ids=("MIT",), names=("BSD License",), source="Classifier"),
    ),
    "field says more than the classifier": (
        {"classifiers": (MIT,), "licence": "GPL-3.0-only AND BSD-3-Clause"},
        Licence(ids=("MIT",), names=("GPL-3.0-only AND BSD-3-Clause",), source="Classifier"),
    ),
    "unknown classifier keeps its name": (
        {"classifiers": ("License :: Repoze Public License",)},
        Licence(names=("Repoze Public License",), source="Classifier"),
    ),
    "classifier that says nothing": ({"classifiers": ("License :: OSI Approved",)}, Licence()),
    "field is an expression": ({"licence": " bsd-3-clause "}, Licence(expression="BSD-3-Clause", source="License")),
    "field is a known name": ({"licence": "The MIT License (MIT)"}, Licence(expression="MIT", source="License")),
    "field is any name": ({"licence": "Dual License"}, Licence(names=("Dual License",), source="License")),
    "field is a whole text": (
        {"licence": "\nMIT License\n\nCopyright (c) someone\n" + "x " * 5000},
        Licence(names=("MIT License",), source="License"),
    ),
    "field is long": (
        {"licence": "y" * 10_000},
        Licence(names=("y" * (LONGEST_NAME - 1) + "…",), source="License"),
    ),
    "field is hostile": (
        {"licence": "\x1b]0;x\x07<img src=x onerror=y>\u202e😀"},
        Licence(names=("?]0;x?<img src=x onerror=y>?😀",), source="License"),
    ),
    "placeholder": ({"licence": "UNKNOWN"}, Licence()),
    "nothing": ({}, Licence()),
}


def metadata(fields: dict[str, object]) -> CoreMetadata:
    return CoreMetadata(metadata_version="2.4", name="x", version="1", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("fields", "expected"), CASES.values(), ids=CASES)
def test_licence(fields: dict[str, object], expected: Licence) -> None:
    assert licence_of(metadata(fields)) == expected
    assert licence_of(metadata(fields)).known == bool(expected.source)


def test_every_identifier_in_the_tables_is_on_the_spdx_list() -> None:
    for name in {*CLASSIFIERS.values(), *ALIASES.values()}:
        assert canonicalize_license_expression(name) == name
        assert is_identifier(name)


def test_no_classifier_is_both_clear_and_ambiguous() -> None:
    assert not set(CLASSIFIERS) & set(AMBIGUOUS)


IDENTIFIERS = {"MIT": True, "GPL-2.0-only": True, "MIT OR ISC": False, "Apache-2.0+": False, "LicenseRef-x": False}


@pytest.mark.parametrize(("expression", "expected"), IDENTIFIERS.items())
def test_identifier(expression: str, expected: bool) -> None:
    assert is_identifier(expression) is expected


def test_the_projects_own_licence() -> None:
    assert licence_of_text("MIT License", "project") == Licence(expression="MIT", source="project")
    assert licence_of_text("Ours, ask us", "project") == Licence(names=("Ours, ask us",), source="project")
    assert licence_of_text("", "project") == Licence()


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=250) | st.text(alphabet="()MIT ORANDWITH+-.\\'\"", max_size=199))
def test_any_text_gives_a_licence_that_can_be_written(text: str) -> None:
    found = licence_of(metadata({"licence": text, "licence_expression": text, "classifiers": (f"License :: {text}",)}))
    for name in found.names:
        assert name.strip()
        assert len(name) <= LONGEST_NAME
        assert not any(ord(entry) < 32 for entry in name)
    if found.expression:
        assert canonical_expression(found.expression) == found.expression
