import { Component } from "@odoo/owl";
import {
    deserializeDate,
    deserializeDateTime,
    toLocaleDateString,
    toLocaleDateTimeString,
} from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What has happened to a case, and greyed what comes next. */
export class CourseField extends Component {
    static template = "nox_finans.CourseField";
    static props = { ...standardFieldProps };

    get events() {
        return (this.props.record.data[this.props.name] || []).map((event, index) => ({
            ...event,
            index,
            when: this.format(event.date),
        }));
    }

    /** A moment is shown with its time, a planned day without. */
    format(date) {
        if (!date) {
            return "";
        }
        return date.includes(" ")
            ? toLocaleDateTimeString(deserializeDateTime(date))
            : toLocaleDateString(deserializeDate(date));
    }
}

registry.category("fields").add("nox_finans_course", {
    component: CourseField,
    supportedTypes: ["json"],
});
