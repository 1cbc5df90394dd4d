"""The statement: exactly in-toto v1 and SLSA v1, sorted, complete, and nothing about the machine."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.provenance import DigestSet, ProvenanceSource, Statement
from ops.supply_chain.contracts.files.record import FeedRef, Record, ToolRef
from ops.supply_chain.core.canonical import decode, encode
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.provenance import dependencies
from tests.release.builders import sha, statement_over

COMMIT = "0" * 40


def record(stage: str, *reads: tuple[str, str], **more: Any) -> Record:
    facts: dict[str, Any] = {
        "schema": "record/1",
        "stage": stage,
        "component": "N",
        "version": "V",
        "outcome": Outcome.PASS,
        "invocation": "urn:uuid:0",
        "started": "2026-11-20T00:00:00Z",
        "finished": "2026-11-20T00:00:01Z",
        "offline": False,
        "tools": (),
        "feeds": (),
        "options": {},
        "counts": {},
        "writes": (),
        "findings": (),
    }
    refs = tuple(FileRef(path=path, sha256=sha(text), size=len(text)) for path, text in reads)
    return Record(**{**facts, "reads": refs, **more})


def plain(value: object) -> Any:
    return json.loads(encode(value))


def test_the_shape_is_that_of_the_specifications() -> None:
    document = plain(statement_over({"b": sha("b"), "a": sha("a")}))
    assert document == {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [
            {"name": "a", "digest": {"sha256": sha("a")}},
            {"name": "b", "digest": {"sha256": sha("b")}},
        ],
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:sealwright:buildtype:release:v1",
                "externalParameters": {
                    "component": "N",
                    "version": "V",
                    "sourceDateEpoch": 0,
                    "sourceDateEpochFrom": "none",
                    "policyProfiles": ["base"],
                    "options": {},
                },
                "internalParameters": {"python": "3.11.7", "platform": "linux-x86_64"},
                "resolvedDependencies": [],
            },
            "runDetails": {
                "builder": {"id": "urn:sealwright:builder:workstation:v1", "version": {}},
                "metadata": {
                    "invocationId": "urn:uuid:0",
                    "startedOn": "2026-11-20T00:00:00Z",
                    "finishedOn": "2026-11-20T00:00:00Z",
                },
                "byproducts": [],
            },
        },
    }


def test_nothing_is_no_subject() -> None:
    with pytest.raises(InputError, match=r"^provenance: there is nothing to make a statement about$"):
        statement_over({})


def test_it_is_read_back_and_an_unknown_parameter_is_refused() -> None:
    statement = statement_over({"a": sha("a")})
    assert decode(encode(statement), Statement, where="x") == statement
    document = plain(statement)
    document["predicate"]["buildDefinition"]["externalParameters"]["more"] = 1
    with pytest.raises(InputError) as caught:
        decode(json.dumps(document).encode(), Statement, where="x")
    assert caught.value.message == (
        "x: Object contains unknown field `more` - at `$.predicate.buildDefinition.externalParameters`"
    )


def test_other_peoples_parser_reads_it() -> None:
    pytest.importorskip("in_toto_attestation", reason="needs in-toto-attestation")
    json_format = importlib.import_module("google.protobuf.json_format")
    statement_pb2 = importlib.import_module("in_toto_attestation.v1.statement_pb2")
    provenance_pb2 = importlib.import_module("in_toto_attestation.predicates.provenance.v1.provenance_pb2")
    document = plain(statement_over({"a": sha("a")}))
    document["predicate"]["buildDefinition"]["resolvedDependencies"] = [plain(one) for one in every_kind()]
    found = json_format.ParseDict(document, statement_pb2.Statement())
    assert [(one.name, dict(one.digest)) for one in found.subject] == [("a", {"sha256": sha("a")})]
    predicate = json_format.ParseDict(document["predicate"], provenance_pb2.Provenance())
    assert len(predicate.build_definition.resolved_dependencies) == len(every_kind())


def every_kind() -> list[Any]:
    records = [record("s", ("project:a.txt", "a"), feeds=(FeedRef(name="f", version="1", sha256=sha("f")),))]
    source = ProvenanceSource(uri="git+https://h/r@" + COMMIT, digest=DigestSet(git_commit=COMMIT))
    return [
        dependencies.source_dependency(source, dirty=True, folder="sub"),
        *dependencies.project_files(records),
        *dependencies.feeds(records),
        *dependencies.tools([ToolRef(name="uv", version="0.13.8")]),
        dependencies.previous_release(name="p", version="U", sha256=sha("p")),
        *dependencies.byproducts([(records[0], sha("r"))], sha("v"), (record("policy"), sha("p"))),
    ]


def test_every_descriptor() -> None:
    assert [plain(one) for one in every_kind()] == [
        {
            "uri": f"git+https://h/r@{COMMIT}",
            "digest": {"gitCommit": COMMIT},
            "annotations": {"role": "source", "dirty": True, "folder": "sub"},
        },
        {"name": "a.txt", "digest": {"sha256": sha("a")}, "annotations": {"role": "project-file"}},
        {"name": "f", "digest": {"sha256": sha("f")}, "annotations": {"role": "feed", "version": "1"}},
        {"name": "uv", "uri": "pkg:pypi/uv@0.13.8", "annotations": {"role": "tool", "version": "0.13.8"}},
        {
            "name": "p",
            "digest": {"sha256": sha("p")},
            "annotations": {"role": "previous-release", "version": "U"},
        },
        {
            "name": "record/s",
            "mediaType": "application/json",
            "digest": {"sha256": sha("r")},
            "annotations": {"role": "record", "outcome": "pass"},
        },
        {
            "name": "verdict",
            "mediaType": "application/json",
            "digest": {"sha256": sha("v")},
            "annotations": {"role": "verdict"},
        },
        {
            "name": "record/policy",
            "mediaType": "application/json",
            "digest": {"sha256": sha("p")},
            "annotations": {"role": "policy-record", "outcome": "pass"},
        },
    ]


def test_a_file_that_two_stages_read_is_there_once() -> None:
    records = [
        record("one", ("project:b", "b"), ("dist:x", "x")),
        record("two", ("project:b", "b"), ("project:a", "a")),
    ]
    assert [one.name for one in dependencies.project_files(records)] == ["a", "b"]


def test_a_file_that_changed_between_two_stages_is_refused() -> None:
    with pytest.raises(InputError, match=r"^b: changed between one and two$"):
        dependencies.project_files([record("one", ("project:b", "b")), record("two", ("project:b", "c"))])


@pytest.mark.parametrize(
    ("tool", "uri"),
    [
        (ToolRef(name="git", version="2.39.5"), "pkg:generic/git@2.39.5"),
        (ToolRef(name="Python", version="3.14.0+"), "pkg:generic/python@3.14.0%2B"),
        (ToolRef(name="CycloneDX_Lib", version="1!1.0+l"), "pkg:pypi/cyclonedx-lib@1%211.0%2Bl"),
    ],
)
def test_the_address_of_a_tool(tool: ToolRef, uri: str) -> None:
    [found] = dependencies.tools([tool, tool])
    assert found.uri == uri


def test_a_feed_without_a_digest_proves_nothing_and_is_left_out() -> None:
    one = FeedRef(name="https://u:p@index.example/simple", version="", sha256=sha("f"))
    found = dependencies.feeds([record("s", feeds=(one, FeedRef(name="f", version="1")))])
    assert [feed.name for feed in found] == ["https://index.example/simple"]
