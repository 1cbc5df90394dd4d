"""What the provenance states about builds: what was seen, for the distributions that are released, and no more."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import generate_provenance
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import BuildReport, BuiltDistribution, DigestPair, PackageBuild
from ops.supply_chain.contracts.values.build_property import BUILT_TWICE_IDENTICAL
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.release.provenance.builds import (
    build_byproducts,
    build_requirements,
    is_identical,
    problems_of_report,
)
from tests.release.builders import sha
from tests.release.handmade import Handmade

WHEEL, SDIST = "n-1.0-py3-none-any.whl", "n-1.0.tar.gz"


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path)


def built(name: str, **facts: Any) -> BuiltDistribution:
    kind = DistributionKind.WHEEL if name.endswith(".whl") else DistributionKind.SDIST
    return BuiltDistribution(filename=name, kind=kind, sha256=sha(name), size=len(name), **facts)


def report(*distributions: BuiltDistribution, **facts: Any) -> BuildReport:
    package = PackageBuild(path=".", name="n", version="1.0", distributions=distributions, **facts)
    return BuildReport(schema="build/1", component="N", version="V", source_date_epoch=0, packages=(package,))


def predicate(release: Handmade) -> Any:
    release.until("generate_provenance")
    release.must(generate_provenance.main)
    return release.document("provenance/provenance.json")["predicate"]


def byproducts(document: Any, role: str) -> dict[str, Any]:
    rows = document["runDetails"]["byproducts"]
    return {row["name"]: row for row in rows if row["annotations"]["role"] == role}


def test_requirements_of_the_build_are_dependencies_by_digest(release: Handmade) -> None:
    release.distributions(WHEEL, SDIST)
    rows = predicate(release)["buildDefinition"]["resolvedDependencies"]
    found = [row for row in rows if row["annotations"]["role"] == "build-requirement"]
    shared = {
        "name": "hatchling",
        "uri": "pkg:pypi/hatchling@1.33.0%2Bx",
        "annotations": {"role": "build-requirement", "version": "1.33.0+x"},
    }
    assert found == [
        {**shared, "digest": {"sha256": "a" * 64}},
        {**shared, "digest": {"sha256": "b" * 64}},
        {
            "name": "unhashed",
            "uri": "pkg:pypi/unhashed@1",
            "annotations": {"role": "build-requirement", "version": "1"},
        },
    ]


def test_both_environments_their_comparison_and_the_report_are_byproducts(release: Handmade) -> None:
    before = DigestPair(first="1" * 64, second="2" * 64)
    release.distributions(WHEEL, SDIST, before=before, normalised=True)
    document = predicate(release)
    plain = release.document("build/report.json")
    environments = byproducts(document, "build-environment")
    assert {name: row["annotations"]["umask"] for name, row in environments.items()} == {
        "build/environment/n/first": "0022",
        "build/environment/n/second": "0077",
    }
    for row, part in zip(environments.values(), plain["packages"][0]["builds"], strict=True):
        printed = json.dumps(part, sort_keys=True, indent=2, ensure_ascii=False) + "\n"  # what `jq -S` prints
        assert row["digest"]["sha256"] == hashlib.sha256(printed.encode()).hexdigest()
    comparisons = byproducts(document, "build-comparison")
    assert comparisons[f"build/comparison/{WHEEL}"]["annotations"] == {
        "role": "build-comparison",
        "sha256": sha(WHEEL),
        "builtTwice": True,
        "identical": True,
        "normalised": True,
        "differences": "0",
    }
    assert len(comparisons) == 2
    assert {name: row["digest"]["sha256"] for name, row in byproducts(document, "before-repacking").items()} == {
        f"build/before/{name}/{which}": getattr(before, which)
        for name, which in itertools.product((WHEEL, SDIST), ("first", "second"))
    }
    (whole,) = byproducts(document, "build-report").values()
    assert whole["digest"]["sha256"] == release.ref("dist", "build/report.json").sha256
    assert whole["annotations"]["property"] == BUILT_TWICE_IDENTICAL
    assert "reproducible" not in document["runDetails"]["metadata"]
    assert "SLSA_BUILD_REPRODUCED" not in json.dumps(document)


@pytest.mark.parametrize("table", ["", "normalise = true", 'normalise = true\nvariables = { CFLAGS = "-g0" }'])
def test_how_distributions_were_to_be_built_is_an_external_parameter(release: Handmade, table: str) -> None:
    release.distributions(WHEEL, SDIST)
    release.until("generate_provenance")
    release.write("project/.security-config.toml", f'component_name = "N"\n[build]\n{table}\n')
    release.must(generate_provenance.main)
    document = release.document("provenance/provenance.json")["predicate"]
    expected = {"normalise": bool(table), **({"variables": {"CFLAGS": "-g0"}} if "CFLAGS" in table else {})}
    assert document["buildDefinition"]["externalParameters"]["build"] == expected


def test_a_release_without_distributions_says_nothing_of_builds(release: Handmade) -> None:
    release.build_report()
    document = predicate(release)
    assert "build" not in document["buildDefinition"]["externalParameters"]
    assert not any(row["annotations"]["role"].startswith("build-") for row in document["runDetails"]["byproducts"])


def test_what_was_built_elsewhere_is_named_with_its_attestations_and_without_the_property() -> None:
    provided = FileRef(path=f"{WHEEL}.publish.attestation", sha256="c" * 64, size=2)
    given = report(built(WHEEL), provided_by=(provided,))
    (row,) = build_requirements(given)
    assert (row.name, row.digest and row.digest.sha256, row.annotations["role"]) == (
        provided.path,
        provided.sha256,
        "distribution-attestation",
    )
    whole, comparison = build_byproducts(given, "d" * 64)
    assert "property" not in whole.annotations
    assert comparison.annotations["builtTwice"] is False
    assert "identical" not in comparison.annotations


def test_the_report_of_another_job_is_its_statement_in_roles_of_its_own(release: Handmade) -> None:
    release.handed_over(WHEEL, SDIST)
    document = predicate(release)
    assert "build" not in document["buildDefinition"]["externalParameters"]
    rows = document["runDetails"]["byproducts"]
    assert not [row for row in rows if "property" in row["annotations"]]
    reported = canonical.read(release.dist / "build/report.json", BuildReport).reported
    assert reported is not None
    (stated,) = byproducts(document, "reported-build").values()
    assert stated["digest"]["sha256"] == reported.sha256
    assert stated["annotations"] == {
        "role": "reported-build",
        "authenticated": False,
        "unauthenticatedProperty": BUILT_TWICE_IDENTICAL,
    }
    comparisons = byproducts(document, "reported-comparison")
    assert comparisons[f"build/reported/{WHEEL}"]["annotations"] == {
        "role": "reported-comparison",
        "sha256": sha(WHEEL),
        "builtTwice": True,
        "identical": True,
        "normalised": False,
        "differences": "0",
    }
    assert len(comparisons) == 2
    observed = byproducts(document, "build-comparison").values()
    assert [row["annotations"]["builtTwice"] for row in observed] == [False, False]
    assert not byproducts(document, "build-environment")
    requirements = document["buildDefinition"]["resolvedDependencies"]
    assert not [row for row in requirements if row["annotations"]["role"] == "build-requirement"]


def test_a_report_of_builds_that_differ_names_no_property(release: Handmade) -> None:
    release.handed_over(WHEEL, SDIST, identical=False)
    (stated,) = byproducts(predicate(release), "reported-build").values()
    assert stated["annotations"] == {"role": "reported-build", "authenticated": False}


STATES = [
    {},
    {"built_twice": True},
    {"built_twice": True, "identical": False},
    {"built_twice": True, "identical": True},
]


@pytest.mark.parametrize("seed", range(20))
def test_the_property_is_stated_exactly_where_every_distribution_was_identical(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    states = [chance.choice([*STATES, STATES[-1], STATES[-1]]) for _ in range(chance.randrange(4))]
    entries = [built(f"n-1.{position}.tar.gz", **state) for position, state in enumerate(states)]
    expected = bool(states) and all(state.get("identical") for state in states)
    given = report(*entries)
    assert is_identical(given) is expected
    assert ("property" in build_byproducts(given, "d" * 64)[0].annotations) is expected


def test_identical_without_two_builds_is_not_believed() -> None:
    assert not is_identical(report(built(WHEEL, identical=True)))


def changed_wheel(release: Handmade) -> None:
    release.write(f"dist/packages/{WHEEL}", "changed")


def changed_report(release: Handmade) -> None:
    path = release.dist / "build/report.json"
    path.write_text(path.read_text().replace('"identical": true', '"identical": false', 1))


def other_report_with_its_record(release: Handmade) -> None:
    found = canonical.read(release.dist / "build/report.json", BuildReport)
    (package,) = found.packages
    first, second = package.distributions
    other = msgspec.structs.replace(first, sha256="e" * 64)
    release.build_report(msgspec.structs.replace(package, distributions=(other, second)))


def report_lacks_one(release: Handmade) -> None:
    found = canonical.read(release.dist / "build/report.json", BuildReport)
    (package,) = found.packages
    release.build_report(msgspec.structs.replace(package, distributions=package.distributions[:1]))


def no_report(release: Handmade) -> None:
    (release.dist / "build/report.json").unlink()


def another_distribution(release: Handmade) -> None:
    release.write("dist/packages/n-1.0-py2-none-any.whl", "x")


@pytest.mark.parametrize(
    "damage",
    [changed_wheel, changed_report, other_report_with_its_record, report_lacks_one, no_report, another_distribution],
)
def test_a_report_that_is_not_about_these_distributions_is_refused(
    release: Handmade, damage: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    release.distributions(WHEEL, SDIST)
    damage(release)
    release.until("generate_provenance")
    assert release.run(generate_provenance.main) == ExitCode.INPUT
    assert "dist/build/report.json: " in capfd.readouterr().err
    assert not (release.dist / "provenance/provenance.json").exists()


def test_a_distribution_that_is_in_the_report_twice_is_a_problem() -> None:
    found = report(built(WHEEL), built(WHEEL))
    assert problems_of_report(found, {WHEEL: sha(WHEEL)}) == ("a distribution is in the report twice",)
