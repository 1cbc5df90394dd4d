"""Private keys and access tokens of well-known forms in the bytes of a file.

Only forms that announce themselves are found: a PEM header with a key below it, a token with its issuer's prefix.
Placeholders (`ghp_xxxx...`, `AKIA...EXAMPLE`) are passed over.

Source: RFC 7468 (PEM); https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns ;
https://docs.gitlab.com/security/tokens/#token-prefixes
"""

from __future__ import annotations

import re
from typing import NamedTuple

PRIVATE_KEY = "private key"
"""The name of every form of private key in PEM."""

_OVERLAP_BYTES = 1024
"""Kept of one piece for the next: more than the longest form needs."""

_FEWEST_DISTINCT = 8
"""Different bytes in the random part of a token; a placeholder has fewer."""


class _Form(NamedTuple):
    what: str
    prefix: bytes
    pattern: re.Pattern[bytes]


def _form(what: str, prefix: bytes, rest: bytes) -> _Form:
    return _Form(what, prefix, re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(prefix) + rest + rb"(?![A-Za-z0-9])"))


_LINE = rb"(?:\\[rn]|[\r\n \t\"'+\\])+"
_FORMS = (
    _Form(
        PRIVATE_KEY,
        b"PRIVATE KEY",
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY(?: BLOCK)?-----" + _LINE + rb"(?:[A-Za-z-]+: [^\r\n]{0,200}"
            rb"[\r\n]+){0,4}\s{0,4}(?P<random>[A-Za-z0-9+/=]{40,64})"
        ),
    ),
    _form("age secret key", b"AGE-SECRET-KEY-1", rb"(?P<random>[0-9A-Z]{58})"),
    *(
        _form("AWS access key", prefix, rb"(?P<random>(?![A-Z2-7]{9}EXAMPLE)[A-Z2-7]{16})")
        for prefix in (b"AKIA", b"ASIA")
    ),
    *(
        _form("GitHub token", prefix, rb"(?P<random>[A-Za-z0-9]{36})")
        for prefix in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_")
    ),
    _form("GitHub token", b"github_pat_", rb"(?P<random>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"),
    _form("GitLab token", b"glpat-", rb"(?P<random>[A-Za-z0-9_-]{20,})"),
    _form("PyPI token", b"pypi-AgEIcHlwaS5vcmc", rb"(?P<random>[A-Za-z0-9_-]{50,})"),
    _form("TestPyPI token", b"pypi-AgENdGVzdC5weXBpLm9yZw", rb"(?P<random>[A-Za-z0-9_-]{50,})"),
    _form("npm token", b"npm_", rb"(?P<random>[A-Za-z0-9]{36})"),
    _form("Hugging Face token", b"hf_", rb"(?P<random>[A-Za-z]{34})"),
    _form("Anthropic key", b"sk-ant-api", rb"[0-9]{2}-(?P<random>[A-Za-z0-9_-]{80,})"),
    _form("OpenAI key", b"sk-proj-", rb"(?P<random>[A-Za-z0-9_-]{40,})"),
    _form("SendGrid key", b"SG.", rb"(?P<random>[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"),
    _form("DigitalOcean token", b"dop_v1_", rb"(?P<random>[a-f0-9]{64})"),
    *(
        _form("Slack token", prefix, rb"(?P<random>[0-9]{10,13}-[0-9]{10,13}-[A-Za-z0-9-]{20,})")
        for prefix in (b"xoxb-", b"xoxp-")
    ),
    *(_form("Stripe key", prefix, rb"(?P<random>[A-Za-z0-9]{24,})") for prefix in (b"sk_live_", b"rk_live_")),
)


class SecretScanner:
    """Searches the bytes of one file, piece by piece."""

    def __init__(self) -> None:
        self._kept = b""
        self._found: set[str] = set()

    @property
    def found(self) -> tuple[str, ...]:
        """The names of the forms that were found so far, sorted."""
        return tuple(sorted(self._found))

    def feed(self, piece: bytes) -> None:
        """Search the next piece."""
        data = self._kept + piece
        for form in _FORMS:
            if form.what not in self._found and form.prefix in data and _matches(form, data):
                self._found.add(form.what)
        self._kept = data[-_OVERLAP_BYTES:]


def _matches(form: _Form, data: bytes) -> bool:
    return any(len(set(match["random"])) >= _FEWEST_DISTINCT for match in form.pattern.finditer(data))
