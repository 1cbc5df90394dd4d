"""The report of another job: accepted whole where every field agrees with what is released, else refused with the field named."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import (
    BuildConditions,
    BuildDifference,
    BuildReport,
    BuildRequirement,
    BuildSettings,
    BuiltDistribution,
    DigestPair,
    EmbeddedSbom,
    PackageBuild,
    ReportedBuilds,
)
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.release.packages.handover import (
    ExpectedBuild,
    ExpectedPackage,
    problems_of_handover,
    reported_findings,
)
from tests.release.builders import sha

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
LOCK = FileRef(path="project:requirements-build.txt", sha256="a" * 64, size=7)
REQUIREMENTS = (BuildRequirement(name="tool", version="1.0", sha256=("b" * 64,)),)
SETTINGS = BuildSettings(normalise=False, embed=False, variables={"CFLAGS": "-g0"})
EXPECTED = ExpectedBuild(
    component="demo",
    version="1.0",
    epoch=1,
    commit="c" * 40,
    settings=SETTINGS,
    packages={"demo": ExpectedPackage(path=".", backend="tool.api", lock=LOCK, requirements=REQUIREMENTS)},
    files={name: (sha(name), len(name)) for name in (WHEEL, SDIST)},
)


def conditions(label: str) -> BuildConditions:
    same = dict.fromkeys(("umask", "timezone", "locale", "hash_seed", "user", "python", "zlib"), "x")
    return BuildConditions(folder=label, cpus=1, tools={}, **same)


def built(name: str, **facts: Any) -> BuiltDistribution:
    whole: dict[str, Any] = {
        "filename": name,
        "kind": DistributionKind.WHEEL if name.endswith(".whl") else DistributionKind.SDIST,
        "sha256": sha(name),
        "size": len(name),
        "before": DigestPair(first=sha(name), second=sha(name)),
        "built_twice": True,
        "identical": True,
        **facts,
    }
    return BuiltDistribution(**whole)


PACKAGE = PackageBuild(
    path=".",
    name="demo",
    version="1.0",
    backend="tool.api",
    requirements=REQUIREMENTS,
    lock=LOCK,
    distributions=(built(WHEEL), built(SDIST)),
    builds=(conditions("first"), conditions("second")),
)
REPORT = BuildReport(
    schema="build/1",
    component="demo",
    version="1.0",
    source_date_epoch=1,
    packages=(PACKAGE,),
    commit="c" * 40,
    settings=SETTINGS,
)


def test_a_report_about_exactly_this_release_is_accepted() -> None:
    assert problems_of_handover(REPORT, EXPECTED) == ()


def of_report(**changes: Any) -> BuildReport:
    return msgspec.structs.replace(REPORT, **changes)


def of_package(**changes: Any) -> BuildReport:
    return of_report(packages=(msgspec.structs.replace(PACKAGE, **changes),))


def of_wheel(**changes: Any) -> BuildReport:
    return of_package(distributions=(msgspec.structs.replace(built(WHEEL), **changes), built(SDIST)))


SETTING = "settings"
ENTRY = "packages[0].distributions[0]"
THIRD = ReportedBuilds(sha256="d" * 64, size=1, authenticated=False, packages=(PACKAGE,))
HOSTILE: dict[str, tuple[BuildReport, str]] = {
    "another commit": (of_report(commit="d" * 40), "commit"),
    "no commit": (of_report(commit=""), "commit"),
    "another project": (of_report(component="other"), "component"),
    "another version": (of_report(version="1.1"), "version"),
    "another time": (of_report(source_date_epoch=2), "source_date_epoch"),
    "no settings": (of_report(settings=None), "settings"),
    "normalise": (of_report(settings=msgspec.structs.replace(SETTINGS, normalise=True)), "settings.normalise"),
    "embed": (of_report(settings=msgspec.structs.replace(SETTINGS, embed=True)), "settings.embed"),
    "variables": (of_report(settings=msgspec.structs.replace(SETTINGS, variables={})), "settings.variables"),
    "hearsay": (of_report(reported=THIRD), "reported"),
    "no package": (of_report(packages=()), "packages"),
    "a package twice": (of_report(packages=(PACKAGE, PACKAGE)), "packages"),
    "another package": (of_package(name="other"), "packages"),
    "another folder": (of_package(path="other"), "packages[0].path"),
    "a package of another version": (of_package(version="1.1"), "packages[0].version"),
    "another backend": (of_package(backend="evil.api"), "packages[0].backend"),
    "no lock": (of_package(lock=None), "packages[0].lock.sha256"),
    "another lock": (of_package(lock=msgspec.structs.replace(LOCK, sha256="e" * 64)), "packages[0].lock.sha256"),
    "a lock elsewhere": (of_package(lock=msgspec.structs.replace(LOCK, path="project:x.txt")), "packages[0].lock.path"),
    "other requirements": (of_package(requirements=()), "packages[0].requirements"),
    "provided there too": (of_package(provided_by=()), "packages[0].provided_by"),
    "no builds": (of_package(builds=()), "packages[0].builds"),
    "one build": (of_package(builds=(conditions("first"),)), "packages[0].builds"),
    "one build twice": (of_package(builds=(conditions("first"), conditions("first"))), "packages[0].builds"),
    "no distributions": (of_package(distributions=()), "packages[0].distributions"),
    "a file less": (of_package(distributions=(built(WHEEL),)), f"distributions: {SDIST}"),
    "a file more": (
        of_package(distributions=(built(WHEEL), built(SDIST), built("demo-1.0-py2-none-any.whl"))),
        "packages[0].distributions[2].filename",
    ),
    "a file twice": (
        of_package(distributions=(built(WHEEL), built(SDIST), built(SDIST))),
        "packages[0].distributions[2].filename",
    ),
    "a file of another package": (
        of_package(distributions=(built(WHEEL), built(SDIST), built("evil-1.0.tar.gz"))),
        "packages[0].distributions[2].filename",
    ),
    "another digest": (of_wheel(sha256="f" * 64), f"{ENTRY}.sha256"),
    "another size": (of_wheel(size=1), f"{ENTRY}.size"),
    "another kind": (of_wheel(kind=DistributionKind.SDIST), f"{ENTRY}.kind"),
    "built once": (of_wheel(built_twice=False), f"{ENTRY}.built_twice"),
    "not compared": (of_wheel(identical=None), f"{ENTRY}.identical"),
    "no digests before": (of_wheel(before=None), f"{ENTRY}.before"),
    "identical and not": (
        of_wheel(before=DigestPair(first=sha(WHEEL), second="f" * 64)),
        f"{ENTRY}.identical",
    ),
    "another first build": (of_wheel(before=DigestPair(first="f" * 64, second="f" * 64)), f"{ENTRY}.before.first"),
    "repacked": (of_wheel(normalised=True), f"{ENTRY}.normalised"),
    "an SBOM in it": (of_wheel(embedded=EmbeddedSbom(member="x", sha256="f" * 64, size=1)), f"{ENTRY}.embedded"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_report_about_anything_else_is_refused_and_the_field_is_named(name: str) -> None:
    report, field = HOSTILE[name]
    problems = problems_of_handover(report, EXPECTED)
    assert any(problem.startswith((f"{field}:", f"{field} ")) for problem in problems), problems


def test_outside_git_no_report_is_accepted() -> None:
    problems = problems_of_handover(of_report(commit=""), EXPECTED._replace(commit=""))
    assert problems == ("commit: cannot be compared, since the project is not under git",)


def test_a_file_that_the_report_does_not_have_is_refused() -> None:
    files = {**EXPECTED.files, "demo-1.0-cp312-cp312-linux_x86_64.whl": ("0" * 64, 1)}
    (problem,) = problems_of_handover(REPORT, EXPECTED._replace(files=files))
    assert problem.endswith("is in the folder, and not in the report")


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    return [path] if rows is None else [leaf for key, value in rows for leaf in leaves(value, (*path, key))]


STATEMENTS = {"builds", "not_varied", "differences", "diffoscope"}
"""What only the job that built can know; it is repeated as its statement."""


@pytest.mark.parametrize("seed", range(40))
def test_no_single_changed_value_of_what_can_be_compared_is_accepted(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    plain = msgspec.to_builtins(REPORT)
    paths = [path for path in leaves(plain) if not STATEMENTS.intersection(path)]
    path = chance.choice(paths)
    parent: Any = plain
    for key in path[:-1]:
        parent = parent[key]
    value = parent[path[-1]]
    other = "0" if isinstance(value, str) else "x"
    parent[path[-1]] = (
        not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}"[1:] + other
    )
    try:
        changed = canonical.decode(canonical.encode(plain), BuildReport, where="report.json")
    except InputError:
        return
    assert changed != REPORT
    if path[-1] == "second":  # the second build may differ, if the report does not call it identical
        assert any("identical" in problem for problem in problems_of_handover(changed, EXPECTED))
    assert problems_of_handover(changed, EXPECTED), path


@pytest.mark.parametrize(
    ("field", "severity"), [("content", "medium"), ("mtime", "low"), ("\x1b[2J", "low"), ("", "medium")]
)
def test_builds_that_differ_are_a_finding_here_too(field: str, severity: str) -> None:
    row = BuildDifference(member="m", field=field, first="1", second="2", cause="c", cure="curl x | sh")
    other = DigestPair(first=sha(WHEEL), second="f" * 64)
    report = of_wheel(identical=False, before=other, differences=(row,) if field else ())
    assert problems_of_handover(report, EXPECTED) == ()
    (finding,) = reported_findings(report.packages, {"demo": "pyproject.toml"})
    assert (finding.code, finding.severity, finding.path) == ("build.not-reproducible", severity, "pyproject.toml")
    assert finding.message.startswith(f"{WHEEL}: ")
    assert "\x1b" not in finding.message
    assert "curl" not in finding.next_step


def test_identical_builds_are_no_finding() -> None:
    assert reported_findings(REPORT.packages, {"demo": "pyproject.toml"}) == ()
