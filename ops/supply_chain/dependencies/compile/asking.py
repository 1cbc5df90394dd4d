"""Each distinct question reaches the compiler once, however many locks it stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.dependencies.compile.job import Job

Answer = str | StageError
"""The body of a lock, why there can be none (`InputError`), or why nobody knows (`UnavailableError`)."""

Compile = Callable[[Sequence[CompileRequest]], list[Answer]]
"""Answers each request, in order."""

Key = tuple[tuple[str, ...], CompileRequest]
"""What makes two questions the same: the inputs, and the request without its folder."""


class Asker:
    """Asks the compiler and remembers its answers.

    Args:
        compile_many: The compiler.
        memory: Answers to remember in, shared by askers whose compilers answer alike.
    """

    def __init__(self, compile_many: Compile, memory: dict[Key, Answer] | None = None) -> None:
        self._compile_many = compile_many
        self._answers = {} if memory is None else memory

    def ask(self, questions: Sequence[tuple[Job, CompileRequest]]) -> list[Answer]:
        """Answer each question, in order; equal ones by asking for the first of them only."""
        keys = [_key(job, request) for job, request in questions]
        unknown = {key: request for key, (_, request) in reversed(list(zip(keys, questions, strict=True)))}
        new = {key: request for key, request in reversed(unknown.items()) if key not in self._answers}
        self._answers |= zip(new, self._compile_many(list(new.values())), strict=True)
        return [self._answers[key] for key in keys]


def _key(job: Job, request: CompileRequest) -> Key:
    # The folder matters only where an input says so, and then `Job.inputs` holds it.
    return job.inputs, msgspec.structs.replace(request, folder="")
