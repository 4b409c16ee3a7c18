import { Component } from "@odoo/owl";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Customer and invoice as the service got them. */
export class SnapshotField extends Component {
    static template = "nox_finans.SnapshotField";
    static props = { ...standardFieldProps };

    get customer() {
        return this.sent.customer || {};
    }

    get invoice() {
        return this.sent.invoice || {};
    }

    get rows() {
        return (this.invoice.InvoiceRows || []).map((row, index) => ({ ...row, index }));
    }

    get sent() {
        return this.props.record.data[this.props.name] || {};
    }

    formatDay(day) {
        return day ? toLocaleDateString(deserializeDate(day)) : "";
    }

    formatAmount(amount) {
        return formatFloat(amount, { digits: [16, 2] });
    }

    join(...parts) {
        return parts.filter(Boolean).join(" ");
    }
}

registry.category("fields").add("nox_finans_snapshot", {
    component: SnapshotField,
    supportedTypes: ["json"],
});
