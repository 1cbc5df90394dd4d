"""Every stage reads like its row in the pipeline table, and importing one does nothing."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.supply_chain import PIPELINE, StageRow, row_of

ROWS = [pytest.param(row, id=row.script) for row in PIPELINE]
SECTIONS = ("Reads", "Writes", "Decides", "Exits", "Network", "Source")
MOST_LINES = 400
MOST_STATEMENTS_IN_MAIN = 25


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


def test_the_noxfile_has_a_session_per_stage(repository: Path) -> None:
    tree = ast.parse((repository / "noxfile.py").read_text())
    [stages] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STAGES"
    ]
    assert sorted(stages) == sorted(row.script for row in PIPELINE)


@pytest.mark.parametrize("row", ROWS)
def test_a_stage_documents_what_its_row_says(row: StageRow) -> None:
    doc = importlib.import_module(f"ops.supply_chain.{row.script}").__doc__ or ""
    found = sections(doc)
    assert set(SECTIONS) <= set(found)
    assert found["Reads"].startswith(row.reads)
    assert found["Writes"].startswith(row.writes)
    assert found["Decides"].startswith(row.decides)


@pytest.mark.parametrize("row", ROWS)
def test_importing_a_stage_does_nothing_and_leaves_heavy_modules_for_later(row: StageRow, tmp_path: Path) -> None:
    code = (
        "import sys, importlib; sys.argv = ['x', '--poison']\n"
        f"m = importlib.import_module('ops.supply_chain.{row.script}')\n"
        "assert callable(m.main) and callable(m.arguments)\n"
        f"assert not {HEAVY!r} & set(sys.modules), {HEAVY!r} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not list(tmp_path.iterdir())


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
def test_help_is_the_docstring(row: StageRow, repository: Path) -> None:
    script = repository / "ops" / "supply_chain" / f"{row.script}.py"
    done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True, check=True)
    assert "Reads " in done.stdout
    assert "--public-log" in done.stdout
    assert done.stderr == ""


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


def test_an_unknown_stage_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        row_of("nothing")


def test_the_pipeline_declares_what_it_locks(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    lines = (repository / "requirements.in").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == project["dependencies"]


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
