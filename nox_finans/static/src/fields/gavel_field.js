import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const COLOURS = {
    running: "text-success",
    waiting: "text-info",
    paused: "text-warning",
    needs_you: "text-danger",
};

/** The content of a smart button: the gavel in its colour, with where the case stands as tooltip. */
export class GavelField extends Component {
    static template = "nox_finans.GavelField";
    static props = { ...standardFieldProps, messageField: { type: String, optional: true } };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get colour() {
        return COLOURS[this.value] || "text-muted";
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        return (selection.find(([value]) => value === this.value) || ["", ""])[1];
    }

    get tooltip() {
        const message = this.props.record.data[this.props.messageField];
        return message ? `${this.label}: ${message}` : this.label;
    }
}

registry.category("fields").add("nox_finans_gavel", {
    component: GavelField,
    supportedTypes: ["selection"],
    extractProps: ({ options }) => ({ messageField: options.message }),
});
