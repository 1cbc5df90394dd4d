"""List what other programs depend on: codes, exit codes, file names, variables, keys, options and JSON documents.

    python -m tests.architecture.surface          print what the code has and the list lacks, and the reverse
    python -m tests.architecture.surface --add    add to `surface.json` what the code has and the list lacks

The list only grows: an entry that the code no longer has makes a test fail. To take one out on purpose,
edit `surface.json` by hand and say in CHANGELOG.md what users of it do instead.

Nothing here depends on where a module lies or what a class or function is called.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ops import supply_chain
from ops.supply_chain import PIPELINE
from ops.supply_chain.contracts.values.build_property import BUILT_TWICE_IDENTICAL
from tests.architecture.literals import Sources, sources_of_all

REPOSITORY = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("surface.json")

Surface = dict[str, list[str]]

_CODE = re.compile(r"[a-z]+\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_KEY_AND_CODE = "sbom.licence"
"""A key of the configuration, and the code of a finding."""

_CODE_PARTS = re.compile(r"[a-z]+\.(?:[a-z0-9-]+-)?\{\}|\{\}\.[a-z]+(?:-[a-z]+)*")
_NOT_CODES = frozenset(
    {
        "crates",
        "custom",
        "data",
        "documents",
        "packages",
        "packaging",
        "project",
        "rehearsal",
        "rekor",
        "reporting",
        "sealwright",
        "tool",
        "uploads",
    }
)
"""First words of dotted texts that are something else: Rego paths, host names, ecosystems, configuration keys."""

_EXTENSIONS = [
    "age",
    "cdx",
    "cfg",
    "crt",
    "css",
    "gz",
    "html",
    "in",
    "js",
    "json",
    "json5",
    "jsonl",
    "lock",
    "md",
    "pdf",
    "py",
    "pyz",
    "sarif",
    "sig",
    "sqlite",
    "toml",
    "txt",
    "whl",
    "yaml",
    "yml",
]
_INTERNAL = ("css", "js", "py", ".html", ".SNAPSHOT.schema.json", ".whl.whl")
"""Ends of names that only this repository knows (templates, modules) or that a library brings."""

_PUBLIC_PAGES = ("index.html",)

_FILE_NAME = re.compile(rf"[\w.*{{}}/-]*\.(?:{'|'.join(_EXTENSIONS)})")
_VARIABLE = re.compile(r"\bSEALWRIGHT_[A-Z]+(?:_[A-Z]+)*\b")
_SCHEMA = re.compile(r"[a-z-]+/[0-9]+")


def derive() -> Surface:
    """Return the surface that the code has today: section -> entries, sorted."""
    sources = sources_of_all()
    sections: dict[str, Iterable[str]] = {
        "codes of findings and checks": codes(sources),
        "rules and claims": rules(),
        "exit codes": exit_codes(),
        "file names": file_names(sources),
        "environment variables": variables(sources),
        "configuration keys": configuration(),
        "sessions": sessions(),
        "options": options(),
        "documents": documents(sources),
        "results": results(sources),
    }
    return {name: sorted(set(entries)) for name, entries in sections.items()}


def codes(sources: Sources) -> Iterator[str]:
    """Yield the codes of findings and checks, `lock.unhashed`; those that are assembled by policy are rules."""
    named = {*_configuration_keys(), *_policy_keys()} - {_KEY_AND_CODE}
    for text in [*sources.constants, *sources.joined(_CODE_PARTS)]:
        first, _, second = text.partition(".")
        if _CODE.fullmatch(text) and first not in _NOT_CODES and second not in _EXTENSIONS and text not in named:
            yield text


def _configuration_keys() -> Iterator[str]:
    """Yield the keys of tables of the configuration, `gate.fail_on`."""
    for line in configuration():
        yield ".".join(line.replace("?", "").replace("[]", "").split(":")[0].split(" ")[0].split(".")[:2])


def _policy_keys() -> Iterator[str]:
    """Yield the keys of the tables of policy data, `hashes.strong`."""
    for path in (REPOSITORY / "policy" / "data").glob("*.json"):
        yield from (f"{table}.{key}" for table, keys in json.loads(path.read_text()).items() for key in keys)


def rules() -> Iterator[str]:
    """Yield the rules of the policy, `claims.no_drift`: a folder each, with the file of that name."""
    for path in (REPOSITORY / "policy").glob("*/*/*.rego"):
        if path.stem == path.parent.name:
            yield f"{path.parent.parent.name}.{path.stem}"


def exit_codes() -> Iterator[str]:
    """Yield each exit code with its name."""
    [kind] = {kind for kind in _classes() if kind.__name__ == "ExitCode"}
    yield from (f"{member.value} {member.name}" for member in kind)  # type: ignore[attr-defined]


def file_names(sources: Sources) -> Iterator[str]:
    """Yield names and ends of names of files that are read and written, without folders and without N and V."""
    for text in [*sources.constants, *sources.joined(_FILE_NAME)]:
        name = text.rpartition("/")[2].removeprefix("*").lstrip("{}-")
        internal = name.endswith(_INTERNAL) and name not in _PUBLIC_PAGES
        if _FILE_NAME.fullmatch(text) and name and "{}" not in name and not internal:
            yield name


def variables(sources: Sources) -> Iterator[str]:
    """Yield the environment variables that the code and the workflows know."""
    texts = [*sources.constants, (REPOSITORY / "noxfile.py").read_text(encoding="utf-8")]
    texts += [path.read_text(encoding="utf-8") for path in (REPOSITORY / "templates").rglob("*.yml")]
    names = {name for text in texts for name in _VARIABLE.findall(text)}
    yield from names - {BUILT_TWICE_IDENTICAL}


def configuration() -> Iterator[str]:
    """Yield the keys of the configuration file with type and default."""
    [kind] = {kind for kind in _structs() if "acknowledged_cves" in kind.__struct_encode_fields__}
    yield from _lines(kind)


def sessions() -> Iterator[str]:
    """Yield the sessions that `nox -s` knows."""
    import nox.registry

    sys.path.insert(0, str(REPOSITORY))
    try:
        importlib.import_module("noxfile")
    finally:
        sys.path.remove(str(REPOSITORY))
    yield from nox.registry.get()


def options() -> Iterator[str]:
    """Yield each option of each stage, a line a choice."""
    [parser_for] = _functions("parser_for")
    for row in PIPELINE:
        parser = parser_for(row.script, row.script)
        importlib.import_module(f"{supply_chain.__name__}.{row.script}").arguments(parser)
        for action in parser._actions:
            names = action.option_strings or [f"<{action.dest}>"]
            takes = "" if action.nargs == 0 else f" takes {action.nargs or 'a value'}"
            needed = " required" if action.required else ""
            for name in names:
                if action.nargs == "?" and action.option_strings:  # with a value, and alone
                    yield f"{row.script} {name}"
                yield f"{row.script} {name}{takes}{needed}"
                yield from (f"{row.script} {name} {choice}" for choice in action.choices or ())


def documents(sources: Sources) -> Iterator[str]:
    """Yield the fields of each JSON document that names its schema: `record/1 findings[].code: string`."""
    for kind in _structs():
        if "schema" not in kind.__struct_encode_fields__:
            continue  # and its annotations may be of types that are imported for them alone
        schema = next(field for field in msgspec.structs.fields(kind) if field.encode_name == "schema")
        named = msgspec.json.schema(schema.type).get("enum", [])
        for name in named:
            yield from (f"{name} {line}" for line in _lines(kind))
    for node, function in sources.dictionaries():
        fields = {
            str(key.value): value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        for name in sources.values(fields.get("schema"), function):
            if _SCHEMA.fullmatch(name):
                yield from (f"{name} {field}" for field in fields)


def results(sources: Sources) -> Iterator[str]:
    """Yield the fields of each result that `--format json` prints and that names no schema of its own."""
    for call, _function in sources.calls.get("StageResult", ()):
        given = next((keyword.value for keyword in call.keywords if keyword.arg == "document"), None)
        for node in sources.literals(given):
            fields = [str(key.value) for key in node.keys if isinstance(key, ast.Constant)]
            if fields and "schema" not in fields:
                yield ", ".join(sorted(fields))


def _lines(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Yield a type's fields as lines: path with `?` where it may be left out, type, default."""
    schema = msgspec.json.schema(kind)
    yield from _walk(schema, schema.get("$defs", {}), "", ())


def _walk(schema: dict[str, Any], defs: dict[str, Any], path: str, inside: tuple[str, ...]) -> Iterator[str]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in inside:
        yield f"{path}: as above"
    elif name:
        yield from _walk(defs[name], defs, path, (*inside, name))
    elif "properties" in schema:
        yield from _fields(schema, defs, path, inside)
    elif "enum" in schema:
        yield from (f"{path}: {json.dumps(value)}" for value in schema["enum"])
    elif parts := _parts(schema):
        for suffix, part in parts:
            yield from _walk(part, defs, path + suffix, inside)
    else:
        yield f"{path}: {schema.get('type', 'any')}"


def _fields(schema: dict[str, Any], defs: dict[str, Any], path: str, inside: tuple[str, ...]) -> Iterator[str]:
    for name, field in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else "?"
        place = f"{path}.{name}{optional}".lstrip(".")
        yield from _walk(field, defs, place, inside)
        if isinstance(field.get("default"), bool | int | float | str):
            yield f"{place} = {json.dumps(field['default'])}"


def _parts(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the parts of a schema: the choices of a union, the items of a list, the values of a mapping."""
    items = [*schema.get("prefixItems", ()), schema.get("items")]
    return [
        *(("", choice) for choice in schema.get("anyOf", ())),
        *(("[]", item) for item in items if isinstance(item, dict)),
        *((".*", value) for value in [schema.get("additionalProperties")] if isinstance(value, dict)),
    ]


@cache
def _modules() -> tuple[Any, ...]:
    found = pkgutil.walk_packages(supply_chain.__path__, f"{supply_chain.__name__}.")
    return tuple(importlib.import_module(module.name) for module in found)


def _classes() -> Iterator[type]:
    for module in _modules():
        yield from (item for item in vars(module).values() if isinstance(item, type))


def _structs() -> set[type[msgspec.Struct]]:
    return {kind for kind in _classes() if issubclass(kind, msgspec.Struct) and kind is not msgspec.Struct}


def _functions(name: str) -> set[Any]:
    return {item for module in _modules() if callable(item := vars(module).get(name))}


def committed() -> Surface:
    """Return the committed list."""
    return json.loads(LIST.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def removed(before: Surface, now: Surface) -> list[str]:
    """Return what the list has and the code has no longer, as `section: entry`, sorted."""
    return _beyond(before, now)


def added(before: Surface, now: Surface) -> list[str]:
    """Return what the code has and the list lacks, as `section: entry`, sorted."""
    return _beyond(now, before)


def _beyond(more: Surface, less: Surface) -> list[str]:
    return sorted(
        f"{name}: {entry}" for name, entries in more.items() for entry in set(entries) - set(less.get(name, ()))
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print or add; return 0 where list and code are the same afterwards."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--add", action="store_true", help="add to the list what the code has and the list lacks")
    add = parser.parse_args(argv).add
    before, now = committed() if LIST.exists() else {}, derive()
    if add:
        merged = {name: sorted({*before.get(name, ()), *now.get(name, ())}) for name in sorted({*before, *now})}
        LIST.write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        before = merged
    lines = [f"- {entry}" for entry in removed(before, now)] + [f"+ {entry}" for entry in added(before, now)]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
