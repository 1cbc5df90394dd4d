"""Templates that are read and compiled once in a process: that takes longer than what is done with one afterwards."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ops.supply_chain.assurance.documents import security_md
from ops.supply_chain.assurance.documents.template import Template, read_template

_READ = functools.cache(read_template)
_CODE: dict[str, Any] = {}
_COMPILE = ImmutableSandboxedEnvironment.compile


def _compiled(environment: ImmutableSandboxedEnvironment, source: str) -> Any:
    """Return the code of a template, which is the same for every environment that the module makes."""
    if source not in _CODE:
        _CODE[source] = _COMPILE(environment, source)
    return _CODE[source]


def _read(text: str, *, name: str, known: Iterable[str], claims: Iterable[str]) -> Template:
    return _READ(text, name=name, known=tuple(known), claims=tuple(claims))


def use_compiled_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and compile each template of SECURITY.md once, for the rest of a test; one that is refused, each time."""
    monkeypatch.setattr(security_md, "read_template", _read)
    monkeypatch.setattr(ImmutableSandboxedEnvironment, "compile", _compiled)
