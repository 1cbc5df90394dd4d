"""Which release the files are, as a package URL."""

from __future__ import annotations

import pytest

from ops.supply_chain.trust.attestations.released import release_predicate

CASES = {
    "no distribution": ((), "pkg:generic/My%20N@v1.0%2B2"),
    "wheel and sdist": (("my_pkg-1.0-py3-none-any.whl", "my_pkg-1.0.tar.gz"), "pkg:pypi/my-pkg@1.0"),
    "an sdist with a hyphen in its name": (("my-pkg-1.0.tar.gz",), "pkg:pypi/my-pkg@1.0"),
    "a local version": (("a-1.0+x-py3-none-any.whl",), "pkg:pypi/a@1.0%2Bx"),
    "two packages": (("a-1.0.tar.gz", "b-1.0.tar.gz"), "pkg:generic/My%20N@v1.0%2B2"),
    "two versions": (("a-1.0.tar.gz", "a-2.0.tar.gz"), "pkg:generic/My%20N@v1.0%2B2"),
    "another form": (("whatever.whl",), "pkg:generic/My%20N@v1.0%2B2"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_package_url(name: str) -> None:
    distributions, expected = CASES[name]
    assert release_predicate("My N", "v1.0+2", distributions) == {"purl": expected}
