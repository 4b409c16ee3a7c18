"""Lists: the documented filters, searches by a part of a text, and pages."""

from .errors import INVALID_PARAMETER, ServiceError

DEFAULT_LIMIT, MAX_LIMIT = 100, 500
PAGING = {"page", "limit", "sortby", "sortorder"}

# The lists' searches and the fields that they look into, for a part of them and in any case.
CUSTOMER_SEARCHES = {
    "customernumber": "CustomerNumber",
    "organisationnumber": "OrganisationNumber",
    "email": "Email",
    "name": "Name",
    "zipcode": "ZipCode",
    "city": "City",
    "phone": "Phone1",
    "gln": "GLN",
}
INVOICE_SEARCHES = {
    "externalinvoicereference1": "ExternalInvoiceReference1",
    "externalinvoicereference2": "ExternalInvoiceReference2",
    "documentnumber": "DocumentNumber",
    "customernumber": "CustomerNumber",
    "ocr": "OCR",
    "customername": "CustomerName",
    "ourreference": "OurReference",
    "yourreference": "YourReference",
    "yourordernumber": "YourOrderNumber",
    "currency": "Currency",
    "invoicetype": "InvoiceType",
}
INVOICE_FLAGS = {"sent": "Sent", "notcompleted": "NotCompleted"}
INVOICE_SORTS = {
    "customername": "CustomerName",
    "customernumber": "CustomerNumber",
    "documentnumber": "DocumentNumber",
    "invoicedate": "InvoiceDate",
    "ocr": "OCR",
    "total": "Total",
}
CUSTOMER_FILTERS = {
    "active": lambda row, _today: row.get("Active", True),
    "inactive": lambda row, _today: not row.get("Active", True),
}
INVOICE_FILTERS = {
    "cancelled": lambda row, _today: row["Cancelled"],
    "fullypaid": lambda row, _today: row["Balance"] == 0,
    "unpaid": lambda row, _today: row["Balance"] > 0,
    "unpaidoverdue": lambda row, today: row["Balance"] > 0 and row["DueDate"] < today,
    "unbooked": lambda row, _today: not row["Booked"],
}


def check_parameters(query, known):
    """Refuse a parameter that the list does not have, with the documented words."""
    for name in query:
        if name not in known and name not in PAGING:
            raise ServiceError("Ogiltig parameter i anropet.", INVALID_PARAMETER)


def get_filter(query, filters):
    name = query.get("filter")
    if not name:
        return None
    if name not in filters:
        raise ServiceError("Ett ogiltigt filter har använts.", 2000587)
    return filters[name]


def find_customers(service, company, query):
    check_parameters(query, {*CUSTOMER_SEARCHES, "filter"})
    rows = find(service.store, "customer", company, CUSTOMER_SEARCHES, query)
    keep = get_filter(query, CUSTOMER_FILTERS)
    return [row for row in rows if keep(row, None)] if keep else rows


def find_invoices(service, company, query):
    known = {*INVOICE_SEARCHES, *INVOICE_FLAGS, "filter", "lastmodified", "fromdate", "todate"}
    check_parameters(query, known)
    keep = get_filter(query, INVOICE_FILTERS)
    since = query.get("lastmodified")
    if since:
        service.receive_due_payments(company["company_id"])
    rows = find(service.store, "invoice", company, INVOICE_SEARCHES, query, since)
    for name, field in INVOICE_FLAGS.items():
        if wanted := query.get(name):
            rows = [row for row in rows if str(bool(row.get(field))).lower() == wanted]
    if first := query.get("fromdate"):
        rows = [row for row in rows if row["InvoiceDate"] >= first]
    if last := query.get("todate"):
        rows = [row for row in rows if row["InvoiceDate"] <= last]
    if keep:
        today = service.today().isoformat()
        rows = [row for row in rows if keep(row, today)]
    if field := INVOICE_SORTS.get(query.get("sortby")):
        is_descending = query.get("sortorder") == "descending"
        rows = sorted(rows, key=lambda row: row.get(field) or "", reverse=is_descending)
    return rows


def find(store, kind, company, searches, query, since=None):
    """Return the company's documents that the searches leave, of those modified `since`."""
    company_id = company["company_id"]
    asked = {field: query[name] for name, field in searches.items() if query.get(name)}
    indexed = [field for field in asked if store.is_indexed(kind, field)]
    if indexed:
        rows = store.find_containing(kind, company_id, indexed[0], asked[indexed[0]])
    elif since:
        rows = store.find_since(kind, company_id, "LastModified", since)
        rows.sort(key=lambda row: int(row["DocumentNumber"]))
    else:
        rows = store.of_company(kind, company_id)
    return [
        row
        for row in rows
        if all(_contains(row, field, part) for field, part in asked.items())
        and (not since or row["LastModified"] >= since)
    ]


def _contains(row, field, part):
    return part.casefold() in str(row.get(field) or "").casefold()


def page(wrapper, rows, request, show):
    """Return one page of a list with the documented MetaInformation, each row as `show` has it."""
    try:
        number = int(request.query_params.get("page", 1))
        limit = int(request.query_params.get("limit", DEFAULT_LIMIT))
    except ValueError as error:
        raise ServiceError("Värdet måste vara numeriskt (page, limit)", 2000108) from error
    if number < 1 or not 1 <= limit <= MAX_LIMIT:
        raise ServiceError("Ogiltig parameter i anropet.", INVALID_PARAMETER)
    return {
        "MetaInformation": {
            "@TotalResources": len(rows),
            "@TotalPages": max(-(-len(rows) // limit), 1),
            "@CurrentPage": number,
        },
        wrapper: [show(row) for row in rows[(number - 1) * limit : number * limit]],
    }
