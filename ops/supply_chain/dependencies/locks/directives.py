"""The option lines of a requirements file: includes, constraints, editables, indexes, and the rest.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/#supported-options
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ops.supply_chain.dependencies.locks.broken import BrokenError
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.requirement import split_options
from ops.supply_chain.dependencies.locks.sources import clean_url

_SHORT = {"-r": "--requirement", "-c": "--constraint", "-e": "--editable", "-i": "--index-url", "-f": "--find-links"}
_WITH_VALUE = {
    "--requirement", "--constraint", "--build-constraint", "--editable",
    "--index-url", "--pypi-url", "--default-index", "--index", "--extra-index-url", "--find-links",
    "--no-binary", "--only-binary", "--no-build-package", "--trusted-host", "--use-feature", "--uploaded-prior-to",
    "--all-releases", "--only-final", "--config-settings", "--global-option",
}  # fmt: skip
_FLAGS = {"--no-index", "--pre", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--no-build"}
_INDEX = ("--index-url", "--pypi-url", "--default-index")
_SHORT_WORD = re.compile(r"(?P<flag>-[rceif])(?P<value>.+)", re.DOTALL)


class Directive(NamedTuple):
    """What an option line says; empty where it says nothing of the kind. `index_url` has no credentials,
    `editable` is the requirement behind `-e` with all that follows.
    """

    include: str = ""
    constraint: str = ""
    editable: str = ""
    index_url: str = ""


def read_directive(text: str) -> Directive:
    """Read an option line.

    Args:
        text: One logical line that starts with `-`.
    Raises:
        BrokenError: An option that a requirements file cannot have, or one without its value.
    """
    words = split_options(text)
    said: dict[str, str] = {}
    position = 0
    while position < len(words):
        flag, value, used = _option(words, position)
        said[flag] = value
        position += used
        if flag == "--editable":
            said[flag] = " ".join([value, *words[position:]])
            break
    index = next((said[flag] for flag in reversed(said) if flag in _INDEX), "")
    return Directive(
        include=said.get("--requirement", ""),
        constraint=said.get("--constraint", "") or said.get("--build-constraint", ""),
        editable=said.get("--editable", ""),
        index_url=clean_url(index) if index else "",
    )


def _option(words: list[str], position: int) -> tuple[str, str, int]:
    flag, equals, value = words[position].partition("=")
    glued = _SHORT_WORD.fullmatch(words[position])
    if glued is not None:
        flag, equals, value = glued["flag"], "=", glued["value"].removeprefix("=")
    flag = _SHORT.get(flag, flag)
    if flag in _FLAGS and not equals:
        return flag, "", 1
    if flag not in _WITH_VALUE:
        raise BrokenError(f"expected an option of a requirements file, found {quote(words[position])}")
    if not equals and position + 1 < len(words):
        return flag, words[position + 1], 2
    if not value:
        raise BrokenError(f"expected a value after {flag}, found the end of the line")
    return flag, value, 1
