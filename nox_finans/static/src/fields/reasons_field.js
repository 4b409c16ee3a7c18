import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { listTextField } from "@web/views/fields/text/text_field";

const MAX_FRAMES = 60;

/** The reasons why an invoice is yellow or red, each a link to the field to mend. */
export class ReasonsField extends Component {
    static template = "nox_finans.ReasonsField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get reasons() {
        return this.props.record.data[this.props.name] || [];
    }

    async onClick({ field }) {
        const model = field.slice(0, field.lastIndexOf("."));
        const name = field.slice(model.length + 1);
        if (model === "res.partner") {
            await this.openCustomer();
        } else {
            await this.showField(name);
        }
    }

    async openCustomer() {
        const partner = this.props.record.data.partner_id;
        if (!partner) {
            await this.showField("partner_id");
            return;
        }
        await this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: partner.id,
            views: [[false, "form"]],
        });
    }

    /** Bring the field into view, on whichever page of the form it is, and put the cursor in it. */
    async showField(name) {
        const form = document.querySelector(".o_form_view");
        const find = () => form.querySelector(`.o_field_widget[name="${name}"]`);
        if (!find()) {
            form.querySelector('.o_notebook .nav-link[name="nox_finans"]')?.click();
        }
        // The page is there some frames after the click on its tab.
        for (let frame = 0; frame < MAX_FRAMES && !find(); frame++) {
            await new Promise(requestAnimationFrame);
        }
        const field = find();
        field?.scrollIntoView({ block: "center" });
        field?.querySelector("input, select, textarea, a")?.focus();
    }
}

registry.category("fields").add("nox_finans_reasons", {
    component: ReasonsField,
    supportedTypes: ["json"],
});

/** The reasons in a list: the column stays wide enough to be read, also on a narrow screen. */
registry.category("fields").add("nox_finans_reason_text", {
    ...listTextField,
    listViewWidth: [260],
});
