"""Rehearse a release: run the pipeline with an ephemeral Sigstore instance, and report why a real one would be denied.

    python -Im ops.supply_chain.sessions.rehearse "generate_sbom" ... "sign_artifacts" "verify_release" -- OPTIONS

Steps and options are those of `runner.pipeline`; without steps, they are those of the table of stages; `--dist` is `dist/rehearsal/`, and releases are retained inside it. The
stages sign and verify with an instance on loopback that ends with the run: nothing reaches a public log. The signer is the
first of `[signing].identities` that is valid today, so that the production policy is rehearsed as it is; if none is
configured, an ephemeral identity.

A gate or policy that denies, or that could not examine everything, does not end a rehearsal: the reasons are listed at
the end. The exit code is 0 even if a real release would be denied; otherwise it is that of the stage that ended the run.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.handover import restart_for_stages

    restart_for_stages()

import argparse
import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

import msgspec

from ops.supply_chain import commands, release_uses
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.signing import SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Verdict
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ErrorClass, ExitCode, InputError, UsageError
from ops.supply_chain.core.variables import Child, Group, child_variables
from ops.supply_chain.rehearsal.example import example_of
from ops.supply_chain.rehearsal.instance import RehearsalInstance, without_proxy
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.release.assembly.refusal import reasons_of_verdicts
from ops.supply_chain.risk.findings.render.text import refusal_reason
from ops.supply_chain.risk.findings.stage_errors import failure
from ops.supply_chain.runner.arguments import DEFAULT_ARTIFACTS, absolute
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.runner.dist_folder import REHEARSAL_FOLDER
from ops.supply_chain.runner.handover import held_secrets
from ops.supply_chain.runner.pipeline import (
    POLICY_STAGE,
    Finished,
    Manner,
    carry_out,
    command_line,
    guarded,
    run_document,
    shared_options,
)
from ops.supply_chain.runner.preflight import CheckedProject, check_session
from ops.supply_chain.runner.prepared import PreparedStages, prepared_for
from ops.supply_chain.runner.rehearsal_mode import (
    EPHEMERAL,
    REHEARSAL_VARIABLE,
    TOKEN_VARIABLE,
    TRUST_CONFIG_VARIABLE,
    RehearsalSigner,
)
from ops.supply_chain.runner.streams import print_result
from ops.supply_chain.sessions.one_screen import REPORT_STAGE, Ending, Words, again, show, watcher_for
from ops.supply_chain.trust.identities.check import checked, day
from ops.supply_chain.trust.identities.matching import matching
from ops.supply_chain.trust.identities.run import repository_of
from ops.supply_chain.trust.verification.file_kinds import PROVENANCE_NAMES

TOKEN_SECONDS = 24 * 60 * 60
"""A rehearsal's token is made before its first stage and used by its last: it must outlive a cold cache."""

VERDICTS = ("verdict/verdict.json", "verdict/provenance-verdict.json")
_TAGS = "@refs/tags/"
NO_IDENTITY = "no [[signing.identities]] entry is valid today"
T = TypeVar("T")


@dataclass
class Advice:
    """What the session that runs a rehearsal adds to its screen: next steps, and further lines with a label.

    `shown` is True once they are on the screen.
    """

    steps: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    shown: bool = False


def main(argv: Sequence[str] | None = None, advice: Advice | None = None) -> int:
    """Run the rehearsal given on the command line.

    Args:
        argv: Steps and options; None takes the process's.
        advice: Goes into the screen at the end.
    Returns:
        0 if every stage ran to its end, else the exit code of the stage that ended the run.
    """
    steps, given = command_line(argv)
    steps = steps or list(commands(release_uses()))
    with _cleaning_up():
        return guarded(given, lambda: _rehearse(steps, given, advice or Advice()))


@contextmanager
def _cleaning_up() -> Iterator[None]:
    """On SIGTERM, or when the terminal closes, end like an interrupted run and leave no processes or files."""
    wanted = [(signal.SIGTERM, _interrupt), (getattr(signal, "SIGHUP", None), _stop)]
    # What is ignored stays ignored: `nohup`.
    handled = {
        number: handler
        for number, handler in wanted
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN
    }
    previous = {number: signal.signal(number, handler) for number, handler in handled.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # While stages run, `runner.pipeline` handles SIGTERM and ends them too.
    signal.raise_signal(signal.SIGTERM)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def own_folders(shared: argparse.Namespace, dist: Path) -> tuple[Path, Path]:
    """Return the folders for artifacts and for retained releases of a rehearsal.

    Args:
        shared: The options that every stage shares.
        dist: The project's folder for artifacts, or the one that `--dist` names, which then is the rehearsal's.
    Raises:
        UsageError: Releases would be retained outside the rehearsal's `dist/`, among real ones, or the folder
            contains a real release.
    """
    dist = dist / REHEARSAL_FOLDER if shared.dist is None else dist
    artifacts = dist / "artifacts"
    if shared.artifacts != DEFAULT_ARTIFACTS and absolute(shared.artifacts) != artifacts:
        raise UsageError(
            "--artifacts: a rehearsal retains its release in artifacts/ of its own --dist, never among real releases",
            hint="Omit --artifacts.",
            kind=ErrorClass.COMMAND_LINE,
        )
    found = (path for ending in PROVENANCE_NAMES for path in (dist / "release").glob(f"*{ending}"))
    if any(not _is_rehearsed(path) for path in found):
        raise UsageError(
            f"--dist {dist}: contains an assembled release, which a rehearsal would replace",
            hint="Give another folder, or omit --dist.",
            kind=ErrorClass.FOLDER,
        )
    return dist, artifacts


def _is_rehearsed(provenance: Path) -> bool:
    statement = _read(provenance, Statement)
    return statement is not None and bool(statement.predicate.build_definition.external_parameters.rehearsal)


def _rehearse(steps: Sequence[str], given: list[str], advice: Advice) -> int:
    with prepared_for([*steps, REPORT_STAGE], os.environ) as prepared:
        return _rehearse_with(prepared, steps, given, advice)


def _rehearse_with(prepared: PreparedStages | None, steps: Sequence[str], given: list[str], advice: Advice) -> int:
    shared = shared_options(given)
    found = check_session(shared)
    dist, artifacts = own_folders(shared, found.dist)
    options = [*given, "--dist", str(dist), "--artifacts", str(artifacts)]
    signer = choose_signer(checked(found.config.signing.identities), read_clock(), version=found.project.version)
    log = watcher_for(shared, dist)
    manner = Manner(rehearsal=True, also_clear=[artifacts], watcher=log, closing=(REPORT_STAGE,), prepared=prepared)
    with _instance_environment(signer) as environment:
        finished = carry_out(steps, options, environment, manner, checked=found._replace(dist=dist))
    reasons = _reasons(finished, dist, found.config, signer)
    _print_result(finished, reasons, signer, shared)
    if not shared.public_log:
        ending = _ending(found._replace(dist=dist), signer, given, finished)
        ending = msgspec.structs.replace(ending, steps=advice.steps, notes=(*ending.notes, *advice.notes))
        show(finished, ending, log, shared)
        advice.shown = True
    return finished.code


def _ending(found: CheckedProject, signer: RehearsalSigner, given: Sequence[str], finished: Finished) -> Ending:
    who = "by an ephemeral identity" if signer.ephemeral else f"as {signer.identity}, issuer {signer.issuer}"
    unnamed = _is_unnamed(found.config, signer)
    signed = finished.code == ExitCode.PASS or any((found.dist / "release").glob("*.sigstore.json"))
    return Ending(
        root=found.project.root,
        dist=found.dist,
        config=found.config,
        subject=f"{found.project.name} {found.project.version}",
        words=Words(passed="WOULD PASS", refused="WOULD BE REFUSED", unexamined="WOULD BE REFUSED"),
        more=(
            failure(
                NO_IDENTITY,
                ["Add [[signing.identities]] to .security-config.toml (docs/quick-start.md)."],
            ),
        )
        if unnamed
        else (),
        notes=(("signed", f"on loopback, nothing public, {who}"),) if signed else (),
        again=again("rehearse", given),
        shows=("made",),
    )


def choose_signer(identities: Sequence[SigningIdentity], now: datetime, *, version: str = "") -> RehearsalSigner:
    """Choose the signer: the first identity that may sign today, or an ephemeral one if there is none.

    Args:
        identities: As configured; for an expression, a name that it matches is generated.
        now: The current time.
        version: Under release: the generated name has it as its tag, where the expression allows that.
    Raises:
        UsageError: An identity is valid today, but no name was found that its expression matches.
    """
    # An identity that may sign everything before those that may not.
    for identity in sorted(identities, key=lambda identity: bool(identity.signs)):
        since, until = day(identity.since), day(identity.until)
        if (since and now.date() < since) or (until and now.date() > until):
            continue
        name = identity.identity or _example(identity, version, now)
        if name is None or matching([identity], name, identity.issuer, now) is None:
            raise UsageError(
                f"signing.identities: no name was found that {identity.identity_regex!r} matches",
                hint="Put an entry with 'identity' before it.",
                kind=ErrorClass.CONFIGURATION,
            )
        return RehearsalSigner(name, identity.issuer, ephemeral=False, claims=claims_of(identity))
    return EPHEMERAL


def _example(identity: SigningIdentity, version: str, now: datetime) -> str | None:
    found = example_of(identity.identity_regex)
    before, tags, _ = (found or "").partition(_TAGS)
    named = [f"{before}{tags}{tag}" for tag in (version, f"v{version}") if version and tags]
    return next((name for name in named if matching([identity], name, identity.issuer, now)), found)


def claims_of(identity: SigningIdentity) -> tuple[tuple[str, str], ...]:
    """Return the claims of a token that meets the conditions of an identity; repositories at GitHub alone."""
    named = {
        "repository": repository_of(identity.repository).removeprefix("github.com/"),
        "ref": identity.ref.replace("*", "0"),
        "event_name": identity.event,
        "runner_environment": identity.runner,
    }
    return tuple((claim, text) for claim, text in named.items() if text)


@contextmanager
def _instance_environment(signer: RehearsalSigner) -> Iterator[dict[str, str]]:
    """Run an instance, and yield the environment variables with which stages use only that instance.

    Real credentials for signing and publishing are not among them.
    """
    options = Options(identity=signer.identity, issuer=signer.issuer)
    with RehearsalInstance(options) as instance, tempfile.TemporaryDirectory(prefix="sealwright-rehearsal-") as folder:
        trust_config = Path(folder) / "trust_config.json"
        trust_config.write_text(instance.trust_config_json, encoding="utf-8")
        yield {
            **child_variables(Child.STAGE, os.environ),
            **held_secrets(Group.INDEX, Group.ACCOUNTS),
            **without_proxy(os.environ),
            REHEARSAL_VARIABLE: "1",
            TRUST_CONFIG_VARIABLE: str(trust_config),
            TOKEN_VARIABLE: instance.identity_token(claims=dict(signer.claims), lifetime=TOKEN_SECONDS),
        }


def _reasons(finished: Finished, dist: Path, config: Config, signer: RehearsalSigner) -> tuple[str, ...]:
    gates = [stage for stage in finished.refused if stage != POLICY_STAGE]
    read = [record for path in (dist / "records").glob("*.json") if (record := _read(path, Record))]
    records = {record.stage: record for record in read}
    verdicts = [verdict for name in VERDICTS if (verdict := _read(dist / name, Verdict))]
    unnamed = _is_unnamed(config, signer)
    return (
        *(refusal_reason(stage, records.get(stage)) for stage in gates),
        *(reasons_of_verdicts(verdicts) if POLICY_STAGE in finished.refused else ()),
        *((NO_IDENTITY,) if unnamed else ()),
    )


def _is_unnamed(config: Config, signer: RehearsalSigner) -> bool:
    return signer.ephemeral and config.signing.mode is SigningMode.SIGSTORE


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return canonical.read(path, kind) if path.is_file() else None
    except InputError:
        return None


def _print_result(
    finished: Finished, reasons: Sequence[str], signer: RehearsalSigner, shared: argparse.Namespace
) -> None:
    who: dict[str, object] = {"identity": signer.identity, "issuer": signer.issuer, "made_up": signer.ephemeral}
    outcome = {"worked": finished.code == ExitCode.PASS, "stopped": finished.stopped, "would_be_refused": list(reasons)}
    if shared.public_log:
        who, outcome["would_be_refused"] = {}, len(reasons)
    if shared.format == "json":
        print_result(run_document(finished, rehearsal={**who, **outcome}), document=True)
    elif shared.public_log:
        result = "completed" if outcome["worked"] else f"ended by {finished.stopped}"
        print_result(f"rehearsal: {result} (reasons to deny {len(reasons)})")


if __name__ == "__main__":
    raise SystemExit(main())
