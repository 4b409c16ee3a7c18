import math
from decimal import Decimal

from odoo import SUPERUSER_ID, models
from odoo.tools import html2plaintext

from ..api import countries, numbers, payloads, texts
from ..api.errors import RefusedError
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first

# Read at once, and nothing else: all that a form would show is ten times as much.
CASE_FIELDS = [
    "accounting_method",
    "card_id",
    "channel",
    "commercial_partner_id",
    "company_id",
    "confirmed_date",
    "environment",
    "is_mended",
    "is_undo_due",
    "last_event",
    "move_id",
    "partner_id",
    "reference",
    "remote_number",
    "service",
    "snapshot",
    "state",
    "step",
    "user_id",
]
MOVE_FIELDS = [
    "amount_residual",
    "amount_total",
    "commercial_partner_id",
    "currency_id",
    "delivery_date",
    "fiscal_position_id",
    "invoice_date",
    "invoice_date_due",
    "invoice_payment_term_id",
    "invoice_user_id",
    "move_type",
    "name",
    "narration",
    "nox_finans_property_designation",
    "nox_finans_tax_reduction",
    "nox_finans_tax_reduction_type",
    "ref",
]
# Of other modules, where they are installed: what a buyer wants to read on the invoice.
BUYER_REFERENCES = ["buyer_reference"]
ORDER_NUMBERS = ["purchase_order_reference", "ref"]
PARTNER_FIELDS = [
    "city",
    "company_registry",
    "country_id",
    "email",
    "is_company",
    "lang",
    "name",
    "parent_id",
    "phone",
    "property_payment_term_id",
    "street",
    "street2",
    "vat",
    "zip",
]
# Of other modules too. A Peppol address of the kind 0088 is a GLN.
GLN_FIELDS = ["global_location_number", "peppol_eas", "peppol_endpoint"]
PEPPOL_GLN = "0088"
LINE_FIELDS = [
    "amount_currency",
    "collapse_composition",
    "collapse_prices",
    "discount",
    "display_type",
    "name",
    "price_subtotal",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "sequence",
    "tax_ids",
]
TAX_FIELDS = ["amount", "amount_type", "invoice_legal_notes", "price_include_override"]
TERM_FIELDS = ["nox_finans_code", "note"]
SECTIONS = ("line_section", "line_subsection")
TEXT_LINES = ("line_note", *SECTIONS)
# What the letter cannot do without.
ADDRESS = ("CustomerName", "Address1", "ZipCode", "City")


class NoxFinansCase(models.Model):
    """What is sent: the invoice in the words of the interface."""

    # Each concern of the case has a file of its own.
    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    def _to_send(self):
        """Return the case, with what sending it takes in memory."""
        return _read(self, CASE_FIELDS)

    def _get_move_to_send(self):
        """Return the invoice, with what is sent of it in memory, in the customer's language."""
        move = self.move_id.with_context(lang=self._get_customer_lang())
        return _read(move, MOVE_FIELDS, BUYER_REFERENCES + ORDER_NUMBERS)

    def _get_partner_to_send(self):
        return _read(self.partner_id, PARTNER_FIELDS, GLN_FIELDS)

    def _get_customer_to_send(self):
        return _read(self.commercial_partner_id, PARTNER_FIELDS, GLN_FIELDS)

    def _get_customer_lang(self):
        """Return the code of the language to read texts in: the customer's, where it is active."""
        partner, customer = self._get_partner_to_send(), self._get_customer_to_send()
        wanted = (partner.lang, customer.lang, "sv_SE", self.env.lang)
        languages = self.env["res.lang"]
        return next((code for code in wanted if code and languages._get_data(code=code)), None)

    def _get_language(self):
        """Return the service's language for what the customer reads.

        A database without Swedish gives every contact English: there, who is at home reads Swedish.
        """
        partner = self._get_partner_to_send()
        lang = partner.lang or self._get_customer_to_send().lang or "sv"
        if not lang.startswith("sv") and not self.env["res.lang"]._get_data(code="sv_SE"):
            is_at_home = countries.code(partner.country_id.code) == countries.SWEDEN
            return payloads.SWEDISH if is_at_home else payloads.ENGLISH
        return payloads.SWEDISH if lang.startswith("sv") else payloads.ENGLISH

    # -------------------------------------------------------------------------
    # The customer
    # -------------------------------------------------------------------------

    def _prepare_customer(self):
        """Return the customer's card as the interface wants it, without its number.

        :raises RefusedError: something does not fit into it
        """
        move, customer = self._get_move_to_send(), self._get_customer_to_send()
        email = numbers.email_address(customer.email)
        body = payloads.fit(
            {
                "Name": customer._get_nox_finans_name(),
                "Type": "COMPANY" if customer.is_company else "PRIVATE",
                "OrganisationNumber": _get_organisation_number(customer),
                "VATNumber": customer._get_nox_finans_vat_number(),
                "VATType": self._get_vat_type(move),
                "Address1": customer.street,
                "Address2": customer.street2,
                "ZipCode": customer.zip,
                "City": customer.city,
                "CountryCode": countries.code(customer.country_id.code),
                "Email": email,
                "EmailInvoice": email,
                "Phone1": customer.phone,
                "GLN": _get_gln(customer),
                "Currency": "SEK",
                "TermsOfPayment": self._get_usual_terms(customer),
                "ShowPriceVATIncluded": False,
                # Texts, in this object only.
                "InvoiceAdministrationFee": "0",
                "InvoiceFreight": "0",
                "InvoiceDiscount": 0,
                **dict.fromkeys(payloads.NOT_OURS_ON_CARD),
            }
        )
        return self._check_lengths(body)

    def _get_vat_type(self, move):
        vat_type = move._get_nox_finans_vat_type()
        if not vat_type:
            raise RefusedError(
                self.env._(
                    "The invoice's taxes fit none of the kinds of VAT that Nox Finans knows."
                )
            )
        return vat_type

    def _get_usual_terms(self, customer):
        """Return the code that the settings give the customer's own terms, or "".

        Each invoice says its terms itself: on the card a guess would only be a cause of refusal.
        """
        term = customer.with_company(self.company_id).property_payment_term_id
        return self._read_term(term).nox_finans_code

    def _prepare_addressee(self):
        """Return who owes, and where the letter goes: the company first, then who reads it."""
        partner, customer = self._get_partner_to_send(), self._get_customer_to_send()
        name = customer._get_nox_finans_name() or partner._get_nox_finans_name()
        attention = payloads.WORDS[self._get_language()]["attention"]
        contact = self._get_contact()
        second = [attention.format(contact) if contact else "", partner.street2]
        return {
            "CustomerName": name,
            "Address1": partner.street,
            "Address2": ", ".join(filter(None, second)),
            "ZipCode": partner.zip,
            "City": partner.city,
            "Country": self._get_country_name(partner),
            "EmailInformation": {
                "EmailAddressTo": numbers.email_address(partner.email),
                "EmailAddressCC": "",
                "EmailAddressBCC": "",
            },
        }

    def _get_contact(self):
        """Return the name of who gets the invoice, where it is not the customer itself."""
        partner, customer = self._get_partner_to_send(), self._get_customer_to_send()
        return "" if partner == customer else texts.one_line(partner.name or "")

    def _get_country_name(self, partner):
        code = countries.code(partner.country_id.code)
        return countries.NAMES.get(code) or partner.country_id.name

    def _check_lengths(self, body):
        """Return the body.

        :raises RefusedError: a part of an address is longer than the service takes
        """
        if too_long := payloads.list_too_long(body):
            raise RefusedError(
                self.env._(
                    "Too long for Nox Finans (%(parts)s): “%(text)s…”. Shorten it at the customer.",
                    parts=", ".join(too_long),
                    text=body[too_long[0]][:50],
                )
            )
        return body

    # -------------------------------------------------------------------------
    # The invoice
    # -------------------------------------------------------------------------

    def _prepare_invoice(self):
        """Return the invoice as the interface wants it, without the customer's number.

        What the service will come to is what the invoice says, to the öre.

        :raises RefusedError: something does not fit into it
        """
        move = self._get_move_to_send()
        lines = self._read_lines(move)
        remarks, rest = self._prepare_remarks(move)
        body = payloads.fit(
            {
                "ExternalInvoiceReference1": self.reference,
                "ExternalInvoiceReference2": move.name,
                "InvoiceDate": move.invoice_date.isoformat(),
                "DueDate": move.invoice_date_due.isoformat(),
                "DeliveryDate": move.delivery_date.isoformat() if move.delivery_date else "",
                "Currency": move.currency_id.name,
                "InvoiceType": "INVOICE",
                "Language": self._get_language(),
                "VATIncluded": False,
                "AdministrationFee": 0,
                "Freight": 0,
                "TermsOfPayment": self._get_terms(move),
                "OurReference": self._get_our_reference(move),
                "YourReference": _get_first(move, BUYER_REFERENCES) or self._get_contact(),
                "YourOrderNumber": _get_first(move, ORDER_NUMBERS),
                "Remarks": remarks,
                **self._prepare_addressee(),
                **dict.fromkeys(payloads.NOT_OURS_ON_INVOICE),
                "TaxReductionType": self._get_reduction_type(move),
            }
        )
        self._check_lengths(body)
        self._check_address(body)
        body = self._add_rows(body, move, lines)
        rows = [*body["InvoiceRows"], *self._mark_other_costs(move, payloads.text_rows(rest))]
        self._check_row_count(rows)
        self._check_house_work(move, rows)
        return body | {"InvoiceRows": rows}

    def _check_address(self, body):
        if payloads.BLANK in [body[name] for name in ADDRESS]:
            raise RefusedError(
                self.env._("The customer needs a name, a street, a postal code and a town.")
            )

    def _check_row_count(self, rows):
        if len(rows) > payloads.MAX_ROWS:
            raise RefusedError(
                self.env._(
                    "The invoice takes %(count)s rows with its texts, Nox Finans takes %(most)s.",
                    count=len(rows),
                    most=payloads.MAX_ROWS,
                )
            )

    def _prepare_remarks(self, move):
        """Return what is said beside the rows, and what of it has no place there."""
        words = payloads.WORDS[self._get_language()]
        kind = "refund" if move.move_type == "out_refund" else "invoice"
        position = _read(move.fiscal_position_id, ["note"])
        term = self._read_term(move.invoice_payment_term_id)
        notes = [move.narration, position.note, move.taxes_legal_notes, term.note]
        parts = [texts.one_line(words[kind].format(move.name))]
        for note in notes:
            text = texts.many_lines(html2plaintext(note or "", include_references=False))
            if text and text not in parts:
                parts.append(text)
        return texts.cut("\n".join(parts), payloads.LENGTHS["Remarks"])

    def _get_terms(self, move):
        """Return the service's code of the terms, or "": it has none, and the due date tells.

        What the settings say, else the days, if Fortnox is known to have terms of that name: others
        are refused there.
        """
        term = self._read_term(move.invoice_payment_term_id)
        if term.nox_finans_code:
            return term.nox_finans_code
        if term:
            _read(term.line_ids, ["delay_type", "nb_days"])
            code = term._get_nox_finans_code()
        else:
            code = str(max((move.invoice_date_due - move.invoice_date).days, 0))
        return code if code in self._get_codes_of_terms() else ""

    def _get_codes_of_terms(self):
        """Return the codes that Fortnox had when its register of payment terms was last read."""
        connector = self.company_id._get_nox_finans_connector()
        return (connector.terms_at_fortnox or "").split(", ")

    def _read_term(self, term):
        return _read(term.with_company(self.company_id), TERM_FIELDS)

    def _get_our_reference(self, move):
        """Return whom the customer may ask: who sold, or who sent it; the system is nobody."""
        users = [move.invoice_user_id, self.user_id]
        return next((user.name for user in users if user and user.id != SUPERUSER_ID), "")

    # -------------------------------------------------------------------------
    # Its rows
    # -------------------------------------------------------------------------

    def _add_rows(self, body, move, lines):
        """Return the body with the invoice's rows, and with what is left of its total.

        :raises RefusedError: more is left than roundings and a cash discount explain
        """
        shown = lines.filtered(lambda line: line.display_type in ("product", *TEXT_LINES))
        rows = self._prepare_rows(move, shown.sorted(lambda line: (line.sequence, line.id)))
        if less_vat := self._get_vat_of_cash_discount(lines):
            words = payloads.WORDS[body["Language"]]
            rows += payloads.amount_rows(words["early_payment"], less_vat)
        body |= {"InvoiceRows": self._mark_other_costs(move, rows)}
        left = payloads.decimal(-move.direction_sign * move.amount_total) - payloads.total(body)
        self._check_left(body, left - _sum_of(lines, "rounding"))
        return payloads.add_to_rounding(body, left) if left else body

    def _check_left(self, body, unexplained):
        if abs(unexplained) > payloads.OERE * len(body["InvoiceRows"]):
            raise RefusedError(
                self.env._(
                    "The rows with their VAT come to %.2f less than the invoice's total. "
                    "Look at the invoice's rows and taxes.",
                    unexplained,
                )
            )

    def _read_lines(self, move):
        """Return all lines of the journal entry, with what is sent of them in memory."""
        lines = _read(move.line_ids, LINE_FIELDS)
        lines.tax_ids.fetch(TAX_FIELDS)
        taxes = lines.tax_ids.flatten_taxes_hierarchy()
        taxes.fetch(TAX_FIELDS)
        taxes.repartition_line_ids.fetch(["document_type", "factor_percent", "repartition_type"])
        return lines

    def _prepare_rows(self, move, lines):
        """Return the rows in the invoice's order; what a section hides goes as its sums."""
        rows, sections = [], {}
        for line in lines:
            if line.display_type in SECTIONS:
                sections = _get_sections_at(sections, line)
            hiding = next((it for it in sections.values() if _hides(it)), None)
            if hiding and line == hiding:
                rows += self._prepare_hidden_rows(line, _get_lines_of(line, lines))
            elif not hiding:
                rows += self._prepare_line(move, line)
        return rows

    def _prepare_hidden_rows(self, section, lines):
        """Return one row for each VAT of a section's lines, and their texts where it shows them."""
        sums = {}
        for line in lines.filtered(lambda line: line.display_type == "product"):
            vat = self._get_vat_percent(line)
            sums[vat] = sums.get(vat, 0) + payloads.decimal(line.price_subtotal)
        rows = []
        for vat, amount in sums.items():
            rows += payloads.amount_rows(section.name, amount, vat=vat)
        if not section.collapse_composition:
            for line in lines:
                rows += payloads.text_rows(line.name)
        return rows or payloads.text_rows(section.name)

    def _prepare_line(self, move, line):
        """Return the rows of one line: as it stands where that adds up, else as one piece."""
        text = line.name or line.product_id.display_name or ""
        if line.display_type in TEXT_LINES:
            return payloads.text_rows(text)
        vat = self._get_vat_percent(line)
        others = self._prepare_house_work(move, line)
        sign = -move.direction_sign
        numbers_of_line = line.price_unit, line.quantity, line.discount
        if not payloads.adds_up(*numbers_of_line, line.price_subtotal):
            text = f"{text} ({self._describe_amount(line)})"
            amount = payloads.decimal(line.price_subtotal)
            return payloads.amount_rows(text, amount, sign, vat=vat, **others)
        if unit := self._get_unit_code(line):
            others["Unit"] = unit
        price, quantity, discount = map(payloads.decimal, numbers_of_line)
        return payloads.amount_rows(text, price, sign * quantity, discount, vat, **others)

    def _get_unit_code(self, line):
        connector = self.company_id._get_nox_finans_connector()
        return line.product_uom_id and connector._get_unit_code(line.product_uom_id)

    def _describe_amount(self, line):
        """Return in words what a row's amount is made of, where the service cannot say it."""
        language = self._get_language()
        words = payloads.WORDS[language]
        quantity = payloads.number_in_words(line.quantity, language)
        unit = self._get_unit_code(line) or line.product_uom_id.name or ""
        price = payloads.number_in_words(line.price_unit, language, least_decimals=2)
        parts = [words["piece"].format(quantity=f"{quantity} {unit}".strip(), price=price)]
        if any(line.tax_ids.flatten_taxes_hierarchy().mapped("price_include")):
            parts.append(words["included"])
        if line.discount:
            discount = payloads.number_in_words(line.discount, language)
            parts.append(words["discount"].format(discount))
        return ", ".join(parts)

    def _get_vat_percent(self, line):
        """Return the row's VAT in whole percent.

        A tax that is taken back by its own repartition, as that of triangular trade, asks nothing.

        :raises RefusedError: the row's taxes are none of the service's percentages of its amount
        """
        percent = line.tax_ids._get_nox_finans_percent()
        if percent is None:
            raise RefusedError(
                self.env._(
                    "The taxes of the row “%(row)s” are no VAT of %(percents)s percent: Nox Finans "
                    "knows no other.",
                    row=line.name,
                    percents=", ".join(map(str, payloads.VAT_PERCENTS)),
                )
            )
        return percent

    def _get_vat_of_cash_discount(self, lines):
        """Return what of the VAT is not asked, since the invoice grants it for early payment."""
        lines = lines.filtered(lambda line: line.display_type == "epd" and line.tax_ids)
        vat = sum(
            payloads.decimal(-line.amount_currency) * self._get_vat_percent(line) / 100
            for line in lines
        )
        return Decimal(vat).quantize(payloads.OERE)

    # -------------------------------------------------------------------------
    # House work
    # -------------------------------------------------------------------------

    def _get_reduction_type(self, move):
        """Return the interface's kind of tax reduction.

        :raises RefusedError: nobody has chosen it
        """
        if not move.nox_finans_tax_reduction:
            return payloads.NO_REDUCTION
        if not move.nox_finans_tax_reduction_type:
            raise RefusedError(self.env._("Choose the kind of tax reduction."))
        return move.nox_finans_tax_reduction_type

    def _prepare_house_work(self, move, line):
        """Return what a row says of work at somebody's home."""
        if not move.nox_finans_tax_reduction or line.product_id.type not in (False, "service"):
            return {}
        hours = math.ceil(abs(line.quantity))
        return {
            "HouseWork": True,
            "HouseWorkType": payloads.USUAL_WORK[self._get_reduction_type(move)],
            "HouseWorkHoursToReport": min(max(hours, 1), payloads.MAX_HOURS),
        }

    def _mark_other_costs(self, move, rows):
        """Return the rows, each that is no work so marked where the invoice is for house work."""
        return payloads.other_costs(rows) if move.nox_finans_tax_reduction else rows

    def _get_asked_reduction(self):
        """Return the tax reduction to ask for: in whole kronor, the öre are dropped by law."""
        return int(payloads.decimal(self._get_move_to_send().nox_finans_tax_reduction))

    def _check_house_work(self, move, rows):
        """:raises RefusedError: an invoice with a tax reduction whose rows hold no work"""
        if move.nox_finans_tax_reduction and not any(row.get("HouseWork") for row in rows):
            raise RefusedError(
                self.env._(
                    "No row is work: a row without a product, or with a service, is. What a "
                    "section hides is none."
                )
            )

    def _prepare_tax_reduction(self):
        """Return the body of the application for the customer's tax reduction.

        :raises RefusedError: it lacks what the agency asks for
        """
        move, customer = self._get_move_to_send(), self._get_customer_to_send()
        kind = self._get_reduction_type(move)
        asked = self._get_asked_reduction()
        body = {
            "ReferenceDocumentType": "INVOICE",
            "ReferenceNumber": self.remote_number,
            "CustomerName": customer._get_nox_finans_name(),
            "SocialSecurityNumber": customer._get_nox_finans_personal_number(),
            "AskedAmount": asked,
        }
        # A new object, which nothing fills: there is nothing to empty.
        if move.nox_finans_property_designation:
            body["PropertyDesignation"] = move.nox_finans_property_designation
        if kind == "green":
            work = payloads.USUAL_WORK["green"]
            body["TaxReductionAmounts"] = [{"AskedAmount": asked, "WorkType": work}]
        return self._check_tax_reduction(kind, payloads.fit(body))

    def _check_tax_reduction(self, kind, body):
        if body["SocialSecurityNumber"] == payloads.BLANK:
            raise RefusedError(
                self.env._("The tax reduction needs a person with a Swedish personal number.")
            )
        designation = body.get("PropertyDesignation", payloads.BLANK)
        if kind in payloads.PROPERTY_KINDS and designation == payloads.BLANK:
            raise RefusedError(self.env._("The tax reduction needs the property's designation."))
        return body


def _read(records, names, optional=()):
    """Return the records with just these fields in memory, and others read one by one.

    :param optional: fields of modules that may not be installed
    """
    records = records.with_context(prefetch_fields=False)
    records.fetch([*names, *(name for name in optional if name in records._fields)])
    return records


def _get_first(record, names):
    """Return the first of the fields that the database has and that says something."""
    return next((record[name] for name in names if name in record._fields and record[name]), "")


def _get_organisation_number(customer):
    """Return the Swedish number of the customer; that of another country may look like one."""
    if countries.code(customer.country_id.code) != countries.SWEDEN:
        return ""
    found = map(numbers.organisation_number, (customer.company_registry, customer.vat))
    return next(filter(None, found), "")


def _get_gln(customer):
    candidates = [_get_first(customer, ["global_location_number"])]
    if _get_first(customer, ["peppol_eas"]) == PEPPOL_GLN:
        candidates.append(_get_first(customer, ["peppol_endpoint"]))
    return next(filter(None, map(numbers.global_location_number, candidates)), "")


def _sum_of(lines, display_type):
    """Return what lines of a kind add to the total, in kronor, as a Decimal."""
    lines = lines.filtered(lambda line: line.display_type == display_type)
    return sum((payloads.decimal(-line.amount_currency) for line in lines), Decimal(0))


def _get_sections_at(sections, line):
    """Return the sections that a line opens or stays in, the outer one first."""
    if line.display_type == "line_section":
        return {"line_section": line}
    outer = {kind: it for kind, it in sections.items() if kind == "line_section"}
    return outer | {"line_subsection": line}


def _hides(section):
    return section.collapse_composition or section.collapse_prices


def _get_lines_of(section, lines):
    """Return the lines that follow a section until one of its rank or above."""
    ends = SECTIONS if section.display_type == "line_subsection" else SECTIONS[:1]
    found = lines.browse()
    for line in lines[lines.ids.index(section.id) + 1 :]:
        if line.display_type in ends:
            break
        found += line
    return found
