"""More companies in one database, for tests and measurements. Run in Odoo's environment."""

from odoo import Command


def make_company(env, name):
    """Return a new Swedish company that sends all its invoices, once it is connected."""
    sek = env.ref("base.SEK")
    sek.active = True
    # Without a country: for the first company of a country Odoo goes on to install what there is
    # for it (for Sweden Peppol), in the middle of this. See tests/test_neighbours.py.
    company = env["res.company"].create({"name": name, "currency_id": sek.id})
    env.user.company_ids += company
    company = company.with_context(allowed_company_ids=company.ids)
    company.env["account.chart.template"].try_loading("se", company, install_demo=False)
    company._get_nox_finans_connector().default_service = "invoice"
    return company


def queue_invoices(company, count):
    """Let a company send so many new invoices to one customer of its own."""
    env = company.with_context(allowed_company_ids=company.ids).env
    customer = env["res.partner"].create(
        {
            "name": "Kund AB",
            "is_company": True,
            "street": "Gatan 1",
            "zip": "111 22",
            "city": "Stockholm",
            "company_registry": "556700-0111",
            "company_id": company.id,
        }
    )
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "company_id": company.id,
                "invoice_line_ids": [
                    Command.create({"name": f"Work {number}", "price_unit": 100 + number})
                ],
            }
            for number in range(count)
        ]
    )
    moves.action_post()
    cases, left_out = moves._nox_finans_queue()
    assert len(cases) == count, list(left_out.values())
