"""Nothing secret and nothing that moves a cursor gets through."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.core import text
from ops.supply_chain.core.text import printable, sentences, without_credentials
from ops.supply_chain.core.tokens import without_tokens

URLS = {
    "user and password": ("https://user:password@acme.org/simple/", "https://acme.org/simple/"),
    "token only": ("https://tok@acme.org/x", "https://acme.org/x"),
    "empty user": ("https://:tok@acme.org/x", "https://acme.org/x"),
    "at sign in password": ("https://user:pa@ss@acme.org/x", "https://acme.org/x"),
    "percent-encoded": ("https://us%40er:p%3Aw@acme.org/", "https://acme.org/"),
    "vcs": ("git+https://u:p@github.com/a/b@main#egg=c", "git+https://github.com/a/b@main#egg=c"),
    "ssh": ("git+ssh://git@github.com/a/b", "git+ssh://github.com/a/b"),
    "in prose": ("see https://u:p@h/ and http://v:q@i/!", "see https://h/ and http://i/!"),
    "query": ("https://h/x?token=abc&v=1", "https://h/x?token=****&v=1"),
    "signed address": (
        "https://h/x?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-Date=1",
        "https://h/x?X-Amz-Credential=****&X-Amz-Signature=****&X-Amz-Date=1",
    ),
    "slash in password": ("https://user:pa/ss@acme.org/x", "https://acme.org/x"),
    "hash in password": ("https://user:pa#ss@acme.org/x", "https://acme.org/x"),
    "port": ("https://acme.org:8080/a@b and c@d", "https://acme.org:8080/a@b and c@d"),
    "no scheme start": ("3https://u:p@h/", "3https://h/"),
    "no credentials": ("https://h/a@b", "https://h/a@b"),
    "identity token": ("Bearer eyJhbGci.eyJzdWIi-_.c2ln, twice eyJhbGci.eyJzdWIi", "Bearer ****, twice ****"),
    "no token": ("eyJhbGci of key.eyJ", "eyJhbGci of key.eyJ"),
    "mail address": ("someone@example.org", "someone@example.org"),
}


@pytest.mark.parametrize(("given_text", "expected"), URLS.values(), ids=URLS)
def test_credentials_leave_urls(given_text: str, expected: str) -> None:
    assert without_credentials(given_text) == expected


secret = st.text(st.sampled_from("abcXYZ019%_-.~!$&'()*+,;="), min_size=8, max_size=20).map(lambda s: "S3CR" + s)


@given(secret, secret)
@settings(derandomize=True, max_examples=200)
def test_no_part_of_a_user_or_password_survives(user: str, password: str) -> None:
    shown = without_credentials(f"error at git+https://{user}:{password}@h.example/p?token={password}#f")
    assert "S3CR" not in shown
    assert "h.example/p" in shown


def test_control_and_override_characters_become_question_marks() -> None:
    assert printable("a\u200e\u200b\ufeff\u061cb\U000e0041\u200d") == "a????b?\u200d"
    assert printable("a\r\nb\x1b[31m\u202ec\u2028\x7f\x9b\ud800ü😀") == "a??b?[31m?c????ü😀"


@pytest.mark.parametrize("text", ["a" * 200_000, "://a:b" * 40_000, "://" * 60_000, "://@" * 50_000])
def test_cleaning_takes_no_longer_than_the_text_is_long(text: str) -> None:
    """Not a timed test: a quadratic expression would keep the suite for minutes here."""
    assert len(without_credentials(text)) <= len(text)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", []), ("Do it.", ["Do it."]), ("Do it. Or not.", ["Do it.", "Or not."]), ("Set a.b in c.toml. Then go", ["Set a.b in c.toml.", "Then go"]),
        ("Move to 2.0. It is new", ["Move to 2.0.", "It is new"]), ("A.\nB. C.", ["A.\nB.", "C."]),
    ],
)  # fmt: skip
def test_sentences(written: str, expected: list[str]) -> None:
    assert sentences(written) == expected


def test_each_text_is_cleaned_as_by_the_expressions_alone() -> None:
    """What cannot have anything to remove is not searched; the expressions decide in the same way."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    controls = re.findall(text._CONTROL, every)
    assert [character for character in controls if character.isprintable()] == []
    assert printable(every) == re.sub(text._CONTROL, "?", every) != every
    assert printable("plain \u5305") == "plain \u5305"


pieces = st.lists(
    st.sampled_from(
        ["://", "@", "?", "&", "=", "token", "a:b", "/", "#", " ", "KEY", "x-amz-signature", "sig", "host", ":8", "\n"]
    ),
    max_size=12,
).map("".join)


@given(pieces)
@settings(max_examples=300, derandomize=True)
def test_credentials_are_removed_as_by_the_expressions_alone(written: str) -> None:
    cleaned = re.sub(text._CREDENTIALS, "", re.sub(text._ODD_CREDENTIALS, "", written))
    assert without_credentials(written) == without_tokens(re.sub(text._QUERY_VALUES, r"\g<key>****", cleaned))
