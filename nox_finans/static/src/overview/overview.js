import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** The way of the invoices from ready to paid, each step a click away. */
export class NoxFinansOverview extends Component {
    static template = "nox_finans.Overview";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ steps: [], recovered: {} });
        onWillStart(() => this.load());
    }

    async load() {
        const { steps, recovered, currency } = await this.orm.call(
            "nox.finans.case",
            "get_overview",
            []
        );
        this.currency = currency;
        Object.assign(this.state, { steps, recovered });
    }

    get largest() {
        return Math.max(1, ...this.state.steps.map((step) => step.amount));
    }

    width(step) {
        // What is there shows, be it ever so little.
        const least = step.count ? 1 : 0;
        return `width: ${Math.max(least, (100 * step.amount) / this.largest)}%`;
    }

    format(amount) {
        return formatMonetary(amount, { currencyId: this.currency });
    }

    percent(share) {
        return `${Math.round(100 * share)} %`;
    }

    open(step) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: step.label,
            res_model: step.model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: step.domain,
        });
    }
}

registry.category("actions").add("nox_finans_overview", NoxFinansOverview);
