"""The CycloneDX JSON schemas that come with `cyclonedx-python-lib`, applied by `jsonschema-rs`.

The library's own validator does the same with the same files, some hundred times slower; a test holds the
two together over the specification's valid and invalid examples. Nothing is fetched: a reference to a
schema that is not in the package is an error.

Source: https://github.com/CycloneDX/cyclonedx-python-lib, `cyclonedx/schema/_res`; JSON Schema draft-07.
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator

BASE = "http://cyclonedx.org/schema/"
"""Where relative references of the schemas are resolved: `$id` of the BOM schema, without its file name."""

PARTS = ("spdx", "jsf-0.82", "cryptography-defs")
"""Schemas that the BOM schemas refer to."""

MOST_ERRORS = 10
"""Problems that are reported; more would not help."""


def schema_problems(document: Any, version: str) -> tuple[str, ...]:
    """Validate a CycloneDX document with the JSON schema of its version.

    Args:
        document: The parsed JSON.
        version: `1.2` to `1.7`.
    Returns:
        At most `MOST_ERRORS` sentences, each with its JSON path, in the validator's order; empty if valid. What is
        nested too deeply for the validator, or holds half of a surrogate pair, is not valid.
    Raises:
        UnavailableError: The installed library has no such schema.
    """
    validator = _validator(version)
    try:
        return _found(validator, document)
    except ValueError as error:  # what the validator raises where it cannot take a document in
        return (f"$: cannot be validated with the schema: {printable(str(error))[:300]}",)


def is_valid_apart(document: Any, version: str) -> bool:
    """Return whether a CycloneDX document is surely valid; False proves nothing.

    Args:
        document: The parsed JSON, which may lack components: its others are valid exactly if these are, as far as
            `components_are_apart` is true and they are unique.
        version: `1.2` to `1.7`.
    Raises:
        UnavailableError: The installed library has no such schema.
    """
    try:
        return bool(_validator(version).is_valid(document))
    except ValueError:
        return False


@lru_cache(maxsize=8)
def components_are_apart(version: str) -> bool:
    """Return whether the schema demands nothing of the list of components but that each is valid by itself and unique.

    Raises:
        UnavailableError: The installed library has no such schema.
    """
    schema = _schema(f"bom-{version}")
    listed = schema.get("properties", {}).get("components", {})
    return (
        schema.keys() <= _OF_THE_WHOLE
        and listed.keys() <= _OF_THE_LIST
        and listed.get("items") == {"$ref": "#/definitions/component"}
        and "components" not in schema["required"]
    )


_OF_THE_WHOLE = {
    "$schema", "$id", "$comment", "title", "description", "type", "required", "additionalProperties", "properties", "definitions",
}  # fmt: skip
_OF_THE_LIST = {"$id", "title", "description", "type", "items", "additionalItems", "uniqueItems"}


def _found(validator: Draft7Validator, document: Any) -> tuple[str, ...]:
    if validator.is_valid(document):
        return ()
    found = []
    for error in validator.iter_errors(document):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
        found.append(printable(f"${place}: {error.message[:300]}"))
        if len(found) == MOST_ERRORS:
            break
    return tuple(found)


@lru_cache(maxsize=8)
def _validator(version: str) -> Draft7Validator:
    from jsonschema_rs import Draft7Validator, Registry

    parts = [(f"{BASE}{name}.SNAPSHOT.schema.json", _schema(name)) for name in PARTS]
    registry = Registry(parts)
    return Draft7Validator(_schema(f"bom-{version}"), registry=registry, validate_formats=True, offline=True)


def schema_file(name: str) -> Path:
    """Return where the library has a file with a schema; whether it is there is not checked.

    Raises:
        UnavailableError: The library is not installed.
    """
    spec = importlib.util.find_spec("cyclonedx")  # found, not imported: importing it takes longer than we do
    if spec is None or spec.origin is None:
        raise UnavailableError(
            "the Python package cyclonedx-python-lib is not installed: its schemas are needed",
            hint="Install sealwright again; in a checkout, remove .nox/pipeline first.",
        )
    return Path(spec.origin).parent / "schema" / "_res" / name


def _schema(name: str) -> Any:
    path = schema_file(f"{name}.SNAPSHOT.schema.json")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnavailableError(
            f"cyclonedx-python-lib has no usable schema {name!r}",
            hint="Install sealwright again; in a checkout, remove .nox/pipeline first.",
        ) from error
