"""Proposals which locks and groups are the product."""

from __future__ import annotations

import pytest

from ops.supply_chain.assurance.adoption.config_text import config_text, scopes_text
from ops.supply_chain.assurance.adoption.model import ProposedScope
from ops.supply_chain.assurance.adoption.scopes import proposed_scopes
from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.values.lock import InstallScope
from tests.assurance.adoption.world import survey

GROUPS: dict[str, object] = {"dependency-groups": {"tests": [], "notebooks": [], "Docs": []}}
POETRY: dict[str, object] = {"tool": {"poetry": {"group": {"dev": {}, "seed": {}}}}}
EXTRAS: dict[str, object] = {"project": {"optional-dependencies": {"docs": [], "cli": []}}}
CASES = {
    "names show it": (GROUPS | {"dependency-groups": {"tests": []}}, ["uv.lock", "requirements-dev.txt"], {}, []),
    "a group of uv.lock that shows nothing": (GROUPS, ["uv.lock"], {}, [("uv.lock", ("notebooks",), "excluded", True)]),
    "a group of poetry.lock": (POETRY, ["poetry.lock"], {}, [("poetry.lock", ("seed",), "excluded", True)]),
    "an extra is optional, whatever its name": (
        EXTRAS,
        [],
        {"requirements-docs.txt": "docs", "requirements-cli.txt": "cli"},
        [("requirements-cli.txt", (), "optional", False), ("requirements-docs.txt", (), "optional", False)],
    ),
    "a compiled group": (
        GROUPS,
        [],
        {"requirements-notebooks.txt": "notebooks", "requirements-tests.txt": "tests"},
        [("requirements-notebooks.txt", (), "excluded", True)],
    ),
    "a folder": (
        {},
        ["dev/requirements.txt", "requirements/main.txt", "requirements/tests.txt", "svc/requirements.txt"],
        {},
        [("dev/requirements.txt", (), "excluded", True)],
    ),
    "nothing": ({}, [], {}, []),
    "malformed": ({"dependency-groups": [], "tool": 1, "project": {"optional-dependencies": 3}}, ["uv.lock"], {}, []),
}


@pytest.mark.parametrize(("document", "locks", "compiled", "expected"), CASES.values(), ids=CASES)
def test_what_names_do_not_show_is_proposed(
    document: dict[str, object],
    locks: list[str],
    compiled: dict[str, str],
    expected: list[tuple[str, tuple[str, ...], str, bool]],
) -> None:
    found = proposed_scopes(document, locks, group_locks=compiled, present=())
    assert [(entry.path, entry.groups, entry.scope.value, entry.weakens) for entry in found] == expected


def test_what_the_configuration_says_is_not_proposed_again() -> None:
    present = [
        LockScope(scope=InstallScope.REQUIRED, groups=("Notebooks",)),
        LockScope(scope=InstallScope.REQUIRED, path="requirements-cli.txt"),
    ]
    found = proposed_scopes(
        {**GROUPS, **EXTRAS}, ["uv.lock"], group_locks={"requirements-cli.txt": "cli"}, present=present
    )
    assert found == ()


def test_a_proposal_that_weakens_the_gate_is_a_comment_and_one_that_does_not_is_in_force() -> None:
    weak = ProposedScope(
        path="uv.lock", groups=("seed",), scope=InstallScope.EXCLUDED, reason="Uncomment\nif", weakens=True
    )
    extra = ProposedScope(path="requirements-cli.txt", scope=InstallScope.OPTIONAL, reason="An extra")
    text = config_text(survey(scopes=(weak, extra)))
    assert [(entry.path, entry.scope.value) for entry in parse_config(text).locks.scopes] == [
        ("requirements-cli.txt", "optional")
    ]
    both = "".join(
        line.removeprefix("#") if not line.startswith("# ") else ""
        for line in scopes_text((weak, extra)).splitlines(True)
    )
    assert [(entry.path, entry.groups, entry.scope.value) for entry in parse_config(both).locks.scopes] == [
        ("uv.lock", ("seed",), "excluded"),
        ("requirements-cli.txt", (), "optional"),
    ]


@pytest.mark.parametrize(
    ("backend", "normalise"),
    [("", False), ("hatchling.build", False), ("flit_core.buildapi", False), ("setuptools.build_meta", True)],
)
def test_a_backend_that_copies_modes_is_normalised(backend: str, normalise: bool) -> None:
    assert parse_config(config_text(survey(build_backend=backend))).build.normalise is normalise
