"""What a project's own files say: workflows read line by line, tools, channels, waivers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.assurance.claims.evidence import ProjectFacts
from ops.supply_chain.gather.assurance.claims.project import project_facts
from tests.assurance.claims.support import claims_run

COMMIT = "a" * 40
DAILY = f"""\
on:
  schedule:
    # every day
    - cron: "7 4 * * *"
permissions: {{}}
jobs:
  scan:
    steps:
      - uses: actions/checkout@{COMMIT} # v4
      - run: python -m nox -s daily_scan -- --public-log
"""
CONFIG = """\
component_name = "small"
[response]
critical_days = 3
[reporting]
email = "security@example.org"
[[signing.identities]]
identity = "a@example.org"
issuer = "https://issuer.example"
from = 2026-01-01
[[signing.identities]]
identity = "b@example.org"
issuer = "https://issuer.example"
until = 2026-02-01
[[waivers]]
id = "CVE-2026-1"
package = "x"
reason = "not reached"
owner = "me"
date = 2026-10-01
expires = 2026-11-01
[[waivers]]
id = "CVE-2026-2"
"""


def facts(root: Path, **files: str) -> ProjectFacts:
    for name, text in files.items():
        target = root / name.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    run = claims_run(root)
    found, refs, _ = project_facts(run)
    assert bool(refs["workflows"]) == bool(found.workflows.files)
    return found


def test_a_bare_project_says_nothing(tmp_path: Path) -> None:
    assert facts(tmp_path) == ProjectFacts(
        undated_identities=0, critical_days=3, high_days=10, malformed_waivers=0, ended_waivers=0
    )


def test_what_the_configuration_says_is_counted(tmp_path: Path) -> None:
    found = facts(tmp_path, **{".security-config.toml": CONFIG})
    assert (found.config, found.response, found.private_channel) == (True, True, True)
    assert (found.identities, found.undated_identities) == (1, 1)
    assert (found.waivers, found.ended_waivers) == (1, 1)
    assert found.malformed_waivers > 0


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ('github = "acme/small"', True),
        ('url = "https://example.org/report"', True),
        ('email = "@"', False),
        ('url = "https://"', False),
        ('github = "acme"', False),
        ('languages = ["en"]', False),
    ],
)
def test_a_channel_is_one_that_can_be_reached(tmp_path: Path, line: str, there: bool) -> None:
    assert facts(tmp_path, **{".security-config.toml": f"[reporting]\n{line}\n"}).private_channel is there


def daily(tmp_path: Path, text: str) -> tuple[int, int, int, int]:
    found = facts(tmp_path, **{".github__workflows__daily.yml": text}).workflows
    return found.daily_scan, found.actions, found.pinned, found.restricted


def test_a_daily_workflow_is_found(tmp_path: Path) -> None:
    assert daily(tmp_path, DAILY) == (1, 1, 1, 1)


NOT_DAILY = {
    "every week": ("7 4 * * *", "7 4 * * 1"),
    "no schedule": ('    - cron: "7 4 * * *"\n', ""),
    "the schedule is a comment": ("    - cron", "    # - cron"),
    "the scan is a comment": ("      - run: python", "      # - run: python"),
    "another session": ("daily_scan", "daily_scanner"),
    "it is only spoken of": ("run: python", "run: echo python"),
    "what it finds is dropped": ("--public-log", "--public-log || true"),
    "never": ("  scan:\n", "  scan:\n    if: false\n"),
    "never, as an expression": ("  scan:\n", "  scan:\n    if: ${{ false }}\n"),
}


@pytest.mark.parametrize("name", NOT_DAILY)
def test_what_is_no_daily_scan_is_none(tmp_path: Path, name: str) -> None:
    before, after = NOT_DAILY[name]
    assert before in DAILY
    assert daily(tmp_path, DAILY.replace(before, after))[0] == 0


LOOSE = {
    "a tag": f"actions/checkout@{COMMIT}|actions/checkout@v4",
    "a short commit": f"{COMMIT}|{COMMIT[:12]}",
    "an image by tag": f"actions/checkout@{COMMIT}|docker://alpine:3",
}


@pytest.mark.parametrize("name", LOOSE)
def test_an_action_that_can_change_is_not_pinned(tmp_path: Path, name: str) -> None:
    before, after = LOOSE[name].split("|")
    assert daily(tmp_path, DAILY.replace(before, after))[1:3] == (1, 0)


ODD = {
    "in braces": "- {name: x, uses: evil/x@v1}",
    "in braces, behind a number sign": '- {name: "a # b", uses: evil/x@v1}',
    "in braces, by commit": f"- {{uses: evil/x@{COMMIT}}}",
    "a quoted key": '- "uses": evil/x@v1',
    "a key with escapes": '- "\\x75ses": evil/x@v1',
    "a key behind a question mark": "- ? uses\n        : evil/x@v1",
    "a space before the colon": "- uses : evil/x@v1",
    "on the next line": "- uses:\n          evil/x@v1",
    "behind an anchor": f"- uses: &a evil/x@{COMMIT}",
    "a commit in the comment": f"- uses: evil/x@v1 #@{COMMIT}",
    "a line that is too long": f"- uses: evil/x@{COMMIT}{' ' * 3000}",
}


@pytest.mark.parametrize("name", ODD)
def test_an_action_that_is_written_oddly_is_not_pinned(tmp_path: Path, name: str) -> None:
    assert daily(tmp_path, f"{DAILY}      {ODD[name]}\n")[1:3] == (2, 1)


def test_an_action_of_the_project_itself_is_looked_into(tmp_path: Path) -> None:
    text = DAILY.replace(f"actions/checkout@{COMMIT}", "./own")
    assert daily(tmp_path, text)[1:3] == (1, 0), "it is not there"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "action.yml").write_text("runs:\n  steps:\n    - uses: evil/x@v1\n    - uses: ./own\n")
    assert daily(tmp_path, text)[1:3] == (1, 0)
    (tmp_path / "own" / "action.yml").write_text("runs:\n  using: node24\n")
    assert daily(tmp_path, text)[1:3] == (0, 0)


@pytest.mark.parametrize(
    "permissions",
    [
        "",
        "permissions: write-all\n",
        'permissions: "write-all"\n',
        "permissions:\n  write-all\n",
        "permissions:\n",
        "  permissions: {}\n",
    ],
)
def test_a_workflow_without_limits_at_its_top_is_not_restricted(tmp_path: Path, permissions: str) -> None:
    assert daily(tmp_path, DAILY.replace("permissions: {}\n", permissions))[3] == 0


@pytest.mark.parametrize("permissions", ["permissions: read-all\n", "permissions:\n  contents: read\n"])
def test_a_workflow_that_says_what_its_token_may_do_is_restricted(tmp_path: Path, permissions: str) -> None:
    assert daily(tmp_path, DAILY.replace("permissions: {}\n", permissions))[3] == 1


def test_a_broken_file_is_one_in_which_nothing_good_was_found(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text(DAILY)
    (folder / "b.yml").write_bytes(b"\xff\xfe")
    found = facts(tmp_path).workflows
    assert (found.files, found.restricted, found.daily_scan) == (2, 1, 1)
    assert (found.actions, found.pinned) == (2, 1)


@pytest.mark.parametrize(
    ("name", "text", "there"),
    [
        ("renovate.json", "{}", True),
        ("renovate.json", '{"enabled": false}', False),
        (".github__dependabot.yml", "version: 2\nupdates: []\n", False),
        (".github__dependabot.yml", "updates:\n  - package-ecosystem: github-actions\n", False),
        (".github__dependabot.yml", 'updates:\n  - package-ecosystem: "pip"  # ours\n', True),
        (".github__dependabot.yml", "    open-pull-requests-limit: 0\n", False),
        ("renovate.json", " ", False),
    ],
)
def test_a_tool_counts_where_it_is_switched_on(tmp_path: Path, name: str, text: str, there: bool) -> None:
    assert facts(tmp_path, **{name: text}).update_tool is there


@pytest.mark.parametrize(("name", "there"), [("LICENSE", True), ("COPYING.md", True), ("LICENSING", False)])
def test_a_licence_file_is_found_by_its_name(tmp_path: Path, name: str, there: bool) -> None:
    assert facts(tmp_path, **{name: "text"}).licence_file is there
