"""Nobody signs for us but whom we named, whole, and on a day that is theirs."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.trust.identities.check import checked
from ops.supply_chain.trust.identities.matching import matching, mismatches

ISSUER = "https://token.actions.githubusercontent.com"
REPOSITORY = "https://github.com/org/repo"
WORKFLOW = f"{REPOSITORY}/.github/workflows/release.yml@refs/tags/v1"
PATTERN = r"https://github\.com/org/repo/\.github/workflows/[^/]+@refs/tags/.+"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def exact(name: str = WORKFLOW, since: str = "", until: str = "", issuer: str = ISSUER) -> SigningIdentity:
    return SigningIdentity(identity=name, issuer=issuer, since=since, until=until)


def like(pattern: str = PATTERN) -> SigningIdentity:
    return SigningIdentity(identity_regex=pattern, issuer=ISSUER)


def test_the_name_itself() -> None:
    assert matching([exact()], WORKFLOW, ISSUER, NOON) == exact()
    assert matching([like()], WORKFLOW, ISSUER, NOON) == like()
    assert matching([like(f"^{PATTERN}$")], WORKFLOW, ISSUER, NOON) == like(f"^{PATTERN}$")


LOOK_ALIKES = {
    "another repository with the same beginning": WORKFLOW.replace("org/repo/", "org/repo-evil/"),
    "another owner with the same end": WORKFLOW.replace("/org/", "/evil-org/"),
    "a host that begins the same": WORKFLOW.replace("github.com", "github.com.evil.example"),
    "a host in which the dot is any letter": WORKFLOW.replace("github.com", "githubXcom"),
    "something before it": f"https://evil.example/?{WORKFLOW}",
    "something after it": f"{WORKFLOW}\n",
    "a line break and more": f"{WORKFLOW}\nhttps://evil.example",
    "a line break inside": WORKFLOW.replace("release.yml", "release\n.yml"),
    "a space": WORKFLOW.replace("v1", "v 1"),
    "a null": f"{WORKFLOW}\0",
    "a look-alike letter": WORKFLOW.replace("release", "rele\u0430se"),
    "a full-width digit": WORKFLOW.replace("v1", "v\uff11"),
    "text that runs backwards": WORKFLOW.replace("v1", "\u202ev1"),
    "another case": WORKFLOW.upper(),
    "no scheme": WORKFLOW.removeprefix("https://"),
    "another scheme": WORKFLOW.replace("https:", "http:"),
    "a trailing slash": f"{REPOSITORY}/",
    "only the beginning": REPOSITORY,
    "a host that ends in a dot": WORKFLOW.replace("github.com", "github.com."),
    "a user before the host": WORKFLOW.replace("https://", "https://github.com@"),
    "one letter of another case": WORKFLOW.replace("/org/", "/Org/"),
    "an escaped letter": WORKFLOW.replace("org/", "%6Frg/"),
    "a step back": WORKFLOW.replace("org/repo/", "org/repo/../repo/"),
    "a carriage return after it": f"{WORKFLOW}\r",
    "a tab before it": f"\t{WORKFLOW}",
    "a no-break space after it": f"{WORKFLOW}\u00a0",
    "nothing": "",
}


@pytest.mark.parametrize("case", LOOK_ALIKES)
def test_look_alikes_are_nobody(case: str) -> None:
    for one in (exact(), like(), like(f"^{PATTERN}$"), like(f"(?s){PATTERN}"), like(f"(?m)^{PATTERN}$")):
        assert matching([one], LOOK_ALIKES[case], ISSUER, NOON) is None


def test_an_expression_never_folds_letters_beyond_ascii() -> None:
    # U+212A, the sign for kelvin, and U+017F, the long s, fold to k and s.
    for name in ("https://h/\u212a", "https://h/\u017f", "https://h/\u0661"):
        assert matching([like(r"(?i)https://h/[ks\d\w]")], name, ISSUER, NOON) is None


def test_a_name_beyond_ascii_can_be_written_out() -> None:
    name = "jos\u00e9@example.org"
    assert matching([exact(name)], name, ISSUER, NOON) == exact(name)
    assert matching([exact(name)], "jose\u0301@example.org", ISSUER, NOON) is None


@pytest.mark.parametrize("issuer", [f"{ISSUER}/", f"{ISSUER}.evil.example", ISSUER.upper(), "", f" {ISSUER}"])
def test_another_issuer_is_another_signer(issuer: str) -> None:
    assert matching([exact(), like()], WORKFLOW, issuer, NOON) is None


def test_an_issuer_is_no_expression() -> None:
    assert matching([exact(issuer="https://.*")], WORKFLOW, "https://x", NOON) is None


DAYS = {
    "unbounded": ("", "", True),
    "begins today": ("2026-11-20", "", True),
    "begins tomorrow": ("2026-11-21", "", False),
    "ends today": ("", "2026-11-20", True),
    "ended yesterday": ("", "2026-11-19", False),
    "one day": ("2026-11-20", "2026-11-20", True),
}


@pytest.mark.parametrize("case", DAYS)
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, tzinfo=UTC),
        NOON,
        datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 11, 21, 8, tzinfo=timezone(timedelta(hours=9))),
        datetime(2026, 11, 19, 20, tzinfo=timezone(timedelta(hours=-8))),
    ],
)
def test_the_day_of_the_signature_in_utc_decides(case: str, moment: datetime) -> None:
    since, until, expected = DAYS[case]
    assert (matching([exact(since=since, until=until)], WORKFLOW, ISSUER, moment) is not None) is expected


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="the time of a signature needs a time zone"):
        matching([exact()], WORKFLOW, ISSUER, datetime(2026, 11, 20))  # noqa: DTZ001 - the point


def test_rotation_keeps_history() -> None:
    old = exact(until="2026-06-30")
    new = exact(f"{WORKFLOW}2", since="2026-07-01")
    then, now = datetime(2026, 6, 30, 23, tzinfo=UTC), NOON
    assert matching([old, new], WORKFLOW, ISSUER, then) == old
    assert matching([old, new], WORKFLOW, ISSUER, now) is None
    assert matching([old, new], f"{WORKFLOW}2", ISSUER, now) == new
    assert matching([old, new], f"{WORKFLOW}2", ISSUER, then) is None


def test_the_first_of_several_counts() -> None:
    first, second = exact(until="2026-12-31"), exact()
    assert matching([first, second], WORKFLOW, ISSUER, NOON) is first


def test_reasons() -> None:
    entries = [exact(), exact("x"), exact(issuer="i"), exact(since="2026-12-01"), exact(until="2026-01-01")]
    assert [why for _, why in mismatches(entries, WORKFLOW, ISSUER, NOON)] == [
        "has another name",
        "has the issuer i",
        "is valid from 2026-12-01, but the signature is from 2026-11-20",
        "expired on 2026-01-01, but the signature is from 2026-11-20",
    ]


NAMES = st.one_of(st.text(max_size=12), st.sampled_from(sorted(LOOK_ALIKES.values())), st.just(WORKFLOW))
PATTERNS = st.sampled_from(
    [
        PATTERN,
        r"org-[a-z]+",
        r"(?s)https://github\.com/org/.+",
        r"(?i)org-a\w*",
        r"https://github\.com/org/.*",
        r"a|ab|b$",
    ]
)
DATES = st.dates(date(2026, 11, 1), date(2026, 12, 10))
IDENTITIES = st.builds(
    lambda name, pattern, issuer, days: SigningIdentity(
        identity="" if pattern else name,
        identity_regex=pattern or "",
        issuer=issuer,
        since=days[0].isoformat(),
        until=days[1].isoformat(),
    ),
    NAMES.filter(bool),
    st.none() | PATTERNS,
    st.sampled_from([ISSUER, "i"]),
    st.tuples(DATES, DATES).map(lambda pair: tuple(sorted(pair))),
)


@settings(max_examples=400, derandomize=True)
@given(
    st.lists(IDENTITIES, max_size=4),
    NAMES,
    st.sampled_from([ISSUER, "i", ""]),
    st.datetimes(datetime(2026, 10, 25), datetime(2026, 12, 20), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
)
def test_whoever_matches_is_equal_or_matched_whole(
    entries: list[SigningIdentity], name: str, issuer: str, moment: datetime
) -> None:
    found = matching(checked(entries), name, issuer, moment)
    assert (found is None) == (len(mismatches(entries, name, issuer, moment)) == len(entries))
    if found is None:
        return
    assert found.issuer == issuer
    assert found.identity == name or re.fullmatch(found.identity_regex, name, re.ASCII)
    assert found.since <= moment.date().isoformat() <= found.until
    assert matching([found], f"{name}x" if found.identity else f"{name}\n", issuer, moment) is None
