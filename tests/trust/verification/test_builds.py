"""What a provenance states about builds is compared with the distributions and with the record of the stage."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain import generate_provenance
from ops.supply_chain.contracts.files.verification import Check, GivenFile, Level, Line, Verification
from ops.supply_chain.contracts.values.build_property import BUILT_TWICE_IDENTICAL
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.trust.verification import vsa
from ops.supply_chain.trust.verification.builds import builds, properties
from ops.supply_chain.trust.verification.file_kinds import classify
from tests.release.builders import sha
from tests.release.handmade import Handmade

WHEEL, SDIST = "n-1.0-py3-none-any.whl", "n-1.0.tar.gz"
Damage = Callable[[dict[str, Any], Any], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Return provenance and gate file as the stages write them."""
    release = Handmade(tmp_path_factory.mktemp("made"))
    release.distributions(WHEEL, SDIST)
    release.until("generate_provenance")
    release.must(generate_provenance.main)
    return release.document("provenance/provenance.json"), release.document("verdict/gate.json")


def found(statement: Any, gate: Any, names: tuple[str, ...] = (WHEEL, SDIST)) -> list[str]:
    files = {name: GivenFile(name=name, sha256=sha(name), size=1) for name in (*names, "N-V-checksums.txt")}
    checks = builds(classify(files), files, Node(statement), gate if isinstance(gate, str) else Node(gate))
    return [line.message for check in checks for line in check.lines if line.outcome is not Outcome.PASS]


def rows(statement: Any) -> dict[str, Any]:
    return {row["name"]: row for row in statement["predicate"]["runDetails"]["byproducts"]}


def test_what_the_stages_write_agrees(made: tuple[Any, Any]) -> None:
    assert found(*made) == []
    assert properties(Node(made[0])) == (BUILT_TWICE_IDENTICAL,)


def test_a_provenance_without_builds_is_not_checked_and_states_nothing(made: tuple[Any, Any]) -> None:
    statement = copy.deepcopy(made[0])
    statement["predicate"]["runDetails"]["byproducts"] = []
    files = {"N-V-checksums.txt": GivenFile(name="N-V-checksums.txt", sha256="0" * 64, size=1)}
    assert builds(classify(files), files, Node(statement), Node(made[1])) == []
    assert properties(Node(statement)) == ()
    assert properties("cannot be read") == ()


DAMAGES: dict[str, tuple[Damage, str]] = {
    "one was not identical": (
        lambda by, _: by[f"build/comparison/{SDIST}"]["annotations"].update(identical=False),
        f"states {BUILT_TWICE_IDENTICAL}, but {SDIST} was not built twice and identical",
    ),
    "identical as a text": (
        lambda by, _: by[f"build/comparison/{SDIST}"]["annotations"].update(identical="true"),
        f"states {BUILT_TWICE_IDENTICAL}, but {SDIST} was not built twice and identical",
    ),
    "one was built once": (
        lambda by, _: by[f"build/comparison/{WHEEL}"]["annotations"].update(builtTwice=False),
        f"states {BUILT_TWICE_IDENTICAL}, but {WHEEL} was not built twice and identical",
    ),
    "identical is absent": (
        lambda by, _: by[f"build/comparison/{WHEEL}"]["annotations"].pop("identical"),
        f"states {BUILT_TWICE_IDENTICAL}, but {WHEEL} was not built twice and identical",
    ),
    "a property of SLSA": (
        lambda by, _: by["build/report"]["annotations"].update(property="SLSA_BUILD_REPRODUCED"),
        "SLSA_BUILD_REPRODUCED is an unknown property",
    ),
    "a comparison of other bytes": (
        lambda by, _: by[f"build/comparison/{WHEEL}"]["annotations"].update(sha256="0" * 64),
        f"{WHEEL} has another SHA-256 in it",
    ),
    "a comparison of another file": (
        lambda by, _: by[f"build/comparison/{WHEEL}"].update(name="build/comparison/x.whl"),
        f"{WHEEL} is not in it",
    ),
    "a comparison less": (lambda by, _: by[f"build/comparison/{SDIST}"]["annotations"].update(role="x"), SDIST),
    "another report": (
        lambda by, _: by["build/report"]["digest"].update(sha256="0" * 64),
        "the report of the build is not the one in the record of build_distributions",
    ),
    "no report": (lambda by, _: by["build/report"]["annotations"].update(role="x"), "expected one report"),
    "a record of another report": (
        lambda _, gate: gate["records"][0]["writes"][0].update(sha256="0" * 64),
        "the report of the build is not the one in the record",
    ),
    "a record of another stage": (
        lambda _, gate: gate["records"][0].update(stage="x"),
        "the report of the build is not the one in the record",
    ),
    "the property elsewhere": (
        lambda by, _: by["verdict"]["annotations"].update(property="REPRODUCIBLE"),
        "REPRODUCIBLE is an unknown property",
    ),
    "a property that is no text": (
        lambda by, _: by["build/report"]["annotations"].update(property=True),
        "expected a text",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_does_not_agree_is_refused(made: tuple[Any, Any], name: str) -> None:
    statement, gate = copy.deepcopy(made)
    assert gate["records"][0]["writes"][0]["path"] == "dist:build/report.json"
    damage, expected = DAMAGES[name]
    damage(rows(statement), gate)
    assert any(expected in problem for problem in found(statement, gate)), found(statement, gate)


@pytest.mark.parametrize("position", [0, -1])
def test_a_second_comparison_under_one_name_hides_nothing(made: tuple[Any, Any], position: int) -> None:
    statement, gate = copy.deepcopy(made)
    row = copy.deepcopy(rows(statement)[f"build/comparison/{SDIST}"])
    row["annotations"].update(identical=False)
    byproducts = statement["predicate"]["runDetails"]["byproducts"]
    byproducts.insert(position % (len(byproducts) + 1), row)
    assert any("is there twice" in problem for problem in found(statement, gate))


def test_a_distribution_more_or_less_is_refused(made: tuple[Any, Any]) -> None:
    assert found(*made, names=(WHEEL,)) == [f"{SDIST} is in it, and not a distribution"]
    assert "n-2.0.tar.gz is not in it" in found(*made, names=(WHEEL, SDIST, "n-2.0.tar.gz"))


def test_without_the_gate_file_nothing_confirms_the_report(made: tuple[Any, Any]) -> None:
    assert found(made[0], "is missing") == [
        "the report of the build is not the one in the record of build_distributions"
    ]


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Return provenance and gate file of distributions that came with the report of the job that built them."""
    release = Handmade(tmp_path_factory.mktemp("handed"))
    release.handed_over(WHEEL, SDIST)
    release.until("generate_provenance")
    release.must(generate_provenance.main)
    return release.document("provenance/provenance.json"), release.document("verdict/gate.json")


def test_what_another_job_reports_agrees_and_is_no_property(handed: tuple[Any, Any]) -> None:
    assert found(*handed) == []
    assert properties(Node(handed[0])) == ()
    files = {name: GivenFile(name=name, sha256=sha(name), size=1) for name in (WHEEL, SDIST, "N-V-checksums.txt")}
    (check,) = builds(classify(files), files, Node(handed[0]), Node(handed[1]))
    (line,) = check.lines
    assert line.message == (
        f"states no property of the builds; the job that built them reports {BUILT_TWICE_IDENTICAL}, not authenticated"
    )


REPORTED_DAMAGES: dict[str, tuple[Damage, str]] = {
    "claimed as a property": (
        lambda by, _: by["build/reported"]["annotations"].update(property=BUILT_TWICE_IDENTICAL),
        f"states {BUILT_TWICE_IDENTICAL}, but {SDIST} was not built twice and identical",
    ),
    "claimed as observed": (
        lambda by, _: by[f"build/comparison/{WHEEL}"]["annotations"].update(builtTwice=True, identical=True),
        "compares builds as observed in this run",
    ),
    "claimed as authenticated": (
        lambda by, _: by["build/reported"]["annotations"].update(authenticated=True),
        "is said to be authenticated",
    ),
    "another report": (
        lambda by, _: by["build/reported"]["digest"].update(sha256="0" * 64),
        "is not the one in the record of build_distributions",
    ),
    "a record without it": (
        lambda _, gate: gate["records"][0].update(reads=[]),
        "is not the one in the record of build_distributions",
    ),
    "only a record of it": (
        lambda by, _: (
            [by[name]["annotations"].update(role="x") for name in by if name.startswith("build/reported")]
            and by["build/reported"]["annotations"].pop("unauthenticatedProperty")
        ),
        "expected one report of the job that built the distributions, found 0",
    ),
    "other bytes": (
        lambda by, _: by[f"build/reported/{WHEEL}"]["annotations"].update(sha256="0" * 64),
        f"what the job that built them reports: {WHEEL} has another SHA-256 in it",
    ),
    "another file": (
        lambda by, _: by[f"build/reported/{WHEEL}"].update(name="build/reported/x.whl"),
        "what the job that built them reports: x.whl is in it, and not a distribution",
    ),
    "one of them differs": (
        lambda by, _: by[f"build/reported/{SDIST}"]["annotations"].update(identical=False),
        f"repeats {BUILT_TWICE_IDENTICAL}, but {SDIST} was not built twice and identical",
    ),
    "another property": (
        lambda by, _: by["build/reported"]["annotations"].update(unauthenticatedProperty="SLSA_BUILD_REPRODUCED"),
        "SLSA_BUILD_REPRODUCED is an unknown property",
    ),
    "the property elsewhere": (
        lambda by, _: by["verdict"]["annotations"].update(unauthenticatedProperty=BUILT_TWICE_IDENTICAL),
        "is not stated by the report of the job that built the distributions",
    ),
}


@pytest.mark.parametrize("name", REPORTED_DAMAGES)
def test_more_than_another_job_reports_is_refused(handed: tuple[Any, Any], name: str) -> None:
    statement, gate = copy.deepcopy(handed)
    damage, expected = REPORTED_DAMAGES[name]
    damage(rows(statement), gate)
    assert any(expected in problem for problem in found(statement, gate)), found(statement, gate)


@pytest.mark.parametrize("passed", [True, False])
def test_a_summary_has_the_property_only_where_the_release_verifies(passed: bool) -> None:
    outcome = Outcome.PASS if passed else Outcome.FAIL
    verification = Verification(
        component="N",
        version="V",
        signed=True,
        rehearsal=False,
        checks=(Check(code="x", title="x", lines=(Line(subject="x", outcome=outcome, message=""),)),),
        level=Level(build=1, reason=""),
        facts={},
        files=(GivenFile(name="N-V-checksums.txt", sha256="0" * 64, size=1),),
        notes=(),
        properties=(BUILT_TWICE_IDENTICAL,),
    )
    text = vsa.statement(verification, {}, base="urn:x:", verifier_version="1", verified_at="2026-11-20T00:00:00Z")
    levels = json.loads(text)["predicate"]["verifiedLevels"]
    assert levels == (["SLSA_BUILD_LEVEL_1", BUILT_TWICE_IDENTICAL] if passed else ["FAILED"])
