"""The policy engine: Rego, in process, through regopy, or by the program `opa` where regopy is not installed; every way in which it can fail is a denial or an error.

In Rego an undefined expression inside a denial means *no denial*, so absence of denials proves nothing.
Each rule therefore has to yield exactly one of

    pass      `true`, or an object with `examined` (and `unknown`), both whole numbers
    deny      entries with `message` and `subject`
    unknown   the same, and only where its metadata allows it; with `pass` it is a report

or, alone, an array of `needs`, from which these three follow: each has `holds`, `unseen` (it could not be
checked), `reads` (on what it depends, for tests), `message` and `subject`. Whatever else comes back (neither,
both, an error, a malformed entry) is a denial in itself: the rule did not decide.

What regopy 1.5.2 requires: it stores input strings as they are, so that a quotation mark in a name could
forge a part of the output (they are handed in escaped); it cuts strings at NUL and integers at 64 bits; it
ends the process on a regular expression over some 50,000 characters (texts longer than `LONGEST_TEXT` are
cut) and on `with` over a rule that calls a built-in, and knows no limit of time or memory (so it works in a child
that has both, and the rule that ended it did not decide); built-in errors are silent unless asked for; native code prints to descriptor 1. A function's
parameter used as an index inside a comprehension is not bound; inside an `every`, a nested `every` or
comprehension may come out undefined where `opa` has a value: rules call a function there, and their tests run
under both.

Source: https://www.openpolicyagent.org/docs/policy-language; policy/README.md
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ops.supply_chain.adapters.rego import opa
from ops.supply_chain.adapters.rego.answers import undecided, verdict_of
from ops.supply_chain.adapters.rego.native_output import NativeOutput, Send, in_child
from ops.supply_chain.adapters.rego.rule_files import Module, Policy, Rule, apart
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import printable

if TYPE_CHECKING:
    from regopy import Bundle, Interpreter  # type: ignore[import-untyped]  # it has no type hints

ENGINE = "regopy"
LARGEST_INTEGER = 2**53
"""Numbers beyond are not exact in every Rego engine, and beyond 2^63 wrong in this one."""

CHILD_SECONDS = 600
"""Most time for all rules over one input."""

RULE_SECONDS = 60
RULE_SECONDS_PER_MIB = 20
"""Most time for one rule, and for each MiB of input in addition: loading one takes 5 seconds."""

MEMORY_BYTES = 1 << 30
MEMORY_PER_INPUT_BYTE = 300
"""Most memory of the evaluation, and for each byte of input in addition: an input takes 110 times its size."""

READY = b"ready"
"""What the child sends once rules and input are loaded."""

LONGEST_TEXT = 2000
"""Characters of a text that rules see; a longer one ends in `CUT`."""

CUT = "…"


_LONG_NUMBER = re.compile(r"[0-9]{16}")
"""`LARGEST_INTEGER` has as many digits."""

_POSITION = re.compile(r"\(error \d+:(?P<file>.+?)\|(?P<offset>\d+)\|")
_MESSAGE = re.compile(r"\(errormsg \d+:(?P<message>[^\n]*?)\)?\n")


def engine() -> ToolRef:
    """Name the engine and its version: regopy, else opa.

    Raises:
        UnavailableError: Neither is there, or opa is too old.
    """
    version = _installed()
    return ToolRef(name=ENGINE, version=version) if version else opa.find_opa()[1]


def _installed() -> str:
    """Return the version of regopy; empty where it is not installed, as on a platform for which it has no wheel."""
    try:
        return importlib.metadata.version(ENGINE)
    except importlib.metadata.PackageNotFoundError:
        return ""


class CompiledPolicy:
    """Rules that are asked about many inputs, as `evaluate` does, and compiled once: in this process, without limits.

    Args:
        policy: The pipeline's own rules alone.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._engine: Engine | None = None

    def evaluate(self, document: dict[str, Any]) -> tuple[RuleVerdict, ...]:
        """Ask every rule about one input; see `evaluate`, also for the errors."""
        if not _installed():
            return evaluate(self._policy, document)
        if self._engine is None:
            self._engine = Engine(self._policy)
        return _evaluate_part(self._policy, document, self._engine)


def evaluate(policy: Policy, document: dict[str, Any]) -> tuple[RuleVerdict, ...]:
    """Ask every rule about one input, in child processes that may die: built-in rules apart from a project's own.

    A rule that needs more time or memory than the limits above did not decide.

    Args:
        policy: The rules; may have none.
        document: Plain JSON data: the engine's `input`.
    Returns:
        One verdict a rule, sorted by code.
    Raises:
        InputError: A rule does not compile, or the document holds a number that is too large.
        UnavailableError: The engine cannot be loaded.
    """
    work = _evaluate_part if _installed() else _evaluate_with_opa
    found = [verdict for part in apart(policy) for verdict in work(part, document)]
    return tuple(sorted(found, key=lambda verdict: verdict.code))


def _evaluate_with_opa(policy: Policy, document: dict[str, Any]) -> tuple[RuleVerdict, ...]:
    size = len(json.dumps(document))
    seconds = RULE_SECONDS + RULE_SECONDS_PER_MIB * (size >> 20)
    limits = opa.QuestionLimits(seconds=seconds, memory_bytes=MEMORY_BYTES + MEMORY_PER_INPUT_BYTE * size)
    with opa.OpaEngine(policy) as engine:
        return engine.evaluate(_mapped(document, _cut), limits, all_seconds=CHILD_SECONDS)


def _evaluate_part(policy: Policy, document: dict[str, Any], compiled: Engine | None = None) -> tuple[RuleVerdict, ...]:
    found: list[RuleVerdict] = []
    alone = False
    size = len(json.dumps(document))
    until = time.monotonic() + CHILD_SECONDS
    while len(found) < len(policy.rules):
        rules = policy.rules[len(found) :][: 1 if alone else None]
        left = until - time.monotonic()
        if left <= 0:
            return (*found, *(undecided(rule, f"no time was left of {CHILD_SECONDS:g} seconds") for rule in rules))
        captured = in_child(
            partial(_work, msgspec.structs.replace(policy, rules=rules), document, compiled),
            seconds=left,
            silent_seconds=RULE_SECONDS + RULE_SECONDS_PER_MIB * (size >> 20),
            memory_bytes=MEMORY_BYTES + MEMORY_PER_INPUT_BYTE * size,
        )
        started = READY in captured.messages
        verdicts = _received([message for message in captured.messages if message != READY])
        found += verdicts
        if len(verdicts) == len(rules):
            alone = False
        elif started or alone:
            found.append(undecided(rules[len(verdicts)], f"the engine {captured.end or 'ended early'}"))
            alone = False
        else:
            alone = True  # it died before the first rule: one of the rest does not let it start
    return tuple(found)


def _work(policy: Policy, document: dict[str, Any], compiled: Engine | None, send: Send) -> None:
    """Be the child: send each verdict as soon as it is reached, or the error that stops all."""
    try:
        engine = compiled or Engine(policy)
        for verdict in engine.verdicts(document, policy.rules, ready=partial(send, READY)):
            send(msgspec.json.encode(verdict))
    except (InputError, UnavailableError) as error:
        kind = type(error).__name__
        send(msgspec.json.encode({"error": kind, "message": error.message, "hint": error.hint}))


def _received(messages: list[bytes]) -> list[RuleVerdict]:
    if messages and messages[-1].startswith(b'{"error":'):
        error = msgspec.json.decode(messages[-1])
        kinds = {kind.__name__: kind for kind in (InputError, UnavailableError)}
        raise kinds[error["error"]](error["message"], hint=error["hint"])
    return [msgspec.json.decode(message, type=RuleVerdict) for message in messages]


class Engine:
    """The rules of a policy, compiled; may be asked about any number of inputs.

    Args:
        policy: The rules; may have none.
    Raises:
        InputError: A rule or library does not compile; the message has file and line.
        UnavailableError: The engine cannot be loaded.
    """

    def __init__(self, policy: Policy) -> None:
        self._rules = policy.rules
        if self._rules:
            with NativeOutput() as output:
                modules = [rule.module for rule in policy.rules]
                self._interpreter = _interpreter(policy.libraries, modules, policy.documents, output)
                self._bundle = _build(self._interpreter, policy, output)

    def evaluate(self, document: dict[str, Any]) -> tuple[RuleVerdict, ...]:
        """Ask every rule about one input, in this process.

        Args:
            document: Plain JSON data: the engine's `input`.
        Returns:
            One verdict a rule, sorted by code.
        Raises:
            InputError: The document holds a number that the engine cannot hold.
        """
        return tuple(self.verdicts(document))

    def verdicts(
        self, document: dict[str, Any], rules: Sequence[Rule] | None = None, *, ready: Callable[[], None] = lambda: None
    ) -> Iterator[RuleVerdict]:
        """Yield the verdicts of some of the rules (default: all), one by one; `ready` is called once the input is loaded."""
        rules = self._rules if rules is None else rules
        if not rules:
            return
        with NativeOutput():
            self._interpreter.set_input(_escaped(document))
            ready()
            for rule in rules:
                yield _decide(self._interpreter, self._bundle, rule)


def query(
    libraries: Sequence[Module],
    modules: Sequence[Module],
    documents: dict[str, Any],
    path: str,
    document: dict[str, Any] | None = None,
) -> Any:
    """Return a value that is no verdict, such as the cases of a rule's tests.

    Args:
        libraries: What the modules import.
        modules: Loaded after them.
        documents: What they see below `data`, as `Policy.documents` has it.
        path: Of the value, from below `data`.
        document: The engine's `input`, where the value needs one.

    Raises:
        InputError: A module does not compile.
        ValueError: The engine gave an error instead of a value.
    """
    with NativeOutput() as output:
        interpreter = _interpreter(libraries, modules, documents, output)
        if document is not None:
            interpreter.set_input(_escaped(document))
        found = interpreter.query(f"data.{path}")
        if not found.ok():  # its text must not be asked for: that ends the process
            raise ValueError(f"data.{path}: {output.text()}")
        return _first_expression(str(found))


def _interpreter(
    libraries: Sequence[Module], modules: Sequence[Module], documents: dict[str, Any], output: NativeOutput
) -> Interpreter:
    try:
        from regopy import Interpreter, RegoError
    except Exception as error:  # a library of another platform fails in ways that nobody has typed
        raise _not_there(error) from error
    interpreter = Interpreter()
    interpreter.strict_built_in_errors = True
    interpreter.add_data_json(json.dumps(documents, ensure_ascii=False))
    for module in (*libraries, *modules):
        try:
            interpreter.add_module(module.path, module.source)
        except RegoError as error:
            raise _broken(module, f"{error}\n", output.text()) from error
    return interpreter


def _build(interpreter: Interpreter, policy: Policy, output: NativeOutput) -> Bundle:
    bundle = interpreter.build(None, [_entrypoint(rule) for rule in policy.rules])
    if bundle.ok():
        return bundle
    for rule in policy.rules:  # one of them is to blame: find out which, so that the error can say
        alone = _interpreter(policy.libraries, [rule.module], policy.documents, output)
        if not alone.build(None, [_entrypoint(rule)]).ok():
            raise _broken(rule.module, "", output.text())
    raise InputError(f"the rules do not compile together: {printable(output.text())}")


def _escaped(value: Any) -> Any:
    """Return JSON data with its strings escaped as in JSON: the engine keeps and prints them as they are."""
    return value if _is_plain(json.dumps(value)) else _mapped(value, _escape)


def _is_plain(text: str) -> bool:
    """Return whether JSON has surely no string to escape or to cut, and no number that is too large."""
    if "\\" in text or "\x7f" in text:
        return False
    parts = text.split('"')
    return max(map(len, parts)) <= LONGEST_TEXT and not _LONG_NUMBER.search("".join(parts[::2]))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON data with each string, keys included, changed.

    Raises:
        InputError: It holds a number that not every engine can hold.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise InputError(f"the number {value} is too large for the policy engine (at most {LARGEST_INTEGER})")
    return value


def _escape(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT
    return json.dumps(_cut(text), ensure_ascii=False)[1:-1]


def _cut(text: str) -> str:
    short = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT
    return short.encode("utf-8", "replace").decode("utf-8")  # lone surrogates have no UTF-8


def _entrypoint(rule: Rule) -> str:
    return rule.module.package.replace(".", "/")


def _decide(interpreter: Interpreter, bundle: Bundle, rule: Rule) -> RuleVerdict:
    try:
        found = interpreter.query_bundle_entrypoint(bundle, _entrypoint(rule))
        if not found.ok():
            return undecided(rule, "the engine ended in an error")
        answer = _first_expression(str(found))
    except Exception as error:  # regopy leaks untyped errors (JSON, ctypes, its own): none may pass
        return undecided(rule, f"the engine failed: {type(error).__name__}")
    if not isinstance(answer, dict):
        return undecided(rule, "its package has no value")
    return verdict_of(rule, answer)


def _first_expression(text: str) -> Any:
    return json.loads(text)["expressions"][0]


def _broken(module: Module, error: str, printed: str) -> InputError:
    position = _POSITION.search(error)
    message = _MESSAGE.search(error)
    line = module.source.encode()[: int(position["offset"])].count(b"\n") + 1 if position else 0
    said = message["message"] if message else printed.strip().removeprefix("Errors:").strip().partition("\n")[0]
    where = f"{module.path}:{line}" if line else module.path
    return InputError(
        f"{where}: is not valid Rego: {printable(said) or 'the engine does not say why'}",
        hint="Correct the rule; 'opa check --strict' on its folder says more.",
    )


def _not_there(error: Exception) -> UnavailableError:
    return UnavailableError(
        f"the policy engine {ENGINE} cannot be loaded: {error}",
        hint="Install sealwright again; in a checkout, remove .nox/pipeline first.",
    )
