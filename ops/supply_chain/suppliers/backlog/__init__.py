"""The remediation backlog of suppliers' products and the risk register: what runs compute, what people decide, and their views."""
