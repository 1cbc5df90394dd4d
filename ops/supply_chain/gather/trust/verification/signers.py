"""The authorized signers of a verification, from command line, file or configuration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError

if TYPE_CHECKING:
    from ops.supply_chain.contracts.config.signing import SigningIdentity


def chosen_identities(args: argparse.Namespace, configured: Sequence[SigningIdentity]) -> tuple[SigningIdentity, ...]:
    """Return the authorized identities: from the command line, else the file, else the configuration.

    Raises:
        UsageError: They are invalid, or two sources are named.
        InputError: The file cannot be read.
    """
    from ops.supply_chain.contracts.config.signing import SigningIdentity
    from ops.supply_chain.trust.identities.check import checked

    if bool(args.identity) != bool(args.issuer):
        raise UsageError("--identity and --issuer belong together", hint="Give both.", kind=ErrorClass.COMMAND_LINE)
    if args.identity and args.identities:
        raise UsageError(
            "both --identity and --identities are given", hint="Give one of them.", kind=ErrorClass.COMMAND_LINE
        )
    conditions = {key: getattr(args, key) for key in ("repository", "ref", "event", "runner")}
    signs = tuple(args.signs)
    if not args.identity and (signs or any(conditions.values())):
        raise UsageError(
            "--repository, --ref, --event, --runner and --for are conditions on --identity",
            hint="Give --identity and --issuer, or write the conditions into the file of --identities.",
            kind=ErrorClass.COMMAND_LINE,
        )
    if args.identity:
        named = SigningIdentity(identity=args.identity, issuer=args.issuer, signs=signs, **conditions)
        return checked([named], where="command line")
    if args.identities:
        return checked(_identities_in(args.identities), where=str(args.identities))
    return checked(configured)


def _identities_in(path: Path) -> tuple[SigningIdentity, ...]:
    import msgspec

    from ops.supply_chain.contracts.config.signing import SigningIdentity

    try:
        table: Any = plain_toml.load(path.read_text(encoding="utf-8"))
        found = msgspec.convert(_days_as_text(table["signing"]["identities"]), tuple[SigningIdentity, ...], strict=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"{path}: has no readable [[signing.identities]]: {error}",
            hint="See docs/configuration.md for its keys.",
            kind=ErrorClass.COMMAND_LINE,
        ) from error
    if not found:
        raise UsageError(
            f"{path}: lists no identity", hint="See docs/configuration.md for its keys.", kind=ErrorClass.COMMAND_LINE
        )
    return found


def _days_as_text(rows: Any) -> Any:
    return [{key: value if isinstance(value, str | list) else str(value) for key, value in row.items()} for row in rows]
