"""The closing comment: what a document rests on, and how that stands to what is here."""

from __future__ import annotations

import pytest

from ops.supply_chain.assurance.documents.basis import (
    DocumentStatus,
    basis_of,
    closing_comment,
    is_generated,
    read_basis,
    status_of,
)
from ops.supply_chain.core.errors import InputError
from tests.assurance.documents.support import HOSTILE, source

OLD, NEW = source(), source(version="2.0", manifest_sha256="d" * 64, retained_at="2026-11-03T00:00:00Z")
DRY = source(rehearsal=True, manifest_sha256="e" * 64, retained_at="2026-11-04T00:00:00Z")
LATER_DRY = source(rehearsal=True, manifest_sha256="f" * 64, retained_at="2026-11-05T00:00:00Z")


@pytest.mark.parametrize("evidence", [None, OLD, DRY])
@pytest.mark.parametrize("component", ["acme", "a--b", *HOSTILE])
def test_it_comes_back_as_it_was(component: str, evidence: object) -> None:
    basis = basis_of(component, evidence)  # type: ignore[arg-type]
    comment = closing_comment(basis)
    assert comment.count("-->") == 1
    assert comment.endswith(" -->")
    assert "--" not in comment[4:-3]
    assert "\n" not in comment
    assert read_basis(f"# x\n\n{comment}\n", where="x") == basis


@pytest.mark.parametrize(
    ("named", "here", "expected"),
    [
        pytest.param(None, None, DocumentStatus.SAME, id="nothing and nothing"),
        pytest.param(None, OLD, DocumentStatus.OLDER, id="a release came"),
        pytest.param(OLD, OLD, DocumentStatus.SAME, id="the same"),
        pytest.param(OLD, NEW, DocumentStatus.OLDER, id="a newer release"),
        pytest.param(NEW, OLD, DocumentStatus.NOT_HERE, id="only an older release is here"),
        pytest.param(OLD, None, DocumentStatus.NOT_HERE, id="no release is here"),
        pytest.param(OLD, DRY, DocumentStatus.NOT_HERE, id="only a rehearsal is here"),
        pytest.param(DRY, NEW, DocumentStatus.OLDER, id="released after a rehearsal"),
        pytest.param(DRY, LATER_DRY, DocumentStatus.OLDER, id="rehearsed again"),
        pytest.param(LATER_DRY, DRY, DocumentStatus.NOT_HERE, id="rehearsed elsewhere"),
        pytest.param(DRY, None, DocumentStatus.NOT_HERE, id="the rehearsal is gone"),
    ],
)
def test_standing(named: object, here: object, expected: DocumentStatus) -> None:
    assert status_of(basis_of("acme", named), here) is expected  # type: ignore[arg-type]


def test_a_hand_written_document_has_none() -> None:
    assert read_basis("# Security\n\n<!-- a comment -->\n", where="x") is None
    assert not is_generated("# Security\n")


def test_one_that_was_edited_cannot_be_read_and_is_still_ours() -> None:
    text = '# x\n\n<!-- sealwright {"component": 1} -->\n'
    assert is_generated(text)
    with pytest.raises(InputError) as caught:
        read_basis(text, where="SECURITY.md")
    assert caught.value.message.startswith("SECURITY.md: the closing comment cannot be read: ")


def test_only_the_end_counts() -> None:
    comment = closing_comment(basis_of("acme", None))
    assert read_basis(f"{comment}\n\nmore text\n", where="x") is None
