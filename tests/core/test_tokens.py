"""Tokens and keys of known forms are masked wherever they are in a text, and nothing that only resembles one is."""

from __future__ import annotations

import json
import random
import string

import pytest

from ops.supply_chain.core.text import without_credentials
from ops.supply_chain.core.tokens import REDACTED, without_tokens
from ops.supply_chain.formats.secret_patterns import SecretScanner

LETTERS = string.ascii_letters + string.digits
BODY = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"[:64] for _ in range(4))
KEYS = {
    "PKCS 8": f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----",
    "RSA, encrypted": f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,AB\n\n{BODY}\n-----END RSA PRIVATE KEY-----",
    "OpenSSH": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n-----END OPENSSH PRIVATE KEY-----",
    "PGP": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{BODY}\n-----END PGP PRIVATE KEY BLOCK-----",
}


def made(chance: random.Random) -> dict[str, str]:
    """Return one token of each form."""

    def some(count: int, of: str = LETTERS) -> str:
        return "".join(chance.choices(of, k=count))

    return {
        **{prefix: prefix + some(36) for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_")},
        "github_pat_": f"github_pat_{some(22)}_{some(59)}",
        "glpat-": f"glpat-{some(20)}",
        "pypi": f"pypi-AgEIcHlwaS5vcmc{some(80, LETTERS + '-_')}",
        "testpypi": f"pypi-AgENdGVzdC5weXBpLm9yZw{some(80, LETTERS + '-_')}",
        "AKIA": f"AKIA{some(16, string.ascii_uppercase + '234567')}",
        "xoxb": f"xoxb-{some(11, string.digits)}-{some(12, string.digits)}-{some(24)}",
        "slack": f"https://hooks.slack.com/services/T{some(8)}/B{some(8)}/{some(24)}",
        "jwt": f"eyJ{some(20)}.eyJ{some(40)}.{some(43)}",
        "age": f"AGE-SECRET-KEY-1{some(58, string.ascii_uppercase)}",
        "google": f"AIza{some(35)}",
        "hf": f"hf_{some(34, string.ascii_letters)}",
        "stripe": f"sk_live_{some(24)}",
        "anthropic": f"sk-ant-api03-{some(90)}",
    }


@pytest.mark.parametrize(
    "around", ["{}", "error: {} was refused", '{{"token": "{}"}}', "A={};", "https://h/p/{}/x", "x\n{}\ny", "({}),"]
)
def test_a_token_is_masked_wherever_it_is(around: str) -> None:
    for seed in range(20):
        for name, token in made(random.Random(seed)).items():  # noqa: S311 - cases, not secrets
            shown = without_credentials(around.format(token))
            secret = token[-10:]
            assert secret not in shown, name
            assert REDACTED in shown, name


@pytest.mark.parametrize("name", KEYS)
def test_a_private_key_is_masked_to_its_end(name: str) -> None:
    key = KEYS[name]
    for text in (
        f"before\n{key}\nafter",
        json.dumps({"key": key}),
        key.partition("-----END")[0],
        key.replace("\n", "?"),
    ):
        shown = without_credentials(text)
        assert BODY[:20] not in shown
        assert REDACTED in shown
    assert without_credentials(f"before\n{key}\nafter") == f"before\n{REDACTED}\nafter"
    assert without_credentials(f"{key}\nbetween\n{key}") == f"{REDACTED}\nbetween\n{REDACTED}"


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ****"),
        ("authorization: Bearer abc.def", "authorization: Bearer ****"),
        ("{'Authorization': 'token abc'}", "{'Authorization': 'token ****'}"),
        ('"PROXY-AUTHORIZATION":"Basic abc"', '"PROXY-AUTHORIZATION":"Basic ****"'),
        ("Authorization is needed", "Authorization is needed"),
        ("//registry.example/:_authToken=abc", "//registry.example/:_authToken=****"),
        ("PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: ****"),
        ("'x-api-key': 'abc'", "'x-api-key': '****'"),
        ("Set-Cookie: id=abc; Secure", "Set-Cookie: ****; Secure"),
        ("aws_secret_access_key = wJalr/X", "aws_secret_access_key = ****"),
        ("TWINE_PASSWORD=abc twine upload", "TWINE_PASSWORD=**** twine upload"),
        ('AWS_SECRET_ACCESS_KEY="a/b"', 'AWS_SECRET_ACCESS_KEY="****"'),
        ("GH_TOKEN=$(gh auth token) gh api", "GH_TOKEN=$(gh auth token) gh api"),
        ("cookie-cutter 1.0, private-token is missing", "cookie-cutter 1.0, private-token is missing"),
    ],
)
def test_the_header_loses_its_value(header: str, shown: str) -> None:
    assert without_credentials(header) == shown


@pytest.mark.parametrize(
    "text",
    [
        "ghp_ and github_pat_ are prefixes", "pypi-attestations 0.0.29", "pkg:pypi/pypi-simple@1.0", "glpat-example", "AKIA", "BAKIAXXXXXXXXXXXXXXXXX",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "npm_config_registry", "a private key", "hf_hub 1.0",
    ],
)  # fmt: skip
def test_what_only_resembles_one_stays(text: str) -> None:
    assert without_credentials(text) == text


def test_each_form_that_is_searched_for_in_distributions_is_masked() -> None:
    found: set[str] = set()
    for token in (*made(random.Random(3)).values(), *KEYS.values()):  # noqa: S311 - cases, not secrets
        scanner = SecretScanner()
        scanner.feed(token.encode())
        found.update(scanner.found)
        masked = SecretScanner()
        masked.feed(without_tokens(token).encode())
        assert masked.found == ()
    assert {"private key", "GitHub token", "PyPI token", "TestPyPI token", "AWS access key", "Slack token"} <= found


@pytest.mark.parametrize(
    "text", ["-----BEGIN PRIVATE KEY-----" * 5_000, "eyJ" * 50_000, "ghp_" * 50_000, "authorization: basic " * 5_000]
)
def test_masking_takes_no_longer_than_the_text_is_long(text: str) -> None:
    """Not a timed test: a quadratic expression would keep the suite for minutes here."""
    assert len(without_tokens(text)) <= len(text) + 5 * text.count("-----BEGIN") + 5 * text.count("authorization")


def test_a_header_alone_takes_no_words_with_it() -> None:
    assert (
        without_credentials("a -----BEGIN PRIVATE KEY----- is missing in the file x")
        == "a **** is missing in the file x"
    )


def test_masking_twice_changes_nothing_more() -> None:
    for token in (*made(random.Random(5)).values(), *KEYS.values()):  # noqa: S311 - cases, not secrets
        shown = without_credentials(f"a {token} b")
        assert without_credentials(shown) == shown
