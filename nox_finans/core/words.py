"""The value sets of the domain with their labels in English: each stands here, once.

A label is translated where it is a field's selection.
"""

SERVICES = [("invoice", "Invoice service"), ("reminder", "Reminder service")]
NOT_DELIVERED = "none"
CHANNELS = [
    ("letter", "Letter"),
    ("email", "E-mail"),
    ("einvoice", "E-invoice"),
    (NOT_DELIVERED, "Not delivered"),
]
ENVIRONMENTS = [("sandbox", "Sandbox (nothing is really sent)"), ("production", "Production")]

# The way of an invoice to Nox Finans, in order.
STEPS = [
    ("customer", "Customer"),
    ("invoice", "Invoice"),
    ("tax_reduction", "Tax reduction"),
    ("bookkept", "Bookkept"),
    ("sent", "Marked as sent"),
    ("handed_over", "Handed over"),
]
STEP_ORDER = {False: -1} | {step: index for index, (step, _label) in enumerate(STEPS)}

STATES = [
    ("queued", "Queued"),
    ("sending", "Sending"),
    ("uncertain", "Checking"),
    ("refused", "Refused"),
    ("accepted", "Accepted"),
    ("closed", "Closed"),
]
# In these states the invoice has not been handed over yet.
QUEUE_STATES = ("queued", "sending", "uncertain")
# In these states the invoice is the service's, or on its way there.
OPEN_STATES = (*QUEUE_STATES, "accepted")
# In these states the service has got the invoice.
SENT_STATES = ("accepted", "closed")

# What a user may ask of the service while it has the invoice.
ACTIONS = [
    ("pause", "Pause"),
    ("unpause", "Resume"),
    ("report_payment", "Report a payment"),
    ("take_fees", "Take over the fees"),
    ("stop", "Stop"),
]
# Documented: a manual pause is at most this long.
MAX_PAUSE_DAYS = 60

GIVEN_UP = "given_up"
CLOSE_REASONS = [
    ("paid", "Paid"),
    ("credited", "Credited"),
    ("stopped", "Stopped"),
    ("written_off", "Written off"),
    (GIVEN_UP, "Given up"),
]
STAGES = [
    ("waiting", "On its way"),
    ("refused", "Refused"),
    ("sent", "Sent"),
    ("reminded", "Reminded"),
    ("collection", "Debt collection"),
    ("monitoring", "Monitoring"),
    ("closed", "Closed"),
]
GAVELS = [
    ("waiting", "On its way to Nox Finans"),
    ("running", "Nox Finans handles it"),
    ("paused", "Paused at Nox Finans"),
    ("needs_you", "Needs you"),
    ("closed", "Closed at Nox Finans"),
]
EVENTS = [
    ("course", "Step of the course"),
    ("request", "Asked for"),
    ("fee", "Fee added"),
    ("payment", "Payment"),
    ("booked", "Payment booked"),
    ("pause", "Pause"),
    ("dispute", "Dispute"),
    ("let_run", "Let run to debt collection"),
    ("customer", "Customer's details"),
    ("closed", "Closed"),
]
