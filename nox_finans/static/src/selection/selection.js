import { Component, onWillStart, useEffect, useState } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

const STATUSES = ["approved", "warning", "rejected"];
const INVOICE_FILTERS = ["all", "not_sent", "hidden"];
const FIRST_WHEN_SMALL = ["name", "nox_finans_reasons"];
const statusFilter = (status) => `nox_finans_${status}`;
const invoiceFilter = (name) => `nox_finans_filter_${name}`;

/**
 * The three counters above the selection, each a click to filter, and the invoice filter.
 * Both only switch filters of the search view, so that the search bar always tells what is shown.
 */
export class SelectionBar extends Component {
    static template = "nox_finans.SelectionBar";
    static components = { Dropdown, DropdownItem };
    static props = { list: Object };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ counts: {}, banners: [] });
        onWillStart(() => this.loadBanners());
        // The list hands over new records whenever it has loaded: then the counts are stale too.
        useEffect(
            () => {
                this.loadCounts();
            },
            () => [this.props.list.records, this.props.list.groups]
        );
    }

    get statuses() {
        const labels = {
            approved: [_t("Approved"), "text-bg-success", "fa-check"],
            warning: [_t("Approved with warning"), "text-bg-warning", "fa-exclamation-triangle"],
            rejected: [_t("Rejected"), "text-bg-danger", "fa-ban"],
        };
        return STATUSES.map((status) => {
            const [label, color, icon] = labels[status];
            const count = this.state.counts[status];
            return {
                status,
                label,
                color,
                icon,
                count,
                active: this.isActive(statusFilter(status)),
            };
        });
    }

    get invoiceFilters() {
        const labels = {
            all: _t("All"),
            not_sent: _t("Not printed or sent before"),
            hidden: _t("Hidden"),
        };
        return INVOICE_FILTERS.map((name) => ({
            name,
            label: labels[name],
            active: this.isActive(invoiceFilter(name)),
        }));
    }

    get invoiceFilterLabel() {
        return this.invoiceFilters.find((filter) => filter.active)?.label || _t("All and hidden");
    }

    /** What the list shows, were it not for the colour: a counter says what a click on it shows. */
    get countedDomain() {
        const { searchModel } = this.env;
        const domains = searchModel.facets
            .filter((facet) => facet.domain && !this.isOfStatusOnly(facet))
            .map((facet) => facet.domain);
        return Domain.and([searchModel.globalDomain, ...domains]).toList(
            searchModel.domainEvalContext
        );
    }

    isOfStatusOnly({ groupId }) {
        const active = this.env.searchModel.getSearchItems(
            (item) => item.isActive && item.groupId === groupId
        );
        const names = STATUSES.map(statusFilter);
        return active.length > 0 && active.every(({ name }) => names.includes(name));
    }

    item(name) {
        return this.env.searchModel.getSearchItems((item) => item.name === name)[0];
    }

    isActive(name) {
        return Boolean(this.item(name)?.isActive);
    }

    /** Where invoices go to from here, and what keeps them from going. */
    async loadBanners() {
        this.state.banners = await this.orm.call("nox.finans.connector", "get_sending_banners", []);
    }

    get environments() {
        const labels = Object.fromEntries(
            this.state.banners.map((banner) => [banner.environment, banner.label])
        );
        return Object.entries(labels).map(([environment, label]) => ({ environment, label }));
    }

    get messages() {
        const banners = this.state.banners.filter((banner) => banner.message);
        const several = this.state.banners.length > 1;
        return banners.map(({ company, message }) =>
            several ? `${company}: ${message}` : message
        );
    }

    async loadCounts() {
        const groups = await this.keepLast.add(
            this.orm.formattedReadGroup(
                this.props.list.resModel,
                this.countedDomain,
                ["nox_finans_status"],
                ["__count"]
            )
        );
        this.state.counts = Object.fromEntries(
            STATUSES.map((status) => {
                const group = groups.find((group) => group.nox_finans_status === status);
                return [status, group ? group.__count : 0];
            })
        );
    }

    onStatusClick(status) {
        this.switchTo(STATUSES.map(statusFilter), statusFilter(status));
    }

    onInvoiceFilterSelected(name) {
        if (!this.isActive(invoiceFilter(name))) {
            this.switchTo(INVOICE_FILTERS.map(invoiceFilter), invoiceFilter(name));
        }
    }

    /** Switch off the active ones of `names`, and switch `wanted` over. */
    switchTo(names, wanted) {
        const { searchModel } = this.env;
        const toggled = names.filter((name) => name === wanted || this.isActive(name));
        // All in one go: the list loads once, when all are switched.
        for (const { id } of toggled.map((name) => this.item(name))) {
            searchModel.toggleSearchItem(id);
        }
    }
}

export class SelectionRenderer extends ListRenderer {
    static template = "nox_finans.SelectionRenderer";
    static components = { ...ListRenderer.components, SelectionBar };

    /** On a narrow screen the reason comes right after the number; the rest is a swipe away. */
    getActiveColumns() {
        const columns = super.getActiveColumns();
        if (!this.uiService.isSmall) {
            return columns;
        }
        const first = columns.filter((column) => FIRST_WHEN_SMALL.includes(column.name));
        return [...first, ...columns.filter((column) => !first.includes(column))];
    }
}

registry.category("views").add("nox_finans_selection", {
    ...listView,
    Renderer: SelectionRenderer,
});
