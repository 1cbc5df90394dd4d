from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.http.exchange import HttpResponse
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index.simple_page import read_listing
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing

PAGE = "https://index.example/simple/demo/"
DIGEST = "ab" * 32


def read(body: str | bytes, media_type: str = "text/html") -> ProjectListing:
    data = body.encode() if isinstance(body, str) else body
    return read_listing(HttpResponse(200, PAGE, {}, media_type, data), "demo")


def document(**changes: Any) -> dict[str, Any]:
    file = {
        "filename": "demo-1.0-py3-none-any.whl",
        "url": "../../files/demo-1.0-py3-none-any.whl",
        "hashes": {"sha256": DIGEST.upper()},
        "requires-python": ">=3.8",
        "size": 7,
        "upload-time": "2026-01-02T03:04:05.678901Z",
        "yanked": False,
        "core-metadata": {"sha256": DIGEST},
        "provenance": "https://index.example/provenance",
    }
    return {"meta": {"api-version": "1.1"}, "name": "Demo", "files": [{**file, **changes}]}


EXPECTED = IndexFile(
    filename="demo-1.0-py3-none-any.whl",
    url="https://index.example/files/demo-1.0-py3-none-any.whl",
    hashes=(f"sha256:{DIGEST}",),
    size=7,
    requires_python=">=3.8",
    upload_time="2026-01-02T03:04:05.678901Z",
    core_metadata=f"sha256:{DIGEST}",
    provenance="https://index.example/provenance",
)

HTML = f"""<!DOCTYPE html>
<html><head><meta name="pypi:repository-version" content="1.1"><title>Links for demo</title></head><body>
<a href="../../files/demo-1.0-py3-none-any.whl#sha256={DIGEST}" data-requires-python="&gt;=3.8"
   data-upload-time="2026-01-02T03:04:05.678901Z" data-core-metadata="sha256={DIGEST}"
   data-provenance="https://index.example/provenance">demo-1.0-py3-none-any.whl</a>
</body></html>
"""


def test_both_forms_say_the_same() -> None:
    from_json = read(json.dumps(document(size=None)))
    assert from_json == read(HTML)
    assert from_json.name == "demo"
    assert from_json.api_version == "1.1"
    assert from_json.status == "active"


def test_every_field_of_a_file() -> None:
    assert read(json.dumps(document())).files == (EXPECTED,)


def test_the_body_tells_the_form_and_not_its_label() -> None:
    assert read(HTML, "application/vnd.pypi.simple.v1+json") == read(HTML)
    assert read(json.dumps(document()), "text/html") == read(json.dumps(document()))


METADATA = [
    pytest.param({"core-metadata": True}, True, id="true"),
    pytest.param({"core-metadata": False}, False, id="false"),
    pytest.param({"core-metadata": None}, None, id="not-told"),
    pytest.param({"core-metadata": {"md5": "00"}}, True, id="another-hash"),
    pytest.param({"core-metadata": {}}, False, id="no-hash"),
    pytest.param({"core-metadata": None, "dist-info-metadata": True}, True, id="old-name"),
    pytest.param({"core-metadata": False, "dist-info-metadata": True}, False, id="new-name-counts"),
]


@pytest.mark.parametrize(("changes", "expected"), METADATA)
def test_announced_metadata_in_json(changes: dict[str, Any], expected: object) -> None:
    assert read(json.dumps(document(**changes))).files[0].core_metadata == expected


ANCHOR = "<a {attributes} href='https://h.example/demo-1.0.tar.gz'>x</a>"
HTML_FIELDS = [
    pytest.param("data-core-metadata=true", "core_metadata", True, id="metadata-true"),
    pytest.param("data-core-metadata", "core_metadata", True, id="metadata-without-value"),
    pytest.param("data-core-metadata='false'", "core_metadata", False, id="metadata-false"),
    pytest.param(f"data-dist-info-metadata='sha256={DIGEST}'", "core_metadata", f"sha256:{DIGEST}", id="old-name"),
    pytest.param(
        f"data-dist-info-metadata=true data-core-metadata=sha256={DIGEST}",
        "core_metadata",
        f"sha256:{DIGEST}",
        id="both",
    ),
    pytest.param("", "core_metadata", None, id="metadata-not-told"),
    pytest.param("data-yanked", "yanked", True, id="yanked-without-reason"),
    pytest.param("DATA-YANKED=''", "yanked", True, id="yanked-with-empty-reason"),
    pytest.param("data-yanked='a &lt;b&gt; &amp; c'", "yanked_reason", "a <b> & c", id="yanked-reason-unescaped"),
    pytest.param('data-requires-python=">=3.8"', "requires_python", ">=3.8", id="bare-greater-sign"),
    pytest.param("data-x='>' data-yanked='y'", "yanked_reason", "y", id="greater-sign-in-quotes"),
    pytest.param("href='https://first.example/demo-2.0.zip'", "filename", "demo-2.0.zip", id="first-attribute-counts"),
    pytest.param("", "yanked", False, id="not-yanked"),
]


@pytest.mark.parametrize(("attributes", "field", "expected"), HTML_FIELDS)
def test_attributes_of_an_anchor(attributes: str, field: str, expected: object) -> None:
    (file,) = read(f"<html>{ANCHOR.format(attributes=attributes)}</html>").files
    assert getattr(file, field) == expected


ADDRESSES = [
    pytest.param("demo-1.0.tar.gz", "https://index.example/simple/demo/demo-1.0.tar.gz", id="relative"),
    pytest.param("/p/demo-1.0.tar.gz", "https://index.example/p/demo-1.0.tar.gz", id="from-root"),
    pytest.param("//h.example/demo-1.0.tar.gz", "https://h.example/demo-1.0.tar.gz", id="other-host"),
    pytest.param("https://u:p@h.example/demo-1.0.tar.gz", "https://h.example/demo-1.0.tar.gz", id="account"),
    pytest.param("https://h.example/demo-1.0.tar.gz?t=1#md5=x", "https://h.example/demo-1.0.tar.gz?t=1", id="query"),
]


@pytest.mark.parametrize(("url", "expected"), ADDRESSES)
def test_file_addresses(url: str, expected: str) -> None:
    assert read(json.dumps(document(url=url))).files[0].url == expected
    assert read(f'<html><a href="{url}">x</a></html>').files[0].url == expected


def test_a_base_address_counts() -> None:
    page = '<html><base href="https://files.example/all/"><a href="demo-1.0.tar.gz">x</a></html>'
    assert read(page).files[0].url == "https://files.example/all/demo-1.0.tar.gz"


def test_what_is_no_file_is_left_out() -> None:
    page = "<html><a href='..'>up</a><!-- <a href='demo-0.9.tar.gz'> --><a href='demo-1.0.tar.gz'>x</a><a>y</a></html>"
    assert [file.filename for file in read(page).files] == ["demo-1.0.tar.gz"]


STATUSES = [
    pytest.param({"project-status": {"status": "quarantined", "reason": "why"}}, ("quarantined", "why"), id="status"),
    pytest.param({"project-status": {"state": "archived"}}, ("archived", ""), id="state"),
    pytest.param(
        {"meta": {"api-version": "1.4", "project-status": {"status": "deprecated"}}}, ("deprecated", ""), id="meta"
    ),
    pytest.param({}, ("active", ""), id="not-told"),
]


@pytest.mark.parametrize(("changes", "expected"), STATUSES)
def test_project_status_in_json(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    listing = read(json.dumps({**document(), **changes}))
    assert (listing.status, listing.status_reason) == expected


TOLD = [
    pytest.param(json.dumps(document()), False, id="json-1.1"),
    pytest.param(json.dumps({**document(), "meta": {"api-version": "1.4"}}), True, id="json-1.4"),
    pytest.param(json.dumps({**document(), "meta": {"api-version": "1.10"}}), True, id="json-1.10"),
    pytest.param(json.dumps({**document(), "project-status": {"status": "active"}}), True, id="json-with-status"),
    pytest.param("<html><title>Links for demo</title>", False, id="plain-html"),
    pytest.param(
        '<meta name="pypi:repository-version" content="1.0"><title>Links for demo</title>', False, id="html-1.0"
    ),
    pytest.param('<meta name="pypi:repository-version" content="1.4">', True, id="html-1.4"),
    pytest.param(
        '<meta name="pypi:project-status" content="active"><title>Links for demo', True, id="html-with-status"
    ),
]


@pytest.mark.parametrize(("body", "told"), TOLD)
def test_an_index_of_a_kind_that_never_tells_the_status_is_not_taken_to_say_active(body: str, *, told: bool) -> None:
    found = read(body)
    assert (found.status, found.status_told) == ("active", told)


def test_project_status_in_html() -> None:
    page = (
        "<html><meta name='pypi:repository-version' content='1.4'>"
        "<meta name='pypi:project-status' content='quarantined'>"
        "<meta name='pypi:project-status-reason' content='malware'></html>"
    )
    listing = read(page)
    assert (listing.status, listing.status_reason, listing.files) == ("quarantined", "malware", ())


BROKEN = [
    pytest.param("", "answered with neither JSON nor HTML", id="empty"),
    pytest.param("hello", "answered with neither JSON nor HTML", id="text"),
    pytest.param("[]", "answered with neither JSON nor HTML", id="list"),
    pytest.param("{", "answered with malformed JSON (Input data was truncated)", id="cut-json"),
    pytest.param("{}", "answered with malformed JSON (Object missing required field `meta`)", id="no-meta"),
    pytest.param(
        json.dumps({**document(), "meta": {"api-version": "2.0"}}),
        "answered in version '2.0' of the simple API, expected 1.x",
        id="version-2",
    ),
    pytest.param(json.dumps({**document(), "name": "other"}), "answered for another project", id="another-project"),
    pytest.param(json.dumps(document(filename="../x.whl")), "answered with an invalid file name", id="path-as-name"),
    pytest.param(json.dumps(document(filename="")), "answered with an invalid file name", id="empty-name"),
    pytest.param(json.dumps(document(filename="a\nb.whl")), "answered with an invalid file name", id="line-in-name"),
    pytest.param(json.dumps(document(url="https://[x/a.whl")), "answered with an invalid file address", id="address"),
    pytest.param(
        "<html><a href='demo-1.0.tar.gz'>x</a><a href='demo-2.", "answered with HTML that is cut", id="cut-tag"
    ),
    pytest.param("<html><a href='demo-1.0.tar.gz'>x</a><!-- <a", "answered with HTML that is cut", id="cut-comment"),
    pytest.param(
        "<html><meta name='pypi:repository-version' content='2.0'><a href='demo-1.0.tar.gz'>x</a></html>",
        "answered in version '2.0' of the simple API, expected 1.x",
        id="html-version-2",
    ),
    pytest.param(
        "<html><title>Sign in</title><form></form></html>",
        "answered with a page that is no project page of a package index",
        id="login-page",
    ),
    pytest.param(
        "<html><title>Links for</title><a href='/login'>Sign in</a></html>",
        "answered with a page that is no project page of a package index",
        id="login-link",
    ),
]


@pytest.mark.parametrize(("body", "reason"), BROKEN)
def test_broken_pages(body: str, reason: str) -> None:
    with pytest.raises(Failed) as caught:
        read(body)
    assert caught.value.reason == reason


def test_a_project_without_files_is_an_answer() -> None:
    assert read("<html><title>Links for demo</title></html>").files == ()
    assert read(json.dumps({**document(), "files": []})).files == ()


@pytest.mark.parametrize("unit", ['<a "', "<a '", "<!--", "<a =", "<a x=\"'", "<", "<a href=&&&&;", "<title>"])
def test_a_hostile_page_costs_no_more_than_its_size(unit: str) -> None:
    with pytest.raises(Failed):
        read("<html>" + unit * 200_000)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from([*HTML.split(), "<a", ">", '"', "'", "<!--", "-->", "=", "href", "&gt;"]), max_size=30))
def test_any_page_is_read_or_refused(words: list[str]) -> None:
    try:
        listing = read("<" + " ".join(words))
    except Failed:
        return
    assert all("/" not in file.filename for file in listing.files)
