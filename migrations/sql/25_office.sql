-- Agencies, clients and logins. The client sends a SCRAM verifier, so no password ever reaches a log or pg_stat_statements.
set role debtflow_useradmin;

-- The agency a caller may administer: an installer any by its code, an agency administrator their own.
create or replace function agency_to_administer(code text) returns int language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  wanted int;
  m identity;
begin
  select id into wanted from agency a where a.code = agency_to_administer.code;
  if is_installer() then
    if wanted is null then perform fail('DF404', 'agency', format('there is no agency %s', coalesce(code, '(none named)')), 'debtflow agency add'); end if;
    return wanted;
  end if;
  m := me();
  if m.role <> 'agency_admin' then
    perform fail('DF403', 'agency_admin', 'only an agency administrator does this', '', '{"who_may": "agency_admin"}');
  end if;
  if code is not null and wanted is distinct from m.agency_id then perform fail('DF404', 'agency', format('there is no agency %s', code)); end if;
  return m.agency_id;
end $$;

create or replace function agency_create(code text, name text, zone text, currency text) returns int language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare opened int;
begin
  if not is_installer() then perform fail('DF403', 'installer', 'only the installation''s owner adds an agency'); end if;
  if not exists (select from pg_timezone_names z where z.name = zone and z.name ~ '/|^UTC$') then
    perform fail('DF400', 'zone', format('%s is not an IANA time zone', zone), 'write it like America/Chicago', '{"field": "zone"}');
  end if;
  if code is null or code !~ '^[A-Z][A-Z0-9_]{1,15}$' then
    perform fail('DF400', 'code', format('%s is not an agency code', code), 'capital letters and digits, 2 to 16 of them', '{"field": "code"}');
  end if;
  if exists (select from agency a where a.code = agency_create.code) then
    perform fail('DF422', 'agency_code_key', format('there is already an agency %s', code));
  end if;
  perform act_begin('agency.add');
  insert into agency (code, name, zone, currency) values (code, name, zone, currency) returning id into opened;
  return opened;
end $$;

create or replace function client_collectors_set(client int, agency int, rule text, collectors text[]) returns void language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare stranger text;
begin
  if rule = 'one_collector' and cardinality(collectors) <> 1 then
    perform fail('DF400', 'collectors', 'the rule one_collector needs exactly one collector', '', '{"field": "collectors"}');
  elsif coalesce(cardinality(collectors), 0) = 0 then
    perform fail('DF400', 'collectors', 'name at least one collector', '', '{"field": "collectors"}');
  end if;
  select c into stranger from unnest(collectors) c
   where not exists (select from users u join user_roles r on r.user_id = u.id
                      where u.login = c and u.agency_id = agency and u.disabled_at is null and r.role in ('collector', 'supervisor', 'agency_admin'));
  if stranger is not null then
    perform fail('DF404', 'collector', format('%s is not somebody accounts can be assigned to', stranger), 'debtflow user list');
  end if;
  delete from client_collector c where c.client_id = client;
  insert into client_collector (client_id, position, user_id)
  select client, c.position, u.id from unnest(collectors) with ordinality as c(login, position) join users u on u.login = c.login;
end $$;

create or replace function client_create(agency_code text, code text, name text, commission_bp int, bucket_order smallint[], starts_on date,
    rule text, collectors text[], currency text default null) returns int language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  home constant int := agency_to_administer(agency_code);
  opened int;
begin
  if code is null or code !~ '^[A-Z][A-Z0-9_]{1,15}$' then
    perform fail('DF400', 'code', format('%s is not a client code', code), 'capital letters and digits, 2 to 16 of them', '{"field": "code"}');
  end if;
  if exists (select from client c where c.agency_id = home and c.code = client_create.code) then
    perform fail('DF422', 'client_code_key', format('there is already a client %s', code));
  end if;
  perform act_begin('client.add');
  insert into client (agency_id, book_id, code, name, assignment_rule)
    values (home, book_open(home, coalesce(client_create.currency, (select a.currency from agency a where a.id = home))), code, name, rule) returning id into opened;
  insert into contract (agency_id, client_id, starts_on, commission_bp, bucket_order) values (home, opened, starts_on, commission_bp, bucket_order);
  perform client_collectors_set(opened, home, rule, collectors);
  return opened;
end $$;

-- A contract is dated: a change of terms is a new one from a day on, and payments effective before keep the old.
create or replace function client_edit(agency_code text, code text, name text default null, commission_bp int default null, bucket_order smallint[] default null,
    starts_on date default null, rule text default null, collectors text[] default null) returns int language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  home constant int := agency_to_administer(agency_code);
  c client;
  terms contract;
begin
  select * into c from client x where x.agency_id = home and x.code = client_edit.code for update;
  if not found then perform fail('DF404', 'client', format('there is no client %s', code), 'debtflow client list'); end if;
  perform act_begin('client.edit');
  if name is not null or rule is not null then
    update client x set name = coalesce(client_edit.name, x.name), assignment_rule = coalesce(rule, x.assignment_rule) where x.id = c.id;
  end if;
  if commission_bp is not null or bucket_order is not null then
    select * into terms from contract k where k.client_id = c.id order by k.starts_on desc limit 1;
    if coalesce(client_edit.starts_on, agency_today(home)) < terms.starts_on then
      perform fail('DF422', 'contract_forward', format('the contract in force starts on %s: a new one cannot start before it', terms.starts_on));
    end if;
    insert into contract (agency_id, client_id, starts_on, commission_bp, bucket_order)
    values (home, c.id, coalesce(client_edit.starts_on, agency_today(home)), coalesce(client_edit.commission_bp, terms.commission_bp), coalesce(client_edit.bucket_order, terms.bucket_order))
    on conflict on constraint contract_client_start_key do update set commission_bp = excluded.commission_bp, bucket_order = excluded.bucket_order;
  end if;
  if collectors is not null then perform client_collectors_set(c.id, home, coalesce(rule, c.assignment_rule), collectors); end if;
  return c.id;
end $$;

create or replace function scram_check(scram text) returns void language plpgsql set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  if scram is null or scram !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=]{20,}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' then
    perform fail('DF400', 'password', 'send a SCRAM verifier, not a password', '', '{"field": "password"}');
  end if;
end $$;

create or replace function user_create(agency_code text, login text, full_name text, role text, scram text) returns int language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  home constant int := agency_to_administer(agency_code);
  uid int;
begin
  if login is null or login !~ '^[a-z][a-z0-9_.-]{1,40}$' or login ~ '^(pg_|debtflow)' or login in ('postgres', 'public', 'none') then
    perform fail('DF400', 'login', format('%s is not a login name', login), 'small letters, digits, dot, dash; not starting with pg_ or debtflow', '{"field": "login"}');
  end if;
  if not exists (select from roles r where r.name = user_create.role) then
    perform fail('DF400', 'role', format('%s is not a role', role), 'agency_admin, supervisor, collector or readonly', '{"field": "role"}');
  end if;
  if exists (select from users u where u.login = user_create.login) then
    perform fail('DF422', 'users_login_key', format('there is already a user %s', login));
  end if;
  perform scram_check(scram);
  if exists (select from pg_roles r where r.rolname = user_create.login) then
    perform fail('DF422', 'login_taken', format('the database already has a login %s that is not a user of DebtFlow', login), 'choose another name');
  end if;
  perform act_begin('user.add');
  insert into users (agency_id, login, full_name) values (home, login, full_name) returning id into uid;
  insert into user_roles (user_id, role) values (uid, user_create.role);
  execute format('create role %I login in role %I password %L connection limit 20', login, 'debtflow_' || role, scram);
  return uid;
end $$;

create or replace function user_to_administer(login text) returns int language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
declare u users;
begin
  select * into u from users x where x.login = user_to_administer.login;
  if not found or (not is_installer() and u.agency_id <> (me()).agency_id) then
    perform fail('DF404', 'user', format('there is no user %s', login), 'debtflow user list');
  end if;
  return u.id;
end $$;

create or replace function user_disable(login text) returns void language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
declare uid int;
begin
  perform agency_to_administer(null) where not is_installer();
  uid := user_to_administer(login);
  if login = session_user then perform fail('DF422', 'disable_self', 'nobody disables themselves', 'ask another administrator'); end if;
  perform act_begin('user.disable');
  update users set disabled_at = kernel_now() where id = uid and disabled_at is null;
  update session set ended_at = kernel_now() where user_id = uid and ended_at is null;
  execute format('alter role %I nologin', login);
end $$;

-- Anybody changes their own password; others are set by an administrator.
create or replace function user_password(login text, scram text) returns void language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  if login <> session_user and not is_installer() then perform agency_to_administer(null); end if;
  perform user_to_administer(login);
  perform scram_check(scram);
  perform act_begin('user.password');
  perform security_note('user.password', null, 'user', (select u.id from users u where u.login = user_password.login));
  execute format('alter role %I password %L', login, scram);
end $$;

-- CASE, because a planner that estimates `or` asks me() about an installer, who has no session.
create or replace function agency_list() returns table (code text, name text, zone text, currency text) language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
  select a.code, a.name, a.zone, a.currency::text from agency a where case when is_installer() then true else a.id = (me()).agency_id end order by a.code $$;

create or replace function user_list() returns table (login text, full_name text, role text, agency text, created_at timestamptz, disabled_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  select u.login, u.full_name, r.role, a.code, u.created_at, u.disabled_at from users u join user_roles r on r.user_id = u.id join agency a on a.id = u.agency_id
   where case when is_installer() then true else a.id = (me()).agency_id end order by a.code, u.login $$;

create or replace function client_list() returns table (agency text, code text, name text, currency text, commission_bp int, bucket_order smallint[], since date, rule text,
    collectors text[], accounts bigint) language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  select a.code, c.code, c.name, b.currency::text, k.commission_bp, k.bucket_order, k.starts_on, c.assignment_rule,
         array(select u.login from client_collector x join users u on u.id = x.user_id where x.client_id = c.id order by x.position), client_accounts(c.id)
    from client c join agency a on a.id = c.agency_id join book b on b.id = c.book_id
    cross join lateral (select k.* from contract k where k.client_id = c.id and k.starts_on <= agency_today(a.id) order by k.starts_on desc limit 1) k
   where case when is_installer() then true else a.id = (me()).agency_id end order by a.code, c.code $$;
