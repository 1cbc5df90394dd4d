"""What goes into the evidence archive, and what must not."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.release.evidence import baseline_beside, holds_credentials, members

CREDENTIALS = {
    "user and password": b"--index-url https://user:password@index.example/simple\n",
    "token alone": b"x @ git+https://ghp_secret@git.example/x@abc\n",
    "user over ssh": b"x @ git+ssh://deploy@git.example/x@abc\n",
    "token in a query": b"x @ https://files.example/x.whl?token=abc\n",
    "late in a long file": b"a==1\n" * 50_000 + b"--extra-index-url https://a:b@c.example\r\n",
    "not UTF-8 before it": b"# caf\xe9 https://a:b@c.example\n",
}
HARMLESS = {
    "empty": b"",
    "plain": b"x==1 --hash=sha256:00\n",
    "an address": b"--index-url https://index.example/simple\n",
    "git over ssh": b"x @ git+ssh://git@git.example/x@abc\n",
    "a commit after an at": b"x @ git+https://git.example/x@abc\n",
    "mail": b"# me@example.org, see https://example.org/?page=2\n",
}


@pytest.mark.parametrize("what", CREDENTIALS)
def test_credentials_are_found(what: str) -> None:
    assert holds_credentials(CREDENTIALS[what])


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_no_credential(what: str) -> None:
    assert not holds_credentials(HARMLESS[what])


def test_members_are_named_once_and_sorted() -> None:
    refs = [
        FileRef(path=path, sha256="0" * 64, size=1)
        for path in ("project:b/r.txt", "dist:sbom/locks/b/r.txt.cdx.json", "project:a/r.txt", "project:b/r.txt")
    ]
    assert [one.name for one in members(refs)] == ["project/a/r.txt", "project/b/r.txt", "sbom/locks/b/r.txt.cdx.json"]


def test_where_a_baseline_lies() -> None:
    assert baseline_beside("functions/a/requirements.txt") == "functions/a/requirements.provenance.json"
    assert baseline_beside("requirements-dev.txt") == "requirements-dev.provenance.json"
