"""The report's own templates, styles and scripts: `templates/report/`, beside the pipeline's code."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.adapters.files.folders import files_in
from ops.supply_chain.core.errors import OutputError

FOLDER = ("templates", "report")
KINDS = (".html", ".css", ".js")


def read_templates(repository: Path) -> dict[str, str]:
    """Read every template.

    Args:
        repository: The checkout that the pipeline runs from.
    Returns:
        File name -> text.
    Raises:
        OutputError: There is none, or one cannot be read.
    """
    folder = repository.joinpath(*FOLDER)
    names = [name for name in files_in(folder) if name.endswith(KINDS)]
    if not names:
        raise OutputError("templates/report: not there", hint="Restore the folder from the repository.")
    try:
        return {name: (folder / name).read_text(encoding="utf-8") for name in names}
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"templates/report: cannot be read: {error}") from error
