import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryText } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    getFacetTexts,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

const BANNERS = [
    { company: "Bolaget", environment: "sandbox", label: "Sandbox", message: "" },
    { company: "Filialen", environment: "sandbox", label: "Sandbox", message: "Not connected." },
];

class Invoice extends models.Model {
    _name = "invoice";

    partner = fields.Char();
    name = fields.Char();
    nox_finans_reasons = fields.Char();
    nox_finans_status = fields.Selection({
        selection: [
            ["approved", "Approved"],
            ["warning", "Approved with warning"],
            ["rejected", "Rejected"],
        ],
    });
    hidden = fields.Boolean();
    is_sent = fields.Boolean();

    _records = [
        { id: 1, name: "INV/1", nox_finans_status: "approved" },
        { id: 2, name: "INV/2", nox_finans_status: "approved", is_sent: true },
        { id: 3, name: "INV/3", nox_finans_status: "rejected" },
        { id: 4, name: "INV/4", nox_finans_status: "rejected", hidden: true },
    ];
    _views = {
        list: /* xml */ `
            <list js_class="nox_finans_selection">
                <field name="partner" />
                <field name="name" />
                <field name="nox_finans_reasons" />
            </list>`,
        search: /* xml */ `
            <search>
                <filter name="nox_finans_approved" string="Green" domain="[('nox_finans_status', '=', 'approved')]" />
                <filter name="nox_finans_warning" string="Yellow" domain="[('nox_finans_status', '=', 'warning')]" />
                <filter name="nox_finans_rejected" string="Red" domain="[('nox_finans_status', '=', 'rejected')]" />
                <separator />
                <filter name="nox_finans_filter_all" string="All" domain="[('hidden', '=', False)]" />
                <filter name="nox_finans_filter_not_sent" string="Not sent" domain="[('hidden', '=', False), ('is_sent', '=', False)]" />
                <filter name="nox_finans_filter_hidden" string="Hidden" domain="[('hidden', '=', True)]" />
            </search>`,
    };
}

class Connector extends models.Model {
    _name = "nox.finans.connector";

    get_sending_banners() {
        return BANNERS;
    }
}

defineMailModels();
defineModels([Invoice, Connector]);

async function open(params = {}) {
    await mountView({
        type: "list",
        resModel: "invoice",
        context: { search_default_nox_finans_filter_all: 1 },
        ...params,
    });
    // The counters are loaded once the list is there.
    await animationFrame();
}

const counts = () => queryAllTexts(".o_nox_finans_count");
const names = () => queryAllTexts(".o_data_row td[name=name]");

/** Choose in the menu of the invoice filter. */
async function choose(name) {
    await contains(".o_nox_finans_filter").click();
    await contains(`.o-dropdown-item[data-filter=${name}]`).click();
}

test("counters say how many of each colour there are, whichever is chosen", async () => {
    await open();
    expect(counts()).toEqual(["2", "0", "1"]);

    await contains(".o_nox_finans_counter[data-status=rejected]").click();
    expect(names()).toEqual(["INV/3"]);
    expect(counts()).toEqual(["2", "0", "1"]);
    expect(".o_nox_finans_counter[aria-pressed=true]").toHaveAttribute("data-status", "rejected");
});

test("one colour takes another's place, and a second click shows all again", async () => {
    await open();
    await contains(".o_nox_finans_counter[data-status=rejected]").click();
    await contains(".o_nox_finans_counter[data-status=approved]").click();
    expect(names()).toEqual(["INV/1", "INV/2"]);

    await contains(".o_nox_finans_counter[data-status=approved]").click();
    expect(names()).toEqual(["INV/1", "INV/2", "INV/3"]);
    expect(".o_nox_finans_counter[aria-pressed=true]").toHaveCount(0);
});

test("the list loads once when two filters are switched", async () => {
    onRpc("invoice", "web_search_read", ({ kwargs }) => expect.step(kwargs.domain));
    await open();
    expect.verifySteps([[["hidden", "=", false]]]);

    await choose("hidden");
    await animationFrame();
    expect.verifySteps([[["hidden", "=", true]]]);
    expect(names()).toEqual(["INV/4"]);
    expect(counts()).toEqual(["0", "0", "1"]);
});

test.tags("desktop");
test("the invoice filter shows in the search bar, and what is chosen stays chosen", async () => {
    await open();
    expect(queryText(".o_nox_finans_filter")).toBe("All");
    await choose("not_sent");
    expect(getFacetTexts()).toEqual(["Not sent"]);
    expect(queryText(".o_nox_finans_filter")).toBe("Not printed or sent before");
    expect(names()).toEqual(["INV/1", "INV/3"]);

    await choose("not_sent");
    expect(getFacetTexts()).toEqual(["Not sent"]);
});

test("without an invoice filter both are shown", async () => {
    await open({ context: {} });
    expect(queryText(".o_nox_finans_filter")).toBe("All and hidden");
    expect(counts()).toEqual(["2", "0", "2"]);
});

test("what the action is about is counted too", async () => {
    await open({ domain: [["is_sent", "=", true]] });
    expect(counts()).toEqual(["1", "0", "0"]);
});

test("where invoices go to, and whose connection is in trouble", async () => {
    await open();
    expect(queryAllTexts(".o_nox_finans_environment")).toEqual(["Sandbox"]);
    expect(queryAllTexts(".o_nox_finans_banner")).toEqual(["Filialen: Not connected."]);
});

test("of one company alone the name is not said", async () => {
    onRpc("nox.finans.connector", "get_sending_banners", () => [BANNERS[1]]);
    await open();
    expect(queryAllTexts(".o_nox_finans_banner")).toEqual(["Not connected."]);
});

const headings = () => queryAllTexts("th[data-name]");

test.tags("desktop");
test("on a wide screen the columns stand as in the view", async () => {
    await open();
    expect(headings()).toEqual(["Partner", "Name", "Nox finans reasons"]);
});

test.tags("mobile");
test("on a narrow screen number and reason come first", async () => {
    await open();
    expect(headings()).toEqual(["Name", "Nox finans reasons", "Partner"]);
});
