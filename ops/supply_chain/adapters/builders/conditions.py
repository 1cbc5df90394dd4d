"""The conditions of the two builds: they differ in everything that must not change a distribution."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ops.supply_chain.core.variables import Child, child_variables

LABELS = ("a", "another-folder")
"""The names of the folders of both builds; they differ in length too."""

DAY_SECONDS = 86400
_NOBODY = 65534
_TRIAL_SECONDS = 20
_KEPT = frozenset({"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"})
"""What a build sees of the variables of this process; where a compiler is, for example."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """The conditions of one build.

    `label` names its folder, which differs in length too. `mtime` is the time of the source files, in Unix seconds. `cpus` is how many CPUs
    it may use, 0 for all. `uid` is the user that it runs as, None for the user of this process.
    """

    label: str
    umask: int
    timezone: str
    locale: str
    hash_seed: int
    cpus: int
    mtime: int
    uid: int | None = None

    def variables(
        self, home: Path, epoch: int, programs: Path, configured: Mapping[str, str], source: Path
    ) -> dict[str, str]:
        """Return every variable that the build sees.

        Args:
            home: A private folder, for HOME and temporary files.
            epoch: SOURCE_DATE_EPOCH.
            programs: The folder of the environment's programs.
            configured: `[build].variables`; `{source}` in a value is the folder that is compiled in.
            source: That folder.
        """
        outer = {name: value for name, value in child_variables(Child.BACKEND, os.environ).items() if name in _KEPT}
        return {
            **{name: value.replace("{source}", str(source)) for name, value in configured.items()},
            **outer,
            "PATH": os.pathsep.join(filter(None, (str(programs), outer.get("PATH", "")))),
            "VIRTUAL_ENV": str(programs.parent),
            "HOME": str(home),
            "USERPROFILE": str(home),
            "TMPDIR": str(home),
            "TEMP": str(home),
            "TMP": str(home),
            "TZ": self.timezone,
            "LC_ALL": self.locale,
            "LANG": self.locale,
            "PYTHONHASHSEED": str(self.hash_seed),
            "PYTHONUTF8": "1",
            "SOURCE_DATE_EPOCH": str(epoch),
        }


class ConditionPair(msgspec.Struct, frozen=True, kw_only=True):
    """The conditions of the two builds, and those in which they could not differ: name -> why."""

    first: Conditions
    second: Conditions
    not_varied: Mapping[str, str]


def two_conditions(epoch: int, python: Path) -> ConditionPair:
    """Return the conditions of the two builds, as different as this system and this user allow.

    Args:
        epoch: SOURCE_DATE_EPOCH, in Unix seconds.
        python: The Python of the environment: another user takes part only if that user can run it.
    """
    uid, same_user = _other_user(python)
    one_cpu = _why_all_cpus()
    first = Conditions(
        label=LABELS[0],
        umask=0o022,
        timezone="UTC",
        locale="C.UTF-8",
        hash_seed=0,
        cpus=0 if one_cpu else 1,
        mtime=epoch + DAY_SECONDS,
    )
    second = Conditions(
        label=LABELS[1],
        umask=0o077,
        timezone="Asia/Kathmandu",
        locale="C",
        hash_seed=12345,
        cpus=0,
        mtime=epoch + 700 * DAY_SECONDS,
        uid=uid,
    )
    same = {"cpus": one_cpu, "user": same_user}
    if os.name == "nt":
        second = msgspec.structs.replace(second, umask=first.umask, timezone=first.timezone, locale=first.locale)
        same |= dict.fromkeys(("locale", "timezone", "umask"), "Windows does not take it from a process")
    return ConditionPair(
        first=first, second=second, not_varied={name: why for name, why in sorted(same.items()) if why}
    )


def _why_all_cpus() -> str:
    """Return why a build cannot be limited to one of several CPUs; empty if it can."""
    if not hasattr(os, "sched_getaffinity"):
        return "this system does not limit the CPUs of a process"
    return "" if len(os.sched_getaffinity(0)) > 1 else "this process may use one CPU"


def _other_user(python: Path) -> tuple[int | None, str]:
    """Return another user as which this process may run that Python, or None and why there is none."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None, "only root can build as another user"
    try:
        done = subprocess.run(
            [str(python), "-I", "-S", "-c", ""],
            env={},
            cwd="/",
            user=_NOBODY,
            group=_NOBODY,
            extra_groups=[],
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"user {_NOBODY} cannot run the Python of the build: {type(error).__name__}"
    if done.returncode != 0:
        return None, f"user {_NOBODY} cannot run the Python of the build: exit code {done.returncode}"
    return _NOBODY, ""
