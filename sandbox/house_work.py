"""House work: what its rows must say, and the tax reductions of its persons."""

from . import rules
from .errors import ServiceError, not_found

OTHER = "OTHERCOSTS"
ENDED = ("COOKING", "TUTORING")
MAX_HOURS = 999
WORK = {
    "rot": {
        *("CONSTRUCTION", "ELECTRICITY", "GLASSMETALWORK", "GROUNDDRAINAGEWORK", "MASONRY"),
        *("PAINTINGWALLPAPERING", "HVAC"),
    },
    "rut": {
        *("CLEANING", "TEXTILECLOTHING", "SNOWPLOWING", "GARDENING", "BABYSITTING", "OTHERCARE"),
        *("MOVINGSERVICES", "ITSERVICES", "MAJORAPPLIANCEREPAIR", "FURNISHING"),
        *("HOMEMAINTENANCE", "TRANSPORTATIONSERVICES", "WASHINGANDCAREOFCLOTHING"),
    },
    "green": {
        *("SOLARCELLS", "STORAGESELFPRODUCEDELECTRICITY", "CHARGINGSTATIONELECTRICVEHICLE"),
    },
}
# The kinds that are of a property, by its designation or by a flat's number.
WITH_PROPERTY = ("rot", "green")


def kind_of(invoice):
    kind = invoice.get("TaxReductionType")
    return kind if kind in WORK else None


def check_rows(invoice):
    """Refuse rows that do not fit the invoice's kind of tax reduction."""
    kind, rows = kind_of(invoice), invoice["InvoiceRows"]
    if not kind:
        check_no_house_work(rows)
        return
    check_currency(invoice)
    for row in rows:
        check_row_type(kind, row)
        check_hours(row)
    check_some_work(rows)


def check_no_house_work(rows):
    if any(row.get("HouseWork") or row.get("HouseWorkType") for row in rows):
        raise ServiceError(
            "Dokument utan angiven skattereduktionstyp får inte innehålla artikelrader markerade"
            " som husarbete."
        )


def check_currency(invoice):
    if invoice["Currency"] != "SEK":
        raise ServiceError("En faktura med husarbete måste vara i SEK.")


def check_row_type(kind, row):
    work = row.get("HouseWorkType")
    if not work:
        raise ServiceError("Typ av husarbete måste anges på alla rader.")
    if work in ENDED:
        raise ServiceError("Skattereduktion för den valda typen av husarbete har upphört.", 2003157)
    if work == OTHER:
        if row.get("HouseWork"):
            raise ServiceError(
                "Kan inte sätta typen övrig kostnad på en rad markerad som husarbete.", 2002980
            )
    elif work not in WORK[kind]:
        raise ServiceError(
            f"Dokument med skattereduktionstypen '{kind}' får inte innehålla rader med"
            f" husarbetestypen '{work}'.",
            2004021,
        )
    elif not row.get("HouseWork"):
        raise ServiceError(f"En rad utan husarbete måste ha typen {OTHER}.")


def check_hours(row):
    hours = row.get("HouseWorkHoursToReport")
    if row.get("HouseWork") and hours is None and row["HouseWorkType"] not in WORK["green"]:
        raise ServiceError("Antal timmar måste anges på rader med husarbete.")
    if hours is not None and not 0 <= hours <= MAX_HOURS:
        raise ServiceError(f"Antal timmar får vara högst {MAX_HOURS}.")


def check_some_work(rows):
    if not any(row.get("HouseWork") for row in rows):
        raise ServiceError("Minst en rad måste vara husarbete.")


def check_person(values):
    number = values.get("SocialSecurityNumber") or ""
    if not 10 <= len(number) <= 13:
        raise ServiceError("Personnummer måste anges med 10 till 13 tecken.")


def check_property(kind, values):
    """Refuse what is done to a property and does not say to which.

    Our assumption: refused as it is asked for; a flat's number stands in the same field, since
    there is no other, and its housing association beside it.
    """
    designation = rules.blanked(values.get("PropertyDesignation") or "").strip()
    if kind in WITH_PROPERTY and not designation:
        raise ServiceError("Fastighetsbeteckning eller lägenhetsnummer måste anges.")


def check_asked_amount(amount):
    if amount is None:
        raise ServiceError("Begärt belopp saknas.", 2001392)
    if amount < 0:
        raise ServiceError("Begärd skattereduktion får inte vara negativ.", 2004217)
    if amount != int(amount):
        raise ServiceError("Begärd skattereduktion måste vara ett heltal.", 2004218)


def check_green_amounts(amounts):
    """Refuse a green reduction without its amounts, or with one that lacks kind or sum."""
    if not amounts:
        raise ServiceError("TaxReductionAmounts måste anges för grön teknik.", 2004262)
    for part in amounts:
        if part.get("WorkType") not in WORK["green"] or part.get("AskedAmount") is None:
            raise ServiceError("WorkType och AskedAmount måste anges för grön teknik.", 2004263)
        check_asked_amount(part["AskedAmount"])


def check_not_asked_before(values, others):
    if _person(values) in map(_person, others):
        raise ServiceError("Personnumret används redan på dokumentet.", 2000600)


def _person(values):
    return "".join(filter(str.isdigit, values["SocialSecurityNumber"]))[-10:]


class TaxReductions:
    """The persons' tax reductions, each a sum that their invoice's customer does not pay."""

    def create_tax_reduction(self, company, values):
        rules.check_characters(values)
        check_person(values)
        invoice = self.get_invoice(company, values["ReferenceNumber"])
        self.check_changeable(invoice)
        kind = kind_of(invoice)
        if not kind:
            raise ServiceError("Fakturan har ingen skattereduktionstyp.")
        if kind == "green":
            check_green_amounts(values.get("TaxReductionAmounts"))
            asked = sum(part["AskedAmount"] for part in values["TaxReductionAmounts"])
            values["AskedAmount"] = asked
        check_asked_amount(values.get("AskedAmount"))
        check_property(kind, values)
        others = self.tax_reductions_of(company, values["ReferenceNumber"])
        check_not_asked_before(values, others)
        invoice["reduction"] = float(invoice["reduction"] + values["AskedAmount"])
        self.keep_invoice(invoice)
        return self._save_reduction(company, values | {"TypeOfReduction": kind.upper()})

    def _save_reduction(self, company, values):
        company_id = company["company_id"]
        number = str(self.store.count_of_company("reduction", company_id) + 1)
        values = values | {"Id": number, "company_id": company_id}
        return self.store.put("reduction", f"{company_id}/{number}", values)

    def tax_reductions_of(self, company, number=None):
        """Return the reductions of one invoice, or all of the company."""
        if number is None:
            return self.store.of_company("reduction", company["company_id"])
        return self.store.find("reduction", company["company_id"], "ReferenceNumber", number)

    def get_tax_reduction(self, company, number):
        reduction = self.store.get("reduction", f"{company['company_id']}/{number}")
        if not reduction:
            raise not_found("skattereduktionen")
        return reduction
