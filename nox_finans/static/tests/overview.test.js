import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import {
    contains,
    defineModels,
    getService,
    models,
    mountWebClient,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";

const STEP = { model: "nox.finans.case", fees: 0 };
const STEPS = [
    { ...STEP, key: "ready", label: "Ready", count: 3, amount: 5000, model: "account.move" },
    {
        ...STEP,
        key: "refused",
        label: "Refused",
        count: 1,
        amount: 2,
        fees: 60,
        domain: [["a", "=", 1]],
    },
    { ...STEP, key: "paid", label: "Paid", count: 0, amount: 0 },
];
const RECOVERED = { ...STEP, label: "Recovered", share: 0.754, domain: [["b", "=", 2]] };

let recovered;

class Case extends models.Model {
    _name = "nox.finans.case";

    get_overview() {
        return { steps: STEPS, recovered, currency: 1 };
    }
}

defineMailModels();
defineModels([Case]);

beforeEach(() => {
    recovered = RECOVERED;
});

async function open() {
    await mountWebClient();
    await getService("action").doAction("nox_finans_overview");
}

const barOf = (key) => queryFirst(`tr[data-step=${key}] .progress-bar`);

test("each step with its count, amount and fees", async () => {
    await open();
    expect(queryAllTexts(".o_nox_finans_step_count")).toEqual(["3", "1", "0"]);
    expect(queryAllTexts("tr[data-step=refused] td.text-nowrap")).toEqual(["$ 2.00", "$ 60.00"]);
    expect(queryAllTexts("tr[data-step=ready] td.text-nowrap")).toEqual(["$ 5,000.00", ""]);
});

test("the bars compare amounts; what is there shows, be it ever so little", async () => {
    await open();
    expect(barOf("ready").style.width).toBe("100%");
    expect(barOf("refused").style.width).toBe("1%");
    expect(barOf("paid").style.width).toBe("0%");
});

test("a click opens what a step counts", async () => {
    await open();
    patchWithCleanup(getService("action"), { doAction: (action) => expect.step(action) });
    await contains("tr[data-step=refused]").click();
    await contains("tr[data-step=recovered]").click();
    const views = [
        [false, "list"],
        [false, "form"],
    ];
    const action = { type: "ir.actions.act_window", res_model: "nox.finans.case", views };
    expect.verifySteps([
        { ...action, name: "Refused", domain: [["a", "=", 1]] },
        { ...action, name: "Recovered", domain: [["b", "=", 2]] },
    ]);
});

test("the share recovered, once there is one", async () => {
    await open();
    expect("tr[data-step=recovered]").toHaveText(/75 %/);
});

test("no case is closed yet: nothing is said of a share", async () => {
    recovered = { ...RECOVERED, share: false };
    await open();
    expect("tr[data-step=recovered]").toHaveCount(0);
});
