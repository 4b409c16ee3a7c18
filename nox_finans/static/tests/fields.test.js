import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryFirst, queryText, waitFor } from "@odoo/hoot-dom";
import { mockTimeZone } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
} from "@web/../tests/web_test_helpers";

class Customer extends models.Model {
    _name = "customer";

    name = fields.Char();

    _records = [{ id: 7, name: "Kunden AB" }];
}

class Thing extends models.Model {
    _name = "thing";

    course = fields.Json();
    snapshot = fields.Json();
    reasons = fields.Json();
    reason_text = fields.Text();
    gavel = fields.Selection({
        selection: [
            ["running", "Nox Finans handles it"],
            ["needs_you", "Needs you"],
            ["closed", "Closed"],
        ],
    });
    message = fields.Char();
    partner_id = fields.Many2one({ relation: "customer" });
    not_ready = fields.Char();
}

defineMailModels();
defineModels([Customer, Thing]);

/** Open a form with these fields' values in it. */
function open(arch, values) {
    Thing._records = [{ id: 1, ...values }];
    return mountView({ type: "form", resModel: "thing", resId: 1, arch: `<form>${arch}</form>` });
}

describe("course", () => {
    const ARCH = `<field name="course" widget="nox_finans_course" />`;

    test("a moment has its time, a planned day has none", async () => {
        mockTimeZone(+1);
        await open(ARCH, {
            course: [
                { date: "2025-01-31 23:30:00", label: "Sent", is_done: true },
                { date: "2025-02-10", label: "Reminder", is_done: false },
                { date: false, label: "Debt collection", is_done: false },
            ],
        });
        expect(queryAllTexts(".o_nox_finans_when")).toEqual([
            "Feb 1, 2025, 12:30 AM",
            "Feb 10, 2025",
            "",
        ]);
        expect(queryAllTexts(".o_nox_finans_course li span:last-child")).toEqual([
            "Sent",
            "Reminder",
            "Debt collection",
        ]);
        expect(".o_nox_finans_course li.text-muted").toHaveCount(2);
        expect(".o_nox_finans_course .fa-check-circle").toHaveCount(1);
    });

    test("nothing has happened yet", async () => {
        await open(ARCH, { course: false });
        expect(".o_nox_finans_course").toHaveCount(1);
        expect(".o_nox_finans_course li").toHaveCount(0);
    });
});

describe("gavel", () => {
    const ARCH = `
        <field name="message" invisible="1" />
        <field name="gavel" widget="nox_finans_gavel" options="{'message': 'message'}" />`;

    test("colour, and the message as tooltip", async () => {
        await open(ARCH, { gavel: "needs_you", message: "Refused: no address." });
        expect(".o_nox_finans_gavel").toHaveAttribute("title", "Needs you: Refused: no address.");
        expect(".o_nox_finans_gavel .fa-gavel").toHaveClass("text-danger");
        expect(queryText(".o_stat_value")).toBe("Needs you");
    });

    test("without a message", async () => {
        await open(ARCH, { gavel: "running" });
        expect(".o_nox_finans_gavel").toHaveAttribute("title", "Nox Finans handles it");
        expect(".o_nox_finans_gavel .fa-gavel").toHaveClass("text-success");
    });

    test("what needs nobody is grey, and so is nothing", async () => {
        await open(ARCH, { gavel: "closed" });
        expect(".o_nox_finans_gavel .fa-gavel").toHaveClass("text-muted");
    });

    test("no case", async () => {
        await open(ARCH, { gavel: false });
        expect(".o_nox_finans_gavel .fa-gavel").toHaveClass("text-muted");
        expect(queryText(".o_stat_value")).toBe("");
    });
});

describe("reasons", () => {
    const ARCH = `
        <field name="reasons" widget="nox_finans_reasons" />
        <notebook>
            <page name="lines" string="Lines"><field name="partner_id" /></page>
            <page name="nox_finans" string="Nox Finans"><field name="not_ready" /></page>
        </notebook>`;
    const OF_PAGE = { code: "not_ready", message: "Not ready.", field: "thing.not_ready" };
    const OF_CUSTOMER = { code: "address", message: "No address.", field: "res.partner.zip" };
    const focused = (name) => `.o_field_widget[name=${name}] input:focus`;
    const link = (code) => contains(`.o_nox_finans_reason_links a[data-code=${code}]`);

    test("each reason is a link", async () => {
        await open(ARCH, { reasons: [OF_PAGE, OF_CUSTOMER] });
        expect(queryAllTexts(".o_nox_finans_reason_links a")).toEqual([
            "Not ready.",
            "No address.",
        ]);
    });

    test("a click brings the field into view, on its page", async () => {
        await open(ARCH, { reasons: [OF_PAGE] });
        expect(".o_field_widget[name=not_ready]").toHaveCount(0);
        await link("not_ready").click();
        await waitFor(focused("not_ready"));
        expect(queryFirst(".nav-link.active")).toHaveText("Nox Finans");
    });

    test("the customer's field is mended on the customer", async () => {
        mockService("action", { doAction: (action) => expect.step(action) });
        await open(ARCH, { reasons: [OF_CUSTOMER], partner_id: 7 });
        await link("address").click();
        expect.verifySteps([
            {
                type: "ir.actions.act_window",
                res_model: "res.partner",
                res_id: 7,
                views: [[false, "form"]],
            },
        ]);
    });

    test("without a customer, the customer is what is missing", async () => {
        await open(ARCH, { reasons: [OF_CUSTOMER] });
        await link("address").click();
        await waitFor(focused("partner_id"));
        expect(".nav-link.active").toHaveText("Lines");
    });

    test("in a list the column stays wide enough to be read", async () => {
        Thing._records = [{ id: 1, reason_text: "No address." }];
        await mountView({
            type: "list",
            resModel: "thing",
            arch: `<list><field name="reason_text" widget="nox_finans_reason_text" /></list>`,
        });
        expect(queryFirst("th[data-name=reason_text]").offsetWidth).toBeGreaterThan(259);
    });
});

describe("snapshot", () => {
    const ARCH = `<field name="snapshot" widget="nox_finans_snapshot" />`;

    test("customer, dates and rows as they were sent", async () => {
        await open(ARCH, {
            snapshot: {
                customer: { Name: "Kunden AB", ZipCode: "111 22", City: "Stockholm" },
                invoice: {
                    InvoiceDate: "2025-01-31",
                    DueDate: "2025-03-02",
                    InvoiceRows: [
                        {
                            Description: "Work",
                            DeliveredQuantity: "2.5",
                            Unit: "h",
                            Price: 1234.5,
                            Discount: 10,
                            VAT: 25,
                        },
                        { Description: "A text alone" },
                    ],
                },
            },
        });
        expect(".o_nox_finans_snapshot").toHaveText(/Kunden AB\s+111 22 Stockholm/);
        expect(".o_nox_finans_snapshot").toHaveText(/Invoice date: Jan 31, 2025/);
        expect(".o_nox_finans_snapshot").toHaveText(/Due date: Mar 2, 2025/);
        expect(queryAllTexts(".o_nox_finans_snapshot tbody tr:first-child td")).toEqual([
            "Work",
            "2.5 h",
            "1,234.50",
            "10",
            "25",
        ]);
        expect(".o_nox_finans_snapshot tbody tr").toHaveCount(2);
    });

    test("nothing has been sent yet", async () => {
        await open(ARCH, { snapshot: false });
        expect(".o_nox_finans_snapshot").toHaveCount(1);
        expect(".o_nox_finans_snapshot table").toHaveCount(0);
    });
});
