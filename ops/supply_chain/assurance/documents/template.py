"""Templates of documents: placeholders, switches and claims; nothing else of Jinja, and nothing of Python.

    {{COMPONENT_NAME}}                          a placeholder; one that is not known is an error
    {% if HAS_RELEASE %}...{% else %}...        switches are placeholders that are true or false
    {% claim "signed-releases" %}...            asserted: `--strict` denies where the evidence does not support it
    {% claim "slsa-build-l2" optional %}...     shown where it is supported, else what is true instead
    {% claim "slsa-build-l2" appendix %}...     shown where it is supported, else {{ABSENCES}} has what is true instead
    {# ... #}                                   a remark for authors; a first HTML comment is one as well

A tag alone on its line leaves no empty line.

Source: https://jinja.palletsprojects.com/en/stable/templates/
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec
from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable

MOST_CHARACTERS = 1_000_000
"""Limit of a template in characters; a longer one is a mistake."""

MOST_NESTED = 60
"""Levels of the syntax tree, a claim in three switches with three words each has fewer than 20; and `elif` in one `if`."""

CANDIDATES = 3

_AUTHOR_COMMENT = re.compile(r"\A\ufeff?\s*(?:<!--.*?-->|\{#.*?#\})[ \t]*\n*", re.DOTALL)
_REMARK_START, _REMARK_END = "{#", "#}"
_ALONE = re.compile(r"[ \t]*(?:\{%(?:(?!%\})[^\n])*%\}[ \t]*)+")
_CLAIM, _CLAIM_END = (re.compile(rf"\{{%[-+]?\s{{0,9}}{word}\b") for word in ("claim", "endclaim"))
_LAST_TAG = re.compile(r"(?<![-+])%\}$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_GONE = "\x03\n"
"""A line that counts in error messages and is not part of the document; templates have no such character."""

_EMPTY_LINES = re.compile(r"\n{3,}")
_FORMS = 'A template has {{PLACEHOLDERS}}, {% if SWITCH %}...{% endif %} and {% claim "id" %}...{% endclaim %}.'
_NEVER = ("\x00{", "}\x00")
"""Jinja's own comments are disabled: headings of some Markdown contain `{#` without an end."""

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Const,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.CallBlock,
    nodes.Call,
    nodes.ExtensionAttribute,
)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """One claim tag of a template: the claim, its line, and whether the document may do without it.

    `appendix`: where the claim is not supported, nothing is in its place.
    """

    id: str
    line: int
    optional: bool
    appendix: bool = False


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template that was read: its name for messages, its text for Jinja, its claims and placeholders in order."""

    name: str
    text: str
    claims: tuple[Claimed, ...]
    placeholders: frozenset[str]


class RenderClaim(Protocol):
    """Renders the text in place of a claim."""

    def __call__(self, claim: str, text: str, *, optional: bool, appendix: bool) -> str:
        """Return the text, given the claim's id and the text in its tag."""


class _ClaimTag(Extension):
    """`{% claim "id" [optional|appendix] %}...{% endclaim %}`."""

    tags = {"claim"}  # noqa: RUF012 - the base class declares it so

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        name = parser.stream.expect("string")
        appendix = parser.stream.skip_if("name:appendix")
        optional = appendix or parser.stream.skip_if("name:optional")
        body = parser.parse_statements(("name:endclaim",), drop_needle=True)
        words: list[nodes.Expr] = [nodes.Const(name.value), nodes.Const(optional), nodes.Const(appendix)]
        call = self.call_method("_rendered", words, lineno=line)
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _rendered(self, name: str, optional: bool, appendix: bool, caller: Callable[[], str]) -> str:  # noqa: FBT001 - Jinja calls it so
        render_claim: RenderClaim = self.environment.render_claim  # type: ignore[attr-defined]
        written = caller()
        end = "\n" if written.endswith("\n") else ""
        return f"{render_claim(name, written.strip(), optional=optional, appendix=appendix)}{end}"


def read_template(text: str, *, name: str, known: Sequence[str], claims: Sequence[str]) -> Template:
    """Read a template and refuse everything in it that cannot be filled.

    Args:
        text: As the author wrote it.
        name: What to call it in an error.
        known: Every placeholder.
        claims: Every claim id.
    Raises:
        InputError: It does not parse, uses more than templates may, or names something unknown; the message
            has the line and the nearest names.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{name}: has {len(text)} characters; at most {MOST_CHARACTERS} are read")
    prepared, skipped = _prepared(text)
    tree = _parsed(prepared, name, skipped)
    found = tuple(_claims(tree, name, skipped))
    for claim in found:
        if claim.id not in claims:
            raise _unknown(name, claim.line, f"claim {printable(claim.id)!r}", claim.id, claims)
    names = frozenset(_names(tree, name, skipped, known))
    return Template(name=name, text=prepared, claims=found, placeholders=names)


def render(template: Template, values: Mapping[str, str | bool], render_claim: RenderClaim) -> str:
    """Fill a template.

    Args:
        template: As `read_template` made it.
        values: A text or a switch for each placeholder.
        render_claim: Renders the text in place of a claim.
    Returns:
        The document, with one line feed at its end and no empty lines in a row.
    Raises:
        InputError: A switch is used as text.
    """
    environment = _environment()
    environment.render_claim = render_claim  # type: ignore[attr-defined]
    try:
        filled = environment.from_string(template.text).render(dict(values))
    except (UndefinedError, SecurityError) as error:
        raise InputError(f"{template.name}: {error}") from error
    except RecursionError as error:
        raise _too_deep(template.name) from error
    return _EMPTY_LINES.sub("\n\n", filled.replace(_GONE, "")).strip() + "\n"


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        extensions=[_ClaimTag],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        comment_start_string=_NEVER[0],
        comment_end_string=_NEVER[1],
        finalize=_text_only,
        cache_size=0,
        loader=None,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.tests.clear()
    return environment


def _text_only(value: object) -> object:
    if isinstance(value, bool):
        raise SecurityError("a switch (true or false) is used as text: use it in {% if ... %}")
    return value


def _prepared(text: str) -> tuple[str, int]:
    """Drop the author's comment and remarks; return the rest and how many lines the comment had."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    head = _AUTHOR_COMMENT.match(text)
    skipped = head[0].count("\n") if head else 0
    body = text[head.end() :] if head else text.lstrip("\ufeff")
    return "\n".join(_plus(line) for line in _without_remarks(body).split("\n")), skipped


def _without_remarks(body: str) -> str:
    """Remove the remarks; their line feeds stay until the tags are read, so that error messages have the author's lines.

    One pass, however many remarks are unterminated.
    """
    kept, position = [], 0
    while (start := body.find(_REMARK_START, position)) >= 0:
        end = body.find(_REMARK_END, start + len(_REMARK_START))
        if end < 0:
            break
        end += len(_REMARK_END)
        feeds = body.count("\n", start, end)
        before, after = body.rfind("\n", 0, start) + 1, body.find("\n", end)
        # A remark alone on its lines leaves none of them behind.
        if before >= position and after >= 0 and not body[before:start].strip() and not body[end:after].strip():
            kept += [body[position:before], _GONE * (feeds + 1)]
            position = after + 1
        else:
            kept += [body[position:start], "\n" * feeds]
            position = end
    return "".join([*kept, body[position:]])


def _plus(line: str) -> str:
    """Keep the line feed after a tag that ends a line with other text in it."""
    alone = _ALONE.fullmatch(line) and not _holds_claim(line)
    return line if alone else _LAST_TAG.sub("+%}", line)


def _holds_claim(line: str) -> bool:
    """Return whether a claim begins and ends on a line."""
    begun = _CLAIM.search(line)
    return bool(begun and _CLAIM_END.search(line, begun.end()))


def _parsed(prepared: str, name: str, skipped: int) -> nodes.Template:
    try:
        tree = _environment().parse(prepared)
    except TemplateSyntaxError as error:
        message = printable(error.message or "does not parse")
        raise InputError(f"{name} line {error.lineno + skipped}: {message}", hint=_FORMS) from error
    except RecursionError as error:
        raise _too_deep(name) from error
    except (ValueError, ArithmeticError) as error:
        raise InputError(f"{name}: has a number that cannot be read", hint=_FORMS) from error
    _require_shallow(tree, name)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.Call | nodes.CallBlock) and not _is_claim(node)):
            # Some nodes of Jinja have no line.
            line = (node.lineno or 1) + skipped
            raise InputError(
                f"{name} line {line}: {type(node).__name__.lower()} is not allowed in a template",
                hint="Only placeholders, if, else, and, or, not, and claim are allowed.",
            )
        values = node.nodes if isinstance(node, nodes.Output) else []
        for value in (constant for constant in values if isinstance(constant, nodes.Const)):
            # A quoted value could contain characters that were removed from the template.
            raise InputError(
                f"{name} line {value.lineno + skipped}: a value in quotes is not allowed in a template",
                hint="Write the text itself.",
            )
    return tree


def _is_claim(node: nodes.Call | nodes.CallBlock) -> bool:
    """Return whether a call is one that the tag `claim` makes: its target cannot be written in a template."""
    call = node.call if isinstance(node, nodes.CallBlock) else node
    return isinstance(call, nodes.Call) and isinstance(call.node, nodes.ExtensionAttribute)


def _require_shallow(tree: nodes.Template, name: str) -> None:
    """Refuse nesting so deep that Jinja, or the Python code that it generates, cannot handle it."""
    level: list[nodes.Node] = [tree]
    for _ in range(MOST_NESTED):
        if any(isinstance(node, nodes.If) and len(node.elif_) > MOST_NESTED for node in level):
            break
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise _too_deep(name)


def _too_deep(name: str) -> InputError:
    return InputError(f"{name}: is nested too deeply", hint=_FORMS)


def _claims(tree: nodes.Template, name: str, skipped: int) -> Iterator[Claimed]:
    for block in tree.find_all(nodes.CallBlock):
        inner = next(block.find_all(nodes.CallBlock), None)
        if inner is not None:
            raise InputError(f"{name} line {inner.lineno + skipped}: a claim inside another claim")
        claim, optional, appendix = (arg.as_const() for arg in block.call.args)
        yield Claimed(id=claim, line=block.lineno + skipped, optional=optional, appendix=appendix)


def _names(tree: nodes.Template, name: str, skipped: int, known: Sequence[str]) -> Iterator[str]:
    for node in tree.find_all(nodes.Name):
        if node.name not in known:
            raise _unknown(name, node.lineno + skipped, f"placeholder {{{{{printable(node.name)}}}}}", node.name, known)
        yield node.name


def _unknown(name: str, line: int, what: str, given: str, known: Sequence[str]) -> InputError:
    nearest = difflib.get_close_matches(given, known, n=CANDIDATES, cutoff=0.0)
    return InputError(f"{name} line {line}: unknown {what}", hint=f"The nearest are {', '.join(nearest)}.")
