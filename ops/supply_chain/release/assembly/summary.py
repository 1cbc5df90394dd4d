"""The summary at the end of a release: files, folder, verdict, retention, signatures, next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.release_naming import naming_of
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED, bundle_name, bundle_suffix, is_signed
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import size_text

RELEASED = "dist:release/"


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The facts; `files` are (name, size in bytes), sorted, signatures left out.

    `unsigned` are the files without a bundle, including the trusted root. `mode` is the configured signing mode.
    `verified` is True if the signing stage verified exactly these bundles over these files. `retained` and
    `retained_until` are empty if the release is not retained; `earlier` is True if the retained release comes from an
    earlier run, with other times in its records and otherwise the same files. `source` is the commit, and what differed
    from it.
    """

    component: str
    version: str
    folder: str
    files: tuple[tuple[str, int], ...]
    unsigned: tuple[str, ...]
    verdict: str
    retained: str
    retained_until: str
    earlier: bool
    mode: SigningMode = SigningMode.SIGSTORE
    verified: bool = False
    source: str = ""


def unsigned_among(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of files that have no Sigstore bundle, in the order given."""
    present = set(names)
    naming = naming_of(present)
    return tuple(name for name in names if is_signed(name) and bundle_name(name, naming) not in present)


def verified_by(record: Record, files: Mapping[str, str]) -> bool:
    """Return whether the record of the signing stage shows that it verified a bundle over each of these files.

    Args:
        record: The record of the signing stage.
        files: Name -> SHA-256 of every file in the release folder now.
    """
    if record.outcome is not Outcome.PASS or record.options.get("mode") != SigningMode.SIGSTORE.value:
        return False
    known = {ref.path: ref.sha256 for ref in (*record.reads, *record.writes)}
    return bool(files) and all(known.get(f"{RELEASED}{name}") == sha256 for name, sha256 in files.items())


def summary_text(summary: Summary, *, next_step: str) -> str:
    """Write the summary for people."""
    width = max((len(name) for name, _ in summary.files), default=0)
    total = sum(size for _, size in summary.files)
    lines = [
        f"{summary.component} {summary.version}",
        f"  made      {summary.folder}: {len(summary.files)} files, {size_text(total)}",
        *(f"              {name:<{width}}  {size_text(size):>9}" for name, size in summary.files),
        *([f"  source    {summary.source}"] if summary.source else []),
        f"  verdict   {summary.verdict}",
        f"  retained  {_retained(summary)}",
        f"  signature {_signed(summary)}",
        f"  next      {next_step}",
    ]
    return "\n".join(lines)


def _retained(summary: Summary) -> str:
    if not summary.retained_until:
        return "no"
    earlier = ", from an earlier run with the same files" if summary.earlier else ""
    return f"{summary.retained} until {summary.retained_until}{earlier}"


def _signed(summary: Summary) -> str:
    suffix = bundle_suffix(naming_of({name for name, _ in summary.files}))
    if not summary.unsigned:
        checked = "verified when it was signed" if summary.verified else "not verified in this run"
        return f"every file has a {suffix} bundle ({checked})"
    if len(summary.unsigned) < len(summary.files):
        return f"not signed: {', '.join(summary.unsigned)} without a {suffix} bundle"
    if summary.mode is SigningMode.CHECKSUMS:
        return f"{NOT_SIGNED} (mode {summary.mode.value})"
    return f"not signed: none of the {len(summary.files)} files has a {suffix} bundle"
