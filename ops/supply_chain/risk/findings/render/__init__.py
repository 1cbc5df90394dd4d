"""The only place that turns a finding into text, a table row, Markdown or SARIF."""
