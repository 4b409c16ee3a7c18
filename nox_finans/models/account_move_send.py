from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..core.words import NOT_DELIVERED
from ..criteria import WARNING

METHOD = "nox_finans"
# What stays with the user: a document to print or to keep.
NOT_DELIVERING = {"manual"}


class AccountMoveSend(models.AbstractModel):
    """Nox Finans as a method of Odoo's own Send, and Send while Nox Finans has the invoice."""

    _inherit = "account.move.send"

    # -------------------------------------------------------------------------
    # Who may go this way
    # -------------------------------------------------------------------------

    @api.model
    def _is_applicable_to_company(self, method, company):
        if method == METHOD:
            # Full rights: whether there is a connection is for all to know who send.
            return not company.sudo()._get_nox_finans_connector()._get_obstacle()
        return super()._is_applicable_to_company(method, company)

    @api.model
    def _is_applicable_to_move(self, method, move, **move_data):
        if method not in NOT_DELIVERING and move._filter_nox_finans_delivers():
            return False
        if method == METHOD:
            return not move.nox_finans_blocking_reasons
        return super()._is_applicable_to_move(method, move, **move_data)

    # -------------------------------------------------------------------------
    # Alerts
    # -------------------------------------------------------------------------

    @api.model
    def _get_alerts(self, moves, moves_data):
        alerts = super()._get_alerts(moves, moves_data)
        is_batch = len(moves) > 1
        delivering = moves.filtered(
            lambda move: set(moves_data[move]["sending_methods"]) - NOT_DELIVERING
        )
        delivered = delivering._filter_nox_finans_delivers()
        if delivered:
            alerts["nox_finans_delivers"] = {
                "level": "warning" if is_batch else "danger",
                "message": delivered._get_nox_finans_delivers_message(),
                **self._get_nox_finans_alert_action(delivered),
            }
        others = moves - delivered
        alerts |= self._get_nox_finans_leaves_alert(delivering - delivered, moves_data)
        chosen = others.filtered(lambda move: METHOD in moves_data[move]["sending_methods"])
        # A customer's own method is not ticked for what cannot go this way: it is told why.
        preferred = others.filtered(
            lambda move: (
                METHOD in self._get_default_sending_methods(move)
                and move.nox_finans_blocking_reasons
            )
        )
        alerts |= self._get_nox_finans_blocked_alert(chosen | preferred, chosen, is_batch)
        sent = chosen.filtered(lambda move: not move.nox_finans_blocking_reasons)
        return alerts | self._get_nox_finans_sending_alerts(sent, moves_data)

    def _get_nox_finans_alert_action(self, moves):
        return {
            "action_text": self.env._("View Invoice(s)"),
            "action": moves._get_records_action(name=self.env._("Invoices for Nox Finans")),
        }

    def _get_nox_finans_leaves_alert(self, moves, moves_data):
        """Tell what to do with what Nox Finans gets, or has, and does not deliver."""
        leaves = moves._filter_nox_finans_leaves() + moves.filtered(
            lambda move: (
                METHOD in moves_data[move]["sending_methods"]
                and move.nox_finans_service == "invoice"
                and move.nox_finans_used_channel == NOT_DELIVERED
                and not move.nox_finans_blocking_reasons
            )
        )
        if not leaves:
            return {}
        return {
            "nox_finans_leaves": {
                "level": "warning",
                "message": leaves._get_nox_finans_leaves_message(),
                **self._get_nox_finans_alert_action(leaves),
            }
        }

    def _get_nox_finans_blocked_alert(self, moves, chosen, is_batch):
        reasons = {
            move: move.nox_finans_blocking_reasons
            for move in moves
            if move.nox_finans_blocking_reasons
        }
        if not reasons:
            return {}
        blocked = moves.browse(move.id for move in reasons)
        return {
            "nox_finans_blocked": {
                # Danger keeps all from going: in a batch the others go.
                "level": "danger" if chosen & blocked and not is_batch else "warning",
                "message": self.env._("Cannot be sent via Nox Finans:")
                + "\n"
                + moves._list_nox_finans_reasons(reasons),
                **self._get_nox_finans_alert_action(blocked),
            }
        }

    def _get_nox_finans_sending_alerts(self, moves, moves_data):
        """Return what is good to know of invoices that can go."""
        alerts = {}
        if warned := moves.filtered(lambda move: move.nox_finans_status == WARNING):
            reasons = {move: move.nox_finans_reasons.replace("\n", " ") for move in warned}
            alerts["nox_finans_warning"] = {
                "level": "warning",
                "message": self.env._("Can be sent via Nox Finans, but have a look first:")
                + "\n"
                + moves._list_nox_finans_reasons(reasons),
                **self._get_nox_finans_alert_action(warned),
            }
        if twice := moves.filtered(
            lambda move: (
                move.nox_finans_service == "invoice"
                and move.nox_finans_used_channel != NOT_DELIVERED
                and set(moves_data[move]["sending_methods"]) - NOT_DELIVERING - {METHOD}
            )
        ):
            alerts["nox_finans_twice"] = {
                "level": "warning",
                "message": self.env._(
                    "Nox Finans delivers the invoice as well: the customer gets it twice, "
                    "with two OCR numbers."
                ),
                **self._get_nox_finans_alert_action(twice),
            }
        # Full rights: where one sends to is for all to see who send.
        connectors = moves.company_id.sudo().nox_finans_connector_ids
        if connectors:
            alerts["nox_finans_environment"] = {
                "level": "info",
                "message": self.env._("Nox Finans: %s", connectors._get_environment_label()),
            }
        return alerts

    # -------------------------------------------------------------------------
    # Sending
    # -------------------------------------------------------------------------

    @api.model
    def _generate_and_send_invoices(
        self,
        moves,
        from_cron=False,
        allow_raising=True,
        allow_fallback_pdf=False,
        **custom_settings,
    ):
        """Leave out what Nox Finans delivers: the one gate for dialogs, cron and other code.

        What goes by Nox Finans alone needs none of Odoo's documents and is queued at once.

        :raises UserError: it was a single invoice, and somebody is there to be told
        """
        methods = {
            move: set(
                custom_settings.get("sending_methods", self._get_default_sending_methods(move))
                or ()
            )
            for move in moves
        }
        delivered = moves._filter_nox_finans_delivers().filtered(
            lambda move: methods[move] - NOT_DELIVERING
        )
        if delivered and len(moves) == 1 and allow_raising and not from_cron:
            raise UserError(delivered._get_nox_finans_delivers_message())
        self._tell_left_out(delivered)
        moves -= delivered
        alone = moves.filtered(
            lambda move: (
                methods[move] == {METHOD}
                and not custom_settings.get("extra_edis", self._get_default_extra_edis(move))
            )
        )
        self._send_by_nox_finans_alone(alone, from_cron, custom_settings)
        moves -= alone
        if not moves:
            return self.env["ir.attachment"]
        return super()._generate_and_send_invoices(
            moves,
            from_cron=from_cron,
            allow_raising=allow_raising,
            allow_fallback_pdf=allow_fallback_pdf,
            **custom_settings,
        )

    def _send_by_nox_finans_alone(self, moves, from_cron, custom_settings):
        self._check_sending_data(moves, **custom_settings)
        # Signed, see account_move_sender.
        authors = {
            move: custom_settings.get("author_user_id")
            or (from_cron and move.sending_data.get("author_user_id"))
            or self.env.uid
            for move in moves
        }
        moves.filtered("sending_data").sending_data = False
        self._queue_for_nox_finans(authors)

    def _tell_left_out(self, moves):
        """Say on each invoice, and to who has sent it in the background, that it was left out."""
        by_author = {}
        for move in moves:
            move.message_post(
                body=self.env._("Not sent: %s", move._get_nox_finans_delivers_message())
            )
            if move.sending_data:
                author = move.sending_data.get("author_partner_id")
                by_author.setdefault(author, []).append(move.id)
                move.sending_data = False
        self._send_notifications_to_partners(by_author, is_success=False)

    @api.model
    def _hook_if_success(self, moves_data, from_cron=False):
        # The other methods go first: once Nox Finans has the invoice, nothing else may.
        result = super()._hook_if_success(moves_data, from_cron)
        for move, move_data in moves_data.items():
            # Whoever has sent it is given what was sent: once Nox Finans has the invoice, it is no
            # longer the invoice's document.
            made = self._get_invoice_extra_attachments(move)
            move_data.setdefault("proforma_pdf_attachment", made)
        self._queue_for_nox_finans(
            {
                move: move_data.get("author_user_id") or self.env.uid
                for move, move_data in moves_data.items()
                if METHOD in move_data["sending_methods"]
            }
        )
        return result

    def _queue_for_nox_finans(self, authors):
        """Put invoices into the queue, each as the user who sends it.

        :param authors: a dict from each invoice to the id of its user
        """
        chosen = {}
        for move, author in authors.items():
            # One company without a connection does not hold up the others.
            key = (author, move.company_id)
            chosen[key] = chosen.get(key, move.browse()) + move
        for (author, _company), moves in chosen.items():
            # Who was deleted meanwhile cannot be told anything.
            self._queue_as(moves, self.env["res.users"].browse(author).exists() or self.env.user)

    def _queue_as(self, moves, user):
        """Put the invoices into the queue as `user`; tell what came of it, also what did not go."""
        moves = moves.with_user(user).with_context(
            allowed_company_ids=moves.company_id.ids, lang=user.lang
        )
        try:
            cases, left_out = moves._nox_finans_queue()
        except (AccessError, UserError) as error:
            cases, left_out = (), dict.fromkeys(moves, str(error))
        for move, reason in left_out.items():
            # Full rights: what is told on the invoice may be that the user has none to it.
            move.sudo().message_post(body=move.env._("Not sent via Nox Finans: %s", reason))
        user._bus_send(
            "simple_notification",
            {
                "type": "warning" if left_out else "success",
                "title": "Nox Finans",
                "message": moves._describe_nox_finans_sending(len(cases), left_out),
                "sticky": bool(left_out),
            },
        )
