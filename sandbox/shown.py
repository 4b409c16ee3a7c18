"""How customers, invoices and cases are shown: the fields of recorded answers, in their forms."""

# What a card and an invoice show where nothing was given.
CARD = {
    **dict.fromkeys(
        (
            *("Address1", "Address2", "City", "Country", "Comments", "CostCenter", "CountryCode"),
            *("DeliveryAddress1", "DeliveryAddress2", "DeliveryCity", "DeliveryCountry"),
            *("DeliveryCountryCode", "DeliveryName", "DeliveryZipCode", "ExternalReference"),
            *("GLN", "GLNDelivery", "InvoiceAdministrationFee", "InvoiceDiscount"),
            *("InvoiceFreight", "Phone1", "Phone2", "SalesAccount", "ZipCode"),
        )
    ),
    **dict.fromkeys(
        (
            *("Email", "EmailInvoice", "EmailInvoiceBCC", "EmailInvoiceCC", "InvoiceRemark"),
            *("OrganisationNumber", "OurReference", "Project", "TermsOfDelivery"),
            *("TermsOfPayment", "VATNumber", "WayOfDelivery", "WWW", "YourReference"),
        ),
        "",
    ),
    "Active": True,
    "PriceList": "A",
    "DefaultDeliveryTypes": {"Invoice": "PRINT", "Order": "PRINT", "Offer": "PRINT"},
}
CARD_ROW = ("Address1", "Address2", "City", "CustomerNumber", "Email", "Name")
CARD_ROW += ("OrganisationNumber", "ZipCode")

INVOICE = {
    **dict.fromkeys(
        (
            *("Address1", "Address2", "City", "Comments", "CostCenter", "Country"),
            *("DeliveryAddress1", "DeliveryAddress2", "DeliveryCity", "DeliveryCountry"),
            *("DeliveryName", "DeliveryZipCode", "ExternalInvoiceReference1"),
            *("ExternalInvoiceReference2", "OrganisationNumber", "OurReference", "PaymentWay"),
            *("Phone1", "Phone2", "Project", "Remarks", "TermsOfDelivery", "TermsOfPayment"),
            *("WayOfDelivery", "YourOrderNumber", "YourReference", "ZipCode"),
        ),
        "",
    ),
    **dict.fromkeys(
        (
            *("AdministrationFee", "AdministrationFeeVAT", "Freight", "FreightVAT", "Gross"),
            *("Net", "RoundOff", "TotalVAT", "Reminders", "BasisTaxReduction"),
        ),
        0,
    ),
    **dict.fromkeys(
        (
            *("DeliveryDate", "FinalPayDate", "LastRemindDate", "TimeBasisReference"),
            *("VoucherNumber", "VoucherSeries", "VoucherYear", "OutboundDate"),
        )
    ),
    "AccountingMethod": "ACCRUAL",
    "ContractReference": "0",
    "CreditInvoiceReference": "0",
    "CurrencyRate": 1,
    "CurrencyUnit": 1,
    "EUQuarterlyReport": False,
    "InvoiceReference": "0",
    "Labels": [],
    "Language": "SV",
    "NotCompleted": False,
    "OfferReference": "0",
    "OrderReference": "0",
    "PriceList": "A",
    "PrintTemplate": "st",
    "TaxReductionType": "none",
    "VATIncluded": False,
    "WarehouseReady": True,
}
INVOICE_ROW = {
    **dict.fromkeys(("ArticleNumber", "CostCenter", "Description", "Project", "Unit"), ""),
    **dict.fromkeys(("HouseWorkHoursToReport", "HouseWorkType", "StockPointCode", "VATCode")),
    **dict.fromkeys(("Cost", "Discount", "Price", "PriceExcludingVAT"), 0),
    "ContributionPercent": "0",
    "ContributionValue": "0",
    "DeliveredQuantity": "0",
    "DiscountType": "PERCENT",
    "HouseWork": False,
    "VAT": 0,
}
EMAIL = {
    "EmailAddressFrom": None,
    "EmailAddressTo": "",
    "EmailAddressCC": None,
    "EmailAddressBCC": None,
    "EmailSubject": "Faktura {no} bifogas",
    "EmailBody": " ",
}
LISTED = (
    *("Balance", "Booked", "Cancelled", "Currency", "CustomerName", "CustomerNumber"),
    *("DocumentNumber", "DueDate", "InvoiceDate", "InvoiceType", "NoxFinans", "OCR", "Sent"),
    "Total",
)
LISTED_DEFAULTS = {
    **dict.fromkeys(
        (
            *("CostCenter", "ExternalInvoiceReference1", "ExternalInvoiceReference2"),
            *("WayOfDelivery", "TermsOfPayment", "Project"),
        ),
        "",
    ),
    **dict.fromkeys(("VoucherNumber", "VoucherSeries", "VoucherYear", "FinalPayDate")),
    "CurrencyRate": "1",
    "CurrencyUnit": 1,
}
# What the sandbox keeps for itself.
PRIVATE = ("company_id", "paid", "credited", "reported", "unbooked", "reduction", "has_vat")
PRIVATE += ("LastModified",)
SERVICE_NAMES = {"LEDGERBASE": "SERVICE_FULL", "REMINDER": "REMINDER_SERVICE"}


def public(document):
    return {name: value for name, value in document.items() if name not in PRIVATE}


def customer(base_url, card):
    url = f"{base_url}3/customers/{card['CustomerNumber']}"
    return {"@url": url} | CARD | public(card)


def customer_row(base_url, card):
    url = f"{base_url}3/customers/{card['CustomerNumber']}"
    shown = {name: card.get(name) or "" for name in CARD_ROW}
    return {"@url": url, "Phone": card.get("Phone1") or ""} | shown


def invoice(base_url, document):
    number, reduction = document["DocumentNumber"], document["reduction"]
    rows = [
        INVOICE_ROW | {"RowId": index} | row
        for index, row in enumerate(document["InvoiceRows"], start=1)
    ]
    work = sum(row.get("Total") or 0 for row in document["InvoiceRows"] if row.get("HouseWork"))
    return {
        "@url": f"{base_url}3/invoices/{number}",
        "@urlTaxReductionList": (
            f"{base_url}3/taxreductions?filter=invoices&referencenumber={number}"
        ),
        **INVOICE,
        "TotalToPay": document["Total"],
        **public(document),
        "BasisTaxReduction": work,
        "Credit": "true" if document["Total"] < 0 else "false",
        "EmailInformation": EMAIL | document.get("EmailInformation", {}),
        "HouseWork": any(row.get("HouseWork") for row in document["InvoiceRows"]),
        "InvoiceRows": rows,
        "TaxReduction": reduction or None,
    }


def invoice_row(base_url, document):
    url = f"{base_url}3/invoices/{document['DocumentNumber']}"
    shown = {name: document[name] for name in LISTED}
    chosen = {name: document.get(name, default) for name, default in LISTED_DEFAULTS.items()}
    return {"@url": url} | shown | chosen


def tax_reduction(base_url, values):
    url = f"{base_url}3/taxreductions/{values['Id']}"
    return {"@url": url, "ApprovedAmount": None, "RequestSent": None} | public(values)


def tax_reduction_row(base_url, values):
    names = ("CustomerName", "Id", "ReferenceDocumentType", "ReferenceNumber")
    names += ("SocialSecurityNumber",)
    url = f"{base_url}3/taxreductions/{values['Id']}"
    return {"@url": url, "ApprovedAmount": None} | {name: values[name] for name in names}


def case(service, case, company, base_url):
    """Return a case as the interface shows it: little until it is confirmed."""
    number = case["number"]
    shown = {
        "@url": f"{base_url}3/noxfinansinvoices/{number}",
        "InvoiceNumber": int(number),
        "Service": case["service"],
        "Status": case["status"],
    }
    if case["status"] in ("UNKNOWN", "NOT_AUTHORIZED"):
        return shown
    document = service.store.get("invoice", f"{company['company_id']}/{number}")
    balance = service.capital_balance(document)
    with_fees = round(balance + (case["fees"] if balance else 0), 2)
    return shown | {
        "OCRNumber": case["ocr"],
        "NextEvent": case["next_event"],
        "NextEventDate": case["next_event_date"],
        "CurrentCapitalBalance": balance,
        "CurrentCapitalBalanceCurrency": balance,
        "BalanceIncludeFees": with_fees,
        "BalanceIncludeFeesCurrency": with_fees,
        "InvoiceDocumentURL": f"{base_url}3/documents/{company['company_id']}/{number}",
        "ServiceName": SERVICE_NAMES[case["service"]],
    }


def document(case, invoice, company):
    """Return the lines of the document that the debtor gets."""
    # As it would be shown: what nobody has said of it is empty there.
    invoice = {**INVOICE, **invoice}
    address = [invoice[name] for name in ("CustomerName", "Address1", "Address2") if invoice[name]]
    rows = [
        f"{row['Description']}: {row.get('DeliveredQuantity') or 1} à {row['Price'] or 0:.2f} kr"
        for row in ({**INVOICE_ROW, **row} for row in invoice["InvoiceRows"])
    ]
    return [
        f"Faktura {invoice['ExternalInvoiceReference2'] or invoice['DocumentNumber']}",
        f"från {company['name']}",
        "",
        *address,
        f"{invoice['ZipCode']} {invoice['City']}",
        "",
        f"Fakturadatum {invoice['InvoiceDate']}, förfallodatum {invoice['DueDate']}",
        "",
        *rows,
        "",
        f"Att betala: {invoice['Balance']:.2f} kr",
        "Betalas till Nox Finans, bankgiro 999-9999 (ett exempel)",
        f"OCR-nummer: {case['ocr']}",
        "",
        "Ett exempel ur sandlådan: inget har skickats.",
    ]
