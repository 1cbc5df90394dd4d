"""Write the files that are made from the code, or check that they are current.

    python -m tests.generated            write them
    python -m tests.generated --check    write nothing; exit 1 and name those that are stale

Made here: a page per stage from its docstring and `--help`, and the configuration reference from the
contract types. Golden files are made by `python -m tests.golden` in the same way.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from ops.supply_chain import PIPELINE, StageRow
from ops.supply_chain.contracts.config import CONFIG_NAME, Config
from ops.supply_chain.runner.arguments import REPOSITORY, parser_for

NOTE = "<!-- Made by `nox -s generate` from the code: edit that instead. -->\n\n"
HELP_COLUMNS = 110


def stage_page(row: StageRow) -> str:
    """Return the page of one stage: its docstring, then its `--help`."""
    module = importlib.import_module(f"ops.supply_chain.{row.script}")
    os.environ["COLUMNS"] = str(HELP_COLUMNS)
    parser = parser_for(row.script, module.__doc__ or "")
    module.arguments(parser)
    parser.epilog = None
    doc = (module.__doc__ or "").strip()
    shown = parser.format_help().replace(str(REPOSITORY), ".")
    return f"{NOTE}# {row.script}\n\n```text\n{doc}\n```\n\n## Command line\n\n```text\n{shown}```\n"


def configuration_page() -> str:
    """Return the configuration reference: each table with its docstring, each key with type and default."""
    parts = [NOTE, f"# Configuration: `{CONFIG_NAME}`\n\n", f"{_prose(Config)}\n\n", _table(Config)]
    for field in msgspec.structs.fields(Config):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            parts += [f"\n## `[{field.name}]`\n\n", f"{_prose(field.type)}\n\n", _table(field.type)]
        for item in get_args(field.type):
            if isinstance(item, type) and issubclass(item, msgspec.Struct):
                parts += [f"\n## Entries of `{field.name}`\n\n", f"{_prose(item)}\n\n", _table(item)]
    return "".join(parts)


def _prose(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def _table(kind: type[msgspec.Struct]) -> str:
    rows = ["| key | type | default |\n", "|---|---|---|\n"]
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            rows.append(f"| `{field.name}` | table | see below |\n")
        else:
            rows.append(f"| `{field.name}` | {_type(field.type)} | {_default(field)} |\n")
    return "".join(rows)


def _type(kind: Any) -> str:
    schema = msgspec.json.schema(kind)
    return _describe(schema, schema.get("$defs", {})).replace("|", "\\|")


def _describe(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _describe(defs[name], defs) if "enum" in defs[name] else f"entries, see `{name}`"
    if "anyOf" in schema:
        return " or ".join(_describe(one, defs) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
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
    return {**made, Path("docs/configuration.md"): configuration_page()}


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check; return 0 when all is current."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(argv).check
    stale = [path for path, text in pages().items() if _current(REPOSITORY / path) != text]
    for path in stale:
        if check:
            sys.stderr.write(f"stale: {path}; run `nox -s generate`\n")
        else:
            (REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
            (REPOSITORY / path).write_text(pages()[path], encoding="utf-8")
    return 1 if check and stale else 0


def _current(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
