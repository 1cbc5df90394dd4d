"""The comments by which uv and pip-tools say why a pin is there.

`# via flask`, `# via flask, jinja2`, and in split style `# via` with one `#   flask` a line; a source is
`-r requirements.in`, `-c constraints.txt` or `project (pyproject.toml)`. `# from https://...` names the index
that served the pin (`uv pip compile --emit-index-annotation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.names import NAME_PATTERN
from ops.supply_chain.dependencies.locks.sources import clean_url

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
    found = _judge([item.strip() for item in items if item.strip()])
    return found._replace(served_by=clean_url(served)) if served else found


def _judge(items: Iterable[str]) -> Annotation:
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
