"""The page as one self-contained HTML file: escaped text, embedded data, and a content security policy for just these.

Source: https://jinja.palletsprojects.com/ (autoescape) ; https://html.spec.whatwg.org/multipage/scripting.html ;
https://www.w3.org/TR/CSP3/ ; https://www.w3.org/TR/trusted-types/
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache

from ops.supply_chain.assurance.report.packages import PackageGraph
from ops.supply_chain.assurance.report.page import ReportPage
from ops.supply_chain.core.commands import RECORDED, Typing, as_typed
from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.text import printable, without_credentials

PAGE = "page.html"
STYLES = ("tokens.css", "report.css", "print.css")
SCRIPTS = (
    "dom.js",
    "theme.js",
    "copy.js",
    "findings.js",
    "packages.js",
    "tree.js",
    "graph.js",
    "map.js",
    "printing.js",
)
"""Files of `templates/report/`, joined in this order."""


def render(
    page: ReportPage, templates: Mapping[str, str], *, generator: tuple[str, str], typing: Typing = RECORDED
) -> bytes:
    """Return the file.

    Args:
        page: The views to render.
        templates: File name -> text, of `templates/report/`.
        generator: Name and version of the program.
        typing: How the reader types a session.
    Raises:
        OutputError: A template is missing or broken.
    """
    script, style = _joined(templates, SCRIPTS), _joined(templates, STYLES)
    own = _own(style=style, script=script, data=data_of(page.packages))
    return fill(PAGE, templates, {"page": page, "generator": generator, "own": own}, typing=typing)


def render_static(
    name: str, page: object, templates: Mapping[str, str], *, styles: tuple[str, ...], generator: tuple[str, str]
) -> bytes:
    """Return a file without a script, as self-contained as the report.

    Args:
        name: Of its template in `templates`.
        page: What the template calls `page`.
        templates: File name -> text, of `templates/report/`.
        styles: The names of its style sheets, in order.
        generator: Name and version of the program.
    Raises:
        OutputError: A template is missing or broken.
    """
    own = _own(style=_joined(templates, styles), script="", data="")
    return fill(name, templates, {"page": page, "generator": generator, "own": own}, typing=RECORDED)


def fill(name: str, templates: Mapping[str, str], values: Mapping[str, object], *, typing: Typing) -> bytes:
    """Return a filled template, in which every text that a template prints is escaped.

    Raises:
        OutputError: A template is missing or broken.
    """
    from jinja2 import TemplateError

    compiled = _compiled(tuple(sorted((key, text) for key, text in templates.items() if key.endswith(".html"))))
    compiled.typing = typing
    try:
        text = compiled.environment.get_template(name).render(values)
    except TemplateError as error:
        raise OutputError(f"templates/report: {error}", hint="Restore the folder from the repository.") from error
    return text.encode()


def compile_templates(templates: Mapping[str, str]) -> None:
    """Compile the template of the page, and those that it includes, for all that are filled in this process and its forks.

    Args:
        templates: As `render` gets them.
    """
    compiled = _compiled(tuple(sorted((key, text) for key, text in templates.items() if key.endswith(".html"))))
    for name in compiled.environment.list_templates():
        compiled.environment.get_template(name)


class _Compiled:
    """Templates that are compiled once, whoever reads the page; `typing` is how the reader of the present one types a session."""

    def __init__(self, templates: tuple[tuple[str, str], ...]) -> None:
        from jinja2 import DictLoader, Environment, StrictUndefined, pass_eval_context

        self.typing = RECORDED
        self.environment = Environment(
            loader=DictLoader(dict(templates)),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # With the context, jinja2 calls it when a page is filled, also for constants, and never when it compiles.
            finalize=pass_eval_context(lambda _context, value: _finalized(value, self.typing)),
        )


_compiled = lru_cache(maxsize=2)(_Compiled)


def _own(*, style: str, script: str, data: str) -> dict[str, str]:
    """Return the only text that enters a page unescaped: files of this repository, and data that is escaped already."""
    from markupsafe import Markup

    return {
        "style": Markup(style),  # noqa: S704 - a file of this repository
        "script": Markup(script),  # noqa: S704 - a file of this repository
        "data": Markup(data),  # noqa: S704 - JSON without < > &
        "policy": security_policy(script=script, style=style),
    }


def _joined(templates: Mapping[str, str], names: tuple[str, ...]) -> str:
    missing = [name for name in names if name not in templates]
    if missing:
        raise OutputError(
            f"templates/report: {', '.join(missing)} missing", hint="Restore the folder from the repository."
        )
    return "\n".join(templates[name] for name in names)


def _finalized(value: object, typing: Typing) -> object:
    """Remove control characters and credentials from everything that a template prints; write commands as typed."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(without_credentials(as_typed(str(value), typing)))
    return value


_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def data_of(packages: PackageGraph | None) -> str:
    """Return the graph as JSON for a data element.

    Returns:
        ASCII, without `<`, `>` and `&`: `{"packages": [[name, version, licence, depth, needs, findings, worst, part]],
        "direct": [...], "root": "..."}`; `needs` is null where not known.
    """
    rows = [
        [
            *(package.name, package.version, package.licence, package.depth, package.needs),
            *(package.findings, package.worst, package.part),
        ]
        for package in (packages.all if packages else ())
    ]
    document = {
        "direct": packages.direct if packages else (),
        "packages": rows,
        "root": _shown(packages.root) if packages else "",
    }
    # json.dumps writes everything beyond ASCII as \\uXXXX, U+2028 and U+2029 among it.
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "".join(_ESCAPES.get(character, character) for character in text)


def security_policy(*, script: str, style: str) -> str:
    """Return the content security policy: exactly this script (none if it is empty) and this style, and no network requests.

    Args:
        script: The exact text between the script element's tags.
        style: The same of the style element.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}'" if script else "script-src 'none'",
            f"style-src '{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _shown(text: str) -> str:
    return printable(without_credentials(text))
