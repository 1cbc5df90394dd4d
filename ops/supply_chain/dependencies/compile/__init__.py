"""Compiles locks, and checks them by compiling again: everything around the run of uv, without network or process."""
