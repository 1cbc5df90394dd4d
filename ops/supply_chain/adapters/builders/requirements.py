"""What a build backend asks for beyond `[build-system].requires`: runs its code, on a copy of the project.

Source: https://peps.python.org/pep-0517/ (`get_requires_for_build_sdist`, `get_requires_for_build_wheel`);
https://build.pypa.io/en/stable/api.html (`ProjectBuilder.get_requires_for_build`)
"""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.adapters.builders.conditions import two_conditions
from ops.supply_chain.adapters.builders.environment import BuildEnvironment
from ops.supply_chain.adapters.builders.export import copy_source
from ops.supply_chain.adapters.builders.run import BuildLimits, run_command
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.errors import InputError, UnavailableError

LONGEST_ANSWER = 100_000
"""Bytes that are read of the answer."""

_LIMITS = BuildLimits(seconds=300)
_EPOCH = 315532800
_ASK = """
import json, sys
from build import ProjectBuilder
builder = ProjectBuilder(sys.argv[1])
found = sorted({line for kind in ("sdist", "wheel") for line in builder.get_requires_for_build(kind)})
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(found, file)
"""


def requirements_of_backend(root: Path, path: str, environment: BuildEnvironment, folder: Path) -> tuple[str, ...]:
    """Return what the backend of a package asks for, sorted.

    Args:
        root: The project's folder; it is copied as it is.
        path: The package, relative to it.
        environment: Of the build lock as it is.
        folder: A private folder.
    Raises:
        UnavailableError: The backend fails, does not answer in time, or its answer cannot be read.
    """
    home, source, answer = folder / "home", folder / "source", folder / "home" / "answer.json"
    home.mkdir()
    copy_source(root, None, source)
    conditions = two_conditions(_EPOCH, environment.python).first
    done = run_command(
        [str(environment.python), "-P", "-c", _ASK, str(source / path), str(answer)],
        folder=home,
        watched=[source, home],
        conditions=conditions,
        variables=conditions.variables(home, _EPOCH, environment.programs, {}, source),
        limits=_LIMITS,
    )
    if done.failure:
        raise UnavailableError(f"the build backend {done.failure}: {' | '.join(done.lines[-3:])}")
    try:
        with answer.open("rb") as file:
            found = plain_json.load(file.read(LONGEST_ANSWER), where="the build backend")
    except (OSError, InputError) as error:
        raise UnavailableError("the build backend: its answer cannot be read") from error
    if not isinstance(found, list) or not all(isinstance(line, str) and "\n" not in line for line in found):
        raise UnavailableError("the build backend: its answer is no list of requirements")
    return tuple(found)
