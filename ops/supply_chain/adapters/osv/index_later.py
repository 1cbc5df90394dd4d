"""The index of a feed, written by a process of its own after the answer was given from the feed itself.

The process outlives the stage, has no terminal and no output, and gives way to all other work. Processes that index feeds of one cache wait
for each other, so that two stages of a session do the work once. Ended at any moment it leaves no index, and the next run
answers from the feed again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ops.supply_chain.adapters.osv.archive import MOST_ARCHIVE_BYTES, ZipRecords
from ops.supply_chain.adapters.osv.feed_index import FOLDER, build, forget_zip, index_path, is_whole
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.core.start import start_words

MODULE = "ops.supply_chain.adapters.osv.index_later"
MOST_SECONDS = 600
"""After that the process is ended by its alarm: a file system that hangs must not keep it forever."""

LOWEST_PRIORITY = 19
LEFT_SECONDS = 3600
"""A temporary file that was not written for so long belongs to a process that was killed."""

_STARTED: set[tuple[Path, Path]] = set()
"""The feeds and caches for which this process has started another one."""

_VARIABLES = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR")
"""The process needs nothing of the environment's secrets."""


def start_indexing(feed: Path, cache: Path) -> None:
    """Start to index a feed, and do not wait; without such a process the next run answers from the feed again.

    Args:
        feed: The zip.
        cache: The user's cache folder.
    """
    if (feed, cache) in _STARTED:
        return
    with suppress(OSError):
        _STARTED.add((feed, cache))
        (cache / FOLDER).mkdir(parents=True, exist_ok=True)
        words = [sys.executable, *start_words(MODULE), str(feed.absolute()), str(cache.absolute())]
        nothing = os.open(os.devnull, os.O_RDWR)
        try:
            process = os.posix_spawn(
                sys.executable,
                words,
                {name: os.environ[name] for name in _VARIABLES if name in os.environ},
                file_actions=[(os.POSIX_SPAWN_DUP2, nothing, number) for number in range(3)],
            )
            # From here, because the stage has not ended yet and its start would take the only core from that.
            os.setpriority(os.PRIO_PROCESS, process, LOWEST_PRIORITY)
        finally:
            os.close(nothing)


def main(argv: Sequence[str] | None = None) -> int:
    """Index the feed of the first argument in the cache of the second one."""
    feed, cache = map(Path, sys.argv[1:] if argv is None else argv)
    with suppress(OSError):
        os.setsid()  # what ends the stage's processes, a closed terminal for example, does not end this one
    signal.alarm(MOST_SECONDS)
    with suppress(OSError, StageError):
        index_feed(feed, cache)
    return 0


def index_feed(feed: Path, cache: Path) -> None:
    """Index a zip, unless that was done while this waited for others.

    Raises:
        StageError: The feed is damaged, or the cache cannot be written.
        OSError: The feed or the cache is gone.
    """
    import fcntl  # not on Windows, where no process indexes afterwards

    folder = os.open(cache / FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with feed.open("rb") as handle:
            data = handle.read(MOST_ARCHIVE_BYTES)
        sha256 = sha256_bytes(data)
        if not is_whole(cache, sha256):
            records = ZipRecords(data, where=feed.name)
            target = index_path(cache, sha256)
            build(target, records, sha256=sha256, where=feed.name)
            _remove_left(target)
        forget_zip(cache, sha256)
    finally:
        os.close(folder)


def _remove_left(index: Path) -> None:
    """Delete what killed processes left, by its age when an index was written."""
    written = index.stat().st_mtime
    for path in index.parent.glob(".*.tmp"):
        with suppress(OSError):
            if written - path.stat().st_mtime > LEFT_SECONDS:
                path.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
