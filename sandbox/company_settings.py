"""What can be chosen of a Fortnox company in the sandbox. The rules hold whatever is chosen."""

from datetime import date

PRESETS = {
    # What a real company may well have: prices with VAT, fees, its own terms, and old addresses.
    "hostile": {
        "vat_included": True,
        "administration_fee": 29.0,
        "freight": 49.0,
        "terms_of_payment": "30",
        "customer_address2": "c/o Gamla Adressen",
    },
    "friendly": {
        "vat_included": False,
        "administration_fee": 0.0,
        "freight": 0.0,
        "terms_of_payment": "30",
        "customer_address2": "",
    },
}
DEFAULTS = {
    "presets": "hostile",
    **PRESETS["hostile"],
    "accounting_method": "ACCRUAL",
    "financial_years": None,
    "locked_until": None,
    "round_to_kronor": False,
    "vat_rounding": "row",
    "payments_listed": True,
    "units": ["st", "h", "tim", "dag", "km", "m", "m2", "m3", "kg", "l", "förp", "par", "utl"],
    "terms": ["0", "5", "10", "14", "15", "20", "21", "30", "45", "60", "90", "AG", "K", "PF"],
    "accounts": [
        *(1510, 1513, 1580, 1910, 1920, 1930, 1940, 2440, 2611, 2621, 2631, 2641, 2811, 2890),
        *(3000, 3001, 3002, 3003, 3004, 3105, 3106, 3305, 3308, 3540, 3740, 6062, 6064),
    ],
    "inactive_accounts": [],
    "mandatory_project": False,
    "mandatory_cost_center": False,
    "payment_methods": [
        {"code": "BG", "account": 1930},
        {"code": "PG", "account": 1920},
        {"code": "K", "account": 1910},
    ],
}


def settings_of(company):
    """Return a company's settings; one from before there were any has the defaults."""
    return DEFAULTS | company.get("settings", {})


def changed(settings, asked):
    """Return `settings` with what is asked for; `presets` is a shortcut for five of them."""
    return settings | PRESETS.get(asked.get("presets"), {}) | asked


def year_of(settings, day):
    """Return the financial year of a day as a pair of dates, None if there is none."""
    years = settings["financial_years"]
    if years is None:
        return date(day.year, 1, 1), date(day.year, 12, 31)
    for year in years:
        first, last = map(date.fromisoformat, (year["from_date"], year["to_date"]))
        if first <= day <= last:
            return first, last
    return None
