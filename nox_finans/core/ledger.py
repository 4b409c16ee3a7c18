"""What there is to book here and to report there, of one case.

Both ways are levels, not steps: what is booked and what is reported is counted, and compared with
what there is to book or to report. So a repeated status, a lost answer or a run that died changes
nothing.

- received: what was handed over, less the service's balance. Fees are in neither.
- to book: received, less what was reported there, credited there, or booked already.
- to report: what is owed less here, without what came from the service or was reported; never more
  than what the service asks for beyond what is owed here. What credit notes have lowered is
  reported apart from payments: the service must not book it as money.

All amounts are whole öre.
"""

from dataclasses import dataclass

OERE = 100
# The service closes a case as settled of which less than this is left: one krona.
SMALL_REST = 1 * OERE


def to_oere(kronor: float) -> int:
    """Return an amount in kronor as whole öre: sums of what is not are off by what computers
    round."""
    return round(kronor * OERE)


def to_kronor(oere: int) -> float:
    """Return whole öre as an amount in kronor."""
    return oere / OERE


@dataclass(frozen=True)
class Account:
    """One case's amounts here and there, in öre.

    :param total: the invoice's total
    :param owed: what the customer still owes by Odoo's books
    :param reduction: what of the total the Tax Agency is asked for
    :param entries: by how much bank entries have lowered the balance, each
    :param credited_here: by credit notes that the service does not know
    :param credited_there: by credit notes that were sent to the service
    :param handed_over: what the service was asked to collect
    :param capital: what the service still asks for, without fees
    :param received: by how much the service's balance has fallen
    :param booked: what of it is registered here
    :param reported: what of here was reported there, credits included
    :param reported_credit: what of it was credited, not paid
    """

    total: int = 0
    owed: int = 0
    reduction: int = 0
    entries: tuple[int, ...] = ()
    credited_here: int = 0
    credited_there: int = 0
    handed_over: int = 0
    capital: int = 0
    received: int = 0
    booked: int = 0
    reported: int = 0
    reported_credit: int = 0

    @property
    def sent(self) -> int:
        """What the customer was to pay."""
        return self.total - self.reduction

    def is_reduction(self, amount: int) -> bool:
        """Tell whether `amount` is the tax reduction; the agency pays it in whole kronor.

        The öre are dropped, not rounded (law 2009:194, section 5).
        """
        return amount in (self.reduction, self.reduction - self.reduction % OERE)

    @property
    def has_agency_paid(self) -> bool:
        """Whether one of the invoice's payments is just what the Tax Agency pays."""
        return bool(self.reduction) and any(map(self.is_reduction, self.entries))

    @property
    def most(self) -> int:
        """The most that the customer can still owe by Odoo's books."""
        return min(self.owed, self.sent)

    @property
    def least(self) -> int:
        """The least that the customer can still owe by Odoo's books.

        It differs from the most for house-work invoices only, until the Tax Agency's payment is
        recognised: the open balance does not tell whether the agency or the customer has paid.
        """
        return self.most if self.has_agency_paid else max(self.owed - self.reduction, 0)

    @property
    def to_book(self) -> int:
        """What has come in at the service and is not registered here."""
        known = self.reported + self.credited_there + self.booked
        return max(self.received - known, 0)

    @property
    def to_report(self) -> int:
        """What has been paid or credited here and is not known to the service."""
        known = self.booked + self.reported + self.credited_there
        outside = self.sent - self.least - known
        if self._is_agencys(outside):
            return 0
        return max(min(outside, self.capital - self.least), 0)

    def _is_agencys(self, amount: int) -> bool:
        """Tell whether `amount` is just what the Tax Agency has still to pay."""
        is_awaited = bool(self.reduction) and self.owed > 0 and not self.has_agency_paid
        return is_awaited and self.is_reduction(amount)

    @property
    def to_report_as_credit(self) -> int:
        """What of the amount to be reported was credited here, not paid."""
        return min(max(self.credited_here - self.reported_credit, 0), self.to_report)

    @property
    def difference(self) -> int:
        """What the service asks for, less what is open here: 0 anywhere between least and most."""
        return self.capital - min(max(self.capital, self.least), self.most)

    def get_left_open(self, is_settled: bool) -> int:
        """Return what is missing here, as a negative amount, once the service has closed the case.

        :param is_settled: whether it was closed as paid or credited: then what is open here was
            never registered, or no longer is. The Tax Agency may pay later.
        """
        return -max(self.to_book, self.least if is_settled else 0)

    @property
    def is_booked_otherwise(self) -> bool:
        """Whether what is to be booked is just what somebody has registered in another way."""
        known = self.booked + self.reported + self.credited_there
        outside = self.total - self.owed - known
        return any(outside - of_agency == self.to_book for of_agency in (0, self.reduction))


def get_ledger_capital(ledger: int, capital: int, reported_credit: int) -> int:
    """Return what of the balance of the service's ledger is to be collected, in öre.

    It does not book our credits. Whether its balance falls by them all the same is not documented:
    either is taken for right.

    :param ledger: the invoice's balance as the service's ledger has it
    :param capital: the case's balance
    """
    return ledger if ledger == capital else max(ledger - reported_credit, 0)


@dataclass(frozen=True)
class Reported:
    """What an answer tells of a report: what arrived for certain, or may have."""

    counted: int = 0
    unclear: int = 0


def count_report(asked: int, before: int, now: int | None, is_clear: bool) -> Reported:
    """Count what was reported: clearly answered, or seen in the balance, all of it and no more.

    Without a clear answer the customer may have paid meanwhile. A balance that is as it was tells
    that nothing arrived; what is neither is for a person to tell apart.

    :param asked: what the report said, in öre; what goes beyond the balance pays fees
    :param before: the balance just before the report
    :param now: the balance now, None when the answer has none
    """
    reported = min(asked, before)
    if is_clear or (now is not None and before - now == reported):
        return Reported(counted=reported)
    return Reported(unclear=reported if now is None or now != before else 0)
