"""The report page: what a run examined, found and decided, as views, HTML and Markdown."""
