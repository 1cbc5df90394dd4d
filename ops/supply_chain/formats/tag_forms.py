"""The forms in which a project writes its versions into git tags: `26.1.0`, `v1.2`, `cli==0.4.30`.

Workflows are started, and signers are authorized, by these forms.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.version_tags import parse_version

MOST_FORMS = 20
"""Forms of one project that are listed: a workflow with more starts for tags of the newest ones only."""

_PREFIX = re.compile(r"(?:(?P<name>[A-Za-z][A-Za-z0-9._+/@-]*?)(?:==|[-/@_]))?[vV]?")
"""What may be before a version: a name with its separator, and a `v`."""

LONGEST_PREFIX = 100
"""Characters; a longer text before a version is no name."""


class TagForm(NamedTuple):
    """One form of tags: what is before the version, `v`, `cli==` or nothing, and the newest version so tagged."""

    prefix: str
    version: str = ""

    @property
    def name(self) -> str:
        """The name in it, without its folders, in PEP 503 form; empty if it has none."""
        match = _PREFIX.fullmatch(self.prefix)
        return normalise((match["name"] or "").rpartition("/")[2]) if match else ""

    @property
    def filter(self) -> str:
        """GitHub's filter pattern for its tags."""
        return f"{self.prefix.replace('+', chr(92) + '+')}*" if self.prefix else "[0-9]*"

    @property
    def expression(self) -> str:
        """A regular expression for the names of its tags."""
        return f"{re.escape(self.prefix)}.+" if self.prefix else "[0-9].*"

    def tag(self, version: str) -> str:
        """Return the tag of a version, which is given without a `v`."""
        return f"{self.prefix}{version}"

    @property
    def next_tag(self) -> str:
        """The tag of the version after the newest one, its last number raised by one; of `0.1.0` where there is none."""
        version = parse_version(self.version)
        if version is None:
            return self.tag("0.1.0")
        release = (*version.release[:-1], version.release[-1] + (0 if version.is_prerelease else 1))
        epoch = f"{version.epoch}!" if version.epoch else ""
        return self.tag(epoch + ".".join(map(str, release)))


def read_form(tag: str) -> TagForm | None:
    """Return the form of a tag; None where no version is at its end."""
    for digit in re.finditer(r"[0-9]", tag[: LONGEST_PREFIX + 1]):
        prefix, version = tag[: digit.start()], tag[digit.start() :]
        if _PREFIX.fullmatch(prefix) and parse_version(version) is not None:
            return TagForm(prefix, version)
    return None


def tag_forms(tags: Iterable[str], names: Collection[str]) -> tuple[TagForm, ...]:
    """Return the forms that a project uses, that of its newest tag first.

    Args:
        tags: All tags of the repository, newest first.
        names: Names that tags of the project begin with; an empty one for tags without a name.
    Returns:
        For each name its newest form: of the names given, where none has a tag of tags without a name, else of all. At
        most `MOST_FORMS`; empty where no tag names a version.
    """
    newest: dict[str, TagForm] = {}
    for tag in tags:
        form = read_form(tag)
        if form is not None:
            newest.setdefault(form.name, form)
    for own in ({normalise(name) for name in names}, {""}, newest.keys()):
        if found := [form for name, form in newest.items() if name in own]:
            return tuple(found[:MOST_FORMS])
    return ()
