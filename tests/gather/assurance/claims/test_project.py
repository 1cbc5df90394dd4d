"""What a project's own files declare: workflows, tools, channels, waivers."""

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
        undated_identities=0, critical_days=3, high_days=10, malformed_waivers=0, ended_waivers=0, unstated_periods=0
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


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("sealwright daily_scan --dist dist --public-log", 1),
        (".venv/bin/sealwright daily_scan", 1),
        ("sealwright daily_scan --help", 0),
        ("sealwright daily_scan || true", 0),
        ("sealwright daily_scanner", 0),
        ("mysealwright daily_scan", 0),
        ("echo sealwright daily_scan", 0),
        ("nox -s daily_scan --dist dist", 0),
    ],
)
def test_the_console_command_scans_too(tmp_path: Path, command: str, found: int) -> None:
    text = DAILY.replace("python -m nox -s daily_scan -- --public-log", command)
    assert daily(tmp_path, text)[0] == found


OWNERS = "/.security-config.toml @ann\n/.github/ @ben\n"


@pytest.mark.parametrize(
    ("text", "owned"),
    [
        (OWNERS, True),
        ("* @ann", True),
        (OWNERS + "/.github/workflows/", False),
        ("/.security-config.toml @ann\n", False),
        ("* @ORG/MAINTAINERS", False),
        ("", False),
    ],
)
def test_each_file_that_decides_about_a_release_has_an_owner(tmp_path: Path, text: str, *, owned: bool) -> None:
    files = {".security-config.toml": "", ".github__workflows__daily.yml": DAILY, ".github__CODEOWNERS": text}
    assert facts(tmp_path, **files).owned_gate is owned


def test_only_the_owners_file_that_github_reads_counts(tmp_path: Path) -> None:
    assert not facts(tmp_path, **{".github__CODEOWNERS": "x @ann", "CODEOWNERS": "* @ann"}).owned_gate


HERE_DOCUMENT = """|
          cat > sample.sh <<X
          python -m nox -s daily_scan
          X"""
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
    "never, as a text": ("  scan:\n", '  scan:\n    if: "false && true"\n'),
    "never, as nothing": ("  scan:\n", "  scan:\n    if:\n"),
    "never, as an empty expression": ("  scan:\n", "  scan:\n    if: ${{ '' }}\n"),
    "a step that is never run": ("      - run: python", "      - if: 0\n        run: python"),
    "a job that waits for one that is never run": ("jobs:\n", "jobs:\n  a: {if: false}\n"),
    "a step that may fail": ("      - run: python", "      - continue-on-error: true\n        run: python"),
    "a job that may fail": ("  scan:\n", "  scan:\n    continue-on-error: ${{ true }}\n"),
    "dropped on the next line": ("--public-log", "\\\n          || true"),
    "a command that writes it into a file": ("run: python -m nox -s daily_scan -- --public-log", HERE_DOCUMENT),
    "it only lists": ("daily_scan -- --public-log", "daily_scan --list"),
    "it only lists, in short": ("daily_scan -- --public-log", "daily_scan -l"),
    "it only explains": ("-- --public-log", "-- --public-log --help"),
    "its options are computed": ("-- --public-log", "-- $OPTIONS"),
    "after the end": ("run: python", "run: |\n          exit 0\n          python"),
    "after an end that depends": ("run: python", "run: |\n          test -f x || exit 0\n          python"),
    "after another program took over": ("run: python", "run: |\n          exec true\n          python"),
    "in a branch": ("run: python", "run: |\n          if false; then\n          python"),
    "in a function": ("run: python", "run: |\n          scan() {\n          python"),
    "in a text": ("run: python", "run: |\n          echo '\n          python"),
    "after failures are ignored": ("run: python", "run: |\n          set +e\n          python"),
    "after a command that is computed": ("run: python", "run: |\n          $FIRST\n          python"),
    "after a trap": ("run: python", "run: |\n          trap 'exit 0' EXIT\n          python"),
    "in a shell that goes on": ("      - run: python", "      - shell: bash {0}\n        run: python"),
    "in another language": ("      - run: python", "      - shell: python\n        run: python"),
    "in the job's own shell": ("  scan:\n", "  scan:\n    defaults: {run: {shell: 'bash {0}'}}\n"),
    "on another event only": ("  scan:\n", "  scan:\n    if: github.event_name == 'push'\n"),
    "not on the schedule": ("  scan:\n", "  scan:\n    if: github.event_name != 'schedule'\n"),
    "an event of another name": ("  schedule:", "  scheduled:"),
    "a schedule that is spoken of": ("on:\n", "x:\n"),
    "no such hour": ("7 4 *", "7 24 *"),
    "a step elsewhere": ("    steps:", "    stages:"),
}


@pytest.mark.parametrize("name", NOT_DAILY)
def test_what_is_no_daily_scan_is_none(tmp_path: Path, name: str) -> None:
    before, after = NOT_DAILY[name]
    assert before in DAILY
    assert daily(tmp_path, DAILY.replace(before, after))[0] == 0


STILL_DAILY = {
    "without quotes": ('"7 4 * * *"', "7 4 * * *"),
    "a schedule in brackets": ('\n    # every day\n    - cron: "7 4 * * *"\n', " [{cron: 7 4 * * *}]\n"),
    "a quoted key": ("on:\n", '"on":\n'),
    "several lines": ("run: python", "run: |\n          echo begin\n          python"),
    "over a line end": ("daily_scan -- --public-log", "daily_scan \\\n          -- --public-log".replace("run: ", "")),
    "after commands": (
        "run: python",
        'run: |\n          V=$(date) pip install "nox; exit" # exit\n          echo set, if ${{ github.ref }}\n          python',
    ),
    "with options": ("daily_scan -- --public-log", "daily_scan -r -v -- --project '../the project' --offline"),
    "in a named shell": ("      - run: python", "      - shell: bash\n        run: python"),
    "on the schedule": ("  scan:\n", "  scan:\n    if: github.event_name == 'schedule'\n"),
    "a condition": ("  scan:\n", "  scan:\n    if: github.repository == 'acme/small'\n"),
}


@pytest.mark.parametrize("name", STILL_DAILY)
def test_other_ways_to_write_a_daily_scan(tmp_path: Path, name: str) -> None:
    before, after = STILL_DAILY[name]
    text = DAILY.replace("run: python", "run: |\n          python") if "line end" in name else DAILY
    assert before in text
    assert daily(tmp_path, text.replace(before, after))[0] == 1


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
    "in braces": ("- {name: x, uses: evil/x@v1}", 1),
    "in braces, behind a number sign": ('- {name: "a # b", uses: evil/x@v1}', 1),
    "in braces, by commit": (f"- {{uses: good/x@{COMMIT}}}", 2),
    "a quoted key": ('- "uses": evil/x@v1', 1),
    "a key with escapes": ('- "\\x75ses": evil/x@v1', 1),
    "a key behind a question mark": ("- ? uses\n        : evil/x@v1", 1),
    "a space before the colon": ("- uses : evil/x@v1", 1),
    "on the next line": ("- uses:\n          evil/x@v1", 1),
    "on the next line, by commit": (f"- uses:\n          good/x@{COMMIT}", 2),
    "folded": (f"- uses: >-\n          good/x@{COMMIT}", 2),
    "a commit in the comment": (f"- uses: evil/x@v1 #@{COMMIT}", 1),
    "a commit behind a space": (f"- uses: evil/x@v1 @{COMMIT}", 1),
    "an action that an expression names": (f"- uses: ${{{{matrix.x}}}}@{COMMIT}", 1),
    "no text": ("- uses: [evil/x@v1]", 1),
    "in capitals": ("- Uses: evil/x@v1", 1),
}


@pytest.mark.parametrize("name", ODD)
def test_an_action_is_pinned_or_not_however_it_is_written(tmp_path: Path, name: str) -> None:
    written, pinned = ODD[name]
    assert daily(tmp_path, f"{DAILY}      {written}\n")[1:3] == (2, pinned)


UNREADABLE = {
    "an anchor": ("uses: actions", "uses: &a actions"),
    "an alias": ("  scan:\n", "  scan:\n    env: *x\n"),
    "a merge key": ("  scan:\n", "  scan:\n    <<: {if: true}\n"),
    "jobs twice": ("jobs:\n", "jobs: {}\njobs:\n"),
    "permissions twice": ("permissions: {}\n", "permissions: {}\npermissions: write-all\n"),
    "a second document": ("on:\n", "---\non: push\n---\non:\n"),
    "a tab": ("  scan:\n", "\tscan:\n"),
    "a tag": ("permissions: {}", "permissions: !!map {}"),
    "a key that is no text": ("jobs:\n", "1: x\njobs:\n"),
    "a line that only some parsers see": ("permissions: {}\n", "# \u2028permissions: {}\n"),
    "too deep": ("permissions: {}\n", "permissions: {}\nx: " + "[" * 10_000 + "]" * 10_000 + "\n"),
    "too many values": ("permissions: {}\n", "permissions: {}\nx: [" + "1," * 60_000 + "]\n"),
    "a list": ("on:\n", "- on:\n"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_workflow_that_cannot_be_read_supports_nothing(tmp_path: Path, name: str) -> None:
    before, after = UNREADABLE[name]
    assert before in DAILY
    assert daily(tmp_path, DAILY.replace(before, after)) == (0, 1, 0, 0)


def test_laughs_are_refused_at_once(tmp_path: Path) -> None:
    laughs = "a0: &a0 [x,x,x,x,x,x,x,x]\n"
    laughs += "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 30))
    assert daily(tmp_path, laughs + DAILY) == (0, 1, 0, 0)


def test_a_mark_of_byte_order_changes_nothing(tmp_path: Path) -> None:
    assert daily(tmp_path, f"\ufeff{DAILY}") == (1, 1, 1, 1)


def test_another_encoding_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text(DAILY)
    (folder / "b.yml").write_text(DAILY, encoding="utf-16")
    found = facts(tmp_path).workflows
    assert (found.files, found.daily_scan, found.actions, found.pinned, found.restricted) == (2, 1, 2, 1, 1)


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
        "env:\n  permissions: {}\n",
        "# permissions: {}\n",
        "env: |\n  permissions:\n    contents: read\n",
        "permissions:\n  contents: all\n",
        "permissions: {contents: }\n",
        "permissions: []\n",
        "permissions: none\n",
        "Permissions: {}\n",
    ],
)
def test_a_workflow_without_limits_at_its_top_is_not_restricted(tmp_path: Path, permissions: str) -> None:
    assert daily(tmp_path, DAILY.replace("permissions: {}\n", permissions))[3] == 0


@pytest.mark.parametrize(
    "permissions",
    [
        "permissions: read-all\n",
        'permissions: "read-all"\n',
        "permissions:\n  contents: read\n",
        "permissions: {contents: read, id-token: write}\n",
    ],
)
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
        (".github__dependabot.yml", "updates:\n  - package-ecosystem: pip\n    open-pull-requests-limit: 0\n", False),
        (".github__dependabot.yml", "updates: [{package-ecosystem: uv}]\n", True),
        (".github__dependabot.yml", "# updates:\n#  - package-ecosystem: pip\n", False),
        (".github__dependabot.yml", "x: |\n  - package-ecosystem: pip\n", False),
        (".github__dependabot.yml", "updates:\n  - package-ecosystem: pip\nupdates: []\n", False),
        ("renovate.json", " ", False),
    ],
)
def test_a_tool_counts_where_it_is_switched_on(tmp_path: Path, name: str, text: str, there: bool) -> None:
    assert facts(tmp_path, **{name: text}).update_tool is there


@pytest.mark.parametrize(("name", "there"), [("LICENSE", True), ("COPYING.md", True), ("LICENSING", False)])
def test_a_licence_file_is_found_by_its_name(tmp_path: Path, name: str, there: bool) -> None:
    assert facts(tmp_path, **{name: "text"}).licence_file is there
