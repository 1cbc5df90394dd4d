"""Advisories and VEX documents, read for the stages that match them with pins."""
