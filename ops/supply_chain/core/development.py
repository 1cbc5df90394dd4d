"""Names that show development: of dependency groups, locks and folders.

A name shows development only where each of its words does: `test-server` may well be shipped.
"""

from __future__ import annotations

import re

from ops.supply_chain.core.names import normalise

_DEVELOPMENT = frozenset(
    [
        "bench",
        "benchmark",
        "benchmarking",
        "benchmarks",
        "black",
        "ci",
        "cov",
        "coverage",
        "dev",
        "devel",
        "develop",
        "development",
        "doc",
        "docs",
        "documentation",
        "flake8",
        "format",
        "formatter",
        "formatters",
        "formatting",
        "isort",
        "lint",
        "linter",
        "linters",
        "linting",
        "mkdocs",
        "mypy",
        "nox",
        "precommit",
        "pylint",
        "pyright",
        "pytest",
        "qa",
        "ruff",
        "semgrep",
        "sphinx",
        "style",
        "test",
        "testing",
        "tests",
        "tox",
        "typecheck",
        "typechecking",
        "typing",
        "unittest",
        "unittests",
    ]
)
"""Words that name development."""

_PHRASES = frozenset({"code-quality", "github-actions", "pre-commit", "static-analysis", "type-check", "type-checking"})
"""Names that do, though none of their words does."""

_NEUTRAL = frozenset(
    [
        "dependencies",
        "deps",
        "e2e",
        "extra",
        "extras",
        "functional",
        "integration",
        "linux",
        "macos",
        "min",
        "minimal",
        "py",
        "pypy",
        "python",
        "static",
        "tool",
        "tooling",
        "tools",
        "type",
        "unit",
        "windows",
    ]
)
"""Words that may be added to these."""

_NUMBER = re.compile(r"(?:py|pypy|python|cp)?\d+")


def names_development(name: str) -> bool:
    """Return whether every word of a name, in any spelling, shows that it is for development only."""
    key = normalise(name)
    if key in _PHRASES:
        return True
    words = [word for word in key.split("-") if not _NUMBER.fullmatch(word)]
    return not _DEVELOPMENT.isdisjoint(words) and _DEVELOPMENT.union(_NEUTRAL).issuperset(words)
