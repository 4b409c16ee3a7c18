"""What the service does with customers, invoices and cases, without HTTP."""

from collections import defaultdict, deque
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .bookkeeping import Bookkeeping
from .cases import Cases
from .companies import Companies
from .customers import Customers
from .house_work import TaxReductions
from .invoices import Invoices
from .ledger import Ledger
from .models import Settings

# Whose days count: those of the service, wherever the sandbox runs.
SWEDEN = ZoneInfo("Europe/Stockholm")
KEPT_REQUESTS = 5000
SETTINGS = {
    "confirm_delay": 20.0,
    "rate_limit": True,
    "second_hand_over": "refuse",
    "latency": 0.0,
    # One page says 31 days, another 45.
    "refresh_token_days": 31.0,
    "credit_answer": "debit",
}


class Service(Companies, Customers, Invoices, TaxReductions, Bookkeeping, Cases, Ledger):
    """All companies' books and cases. Times are the sandbox's own, which can be turned forward."""

    def __init__(self, store, settings):
        self.store = store
        self.settings = SETTINGS | settings.model_dump(exclude_none=True)
        self.faults = []
        self.refusals = []
        self.requests = deque(maxlen=KEPT_REQUESTS)
        self.hits = defaultdict(deque)

    def now(self):
        offset = (self.store.get("clock", "offset") or {"seconds": 0})["seconds"]
        return datetime.now(UTC) + timedelta(seconds=offset)

    def today(self):
        return self.now().astimezone(SWEDEN).date()

    def advance(self, seconds):
        offset = (self.store.get("clock", "offset") or {"seconds": 0})["seconds"]
        self.store.put("clock", "offset", {"seconds": offset + seconds})
        with self.store.transaction():
            for case in self.store.all("case"):
                self.refresh(case)


def make_settings(arguments):
    return Settings(
        confirm_delay=arguments.confirm_delay,
        rate_limit=not arguments.no_rate_limit,
        second_hand_over=arguments.second_hand_over,
        latency=arguments.latency,
    )
