"""The documentation mirror: retained releases as a folder of Markdown that mkdocs and TechDocs build. Does no I/O."""
