"""Files that belong in no distribution: secrets, caches, compiled files, what editors and systems leave.

In folders of tests, documents and examples a private key is one made for them, and is a note; a token is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.supply_chain.contracts.values.distribution import Distribution, MemberKind
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.secret_patterns import PRIVATE_KEY
from ops.supply_chain.release.packages.hygiene.issues import Issue

_SAMPLE_FOLDER = re.compile(
    r"(?:unit|integration|functional)?[._-]?tests?|testing|test[._-]?data|tests?[._-].*|.*[._-]tests?|fixtures"
    r"|docs?|examples?|samples?|demos?|(?:dummy|mock|fake).*",
    re.IGNORECASE,
)
_SAMPLE_FILE = re.compile(r"(?:test_.*|.*_tests?|conftest)\.py", re.IGNORECASE)

_SECRET_NAMES = re.compile(
    r"\.env(?:\.(?!example$|sample$|template$|dist$|defaults?$|test$|schema$).*)?|\.pypirc|[._]netrc|\.git-credentials"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|\.htpasswd|.*\.(?:p12|pfx|jks|keystore|kdbx)|.*\.tfstate",
    re.IGNORECASE,
)
_COMPILED = re.compile(r".*\.py[co]", re.IGNORECASE)
_STRAY_FOLDERS = frozenset(
    [
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".tox",
        ".nox",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".eggs",
        ".cache",
        ".git",
        ".hg",
        ".svn",
        ".idea",
        ".vscode",
        ".venv",
        "__MACOSX",
        ".uv-cache",
        ".pixi",
        ".direnv",
    ]
)
_STRAY_NAMES = re.compile(
    r"\.DS_Store|Thumbs\.db|desktop\.ini|\._.+|pyvenv\.cfg|\.coverage(?:\..*)?|\.?#.*#?|.*~|\..*\.sw[op]|\.python_history"
    r"|\.bash_history|core\.\d+",
    re.IGNORECASE,
)


def content_issues(distribution: Distribution, name: str) -> Iterator[Issue]:
    """Yield secrets and stray files.

    Args:
        distribution: Whose members.
        name: The project's name in PEP 503 form: a folder of that name is its package, even if it is `mock` or `demo`.
    """
    for member in distribution.members:
        if member.kind is MemberKind.FOLDER:
            continue
        *folders, file = member.path.split("/")
        sample = _is_sample(member.path, name)
        if _SECRET_NAMES.fullmatch(file) and member.size:
            yield _note_if(
                sample, Issue("distribution.secret-file", member.path, "has the name of a file with secrets")
            )
        elif _COMPILED.fullmatch(file):
            yield _note_if(sample, Issue("distribution.compiled-file", member.path, "is compiled Python code"))
        elif _STRAY_NAMES.fullmatch(file) or _STRAY_FOLDERS & {*folders}:
            yield _note_if(
                sample, Issue("distribution.stray-file", member.path, "is left by a tool, an editor or a system")
            )
    for match in distribution.secrets:
        issue = Issue("distribution.secret", match.path, f"contains what has the form of a secret: {match.what}")
        yield _note_if(_is_sample(match.path, name) and match.what == PRIVATE_KEY, issue)


def _is_sample(path: str, name: str) -> bool:
    """Return whether a file lies among tests, documents or examples."""
    *folders, file = path.split("/")
    inner = (folder for folder in folders if normalise(folder) != name)
    return any(map(_SAMPLE_FOLDER.fullmatch, inner)) or bool(_SAMPLE_FILE.fullmatch(file))


def _note_if(condition: bool, issue: Issue) -> Issue:  # noqa: FBT001 - reads as a sentence
    return issue._replace(severity=Severity.INFO) if condition else issue
