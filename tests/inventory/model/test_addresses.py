"""Which addresses may be published."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.inventory.model.addresses import publishable, repository

PUBLISHABLE = {
    "plain": ("https://example.org/a/b.whl", "https://example.org/a/b.whl"),
    "fragment": ("https://example.org/a#sha256=00", "https://example.org/a#sha256=00"),
    "port": ("http://localhost:8080/simple/", "http://localhost:8080/simple/"),
    "user and password": ("https://u:p@example.org/x", "https://example.org/x"),
    "secret in the query": ("https://example.org/x?token=abc", "https://example.org/x?token=****"),
    "script": ("javascript:alert(1)", ""),
    "data": ("data:text/html,<b>", ""),
    "file": ("file:///home/me/x", ""),
    "tag": ("https://example.org/<img src=x>", ""),
    "blank": ("https://example.org/a b", ""),
    "control": ("https://example.org/\x1b[31m", ""),
    "broken escape": ("https://example.org/%zz", ""),
    "two fragments": ("https://example.org/#a#b", ""),
    "not ascii": ("https://example.org/ü", ""),
    "no host": ("https:///x", ""),
    "empty": ("", ""),
    "endless": ("https://example.org/" + "a" * 3000, ""),
}


@pytest.mark.parametrize(("given_url", "expected"), PUBLISHABLE.values(), ids=PUBLISHABLE)
def test_publishable(given_url: str, expected: str) -> None:
    assert publishable(given_url) == expected


REPOSITORIES = {
    "https": ("https://git.example/a.git", "https://git.example/a.git"),
    "with prefix": ("git+https://git.example/a", "https://git.example/a"),
    "ssh with user": ("ssh://git@git.example/a", "ssh://git.example/a"),
    "scp form": ("git@git.example:acme/a.git", "ssh://git.example/acme/a.git"),
    "token": ("https://ghp_secret@git.example/a", "https://git.example/a"),
    "local": ("../a", ""),
    "absolute": ("file:///srv/a", ""),
}


@pytest.mark.parametrize(("given_url", "expected"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_repository(given_url: str, expected: str) -> None:
    assert repository(given_url) == expected


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://h/", "https://u:p@h/"]))
def test_what_is_published_is_a_plain_web_address(text: str, start: str) -> None:
    found = publishable(start + text)
    assert found == "" or (re.fullmatch(r"https?://[!-~]+", found) and "@" not in found.split("/")[2])
