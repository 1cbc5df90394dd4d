"""Dask, on whose workers a fleet of projects is examined."""
