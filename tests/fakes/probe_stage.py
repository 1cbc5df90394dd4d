"""A program that shows what it is given as a process, or ends in some way: what a stage could notice of how it was started."""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

from ops.supply_chain.core import text
from ops.supply_chain.runner import streams

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD)


def state() -> dict[str, object]:
    """Return what belongs to this process: the same, however it was started."""
    umask = os.umask(0)
    os.umask(umask)
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return {
        "words": sys.argv,
        "command": sys.orig_argv,
        "variables": dict(os.environ),
        "folder": str(Path.cwd()),
        "umask": umask,
        "open": sorted(int(path.name) for path in Path("/proc/self/fd").iterdir()),
        "signals": [line for line in status if line.startswith(("SigBlk", "SigIgn", "SigCgt"))],
        "handlers": [str(signal.getsignal(number)) for number in HANDLED],
        "group": os.getpgrp(),
        "streams": [
            (stream.name, stream.encoding, stream.errors, stream.line_buffering, stream.newlines)
            for stream in (sys.stdin, sys.stdout, sys.stderr)
        ],
        "threads": threading.active_count(),
        "logging": [logging.getLogger().level, len(logging.getLogger().handlers)],
        "warnings": sum(category.__module__ == "builtins" for _, _, category, _, _ in warnings.filters),
        "path": sys.path,
        "flags": str(sys.flags),
        "main": [__name__, __spec__.name if __spec__ else "", sys.modules["__main__"].__dict__["__name__"]],
        "collector": [gc.isenabled(), gc.get_threshold()],
        "zone": time.tzname,
        "temporary": tempfile.tempdir,
        "ours": [streams._advised.project, getattr(text, "left_behind", None)],
    }


def leave_traces() -> None:
    """Change all that a process can change of itself."""
    os.environ["LEFT"] = "behind"
    os.chdir("/")
    os.umask(0o777)
    random.seed(1)
    logging.basicConfig(level=logging.DEBUG, force=True)
    warnings.simplefilter("error")
    streams.advise_for("left")
    text.left_behind = True  # type: ignore[attr-defined]
    tempfile.tempdir = "/left"
    sys.path.append("/left")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def main() -> int:  # noqa: C901 - one branch for each way to end
    """Do what the first word says."""
    how, *rest = sys.argv[1:]
    if how == "state":
        print(json.dumps(state()))
    elif how == "traces":
        leave_traces()
    elif how == "random":
        print(random.getrandbits(64), next(tempfile._get_candidate_names()))  # type: ignore[attr-defined]
    elif how == "exit":
        sys.exit(int(rest[0]) if rest[0].isdigit() else rest[0])
    elif how == "raise":
        raise ValueError(rest[0])
    elif how == "killed":
        print("not flushed", end="")
        os.kill(os.getpid(), int(rest[0]))
    elif how == "memory":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
        bytearray(1 << 30)
    elif how == "late":
        atexit.register(print, "at the end")
        threading.Timer(0.05, print, ["in a thread"]).start()
        print("first")
    elif how == "wait":
        print("ready", flush=True)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        time.sleep(60)
    elif how == "read":
        print(repr(sys.stdin.read()))
    elif how == "much":
        sys.stdout.write("o" * 300_000)
        sys.stderr.write("e" * 300_000)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
