"""The demo company: a Swedish firm with customers and invoices as in life.

Run in Odoo's shell environment: `build(env, sandbox_url)`. About sixty invoices, most of them
green, several yellow, and at least one red for each criterion.
"""

import random
from datetime import timedelta

import requests
from dateutil.relativedelta import relativedelta
from odoo import Command, fields

COMPANY = "Norrvik Bygg & Service AB"
# The same figures at each build.
SEED = 19

# What each has: an employee's usual rights, who may mend a customer's address, and one of these.
USUAL_GROUPS = ("base.group_user", "base.group_partner_manager")
USERS = (
    # name, log-in (also the password), group
    ("Klara Klerk", "clerk", "account.group_account_invoice"),
    ("Maria Manager", "manager", "account.group_account_manager"),
)
TERMS = (
    # name, days, service
    ("10 dagar", 10, "invoice"),
    ("15 dagar", 15, "invoice"),
    ("20 dagar", 20, "reminder"),
    ("30 dagar", 30, "invoice"),
    ("5 dagar", 5, "invoice"),
    ("Kontant", 0, False),
)
FIRMS = (
    ("Almgrens Fastigheter AB", "Storgatan 12", "852 30", "Sundsvall"),
    ("Björks Åkeri AB", "Industrivägen 4", "871 53", "Härnösand"),
    ("Café Solgläntan HB", "Kyrkogatan 3", "831 34", "Östersund"),
    ("Dalbergs Redovisning AB", "Rådhusgatan 21", "891 31", "Örnsköldsvik"),
    ("Ekströms Plåt AB", "Verkstadsgatan 9", "903 27", "Umeå"),
    ("Fiskebäcks Marina AB", "Hamnvägen 1", "426 58", "Västra Frölunda"),
    ("Granqvist Arkitekter AB", "Sveavägen 98", "113 50", "Stockholm"),
    ("Hagabadet Ek. för.", "Linnégatan 40", "413 04", "Göteborg"),
    ("Isakssons El AB", "Elgatan 7", "931 30", "Skellefteå"),
    ("Junibackens Förskola AB", "Junivägen 15", "141 70", "Huddinge"),
    ("Bostadsrättsföreningen Kastanjen", "Kastanjegatan 2", "214 32", "Malmö"),
    ("Lindqvist Måleri AB", "Färgargatan 18", "582 22", "Linköping"),
)
PRIVATE = (
    ("Anna Andersson", "Björkvägen 5", "856 31", "Sundsvall"),
    ("Bo Bengtsson", "Tallgatan 22", "871 40", "Härnösand"),
    ("Cecilia Carlsson", "Rönnvägen 8", "831 52", "Östersund"),
    ("David Dahl", "Grangatan 11", "891 42", "Örnsköldsvik"),
    ("Eva Ek", "Lövstigen 3", "903 36", "Umeå"),
    ("Fredrik Forsman", "Åsvägen 14", "931 41", "Skellefteå"),
)
PRODUCTS = (
    ("Snickeriarbete", 620),
    ("Målningsarbete", 540),
    ("Elinstallation", 690),
    ("Fasadtvätt", 480),
    ("Serviceavtal, månad", 1850),
    ("Framkörning", 395),
)
PRICES = (("letter", 19.0), ("email", 9.0), ("einvoice", 12.0), ("none", 0.0))
ACTION_PRICES = (("pause", 0.0), ("unpause", 0.0), ("report_payment", 0.0), ("stop", 50.0))


def build(env, sandbox_url):
    """Fill an empty database that has `nox_finans` and `l10n_se` installed."""
    Demo(env).build(sandbox_url)
    env.cr.commit()


class Demo:
    def __init__(self, env):
        self.company = env.company
        self.env = env(context={**env.context, "lang": "sv_SE", "tracking_disable": True})
        self.random = random.Random(SEED)
        self.today = fields.Date.context_today(self.company.with_context(tz="Europe/Stockholm"))

    def build(self, sandbox_url):
        self.set_up_company()
        self.create_users()
        self.create_terms()
        self.products = self.create_products()
        self.firms = [self.create_customer(*row, is_company=True) for row in FIRMS]
        self.persons = [self.create_customer(*row) for row in PRIVATE]
        self.create_green_invoices()
        self.create_yellow_invoices()
        self.create_red_invoices()
        self.connect(sandbox_url)
        self.send_some()

    def set_up_company(self):
        company = self.company
        company.write(
            {
                "name": COMPANY,
                "country_id": self.env.ref("base.se").id,
                "street": "Verkstadsvägen 17",
                "zip": "871 33",
                "city": "Härnösand",
                "phone": "0611-55 60 00",
                "email": "faktura@norrvik.example",
                "company_registry": organisation_number(559300, 1),
            }
        )
        company.partner_id.tz = "Europe/Stockholm"
        self.env.ref("base.SEK").active = True
        self.env["account.chart.template"].try_loading("se", company, install_demo=False)
        company.vat = "SE" + company.company_registry.replace("-", "") + "01"
        self.env["res.partner.bank"].create(
            {
                "acc_number": "5050-1055",
                "acc_holder_name": COMPANY,
                "bank_id": self.env["res.bank"].create({"name": "Bankgirot"}).id,
                "partner_id": company.partner_id.id,
                "company_id": company.id,
                "allow_out_payment": True,
            }
        )
        admin = self.env.ref("base.user_admin")
        admin.write({"lang": "sv_SE", "tz": "Europe/Stockholm"})

    def create_users(self):
        for full_name, login, group in USERS:
            self.env["res.users"].with_context(no_reset_password=True).create(
                {
                    "name": full_name,
                    "login": login,
                    "password": login,
                    "email": f"{login}@norrvik.example",
                    "lang": "sv_SE",
                    "tz": "Europe/Stockholm",
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                    "group_ids": [
                        Command.set([self.env.ref(name).id for name in (*USUAL_GROUPS, group)])
                    ],
                }
            )

    def create_terms(self):
        self.env["account.payment.term"].search([]).active = False
        self.terms = {
            name: self.env["account.payment.term"].create(
                {
                    "name": name,
                    "company_id": self.company.id,
                    "sequence": days,
                    "line_ids": self.prepare_instalments((100, days)),
                    "nox_finans_service": service,
                }
            )
            for name, days, service in TERMS
        }

    def create_products(self):
        tax = self.company.account_sale_tax_id
        return [
            self.env["product.product"].create(
                {
                    "name": name,
                    "type": "service",
                    "list_price": price,
                    "taxes_id": [Command.set(tax.ids)],
                }
            )
            for name, price in PRODUCTS
        ]

    def create_customer(self, name, street, zip_code, city, is_company=False, **values):
        index = self.env["res.partner"].search_count([("customer_rank", ">", 0)]) + 11
        number = organisation_number(556700, index) if is_company else personal_number(index)
        mailbox = "".join(
            letter for letter in name.lower() if letter.isascii() and letter.isalpha()
        )
        return self.env["res.partner"].create(
            {
                "name": name,
                "is_company": is_company,
                "street": street,
                "zip": zip_code,
                "city": city,
                "country_id": self.env.ref("base.se").id,
                "company_registry": number,
                "email": f"{mailbox}@kund.example",
                "lang": "sv_SE",
                "customer_rank": 1,
                **values,
            }
        )

    def create_invoice(self, partner, term="30 dagar", days_ago=3, post=True, **values):
        """Create an invoice dated `days_ago` days ago, with one to three rows."""
        rows = [
            Command.create(
                {
                    "product_id": product.id,
                    "quantity": self.random.randint(1, 12),
                    "price_unit": product.list_price,
                }
            )
            for product in self.random.sample(self.products, self.random.randint(1, 3))
        ]
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": self.today - timedelta(days=days_ago),
                "invoice_payment_term_id": self.terms[term].id,
                "invoice_line_ids": rows,
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    def create_green_invoices(self):
        customers = self.firms + self.persons
        for index in range(36):
            partner = customers[index % len(customers)]
            term = ("30 dagar", "15 dagar", "10 dagar")[index % 3]
            self.create_invoice(partner, term, days_ago=self.random.randint(0, 9))
        for index in range(4):
            # The reminder service takes over what is overdue.
            self.create_invoice(customers[index * 3], "20 dagar", days_ago=26 + 3 * index)

    def create_yellow_invoices(self):
        person = self.create_customer(
            "Göran Gustafsson", "Ängsvägen 6", "856 44", "Sundsvall", company_registry=False
        )
        self.create_invoice(person)
        no_email = self.create_customer(
            "Holmbergs Snickeri", "Sågvägen 2", "871 60", "Härnösand", is_company=True, email=False
        )
        no_email.nox_finans_channel = "email"
        self.create_invoice(no_email, "15 dagar")
        self.create_invoice(self.firms[1], "5 dagar", days_ago=1)
        abroad = self.create_customer(
            "Nordlys Eiendom AS",
            "Karl Johans gate 5",
            "0154",
            "Oslo",
            is_company=True,
            country_id=self.env.ref("base.no").id,
        )
        self.create_invoice(abroad)
        ahead = self.create_customer(
            "Olssons Trädgård AB", "Parkvägen 9", "831 45", "Östersund", True
        )
        self.create_invoice(ahead)
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": ahead.id,
                "amount": 1500,
                "date": self.today - timedelta(days=2),
            }
        ).action_post()
        for partner in self.firms[2:5]:
            self.create_invoice(partner, "15 dagar", days_ago=5).is_move_sent = True
        no_number = self.create_customer(
            "Sjölunds Kiosk", "Torget 2", "871 31", "Härnösand", company_registry="000000-0000"
        )
        self.create_invoice(no_number)
        two = "info@sjostad.example, ekonomi@sjostad.example"
        two_addresses = self.create_customer(
            "Sjöstadens Bygg AB", "Kajen 4", "852 31", "Sundsvall", is_company=True, email=two
        )
        self.create_invoice(two_addresses, "15 dagar")
        for term in self.create_special_terms():
            self.create_invoice(self.firms[7], invoice_payment_term_id=term.id)
        clerk = self.env["res.users"].search([("login", "=", "clerk")])
        disputed = self.create_invoice(self.firms[5], "15 dagar", days_ago=8).with_user(clerk)
        disputed._nox_finans_note_dispute("Kunden säger att två timmar är för mycket", clerk)

    def create_special_terms(self):
        """Return terms in instalments, and with a cash discount."""
        usual = {
            "company_id": self.company.id,
            "sequence": 90,
            "nox_finans_service": "invoice",
            # What stands beside the due date on what Fortnox prints.
            "nox_finans_code": "30",
        }
        instalments = {
            "name": "30 % inom 10 dagar, resten inom 40",
            "line_ids": self.prepare_instalments((30, 10), (70, 40)),
        }
        discount = {
            "name": "2 % inom 10 dagar, 30 dagar netto",
            "line_ids": self.prepare_instalments((100, 30)),
            "early_discount": True,
            "discount_percentage": 2,
            "discount_days": 10,
        }
        terms = self.env["account.payment.term"]
        return terms.create([usual | instalments, usual | discount])

    def prepare_instalments(self, *parts):
        return [
            Command.create({"value": "percent", "value_amount": share, "nb_days": days})
            for share, days in parts
        ]

    def create_red_invoices(self):
        firm, person = self.firms[0], self.persons[0]
        paid = self.create_invoice(firm, days_ago=20)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=paid.ids
        ).create({}).action_create_payments()
        house = self.create_invoice(person)
        house.nox_finans_tax_reduction = house.amount_total
        house.nox_finans_property_designation = "HÄRNÖSAND 1:2"
        self.create_invoice(firm, post=False).button_cancel()
        self.create_invoice(self.firms[3], post=False)
        self.create_invoice(self.firms[5]).nox_finans_not_ready = True
        self.create_invoice(person, "Kontant", days_ago=0, move_type="out_receipt")
        interest = self.create_invoice(self.firms[6])
        interest.nox_finans_invoice_type = "interest"
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.create_invoice(self.firms[7], currency_id=euro.id)
        self.create_invoice(self.persons[1], "Kontant", days_ago=2)
        self.create_invoice(self.firms[8], days_ago=-12)
        nameless = self.create_customer("Namn saknas", "Okända gatan 1", "111 22", "Stockholm")
        self.create_invoice(nameless)
        nameless.name = " "
        no_zip = self.create_customer("Petterssons Bageri", "Bagargatan 4", "  ", "Luleå", True)
        self.create_invoice(no_zip, "15 dagar")
        no_street = self.create_customer("Rosa Rydell", False, "972 31", "Luleå")
        self.create_invoice(no_street)
        old = self.today - relativedelta(years=2, months=2)
        self.create_invoice(self.firms[9], invoice_date=old)
        self.create_invoice(self.firms[10], post=False, invoice_line_ids=[])
        debit = self.create_invoice(self.firms[11])
        self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.firms[11].id,
                "invoice_date": self.today,
                "invoice_payment_term_id": self.terms["30 dagar"].id,
                "ref": f"Kreditering utan koppling till {debit.name}",
                "invoice_line_ids": [
                    Command.create({"product_id": self.products[0].id, "quantity": 1})
                ],
            }
        ).action_post()
        self.create_invoice(self.firms[4], "20 dagar", days_ago=4)
        self.create_invoices_that_do_not_fit()

    def create_invoices_that_do_not_fit(self):
        """One for each that the service would refuse by what stands on the rows or the address."""
        values = {"type_tax_use": "sale", "company_id": self.company.id}
        taxes = self.env["account.tax"].create(
            [
                {**values, "name": "25,5 % Finland", "amount": 25.5},
                {**values, "name": "Omvänd betalningsskyldighet bygg", "amount": 0},
            ]
        )
        finland, reversed_here = (Command.set(tax.ids) for tax in taxes)
        usual = Command.set(self.company.account_sale_tax_id.ids)
        firm = self.firms[9]
        for taxes_of_rows in ([finland], [reversed_here], [usual, reversed_here]):
            rows = [
                Command.create({"product_id": self.products[0].id, "tax_ids": [taxes_of_row]})
                for taxes_of_row in taxes_of_rows
            ]
            self.create_invoice(firm, invoice_line_ids=rows)
        note = Command.create({"display_type": "line_note", "name": "Mätarställning"})
        row = Command.create({"product_id": self.products[0].id})
        self.create_invoice(firm, post=False, invoice_line_ids=[row, *[note] * 500])
        short = self.create_customer("Tärnströms Tak", "Takvägen 1", "8715", "Härnösand", True)
        self.create_invoice(short)
        long = self.create_customer("Ulriksens VVS", "Vei 1", "NO-0154-0155", "Oslo", True)
        long.country_id = self.env.ref("base.no")
        self.create_invoice(long)
        self.create_invoice(self.firms[2]).action_toggle_block_payment()

    def connect(self, sandbox_url):
        """Register the company at the sandbox and take over its credentials."""
        self.env["ir.config_parameter"].set_param("nox_finans.sandbox_url", sandbox_url)
        answer = requests.post(
            f"{sandbox_url}/sandbox/companies",
            json={"name": COMPANY, "organisation_number": self.company.company_registry},
            timeout=10,
        )
        answer.raise_for_status()
        connector = self.company._get_nox_finans_connector()
        connector.environment = "sandbox"
        connector._connect(answer.json())
        connector.remote_company = COMPANY
        self.env["nox.finans.price"].create(
            [
                {
                    "connector_id": connector.id,
                    "service": service,
                    "channel": channel,
                    "price": price if service == "invoice" else 0.0,
                    "date_from": self.today.replace(month=1, day=1),
                }
                for service in ("invoice", "reminder")
                for channel, price in PRICES
            ]
            + [
                {
                    "connector_id": connector.id,
                    "kind": kind,
                    "price": price,
                    "date_from": self.today.replace(month=1, day=1),
                }
                for kind, price in ACTION_PRICES
            ]
        )
        connector.payment_journal_id = self.env["account.journal"].search(
            [("company_id", "=", self.company.id), ("type", "=", "bank")], limit=1
        )

    def send_some(self):
        """Let the clerk have sent two already: their cases are there from the start."""
        clerk = self.env["res.users"].search([("login", "=", "clerk")])
        ready = self.env["account.move"].search(
            [("nox_finans_status", "=", "approved")], order="id", limit=2
        )
        ready.with_user(clerk)._nox_finans_queue()


def organisation_number(prefix, index):
    digits = f"{prefix}{index:03}"
    return f"{digits[:6]}-{digits[6:]}{check_digit(digits)}"


def personal_number(index):
    """Return a personal number of the kind that is set aside for tests: the serial is 980–999."""
    digits = f"{50 + index % 40:02}0{1 + index % 9}1{index % 10}{980 + index % 20}"
    return f"19{digits[:6]}-{digits[6:]}{check_digit(digits)}"


def check_digit(digits):
    """Return the check digit of the Luhn algorithm."""
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(digits)]
    return -sum(value // 10 + value % 10 for value in doubled) % 10
