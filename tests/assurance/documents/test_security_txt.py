"""security.txt: its lines, and the day on which it ends."""

from __future__ import annotations

import datetime as dt

import pytest

from ops.supply_chain.assurance.documents.security_txt import MARK, Expiry, expiry_of, write_security_txt
from ops.supply_chain.contracts.config.security_txt import SecurityTxtConfig
from ops.supply_chain.core.errors import UsageError
from tests.assurance.documents.support import config

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SETTINGS = """
[reporting]
github = "acme/acme"
email = "security@acme.example"
pgp_key = "https://acme.example/key.asc"
languages = ["en", "sv"]
[security_txt]
canonical = ["https://acme.example/.well-known/security.txt"]
policy = "https://acme.example/policy"
acknowledgments = "https://acme.example/thanks"
"""


def written(
    text: str = SETTINGS, committed: str | None = None, *, now: dt.datetime = NOW, renew: bool = True
) -> str | None:
    return write_security_txt(config(text), committed, now, renew=renew)


def ending(moment: str) -> str:
    return (written() or "").replace("2027-05-19T00:00:00Z", moment)


def test_its_lines() -> None:
    assert written() == (
        f"{MARK}\n"
        "Contact: https://github.com/acme/acme/security/advisories/new\n"
        "Contact: mailto:security@acme.example\n"
        "Expires: 2027-05-19T00:00:00Z\n"
        "Encryption: https://acme.example/key.asc\n"
        "Acknowledgments: https://acme.example/thanks\n"
        "Preferred-Languages: en, sv\n"
        "Canonical: https://acme.example/.well-known/security.txt\n"
        "Policy: https://acme.example/policy\n"
    )


@pytest.mark.parametrize(
    "text", ["", "[reporting]\npgp_key = 'https://acme.example/k'\n", SETTINGS + "enabled = false\n"]
)
def test_without_a_contact_there_is_none(text: str) -> None:
    assert written(text) is None


@pytest.mark.parametrize(
    ("committed", "renew", "end"),
    [
        pytest.param("2027-05-19T00:00:00Z", True, "2027-05-19", id="kept"),
        pytest.param("2026-12-21T00:00:00Z", True, "2026-12-21", id="kept until it is near"),
        pytest.param("2026-12-20T00:00:00Z", True, "2027-05-19", id="renewed when it is near"),
        pytest.param("2026-12-20T00:00:00Z", False, "2026-12-20", id="near, and not renewed by a check"),
        pytest.param("2026-11-19T00:00:00Z", False, "2027-05-19", id="over, and never kept"),
        pytest.param("2036-11-19T00:00:00Z", True, "2027-05-19", id="moved out by hand beyond what is configured"),
        pytest.param("some day", True, "2027-05-19", id="unreadable"),
    ],
)
def test_when_it_ends(committed: str, renew: bool, end: str) -> None:
    assert f"Expires: {end}T00:00:00Z\n" in (written(committed=ending(committed), renew=renew) or "")


def test_again_and_again_it_is_the_same() -> None:
    first = written()
    for days in range(0, 150, 10):
        assert written(committed=first, now=NOW + dt.timedelta(days=days)) == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Expires: 2027-01-01T00:00:00Z", Expiry.GOOD),
        ("expires:2027-01-01T00:00:00+01:00\r\nContact: x", Expiry.GOOD),
        ("Expires: 2026-12-01T00:00:00Z", Expiry.SOON),
        ("Expires: 2026-11-20T12:00:00Z", Expiry.EXPIRED),
        ("Expires: 2020-01-01T00:00:00Z", Expiry.EXPIRED),
        ("", Expiry.UNREADABLE),
        ("Contact: x", Expiry.UNREADABLE),
        ("Expires: tomorrow", Expiry.UNREADABLE),
        ("Expires: 2027-01-01T00:00:00", Expiry.UNREADABLE),
        ("Expires: 2027-01-01T00:00:00Z\nExpires: 2028-01-01T00:00:00Z", Expiry.UNREADABLE),
    ],
)
def test_expiry(text: str, expected: Expiry) -> None:
    assert expiry_of(text, SecurityTxtConfig(), NOW)[0] is expected


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "contacts = ['mailto:x']",
            "security_txt.contacts is 'mailto:x': expected an https address without credentials",
        ),
        (
            "contacts = ['javascript:x']",
            "security_txt.contacts is 'javascript:x': expected an https address without credentials",
        ),
        (
            'contacts = ["https://a.example/\\nExpires: x"]',
            "security_txt.contacts is 'https://a.example/?Expires: x': expected an https address without credentials",
        ),
        ("languages = ['en, sv']", "'en, sv' is not a language tag"),
        ("expires_days = 30", "security_txt.renew_days is 30 and expires_days 30"),
        (
            "encryption = ['http://a.example']",
            "security_txt.encryption is 'http://a.example': expected an https address without credentials",
        ),
    ],
)
def test_what_is_refused(more: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        written(SETTINGS + more)
    assert caught.value.message == f".security-config.toml: {message}"


def test_a_year_is_the_most() -> None:
    with pytest.raises(UsageError):
        config("[security_txt]\nexpires_days = 366\n")
