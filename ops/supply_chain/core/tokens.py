"""Access tokens and private keys that announce themselves by their form, masked in text that is shown or logged.

Wider than the search in the files of a distribution (`formats/secret_patterns.py`), which must not take a placeholder for a
secret: what is shown loses nothing where a placeholder is masked as well.

A value that is named as a secret (a header, a line of `.npmrc`, an assignment in a shell) is masked whatever its form.

Source: RFC 7519 section 3 (JSON Web Token); RFC 7468 (PEM); RFC 7617, RFC 6750 (the header `Authorization`);
https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns ;
https://docs.gitlab.com/security/tokens/#token-prefixes
"""

from __future__ import annotations

import re
from typing import NamedTuple

REDACTED = "****"


class _Form(NamedTuple):
    """A form: text that each secret of it contains, and an expression for the whole secret; what is in the group `kept` stays.

    The expression is compiled where such a text is met: most processes meet none.
    """

    marks: tuple[str, ...]
    expression: str


def _token(marks: tuple[str, ...], rest: str) -> _Form:
    starts = "|".join(map(re.escape, marks))
    return _Form(marks, rf"(?P<kept>)(?<![A-Za-z0-9])(?:{starts}){rest}")


_KEY_BLOCK = (
    r"(?P<kept>)-----BEGIN (?P<kind>[A-Z0-9 ]{0,40})PRIVATE KEY(?P<block>(?: BLOCK)?)-----"
    r"(?:[^-]{0,20000}(?:-[^-]{1,20000}){0,20}-----END (?P=kind)PRIVATE KEY(?P=block)-----|"
    r"(?:\s{1,4}[A-Za-z-]{3,20}: [^\n]{0,100}){0,4}(?:[\s?\\]{1,8}[A-Za-z0-9+/=]{16,})*)"
)
"""To its end where it has one, else as far as lines of a key follow. What may be in between has few hyphens."""

_FORMS = (
    _Form(
        ("eyJ",),
        # Header and claims are objects, and so begin with `{"` in base64url.
        r"(?P<kept>)\beyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?",
    ),
    _Form(("PRIVATE KEY",), _KEY_BLOCK),
    _Form(
        ("uthorization", "UTHORIZATION"),
        r"(?i)(?P<kept>\b(?:proxy-)?authorization\"?'?\s{0,4}[:=]\s{0,4}\"?'?(?:basic|bearer|token)\s{1,4})[^\s\"',]+",
    ),
    _Form(
        ("_auth", "_password", "aws_secret_access_key", "-TOKEN", "-Token", "-token", "-KEY", "-Key", "-key", "ookie"),
        r"(?i)(?P<kept>(?<![A-Za-z0-9])(?:_auth(?:token)?|_password|aws_secret_access_key|(?:private|job|x-auth|x-vault)-token|"
        r"x-api-key|(?:set-)?cookie)[\"']?\s{0,4}[:=]\s{0,4}[\"']?)[^\s\"',;$][^\s\"',;]*",
    ),
    _Form(
        ("TOKEN=", "PASSWORD=", "SECRET=", "_KEY="),
        r"(?P<kept>(?<![A-Za-z0-9_])[A-Z0-9_]{0,60}(?:TOKEN|PASSWORD|SECRET|API_KEY|ACCESS_KEY)=[\"']?)[^\s\"',;$][^\s\"',;]*",
    ),
    _token(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{16,}"),
    _token(("github_pat_",), r"[A-Za-z0-9_]{16,}"),
    _token(("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "gloas-", "glsoat-"), r"[A-Za-z0-9_.-]{16,}"),
    _token(("pypi-Ag",), r"[A-Za-z0-9_-]{16,}"),
    _token(("AKIA", "ASIA"), r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _token(("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"), r"[A-Za-z0-9-]{10,}"),
    _token(("hooks.slack.com/services/",), r"[A-Za-z0-9/_-]{10,}"),
    _token(("npm_",), r"[A-Za-z0-9]{36}"),
    _token(("hf_",), r"[A-Za-z]{34}"),
    _token(("sk-ant-", "sk-proj-"), r"[A-Za-z0-9_-]{20,}"),
    _token(("sk_live_", "rk_live_"), r"[A-Za-z0-9]{16,}"),
    _token(("SG.",), r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _token(("dop_v1_",), r"[a-f0-9]{64}"),
    _token(("AIza",), r"[A-Za-z0-9_-]{35}"),
    _token(("AGE-SECRET-KEY-1",), r"[0-9A-Z]{16,}"),
)


def without_tokens(text: str) -> str:
    """Return text with each token and private key of a known form masked; the words around it stay."""
    for form in _FORMS:
        # A loop: each finding that is shown comes by here, and a generator takes four times as long.
        for mark in form.marks:
            if mark in text:
                text = re.sub(form.expression, rf"\g<kept>{REDACTED}", text)
                break
    return text
