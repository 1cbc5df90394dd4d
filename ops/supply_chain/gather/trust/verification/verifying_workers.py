"""Bundles verified in processes of their own, which import sigstore while this one reads the release; many of them on all cores.

Each answer is what `BundleVerifier` gives for exactly these bytes: the proof, or its refusal with the same text. A worker that
ends, in whatever way, leaves its bundles not examined. Bundles that are large, or few where sigstore is imported already, are
verified in this process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import NewerFormatError
from ops.supply_chain.adapters.tools.workers import WorkerEnd, Workers, may_fork
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

NEEDED = ("sigstore", "sigstore_models", "rekor_types", "pydantic", "cryptography", "rfc3161_client", "rfc8785")
"""Packages without which a worker could verify nothing."""

TOGETHER = 25
"""Bundles that a worker is given at once."""

WORTH_A_PROCESS = 100
"""Bundles that take about as long as the imports of another worker."""

MOST_BYTES = 4 << 20
"""Of a bundle that is sent to a worker: a larger one would be in memory several times."""


class BundleRequest(msgspec.Struct, frozen=True):
    """A bundle, and the SHA-256 of its file; empty for a bundle with a statement."""

    bundle: bytes
    sha256: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What decides the answer, for one trusted root."""
        return sha256_bytes(self.bundle), self.sha256


class _Answer(msgspec.Struct, frozen=True):
    """What a bundle proves, or why it does not: `reason` is UTF-8 with what JSON allows beyond it."""

    proof: VerifiedBundle | None = None
    reason: bytes = b""
    newer: bool = False
    hint: str = ""
    examined: bool = True


class _Work(msgspec.Struct, frozen=True):
    """What a worker is given: a trusted root, what to call it in an error, and bundles; without any, the root is only read."""

    root: bytes
    where: str
    requests: tuple[BundleRequest, ...] = ()


_Processes = Workers[_Work, tuple[_Answer, ...]]

_EARLY: list[_Processes] = []
"""Processes that were started before it was known what to verify."""


def begin_early() -> None:
    """Start a process that imports sigstore, before this one imports anything else, where that is possible."""
    if not _EARLY and "sigstore" not in sys.modules and forking():
        _EARLY.append(_processes())
        _EARLY[0].begin()


def forking() -> bool:
    """Return whether bundles can be verified in processes of their own here."""
    return may_fork() and all(find_spec(name) is not None for name in NEEDED)


def _processes() -> _Processes:
    return Workers(_prepared, (), (_Work, tuple[_Answer, ...]))


class VerifyingWorkers:
    """Verifies bundles as `BundleVerifier` does; a context manager that ends its processes.

    Args:
        trusted_root: The bytes of a `trusted_root.json`. That it can be used is known with the first answer, or with `require`.
        where: What to call it in an error.
    """

    def __init__(self, trusted_root: bytes, *, where: str = "trusted root") -> None:
        self._root, self._where = trusted_root, where
        self._imported = "sigstore" in sys.modules
        self._workers = _EARLY.pop() if _EARLY else _processes()
        self._own: BundleVerifier | None = None
        self._usable = False
        self._answers: dict[tuple[str, str], _Answer] = {}
        self._coming: Iterator[tuple[_Work, tuple[_Answer, ...] | WorkerEnd]] = iter(())
        if not self._imported:
            self._workers.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.__exit__(kind, error, trace)

    def require(self) -> None:
        """Wait until it is known that the trusted root can be used.

        Raises:
            InputError: It is no trusted root that can be used.
            UnavailableError: It is in a format that is not known yet, or the worker that read it ended.
        """
        self._collect()
        if not self._usable and self._imported:
            self._in_process()
        elif not self._usable:
            self._coming = self._workers.give([self._work(())])
            self._collect()
        self._usable = True

    def expect(self, requests: Iterable[BundleRequest]) -> None:
        """Have bundles verified from now on; their answers are taken when they are needed."""
        wanted = [request for request in requests if len(request.bundle) <= MOST_BYTES]
        if not self._imported or len(wanted) > TOGETHER:
            self._collect()
            most = -(-len(wanted) // WORTH_A_PROCESS)
            self._coming = self._workers.give(map(self._work, _chunks(wanted)), most=most)

    def file(self, bundle: bytes, sha256: str) -> VerifiedBundle:
        """Verify a bundle over a file; raises what `BundleVerifier.file` raises, and UnavailableError if a worker ended."""
        if not sha256:
            raise ValueError("a bundle over a file needs the digest of the file")
        return self._verified(BundleRequest(bundle, sha256))

    def statement(self, bundle: bytes) -> VerifiedBundle:
        """Verify a bundle with a DSSE envelope; raises as `file` does."""
        return self._verified(BundleRequest(bundle))

    def _verified(self, request: BundleRequest) -> VerifiedBundle:
        self._collect()
        if request.key not in self._answers:
            if self._imported or len(request.bundle) > MOST_BYTES:
                return _by(self._in_process(), request)
            self._coming = self._workers.give([self._work((request,))])
            self._collect()
        return _proof(self._answers[request.key])

    def _collect(self) -> None:
        """Take the answers that are still to come, and wait for them; raises what `require` raises."""
        for work, answers in self._coming:
            requests = work.requests
            if isinstance(answers, WorkerEnd):
                if not requests:
                    raise UnavailableError(_ended(answers))
                found: tuple[_Answer, ...] = (_Answer(reason=_ended(answers).encode(), examined=False),) * len(requests)
            else:
                found, self._usable = answers, True
            self._answers |= {request.key: answer for request, answer in zip(requests, found, strict=True)}

    def _work(self, requests: tuple[BundleRequest, ...]) -> _Work:
        return _Work(self._root, self._where, requests)

    def _in_process(self) -> BundleVerifier:
        if self._own is None:
            from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

            self._own = BundleVerifier(self._root, where=self._where)
        return self._own


def _ended(end: WorkerEnd) -> str:
    return f"not checked: the process that verifies bundles {end.how}"


def _chunks(requests: Sequence[BundleRequest]) -> Iterator[tuple[BundleRequest, ...]]:
    source = iter(requests)
    while chunk := tuple(islice(source, TOGETHER)):
        yield chunk


def _prepared() -> Callable[[_Work], tuple[_Answer, ...]]:
    """Import sigstore in a worker; return what verifies bundles there, with one verifier for each root."""
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

    verifiers: dict[tuple[bytes, str], BundleVerifier] = {}

    def verify(work: _Work) -> tuple[_Answer, ...]:
        key = work.root, work.where
        if key not in verifiers:
            try:
                verifiers[key] = BundleVerifier(work.root, where=work.where)
            except (
                NewerFormatError
            ) as error:  # an error of `core.errors` keeps its type on the way to the other process
                raise UnavailableError(error.message, hint=error.hint) from error
        return tuple(_answer(verifiers[key], request) for request in work.requests)

    return verify


def _answer(verifier: BundleVerifier, request: BundleRequest) -> _Answer:
    try:
        return _Answer(proof=_by(verifier, request))
    except (NotVerifiedError, NewerFormatError) as error:
        newer = isinstance(error, NewerFormatError)
        return _Answer(reason=error.message.encode("utf-8", "surrogatepass"), newer=newer, hint=error.hint)


def _by(verifier: BundleVerifier, request: BundleRequest) -> VerifiedBundle:
    return verifier.file(request.bundle, request.sha256) if request.sha256 else verifier.statement(request.bundle)


def _proof(answer: _Answer) -> VerifiedBundle:
    if answer.proof is not None and answer.examined and not answer.reason:
        return answer.proof
    reason = answer.reason.decode("utf-8", "surrogatepass")
    if not answer.examined:
        raise UnavailableError(reason)
    raise (NewerFormatError if answer.newer else NotVerifiedError)(reason, hint=answer.hint)
