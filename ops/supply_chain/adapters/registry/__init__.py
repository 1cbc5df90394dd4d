"""The registry: what suppliers sent and what was released, in SQLite or PostgreSQL.

Everything in it can be rebuilt from the documents that are stored as they came.
"""
