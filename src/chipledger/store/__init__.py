"""The ledger: what was read, kept so that it can be found again; written, read and searched from here.

`ledger` opens it, `write` adds to it, `read`, `search` and `export` take from it, `verify` checks it. SQLite by
default, PostgreSQL by address; `schema` says what the tables hold and `migrations` how they came about.
"""
