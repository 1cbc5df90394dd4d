"""What is a requirements file, and what only ends in .txt."""

from __future__ import annotations

import pytest

from ops.supply_chain.dependencies.locks.readers.sniff import is_requirements_file
from tests.dependencies.locks.support import SHA

YES = {
    "pins": "foo==1\nbar == 2 # c\n",
    "ranges": "foo>=1\nbar\n",
    "include": "# c\n\n-r frozen.txt\n",
    "include, glued": "--requirement=frozen.txt\n",
    "address": "foo @ https://h.org/x.zip",
    "repository": "git+https://h.org/r@main#egg=foo\n",
    "distribution by URL": "https://h.org/foo-1.zip\n",
    "folder": "./foo\n",
    "hashed": f"foo==1 --hash={SHA}\n",
    "hashed and damaged": f"foo==1 --hash={SHA}\nbar==2 --hash={SHA}\nwhat is this\n",
    "hashed over lines and damaged": f"foo==1 \\\n  --hash={SHA}\n???\nbar==2 \\\n  --hash {SHA}\n",
}
NO = {
    "empty": "",
    "comments": "# foo==1\n",
    "words": "alpha\nbeta\n",
    "prose": "Install foo==1 first.\n",
    "prose with a hash": f"Pin your\nrequirements\n\nuse foo==1 --hash={SHA} as in this example of ours\nand then this and that\n",
    "robots": "User-agent: *\nDisallow: /\n",
    "robots alone": "Sitemap: https://h.org/x.zip\n",
    "addresses": "https://h.org/a\nhttps://h.org/b\n",
    "paths": "setup.py\nsrc/demo/__init__.py\nsrc/demo-1.0.tar.gz\n",
    "cmake": "cmake_minimum_required(VERSION 3.10)\n",
    "licence": "MIT License\n\nCopyright (c) 2020\n",
    "table": "a,b\n1,2\n",
    "assignments": "a = 1\nb=2\n",
    "mail": "foo@example.org\n",
    "binary": "foo==1\x00",
    "changes": "1.0\n===\n- fix\n",
}


@pytest.mark.parametrize("case", YES)
def test_a_requirements_file(case: str) -> None:
    assert is_requirements_file(YES[case].encode())


@pytest.mark.parametrize("case", NO)
def test_another_text(case: str) -> None:
    assert not is_requirements_file(NO[case].encode())


def test_huge_texts_end_soon() -> None:
    for text in (
        "a==" * 500_000,
        "a" * 2_000_000,
        "a/" * 500_000,
        " " * 2_000_000,
        "x\n" * 300_000,
        "--hash=sha" * 200_000,
    ):
        assert not is_requirements_file(text.encode())


def test_what_is_not_text() -> None:
    assert not is_requirements_file(b"\xff\xfefoo==1")
