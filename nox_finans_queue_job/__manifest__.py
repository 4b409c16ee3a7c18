# Not one of the OCA's own add-ons, so it has another author.
# pylint: disable=manifest-required-author
{
    "name": "Nox Finans with Job Queue",
    "summary": "Many companies in one database: each one's exchange with Nox Finans is a job",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Nox Finans for Odoo",
    "license": "LGPL-3",
    "depends": ["nox_finans", "queue_job"],
    "data": [
        "data/queue_job.xml",
    ],
}
