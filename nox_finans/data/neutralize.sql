-- a copy for tests sends nothing: no connection, and the sandbox
UPDATE nox_finans_connector
   SET environment = 'sandbox',
       state = 'disconnected',
       client_id = NULL,
       client_secret = NULL,
       access_token = NULL,
       refresh_token = NULL,
       token_expiry = NULL,
       token_origin = NULL,
       token_renewed = NULL,
       granted_scope = NULL,
       connected_date = NULL,
       error_message = NULL,
       next_try = NULL,
       is_automatic = FALSE;

-- nor does it name the company that was connected, or what was found there
UPDATE nox_finans_connector
   SET remote_company = NULL,
       remote_registry = NULL,
       confirmed_registry = NULL,
       terms_at_fortnox = NULL,
       units_at_fortnox = NULL,
       year_end = NULL;

DELETE FROM nox_finans_check;

-- `database_uuid` and `database_mark` stay: a copy that is connected looks up first what is queued.

-- what no service has got anything of goes to the sandbox too
UPDATE nox_finans_case
   SET environment = 'sandbox'
 WHERE state IN ('queued', 'refused') AND step IS NULL;
