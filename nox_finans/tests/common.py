from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user


class NoxFinansCase(TransactionCase):
    """A Swedish company with terms for both services, a complete customer and three users."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sek = cls.env.ref("base.SEK")
        cls.sek.active = True
        cls.company = cls.make_company("Norrvik AB")
        cls.env.user.write(
            {"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id}
        )
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids, "lang": "en_US"}
        )
        cls.today = fields.Date.context_today(cls.company.with_context(tz="Europe/Stockholm"))
        cls.term_30 = cls.make_term("30 days", 30, "invoice")
        cls.term_5 = cls.make_term("5 days", 5, "invoice")
        cls.term_reminder = cls.make_term("20 days", 20, "reminder")
        cls.term_inactive = cls.make_term("60 days", 60, False)
        cls.customer = cls.make_customer()
        cls.clerk = cls.make_user("nox_clerk", "account.group_account_invoice")
        cls.manager = cls.make_user("nox_manager", "account.group_account_manager")
        cls.reader = cls.make_user("nox_reader", "account.group_account_readonly")
        cls.connect(cls.company)

    @classmethod
    def make_company(cls, name):
        """Return a company that can invoice in SEK, without any chart of accounts' own wishes."""
        company = cls.env["res.company"].create(
            {"name": name, "country_id": cls.env.ref("base.se").id, "currency_id": cls.sek.id}
        )
        company.partner_id.tz = "Europe/Stockholm"
        cls.env["account.chart.template"].try_loading("se", company, install_demo=False)
        return company

    @classmethod
    def make_user(cls, login, group, companies=None):
        companies = companies or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,{group}",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    @classmethod
    def make_term(cls, name, days, service, company=None):
        company = company or cls.company
        return (
            cls.env["account.payment.term"]
            .with_company(company)
            .create(
                {
                    "name": name,
                    "line_ids": [
                        Command.create({"value": "percent", "value_amount": 100, "nb_days": days})
                    ],
                    "nox_finans_service": service,
                }
            )
        )

    @classmethod
    def make_customer(cls, **values):
        return cls.env["res.partner"].create(
            {
                "name": "Björks Åkeri AB",
                "is_company": True,
                "street": "Industrivägen 4",
                "zip": "871 53",
                "city": "Härnösand",
                "country_id": cls.env.ref("base.se").id,
                "company_registry": "556700-0111",
                "email": "bjork@example.com",
                **values,
            }
        )

    @classmethod
    def make_invoice(cls, post=True, company=None, price=1000, **values):
        company = company or cls.company
        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "company_id": company.id,
                    "partner_id": cls.customer.id,
                    "invoice_date": cls.today,
                    "invoice_payment_term_id": cls.term_30.id,
                    "invoice_line_ids": [
                        Command.create({"name": "Work", "quantity": 1, "price_unit": price})
                    ],
                    **values,
                }
            )
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def make_house_work(cls, reduction=300, **values):
        """Return an invoice of work at a person's home, with a tax reduction in kronor."""
        person = cls.make_customer(name="Anna Ek", is_company=False, company_registry="640823-3234")
        return cls.make_invoice(
            **{
                "partner_id": person.id,
                "nox_finans_tax_reduction": reduction,
                "nox_finans_property_designation": "NORRVIK 1:2",
                **values,
            }
        )

    @classmethod
    def connect(cls, company):
        """Let the company be connected. Nothing listens there: what speaks to the service is
        tested outside of the add-on, against the sandbox."""
        cls.env["ir.config_parameter"].set_param("nox_finans.sandbox_url", "http://127.0.0.1:9")
        company._get_nox_finans_connector()._connect(
            {
                "client_id": "client",
                "client_secret": "top-secret",
                "access_token": "access-secret",
                "refresh_token": "refresh-secret",
                "expires_in": 3600,
            }
        )

    @classmethod
    def send(cls, moves, user=None):
        """Queue as the clerk or `user` would; return the cases, and what was left out."""
        moves = moves.with_user(user or cls.clerk)
        return moves.with_context(allowed_company_ids=moves.company_id.ids)._nox_finans_queue()

    def pay(self, move, amount=None):
        values = {"amount": amount} if amount else {}
        return (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create(values)
            ._create_payments()
        )

    def pay_without_entry(self, move, amount=None):
        """Register a payment as Odoo Enterprise does: the entry comes with the bank's line."""
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", move.company_id.id)], limit=1
        )
        journal.inbound_payment_method_line_ids.payment_account_id = False
        # The hook by which Odoo's own tests tell the editions apart.
        with patch.object(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda _move: "in_payment",
        ):
            payment = self.pay(move, amount)
            move.payment_state  # noqa: B018  Computed now, while the hook is there.
        self.assertFalse(payment.move_id)
        return payment
