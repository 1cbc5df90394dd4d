"""A release and a second run of it: equal except for the run, and any single change is named."""

from __future__ import annotations

import gzip
import random
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.contracts.files.build_report import NO_DIFFOSCOPE, OTHER_JOB, SAME_CONDITIONS
from ops.supply_chain.contracts.files.reproduction import ComparedFile, FileResult
from ops.supply_chain.contracts.values.build_property import OTHER_REPORT
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.reproduction.json_fields import differing_fields
from ops.supply_chain.release.reproduction.run_fields import sort_fields
from tests.fakes.distributions import make_zip, sdist, sdist_files, special, wheel, wheel_entries, wheel_files
from tests.release.reproduction.worlds import (
    CHECKSUMS,
    EVIDENCE,
    GATE,
    PROVENANCE,
    SBOM,
    SDIST,
    WHEEL,
    changed_json,
    changed_tar,
    compare,
    named,
    rebuilt,
    released,
)

Files = dict[str, bytes]
TOP = "N-V-evidence/"
LOCK = f"{TOP}project/functions/a/requirements.txt"


def rows(file: ComparedFile) -> list[tuple[str, str]]:
    return [(field.member, field.field) for field in file.differences]


def test_two_runs_of_one_release_are_the_same_except_for_what_describes_the_run() -> None:
    found = compare(released(), rebuilt())
    assert named(found, FileResult.OF_ITS_RUN) == [CHECKSUMS, GATE, PROVENANCE]
    assert named(found, FileResult.IDENTICAL) == sorted({*released()} - {CHECKSUMS, GATE, PROVENANCE})
    assert "records[].finished" in "".join(found[GATE].run_fields)
    assert {path.rpartition(".")[2] for path in found[PROVENANCE].run_fields} == {"sha256"} | {
        path.rpartition(".")[2] for path in found[PROVENANCE].run_fields if ".metadata." in path
    }


def test_the_same_bytes_are_identical_whatever_they_describe() -> None:
    assert {file.result for file in compare(released(), released()).values()} == {FileResult.IDENTICAL}


def _json(name: str, change: Callable[[Any], None]) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        files[name] = changed_json(files[name], change)

    return edit


def _tar(name: str, change: Callable[[Files], None], **header: Any) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        files[name] = changed_tar(files[name], change, **header)

    return edit


def _put(name: str, data: bytes) -> Callable[[Files], None]:
    return lambda files: files.__setitem__(name, data)


def _without(name: str) -> Callable[[Files], None]:
    def remove(files: Files) -> None:
        del files[name]

    return remove


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def _add(name: str) -> Callable[[Files], None]:
    return _put(name, b"x")


PREDICATE = ("predicate", "buildDefinition")
CASES: dict[str, tuple[Callable[[Files], None], str, tuple[str, str]]] = {
    "a field of an SBOM": (_json(SBOM, _set("of", to="other")), SBOM, ("", "$.of")),
    "a byte of an SBOM": (_put(SBOM, released()[SBOM] + b" "), SBOM, ("", "content")),
    "a new field of an SBOM": (_json(SBOM, _set("more", to=[1])), SBOM, ("", "$.more")),
    "an SBOM that is none": (_put(SBOM, b"\0\1"), SBOM, ("", "content")),
    "a pin in a lock": (
        _tar(EVIDENCE, lambda files: files.__setitem__(LOCK, files[LOCK].replace(b"1.0", b"1.1"))),
        EVIDENCE,
        (LOCK, "line 1"),
    ),
    "a field of an SBOM in the evidence": (
        _tar(
            EVIDENCE,
            lambda files: files.__setitem__(f"{TOP}sbom/locks/functions/a/requirements.txt.cdx.json", b'{"of": 2}\n'),
        ),
        EVIDENCE,
        (f"{TOP}sbom/locks/functions/a/requirements.txt.cdx.json", "$.of"),
    ),
    "a file added to the evidence": (_tar(EVIDENCE, _add(f"{TOP}more")), EVIDENCE, (f"{TOP}more", "member")),
    "a file removed from the evidence": (_tar(EVIDENCE, _without(LOCK)), EVIDENCE, (LOCK, "member")),
    "another time in the evidence": (_tar(EVIDENCE, lambda files: None, mtime=7), EVIDENCE, (LOCK, "mtime")),
    "another owner in the evidence": (_tar(EVIDENCE, lambda files: None, uid=7), EVIDENCE, (LOCK, "owner")),
    "a device in an sdist": (
        _put(SDIST, sdist(more=[special("demo-1.0/null", kind=tarfile.CHRTYPE)])),
        SDIST,
        ("", "archive"),
    ),
    "an evidence archive that is cut off": (_put(EVIDENCE, released()[EVIDENCE][:-9]), EVIDENCE, ("", "archive")),
    "the contents of a wheel": (
        _put(WHEEL, wheel(wheel_files(**{"demo/cli.py": "def main():\n    return 1\n"}))),
        WHEEL,
        ("demo/cli.py", "line 2"),
    ),
    "a wheel with a second member of one name": (
        _put(WHEEL, make_zip([*wheel_entries(), wheel_entries()[0]])),
        WHEEL,
        ("", "archive"),
    ),
    "the contents of an sdist": (
        _put(SDIST, sdist(sdist_files(**{"demo-1.0/demo/cli.py": "pass\n"}))),
        SDIST,
        ("demo-1.0/demo/cli.py", "line 1"),
    ),
    "a line of the checksums": (
        lambda files: files.__setitem__(
            CHECKSUMS, files[CHECKSUMS].replace(sha256_bytes(files[SBOM]).encode(), b"0" * 64)
        ),
        CHECKSUMS,
        ("", f"line of {SBOM}"),
    ),
    "a line too many in the checksums": (
        lambda files: files.__setitem__(CHECKSUMS, files[CHECKSUMS] + b"0" * 64 + b"  more\n"),
        CHECKSUMS,
        ("", "line of more"),
    ),
    "a line removed from the checksums": (
        lambda files: files.__setitem__(CHECKSUMS, files[CHECKSUMS].partition(b"\n")[2]),
        CHECKSUMS,
        ("", f"line of {EVIDENCE}"),
    ),
    "checksums in another form": (
        lambda files: files.__setitem__(CHECKSUMS, files[CHECKSUMS].replace(b"\n", b"\r\n")),
        CHECKSUMS,
        ("", "form"),
    ),
    "a count in a record": (
        _json(GATE, _set("records", 0, "counts", to={"x": 1})),
        GATE,
        ("", "$.records[0].counts.x"),
    ),
    "a digest in a record": (
        _json(GATE, _set("records", 1, "writes", 0, "sha256", to="1" * 64)),
        GATE,
        ("", "$.records[1].writes[0].sha256"),
    ),
    "a record removed": (_json(GATE, lambda gate: gate["records"].pop()), GATE, ("", "$.records[1]")),
    "the verdict": (_json(GATE, _set("verdict", "rules", 0, "title", to="u")), GATE, ("", "$.verdict.rules[0].title")),
    "a gate file that is not canonical": (
        lambda files: files.__setitem__(GATE, files[GATE].replace(b'"gate/1"', b' "gate/1"')),
        GATE,
        ("", "content"),
    ),
    "the version in the provenance": (
        _json(PROVENANCE, _set(*PREDICATE, "externalParameters", "version", to="W")),
        PROVENANCE,
        ("", "$.predicate.buildDefinition.externalParameters.version"),
    ),
    "a file that the provenance read": (
        _json(PROVENANCE, _set(*PREDICATE, "resolvedDependencies", 0, "digest", "sha256", to="1" * 64)),
        PROVENANCE,
        ("", "$.predicate.buildDefinition.resolvedDependencies[0].digest.sha256"),
    ),
    "a subject of the provenance": (
        _json(PROVENANCE, _set("subject", 0, "digest", "sha256", to="1" * 64)),
        PROVENANCE,
        ("", "$.subject[0].digest.sha256"),
    ),
    "an added file": (_put("more.txt", b"x"), "more.txt", ("", "file")),
    "a removed file": (_without(SBOM), SBOM, ("", "file")),
}


@pytest.mark.parametrize(("change", "name", "row"), CASES.values(), ids=CASES)
def test_any_single_change_is_named(change: Callable[[Files], None], name: str, row: tuple[str, str]) -> None:
    files = released()
    change(files)
    found = compare(files, rebuilt())
    assert found[name].result is FileResult.DIFFERS
    assert row in rows(found[name]), rows(found[name])
    # What has the digest of the changed file does not follow from it any more; everything else is as before.
    assert set(named(found, FileResult.DIFFERS)) <= {name, CHECKSUMS, PROVENANCE}


def test_a_byte_that_changes_anywhere_is_never_the_same() -> None:
    chance = random.Random(20261128)  # noqa: S311 - a fixed seed makes the cases repeatable
    for name in sorted(released()):
        for _ in range(12):
            files = released()
            data = bytearray(files[name])
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            files[name] = bytes(data)
            found = compare(files, released())
            assert found[name].differences or found[name].run_fields or found[name].tools
            assert found[name].result is not FileResult.IDENTICAL
            assert bool(found[name].differences) == (found[name].result is FileResult.DIFFERS)


def test_times_and_identifiers_of_a_run_are_explained_and_belong_to_the_verdict() -> None:
    for field, value in (("started", "2026-11-20T00:00:05Z"), ("invocation", "urn:uuid:other"), ("offline", True)):
        files = {**released(), GATE: changed_json(released()[GATE], _set("records", 0, field, to=value))}
        found = compare(files, released())[GATE]
        # They are explained; that the record is another one than the verdict's is a difference.
        assert [path for path in found.run_fields if path.endswith(f".{field}")] == [f"$.records[].{field}"]
        assert rows(found) == [("", "$.records[0]")]


def test_tools_of_other_versions_are_listed_and_are_no_difference_by_themselves() -> None:
    change = _set(*PREDICATE, "internalParameters", "python", to="3.99.0")
    files = {**released(), PROVENANCE: changed_json(released()[PROVENANCE], change)}
    found = compare(files, rebuilt())[PROVENANCE]
    assert [(field.field, field.released, field.why) for field in found.tools] == [
        ("$.predicate.buildDefinition.internalParameters.python", "3.99.0", "python")
    ]
    assert rows(found) == []


def test_the_link_to_the_release_before_is_compared_with_the_retained_one() -> None:
    link = {"annotations": {"role": "previous-release", "version": "U"}, "digest": {"sha256": "1" * 64}, "name": "x"}
    files = released()
    files[PROVENANCE] = changed_json(
        files[PROVENANCE],
        lambda document: document["predicate"]["buildDefinition"]["resolvedDependencies"].append(link),
    )
    unknown, same, other = (
        compare(files, rebuilt(), previous=digest)[PROVENANCE] for digest in ("", "1" * 64, "2" * 64)
    )
    assert (rows(unknown), rows(same)) == ([], [])
    assert [field for _, field in rows(other)] == ["$.predicate.buildDefinition.resolvedDependencies[6]"]


def test_what_was_not_made_again_is_never_identical() -> None:
    found = compare(released(), {}, missing="generate_sbom ended with exit 5: no index", records=frozenset())
    assert {file.result for file in found.values()} == {FileResult.UNKNOWN}
    assert found[SBOM].why == "generate_sbom ended with exit 5: no index"
    found = compare(released(), {}, unmade=dict.fromkeys(released(), "signed"), records=frozenset())
    assert {file.result for file in found.values()} == {FileResult.NOT_COMPARED}


def test_a_link_in_the_release_is_a_difference() -> None:
    from ops.supply_chain.release.reproduction.compare import MeasuredFile, Sides, compare_releases

    file = MeasuredFile(sha256="", read=lambda: pytest.fail("a link is never read"))
    [found] = compare_releases(
        Sides(
            released={"a": file},
            rebuilt={"a": MeasuredFile(sha256="1" * 64, read=lambda: b"")},
            gate=GATE,
            provenance=PROVENANCE,
            checksums=CHECKSUMS,
            unmade={},
            missing="",
            records=frozenset(),
            taken=(),
            previous="",
        )
    )
    assert (found.result, found.why) == (FileResult.DIFFERS, "is no plain file: a link, a folder or a device")


@pytest.mark.parametrize(
    ("first", "second", "paths"),
    [
        ({"a": 1}, {"a": 1.0}, ["$.a"]),
        ({"a": True}, {"a": 1}, ["$.a"]),
        ([1, 1], [1, True], ["$[1]"]),
        ({"a b": 1}, {}, ["$['a b']"]),
        ([{"path": "x", "n": 1}, {"path": "y"}], [{"path": "y"}, {"path": "x", "n": 2}], ["$[0].n", "$.order"]),
        ([{"path": "x"}, {"path": "y"}], [{"path": "x"}, {"path": "z"}], ["$[1].path"]),
        ([{"path": "x"}], [{"path": "x"}, {"path": "y"}], ["$[1]"]),
        ([{"path": "x"}, {"path": "x"}], [{"path": "x"}], ["$[1]"]),
        ([1, 2, 3], [1, 3], ["$[1]", "$[2]"]),
        ({"a": []}, {"a": {}}, ["$.a"]),
        ([[]], [[]], []),
    ],
)
def test_fields_of_json(first: Any, second: Any, paths: list[str]) -> None:
    assert [difference.path for difference in differing_fields(first, second)] == paths


def test_two_documents_differ_exactly_where_their_bytes_do() -> None:
    chance = random.Random(7)  # noqa: S311 - as above

    def document(depth: int) -> Any:
        if depth == 0 or chance.random() < 0.3:
            return chance.choice([0, 1, True, False, None, "", "a", 1.0, [], {}])
        if chance.random() < 0.5:
            return [document(depth - 1) for _ in range(chance.randrange(4))]
        return {
            key: document(depth - 1) for key in chance.sample(["path", "name", "id", "a b", "z"], chance.randrange(4))
        }

    for _ in range(3000):
        first, second = document(4), document(4)
        same = plain_json.dump(first) == plain_json.dump(second)
        assert (not list(differing_fields(first, second))) == same, (first, second)
        assert not list(differing_fields(first, first))


def test_each_tool_is_named() -> None:
    files = released()
    files[GATE] = changed_json(files[GATE], _set("records", 0, "tools", 0, "version", to="0.1"))
    found = compare(files, rebuilt())[GATE]
    [stated] = [field for field in found.tools if field.field == "$.records[0].tools[0].version"]
    assert (stated.released, stated.why) == ("0.1", "deflate")
    files = released()
    change = _set(*PREDICATE, "resolvedDependencies", 3, "annotations", "version", to="0.1")
    files[PROVENANCE] = changed_json(files[PROVENANCE], change)
    assert [field.why for field in compare(files, rebuilt())[PROVENANCE].tools] == ["deflate"]
    files[PROVENANCE] = changed_json(
        files[PROVENANCE],
        lambda document: document["predicate"]["buildDefinition"]["resolvedDependencies"].append(
            {"name": "uv", "annotations": {"role": "tool", "version": "1"}}
        ),
    )
    assert {field.why for field in compare(files, rebuilt())[PROVENANCE].tools} == {"deflate", "uv"}


def test_the_same_members_packed_otherwise_have_their_sizes_named() -> None:
    files = {**released(), EVIDENCE: gzip.compress(gzip.decompress(released()[EVIDENCE]), 1, mtime=0)}
    fields = {
        field.field: field for field in compare(files, files | {EVIDENCE: released()[EVIDENCE]})[EVIDENCE].differences
    }
    assert all(field.released and field.rebuilt for field in fields.values())


@pytest.mark.parametrize(
    ("stage", "mine", "other", "explained"),
    [
        ("build_distributions", ["a", f"{SAME_CONDITIONS}user"], ["a", f"{SAME_CONDITIONS}user (root)"], True),
        ("build_distributions", [f"{SAME_CONDITIONS}user"], [], True),
        ("build_distributions", [], [f"{NO_DIFFOSCOPE}absent"], True),
        ("build_distributions", [f"{OTHER_JOB}x"], [], True),
        ("build_distributions", [f"{SAME_CONDITIONS}user"], ["a"], False),
        ("generate_sbom", [f"{SAME_CONDITIONS}user"], [], False),
    ],
)
def test_what_a_build_could_not_vary_on_its_machine_is_explained(
    stage: str, mine: list[str], other: list[str], explained: bool
) -> None:
    documents: list[Any] = [{"records": [{"stage": stage, "notes": notes}]} for notes in (mine, other)]
    found = sort_fields(differing_fields(documents[0], documents[1]), documents[0], frozenset(), previous="")
    assert (found.differences == ()) is explained
    assert list(found.run) == (["$.records[].notes[]"] if explained else [])


REPORT_READ = {"path": OTHER_REPORT, "sha256": "0" * 64, "size": 1}
LOCK_READ = {"path": "project:requirements-build.txt", "sha256": "1" * 64, "size": 1}


@pytest.mark.parametrize(
    ("stage", "mine", "other", "explained"),
    [
        ("build_distributions", [REPORT_READ, LOCK_READ], [], True),
        ("build_distributions", [LOCK_READ], [], False),
        ("build_distributions", [], [REPORT_READ], False),
        ("build_distributions", [REPORT_READ], [{**REPORT_READ, "sha256": "2" * 64}], False),
        ("check_locks", [REPORT_READ, LOCK_READ], [], False),
    ],
)
def test_what_another_job_reported_is_explained_in_the_record(
    stage: str, mine: list[Any], other: list[Any], explained: bool
) -> None:
    documents: list[Any] = [{"records": [{"stage": stage, "reads": reads}]} for reads in (mine, other)]
    found = sort_fields(differing_fields(documents[0], documents[1]), documents[0], frozenset(), previous="")
    assert (found.differences == ()) is explained


@pytest.mark.parametrize(
    ("role", "explained"), [("reported-build", True), ("reported-comparison", True), ("build-comparison", False)]
)
def test_what_another_job_reported_is_explained_in_the_provenance(role: str, explained: bool) -> None:
    rows = [{"name": name, "annotations": {"role": part}} for name, part in (("a", "record"), ("b", role))]
    documents: list[Any] = [{"predicate": {"runDetails": {"byproducts": part}}} for part in (rows, rows[:1])]
    found = sort_fields(differing_fields(documents[0], documents[1]), documents[0], frozenset(), previous="")
    assert (found.differences == ()) is explained
    found = sort_fields(differing_fields(documents[1], documents[0]), documents[1], frozenset(), previous="")
    assert found.differences != ()
