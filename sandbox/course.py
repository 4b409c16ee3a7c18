"""The course of an invoice at Nox Finans after it has been handed over."""

from datetime import date, timedelta

# (event that comes, days after the due date or the event before, fee in SEK). The notice two days
# after the due date and the fees are from the service's help pages; the days between the later
# events are not documented: our assumption.
COURSE = (
    ("INVOICEREMINDER", 2, 0),
    ("REMINDER", 8, 60),
    ("COLLECTION", 14, 180),
    ("EXECUTIONCONTROLL", 14, 0),
    ("MONITORING", 30, 0),
)
LAST = len(COURSE)
MAX_PAUSE_DAYS = 60
DELIVERY = {"LETTER": "letter", "EMAIL": "e-mail", "EINVOICE": "e-invoice"}


def start(case, invoice, today):
    """Confirm the case: it is open, and its first event is planned."""
    case["status"] = "OPEN"
    case["position"] = 0
    due = date.fromisoformat(invoice["DueDate"])
    plan(case, max(due + timedelta(days=COURSE[0][1]), today))
    if case["send_method"] in DELIVERY:
        deliver(case, today, f"invoice by {DELIVERY[case['send_method']]}")


def plan(case, day):
    case["next_event"] = COURSE[case["position"]][0] if case["position"] < LAST else None
    case["next_event_date"] = day.isoformat() if case["next_event"] else None


def advance(case, today):
    """Let everything happen that is due until `today`."""
    if case["status"] == "PAUSED" and date.fromisoformat(case["paused_until"]) < today:
        resume(case, date.fromisoformat(case["paused_until"]) + timedelta(days=1))
    while case["status"] == "OPEN" and case["next_event"]:
        day = date.fromisoformat(case["next_event_date"])
        if day > today:
            return
        event, _days, fee = COURSE[case["position"]]
        case["fees"] += fee
        deliver(case, day, event)
        case["position"] += 1
        if case["position"] < LAST:
            plan(case, day + timedelta(days=COURSE[case["position"]][1]))
        else:
            plan(case, day)


def deliver(case, day, what):
    case["deliveries"].append({"date": day.isoformat(), "what": what})


def pause(case, until):
    case["status"] = "PAUSED"
    case["paused_until"] = until.isoformat()


def resume(case, day):
    """Go on; what would have come during the pause comes on `day`."""
    case["status"] = "OPEN"
    case["paused_until"] = None
    if case["next_event_date"] and date.fromisoformat(case["next_event_date"]) < day:
        case["next_event_date"] = day.isoformat()


def close(case):
    case["status"] = "CLOSED"
    case["next_event"] = case["next_event_date"] = None
