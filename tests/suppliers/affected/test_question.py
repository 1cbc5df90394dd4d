"""Questions as people type them."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.contracts.values.registry import PackageName
from ops.supply_chain.suppliers.affected.question import (
    LONGEST,
    Question,
    QuestionError,
    QuestionKind,
    looks_like_path,
    read_question,
)

PYPI_FOO = PackageName("pypi", "", "foo-bar")
PACKAGES = {
    "Foo_Bar<2": (PYPI_FOO, "<2", ""),
    "foo.bar >=1, <2": (PYPI_FOO, ">=1,<2", ""),
    "foo-bar[extra] (<2)": (PYPI_FOO, "<2", ""),
    "foo-bar@1.0": (PYPI_FOO, "==1.0", ""),
    "foo-bar~=1.4": (PYPI_FOO, "~=1.4", ""),
    "foo-bar==1.*": (PYPI_FOO, "==1.*", ""),
    "foo-bar===whatever": (PYPI_FOO, "===whatever", ""),
    "PyPI:foo-bar<1!2": (PYPI_FOO, "<1!2", ""),
    "npm:left-pad<1.3": (PackageName("npm", "", "left-pad"), "<1.3", ""),
    "npm:@babel/core@7.0.0": (PackageName("npm", "@babel", "core"), "=7.0.0", ""),
    "npm:@babel/core": (PackageName("npm", "@babel", "core"), "", ""),
    "maven:org.apache.logging.log4j:log4j-core<2.17": (
        PackageName("maven", "org.apache.logging.log4j", "log4j-core"), "<2.17", "",
    ),
    "maven:g/a<2": (PackageName("maven", "g", "a"), "<2", ""),
    "go:github.com/foo/bar/v2<v2.3.0": (PackageName("golang", "github.com/foo/bar", "v2"), "<v2.3.0", ""),
    "rust:time<0.2": (PackageName("cargo", "", "time"), "<0.2", ""),
    "crates.io:time<0.2": (PackageName("cargo", "", "time"), "<0.2", ""),
    "nuget:Newtonsoft.Json<13": (PackageName("nuget", "", "newtonsoft.json"), "<13", ""),
    "debian:openssl<3.0.11-1~deb12u2": (PackageName("deb", "debian", "openssl"), "<3.0.11-1~deb12u2", ""),
    "Debian:12:openssl<3.0.11-1": (PackageName("deb", "debian", "openssl"), "<3.0.11-1", "debian-12"),
    "Alpine:v3.20:openssl<3.3": (PackageName("apk", "alpine", "openssl"), "<3.3", "alpine-3.20"),
    "pkg:npm/left-pad": (PackageName("npm", "", "left-pad"), "", ""),
    "pkg:npm/left-pad@1.3.0": (PackageName("npm", "", "left-pad"), "==1.3.0", ""),
    "PKG:npm/left-pad@1.3.0": (PackageName("npm", "", "left-pad"), "==1.3.0", ""),
    "pkg:npm/left-pad<1.3": (PackageName("npm", "", "left-pad"), "<1.3", ""),
    "pkg:npm/left-pad@vers:npm/>=1.0|<1.3": (PackageName("npm", "", "left-pad"), "vers:npm/>=1.0|<1.3", ""),
    "pkg:npm/left-pad?vers=vers:npm%2F%3C1.3": (PackageName("npm", "", "left-pad"), "vers:npm/<1.3", ""),
    "pkg:npm/left-pad vers:npm/<1.3": (PackageName("npm", "", "left-pad"), "vers:npm/<1.3", ""),
    "pkg:deb/debian/openssl@1%3A3.0?distro=debian-12": (
        PackageName("deb", "debian", "openssl"), "==1:3.0", "debian-12",
    ),
    "pkg:rpm/fedora/curl@7.50.3-1?epoch=1": (PackageName("rpm", "fedora", "curl"), "==1:7.50.3-1", ""),
    "pkg:conan/zlib@1.2": (PackageName("conan", "", "zlib"), "==1.2", ""),
}  # fmt: skip


@pytest.mark.parametrize("text", PACKAGES)
def test_a_package_with_versions(text: str) -> None:
    question = read_question(text)
    assert question.kind is QuestionKind.PACKAGE
    assert (question.package, str(question.versions), question.release) == PACKAGES[text]


IDS = {
    "CVE-2026-12345": "CVE-2026-12345",
    " cve-2026-12345 ": "CVE-2026-12345",
    "GHSA-2XPW-w6gg-jr37": "GHSA-2xpw-w6gg-jr37",
    "PYSEC-2021-108": "PYSEC-2021-108",
    "MAL-2025-1": "MAL-2025-1",
    "RUSTSEC-2024-0001": "RUSTSEC-2024-0001",
    "GO-2024-1234": "GO-2024-1234",
    "USN-6663-1": "USN-6663-1",
    "RHSA-2024:1234": "RHSA-2024:1234",
    "MAL-1": "MAL-1",
    "mal-2025-1": "MAL-2025-1",
    "ALPINE-CVE-2024-1": "ALPINE-CVE-2024-1",
    "SNYK-PYTHON-URLLIB3-174323": "SNYK-PYTHON-URLLIB3-174323",
    "XYZ-1": "XYZ-1",
}


@pytest.mark.parametrize("text", IDS)
def test_an_identifier_in_any_case(text: str) -> None:
    assert read_question(text).ids == (IDS[text],)


DIGESTS = {
    f"sha256:{'AB' * 32}": ("ab" * 32, "sha-256"),
    f"SHA-256:{'ab' * 32}": ("ab" * 32, "sha-256"),
    f"sha256={'ab' * 32}": ("ab" * 32, "sha-256"),
    f"md5:{'ab' * 16}": ("ab" * 16, "md5"),
    f"sha3-256:{'ab' * 32}": ("ab" * 32, "sha3-256"),
    "ab" * 32: ("ab" * 32, ""),
    f"sha512-{'A' * 86}==": ("00" * 64, "sha-512"),
}


@pytest.mark.parametrize("text", DIGESTS)
def test_a_digest_in_the_forms_of_locks_and_documents(text: str) -> None:
    question = read_question(text)
    assert question.kind is QuestionKind.DIGEST
    assert (question.digest, question.algorithm) == DIGESTS[text]


WRONG = [
    "", " ", "CVE 2026", "CVE-2026", "GHSA-1", "foo<", "foo<abc", "foo==1.x", "foo~=1", "foo<1;python_version<'3'",
    "npm:a<foo", "npm:a@^1", "npm:a~=1.0", "npm:", "deb:openssl", "foo:bar<1", "http://x/y", "vers:npm/<1", "pkg:", "pkg:npm",
    "foo bar", "foo<1 <2", "a\x00b", "a\x1b[31m", "x" * (LONGEST + 1), "é<1",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_question_says_what_was_expected(text: str) -> None:
    with pytest.raises(QuestionError) as caught:
        read_question(text)
    assert str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["urllib3", "go-2captcha", "mini-racer2", "py-1", "left-pad", "Flask-2"])
def test_a_name_is_no_identifier(text: str) -> None:
    assert read_question(text).kind is QuestionKind.PACKAGE


def test_a_path_is_written_as_one() -> None:
    assert all(map(looks_like_path, ("./x", "/srv", "~/x", "../x", r"C:\x")))
    assert not any(map(looks_like_path, ("requests", "npm:a/b", "pkg:npm/a")))


def test_no_text_raises_anything_else() -> None:
    chance = random.Random(20261129)  # noqa: S311 - drawn texts, the same each time
    pieces = [
        "pkg:",
        "npm",
        "/",
        "@",
        "<",
        ">=",
        "1.0",
        "vers:",
        "|",
        ",",
        "CVE-",
        "2026-1",
        "sha256:",
        "ab",
        " ",
        "%40",
        "?",
        "#",
        "é",
        ":",
        "debian",
        "*",
        "!",
        "~",
    ]
    for _ in range(3_000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 7)))
        try:
            assert isinstance(read_question(text), Question)
        except QuestionError:
            continue
