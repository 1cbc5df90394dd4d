"""Makes the SBOMs that are put into wheels, and checks that they are valid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.formats.archives.details import MemberDetails
from ops.supply_chain.formats.wheel import WHEEL_ENDING
from ops.supply_chain.gather.release.subject import subject_of
from ops.supply_chain.inventory.build.documents import LockInventory
from ops.supply_chain.inventory.build.union import Union
from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
from ops.supply_chain.inventory.distributions.contents import ContentsReader
from ops.supply_chain.inventory.distributions.embedded import embedded_path, embedded_sbom
from ops.supply_chain.inventory.writers.cyclonedx import Version
from ops.supply_chain.runner.context import StageRun

_PLAIN_FILE = "100644"


def sbom_maker(run: StageRun) -> Callable[[str, Sequence[MemberDetails]], MemberDetails]:
    """Return what makes the SBOM of a wheel from its file name and its members.

    It raises ValueError where the wheel can get none, and OutputError where its own check refuses the SBOM.
    """
    head = Union(LockInventory((), subject_of(run, ()))).document()

    def make(name: str, members: Sequence[MemberDetails]) -> MemberDetails:
        files = [member for member in members if not member.name.endswith("/")]
        path = embedded_path([member.name for member in files])
        reader = ContentsReader()
        for member in files:
            reader.take(member.name, [member.content])
        try:
            data = embedded_sbom(name, wheel_tags(name), reader.contents(), head)
        except InputError as error:
            raise ValueError(f"gets no SBOM: {error}") from error
        _require_valid(data, path)
        return MemberDetails(name=path, content=data, mtime="", mode=_PLAIN_FILE)

    return make


def wheel_tags(file_name: str) -> str:
    """Return the tags of a wheel as its file name has them."""
    return "-".join(file_name.removesuffix(WHEEL_ENDING).rsplit("-", 3)[1:])


def _require_valid(data: bytes, path: str) -> None:
    plain = canonical.load_plain(data, where=path)
    problems = [*schema_problems(plain, Version.V1_6)]
    problems += [f"{problem.path}: {problem.message}" for problem in check_cyclonedx(plain) if not problem.is_gap]
    if problems:
        raise OutputError(
            f"{path}: does not pass its own check: {problems[0]}",
            hint="This is a defect of sealwright: please report it with the wheel.",
        )
