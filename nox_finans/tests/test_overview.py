from odoo.tests import tagged

from .common import NoxFinansCase


@tagged("post_install", "-at_install")
class TestOverview(NoxFinansCase):
    """What the overview counts before the service has the invoices; the rest needs the sandbox."""

    def get_steps(self):
        cases = self.env["nox.finans.case"].with_user(self.manager)
        overview = cases.with_context(allowed_company_ids=self.company.ids).get_overview()
        steps = {step["key"]: step for step in overview["steps"]}
        for step in overview["steps"]:
            model = self.env[step["model"]].with_user(self.manager)
            self.assertEqual(model.search_count(step["domain"]), step["count"], step["key"])
        return {key: (step["count"], step["amount"]) for key, step in steps.items()}

    def make_credit_note(self, debit):
        credit = debit._reverse_moves([{"invoice_date": self.today}])
        credit.invoice_line_ids.price_unit = 400
        credit.action_post()
        return credit

    def test_ready_is_what_could_be_sent_at_what_is_to_be_collected(self):
        for name in ("nox_finans_hidden", "nox_finans_is_disputed", "nox_finans_not_ready"):
            self.make_invoice()[name] = True
        debit = self.make_invoice()
        self.make_credit_note(debit)
        house_work = self.make_house_work()
        total = debit.amount_residual + house_work.amount_total - 300
        self.assertEqual(self.get_steps(), self.steps(ready=(2, total)))

    def steps(self, **expected):
        keys = ("ready", "waiting", "sent", "reminded", "collection", "monitoring", "paid")
        return dict.fromkeys(keys, (0, 0)) | expected

    def test_what_is_on_its_way_or_refused_has_its_amount(self):
        move = self.make_house_work()
        (case,) = self.send(move)[0]
        total = move.amount_total - 300
        self.assertEqual(self.get_steps(), self.steps(waiting=(1, total)))
        case.sudo().state = "refused"
        both = {"ready": (1, total), "refused": (1, total)}
        self.assertEqual(self.get_steps(), self.steps(**both))

    def test_credit_notes_are_not_on_the_way(self):
        debit = self.make_invoice()
        (case,) = self.send(debit)[0]
        credit = self.make_credit_note(debit)
        case.sudo().copy({"move_id": credit.id, "reference": "NOX-CREDIT"})
        self.assertEqual(self.get_steps(), self.steps(waiting=(1, debit.amount_residual)))
