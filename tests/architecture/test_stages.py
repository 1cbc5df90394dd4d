"""The table of stages and everything that lists stages agree; importing a stage has no effect."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.supply_chain import PIPELINE, StageRow, record_titles, records_after, release_uses, row_of, title_of
from ops.supply_chain.runner.command_lines import flags_of, listed_flags, listed_parser
from ops.supply_chain.runner.dist_lock import LOG_NAME, OUTPUT_FILES, OUTPUT_FOLDERS
from tests.docs.command_lines import own_parser

ROWS = [pytest.param(row, id=row.script) for row in PIPELINE]
SECTIONS = ("Reads", "Writes", "Decides", "Exits", "Network", "Source")
MOST_LINES = 400
MOST_STATEMENTS_IN_MAIN = 25
KEPT_FOLDERS = {"build", "change", "mirror", "packages", "reproduction", "trust", "verifier"}
"""Outputs in `dist/` that a run does not clear at its start: the review of a change and a reproduction describe a commit, the mirror and the trust page show the
retained releases, the verifier is our own code, and the first stage of a release replaces the distributions, which may be the
ones that it is given."""

SESSIONS = ("adopt", "rehearse", "release", "scan")
"""Modules of `sessions/` that are programs."""

NOT_STAGES = {"publish_attestations", "build_type", "upload_url"}
"""Names that begin like a stage's and are something else."""


def sections(doc: str) -> dict[str, str]:
    """Split a stage's docstring into its labelled paragraphs, white space folded."""
    found: dict[str, str] = {}
    label = ""
    for line in doc.splitlines():
        head = re.match(rf"({'|'.join(SECTIONS)})\s+(.*)", line)
        if head:
            label, found[head[1]] = head[1], head[2].strip()
        elif label and line.startswith((" ", "\t")):
            found[label] += " " + line.strip()
        else:
            label = ""
    return found


def test_the_table_and_the_scripts_are_the_same_set(repository: Path) -> None:
    scripts = {path.stem for path in (repository / "ops" / "supply_chain").glob("*.py")} - {"__init__"}
    assert scripts == {row.script for row in PIPELINE}


def test_the_table_needs_nothing_but_the_standard_library(repository: Path) -> None:
    """The noxfile reads the table in an environment where only nox is installed."""
    code = (
        f"import sys; sys.path.insert(0, {str(repository)!r}); before = set(sys.modules); import ops.supply_chain\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before} - {'ops'}\n"
        "assert new <= sys.stdlib_module_names, new"
    )
    done = subprocess.run([sys.executable, "-ISc", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_titles_are_unique() -> None:
    titles = [*[row.title for row in PIPELINE], *record_titles().values()]
    assert len(set(titles)) == len({*[row.script for row in PIPELINE], *record_titles()})


def test_stages_that_decide_before_the_policy_may_be_gates_and_no_others() -> None:
    """A gate's denial does not stop the run, so the policy, which decides over all records, has to come after it."""
    commands = [use.command for step in release_uses() for use in step]
    before = commands[: commands.index("evaluate_policy")]
    assert {row.script for row in PIPELINE if row.gate and row.release} <= {command.split()[0] for command in before}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_consistent(row: StageRow) -> None:
    assert row.records or not (row.gate or row.required or row.covers_locks)
    assert row.required or not row.covers_locks
    assert row.release or not row.required
    if row.records:
        assert not row.writes.startswith("nothing"), "it leaves a record"
    else:
        assert "record" not in row.writes
    known = set(flags_of(own_parser(row.script)))
    for step in (*row.release, *row.daily_scan):
        assert {word for word in step.options.split() if word.startswith("--")} <= known


def test_the_policy_requires_the_records_that_the_table_says(repository: Path) -> None:
    release = json.loads((repository / "policy/data/release.json").read_text())["release"]
    assert sorted(release["required_stages"]) == sorted(row.script for row in PIPELINE if row.required)
    assert set(release["counted_stages"]) == {row.script for row in PIPELINE if row.covers_locks}
    assert release["sbom_stage"] in record_titles()


def test_a_run_clears_every_output_that_describes_a_run() -> None:
    written = {found for row in PIPELINE for found in re.findall(r"dist/([\w.]+)", row.writes)}
    cleared = {*OUTPUT_FOLDERS, *OUTPUT_FILES}
    assert not cleared & KEPT_FOLDERS
    assert written | {"records", LOG_NAME} == cleared | KEPT_FOLDERS


def test_every_stage_that_is_named_somewhere_exists(repository: Path) -> None:
    """Texts, rules, templates and tests name stages by their script; a name that only looks like one is a mistake."""
    verbs = "|".join(sorted({row.script.partition("_")[0] for row in PIPELINE}))
    code = re.compile(rf'"(?P<name>(?:{verbs})_[a-z_]+)"')
    prose = re.compile(rf"(?:`|\"|nox -s |record of )(?P<name>(?:{verbs})_[a-z_]+)\b")
    places = [("ops", "*.py", code), ("policy", "*", prose), ("templates", "*", prose), ("docs", "*.md", prose)]
    known = {row.script for row in PIPELINE} | set(record_titles()) | NOT_STAGES
    wrong = {
        f"{path.relative_to(repository)}: {found['name']}"
        for folder, pattern, name in places
        for path in sorted((repository / folder).rglob(pattern))
        if path.is_file() and path.name != "architecture.md"  # its symbols are compared with the code
        for found in name.finditer(path.read_text(encoding="utf-8"))
        if found["name"] not in known
    }
    assert sorted(wrong) == []


@pytest.mark.parametrize("row", ROWS)
def test_a_stage_documents_what_its_row_says(row: StageRow) -> None:
    doc = importlib.import_module(f"ops.supply_chain.{row.script}").__doc__ or ""
    found = sections(doc)
    assert set(SECTIONS) <= set(found)
    assert found["Reads"].startswith(row.reads)
    assert found["Writes"].startswith(row.writes)
    assert found["Decides"].startswith(row.decides)


def test_importing_a_stage_does_nothing_and_leaves_heavy_modules_for_later(tmp_path: Path) -> None:
    """In one process: of several stages that import something heavy, the first is named."""
    code = (
        "import sys, importlib; sys.argv = ['x', '--poison']\n"
        f"for script in {[row.script for row in PIPELINE]!r}:\n"
        "    m = importlib.import_module(f'ops.supply_chain.{script}')\n"
        "    assert callable(m.main) and callable(m.arguments), script\n"
        f"    assert not {HEAVY!r} & set(sys.modules), (script, {HEAVY!r} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=unmeasured(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not list(tmp_path.iterdir())


def unmeasured() -> dict[str, str]:
    """Return variables without those of coverage, which imports modules of its own into every process."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


HEAVY = {
    "httpx",
    "cyclonedx",
    "spdx_tools",
    "rich",
    "regopy",
    "jsonschema",
    "jsonschema_rs",
    "sigstore",
    "sqlite3",
    "asyncio",
}


@pytest.mark.parametrize("row", ROWS)
def test_help_is_the_docstring(row: StageRow, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        code = importlib.import_module(f"ops.supply_chain.{row.script}").main(["--help"])
    except SystemExit as end:  # a stage that reads its options before the runner does
        code = end.code
    shown = capfd.readouterr()
    assert "Reads " in shown.out
    assert "--public-log" in shown.out
    assert (code, shown.err) == (0, "")


OF_TABLE_OR_WHOLE = [ROWS[0], *(pytest.param(*row.values, id=row.id, marks=pytest.mark.whole) for row in ROWS[1:])]
"""By default the first of the table alone, as all of them end alike (`test_every_stage_is_a_script`)."""


@pytest.mark.parametrize("row", OF_TABLE_OR_WHOLE)
def test_a_script_runs_by_its_path_from_anywhere(row: StageRow, repository: Path, tmp_path: Path) -> None:
    script = repository / "ops" / "supply_chain" / f"{row.script}.py"
    command = [sys.executable, str(script), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Reads " in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("row", ROWS)
def test_every_stage_is_a_script(row: StageRow, repository: Path) -> None:
    source = (repository / "ops" / "supply_chain" / f"{row.script}.py").read_text()
    assert source.endswith('\n\n\nif __name__ == "__main__":\n    leave(main())\n')


@pytest.mark.parametrize("row", ROWS)
def test_a_script_answers_help_before_its_imports(row: StageRow, repository: Path) -> None:
    source = (repository / "ops" / "supply_chain" / f"{row.script}.py").read_text()
    tree = ast.parse(source)
    doc, future, guard, *_ = tree.body
    assert isinstance(doc, ast.Expr)
    assert isinstance(future, ast.ImportFrom)
    assert ast.unparse(guard).splitlines() == [
        "if __name__ == '__main__':",
        "    from ops.supply_chain.runner.command_lines import answer_help",
        f"    answer_help('{row.script}')",
    ]


@pytest.mark.parametrize("row", ROWS)
def test_the_table_of_command_lines_is_that_of_the_parsers(row: StageRow, monkeypatch: pytest.MonkeyPatch) -> None:
    own, listed = own_parser(row.script), listed_parser(row.script)
    assert listed is not None
    for columns in ("40", "80", "150"):
        monkeypatch.setenv("COLUMNS", columns)
        assert listed.format_help() == own.format_help()
    assert listed_flags(row.script) == flags_of(own)


def test_help_imports_nothing_that_a_stage_needs_for_its_work() -> None:
    """Neither alone nor through a session: in one process, as the script of a stage begins."""
    code = (
        "import sys; sys.argv = ['x', '--help']\n"
        "from ops.supply_chain.runner.command_lines import answer_help\n"
        f"for script in {[row.script for row in PIPELINE]!r}:\n"
        "    try: answer_help(script)\n"
        "    except SystemExit as end: assert end.code == 0, script\n"
        "    else: raise AssertionError(script)\n"
        f"found = {HEAVY | NOT_FOR_HELP!r} & set(sys.modules)\n"
        "found |= {name for name in sys.modules if name.startswith('ops.supply_chain.')} - "
        f"{{'ops.supply_chain.' + name for name in {FOR_HELP!r}}}\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-Ic", code], env=unmeasured(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_every_stage_imports_is_no_more_than_every_stage_needs() -> None:
    code = (
        "import sys; sys.argv = ['x']\n"
        "from ops.supply_chain.runner.command_lines import answer_help\n"
        "answer_help('retain_artifacts')\n"
        "import ops.supply_chain.runner.stage\n"
        f"found = {HEAVY | NOT_FOR_EVERY_STAGE!r} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-Ic", code], env=unmeasured(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stage_that_has_nothing_to_do_imports_little_more(tmp_path: Path) -> None:
    """The retained releases of a project that has none, from its command line to its exit code."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "0.1.0"\n')
    folders = [word for name in ("project", "dist", "artifacts") for word in (f"--{name}", str(tmp_path))]
    code = (
        f"import gc, sys; sys.argv = ['x', '--list', *{folders!r}]\n"
        "from ops.supply_chain.runner.command_lines import answer_help\n"
        "answer_help('retain_artifacts')\n"
        "import ops.supply_chain.retain_artifacts as stage\n"
        "assert not gc.isenabled()\n"
        "assert stage.main() == 0\n"
        "assert gc.isenabled() and gc.get_freeze_count()\n"
        f"found = {(HEAVY | NOT_FOR_EVERY_STAGE) - FOR_THE_PROJECT!r} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-Ic", code], env=unmeasured(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing is retained\n", "")


def test_a_scan_or_an_answer_of_one_machine_imports_nothing_that_only_a_fleet_on_workers_needs() -> None:
    code = (
        "import sys\n"
        "import ops.supply_chain.gather.assurance.affected.answer\n"
        "import ops.supply_chain.gather.gates.projects, ops.supply_chain.gather.risk.advisories.lookup\n"
        "found = {'sqlalchemy', 'alembic', 'distributed', 'dask', 'asyncio'} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-Ic", code], env=unmeasured(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_session_imports_no_stage_to_know_their_options() -> None:
    code = (
        "import sys\n"
        "from ops.supply_chain import PIPELINE\n"
        "from ops.supply_chain.core.errors import UsageError\n"
        "from ops.supply_chain.runner.option_routing import route\n"
        "stages = [row.script for row in PIPELINE]\n"
        "assert route(stages, ['--offline', '--bytes'])['check_hashes'] == ['--offline', '--bytes']\n"
        "try: route(stages[:1], ['--second-opinion'])\n"
        "except UsageError as error: assert 'check_vulnerabilities has it' in error.hint, error.hint\n"
        "imported = {f'ops.supply_chain.{stage}' for stage in stages} & set(sys.modules)\n"
        "assert not imported, imported"
    )
    done = subprocess.run([sys.executable, "-Ic", code], env=unmeasured(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["runner/pipeline", *(f"sessions/{name}" for name in SESSIONS)])
def test_a_session_leaves_its_secrets_behind_before_its_imports(module: str, repository: Path) -> None:
    """What is imported before the new process starts is imported twice."""
    tree = ast.parse((repository / "ops" / "supply_chain" / f"{module}.py").read_text())
    assert ast.unparse(tree.body[2]).splitlines() == [
        "if __name__ == '__main__':",
        "    from ops.supply_chain.runner.handover import restart_for_stages",
        "    restart_for_stages()",
    ]


FOR_HELP = {
    "core", "core.commands", "core.errors", "core.stage_table", "core.start", "core.text", "core.tokens",
    "formats", "formats.workflow_commands", "runner", "runner.arguments", "runner.command_lines", "runner.streams",
}  # fmt: skip
NOT_FOR_EVERY_STAGE = {
    "ast",
    "configparser",
    "dataclasses",
    "difflib",
    "filelock",
    "hashlib",
    "inspect",
    "netrc",
    "packaging",
    "platformdirs",
    "random",
    "shutil",
    "subprocess",
    "tempfile",
    "typing_extensions",
    "email",
    "http",
    "zipfile",
    "tarfile",
}
FOR_THE_PROJECT = {"subprocess"}
"""For git."""

NOT_FOR_HELP = {
    "shutil",
    "msgspec",
    "packaging",
    "inspect",
    "dataclasses",
    "logging",
    "tempfile",
    "subprocess",
    "hashlib",
    "uuid",
}


@pytest.mark.parametrize("row", ROWS)
def test_main_is_thin(row: StageRow, repository: Path) -> None:
    tree = ast.parse((repository / "ops" / "supply_chain" / f"{row.script}.py").read_text())
    [main] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    assert sum(isinstance(node, ast.stmt) for node in ast.walk(main)) <= MOST_STATEMENTS_IN_MAIN


def test_no_module_is_too_long(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): lines
        for path in [*(repository / "ops").rglob("*.py"), repository / "noxfile.py"]
        if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_only_the_runner_prints_or_reads_the_clock(repository: Path) -> None:
    """stdout is the result, stderr the log: nothing else may write there, and nobody else asks for the time."""
    forbidden = re.compile(r"^(?!.*#)\s*print\(|datetime\.now\(|\btime\.time\(|utcnow\(", re.MULTILINE)
    caught = [
        str(path.relative_to(repository))
        for path in (repository / "ops").rglob("*.py")
        # The services of a rehearsal stand for outside ones, which have clocks of their own.
        if not {"runner", "sessions", "rehearsal"} & set(path.parts) and forbidden.search(path.read_text())
    ]
    assert caught == []


def test_only_adapters_know_the_way_out(repository: Path) -> None:
    """The import contract cannot name submodules of the standard library, so `urllib.request` is caught here."""
    caught = [
        str(path.relative_to(repository))
        for path in (repository / "ops").rglob("*.py")
        if "urllib.request" in path.read_text() and "adapters" not in path.parts
    ]
    assert caught == []


def test_an_unknown_stage_is_an_error_and_an_unknown_record_has_a_title() -> None:
    with pytest.raises(KeyError):
        row_of("nothing")
    with pytest.raises(ValueError, match="summarise_release"):
        records_after("summarise_release")
    assert title_of("evaluate_policy_provenance") == "Provenance policy"
    assert title_of("read_leaves") == "Read leaves"


def test_the_first_pass_of_the_policy_ignores_what_comes_after_it() -> None:
    assert {"generate_provenance", "evaluate_policy_provenance", "publish_release"} <= records_after("evaluate_policy")
    assert not records_after("evaluate_policy") & {row.script for row in PIPELINE if row.required}


def test_the_pipeline_declares_what_it_locks(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    lines = (repository / "requirements.in").read_text().splitlines()
    extras = [text for texts in project["optional-dependencies"].values() for text in texts]
    declared = [text.partition(";")[0] for text in (*project["dependencies"], *extras)]
    assert [line for line in lines if line and not line.startswith("#")] == sorted(declared)


def test_nothing_committed_names_a_machine(repository: Path) -> None:
    tracked = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z"], capture_output=True, check=True
    ).stdout.split(b"\0")
    # `/home/me` is what our own examples of hostile paths are called.
    home = re.compile(rb"/(?:home|Users)/(?!me\b)[a-z]|(?<![A-Za-z0-9_.<])/(?:work|root)/")
    caught = []
    for name in filter(None, tracked):
        path = repository / name.decode()
        if path.is_file() and home.search(path.read_bytes()):
            caught.append(name.decode())
    assert caught == []
