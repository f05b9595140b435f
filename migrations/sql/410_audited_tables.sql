-- What is audited, and which of its columns are personal: statement-level triggers with transition tables, so bulk SQL
-- cannot walk around them and they stay set-based.
set role debtflow_owner;

-- What decides who may do what, and on which terms: its change is a security event beside its rows in the trail.
create or replace function configuration_note(t name, does text, rows int) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if t = any ('{agency,users,user_roles,team,team_member,permission,office_limit,two_person,client,contract,
                client_collector,import_profile,retention,audit_online}'::name[]) then
    perform security_note('configuration', detail => jsonb_build_object(
      'table', t, 'act', coalesce(nullif(current_setting('debtflow.act', true), ''), t || '.' || lower(does)),
      'rows', rows));
  end if;
end $$;

-- Arguments: entity, its id column, its reference column or '', personal columns, columns not worth a word
-- (comma-separated). The planner takes transition tables for tiny: nested loops over a thousand changed rows would be a
-- million steps. Who writes in bulk may have the other joins switched off for its own statements: here they are on.
create or replace function audit() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_nestloop = off
  set enable_hashjoin = on
  set enable_mergejoin = on
as $$
declare
  id_column constant text := tg_argv[1];
  ref_column constant text := tg_argv[2];
  personal constant text[] := string_to_array(tg_argv[3], ',');
  skip constant text[] := string_to_array(tg_argv[4], ',');
  facts jsonb;
begin
  if tg_op = 'INSERT' then
    select jsonb_agg(jsonb_build_object(
             'entity_id', x.n -> id_column,
             'entity_ref', x.n ->> ref_column,
             'after', jsonb_strip_nulls(x.n - skip)))
      into facts
      from (select to_jsonb(r) as n from new_rows r) x;
  elsif tg_op = 'DELETE' then
    select jsonb_agg(jsonb_build_object(
             'entity_id', x.o -> id_column,
             'entity_ref', x.o ->> ref_column,
             'before', jsonb_strip_nulls(x.o - skip)))
      into facts
      from (select to_jsonb(r) as o from old_rows r) x;
  else
    select jsonb_agg(jsonb_build_object(
             'entity_id', y.n -> id_column,
             'entity_ref', y.n ->> ref_column,
             'before', d.before,
             'after', d.after))
      into facts
      from (select to_jsonb(r) as n, row_number() over () as place from new_rows r) y
      join (select to_jsonb(r) as o, row_number() over () as place from old_rows r) x using (place)
      cross join lateral (select jsonb_object_agg(b.key, b.value) as before, jsonb_object_agg(b.key, a.value) as after
                            from jsonb_each(x.o) b
                            join jsonb_each(y.n) a using (key)
                           where a.value is distinct from b.value and not (b.key = any (skip))) d
     where d.after is not null;
  end if;
  if facts is not null then
    perform audit_write(facts, tg_argv[0], tg_table_name || '.' || lower(tg_op), personal),
            configuration_note(tg_table_name, tg_op, jsonb_array_length(facts));
  end if;
  return null;
end $$;

-- What a payment does to what is owed: one narrow row, on the hot path.
create or replace function audit_balance() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
declare
  m constant identity := me_if_any();
begin
  insert into audit_log (
    at, agency_id, user_id, session_id, login, act,
    entity, entity_id, before, after, reason
  )
  select clock_timestamp(), coalesce(m.agency_id, 0), m.user_id, m.session_id, session_user,
         coalesce(nullif(current_setting('debtflow.act', true), ''), 'account_balance.update'),
         'account', n.account_id,
         jsonb_build_object(
           'owing', o.due[1] + o.due[2] + o.due[3] + o.due[4], 'due', o.due, 'unapplied', o.unapplied,
           'version', o.version, 'currency', o.currency),
         jsonb_build_object(
           'owing', n.due[1] + n.due[2] + n.due[3] + n.due[4], 'due', n.due, 'unapplied', n.unapplied,
           'version', n.version, 'currency', n.currency),
         nullif(current_setting('debtflow.reason', true), '')
    from new_rows n
    join old_rows o using (account_id)
   where n.due <> o.due or n.unapplied <> o.unapplied;
  return null;
end $$;

-- Notes and calls; the other activities echo a change that is audited where it happens.
create or replace function audit_activity() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  told_elsewhere constant text[] := array['id', 'agency_id', 'account_id', 'user_id', 'at', 'words'];
  facts jsonb;
begin
  select jsonb_agg(jsonb_build_object(
           'entity_id', a.account_id,
           'after', jsonb_strip_nulls(to_jsonb(a) - told_elsewhere)))
    into facts
    from new_rows a
   where a.kind in ('note', 'call');
  if facts is not null then
    perform audit_write(facts, 'account', 'activity.insert', '{text}');
  end if;
  return null;
end $$;

-- A trigger with transition tables names one event, hence three a table.
create or replace function audit_table(
  t regclass,
  entity text,
  id_column text,
  ref_column text,
  personal text,
  skip text
) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  does constant text := format('for each statement execute function debtflow.audit(%L, %L, %L, %L, %L)',
                               entity, id_column, ref_column, personal, skip);
begin
  execute format('create trigger audit_insert after insert on %s referencing new table as new_rows %s', t, does);
  execute format('create trigger audit_update after update on %s '
                 'referencing old table as old_rows new table as new_rows %s', t, does);
  execute format('create trigger audit_delete after delete on %s referencing old table as old_rows %s', t, does);
end $$;

select audit_table('agency', 'agency', 'id', 'code', '', 'id,next_number'),
       audit_table('users', 'user', 'id', 'login', '', 'id,agency_id'),
       audit_table('user_roles', 'user', 'user_id', '', '', 'user_id'),
       audit_table('permission', 'agency', 'agency_id', '', '', 'agency_id'),
       audit_table('office_limit', 'agency', 'agency_id', '', '', 'agency_id'),
       audit_table('two_person', 'agency', 'agency_id', '', '', 'agency_id'),
       audit_table('approval', 'approval', 'id', '', '', 'id,agency_id'),
       audit_table('client', 'client', 'id', 'code', '', 'id,agency_id,book_id,turn'),
       audit_table('contract', 'client', 'client_id', '', '', 'id,agency_id,client_id'),
       audit_table('client_collector', 'client', 'client_id', '', '', 'client_id'),
       audit_table('account', 'account', 'id', 'number', 'debtor_name', 'id,agency_id,last_norm,first_norm'),
       audit_table('account_flag', 'account', 'account_id', '', 'note', 'id,agency_id,account_id'),
       audit_table('debtor', 'debtor', 'id', '', 'name,ssn_last4', 'id,agency_id,first_norm,last_norm'),
       audit_table('debtor_contact', 'debtor', 'debtor_id', '', 'value,label', 'agency_id,debtor_id');

create trigger audit_update
  after update on account_balance referencing old table as old_rows new table as new_rows
  for each statement execute function audit_balance();
create trigger audit_insert
  after insert on activity referencing new table as new_rows
  for each statement execute function audit_activity();
