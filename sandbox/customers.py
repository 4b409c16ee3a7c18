"""Customers' cards."""

from . import countries, rules
from .company_settings import settings_of
from .errors import ServiceError, not_found


class Customers:
    """The register of customers. A number once used stays reserved, also after a deletion."""

    def create_customer(self, company, values):
        rules.check_characters(values)
        settings, number = settings_of(company), values.get("CustomerNumber")
        number = number or self._next_customer_number(company)
        self.check_customer_number(company, number)
        presets = {
            "Address2": settings["customer_address2"],
            "ShowPriceVATIncluded": settings["vat_included"],
            "Type": "COMPANY",
            "VATType": "SEVAT",
            "Currency": "SEK",
        }
        given = rules.blanked(rules.given(values))
        return self._save_customer(company, presets | given | {"CustomerNumber": number})

    def _next_customer_number(self, company):
        company_id = company["company_id"]
        number = self.store.count_of_company("customer", company_id) + 1
        while self._is_used(company, number):
            number += 1
        return str(number)

    def _is_used(self, company, number):
        key = f"{company['company_id']}/{number}"
        return self.store.get("customer", key) or self.store.get("reserved", key)

    def check_customer_number(self, company, number):
        """Refuse a number that is or has been used, with the documented words."""
        key = f"{company['company_id']}/{number}"
        message = f"Kundnummer {number} används redan."
        if self.store.get("customer", key):
            raise ServiceError(message, 2000637)
        if self.store.get("reserved", key):
            raise ServiceError(
                f"{message} Kundnumret har redan använts men blivit raderat.", 2000637
            )

    def update_customer(self, company, number, values):
        rules.check_characters(values)
        customer = self.get_customer(company, number)
        given = rules.blanked(rules.given(values))
        return self._save_customer(company, customer | given | {"CustomerNumber": number})

    def find_customer(self, company, number):
        """Return a customer's card, None if there is none."""
        return self.store.get("customer", f"{company['company_id']}/{number}")

    def get_customer(self, company, number):
        customer = self.find_customer(company, number)
        if not customer:
            raise not_found("customer")
        return customer

    def delete_customer(self, company, number):
        customer = self.get_customer(company, number)
        key = f"{company['company_id']}/{customer['CustomerNumber']}"
        self.store.delete("customer", key)
        self.store.put("reserved", key, {"company_id": company["company_id"]})

    def _save_customer(self, company, customer):
        rules.check_customer(company, customer)
        for name in ("Country", "DeliveryCountry"):
            code = customer.get(f"{name}Code")
            customer[name] = countries.NAMES[code] if code else None
        customer["company_id"] = company["company_id"]
        key = f"{company['company_id']}/{customer['CustomerNumber']}"
        return self.store.put("customer", key, customer)
