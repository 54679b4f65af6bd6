"""Records in a database: SQLite by default, PostgreSQL by URL; what `registration.store` asks of a store.

    store = SqlStore("sqlite:////path/to/core.db")
    store.migrate()
    core = Core(clock, seed, settings, primes=primes, store=store)
    code = run(lambda: core.issue_code(number), store)

Whoever serves phones as well as the core opens both stores for each thing that happens, the phones' first:
`run(act, phones.store, core.store)`.
"""

from .error import Conflict, StoreError
from .sql_store import SqlStore, run

__all__ = ["Conflict", "SqlStore", "StoreError", "run"]
