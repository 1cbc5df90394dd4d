from __future__ import annotations

import email

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.core_metadata import MAX_HEADER_BYTES, parse

FULL = b"""\
Metadata-Version: 2.4
Name: Demo_Package
Version: 1.0
Summary: One line
Author: A. Author
Author-email: "A. Author" <a@example.org>
Maintainer: UNKNOWN
Maintainer-email: m@example.org
Home-page: https://example.org
License-Expression: MIT OR Apache-2.0
License-File: LICENSE
Classifier: Programming Language :: Python
Classifier: License :: OSI Approved :: MIT License
Project-URL: Source, https://example.org/src?a=1,2
Project-URL: Docs , https://example.org/docs
Project-URL: https://no-label.example.org
Requires-Python: >=3.11
Requires-Dist: idna<4,>=2.5
Requires-Dist: chardet; extra == "x"
Provides-Extra: x
Dynamic: License-File

Name: not a field any more
"""


def read(data: bytes, *, source_distribution: bool = False) -> CoreMetadata:
    return parse(data, where="METADATA", source_distribution=source_distribution)


def test_reads_every_field() -> None:
    assert read(FULL) == CoreMetadata(
        metadata_version="2.4",
        name="Demo_Package",
        version="1.0",
        summary="One line",
        author="A. Author",
        author_email='"A. Author" <a@example.org>',
        maintainer="",
        maintainer_email="m@example.org",
        home_page="https://example.org",
        licence_expression="MIT OR Apache-2.0",
        classifiers=("Programming Language :: Python", "License :: OSI Approved :: MIT License"),
        project_urls=(
            ("Source", "https://example.org/src?a=1,2"),
            ("Docs", "https://example.org/docs"),
            ("", "https://no-label.example.org"),
        ),
        requires_dist=("idna<4,>=2.5", 'chardet; extra == "x"'),
        requires_python=">=3.11",
        provides_extra=("x",),
        dynamic=("license-file",),
    )


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_every_line_end_gives_the_same(line_end: bytes) -> None:
    assert read(FULL.replace(b"\n", line_end)) == read(FULL)


MINIMAL = b"Metadata-Version: 2.1\nName: a\nVersion: 1\n"

SINGLE = [
    pytest.param(MINIMAL + b"Author: UNKNOWN\n", "author", "", id="unknown-is-empty"),
    pytest.param(MINIMAL + b"Author: unknown\n", "author", "", id="unknown-in-lower-case"),
    pytest.param(MINIMAL + b"Author: one\nAuthor: two\n", "author", "", id="twice-is-empty"),
    pytest.param(MINIMAL + b"AUTHOR:one\n", "author", "one", id="any-case-no-blank"),
    pytest.param(MINIMAL + b"Author: \xc3\xa9\n", "author", "é", id="utf-8"),
    pytest.param(MINIMAL + b"Author: \xe9\n", "author", "�", id="latin-1-is-replaced"),
    pytest.param(
        MINIMAL + b"License: MIT\n        second\n       |third\n", "licence", "MIT\nsecond\nthird", id="folded"
    ),
    pytest.param(MINIMAL + b"junk without colon\nAuthor: x\n", "author", "", id="junk-ends-the-fields"),
    pytest.param(MINIMAL + b"Unheard-Of: y\nAuthor: x\n", "author", "x", id="unknown-field"),
    pytest.param(b"\xef\xbb\xbf" + MINIMAL, "name", "a", id="byte-order-mark"),
    pytest.param(b"Name: a\nVersion: 1\n", "metadata_version", "", id="no-metadata-version"),
    pytest.param(MINIMAL.replace(b"2.1", b"2.6"), "metadata_version", "2.6", id="newer-minor"),
    pytest.param(MINIMAL.replace(b"2.1", b"2.99"), "metadata_version", "2.99", id="unheard-of-minor"),
    pytest.param(MINIMAL + b"\n" + b"x" * (3 * MAX_HEADER_BYTES), "name", "a", id="long-description"),
]


@pytest.mark.parametrize(("data", "field", "expected"), SINGLE)
def test_single_fields(data: bytes, field: str, expected: str) -> None:
    assert getattr(read(data), field) == expected


BROKEN = [
    pytest.param(b"", "METADATA: expected one Name field, found 0", id="empty"),
    pytest.param(b"Name: a\n", "METADATA: expected one Version field, found 0", id="no-version"),
    pytest.param(MINIMAL + b"Name: b\n", "METADATA: expected one Name field, found 2", id="two-names"),
    pytest.param(b"Name:\nVersion: 1\n", "METADATA: expected one Name field, found 1", id="empty-name"),
    pytest.param(b"\n" + MINIMAL, "METADATA: expected one Name field, found 0", id="blank-line-first"),
    pytest.param(
        MINIMAL.replace(b"2.1", b"3.0"), "METADATA: Metadata-Version is '3.0', expected 1.x or 2.x", id="major-3"
    ),
    pytest.param(
        b"Name: a\n" + b"x" * MAX_HEADER_BYTES, f"METADATA: more than {MAX_HEADER_BYTES} bytes of fields", id="huge"
    ),
]


@pytest.mark.parametrize(("data", "message"), BROKEN)
def test_broken(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.message == message


REQUIREMENTS = [
    pytest.param("2.1", "", True, False, id="sdist-before-2.2"),
    pytest.param("2.2", "", True, True, id="sdist-2.2"),
    pytest.param("2.10", "", True, True, id="sdist-2.10-is-after-2.2"),
    pytest.param("2.2", "Dynamic: Requires-Dist\n", True, False, id="sdist-dynamic"),
    pytest.param("2.2", "Dynamic: REQUIRES-DIST\n", True, False, id="sdist-dynamic-any-case"),
    pytest.param("1.2", "", True, False, id="sdist-1.2"),
    pytest.param("", "", True, False, id="sdist-no-version"),
    pytest.param("2.1", "", False, True, id="wheel"),
    pytest.param("2.2", "Dynamic: Requires-Dist\n", False, True, id="wheel-dynamic"),
]


@pytest.mark.parametrize(("version", "extra", "source_distribution", "known"), REQUIREMENTS)
def test_whether_requirements_are_known(version: str, extra: str, source_distribution: bool, known: bool) -> None:
    data = f"Metadata-Version: {version}\nName: a\nVersion: 1\n{extra}".encode()
    assert read(data, source_distribution=source_distribution).requires_known is known


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from([*FULL.splitlines(), b" folded", b"\tfolded", b"junk", b"", b"x y: z", b":"]), max_size=12)
)
def test_sees_the_fields_that_the_reference_parser_sees(lines: list[bytes]) -> None:
    data = MINIMAL + b"\n".join(lines)
    reference = email.message_from_bytes(data)
    requires = tuple(" ".join(one.split()) for one in reference.get_all("requires-dist", []))
    try:
        found = read(data)
    except InputError:
        assert len(reference.get_all("name", [])) != 1 or len(reference.get_all("version", [])) != 1
    else:
        assert tuple(" ".join(one.split()) for one in found.requires_dist) == requires
        assert len(found.classifiers) == len(reference.get_all("classifier", []))


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_hostile_bytes_give_metadata_or_an_input_error(data: bytes, prefixed: bool) -> None:
    whole = MINIMAL + data if prefixed else data
    try:
        found = read(whole)
    except InputError as error:
        assert error.message.startswith("METADATA: ")  # noqa: PT017
    else:
        assert found.name
        assert found.version
