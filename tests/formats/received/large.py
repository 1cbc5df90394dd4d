"""A document of 100 MB with 200,000 components."""

from __future__ import annotations

from pathlib import Path

COMPONENTS = 200_000

COMPONENT = (
    '{{"type": "library", "bom-ref": "pkg:pypi/pack-{0}@{0}.0", "name": "pack-{0}", "version": "{0}.0", '
    '"purl": "pkg:pypi/pack-{0}@{0}.0", "hashes": [{{"alg": "SHA-256", "content": "{0:064x}"}}], '
    '"licenses": [{{"license": {{"id": "MIT"}}}}], "supplier": {{"name": "Acme"}}, '
    '"externalReferences": [{{"type": "website", "url": "https://acme.example/{0}"}}], '
    '"properties": [{{"name": "syft:x:y", "value": "z"}}]}}'
)
DEPENDENCY = '{{"ref": "pkg:pypi/pack-{0}@{0}.0", "dependsOn": ["pkg:pypi/pack-{1}@{1}.0"]}}'


def write(path: Path) -> None:
    """Write the document: CycloneDX 1.6, each component with digest, licence, reference and a dependency."""
    with path.open("w") as file:
        file.write('{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [')
        file.writelines(f"{',' if number else ''}{COMPONENT.format(number)}" for number in range(COMPONENTS))
        file.write('], "dependencies": [')
        file.writelines(
            f"{',' if number else ''}{DEPENDENCY.format(number, (number * 7 + 1) % COMPONENTS)}"
            for number in range(COMPONENTS)
        )
        file.write("]}")
