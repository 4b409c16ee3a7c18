from odoo import fields
from odoo.tests import tagged

from .common import NoxFinansCase


@tagged("post_install", "-at_install")
class TestLedger(NoxFinansCase):
    """What is told of both ledgers, when they differ; how they come to differ needs the sandbox."""

    def test_too_much_does_not_make_up_for_too_little(self):
        connector = self.company._get_nox_finans_connector()
        cases = self.send(self.make_invoice() + self.make_invoice())[0].sudo()
        for case, difference in zip(cases, (30, -20), strict=True):
            total = case.move_id.amount_total
            case.write(
                {
                    "state": "accepted",
                    "remote_status": "OPEN",
                    "confirmed_date": fields.Datetime.now(),
                    "handed_over_amount": total,
                    "capital_balance": total + difference,
                }
            )
        connector._get_administrator().lang = "en_US"
        connector._tell_differences(cases)
        note = connector.activity_ids.note
        self.assertIn("2 cases", note)
        self.assertRegex(note, r"30.00\D+ more")
        self.assertRegex(note, r"20.00\D+ less")
        connector._tell_differences(cases.browse())
        self.assertFalse(connector.activity_ids)
