-- a copy for tests sends nothing: no connection, and the sandbox
UPDATE nox_finans_connector
   SET environment = 'sandbox',
       state = 'disconnected',
       client_id = NULL,
       client_secret = NULL,
       access_token = NULL,
       refresh_token = NULL,
       token_expiry = NULL,
       token_renewed = NULL,
       granted_scope = NULL,
       database_uuid = NULL,
       remote_registry = NULL,
       confirmed_registry = NULL,
       is_automatic = FALSE;

-- what no service has got anything of goes to the sandbox too
UPDATE nox_finans_case
   SET environment = 'sandbox'
 WHERE state IN ('queued', 'refused') AND step IS NULL;
