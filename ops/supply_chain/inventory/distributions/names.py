"""The names of the SBOMs of distributions: `sbom-wheel` and `sbom-source`, with more where there are several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution


def document_names(files: Sequence[ReleasedDistribution]) -> dict[str, str]:
    """Return the name of each distribution's SBOM, without the project's name and without the ending.

    Several distributions of one kind differ in the wheel's tags; those of several packages in the name of the package
    too.

    Args:
        files: All distributions of a release.
    Returns:
        File name -> name.
    """
    kinds = Counter(file.is_wheel for file in files)
    packages = {file.file_name.partition("-")[0] for file in files}
    found: dict[str, str] = {}
    for file in files:
        words = ["sbom", "wheel" if file.is_wheel else "source"]
        if kinds[file.is_wheel] > 1:
            words += [file.file_name.partition("-")[0]] if len(packages) > 1 else []
            words += [file.tags] if file.tags else []
        found[file.file_name] = "-".join(words)
    return found
