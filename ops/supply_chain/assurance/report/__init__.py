"""The report: what a run examined, found and decided, as one page that people look at."""
