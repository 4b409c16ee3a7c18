def migrate(cr, _version):
    """Keep under which number each customer was told: by the case by which it was told last.

    The service has got these cards without a mark; the first time they are told again, they are
    recognised by their number and name, and get it.
    """
    cr.execute(
        """
        WITH told AS (
            SELECT DISTINCT ON (company_id, environment, number)
                   company_id, environment, number, commercial_partner_id
              FROM (
                    SELECT *, COALESCE(
                               snapshot -> 'customer' ->> 'CustomerNumber',
                               'ODOO-' || commercial_partner_id
                           ) AS number
                      FROM nox_finans_case
                     WHERE step IS NOT NULL AND commercial_partner_id IS NOT NULL
                   ) AS sent
             ORDER BY company_id, environment, number, id DESC
        )
        INSERT INTO nox_finans_card (
            partner_id, company_id, environment, number, reference, is_known,
            create_uid, write_uid, create_date, write_date
        )
        SELECT told.commercial_partner_id, told.company_id, told.environment, told.number,
               'odoo/' || parameter.value || '/' || told.commercial_partner_id, TRUE,
               1, 1, now(), now()
          FROM told, ir_config_parameter AS parameter
         WHERE parameter.key = 'database.uuid'
        """
    )
