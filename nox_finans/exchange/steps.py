"""The steps on the way of an invoice to Nox Finans: what each sends, and how it is looked up.

A new step is a class here, its place in :data:`SENDING_STEPS` and its word in `core.words.STEPS`.
"""

from ..api import payloads
from ..api.errors import AccessDeniedError, NotFoundError, RefusedError, UncertainError
from ..core.words import STEP_ORDER
from .payload import Source, digest
from .payload_house_work import get_asked_reduction
from .remote_card import RemoteCard
from .remote_invoice import check_said, found, make_credit
from .status import read_invoice


class Step:
    """One step on the way: what it sends is read by `prepare`, before its intent is committed.

    Each says itself how it is taken and looked up: there is no way that holds for all.
    """

    # Its word in `core.words.STEPS`.
    name: str

    def is_needed(self, case):
        """Tell whether the case's invoice needs the step."""
        return True

    def is_done(self, case):
        """Tell whether the case has come as far as this step, or further."""
        return STEP_ORDER[case.step] >= STEP_ORDER[self.name]

    def check(self, case):
        """Put together what can be put together before the first call.

        :raises RefusedError: something of it cannot be said in the interface's words; says what
        """

    def prepare(self, case):
        """Return the function that takes the step, or None when it needs no call.

        It is called with the client, and with a function that commits. What is sent is read now.

        :raises RefusedError: something of it cannot be said in the interface's words
        """
        raise NotImplementedError

    def look_up(self, case, client):
        """Ask the service whether the step has been done.

        :raises UncertainError: the answer does not say
        """
        raise NotImplementedError

    def is_past_mending(self, case):
        """Tell whether what was mended since can no longer be changed, because of this step."""
        return False


class Customer(Step):
    """The customer's card, which is brought in step with the contact."""

    name = "customer"

    def check(self, case):
        case._prepare_customer()

    def prepare(self, case):
        values = case._prepare_customer()
        if case._get_card()._is_current(values):
            case._note_snapshot("customer", values)
            return None
        return lambda client, _commit: self.send(case, client, values)

    def look_up(self, case, client):
        values = case._prepare_customer()
        if not RemoteCard(case._get_card(), client, values).look_up():
            return False
        case._note_snapshot("customer", values)
        return True

    def bring_in_step(self, case, client):
        """Send the card once more, if it is another there by now."""
        values = case._prepare_customer()
        if not case._get_card()._is_current(values):
            self.send(case, client, values)

    def send(self, case, client, values):
        """Bring the card in step with the values, which the service has got then."""
        RemoteCard(case._get_card(), client, values).tell()
        case._note_snapshot("customer", values)


class Invoice(Step):
    """The invoice itself, not bookkept yet; a credit note is made there of its original."""

    name = "invoice"
    # Recorded: there is no such customer.
    CUSTOMER_NOT_FOUND_CODE = 2000433
    # How far, in SEK, the service's way to round VAT may lie from ours: an öre for each row, and
    # the whole krona that some invoices are rounded to. More is a mistake, not a rounding.
    ROUNDING_PER_ROW = 0.01
    LARGEST_ROUNDING = 1.0

    def check(self, case):
        case._prepare_invoice()
        case._check_credited()

    def prepare(self, case):
        case._check_credited()
        values = self.prepare_whole(case)
        if case.remote_number and not self.is_another(case, values):
            return None

        def tell(client, commit):
            # Another invoice of the customer may have changed the card since, and with it how the
            # service reckons this one's VAT.
            CUSTOMER.bring_in_step(case, client)
            if not case.remote_number and case._is_credit_note():
                self.note_number(case, make_credit(case, client, commit))
            if case.remote_number:
                answer = client.update_invoice(case.remote_number, values)
            else:
                answer = self._create(case, client, values)
            self._meet_total(case, client, read_invoice(answer), values)
            case._note_snapshot("invoice", values)

        return tell

    def prepare_whole(self, case):
        """Return the invoice's body with whose it is; a credit note is its original's."""
        values = case._prepare_invoice()
        if case._is_credit_note():
            return values
        return values | {"CustomerNumber": case._get_card().number}

    def look_up(self, case, client):
        invoice = client.find_invoice(case.reference)
        if not invoice:
            return False
        self.note_number(case, read_invoice(invoice))
        if case.is_doubted and BOOKKEPT.look_up(case, client):
            # Too late to mend it.
            self.note_whole(case)
            return True
        # Made from the invoice as it was then: the step itself compares and mends.
        return False

    def note_whole(self, case):
        """Keep the invoice as it is now as what the service has got."""
        case._note_snapshot("invoice", self.prepare_whole(case))

    def is_another(self, case, values):
        """Tell whether the invoice's body is another now than what the service has got."""
        return digest(values) != digest(case._get_sent("invoice"))

    def _create(self, case, client, values):
        """Create the invoice; a card that was deleted meanwhile is made anew, once."""
        try:
            return client.create_invoice(values | {"CustomerNumber": case.card_id.number})
        except RefusedError as error:
            case.card_id.sent = False
            if error.code != self.CUSTOMER_NOT_FOUND_CODE:
                case.step = False
                raise
        CUSTOMER.bring_in_step(case, client)
        return client.create_invoice(values | {"CustomerNumber": case.card_id.number})

    def _meet_total(self, case, client, invoice, values):
        """Keep the number that the service gave the invoice, and meet the total to the öre.

        How the service rounds VAT is not documented. Nothing is bookkept yet: what it comes to
        otherwise than by our own sum is made up for once, in the rounding row.

        :param values: what it was told
        :raises UncertainError: the answer holds no number
        :raises RefusedError: the service comes to another total
        """
        ours = Source(case).move.amount_total
        theirs = self.note_number(case, invoice)
        if case._is_same(theirs, ours):
            return
        rows = len(values["InvoiceRows"])
        if abs(theirs - ours) <= self.LARGEST_ROUNDING + self.ROUNDING_PER_ROW * rows:
            sign = -1 if case._is_credit_note() else 1
            mended = payloads.add_to_rounding(values, sign * round(ours - theirs, 2))
            answer = client.update_invoice(case.remote_number, mended)
            theirs = self.note_number(case, read_invoice(answer))
        if not case._is_same(theirs, ours):
            # Sent again, it is begun anew.
            case.is_undo_due = True
            raise RefusedError(
                case.env._(
                    "Fortnox comes to the total %(theirs).2f, the invoice says %(ours).2f, and "
                    "they must be the same to the öre. Look at the invoice's rows and taxes, and "
                    "whether Fortnox rounds invoices to whole kronor.",
                    theirs=theirs,
                    ours=ours,
                )
            )

    def note_number(self, case, invoice):
        """Keep the number that the service gave the invoice; return its total, or else ours.

        :raises UncertainError: the answer holds no number
        """
        if not invoice.number:
            raise UncertainError(case.env._("The answer holds no invoice number."))
        case.remote_number = invoice.number
        case.accounting_method = invoice.accounting_method or case.accounting_method
        move = Source(case).move
        due = move.amount_total if invoice.total is None else abs(invoice.total)
        case.handed_over_amount = due - get_asked_reduction(move)
        return due


class TaxReduction(Step):
    """The application for the customer's tax reduction, which takes its part off the invoice."""

    name = "tax_reduction"
    # Documented: the personal number is used already on this document.
    NUMBER_USED_CODE = 2000600

    def is_needed(self, case):
        return bool(Source(case).move.nox_finans_tax_reduction)

    def check(self, case):
        case._prepare_tax_reduction()

    def prepare(self, case):
        values = case._prepare_tax_reduction()

        def tell(client, _commit):
            try:
                client.create_tax_reduction(values)
            except RefusedError as error:
                if error.code != self.NUMBER_USED_CODE:
                    raise
            case._note_snapshot("tax_reduction", self._describe(case))

        return tell

    def look_up(self, case, client):
        invoice = read_invoice(client.get_invoice(case.remote_number))
        if None in (invoice.total, invoice.balance):
            raise UncertainError(case.env._("The answer holds no total or no balance."))
        if invoice.total - invoice.balance < get_asked_reduction(Source(case).move):
            return False
        case._note_snapshot("tax_reduction", self._describe(case))
        return True

    def is_past_mending(self, case):
        return self.is_done(case) and self._describe(case) != case._get_sent("tax_reduction")

    def _describe(self, case):
        """Return what the application says, apart from the invoice that it is for."""
        if not self.is_needed(case):
            return {}
        values = case._prepare_tax_reduction()
        return {name: value for name, value in values.items() if name != "ReferenceNumber"}


class Bookkept(Step):
    """The invoice in the service's ledger: from then on nothing of it can be changed there."""

    name = "bookkept"
    # Recorded: a company that keeps its books by cash bookkeeps an invoice when it is paid.
    CASH_ACCOUNTING = "CASH"

    def is_needed(self, case):
        # Else bookkept there when it is paid. The hand-over does not ask for it.
        return case.accounting_method != self.CASH_ACCOUNTING

    def prepare(self, case):
        number = case.remote_number

        def tell(client, _commit):
            try:
                client.bookkeep_invoice(number)
            except RefusedError:
                # Perhaps because it is bookkept when it is paid, which no answer has said before.
                invoice = read_invoice(client.get_invoice(number))
                if invoice.accounting_method != self.CASH_ACCOUNTING:
                    raise
                case.accounting_method = self.CASH_ACCOUNTING

        return tell

    def look_up(self, case, client):
        invoice = read_invoice(client.get_invoice(case.remote_number))
        return check_said(case, invoice.is_booked, "Booked")

    def is_frozen(self, case):
        """Tell whether the service's invoice is bookkept: nothing of it can be changed then."""
        return bool(case.remote_number) and self.is_needed(case) and self.is_done(case)

    def is_past_mending(self, case):
        return self.is_frozen(case) and INVOICE.is_another(case, INVOICE.prepare_whole(case))


class Sent(Step):
    """The mark that the customer has the invoice already."""

    name = "sent"

    def is_needed(self, case):
        # Only the reminder service asks that the invoice was sent before.
        return case.service == "reminder"

    def prepare(self, case):
        number = case.remote_number
        return lambda client, _commit: client.mark_invoice_as_sent(number)

    def look_up(self, case, client):
        invoice = read_invoice(client.get_invoice(case.remote_number))
        return check_said(case, invoice.is_sent, "Sent")


class HandedOver(Step):
    """The hand-over to Nox Finans, which costs money."""

    name = "handed_over"

    def prepare(self, case):
        number = case.remote_number
        how = payloads.SEND_METHOD[case.channel], payloads.SERVICE[case.service]

        def tell(client, _commit):
            try:
                answer = client.hand_over(number, *how)
            except AccessDeniedError:
                raise
            except RefusedError:
                # Perhaps because it has the invoice already, and a look-up was too early to see it.
                answer = found(client.get_case, number)
                if answer is None:
                    raise
            case._note_status(answer)

        return tell

    def look_up(self, case, client):
        try:
            answer = client.get_case(case.remote_number)
        except RefusedError as error:
            # What the service answers for an invoice that it has not got is not documented, and
            # neither how soon after the hand-over it knows it here: the invoice itself tells too.
            invoice = read_invoice(found(client.get_invoice, case.remote_number))
            if invoice.is_handed_over:
                return True
            if isinstance(error, NotFoundError) or invoice.is_handed_over is False:
                return False
            raise UncertainError(str(error)) from error
        case._note_status(answer)
        return True


CUSTOMER, INVOICE, BOOKKEPT, HANDED_OVER = Customer(), Invoice(), Bookkept(), HandedOver()
# The way on the wire, in order.
SENDING_STEPS = (CUSTOMER, INVOICE, TaxReduction(), BOOKKEPT, Sent(), HANDED_OVER)


def get_steps_left(case):
    """Return the steps that are not done yet and that the case's invoice needs, in order."""
    return [step for step in SENDING_STEPS if not step.is_done(case) and step.is_needed(case)]
