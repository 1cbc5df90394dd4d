"""The policy engine `opa`, a program on PATH: asked where regopy has no wheel for the platform; its verdicts are the same.

It gets the rules, the tables and the input as files of a temporary folder, and the abilities of Rego without those that
reach the network or read the environment. A rule that fails, or needs more time or memory than it may, did not decide. All
rules are asked at once; where that ends in an error, each is asked alone, so that one cannot keep the others from deciding.

Source: https://www.openpolicyagent.org/docs/cli; https://www.openpolicyagent.org/docs/deployments#capabilities
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from ops.supply_chain.adapters.rego.answers import undecided, verdict_of
from ops.supply_chain.adapters.rego.rule_files import Module, Policy, Rule
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.core.variables import Child, child_variables

PROGRAM = "opa"
OLDEST = (1, 0, 0)
"""The first version in which a rule means what it means in ours: Rego v1 without being asked for."""

START_SECONDS = 30
KEPT_FROM_RULES = frozenset({"http.send", "net.lookup_ip_addr", "opa.runtime"})
"""Built-ins that reach the network, or show what the process was started with."""

NOT_REGO = frozenset(
    {"rego_parse_error", "rego_compile_error", "rego_type_error", "rego_unsafe_var_error", "rego_recursion_error"}
)

_VERSION = re.compile(r"^Version: (?P<version>(\d+)\.(\d+)\.(\d+)\S*)$", re.MULTILINE)
_FAILURES = (OSError, subprocess.SubprocessError, ValueError)


class QuestionLimits(NamedTuple):
    """Most seconds and bytes of memory that one question may take."""

    seconds: float
    memory_bytes: int


class _Failed(Exception):  # noqa: N818 - it is caught in this module
    """A question without an answer; the text says why."""


def find_opa() -> tuple[str, ToolRef]:
    """Return the program, and its name with its version.

    Raises:
        UnavailableError: There is none, it cannot be run, or it is older than `OLDEST`.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise UnavailableError(
            "there is no policy engine: regopy is not installed, and opa is not on PATH",
            hint="Install opa 1.0 or newer (https://www.openpolicyagent.org/docs#running-opa), or regopy where it has a wheel.",
        )
    try:
        found = _VERSION.search(_run([program, "version"], START_SECONDS).stdout)
    except _FAILURES as error:
        raise UnavailableError(
            f"{program}: cannot be run: {type(error).__name__}", hint="Install opa again."
        ) from error
    if found is None or tuple(map(int, found.group(2, 3, 4))) < OLDEST:
        raise UnavailableError(
            f"{program}: expected version {'.'.join(map(str, OLDEST))} or newer, found {found['version'] if found else 'none'}",
            hint="Install a newer opa: an older one reads the rules differently.",
        )
    return program, ToolRef(name=PROGRAM, version=found["version"])


class OpaEngine:
    """The rules of a policy, as files that opa reads; a context manager, whose end removes them.

    Args:
        policy: The rules; may have none.
    Raises:
        UnavailableError: As `find_opa`.
    """

    def __init__(self, policy: Policy) -> None:
        self._rules = policy.rules
        self._program, _ = find_opa()
        self._folder = tempfile.TemporaryDirectory(prefix="sealwright-opa-")
        self._base = Path(self._folder.name)
        self._paths = dict(_write_modules(self._base, [*policy.libraries, *(rule.module for rule in policy.rules)]))
        (self._base / "tables.json").write_text(json.dumps(policy.documents), encoding="utf-8")
        (self._base / "abilities.json").write_text(json.dumps(self._abilities()), encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def evaluate(self, document: Any, limits: QuestionLimits, *, all_seconds: float) -> tuple[RuleVerdict, ...]:
        """Ask every rule about one input.

        Args:
            document: Plain JSON data.
            limits: For one rule.
            all_seconds: For all of them.
        Returns:
            One verdict a rule, in the policy's order.
        Raises:
            InputError: A rule does not compile.
        """
        if not self._rules:
            return ()
        (self._base / "input.json").write_text(json.dumps(document), encoding="utf-8")
        until = time.monotonic() + all_seconds
        try:
            answers = self._ask(self._rules, limits)
        except _Failed:
            return tuple(self._alone(rule, limits, until) for rule in self._rules)
        return tuple(_verdict(rule, answers[rule.code]) for rule in self._rules)

    def _alone(self, rule: Rule, limits: QuestionLimits, until: float) -> RuleVerdict:
        left = until - time.monotonic()
        if left <= 0:
            return undecided(rule, "no time was left")
        try:
            return _verdict(rule, self._ask([rule], limits._replace(seconds=min(left, limits.seconds)))[rule.code])
        except _Failed as error:
            return undecided(rule, f"the engine {error}")

    def _ask(self, rules: Sequence[Rule], limits: QuestionLimits) -> dict[str, Any]:
        names = ", ".join(f"{json.dumps(rule.code)}: data.{rule.module.package}" for rule in rules)
        words = ["eval", "--format", "json", "--strict-builtin-errors", "--capabilities", "abilities.json"]
        words += ["--data", "modules", "--data", "tables.json", "--input", "input.json", f"{{{names}}}"]
        try:
            done = _run([self._program, *words], limits.seconds, folder=self._base, memory_bytes=limits.memory_bytes)
        except subprocess.TimeoutExpired as error:
            raise _Failed(f"gave no answer in {limits.seconds:g} seconds") from error
        except _FAILURES as error:
            raise _Failed(f"failed: {type(error).__name__}") from error
        return self._answer(done)

    def _answer(self, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
        try:
            found = json.loads(done.stdout)
        except ValueError as error:
            raise _Failed(f"ended with {done.returncode}") from error
        errors = found.get("errors") or []
        for problem in errors:
            if str(problem.get("code")) in NOT_REGO:
                raise self._broken(problem)
        if errors or done.returncode or not found.get("result"):
            raise _Failed("ended in an error")
        answers: dict[str, Any] = found["result"][0]["expressions"][0]["value"]
        return answers

    def _broken(self, error: dict[str, Any]) -> InputError:
        place = error.get("location") or {}
        module = self._paths.get(Path(str(place.get("file", ""))).name, "a rule")
        return InputError(
            f"{module}:{place.get('row', 0)}: is not valid Rego: {printable(str(error.get('message', '')))}",
            hint="Correct the rule; 'opa check --strict' on its folder says more.",
        )

    def _abilities(self) -> dict[str, Any]:
        try:
            found = json.loads(_run([self._program, "capabilities", "--current"], START_SECONDS).stdout)
            kept = [entry for entry in found["builtins"] if entry["name"] not in KEPT_FROM_RULES]
        except (*_FAILURES, KeyError, TypeError) as error:
            raise UnavailableError(
                f"{self._program}: does not list its abilities", hint="Install opa again."
            ) from error
        return {**found, "builtins": kept, "allow_net": []}


def _write_modules(base: Path, modules: Sequence[Module]) -> Iterator[tuple[str, str]]:
    """Write each module under a name made here; give that name and the module's path."""
    folder = base / "modules"
    folder.mkdir()
    for place, module in enumerate(modules):
        name = f"{place}.rego"
        (folder / name).write_text(module.source, encoding="utf-8")
        yield name, module.path


def _verdict(rule: Rule, answer: Any) -> RuleVerdict:
    return verdict_of(rule, answer) if isinstance(answer, dict) else undecided(rule, "its package has no value")


def _run(
    command: Sequence[str], seconds: float, *, folder: Path | None = None, memory_bytes: int = 0
) -> subprocess.CompletedProcess[str]:
    variables = child_variables(Child.OPA, os.environ)
    if memory_bytes:
        variables["GOMEMLIMIT"] = str(memory_bytes)  # it collects harder near the limit, and does not stop there
    with subprocess.Popen(
        list(command),
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            if memory_bytes and sys.platform == "linux":
                _limit(process.pid, memory_bytes)
            output, _ = process.communicate(timeout=seconds)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(list(command), process.returncode, output, "")


def _limit(process: int, memory_bytes: int) -> None:
    """Let the kernel end a process that writes to more memory; the address space is no measure of that in Go."""
    import resource

    try:
        resource.prlimit(process, resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    except (ProcessLookupError, PermissionError):  # it has ended already
        return
