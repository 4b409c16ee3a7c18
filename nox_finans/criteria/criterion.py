"""What a criterion is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from odoo.fields import Domain

from .rules import Rules

REJECTED = "rejected"
WARNING = "warning"
APPROVED = "approved"


@dataclass(frozen=True)
class Criterion:
    """One rule: `failing` gives the domain of the invoices that break it, in one company."""

    severity: str
    code: str
    message: str
    # The field to mend, on the model where it stands: `model.field`.
    field: str
    failing: Callable[[Rules], Domain]
    # Held back although it is only yellow: it could be sent, and a person has said "not now".
    is_held: bool = False
    # What the message says of the invoice at hand: values for its placeholders.
    details: Callable | None = None

    @property
    def is_blocking(self):
        return self.severity == REJECTED or self.is_held

    def get_message(self, move):
        """Return in words, in the user's language, what is wrong with `move`."""
        message = move.env._(self.message)
        return message % self.details(move) if self.details else message


red = partial(Criterion, REJECTED)
yellow = partial(Criterion, WARNING)


def is_red(criterion):
    return criterion.severity == REJECTED


def is_yellow(criterion):
    return criterion.severity == WARNING


def is_blocking(criterion):
    return criterion.is_blocking
