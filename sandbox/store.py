"""What the sandbox remembers: in memory, and with a file also across restarts."""

import json
import sqlite3
from collections import defaultdict


class Store:
    """Documents (JSON-able dicts) by kind and key.

    With a `path`, each `put` is on disk before it returns, so that nothing that was answered is
    lost when the process is killed.
    """

    def __init__(self, path=None):
        self._documents = defaultdict(dict)
        self._of_company = defaultdict(dict)
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS document"
            " (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))"
        )
        for kind, key, value in self._connection.execute(
            "SELECT kind, key, value FROM document ORDER BY rowid"
        ):
            self._keep(kind, key, json.loads(value))

    def get(self, kind, key):
        return self._documents[kind].get(str(key))

    def all(self, kind):
        return list(self._documents[kind].values())

    def items(self, kind):
        return list(self._documents[kind].items())

    def _keep(self, kind, key, value):
        self._documents[kind][key] = value
        if "company_id" in value:
            self._of_company[kind, value["company_id"]][key] = value

    def put_many(self, kind, values):
        """Store a dict of values by key in one transaction."""
        self._connection.execute("BEGIN")
        for key, value in values.items():
            self.put(kind, key, value)
        self._connection.execute("COMMIT")

    def put(self, kind, key, value):
        self._keep(kind, str(key), value)
        self._connection.execute(
            "INSERT INTO document VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            (kind, str(key), json.dumps(value)),
        )
        return value

    def delete(self, kind, key):
        value = self._documents[kind].pop(str(key), None) or {}
        self._of_company[kind, value.get("company_id")].pop(str(key), None)
        self._connection.execute(
            "DELETE FROM document WHERE kind = ? AND key = ?", (kind, str(key))
        )

    def count(self, kind):
        return len(self._documents[kind])

    def of_company(self, kind, company_id):
        return list(self._of_company[kind, company_id].values())

    def count_of_company(self, kind, company_id):
        return len(self._of_company[kind, company_id])
