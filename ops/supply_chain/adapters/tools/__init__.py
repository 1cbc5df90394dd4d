"""Other programs and native libraries: uv, other lock tools, pip-audit, cyclonedx-py, Chromium, age, the verifier."""
