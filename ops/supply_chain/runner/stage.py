"""The one place where a stage's result or error becomes output, a record and an exit code."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import uuid
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec.structs import replace

from ops.supply_chain import PIPELINE, record_titles
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ErrorClass, ExitCode, OutputError, UnavailableError, UsageError
from ops.supply_chain.core.imports import end_imports
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome, exit_code_for, worst
from ops.supply_chain.risk.findings.render.text import stage_text
from ops.supply_chain.runner.arguments import HOME, absolute, cache_folder, named_artifacts, named_project, parser_for
from ops.supply_chain.runner.clock import read_clock, read_stopwatch
from ops.supply_chain.runner.command_lines import begin
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import dist_folder, hold_for
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE
from ops.supply_chain.runner.failures import system_failure
from ops.supply_chain.runner.program_end import leave as leave  # noqa: PLC0414 - each stage takes it from here
from ops.supply_chain.runner.progress import Progress, progress_name
from ops.supply_chain.runner.setbacks import finished_stages, setbacks
from ops.supply_chain.runner.streams import (
    Streams,
    advise_for,
    obeys_commands,
    print_commands,
    terminal_width,
    wants_colour,
)

RECORDS_FOLDER = "records"

_ASK_AN_INDEX = frozenset(row.script for row in PIPELINE if row.asks_an_index)

Body = Callable[[StageRun], StageResult]
Arguments = Callable[[argparse.ArgumentParser], None]


def run_stage(
    stage: str,
    doc: str | None,
    arguments: Arguments,
    body: Body,
    argv: Sequence[str] | None = None,
    *,
    records: bool | None = None,
) -> int:
    """Run a stage from its command line to its exit code.

    Args:
        stage: The module's name, which is also the record's.
        doc: The module's docstring.
        arguments: Adds the stage's own options to the parser.
        body: Does the work; raises `StageError` or returns a result.
        argv: The command line without the program; None takes the process's.
        records: Whether this call leaves a record; without it the table of stages decides. Given by a stage that
            leaves one in some of its modes only.
    Returns:
        One of `ExitCode`.
    """
    end_imports()
    words = list(sys.argv[1:] if argv is None else argv)
    parser = parser_for(stage, doc or stage)
    arguments(parser)
    ended = begin(parser, words)
    if ended is not None:
        return ended
    keeps = stage in record_titles() if records is None else records
    width = terminal_width()
    with Streams(public="--public-log" in words) as streams:
        return _guarded(lambda: _run(stage, parser, body, words, streams, records=keeps, width=width), streams, words)


def _guarded(work: Callable[[], int], streams: Streams, words: Sequence[str]) -> int:
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # the pipeline blocks it while we are imported
        return work()
    except KeyboardInterrupt:
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it would log each cancelled task, with paths
        streams.error("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        failure = system_failure(error, project=_project_of(words))
        if (
            failure is None
        ):  # a crash is a defect in sealwright: it has its own exit code, and a public log shows no more
            streams.error("error: crash" if streams.public else _traceback())
            return ExitCode.CRASH
        streams.error(failure.public() if streams.public else failure.described())
        return failure.exit_code
    finally:
        signal.signal(signal.SIGTERM, previous)


def _traceback() -> str:
    import traceback

    return traceback.format_exc()


def _project_of(words: Sequence[str]) -> Path | None:
    """Return the project's folder as far as the command line names one, for an error."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--project", type=Path, default=HOME)
    try:
        project: Path = parser.parse_known_args(list(words))[0].project.absolute()
    except (argparse.ArgumentError, SystemExit, OSError):
        return None
    return project


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _run(
    stage: str,
    parser: argparse.ArgumentParser,
    body: Body,
    words: list[str],
    streams: Streams,
    *,
    records: bool,
    width: int | None,
) -> int:
    args = parser.parse_args(words)
    advise_for(named_project(args), named_artifacts(args))
    _configure_logging(verbose=args.verbose)
    started = read_clock()
    clock = read_stopwatch()
    if getattr(args, "part", None) is not None:
        return _run_part(stage, args, body, words)
    run = replace(_context(stage, args, started, records=records), words=tuple(words))
    with hold_for(run.dist, run.root) if records else nullcontext():
        record_path = run.dist / RECORDS_FOLDER / f"{stage}.json"
        if records:
            record_path.unlink(missing_ok=True)
        earlier = finished_stages(_records_of_run(run), invocation=run.invocation)
        try:
            result = body(run)
        except UnavailableError as error:
            if records:
                _write_record(record_path, run, _unavailable(error), started, clock)
            raise
        result = _with_setbacks(run, result, started, earlier)
        record = _record(run, result, started, clock)
        if records:
            canonical.write(record_path, record)
    code = exit_code_for(result.outcome, broken=result.broken_input)
    try:
        rendered = _render(record, result, run.args.format, public=streams.public, width=width)
        # In a session the result goes to its log.
        plain = streams.public or HOLDER_VARIABLE in os.environ or not result.text
        plain = plain or not wants_colour(os.environ, terminal=width is not None)
        colour = "" if plain else result.colour
        streams.result(rendered, document=run.args.format == "json", colour=colour)
        if result.annotations and obeys_commands() and not streams.public and run.args.format != "json":
            print_commands(result.annotations)
    except OutputError as error:
        if code == ExitCode.PASS:
            raise
        streams.error(error.public() if streams.public else error.described())
    return code


def _run_part(stage: str, args: argparse.Namespace, body: Body, words: Sequence[str]) -> int:
    from ops.supply_chain.runner.fleet_part import read_part, write_result

    part = read_part(args.part)
    write_result(
        part, body(replace(_context(stage, args, part.now, records=False), words=tuple(words), part=part.part))
    )
    return ExitCode.PASS


def _configure_logging(*, verbose: bool) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", force=True)
    logging.captureWarnings(capture=True)
    warnings.simplefilter("default" if verbose else "ignore")


def _context(stage: str, args: argparse.Namespace, now: datetime, *, records: bool) -> StageRun:
    root = absolute(args.project)
    if not root.is_dir():
        raise UsageError(
            f"{root}: is not a folder", hint="Give the project's folder with --project.", kind=ErrorClass.NO_PROJECT
        )
    config = read_config(root)
    dist = dist_folder(args.dist, root, config)
    config, notes = _with_index(config) if stage in _ASK_AN_INDEX else (config, ())
    return StageRun(
        stage=stage,
        args=args,
        root=root,
        dist=dist,
        artifacts=absolute(args.artifacts),
        cache=cache_folder(args.cache),
        config=config,
        now=now,
        offline=args.offline,
        invocation=os.environ.get(HOLDER_VARIABLE) or f"urn:uuid:{uuid.uuid4()}",
        progress=Progress(enabled=not args.public_log, shared=_shared_progress(stage, dist)),
        version_needed=records,
        notes=notes,
    )


def _with_index(config: Config) -> tuple[Config, tuple[str, ...]]:
    """Return the configuration with the index that the environment names, and the note that it does."""
    from ops.supply_chain.adapters.index.address import environment_index, with_environment_index

    named = environment_index(config.index, os.environ)
    return (with_environment_index(config, os.environ), (named.note,)) if named else (config, ())


def _shared_progress(stage: str, dist: Path) -> Path | None:
    """Return the file by which a session learns how far the stage is; None outside of a session."""
    return dist / RECORDS_FOLDER / progress_name(stage) if os.environ.get(HOLDER_VARIABLE) else None


def _records_of_run(run: StageRun) -> Path | None:
    return run.dist / RECORDS_FOLDER if os.environ.get(HOLDER_VARIABLE) else None


def _with_setbacks(run: StageRun, result: StageResult, started: datetime, earlier: frozenset[str]) -> StageResult:
    """Return a result that fails, if the clock went back during the stage or since another stage of the run."""
    records = _records_of_run(run)
    found = setbacks(started, read_clock(), invocation=run.invocation, records=records, earlier=earlier)
    if not found:
        return result
    return replace(result, outcome=worst([result.outcome, Outcome.FAIL]), findings=(*result.findings, *found))


def _unavailable(error: UnavailableError) -> StageResult:
    # The message may hold paths of this machine, and records are released: only the fact goes in.
    return StageResult(outcome=Outcome.NOT_EXAMINED, text=error.message, notes=("something outside did not answer",))


def _write_record(path: Path, run: StageRun, result: StageResult, started: datetime, clock: float) -> None:
    canonical.write(path, _record(run, result, started, clock))


def _record(run: StageRun, result: StageResult, started: datetime, clock: float) -> Record:
    finished = started + timedelta(seconds=round(read_stopwatch() - clock))
    return Record(
        schema="record/1",
        stage=run.stage,
        component=run.project.name,
        version=run.project.version,
        outcome=result.outcome,
        invocation=run.invocation,
        started=timestamp(started),
        finished=timestamp(finished),
        offline=run.offline,
        tools=tuple(sorted(result.tools, key=lambda tool: (tool.name, tool.version))),
        feeds=tuple(sorted(result.feeds, key=lambda feed: (feed.name, feed.version, feed.sha256 or ""))),
        options=result.options,
        counts=result.counts,
        reads=tuple(sorted(result.reads, key=lambda ref: ref.path)),
        writes=tuple(sorted(result.writes, key=lambda ref: ref.path)),
        findings=tuple(sorted(result.findings, key=lambda finding: finding.sort_key)),
        notes=(*run.notes, *result.notes),
        excluded=result.excluded or msgspec.UNSET,
    )


def _render(record: Record, result: StageResult, form: str, *, public: bool, width: int | None) -> str:
    outcome = result.public_outcome or record.outcome.value
    summary = {"counts": record.counts, "outcome": outcome, "schema": "summary/1", "stage": record.stage}
    if public and form == "json":
        return json.dumps(summary, sort_keys=True)
    if public:
        counts = ", ".join(f"{key} {value}" for key, value in sorted(record.counts.items()))
        return f"{record.stage}: {outcome}" + (f" ({counts})" if counts else "")
    if form == "json":
        document = {
            "schema": "stage-result/1",
            "record": msgspec.to_builtins(record),
            "result": msgspec.to_builtins(result.document),
        }
        return canonical.encode(document).decode()
    shown = replace(record, findings=()) if result.says_findings else record
    return stage_text(shown, text=result.text, details=result.details, width=width)
