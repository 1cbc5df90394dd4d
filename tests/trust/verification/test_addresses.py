"""Two addresses of one repository are told to be one, and no two repositories ever are."""

from __future__ import annotations

import pytest

from ops.supply_chain.trust.identities.run import repository_of

SAME = (
    "https://github.com/acme/small",
    "https://github.com/ACME/Small.git",
    "https://github.com/acme/small/",
    "git+https://github.com/acme/small.git@v1.0",
    "git+ssh://git@github.com/acme/small",
    "https://user:p@ss@github.com/acme/small",
    "git@github.com:acme/small.git",
    "github.com:acme/small",
    "git@github.com:/acme/small@v1.0",
    " github.com/acme/small ",
)
OTHERS = (
    "git@evil.example:acme/small.git",
    "git@github.com:evil/small.git",
    "https://evil@x@github.com.example/acme/small",
    "https://evil.example/@github.com/acme/small",
    "https://evil.example/github.com/acme/small",
    "https://github.com/acme/small-evil",
    "git@",
    "git",
    "",
)


@pytest.mark.parametrize("uri", SAME)
def test_one_repository_has_one_address(uri: str) -> None:
    assert repository_of(uri) == "github.com/acme/small"


def test_no_two_repositories_have_the_same() -> None:
    found = [repository_of(uri) for uri in OTHERS[:6]]
    assert len(set(found)) == len(found)
    assert not {*found, *map(repository_of, OTHERS)} & {"github.com/acme/small"}
    assert not set(found) & {"git", ""}
