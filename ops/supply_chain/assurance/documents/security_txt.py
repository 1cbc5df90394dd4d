"""`.well-known/security.txt`: written from the configuration, and watched, because it expires.

An existing file keeps its expiry date until that is near, so that a second run changes nothing.

Source: RFC 9116, sections 2.2 to 2.5, https://www.rfc-editor.org/rfc/rfc9116
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from ops.supply_chain.assurance.documents.addresses import contact, email, https, repository
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.contracts.config.security_txt import SecurityTxtConfig
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.moments import timestamp

FILE_NAME = ".well-known/security.txt"
MARK = f"# Made by sealwright ({command('security_md')}) from .security-config.toml: edit that instead."
_EXPIRES = re.compile(r"^[ \t]*expires[ \t]*:[ \t]*(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


class Expiry(StrEnum):
    """The state of a file: valid, expires soon, expired, or without a readable expiry date."""

    GOOD = "good"
    SOON = "soon"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"


def write_security_txt(config: Config, committed: str | None, now: datetime, *, renew: bool) -> str | None:
    """Return the file's text, or None where it is disabled or there is no contact.

    Args:
        config: The project's.
        committed: The existing file, None where there is none.
        now: The run's time.
        renew: Whether an expiry date that is near is moved; False keeps it until it has passed, to see whether
            anything else changed.
    Raises:
        UsageError: An address or a language tag is invalid.
    """
    settings = config.security_txt
    contacts = contacts_of(config)
    if not settings.enabled or not contacts:
        return None
    _require_sense(settings)
    end = _end(settings, committed, now, renew=renew)
    lines = [MARK, *(f"Contact: {address}" for address in contacts), f"Expires: {timestamp(end)}"]
    lines += [f"Encryption: {https(address, where='security_txt.encryption')}" for address in _encryption(config)]
    if settings.acknowledgments:
        lines.append(f"Acknowledgments: {https(settings.acknowledgments, where='security_txt.acknowledgments')}")
    languages = settings.languages or config.reporting.languages
    if languages:
        lines.append(f"Preferred-Languages: {', '.join(_language(language) for language in languages)}")
    lines += [f"Canonical: {https(address, where='security_txt.canonical')}" for address in settings.canonical]
    if settings.policy:
        lines.append(f"Policy: {https(settings.policy, where='security_txt.policy')}")
    return "\n".join(lines) + "\n"


def _require_sense(settings: SecurityTxtConfig) -> None:
    if settings.renew_days >= settings.expires_days:
        raise UsageError(
            f"{CONFIG_NAME}: security_txt.renew_days is {settings.renew_days} and expires_days {settings.expires_days}",
            hint="A file must be valid for longer than renew_days: make renew_days smaller.",
            kind=ErrorClass.CONFIGURATION,
        )


def contacts_of(config: Config) -> tuple[str, ...]:
    """Return the contacts, preferred first: as set for this file, else from `[reporting]`."""
    given, reporting = config.security_txt.contacts, config.reporting
    if given:
        return tuple(contact(address, where="security_txt.contacts") for address in given)
    found = []
    if reporting.github:
        name = repository(reporting.github, where="reporting.github")
        found.append(f"https://github.com/{name}/security/advisories/new")
    if reporting.url:
        found.append(https(reporting.url, where="reporting.url"))
    if reporting.email:
        found.append(f"mailto:{email(reporting.email, where='reporting.email')}")
    return tuple(found)


def expiry_of(text: str, settings: SecurityTxtConfig, now: datetime) -> tuple[Expiry, datetime | None]:
    """Return whether a file has expired, and its expiry date; no date or several are unreadable."""
    end = _read_end(text)
    if end is None:
        return Expiry.UNREADABLE, None
    if end <= now:
        return Expiry.EXPIRED, end
    soon = end - now <= timedelta(days=settings.renew_days)
    return (Expiry.SOON if soon else Expiry.GOOD), end


def _end(settings: SecurityTxtConfig, committed: str | None, now: datetime, *, renew: bool) -> datetime:
    fresh = datetime.combine(now.astimezone(UTC).date(), time(), UTC) + timedelta(days=settings.expires_days)
    state, end = expiry_of(committed or "", settings, now)
    kept = state is Expiry.GOOD or (state is Expiry.SOON and not renew)
    # A date that was moved by hand beyond what is configured is not kept.
    return end if end is not None and kept and end <= fresh else fresh


def _read_end(text: str) -> datetime | None:
    found = _EXPIRES.findall(text.replace("\r\n", "\n"))
    if len(found) != 1:
        return None
    try:
        end = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return end.astimezone(UTC) if end.tzinfo is not None else None


def _encryption(config: Config) -> tuple[str, ...]:
    given = config.security_txt.encryption
    return given or ((config.reporting.pgp_key,) if config.reporting.pgp_key else ())


def _language(tag: str) -> str:
    if _LANGUAGE.fullmatch(tag):
        return tag
    raise UsageError(
        f"{CONFIG_NAME}: {tag!r} is not a language tag",
        hint="Write languages as RFC 5646 does, for example 'en'.",
        kind=ErrorClass.CONFIGURATION,
    )
