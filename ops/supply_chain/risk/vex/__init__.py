"""VEX: what others state about the vulnerabilities of what we use, and what we state about ours."""
