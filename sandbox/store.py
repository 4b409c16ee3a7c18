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
            self._documents[kind][key] = json.loads(value)

    def get(self, kind, key):
        return self._documents[kind].get(str(key))

    def all(self, kind):
        return list(self._documents[kind].values())

    def items(self, kind):
        return list(self._documents[kind].items())

    def put(self, kind, key, value):
        self._documents[kind][str(key)] = value
        self._connection.execute(
            "INSERT INTO document VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            (kind, str(key), json.dumps(value)),
        )
        return value

    def delete(self, kind, key):
        self._documents[kind].pop(str(key), None)
        self._connection.execute(
            "DELETE FROM document WHERE kind = ? AND key = ?", (kind, str(key))
        )

    def of_company(self, kind, company_id):
        return [value for value in self.all(kind) if value["company_id"] == company_id]
