"""Which files, repositories and tags can be published."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.core.errors import InputError, UsageError
from ops.supply_chain.release.publication.names import (
    MOST_BYTES,
    repository_of,
    require_publishable,
    require_repository,
    require_tag,
)

REMOTES = {
    "https://github.com/acme/widget": "acme/widget",
    "https://github.com/acme/widget.git": "acme/widget",
    "https://github.com/acme/widget.git/": "acme/widget",
    "https://GitHub.com:443/acme/widget": "acme/widget",
    "git@github.com:acme/widget.git": "acme/widget",
    "github.com:acme/widget": "acme/widget",
    "ssh://git@github.com/acme/widget.git": "acme/widget",
    "git://github.com/acme/widget.git": "acme/widget",
    "": "",
    "https://github.com.evil.example/acme/widget": "",
    "https://evil.example/github.com/acme/widget": "",
    "https://github.com@evil.example/acme/widget": "",
    "git@evil.example:acme/widget": "",
    "https://github.com/acme": "",
    "https://github.com/acme/widget/more": "",
    "https://github.com/acme/..": "",
    "https://github.com/acme/widget?x=y": "",
    "/srv/git/acme/widget.git": "",
    "file:///acme/widget": "",
}


@pytest.mark.parametrize(("remote", "expected"), [pytest.param(*row, id=row[0]) for row in REMOTES.items()])
def test_the_repository_of_a_remote(remote: str, expected: str) -> None:
    assert repository_of(remote, "github.com") == expected


@pytest.mark.parametrize(
    "text", ["", "a", "a/", "/a", "a/b/c", "a/..", "a/.", "-a/b", "a b/c", "a/b\n", "a/b?c", "ä/b"]
)
def test_what_is_no_repository(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_repository(text)
    assert caught.value.message == f"{text!r} is not the name of a repository"


@pytest.mark.parametrize("tag", ["v1.0", "1.0+local", "releases/1.0", "a_b", "1", "cli==0.4.30"])
def test_what_is_a_tag(tag: str) -> None:
    assert require_tag(tag) == tag


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "-1",
        ".1",
        "a..b",
        "a//b",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "a/",
        "a.",
        "a b",
        "a\nb",
        "a\n",
        "a~1",
        "a^",
        "a:b",
        "@",
    ],
)
def test_what_is_no_tag(tag: str) -> None:
    with pytest.raises(UsageError):
        require_tag(tag)


def one(name: str, size: int = 1) -> LocalFile:
    return LocalFile(name=name, sha256="0" * 64, size=size)


BROKEN = {
    "none": ([], "out: there is no release"),
    "too many": ([one(f"f{n}") for n in range(1001)], "out: 1001 files, and a release can have 1000 at most"),
    "empty": ([one("x", 0)], "out/x: is empty, and GitHub takes no empty asset"),
    "too large": (
        [one("x", MOST_BYTES + 1)],
        f"out/x: has {MOST_BYTES + 1} bytes, and an asset can have {MOST_BYTES} at most",
    ),
    "a space": ([one("a b")], "out/a b: cannot be published under this name: letters, digits and . _ + - only"),
    "a trailing dot": ([one("a.")], "out/a.: cannot be published under this name: letters, digits and . _ + - only"),
    "two dots": ([one("a..b")], "out/a..b: cannot be published under this name: letters, digits and . _ + - only"),
    "case only": ([one("A"), one("a")], "out/a: there is another file whose name differs in case only"),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_published(case: tuple[list[LocalFile], str]) -> None:
    with pytest.raises(InputError) as caught:
        require_publishable(case[0], where="out")
    assert caught.value.message == case[1]
