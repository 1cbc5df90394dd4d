"""`[updates]`: which tool proposes newer versions of dependencies."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract


class UpdateTool(StrEnum):
    """The configuration that `adopt` writes.

    `auto`: of Renovate for versions, and on GitHub of Dependabot for security updates alone; of neither where the project has
    one of its own. `renovate` and `dependabot`: of that tool alone. `none`: of neither.
    """

    AUTO = "auto"
    RENOVATE = "renovate"
    DEPENDABOT = "dependabot"
    NONE = "none"


class UpdatesConfig(Contract, frozen=True, kw_only=True):
    """`[updates]`: the tool that `adopt` writes a configuration of; an existing one is never changed.

    Dependabot is configured for security updates alone, so that no version is proposed before its cool-down has passed.
    """

    tool: UpdateTool = UpdateTool.AUTO
