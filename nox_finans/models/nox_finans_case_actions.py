from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError

from ..core.words import OPEN_STATES
from ..exchange.actions import CHOICES, DEPENDS, SERVICE_ACTIONS
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUP_SEND, gate


class NoxFinansCase(models.Model):
    """What a person may do with a case, and what is asked of the service."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    request_ids = fields.One2many(
        comodel_name="nox.finans.request", inverse_name="case_id", string="Requests"
    )
    request_id = fields.Many2one(
        comodel_name="nox.finans.request",
        string="Open Request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What has been asked of the service and is not done yet.",
    )
    requested_action = fields.Selection(related="request_id.action")
    requested_by = fields.Many2one(related="request_id.user_id")
    pause_id = fields.Many2one(
        comodel_name="nox.finans.request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="By which request it is paused, whatever else is asked for meanwhile.",
    )
    paused_until = fields.Date(related="pause_id.until")
    stop_id = fields.Many2one(
        comodel_name="nox.finans.request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The request to stop it that the service has not confirmed yet.",
    )
    allowed_actions = fields.Json(compute="_compute_allowed_actions")

    # -------------------------------------------------------------------------
    # What a user may do
    # -------------------------------------------------------------------------

    @api.depends(*DEPENDS)
    @api.depends_context("uid")
    def _compute_allowed_actions(self):
        for case in self:
            case.allowed_actions = sorted(case._get_allowed_actions())

    def _get_allowed_actions(self):
        """Return the names of what the current user may do with the case now."""
        self.ensure_one()
        user = self.env.user
        return {
            choice.name
            for choice in CHOICES
            if user.has_group(choice.group) and choice.is_allowed(self)
        }

    def _is_of_sandbox_only(self):
        """Tell whether the case was tried out in the sandbox, and the company has left it since."""
        is_open = self.state in OPEN_STATES
        return is_open and self.environment == "sandbox" and self._is_elsewhere()

    def _check_allowed(self, action):
        """:raises AccessError: the case is not the user's to see, or the user may not send
        :raises UserError: the case is not in a state for `action`"""
        self.check_access("read")
        if not self.env.user.has_group(GROUP_SEND):
            raise AccessError(self.env._("Only those who invoice may steer Nox Finans cases."))
        for case in self:
            if action not in case._get_allowed_actions():
                raise UserError(case._get_refusal())

    def _get_refusal(self):
        """Return in words that what was asked for cannot be done, and where the case stands."""
        return self.env._(
            "This cannot be done now with %(case)s: %(status)s",
            case=self.display_name,
            status=self.status_message,
        )

    @gate("read", GROUP_SEND)
    def action_send_again(self) -> dict:
        self._check_allowed("send_again")
        return self.move_id.action_nox_finans_open_send()

    @gate("read", GROUP_SEND)
    def action_try_now(self) -> None:
        self._hold("try_now")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo().write({"next_try": False, "is_stuck": False, "is_tried_now": True})
        self.env["nox.finans.connector"]._trigger_exchange()

    @gate("read", GROUP_SEND)
    def action_withdraw(self) -> dict:
        """Take a case back of which nothing has reached the service, or only the sandbox."""
        # A run that is just taking the case holds its row.
        self._hold("withdraw")
        moves = self.move_id
        for case in self:
            case.move_id.message_post(
                body=self.env._("Taken back from the sandbox, where it was tried out.")
                if case._is_of_sandbox_only()
                else self.env._("Taken out of the queue to Nox Finans.")
            )
        # Full rights: nobody deletes cases but the system; the gate above has let the user through.
        self.sudo().unlink()
        if len(moves) == 1:
            return moves._get_records_action()
        return {"type": "ir.actions.act_window_close"}

    @gate("read", GROUP_SEND)
    def action_request(self) -> dict:
        """Open the dialog that says what the action named in the context does.

        :raises UserError: the context names none, or the only case is not in a state for it
        """
        action = self.env.context.get("nox_finans_action")
        # Not looked up in a dict: whatever a caller has put there.
        if action not in list(SERVICE_ACTIONS):
            raise UserError(self.env._("There is no such action: %s", action))
        if len(self) == 1:
            self._check_allowed(action)
        wizard = self.env["nox.finans.action"].create(
            {"case_ids": [(6, 0, self.ids)], "action": action}
        )
        return {
            **wizard._get_records_action(name=dict(wizard._get_action_labels())[action]),
            "target": "new",
        }

    def _hold(self, action):
        """Keep others from the cases until the end, and see what they are now.

        :raises LockError: the connector is at one of them right now
        :raises UserError, AccessError: `action` is not allowed now
        """
        try:
            self.lock_for_update()
        except LockError as error:
            raise LockError(
                self.env._(
                    "Somebody else, or the exchange with Nox Finans, is at it right now. Look at "
                    "it again in a moment."
                )
            ) from error
        self.invalidate_recordset()
        self._check_allowed(action)

    # -------------------------------------------------------------------------
    # What is asked of the service
    # -------------------------------------------------------------------------

    def _request(self, action, **values):
        """Let the connector carry out `action` for the current user.

        :param values: those of the request: `until`, `amount`, `takes_fees`; `mail_subject` and
            `mail_body` that the customer gets once the case is stopped
        :raises LockError: the connector is at the case right now
        :raises UserError, AccessError: it is not allowed now
        """
        self._hold(action)
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        case = self.sudo()
        values |= SERVICE_ACTIONS[action].complete(case)
        request = case._open_request(action, user_id=self.env.uid, **values)
        case.write({"next_try": False, "request_count": case.request_count + 1})
        # Whether it is done, the answer tells.
        text = SERVICE_ACTIONS[action].describe(request)
        case._note_event("request", text, request.amount, user=self.env.user)
        SERVICE_ACTIONS[action].note_asked(case)
        self.env["nox.finans.connector"]._trigger_exchange()

    def _open_request(self, action, **values):
        """Keep what is to be asked of the service next; return the request."""
        values |= {"case_id": self.id, "action": action}
        request = self.env["nox.finans.request"].create([values])
        self.request_id = request
        if remembered_as := SERVICE_ACTIONS[action].remembered_as:
            self[remembered_as] = request
        return request

    def _get_sent_request(self):
        """Return the request that is on its way, or whose answer is just taken over; or none."""
        return self.request_id.filtered(lambda request: request.state == "sent")

    def _end_stop(self):
        """Forget the stop; a customer whose case is stopped is told how to pay what is left."""
        if self.close_reason == "stopped" and self.stop_id.mail_body:
            self._write_to_customer()
        self.stop_id = False
        written = self.request_ids.filtered(
            lambda request: request.mail_subject or request.mail_body
        )
        written.write({"mail_subject": False, "mail_body": False})

    def _write_to_customer(self):
        stop = self.stop_id
        self.move_id.message_post(
            subject=stop.mail_subject,
            body=stop.mail_body,
            author_id=stop.user_id.partner_id.id,
            email_from=stop.user_id.email_formatted,
            partner_ids=self.partner_id.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
