from __future__ import annotations

import json

import pytest

from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index.project_json import read_project
from ops.supply_chain.contracts.values.package_index import ProjectInfo

BROKEN = [
    pytest.param(b"", "answered with malformed JSON (Input data was truncated)", id="empty"),
    pytest.param(b"<html>", "answered with malformed JSON (JSON is malformed: invalid character (byte 0))", id="html"),
    pytest.param(b"{}", "answered with malformed JSON (Object missing required field `info`)", id="no-info"),
    pytest.param(
        b'{"info": {"name": 1, "version": "1"}}',
        "answered with malformed JSON (Expected `str`, got `int` - at `$.info.name`)",
        id="wrong-type",
    ),
    pytest.param(b'{"info": {"name": "other", "version": "1"}}', "answered for another project", id="another-project"),
]


@pytest.mark.parametrize(("body", "reason"), BROKEN)
def test_broken_documents(body: bytes, reason: str) -> None:
    with pytest.raises(Failed) as caught:
        read_project(body, "demo")
    assert caught.value.reason == reason


@pytest.mark.parametrize("author", [None, "", "UNKNOWN", " unknown "])
def test_what_is_not_known_is_empty(author: str | None) -> None:
    body = json.dumps({"info": {"name": "De.Mo", "version": "1", "author": author, "unheard_of": []}, "urls": []})
    assert read_project(body.encode(), "de-mo") == ProjectInfo(name="De.Mo", version="1")
