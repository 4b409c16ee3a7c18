"""What the sandbox remembers: in memory, and with a file also across restarts."""

import json
import sqlite3
from collections import defaultdict
from contextlib import closing, contextmanager

# The fields that lists are asked for by: looked up, not searched for among everything.
INDEXED = {
    "customer": ("CustomerNumber", "OrganisationNumber", "Email", "Name"),
    "invoice": (
        "DocumentNumber",
        "ExternalInvoiceReference1",
        "ExternalInvoiceReference2",
        "CustomerNumber",
        "OCR",
        "LastModified",
    ),
    "reduction": ("ReferenceNumber",),
    "payment": ("InvoiceNumber",),
}


class Store:
    """Documents (JSON-able dicts) by kind and key.

    With a `path`, each `put` is on disk before it returns, so that nothing that was answered is
    lost when the process is killed. `beginning` is a file to begin with, which is left as it is.
    """

    def __init__(self, path=None, beginning=None):
        self._documents = defaultdict(dict)
        self._of_company = defaultdict(dict)
        # (kind, company, field) -> value -> key -> document
        self._index = defaultdict(lambda: defaultdict(dict))
        # Where a document stands in the index: its fields may have been changed in place since.
        self._places = {}
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        if beginning:
            with closing(sqlite3.connect(beginning)) as source:
                source.backup(self._connection)
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

    def count(self, kind):
        return len(self._documents[kind])

    def of_company(self, kind, company_id):
        return list(self._of_company[kind, company_id].values())

    def count_of_company(self, kind, company_id):
        return len(self._of_company[kind, company_id])

    def find(self, kind, company_id, field, value):
        """Return the company's documents with this value in an indexed field."""
        return list(self._index[kind, company_id, field].get(value, {}).values())

    def is_indexed(self, kind, field):
        return field in INDEXED[kind]

    def find_containing(self, kind, company_id, field, part):
        """Return the company's documents with `part` in an indexed field, in any case."""
        index, part = self._index[kind, company_id, field], part.casefold()
        found = [index[value] for value in index if part in value.casefold()]
        return [document for documents in found for document in documents.values()]

    def find_since(self, kind, company_id, field, least):
        """Return the company's documents with at least this value in an indexed field."""
        index = self._index[kind, company_id, field]
        found = [index[value] for value in index if value >= least]
        return [document for documents in found for document in documents.values()]

    @contextmanager
    def transaction(self):
        """Write at once what is put and deleted inside."""
        with self._connection:
            self._connection.execute("BEGIN")
            yield

    def put_many(self, documents):
        """Store a dict of documents by kind and key in one transaction."""
        with self.transaction():
            for kind, values in documents.items():
                for key, value in values.items():
                    self.put(kind, key, value)

    def put(self, kind, key, value):
        self._keep(kind, str(key), value)
        self._connection.execute(
            "INSERT INTO document VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            (kind, str(key), json.dumps(value)),
        )
        return value

    def delete(self, kind, key):
        value = self._documents[kind].pop(str(key), {})
        if "company_id" in value:
            del self._of_company[kind, value["company_id"]][str(key)]
        self._move(kind, str(key), value, {})
        self._connection.execute(
            "DELETE FROM document WHERE kind = ? AND key = ?", (kind, str(key))
        )

    def _keep(self, kind, key, value):
        self._documents[kind][key] = value
        if "company_id" in value:
            self._of_company[kind, value["company_id"]][key] = value
        if kind in INDEXED:
            fields = [field for field in INDEXED[kind] if value.get(field)]
            places = {(kind, value["company_id"], field): value[field] for field in fields}
            self._move(kind, key, value, places)

    def _move(self, kind, key, document, places):
        """Let the index have a document at these places only."""
        for place, value in self._places.pop((kind, key), {}).items():
            if places.get(place) != value:
                self._leave(place, value, key)
        for place, value in places.items():
            self._index[place][value][key] = document
        if places:
            self._places[kind, key] = places

    def _leave(self, place, value, key):
        del self._index[place][value][key]
        if not self._index[place][value]:
            del self._index[place][value]
