from __future__ import annotations

from collections.abc import Sequence

import pytest

from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.dependencies.compile.check import Recompiled, diff_of, recompile, without_hashes
from ops.supply_chain.dependencies.compile.header import parse_header
from ops.supply_chain.dependencies.compile.plan import LockJob
from ops.supply_chain.dependencies.compile.reproduce import CachedCompiler, CompileOutcome

NOW = "2026-11-20T00:00:00Z"
BODY = "a==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n    # via b\nb==2 --hash=sha256:bb\n"
MOMENT = "# uv-compiled-at: 2026-11-{:02}T00:00:00Z\n"


def job(body: str = BODY, *, day: int = 1, folder: str = "f", head: str | None = None) -> LockJob:
    old = (MOMENT.format(day) if head is None else head) + body
    return LockJob(
        folder=folder,
        source="r.in",
        lock="r.txt",
        command="uv",
        inputs=("r.in", "b"),
        names=("b",),
        old=old,
        header=parse_header(old, where="r.txt"),
    )


class Compiler:
    """Answers each request by a rule, and remembers them."""

    def __init__(self, answer: CompileOutcome | None = None, *, unseeded: CompileOutcome = BODY):
        self.outcome, self.unseeded = answer, unseeded
        self.asked: list[CompileRequest] = []

    def __call__(self, requests: Sequence[CompileRequest]) -> list[CompileOutcome]:
        self.asked += requests
        return [self.unseeded if not one.seed else self.outcome or BODY for one in requests]


def ask(compiler: Compiler, *jobs: LockJob, from_source: bool = False) -> list[Recompiled]:
    return recompile(jobs, CachedCompiler(compiler), now=NOW, from_source=from_source)


def test_the_seed_has_pins_and_no_hashes() -> None:
    assert without_hashes(BODY) == "a==1\n    # via b\nb==2\n"
    compiler = Compiler()
    [one] = ask(compiler, job())
    assert (one.same, one.from_source) == (True, False)
    assert [(request.seed, request.exclude_newer) for request in compiler.asked] == [
        ("a==1\n    # via b\nb==2\n", "2026-11-01T00:00:00Z")
    ]


def test_the_seed_leads_nowhere() -> None:
    compiler = Compiler()
    ask(compiler, job("-r /etc/passwd\na==1\n-e ./b\n"))
    assert {request.seed for request in compiler.asked} == {"a==1\n"}


def test_the_source_alone_is_asked_first_and_the_pins_only_where_that_differs() -> None:
    compiler = Compiler()
    [one] = ask(compiler, job(), from_source=True)
    assert (one.same, one.from_source, [request.seed for request in compiler.asked]) == (True, True, [""])
    compiler = Compiler(unseeded=BODY.replace("a==1", "a==3"))
    [one] = ask(compiler, job(), from_source=True)
    assert (one.same, one.from_source, len(compiler.asked)) == (True, False, 2)


def test_a_difference_comes_with_the_seeded_answer() -> None:
    other = BODY.replace("b==2", "b==3")
    [one] = ask(Compiler(other, unseeded="x==1\n"), job(), from_source=True)
    assert (one.same, one.outcome) == (False, other)
    found = diff_of(one)
    assert (found.committed, found.compiled) == (MOMENT.format(1) + BODY, MOMENT.format(1) + other)
    assert [(change.name, change.before, change.after) for change in found.changes] == [("b", "2", "3")]
    assert found.line == 0


def test_many_moments_of_one_body_are_two_questions() -> None:
    compiler = Compiler()
    jobs = [job(day=day, folder=f"f{day}") for day in range(1, 9)]
    assert [one.job.path for one in ask(compiler, *jobs)] == [one.path for one in jobs]
    assert [request.exclude_newer[8:10] for request in compiler.asked] == ["01", "08"]


def test_a_moment_that_differs_is_found_among_many() -> None:
    class AtMoments(Compiler):
        def __call__(self, requests: Sequence[CompileRequest]) -> list[CompileOutcome]:
            answers = super().__call__(requests)
            return [
                "b==9\n" if request.exclude_newer > "2026-11-05" else answer
                for request, answer in zip(requests, answers, strict=True)
            ]

    found = ask(AtMoments(), *(job(day=day, folder=f"f{day}") for day in range(1, 9)))
    assert [one.same for one in found] == [True] * 4 + [False] * 4


def test_without_a_moment_what_is_pinned_counts() -> None:
    compiler = Compiler(BODY.replace("sha256:ab", "sha256:ab --hash=sha256:ac").replace("# via b", "# via other"))
    [one] = ask(compiler, job(head="# by hand\n"))
    assert one.same
    assert [request.exclude_newer for request in compiler.asked] == [NOW]


PINNED = {
    "a version": (BODY.replace("b==2", "b==3"), [("b", "2", "3")], 6),
    "a hash that is gone": (BODY.replace("sha256:ab", "sha256:ac"), [("a", "1", "1")], 2),
    "no hash": ("a==1\nb==2 --hash=sha256:bb\n", [("a", "1", "1")], 2),
    "one more": (BODY + "c==3\n", [("c", "", "3")], 1),
}


@pytest.mark.parametrize(("answer", "changes", "line"), PINNED.values(), ids=PINNED)
def test_without_a_moment_a_difference_is_a_list_of_pins(
    answer: str, changes: list[tuple[str, str, str]], line: int
) -> None:
    [one] = ask(Compiler(answer), job(head="# by hand\n"))
    assert not one.same
    found = diff_of(one)
    assert [(change.name, change.before, change.after) for change in found.changes] == changes
    assert (found.committed, found.line) == ("a==1\n    aa\n    ab\nb==2\n    bb", line)


def test_an_unhashed_lock_is_not_what_is_compiled() -> None:
    [one] = ask(Compiler(BODY), job("a==1\nb==2\n", head="# by hand\n"))
    assert not one.same


@pytest.mark.parametrize(
    ("head", "python"),
    [
        ("#\n# This file is autogenerated by pip-compile with Python 3.14\n# by the following command:\n", "3.14"),
        (MOMENT.format(1) + "# This file is autogenerated by pip-compile with Python 3.14\n", ""),
        ("# by hand\n", ""),
    ],
)
def test_pip_compile_says_for_which_python(head: str, python: str) -> None:
    compiler = Compiler()
    ask(compiler, job(head=head))
    assert {request.python_version for request in compiler.asked} == {python}


NOTHING = {
    "the lock pins it": ("Because a was not found in the package registry and you require a", True),
    "no release of it": ("Because there are no versions of A and you require a", True),
    "the lock does not": ("Because c was not found in the package registry and you require c", False),
    "hidden by the moment": ("Because there are no versions of a. hint: filtered by exclude-newer", False),
    "something else": ("Because b==2 depends on a>3", False),
}


@pytest.mark.parametrize(("said", "outside"), NOTHING.values(), ids=NOTHING)
def test_an_index_that_lost_a_pinned_project_did_not_answer(said: str, outside: bool) -> None:
    [one] = ask(Compiler(InputError(said)), job())
    assert not one.same
    assert isinstance(one.outcome, UnavailableError if outside else InputError)
    if outside:
        assert str(one.outcome) == "f/r.in: the index serves no version of a, which the lock pins"


def test_what_did_not_answer_is_neither_same_nor_different() -> None:
    error = UnavailableError("down")
    [one] = ask(Compiler(error, unseeded=error), job(), from_source=True)
    assert (one.same, one.outcome) == (False, error)


def test_askers_that_share_a_memory_ask_once() -> None:
    compiler = Compiler()
    memory: dict[object, CompileOutcome] = {}
    for _ in range(2):
        recompile([job()], CachedCompiler(compiler, memory), now=NOW, from_source=False)  # type: ignore[arg-type]
    assert len(compiler.asked) == 1


WITH_EXTRAS = BODY.replace("a==1", "a[x]==1")


def test_a_lock_may_leave_out_extras_only_if_its_header_lets_the_compiler() -> None:
    compiler = Compiler(WITH_EXTRAS, unseeded=WITH_EXTRAS)
    [found] = ask(compiler, job(), from_source=True)
    assert (found.same, found.from_source, found.extras_left_out) == (True, True, ("a[x]",))
    head = f"# uv pip compile --no-strip-extras r.in\n{MOMENT.format(1)}"
    [found] = ask(compiler, job(head=head))
    assert (found.same, found.extras_left_out) == (False, ("a[x]",))
    [found] = ask(compiler, job(WITH_EXTRAS, head=head))
    assert (found.same, found.extras_left_out) == (True, ())
    [found] = ask(compiler, job(WITH_EXTRAS))
    assert (found.same, found.extras_left_out) == (True, ())


def test_a_difference_is_shown_without_the_extras_that_are_none() -> None:
    [found] = ask(Compiler(WITH_EXTRAS.replace("b==2", "b==3")), job())
    assert diff_of(found).compiled == MOMENT.format(1) + BODY.replace("b==2", "b==3")


def test_a_lock_without_hashes_is_not_installed_with_require_hashes() -> None:
    bare = "a==1\n    # via b\nb==2\n"
    [found] = ask(Compiler(bare.replace("a==1", "a[x]==1")), job(bare))
    assert (found.same, found.extras_left_out) == (True, ())
