-- The audit log: partitions by month, guards against every change, and the one function that writes to it.
set role debtflow_owner;

create or replace function audit_partition(month date) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  first constant date := date_trunc('month', month);
  name constant text := 'audit_log_' || to_char(month, 'YYYYMM');
begin
  if to_regclass('debtflow.' || name) is null then
    execute format('create table debtflow.%I partition of debtflow.audit_log for values from (%L) to (%L)', name,
                   first::timestamp at time zone 'UTC', (first + interval '1 month')::timestamp at time zone 'UTC');
  end if;
  perform guard_append_only(('debtflow.' || name)::regclass);
end $$;

select audit_partition((date_trunc('month', now() at time zone 'UTC') + make_interval(months => ahead))::date)
  from generate_series(-1, 6) ahead;

select audit_partition(to_date(right(c.relname, 6), 'YYYYMM'))
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
 where i.inhparent = 'debtflow.audit_log'::regclass;

select guard_append_only(t)
  from unnest(array['audit_log', 'transfer', 'leg', 'ledger_event', 'security_event']::regclass[]) t;

-- Of a payment only the two columns that name a person may ever change: they may have to be forgotten.
create trigger append_only
  before update of
    id, agency_id, account_id, submission_id, request_hash, amount, currency, method, parts, over, due_before,
    bucket_order, effective_on, recorded_at, user_id, reverses, reason
  on payment for each statement execute function refuse_change();
create trigger append_only_rows
  before delete or truncate on payment for each statement execute function refuse_change();
alter table payment enable always trigger append_only, enable always trigger append_only_rows;

-- A personal value enters only as SHA-256(salt || value); salt and value stand in a table that can be erased. Inlined,
-- so it has no search path of its own and is no more immutable than `jsonb_build_object`.
create or replace function commitment(salt bytea, value text) returns jsonb
  language sql stable parallel safe
as $$
  select jsonb_build_object('sha256', encode(sha256(salt || convert_to(value, 'UTF8')), 'hex'))
$$;

-- Writes one audit row a change. `facts` is a set of (entity_id, entity_ref, before, after); personal columns are
-- committed, not copied. The act and its reason are settings of the function that writes (act_begin); without one, the
-- table and operation are named.
create or replace function audit_write(facts jsonb, entity text, fallback_act text, personal text[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  m constant identity := me_if_any();
  this_act constant text := coalesce(nullif(current_setting('debtflow.act', true), ''), fallback_act);
  this_reason constant text := nullif(current_setting('debtflow.reason', true), '');
begin
  with fact as materialized (
    select nextval('debtflow.audit_log_id_seq') as id, clock_timestamp() as at, f.entity_id, f.entity_ref, f.before,
           f.after
      from jsonb_to_recordset(facts) as f(entity_id bigint, entity_ref text, before jsonb, after jsonb)
  ),
  secret as materialized (
    select f.id, f.at, side.name as side, p.column_name, uuid_send(gen_random_uuid()) as salt,
           side.vals ->> p.column_name as value
      from fact f
      cross join lateral (values ('before', f.before), ('after', f.after)) as side(name, vals)
      cross join unnest(personal) as p(column_name)
     where side.vals ->> p.column_name is not null
  ),
  kept as (
    insert into audit_personal (audit_id, path, salt, value, agency_id, at, marks)
    select id, side || '.' || column_name, salt, value, coalesce(m.agency_id, 0), at,
           array['@who:' || coalesce(m.user_id, 0), '@act:' || this_act, '@kind:' || audit_write.entity]
      from secret
  ),
  veil as (
    select id, side, jsonb_object_agg(column_name, commitment(salt, value)) as vals
      from secret
     group by id, side
  )
  insert into audit_log (
    id, at, agency_id, user_id, session_id, login, act,
    entity, entity_id, entity_ref, before, after, reason
  )
  overriding system value
  select f.id, f.at, coalesce(m.agency_id, 0), m.user_id, m.session_id, session_user, this_act,
         audit_write.entity, f.entity_id, f.entity_ref,
         f.before || coalesce(b.vals, '{}'), f.after || coalesce(a.vals, '{}'), this_reason
    from fact f
    left join veil b on b.id = f.id and b.side = 'before'
    left join veil a on a.id = f.id and a.side = 'after';
end $$;
