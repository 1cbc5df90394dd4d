"""What of the locks is the product, and what is for development only."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.values.lock import InstallScope, Lock, LockKind
from ops.supply_chain.core.development import names_development
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.inventory.build.documents import DescribedProject, LockInventory, lock_document
from ops.supply_chain.inventory.build.scopes import Scopes, is_development_lock
from ops.supply_chain.inventory.model.document import Document
from tests.inventory.made_locks import documents, entry, lock, pin

REQUIRED, OPTIONAL, EXCLUDED = InstallScope
SUBJECT = DescribedProject(name="acme", scopes=())


def scopes_of(document: Document) -> dict[str, InstallScope | None]:
    return {component.package.key: component.scope for component in document.components}


def described(*locks: Lock, rules: tuple[LockScope, ...] = ()) -> tuple[list[Document], Document]:
    return documents(LockInventory(locks, DescribedProject(name="acme", scopes=rules)))


@pytest.mark.parametrize(
    "name",
    [
        "dev",
        "Dev",
        "tests",
        "test_py311",
        "unit-tests",
        "docs",
        "lint",
        "dev-dependencies",
        "type-check",
        "pre_commit",
        "typing",
        "mypy",
        "lint.docs",
        "github-actions",
        "develop",
        "ci",
    ],
)
def test_names_of_development(name: str) -> None:
    assert names_development(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        *[
            "main",
            "prod",
            "test-server",
            "devices",
            "docserver",
            "worker",
            "contest",
            "py311",
            "tools",
            "documents",
            "tests-prod",
            "unit",
            "release",
            "attest",
        ],
    ],
)
def test_other_names_are_no_names_of_development(name: str) -> None:
    assert not names_development(name)


FILES = {
    "requirements-dev.txt": True,
    "a/dev-requirements.txt": True,
    "requirements_test.txt": True,
    "requirements.lint.txt": True,
    "requirements-dev.lock": True,
    "test-requirements.pip": True,
    "requirements/tests.txt": True,
    "reqs/docs-py312.txt": True,
    "requirements-build.txt": True,
    "packages/a/requirements-build.txt": True,
    "requirements-builder.txt": False,
    "requirements.txt": False,
    "requirements/main.txt": False,
    "requirements/docs-user.txt": False,
    "functions/test/requirements.txt": False,
    "tests/requirements.txt": False,
    "dev/requirements.txt": False,
    "test.txt": False,
    "dev.lock": False,
}


@pytest.mark.parametrize(("path", "expected"), FILES.items())
def test_only_the_file_name_of_a_lock_shows_development(path: str, expected: bool) -> None:
    assert is_development_lock(path, LockKind.REQUIREMENTS) is expected


def test_a_lock_that_is_named_after_its_tool_shows_nothing() -> None:
    assert is_development_lock("pylock.dev.toml", LockKind.PYLOCK)
    assert not is_development_lock("pylock.toml", LockKind.PYLOCK)
    assert not is_development_lock("requirements/dev.lock", LockKind.UV)
    assert not is_development_lock("pdm.dev.lock", LockKind.PDM)


LOCK = lock("uv.lock", kind=LockKind.UV, extras=("gpu", "test"), default_groups=("server", "dev"))
GROUPS = {
    "nothing is known": ((), REQUIRED),
    "plain": (("main",), REQUIRED),
    "development": (("dev",), EXCLUDED),
    "several for development": (("dev", "lint"), EXCLUDED),
    "an extra": (("gpu",), OPTIONAL),
    "an extra is published, whatever its name": (("test",), OPTIONAL),
    "an extra and development": (("dev", "gpu"), OPTIONAL),
    "plain and development": (("dev", "main"), REQUIRED),
    "a group that is installed by default": (("server",), REQUIRED),
    "any other group": (("worker",), OPTIONAL),
}


@pytest.mark.parametrize(("groups", "expected"), GROUPS.values(), ids=GROUPS)
def test_scope_of_groups(groups: tuple[str, ...], expected: InstallScope) -> None:
    assert Scopes().scope_of(LOCK, groups) is expected


RULES = {
    "a lock": (({"path": "uv.lock", "scope": EXCLUDED},), ("main",), EXCLUDED),
    "another lock": (({"path": "sub/uv.lock", "scope": EXCLUDED},), ("main",), REQUIRED),
    "a lock of which no groups are known": (({"path": "*.lock", "scope": OPTIONAL},), (), OPTIONAL),
    "a group, in another spelling": (({"groups": ("Work_er",), "scope": REQUIRED},), ("work-er",), REQUIRED),
    "a group is not the rest": (({"groups": ("worker",), "scope": EXCLUDED},), ("main",), REQUIRED),
    "a group is not what has none": (({"groups": ("worker",), "scope": EXCLUDED},), (), REQUIRED),
    "development that is shipped": (({"groups": ("dev",), "scope": REQUIRED},), ("dev",), REQUIRED),
    "the first counts": (
        ({"groups": ("dev",), "scope": OPTIONAL}, {"path": "uv.lock", "scope": REQUIRED}),
        ("dev",),
        OPTIONAL,
    ),
}


@pytest.mark.parametrize(("rules", "groups", "expected"), RULES.values(), ids=RULES)
def test_the_configuration_goes_first(
    rules: tuple[dict[str, Any], ...], groups: tuple[str, ...], expected: InstallScope
) -> None:
    assert Scopes([LockScope(**rule) for rule in rules]).scope_of(LOCK, groups) is expected


def test_a_rule_about_everything_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\[\[locks.scopes\]\] 2: expected a path or groups"):
        Scopes([LockScope(path="x", scope=EXCLUDED), LockScope(scope=EXCLUDED)])


def test_a_lock_that_should_be_shipped_can_have_any_name() -> None:
    rule = LockScope(path="requirements-test.txt", scope=REQUIRED)
    [document], aggregate = described(lock("requirements-test.txt", entry("a")), rules=(rule,))
    assert scopes_of(document) == scopes_of(aggregate) == {"a": REQUIRED}


def test_what_two_locks_have_is_required_where_one_ships_it() -> None:
    found, aggregate = described(
        lock("requirements.txt", entry("a"), entry("b", 2)),
        lock("requirements-dev.txt", entry("a"), entry("c", 2)),
    )
    assert [scopes_of(document) for document in found] == [
        {"a": EXCLUDED, "c": EXCLUDED},
        {"a": REQUIRED, "b": REQUIRED},
    ]
    assert scopes_of(aggregate) == {"a": REQUIRED, "b": REQUIRED, "c": EXCLUDED}


def test_a_lock_for_development_that_alone_has_what_the_product_declares_is_shipped() -> None:
    locks = (lock("requirements-dev.txt", entry("a"), entry("b", 2)), lock("requirements-docs.txt", entry("c")))
    subject = DescribedProject(name="acme", scopes=(), product=("a",))
    assert scopes_of(documents(LockInventory(locks, subject))[1]) == {"a": REQUIRED, "b": REQUIRED, "c": EXCLUDED}
    shipped = (*locks, lock("requirements.txt", entry("a")))
    assert scopes_of(documents(LockInventory(shipped, subject))[1]) == {"a": REQUIRED, "b": EXCLUDED, "c": EXCLUDED}
    rules = (LockScope(path="requirements-dev.txt", scope=OPTIONAL),)
    configured = msgspec.structs.replace(subject, scopes=rules)
    assert scopes_of(documents(LockInventory(locks, configured))[1])["a"] is OPTIONAL


def test_what_the_product_needs_is_the_product() -> None:
    _, aggregate = described(
        lock("requirements.txt", entry("a")),
        lock(
            "requirements-dev.txt",
            entry("a", depends_on=(("b", "1.0"),)),
            entry("b", 2, depends_on=(("c", "1.0"),)),
            entry("c", 3, depends_on=()),
            entry("d", 4, depends_on=(("c", "1.0"),)),
        ),
    )
    assert scopes_of(aggregate) == {"a": REQUIRED, "b": REQUIRED, "c": REQUIRED, "d": EXCLUDED}


def test_what_an_extra_needs_is_optional() -> None:
    made = lock(
        "uv.lock",
        entry("a", groups=("x",), depends_on=(("b", "1.0"),)),
        entry("b", 2, groups=("dev",), depends_on=()),
        kind=LockKind.UV,
        extras=("x",),
    )
    [document], _ = described(made)
    assert scopes_of(document) == {"a": OPTIONAL, "b": OPTIONAL}


def test_a_member_of_the_project_does_not_make_its_development_dependencies_required() -> None:
    member = pin("member", local=True)
    made = lock(
        "uv.lock",
        entry(member, groups=("main",), depends_on=(("pytest", "1.0"),)),
        entry("pytest", 2, groups=("dev",), depends_on=()),
        kind=LockKind.UV,
    )
    [document], _ = described(made)
    assert scopes_of(document) == {"member": REQUIRED, "pytest": EXCLUDED}


def test_a_lock_alone_states_no_scope() -> None:
    document = lock_document(lock("requirements-dev.txt", entry("a")), subject=DescribedProject(name="acme"))
    assert scopes_of(document) == {"a": None}


def test_the_dependencies_of_the_root_are_complete_where_those_of_the_product_are() -> None:
    product = lock("requirements.txt", entry("a", direct=True, depends_on=()))
    unsure = lock("requirements-dev.txt", entry("b"))
    assert described(product, unsure)[1].root.depends_complete
    assert described(lock("requirements.txt"), unsure)[1].root.depends_complete
    assert not described(unsure)[1].root.depends_complete
    assert not described(product, lock("requirements-other.txt", entry("b")))[1].root.depends_complete


def test_no_required_package_depends_on_one_that_is_not() -> None:
    source = random.Random(9)  # noqa: S311 the same documents in every run
    names = [f"p{number}" for number in range(8)]
    order = list(InstallScope)
    for _ in range(60):
        made = [
            lock(
                path,
                *(
                    entry(
                        name,
                        line,
                        groups=tuple(sorted(source.sample(["main", "dev", "gpu", "worker"], source.randint(0, 2)))),
                        depends_on=tuple((other, "1.0") for other in sorted(source.sample(names[:5], 2))),
                    )
                    for line, name in enumerate(sorted({*names[:5], *source.sample(names, 3)}), start=1)
                ),
                extras=("gpu",),
            )
            for path in ("requirements.txt", "requirements-dev.txt", "c/requirements.txt")
        ]
        found, aggregate = described(*made)
        for document in (*found, aggregate):
            scopes = {component.package.ref: component.scope for component in document.components}
            for component in document.components:
                for ref in component.depends_on or ():
                    target, own = scopes[ref], component.scope
                    assert target is not None
                    assert own is not None
                    assert order.index(target) <= order.index(own)
        whole = scopes_of(aggregate)
        for key, scope in (pair for document in found for pair in scopes_of(document).items()):
            strongest = whole[key]
            assert scope is not None
            assert strongest is not None
            assert order.index(strongest) <= order.index(scope)
        shuffled = described(*reversed(made))[1]
        assert msgspec.structs.asdict(shuffled) == msgspec.structs.asdict(aggregate)
