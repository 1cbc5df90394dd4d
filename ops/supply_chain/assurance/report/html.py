"""The page as one HTML file that needs nothing else: every text escaped by the template engine, none trusted.

Source: jinja2, autoescape; CSP meta element, HTML "Content security policy state".
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.assurance.report.embed import data_of, security_policy
from ops.supply_chain.assurance.report.page import ReportPage
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


def render(page: ReportPage, templates: Mapping[str, str], *, generator: tuple[str, str]) -> bytes:
    """Return the file.

    Args:
        page: What it shows.
        templates: File name -> text, of `templates/report/`.
        generator: Name and version of what made it.
    Raises:
        OutputError: A template is missing or broken.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined, TemplateError
    from markupsafe import Markup

    script, style = _joined(templates, SCRIPTS), _joined(templates, STYLES)
    environment = Environment(
        loader=DictLoader({name: text for name, text in templates.items() if name.endswith(".html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    # Our own files and the escaped data are the only text that is not escaped on its way into the page.
    whole = {
        "style": Markup(style),  # noqa: S704 - a file of ours
        "script": Markup(script),  # noqa: S704 - a file of ours
        "data": Markup(data_of(page.packages)),  # noqa: S704 - JSON without < > &
        "policy": security_policy(script=script, style=style),
    }
    try:
        text = environment.get_template(PAGE).render(page=page, generator=generator, own=whole)
    except TemplateError as error:
        raise OutputError(f"templates/report: {error}", hint="Restore the folder from the repository.") from error
    return text.encode()


def _joined(templates: Mapping[str, str], names: tuple[str, ...]) -> str:
    missing = [name for name in names if name not in templates]
    if missing:
        raise OutputError(
            f"templates/report: {', '.join(missing)} not there", hint="Restore the folder from the repository."
        )
    return "\n".join(templates[name] for name in names)


def _finalized(value: object) -> object:
    """Keep control characters and credentials out of everything that a template prints."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(without_credentials(str(value)))
    return value
