"""httpx as it is imported here: whole but for its command."""

from __future__ import annotations

import subprocess
import sys


def test_httpx_is_imported_without_what_only_its_command_needs() -> None:
    code = (
        "import sys\n"
        "import ops.supply_chain.adapters.http.client, ops.supply_chain.adapters.http.tls\n"
        "from ops.supply_chain.adapters.http.lean_httpx import httpx\n"
        "assert httpx is sys.modules['httpx']\n"
        "found = {'click', 'pygments', 'rich', 'httpx._main'} & set(sys.modules)\n"
        "assert not found, found\n"
        "assert all(hasattr(httpx, name) for name in httpx.__all__)\n"
        "import httpx._main\n"
        "assert httpx._main.main.name == 'main'\n"
    )
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_httpx_that_is_there_already_is_used() -> None:
    code = (
        "import sys, httpx\n"
        "command = sys.modules.get('httpx._main')\n"
        "from ops.supply_chain.adapters.http import lean_httpx\n"
        "assert lean_httpx.httpx is httpx and sys.modules.get('httpx._main') is command\n"
    )
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
