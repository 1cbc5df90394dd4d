"""The product's loopback service: held against the tests' own, which shares no code with it, and against nonsense."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ops.supply_chain.adapters.osv.loopback import MOST_QUESTION_BYTES, PATH, answer, serve
from tests.fakes.advisories import affected, record
from tests.fakes.osv import serve_snapshot

RECORDS = {
    "foo-bar": [
        json.dumps(record("A-1", affected("Foo.Bar", "introduced 0, fixed 2.0", "introduced 3, last_affected 3.5"))),
        json.dumps(record("A-2", affected("foo_bar", versions=("1.0", "weird")))),
        json.dumps(record("A-3", affected("foo-bar", "introduced 0, limit 1.5"))),
        json.dumps(
            record("A-4", affected("foo-bar", "introduced 0", ecosystem="npm"), affected("other", "introduced 0"))
        ),
        json.dumps(record("A-5", affected("foo-bar", "GIT introduced 0"))),
        json.dumps(record("A-6", affected("foo-bar", "introduced 0, last_affected 9.0-NA"))),
    ]
}
DOCUMENTS = {name: [text.encode() for text in texts] for name, texts in RECORDS.items()}


def query(name: Any, version: Any) -> bytes:
    return json.dumps({"package": {"name": name, "ecosystem": "PyPI"}, "version": version}).encode()


def named(body: bytes | None) -> list[str]:
    assert body is not None
    return [one["id"] for one in json.loads(body).get("vulns", [])]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.0.0", ["A-1", "A-2", "A-3"]),
        ("1.4", ["A-1", "A-3"]),
        ("1.5", ["A-1"]),
        ("2.0", []),
        ("2.0rc1", ["A-1"]),
        ("3.5", ["A-1"]),
        ("3.5.post1", []),
        ("1!0", []),
        ("weird", ["A-1", "A-2", "A-3"]),
    ],
)
def test_which_records_affect_a_version(version: str, names: list[str]) -> None:
    assert named(answer(query("Foo_Bar", version), DOCUMENTS)) == names


def test_a_package_without_records() -> None:
    assert answer(query("baz", "1"), DOCUMENTS) == b"{}"


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'"x"', query("foo", None), query(1, "1")])
def test_nonsense_is_no_question(text: bytes) -> None:
    assert answer(text, DOCUMENTS) is None


@pytest.mark.whole
def test_it_answers_as_the_tests_own_service_does(shared_data: Path) -> None:
    theirs = serve_snapshot(shared_data / "advisories" / "osv-pypi.zip")
    for package in ("django", "torch", "jinja2", "scrapy", "urllib3", "ansible"):
        mine = {package: [theirs.documents[name] for name in theirs._by_package[package]]}
        listed = {
            v
            for name in theirs._by_package[package]
            for one in theirs.records[name]["affected"]
            for v in one.get("versions") or ()
        }
        for version in sorted(listed)[::7]:
            live = [
                name
                for name in named(answer(query(package, version), mine))
                if not theirs.records[name].get("withdrawn")
            ]
            assert live == theirs.matches(package, version), (package, version)


def test_it_serves_on_loopback_until_the_block_ends() -> None:
    with serve(DOCUMENTS) as url:
        parts = urlsplit(url)
        assert (parts.hostname, parts.path) == ("127.0.0.1", PATH)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=5)
        for _ in range(2):
            connection.request("POST", PATH, query("foo-bar", "1.4"))
            assert named(connection.getresponse().read()) == ["A-1", "A-3"]
        connection.request("POST", "/v1/querybatch", b"{}")
        assert connection.getresponse().status == 400
    with pytest.raises(OSError, match=r".*"):
        http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=5).request("POST", PATH, b"{}")


@pytest.mark.parametrize("length", ["", "x", "-1", str(MOST_QUESTION_BYTES + 1)])
def test_a_question_of_no_or_too_great_length_is_not_read(length: str) -> None:
    with serve(DOCUMENTS) as url:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port or 0, timeout=5)
        connection.putrequest("POST", PATH)
        if length:
            connection.putheader("Content-Length", length)
        connection.endheaders()
        assert connection.getresponse().status == 400
