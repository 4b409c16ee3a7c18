import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api import answers, documents
from ..api.errors import NoxFinansError
from ..core.backoff import get_pause
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

_logger = logging.getLogger(__name__)

CRON = "ir_cron_fetch_documents"
MAIL_TEMPLATE = "nox_finans.mail_template_document"
# Seconds until the next try: doubled each time, up to the last. After so many tries, within a week,
# it is given up.
FIRST_PAUSE, LONGEST_PAUSE = 5 * 60, 24 * 3600
MAX_DOCUMENT_TRIES = 15


class NoxFinansCase(models.Model):
    """The document that the service has made of the invoice: fetched once and kept with it.

    By a scheduled action of its own, with a connection of its own and outside of the budget of
    calls: whatever goes wrong here, the status is followed all the same.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    document_id = fields.Many2one(
        comodel_name="ir.attachment", string="Kept Document", readonly=True, ondelete="set null"
    )
    document_source = fields.Char(
        readonly=True, help="The address that the document was fetched from, or given up at."
    )
    is_document_due = fields.Boolean(readonly=True)
    document_try = fields.Datetime(readonly=True, help="Not fetched before this.")
    document_try_count = fields.Integer(readonly=True, aggregator=None)

    _document_due_idx = models.Index("(id) WHERE is_document_due IS TRUE")

    def _want_document(self):
        """Let the document be fetched that the service has told of, unless it was."""
        is_known = not self.document_url or self.document_url == self.document_source
        if is_known or self.is_document_due:
            return
        self.write({"is_document_due": True, "document_try": False, "document_try_count": 0})
        self.env["nox.finans.connector"]._trigger_cron(CRON)

    @api.model
    def _cron_fetch_documents(self):
        """Fetch the documents that are due, each in a transaction of its own."""
        due = self._get_due_documents()
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for case in due:
            try:
                case._fetch_document()
            except Exception:
                # The others go on; this one is due still, and the action comes back every hour.
                self.env.cr.rollback()
                _logger.exception("Document of Nox Finans case %s", case.id)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _get_due_documents(self):
        now = fields.Datetime.now()
        is_due = ["|", ("document_try", "=", False), ("document_try", "<=", now)]
        cases = self.search([("is_document_due", "=", True), *is_due], order="document_try, id")
        # What another environment has is not to be had in this one.
        return cases.filtered(lambda case: not case._is_elsewhere())

    def _fetch_document(self):
        """Fetch the document and keep it, or plan the next try."""
        address = answers.link(self.document_url)
        connector = self.company_id._get_nox_finans_connector()
        service_url = connector.base_url
        # Nothing is held and no snapshot is kept while somebody else's machine takes its time.
        self.env["ir.cron"]._commit_progress()
        problem, content = "", None
        try:
            content = documents.fetch(address, service_url)
        except NoxFinansError as error:
            problem = str(error)
        # Who has the case just now goes first; it stays due.
        if not self.try_lock_for_update(allow_referencing=True):
            return
        self.invalidate_recordset()
        if content is None:
            self._postpone_document(address, problem)
        else:
            self._keep_document(address, content)

    def _keep_document(self, address, content):
        self.write({"document_source": address, "is_document_due": address != self.document_url})
        document = self.env["ir.attachment"].create(
            {
                "name": self._get_document_name(),
                "raw": content,
                "mimetype": "application/pdf",
                "res_model": self.move_id._name,
                "res_id": self.move_id.id,
            }
        )
        if document.checksum == self.document_id.checksum:
            document.unlink()
            return
        self.document_id = document

    def _get_document_name(self):
        number = (self.move_id.name or self.remote_number).replace("/", "_")
        return f"Nox Finans {number}.pdf"

    def _postpone_document(self, address, problem):
        tries = self.document_try_count + 1
        _logger.info("Nox Finans case %s, document, try %s: %s", self.id, tries, problem)
        self.document_try_count = tries
        if tries < MAX_DOCUMENT_TRIES:
            pause = get_pause(tries - 1, FIRST_PAUSE, LONGEST_PAUSE)
            self.document_try = fields.Datetime.now() + pause
            self.env["nox.finans.connector"]._trigger_cron(CRON, self.document_try)
            return
        self.write({"is_document_due": False, "document_source": address})
        case = self.with_context(lang=self._get_responsible().lang)
        case.move_id.message_post(
            body=case.env._(
                "The document from Nox Finans could not be fetched and is not kept here. It is "
                "found at %s",
                address,
            )
        )

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    @gate("read", GROUPS, on="one")
    def action_open_document(self) -> dict:
        """Open our copy, which is there also when the service's address is no more."""
        if not self.document_id:
            return super().action_open_document()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.document_id.id}",
            "target": "new",
        }

    @gate("read", GROUP_SEND, on="one")
    def action_send_document(self) -> dict:
        """Open Odoo's composer with a copy for the customer: it is Nox Finans's own document.

        :raises UserError: there is no document
        """
        if not self.document_id:
            raise UserError(
                self.env._("The document from Nox Finans is not here yet. Try again later.")
            )
        template = self.env.ref(MAIL_TEMPLATE, raise_if_not_found=False)
        composer = self.env["mail.compose.message"].create(
            {
                "model": self.move_id._name,
                "res_ids": repr(self.move_id.ids),
                "template_id": template.id if template else False,
                "composition_mode": "comment",
                "partner_ids": [(6, 0, self.partner_id.ids)],
            }
        )
        # After the template has had its say, which brings no document of its own.
        composer.attachment_ids = [(4, self._copy_document().id)]
        return {
            **composer._get_records_action(name=self.env._("Send a Copy")),
            "target": "new",
            # Odoo would read the document as one that has come in.
            "context": {"disable_attachment_import": True},
        }

    def _copy_document(self):
        """Return a copy for one e-mail: an attachment belongs to the message that it is sent by."""
        # Full rights: whoever sees the case has been let in to see its document.
        document = self.document_id.sudo()
        return self.env["ir.attachment"].create(
            {
                "name": document.name,
                "raw": document.raw,
                "mimetype": document.mimetype,
                "res_model": "mail.compose.message",
                "res_id": 0,
            }
        )
