"""Incidents: when each report is due, and the drafts of reports and advisories, with what is unknown written as unknown."""
