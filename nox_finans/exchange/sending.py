"""Sending: the way of one case to the service, step by step."""

from ..api.errors import RefusedError
from .payload import Source, read_case
from .remote_invoice import found, get_invoice
from .status import read_invoice
from .steps import BOOKKEPT, CUSTOMER, HANDED_OVER, INVOICE, SENDING_STEPS, get_steps_left
from .undo import Undo, get_bookkept_credit_words

# What does not keep a case that is open already from being sent on.
SENDING_IGNORES = {"open_case"}


class Sending:
    """Takes a case through the steps that are left, to `accepted`.

    All that is sent is put together and checked before the first call: what cannot be said is not
    begun. What a step sends is read, and its intent committed, before its call; its answer after
    it, together with the next step's intent. So whatever dies in between, the next run knows which
    step to look up.

    :param commit: called without arguments to commit
    :param is_held_back: tells of an invoice whether a criterion keeps it from being sent
    """

    def __init__(self, case, client, commit, is_held_back):
        case.ensure_one()
        self.case = case
        self.client = client
        self._commit = commit
        self._is_held_back = is_held_back
        self._move = Source(case).move

    def run(self):
        """Send the case.

        :raises NoxFinansError: a step failed; the state is left to the caller
        """
        case = self.case
        if not case.step and case.state == "queued":
            case._note_customer()
            check_bodies(case)
        if case.is_undo_due:
            self._begin_anew()
        if case.state == "uncertain":
            self._look_up_and_go_on()
        if case.is_mended:
            self._send_changes()
            case.is_mended = False
            self._commit()
            if case.state == "uncertain":
                # It could not be taken back: it was handed over.
                self._look_up_and_go_on()
        self._take_steps()
        case._note_accepted()

    def note_overtaken(self):
        """Say on the invoice what somebody did to it while it was on its way."""
        move = self._move
        if move.move_type != "out_refund" and move.amount_residual <= 0:
            move.message_post(
                body=self.case.env._(
                    "The invoice was paid while it was on its way to Nox Finans, which has it now. "
                    "The payment is reported there as soon as the case is confirmed."
                )
            )

    def _begin_anew(self):
        Undo(self.case, self.client).begin_anew(self._commit)

    def _take_steps(self):
        case = self.case
        is_noted = case.state == "sending"
        is_first = True
        while steps := get_steps_left(case):
            step = steps[0]
            case = read_case(case)
            # The invoice may have been paid or changed since it was queued; what counts most is
            # the moment before the step that costs money.
            if is_first or step is HANDED_OVER:
                self._check_still_sendable(case.move_id)
            is_first = False
            if take_step := step.prepare(case):
                if not is_noted:
                    case._move("begin")
                    is_noted = True
                self._commit()
                self.client.purpose = step.name
                take_step(self.client, self._commit)
            case.step = step.name

    def _check_still_sendable(self, move):
        """:raises RefusedError: the invoice breaks a criterion; nothing more is sent"""
        if self._is_held_back(move):
            raise RefusedError(" ".join(move._get_nox_finans_rejections(SENDING_IGNORES)))

    # -------------------------------------------------------------------------
    # What was mended since
    # -------------------------------------------------------------------------

    def _send_changes(self):
        """Bring what the service has already got in step with what was mended since.

        What is bookkept there cannot be changed, nor a tax reduction once it is asked for. Where
        the debtor would get another invoice than Odoo says, it is taken back there and begun anew;
        else it is handed over as it stands.
        """
        case = self.case
        self.client.purpose = "mend"
        must_begin_anew = any(step.is_past_mending(case) for step in SENDING_STEPS)
        if must_begin_anew or not self._is_as_we_left_it():
            self._check_may_begin_anew()
            self._begin_anew()
            return
        for step in (CUSTOMER, INVOICE):
            if not step.is_done(case) or (step is INVOICE and BOOKKEPT.is_frozen(case)):
                return
            if take_step := step.prepare(case):
                take_step(self.client, self._commit)

    def _check_may_begin_anew(self):
        """:raises RefusedError: it is a bookkept credit note, which cannot be taken back there"""
        if self.case._is_credit_note() and BOOKKEPT.is_frozen(self.case):
            raise RefusedError(get_bookkept_credit_words(self.case))

    def _is_as_we_left_it(self):
        """Tell whether the service's invoice is there still, neither cancelled nor credited.

        Somebody may have done it there, because the invoice was refused.
        """
        case = self.case
        if not case.remote_number:
            return True
        invoice = found(get_invoice, case, self.client, case.remote_number)
        if invoice is None:
            return False
        if invoice.is_handed_over:
            return True
        is_credited = not case._is_credit_note() and invoice.credit_number
        return not invoice.is_cancelled and not is_credited

    # -------------------------------------------------------------------------
    # What is not known for sure
    # -------------------------------------------------------------------------

    def _look_up_and_go_on(self):
        self._look_up()
        self.case._move("begin", is_doubted=False)
        self._commit()

    def _look_up(self):
        """Find out whether the step that was under way when the answer was lost has been done.

        Where somebody else may have gone on with it, the steps after that one too.
        """
        case = self.case
        self.client.purpose = "look_up"
        if case.is_doubted and self._look_up_whole():
            return
        steps = get_steps_left(case)
        for step in steps if case.is_doubted else steps[:1]:
            if not step.look_up(case, self.client):
                return
            case.step = step.name

    def _look_up_whole(self):
        """Return whether somebody else has handed the invoice over already."""
        case = self.case
        if not case.remote_number:
            invoice = self.client.find_invoice(case.reference)
            if not invoice:
                return False
            INVOICE.note_number(case, read_invoice(invoice))
        if not HANDED_OVER.look_up(case, self.client):
            return False
        INVOICE.note_whole(case)
        case.step = HANDED_OVER.name
        return True


def check_bodies(case):
    """Put together all that is sent of a case's invoice, and send nothing.

    :raises RefusedError: something of it cannot be said in the interface's words; says what
    """
    case = read_case(case)
    for step in SENDING_STEPS:
        if step.is_needed(case):
            step.check(case)
