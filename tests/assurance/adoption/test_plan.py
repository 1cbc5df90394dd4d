"""What would be written, what stays, what comes next."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.supply_chain.assurance.adoption import workflows
from ops.supply_chain.assurance.adoption.bots import (
    DEPENDABOT,
    DEPENDABOT_PLACES,
    RENOVATE,
    RENOVATE_PLACES,
    dependabot_text,
    renovate_text,
)
from ops.supply_chain.assurance.adoption.config_text import config_text, signer_lines
from ops.supply_chain.assurance.adoption.model import (
    AdoptionPlan,
    AdoptOptions,
    FoundLock,
    IgnoredAdvisory,
    ImportedIgnores,
    PipelineSource,
    PlannedFile,
)
from ops.supply_chain.assurance.adoption.naming import component_name
from ops.supply_chain.assurance.adoption.plan import make_plan, places, with_missing_lines
from ops.supply_chain.assurance.adoption.report import (
    commit_command,
    difference,
    found_lines,
    next_steps,
    to_paste,
    unsettled,
)
from ops.supply_chain.assurance.adoption.workflows import NAMES, SEMGREP
from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.contracts.config.updates import UpdateTool
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.formats.tag_forms import TagForm
from ops.supply_chain.inventory.build.scopes import is_development_lock
from tests.assurance.adoption.world import survey

TEMPLATES = {**dict.fromkeys((*NAMES, SEMGREP), "on: push\n"), "SECURITY.md.template": "# Security\n"}
ALWAYS = [".gitignore", ".security-config.toml", "renovate.json5"]
GITHUB = [".github/dependabot.yml", *(f".github/workflows/{name}" for name in NAMES)]


def planned(wanted: AdoptOptions | None = None, **found: Any) -> AdoptionPlan:
    return make_plan(survey(**found), wanted or AdoptOptions(), templates=TEMPLATES, pipeline=PipelineSource())


def paths(plan: AdoptionPlan) -> list[str]:
    return [file.path for file in plan.files]


def test_workflows_are_for_github_or_where_they_are_asked_for() -> None:
    assert paths(planned()) == ALWAYS
    assert paths(planned(repository="acme/widget")) == sorted([*ALWAYS, *GITHUB])
    assert paths(planned(AdoptOptions(workflows=True))) == sorted([*ALWAYS, *GITHUB])
    assert paths(planned(AdoptOptions(template=True))) == sorted([*ALWAYS, "SECURITY.md.template"])
    assert planned().kept == (
        ".github/workflows/: not written: the project has no remote on GitHub (--workflows writes them)",
    )


def test_a_folder_in_a_repository_gets_no_workflows() -> None:
    plan = planned(AdoptOptions(workflows=True), repository="acme/widget", prefix="inner")
    assert paths(plan) == ALWAYS
    assert plan.kept == (".github/workflows/: not written: GitHub reads workflows only from the root of a repository",)


def test_what_is_there_is_never_written() -> None:
    everything = frozenset(places())
    plan = planned(
        AdoptOptions(template=True, workflows=True), existing=everything, gitignore=b"dist\n.nox/\n", repository="a/b"
    )
    assert plan.files == ()
    assert ".security-config.toml: exists, unchanged" in plan.kept
    assert ".gitignore: complete" in plan.kept


@pytest.mark.parametrize("place", RENOVATE_PLACES)
def test_another_renovate_configuration_is_enough(place: str) -> None:
    plan = planned(existing=frozenset({place}))
    assert paths(plan) == [".gitignore", ".security-config.toml"]
    assert f"{place}: exists, unchanged" in plan.kept


GITIGNORES = {
    "none": (None, b"# Output of the release pipeline (sealwright).\n/dist/\n/.nox/\n"),
    "empty": (b"", b"# Output of the release pipeline (sealwright).\n/dist/\n/.nox/\n"),
    "one is there": (b"dist\n", b"dist\n\n# Output of the release pipeline (sealwright).\n/.nox/\n"),
    "no line end": (b"x", b"x\n\n# Output of the release pipeline (sealwright).\n/dist/\n/.nox/\n"),
    "carriage returns": (b"x\r\n", b"x\r\n\r\n# Output of the release pipeline (sealwright).\r\n/dist/\r\n/.nox/\r\n"),
    "not UTF-8": (b"\xff\n/dist\n", b"\xff\n/dist\n\n# Output of the release pipeline (sealwright).\n/.nox/\n"),
    "all are there": (b" /dist/ \n.nox\n", None),
}


@pytest.mark.parametrize(("content", "new"), GITIGNORES.values(), ids=GITIGNORES.keys())
def test_only_missing_lines_are_added(content: bytes | None, new: bytes | None) -> None:
    assert with_missing_lines(content, dist_is_tracked=False) == new
    if new is not None:
        assert new.startswith(content or b"")
        assert with_missing_lines(new, dist_is_tracked=False) is None


def test_a_tracked_dist_is_not_ignored() -> None:
    assert with_missing_lines(None, dist_is_tracked=True) == (
        b"# Output of the release pipeline (sealwright).\n/.nox/\n"
    )


def test_dependabot_names_the_folders_of_the_locks_once() -> None:
    def lock(path: str, kind: LockKind) -> FoundLock:
        return FoundLock(path=path, kind=kind, pins=1, loose=0)

    locks = (
        lock("b/requirements.txt", LockKind.REQUIREMENTS),
        lock("b/dev.txt", LockKind.REQUIREMENTS),
        lock("poetry.lock", LockKind.POETRY),
        lock('q"\n- x: y/requirements.txt', LockKind.REQUIREMENTS),
        lock("*/requirements.txt", LockKind.REQUIREMENTS),
        lock("uv.lock", LockKind.UV),
    )
    text = dependabot_text(survey(locks=locks, repository="acme/widget"))
    document = yaml.safe_load(text)
    assert {one["package-ecosystem"]: one["directories"] for one in document["updates"]} == {
        "github-actions": ["/"],
        "pip": ["/", "/b"],
        "uv": ["/"],
    }
    assert all(one["open-pull-requests-limit"] == 0 for one in document["updates"])
    assert "gh api -X PUT repos/acme/widget/vulnerability-alerts" in text


def test_renovate_waits_for_updates_and_not_for_fixes() -> None:
    lines = [line for line in renovate_text(survey()).splitlines() if not line.strip().startswith("//")]
    text = "\n".join(lines)
    for key in (
        "$schema",
        "extends",
        "minimumReleaseAge",
        "internalChecksFilter",
        "osvVulnerabilityAlerts",
        "packageRules",
        "matchCategories",
        "prBodyNotes",
    ):
        text = text.replace(f" {key}:", f' "{key}":')
    text = text.replace("vulnerabilityAlerts:", '"vulnerabilityAlerts":').replace("labels:", '"labels":')
    document = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))
    assert document["minimumReleaseAge"] == "7 days"
    assert document["vulnerabilityAlerts"]["minimumReleaseAge"] is None
    [rule] = document["packageRules"]
    assert rule["matchCategories"] == ["python"]
    assert "`nox -s lock -- --upgrade-package {{depName}}`" in rule["prBodyNotes"][0]


def test_a_request_names_the_command_of_each_kind_of_lock() -> None:
    locks = (
        FoundLock(path="uv.lock", kind=LockKind.UV, pins=1, loose=0),
        FoundLock(path="pylock.toml", kind=LockKind.PYLOCK, pins=1, loose=0),
        FoundLock(path="a/uv.lock", kind=LockKind.UV, pins=1, loose=0),
    )
    text = renovate_text(survey(locks=locks))
    assert text.count("uv lock --upgrade-package {{depName}}") == 1
    assert "nox" not in text


UPDATES = {
    "both": (UpdateTool.AUTO, (), True, [DEPENDABOT, RENOVATE]),
    "not on GitHub": (UpdateTool.AUTO, (), False, [RENOVATE]),
    "its own Dependabot": (UpdateTool.AUTO, (".github/dependabot.yaml",), True, []),
    "its own Renovate": (UpdateTool.AUTO, (".renovaterc",), True, []),
    "Renovate": (UpdateTool.RENOVATE, (), True, [RENOVATE]),
    "Renovate beside its own Dependabot": (UpdateTool.RENOVATE, (DEPENDABOT,), True, [RENOVATE]),
    "Renovate, which is there": (UpdateTool.RENOVATE, (".renovaterc",), True, []),
    "Dependabot": (UpdateTool.DEPENDABOT, (), True, [DEPENDABOT]),
    "Dependabot where it is asked for": (UpdateTool.DEPENDABOT, (), False, [DEPENDABOT]),
    "Dependabot, which is there": (UpdateTool.DEPENDABOT, (DEPENDABOT,), True, []),
    "none": (UpdateTool.NONE, (), True, []),
}


@pytest.mark.parametrize(("tool", "own", "on_github", "expected"), UPDATES.values(), ids=UPDATES.keys())
def test_the_update_tool_is_a_setting(
    tool: UpdateTool, own: tuple[str, ...], on_github: bool, expected: list[str]
) -> None:
    found: dict[str, Any] = {"existing": frozenset(own), "repository": "acme/widget" if on_github else ""}
    bots = {RENOVATE, *RENOVATE_PLACES, *DEPENDABOT_PLACES}
    asked = planned(AdoptOptions(updates=tool), **found)
    for plan in (planned(updates=tool, **found), asked):
        assert [path for path in paths(plan) if path in bots] == expected
    for place in own:
        assert f"{place}: exists, unchanged" in asked.kept or expected
    [text] = [file.new.decode() for file in asked.files if file.path == ".security-config.toml"]
    assert parse_config(text).updates.tool is tool


def test_what_was_asked_for_wins_over_the_configuration() -> None:
    assert RENOVATE not in paths(planned(AdoptOptions(updates=UpdateTool.NONE), updates=UpdateTool.RENOVATE))


def test_dependabot_is_not_written_into_a_folder_of_a_repository() -> None:
    plan = planned(AdoptOptions(updates=UpdateTool.DEPENDABOT), prefix="inner")
    assert DEPENDABOT not in paths(plan)
    assert any(line.startswith(f"{DEPENDABOT}: not written: ") for line in plan.kept)


NAMES_OF = {
    "a safe one": (["wid.get_1+x"], "wid.get_1+x"),
    "the first with anything": (["", "///", "b"], "b"),
    "spaces and quotes": (['my "project"\n[x]'], "my-project-x"),
    "dots": (["..a..b.."], "a.b"),
    "nothing": (["", "***", "é"], "component"),
    "long": (["x" * 300], "x" * 100),
}


@pytest.mark.parametrize(("candidates", "name"), NAMES_OF.values(), ids=NAMES_OF.keys())
def test_a_name_is_made_safe(candidates: list[str], name: str) -> None:
    assert component_name(candidates) == name


LOOSE = FoundLock(path="a.txt", kind=LockKind.REQUIREMENTS, pins=3, loose=2)
STEPS = {
    "empty, not written": (
        {},
        False,
        [
            "write the files: nox -s adopt -- ../p --write",
            "lock the dependencies; create a requirements.in or pyproject.toml first: nox -s lock -- --project ../p",
            "name the authorized signer: [[signing.identities]] in .security-config.toml",
        ],
    ),
    "sources, ignores": (
        {
            "sources": ("requirements.in",),
            "ignored": ImportedIgnores(entries=(IgnoredAdvisory(id="A-1", source="x"),) * 2),
        },
        True,
        [
            "lock the dependencies from requirements.in: nox -s lock -- --project ../p",
            "decide on 1 ignored advisory: give each a reason, an owner and an expiry date in .security-config.toml, or delete it",
            "name the authorized signer: [[signing.identities]] in .security-config.toml",
        ],
    ),
    "unhashed": (
        {"locks": (LOOSE,), "signers": 1},
        True,
        [
            "pin every package with a hash and an exact version: a.txt (2 of 3): nox -s lock -- --project ../p",
            "set a private reporting channel: [reporting] in .security-config.toml",
            "give the project a version: tag a commit, or set [project].version in pyproject.toml",
        ],
    ),
    "broken": (
        {"locks_problem": "x:1: \x1b[2J", "signers": 1, "channel": "SECURITY.md", "released_as": "1"},
        True,
        [
            "fix the unreadable file: x:1: ?[2J",
            "rehearse until no check blocks the release: nox -s rehearse -- --project ../p",
            "make the first release: tag a commit, then nox -s release -- --project ../p",
        ],
    ),
    "all is well": (
        {
            "locks": (FoundLock(path="a.txt", kind=LockKind.UV, pins=3, loose=0),),
            "signers": 1,
            "channel": "SECURITY.md",
            "released_as": "1",
        },
        True,
        [
            "rehearse until no check blocks the release: nox -s rehearse -- --project ../p",
            "make the first release: tag a commit, then nox -s release -- --project ../p",
            "check for new advisories every day: nox -s daily_scan -- --project ../p --public-log",
        ],
    ),
}


@pytest.mark.parametrize(("found", "written", "steps"), STEPS.values(), ids=STEPS.keys())
def test_the_three_next_steps(found: dict[str, Any], written: bool, steps: list[str]) -> None:
    assert list(next_steps(survey(**found), written=written, project="../p")) == steps


LOCKED = (FoundLock(path="a.txt", kind=LockKind.UV, pins=3, loose=0),)
COMMITTED = {
    "a signer as a comment": (
        {"repository": "a/b", "signer_lines": (40, 44), "channel": "x", "released_as": "1"},
        [
            "uncomment lines 40 to 44 of .security-config.toml if that is who signs, then commit: git add",
            "rehearse the release: nox -s rehearse -- --project ../p",
            "name who owns what decides about a release: nox -s adopt -- ../p --write --owner @USER",
        ],
    ),
    "no repository": (
        {"signer_lines": (40, 44), "channel": "x"},
        [
            "name the authorized signer: [[signing.identities]] in .security-config.toml, then commit: git add",
            "rehearse the release: nox -s rehearse -- --project ../p",
            "give the project a version: tag a commit, or set [project].version in pyproject.toml",
        ],
    ),
    "versions that only tags state": (
        {"signers": 1, "needs_tag": True, "tags": (TagForm("cli==", "0.4.30"),), "released_as": "1"},
        [
            "commit what was written: git add",
            "rehearse the release: git -C ../p tag cli==0.4.31 && nox -s rehearse -- --project ../p",
            "set a private reporting channel: [reporting] in .security-config.toml",
        ],
    ),
}


@pytest.mark.parametrize(("found", "steps"), COMMITTED.values(), ids=COMMITTED.keys())
def test_what_was_written_is_committed_first(found: dict[str, Any], steps: list[str]) -> None:
    assert list(next_steps(survey(locks=LOCKED, **found), written=True, project="../p", commit="git add")) == steps


def test_a_version_that_is_tagged_is_raised_before_the_rehearsal() -> None:
    """A commit after the tag is not that version: the rehearsal would be refused."""
    tagged = {"signers": 1, "taken_tag": "v1.2"}
    steps = next_steps(survey(locks=LOCKED, **tagged), written=True, project="", commit="c")
    assert steps[1] == (
        "raise [project].version in pyproject.toml, since v1.2 is tagged and commit that, then rehearse the release: nox -s rehearse"
    )
    uv = (FoundLock(path="uv.lock", kind=LockKind.UV, pins=3, loose=0),)
    assert (
        ", run `uv lock` and commit that, "
        in next_steps(survey(locks=uv, **tagged), written=True, project="", commit="c")[1]
    )


def test_what_a_tool_alone_reads_is_locked_by_it() -> None:
    steps = next_steps(survey(tool_locks=(LockKind.POETRY, LockKind.UV)), written=True, project="a b")
    assert list(steps[:2]) == [
        "lock what [tool.poetry] declares, which poetry alone reads: poetry lock --directory 'a b'",
        "lock what [tool.uv] declares, which uv alone reads: uv lock --directory 'a b'",
    ]


def test_in_the_current_folder_no_command_names_the_project() -> None:
    steps = next_steps(survey(locks=LOCKED, signers=1, needs_tag=True), written=True, project="", commit="c")
    assert steps[1] == "rehearse the release: git tag v0.1.0 && nox -s rehearse"


WRITTEN = ("requirements.cdx.json", "requirements.in", "requirements.txt", "a b.toml", ".github/x.yml")


@pytest.mark.parametrize(
    ("paths", "project", "alone", "expected"),
    [
        ((), "", True, ""),
        (WRITTEN, "", True, "git add --all -- . && git commit --message 'Adopt sealwright'"),
        (
            WRITTEN,
            "../p q",
            False,
            "git -C '../p q' add -- .github/x.yml 'a b.toml' 'requirements.*' && git -C '../p q' commit --message 'Adopt sealwright'",
        ),
    ],
)
def test_the_command_that_commits(paths: tuple[str, ...], project: str, alone: bool, expected: str) -> None:
    assert commit_command(paths, project, alone=alone) == expected


def test_the_lines_of_the_signer_are_those_to_uncomment() -> None:
    text = config_text(survey(repository="acme/widget"))
    first, last = signer_lines(text)
    lines = text.splitlines()
    lines[first - 1 : last] = [line.removeprefix("#").lstrip() for line in lines[first - 1 : last]]
    [identity] = parse_config("\n".join(lines)).signing.identities
    assert identity.identity_regex.startswith("https://github\\.com/acme/widget/")
    assert signer_lines("") == (0, 0)
    assert signer_lines("[[signing.identities]]\n") == (0, 0)


def test_what_the_configuration_speaks_of_is_not_told_again() -> None:
    entries = tuple(IgnoredAdvisory(id=name, source="x") for name in ("b-2", "A-1", "B-2"))
    found = survey(ignored=ImportedIgnores(entries=entries), known_ids=frozenset({"A-1"}))
    assert [one.id for one in unsettled(found)] == ["b-2"]
    assert to_paste(()) == []
    assert (
        to_paste(unsettled(found))[1]
        == ".security-config.toml exists and is not changed; copy the entries that you want to keep:"
    )


def test_what_is_shown_is_one_line_a_line() -> None:
    file = PlannedFile(path=".gitignore", old=b"a\x1b[31m\n\xff\n", new=b"a\x1b[31m\n\xff\n/dist/\n", why="")
    assert difference(AdoptionPlan(files=(file,))) == [
        "--- a/.gitignore",
        "+++ b/.gitignore",
        "@@ -1,2 +1,3 @@",
        " a?[31m",
        " \N{REPLACEMENT CHARACTER}",
        "+/dist/",
    ]
    lines = found_lines(survey(ci=("a\nb",), host="example.org", under_git=True, locks=(LOOSE,), prefix="p\r"))
    assert "CI        a?b" in lines
    assert "git       a remote at example.org, in folder p?" in lines
    assert "locks     a.txt: 3 packages, 2 without hash or exact version" in lines
    lines = found_lines(survey(locks=(LOOSE,), locks_problem="uv.lock:1: broken"))
    assert "locks     a.txt: 3 packages, 2 without hash or exact version" in lines
    assert "locks     cannot be read: uv.lock:1: broken" in lines
    assert all("\n" not in line for line in lines)


def test_the_places_are_relative() -> None:
    assert all(not Path(place).is_absolute() and ".." not in place for place in places())


def test_an_installed_sealwright_ignores_what_it_retains_and_locks_itself() -> None:
    plan = make_plan(
        survey(repository="acme/widget"), AdoptOptions(), templates=TEMPLATES, pipeline=PipelineSource(version="1.2")
    )
    files = {file.path: file.new.decode() for file in plan.files}
    assert files["requirements/sealwright.in"] == "sealwright==1.2\n"
    assert "/data/artifacts/\n" in files[".gitignore"]
    assert parse_config(files[".security-config.toml"]).locks.scopes == ()
    assert is_development_lock(workflows.LOCK, LockKind.REQUIREMENTS)


def test_a_sealwright_installed_from_a_file_is_not_locked() -> None:
    source = PipelineSource(version="1.2", listed=False)
    plan = make_plan(survey(repository="acme/widget"), AdoptOptions(), templates=TEMPLATES, pipeline=source)
    files = {file.path: file.new.decode() for file in plan.files}
    assert "requirements/sealwright.in" not in files
    assert any(line.startswith("requirements/sealwright.in: not written: ") for line in plan.kept)
    assert "/data/artifacts/\n" in files[".gitignore"]
