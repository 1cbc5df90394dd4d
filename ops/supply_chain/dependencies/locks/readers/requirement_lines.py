"""The lines of a requirements file beside requirements: options, and the comments of uv and pip-tools.

Options are includes, constraints, editables and indexes. Comments give the reason for a pin: `# via flask`,
`# via flask, jinja2`, and in split style `# via` with one `#   flask` per line; a source is `-r requirements.in`,
`-c constraints.txt` or `project (pyproject.toml)`. `# from https://...` names the index that served the pin
(`uv pip compile --emit-index-annotation`): it selects among the indexes of the file's options, and adds none.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/#supported-options
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.names import NAME_PATTERN, quote
from ops.supply_chain.dependencies.locks.readers.requirement import split_options
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
_ANY_INDEX = (*_INDEX, "--index", "--extra-index-url")
_FIRST_COUNTS = ("--requirement", "--constraint")
"""Of several in one line, pip reads the first alone."""

_SHORT_WORD = re.compile(r"(?P<flag>-[rceif])(?P<value>.+)", re.DOTALL)


class Directive(NamedTuple):
    """What an option line says; empty where it says nothing of the kind. `index_url` has no credentials,
    nor have `index_urls`, which are all indexes that the line names. `editable` is the requirement behind `-e` with all
    that follows.
    """

    include: str = ""
    constraint: str = ""
    editable: str = ""
    index_url: str = ""
    index_urls: tuple[str, ...] = ()


def read_directive(text: str) -> Directive:
    """Read an option line.

    Args:
        text: One logical line that starts with `-`.
    Raises:
        MalformedLockError: An option that a requirements file cannot have, or one without its value.
    """
    words = split_options(text)
    said: dict[str, str] = {}
    indexes: list[str] = []
    position = 0
    while position < len(words):
        flag, value, used = _option(words, position)
        said.setdefault(flag, value) if flag in _FIRST_COUNTS else said.update({flag: value})
        indexes += [value] if flag in _ANY_INDEX else []
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
        index_urls=tuple(map(clean_url, indexes)),
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
        raise MalformedLockError(f"expected an option of a requirements file, found {quote(words[position])}")
    if not equals and position + 1 < len(words):
        return flag, words[position + 1], 2
    if not value:
        raise MalformedLockError(f"expected a value after {flag}, found the end of the line")
    return flag, value, 1


_VIA = re.compile(r"\s*via(?:\s+(?P<first>\S.*))?$")
_MORE = re.compile(r"\s{2,}(?P<item>\S.*)$")
_FROM = re.compile(r"\s*from\s+(?P<index>https?://\S+)\s*")
_REQUIRER = re.compile(rf"(?P<name>{NAME_PATTERN})(?:\[[^\]]*\])?(?P<source>\s*\(.*\))?")
_DIRECT = re.compile(r"-r\s|--requirements?\s")


class Annotation(NamedTuple):
    """What the comments of a pin say; `direct` and `required_by` are None where they say nothing.

    `served_by` is the index that served it, without credentials, empty where they do not say.
    """

    direct: bool | None
    required_by: tuple[str, ...] | None
    served_by: str = ""


NO_ANNOTATION = Annotation(None, None)


@lru_cache(maxsize=65536)
def read_annotation(comments: tuple[str, ...]) -> Annotation:
    """Read the comments that follow a pin.

    Args:
        comments: Without `#`, in order.
    """
    items: list[str] = []
    open_list = False
    for comment in comments:
        via, more = _VIA.match(comment), _MORE.match(comment)
        if via is not None:
            items += (via["first"] or "").split(",")
            open_list = True
        elif open_list and more is not None:
            items += more["item"].split(",")
        else:
            open_list = False
    served = next((match["index"] for comment in comments if (match := _FROM.fullmatch(comment))), "")
    found = _annotation([item.strip() for item in items if item.strip()])
    return found._replace(served_by=clean_url(served)) if served else found


def _annotation(items: Iterable[str]) -> Annotation:
    direct = False
    required_by = set()
    seen = False
    for item in items:
        match = _REQUIRER.fullmatch(item)
        if _DIRECT.match(item) or (match is not None and match["source"]):
            direct = seen = True
        elif match is not None:
            required_by.add(normalise(match["name"]))
            seen = True
    return Annotation(direct, tuple(sorted(required_by))) if seen else NO_ANNOTATION
