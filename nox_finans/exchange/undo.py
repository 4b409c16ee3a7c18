"""Taking back what was begun at the service and is given up, so that no orphan stays there.

What is not bookkept is cancelled, what is bookkept is credited. `is_undo_due` is the committed
intent; each step is looked up before it is taken, so that a repetition does nothing twice, and
nothing is done to an invoice that is not ours. Until it is done the invoice is not sent again.
"""

from ..api.errors import NoxFinansError, RefusedError
from ..core.backoff import MAX_TRIES
from .remote_invoice import (
    check_is_ours,
    check_said,
    find_credit,
    found,
    get_credit_number,
    get_invoice,
)
from .status import read_invoice


class Undo:
    """Takes back what the service has got of one case."""

    def __init__(self, case, client):
        self.case = case
        self.client = client

    def run(self):
        """Take back what the service has got of a case that is refused or given up.

        :raises NoxFinansError: no clear answer; it is tried again
        """
        case = self.case
        try:
            is_undone = self._take_back()
        except RefusedError as error:
            case._ask_to_undo(str(error))
            case.is_undo_due = False
        except NoxFinansError as error:
            if case.try_count + 1 == MAX_TRIES:
                case._ask_to_undo(str(error))
            raise
        else:
            if is_undone:
                case._forget_remote()
            else:
                case._follow_again()

    def begin_anew(self, commit):
        """Take back what the service has got, and let the case begin from the start.

        :raises NoxFinansError: it could not be taken back
        """
        case = self.case
        if not case.is_undo_due:
            case.is_undo_due = True
            commit()
        number = case.remote_number
        if self._take_back():
            case._begin_anew()
        else:
            # It was handed over: that is looked up, and nothing is sent again.
            case._move("be_taken", is_undo_due=False, is_doubted=True)
            number = False
        if number:
            case.move_id.message_post(
                body=case.env._(
                    "Invoice %s was taken back at Fortnox, since it cannot be changed there any "
                    "more. A new one is made.",
                    number,
                )
            )
        commit()

    def _take_back(self):
        """Cancel or credit the invoice at the service; return whether none is left there.

        :return: False when Nox Finans has it: then nothing was done
        :raises UncertainError: the answer does not tell enough
        :raises RefusedError: it is not ours, or cannot be taken back
        """
        self.client.purpose = "undo"
        invoice = self._find_there()
        if not invoice:
            return True
        if invoice.is_handed_over:
            return False
        if invoice.is_cancelled:
            return True
        if not invoice.is_booked:
            self.client.cancel_invoice(self.case.remote_number)
        elif self.case._is_credit_note():
            raise RefusedError(get_bookkept_credit_words(self.case))
        else:
            self._credit_whole(invoice)
        return True

    def _find_there(self):
        """Return the case's invoice as the service has it, or None when there is none.

        :raises RefusedError: the invoice under its number is not ours
        """
        case = self.case
        if not case.remote_number:
            number = self._find_number()
            if not number:
                return None
            case.remote_number = number
        invoice = found(get_invoice, case, self.client, case.remote_number)
        # A credit note has our reference only once it was changed.
        if invoice and (invoice.reference or not case.is_credit_begun):
            check_is_ours(case, invoice)
        return invoice

    def _find_number(self):
        if row := self.client.find_invoice(self.case.reference):
            return read_invoice(row).number
        credit = self.case.is_credit_begun and find_credit(self.case, self.client)
        return credit and credit.number

    def _credit_whole(self, invoice):
        """Let the service make a credit note of the whole invoice, and bookkeep it.

        :raises RefusedError: somebody has credited a part of it there
        """
        case, client = self.case, self.client
        number = get_credit_number(case, client)
        if not number:
            client.credit_invoice(case.remote_number)
            number = get_credit_number(case, client)
        credit = get_invoice(case, client, check_said(case, number, "CreditInvoiceReference"))
        totals = [check_said(case, it.total, "Total") for it in (invoice, credit)]
        if not case._is_same(*map(abs, totals)):
            raise RefusedError(
                case.env._("Credit note %s at Fortnox credits a part of it only.", number)
            )
        if not credit.is_booked:
            client.bookkeep_invoice(number)


def get_bookkept_credit_words(case):
    """Return why a bookkept credit note is left as it is."""
    return case.env._(
        "The credit note has been bookkept at Fortnox (number %s) and can neither be changed "
        "nor taken back there. Change it back here, or settle it at Fortnox.",
        case.remote_number,
    )
