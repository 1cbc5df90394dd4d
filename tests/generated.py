"""Write the files that are made from the code, or check that they are current.

    python -m tests.generated            write them
    python -m tests.generated --check    write nothing; exit 1 and name those that are stale

Made here: a page for each stage from its row in the table of stages, its docstring and its `--help`; the overview of
all stages; the tables of their command lines and of the sessions, which the code reads; the tables of sessions and exit codes; the screens of the README and its picture of the report; the configuration reference from the contract types;
and this repository's workflows from their templates. Golden files are made by `python -m tests.golden` in the same way.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain import PIPELINE, StageRow, daily_scan_uses, record_titles, release_uses
from ops.supply_chain.assurance.adoption.model import PipelineSource
from ops.supply_chain.assurance.adoption.workflows import FOLDER, NAMES, render_workflow
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.start import TREE
from ops.supply_chain.gather.assurance.claims.evaluate import reference
from ops.supply_chain.runner.arguments import parser_for
from tests.docs import command_lines, picture, scale, session_table
from tests.docs.configuration_examples import TEXT_VALUES, examples, headings, values_of
from tests.docs.screens import passing, refused

NOTE = "<!-- Made by `nox -s generate` from the code: edit that instead. -->\n\n"
HELP_COLUMNS = 110
BLOCK, BLOCK_END = "<!-- {}: made by `nox -s generate` -->", "<!-- end of {} -->"
DEVELOPERS = ("tests", "lint", "generate", "bench")
"""Sessions for people who change sealwright."""


def stage_page(row: StageRow) -> str:
    """Return the page of one stage: its row in the table, its docstring, then its `--help`."""
    module = importlib.import_module(f"ops.supply_chain.{row.script}")
    os.environ["COLUMNS"] = str(HELP_COLUMNS)
    parser = parser_for(row.script, module.__doc__ or "")
    module.arguments(parser)
    parser.epilog = None
    doc = (module.__doc__ or "").strip()
    shown = parser.format_help().replace(str(TREE), ".")
    return (
        f"{NOTE}# {row.title}: `{row.script}`\n\n{_facts(row)}\n\n```text\n{doc}\n```\n\n"
        f"## Command line\n\n```text\n{shown}```\n"
    )


def _facts(row: StageRow) -> str:
    """Return what the table knows about a stage beyond its docstring, as a list."""
    used = [
        f"in `{session}` as {' and '.join(f'`{use.command}`' for step in steps for use in step if use.stage == row)}"
        for session, steps in (("release", release_uses()), ("daily_scan", daily_scan_uses()))
        if row in [use.stage for step in steps for use in step]
    ]
    names = [name for name in record_titles() if name == row.script or name.startswith(f"{row.script}_")]
    record = ", ".join(f"`dist/records/{name}.json`" for name in names) if row.records else "none"
    required = "; the policy denies a release without it" if row.required else ""
    counted = " or with pins that it did not examine" if row.covers_locks else ""
    gate = "Gate: a denial does not stop the run; `evaluate_policy` decides over all records."
    if not row.gate:
        gate = "Not a gate" + (": where it does not pass, the run ends." if used else ".")
    return (
        f"- Runs {' and '.join([*used, 'on its own']) if used else 'on its own only'}.\n"
        f"- Record: {record}{required}{counted}.\n"
        f"- {gate}"
    )


def stages_page() -> str:
    """Return the overview of all stages."""
    about = (
        "One script each, in `ops/supply_chain/`. A gate's denial does not stop a release run: the policy decides over all\n"
        "records. `N` is the component, `V` the version."
    )
    lines = [
        f"{NOTE}# Stages\n\n{about}\n\n",
        "| stage | script | reads | writes | decides | gate | required |\n|---|---|---|---|---|---|---|\n",
        *(
            f"| {row.title} | [`{row.script}`]({row.script}.md) | {row.reads} | {row.writes} | {row.decides} | "
            f"{'yes' if row.gate else ''} | {'yes' if row.required else ''} |\n".replace("*", "\\*")
            for row in PIPELINE
        ),
        "\n## The `release` session\n\nStages of one step run at the same time.\n\n",
        *(
            f"{number}. {', '.join(f'`{use.command}`' for use in step)}\n"
            for number, step in enumerate(release_uses(), 1)
        ),
        "\n## The `daily_scan` session\n\n",
        *(
            f"{number}. {', '.join(f'`{use.command}`' for use in step)}\n"
            for number, step in enumerate(daily_scan_uses(), 1)
        ),
    ]
    return "".join(lines)


def sessions() -> dict[str, str]:
    """Return the sessions of the noxfile that are not one stage alone: name -> first line of the docstring."""
    tree = ast.parse((TREE / "noxfile.py").read_text(encoding="utf-8"))
    return {
        node.name: (ast.get_docstring(node) or "").splitlines()[0]
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("session" in ast.unparse(mark) for mark in node.decorator_list)
    }


def readme() -> str:
    """Return the README with its screens made again."""
    return _filled(
        "README.md",
        {
            "a refused release": f"```text\n{refused()}```\n",
            "a release that passes": f"```text\n{passing()}```\n",
        },
    )


def sessions_page() -> str:
    """Return the page of sessions with its tables of sessions and exit codes made again."""
    found = [f"| `{name}` | {summary} |\n" for name, summary in sessions().items() if name not in DEVELOPERS]
    stages = "| one for each stage | for example `nox -s check_locks`; see the [stages](stages/README.md) |\n"
    developers = f"| {', '.join(f'`{name}`' for name in DEVELOPERS)} | for contributors, see [CONTRIBUTING.md](../CONTRIBUTING.md) |\n"
    codes = "".join(f"| {code.value} | {code.meaning} |\n" for code in ExitCode)
    return _filled(
        "docs/sessions.md",
        {
            "sessions": "| session | what it does |\n|---|---|\n" + "".join(found) + stages + developers,
            "exit codes": "| code | meaning |\n|---|---|\n" + codes,
        },
    )


def _filled(page: str, blocks: dict[str, str]) -> str:
    """Return a page with its blocks, by name, made again."""
    text = _current(TREE / page)
    for name, block in blocks.items():
        start, end = BLOCK.format(name), BLOCK_END.format(name)
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n\n{block}\n{end}{after}"
    return text


def scale_page() -> str:
    """Return docs/scale.md with the figures of the table of benchmarks; as it is, where the table has no fitted lines."""
    found = scale.growths(_current(TREE / "docs" / "benchmarks.md"))
    return (
        _filled("docs/scale.md", {scale.BLOCK: scale.figures(found)}) if found else _current(TREE / "docs" / "scale.md")
    )


def configuration_page() -> str:
    """Return the configuration reference: each table with its docstring, each key with type and default, an example."""
    parts = [NOTE, f"# Configuration: `{CONFIG_NAME}`\n\n", f"{_prose(Config)}\n\n", _table(Config, ""), _example("")]
    parts += [
        f"\n## `{heading}`\n\n{_prose(kind)}\n\n{_table(kind, heading.strip('[]'))}{_example(heading)}"
        for heading, kind in headings()
    ]
    return "".join(parts)


def _example(heading: str) -> str:
    return f"\n```toml\n{examples()[heading]}```\n" if heading in examples() else ""


def _prose(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def _table(kind: type[msgspec.Struct], name: str) -> str:
    rows = ["| key | type | default |\n", "|---|---|---|\n"]
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            rows.append(f"| `{field.encode_name}` | table | see below |\n")
        else:
            values = _listed(TEXT_VALUES.get(f"{name}.{field.encode_name}", ()))
            known = f"{_type(field.type)}: {values}" if values else _type(field.type)
            rows.append(f"| `{field.encode_name}` | {known} | {_default(field)} |\n")
    return "".join(rows)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _type(kind: Any) -> str:
    schema = msgspec.json.schema(kind)
    return _describe(schema, schema.get("$defs", {})).replace("|", "\\|")


def _describe(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _describe(defs[name], defs) if "enum" in defs[name] else "entries, see below"
    if "anyOf" in schema:
        return " or ".join(_describe(one, defs) for one in schema["anyOf"])
    if "enum" in schema:
        return _listed(schema["enum"])
    if listed := values_of(schema.get("pattern", "")):
        return _listed(listed)
    if schema.get("type") == "array":
        return f"list of {_describe(schema.get('items', {}), defs)}"
    return str(schema.get("type", "any")).replace("null", "absent")


def _default(field: Any) -> str:
    if field.default is msgspec.NODEFAULT:
        return "required" if field.default_factory is msgspec.NODEFAULT else "empty"
    plain = msgspec.to_builtins(field.default)
    return "none" if plain in (None, "", [], ()) else f"`{msgspec.json.encode(plain).decode()}`"


def pages() -> dict[Path, str]:
    """Return every generated file: path relative to the repository -> content."""
    made = {Path("docs/stages") / f"{row.script}.md": stage_page(row) for row in PIPELINE}
    made |= {Path(FOLDER) / name: own_workflow(name) for name in NAMES}
    made |= {Path("docs/stages/README.md"): stages_page(), Path("README.md"): readme()}
    made |= {Path("docs/sessions.md"): sessions_page(), Path(picture.PATH): picture.picture()}
    made |= {command_lines.PATH: command_lines.table(), session_table.PATH: session_table.table()}
    made[Path("docs/scale.md")] = scale_page()
    made[Path("docs/controls.md")] = NOTE + reference()
    return {**made, Path("docs/configuration.md"): configuration_page()}


def own_workflow(name: str) -> str:
    """Return a workflow of this repository, made of the template that others get."""
    template = (TREE / "templates" / "workflows" / name).read_text(encoding="utf-8")
    return render_workflow(template, pipeline=PipelineSource(), name="sealwright", own=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check; return 0 when all is current."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(argv).check
    stale = {path: text for path, text in pages().items() if _current(TREE / path) != text}
    for path, text in stale.items():
        if check:
            sys.stderr.write(f"stale: {path}; run `nox -s generate`\n")
        else:
            (TREE / path).parent.mkdir(parents=True, exist_ok=True)
            (TREE / path).write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def _current(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
