-- Release of placements that are here already and that the client now says otherwise: the account's own columns, the
-- debtor's, new contacts, and a correction of each bucket by a new statement of the client.
set role debtflow_kernel;

create or replace function placement_change_items(b import_batch, rows int[]) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_agg(jsonb_build_object(
           'account', a.number, 'submission_id', gen_random_uuid(), 'reason', 'client_statement',
           'kind', case when d.after > d.before then 'correct_up' else 'correct_down' end,
           'amount', abs(d.after - d.before), 'currency', a.currency, 'bucket', d.bucket)
           order by n.ord, d.bucket)
    from unnest(rows) with ordinality as n(row_no, ord)
    join import_row r on r.batch_id = b.id and r.row_no = n.row_no
    join account a
      on a.client_id = b.client_id
     and a.external_ref = r.ref
     and a.closed_reason is distinct from 'placement_undone'
    cross join lateral (
      select k.bucket, (r.difference -> k.col ->> 0)::bigint as before, (r.difference -> k.col ->> 1)::bigint as after
        from (values (1, 'original_amount'), (2, 'interest'), (3, 'fees'), (4, 'costs')) as k(bucket, col)
       where r.difference ? k.col) d
$$;

-- Rows and accounts as they are before the change; `contacts` are those that the debtor gets.
create or replace function placement_change_write(b import_batch, rows int[]) returns jsonb
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  done jsonb;
begin
  with asked as materialized (
    select n.row_no, a.id, a.debtor_id, k.version, r.parsed as p, r.difference as d,
           jsonb_build_object(
             'debtor_name', a.debtor_name, 'last_norm', a.last_norm, 'first_norm', a.first_norm, 'due_on', a.due_on,
             'creditor_name', a.creditor_name, 'account_type', a.account_type, 'original_amount', a.original_amount,
             'name', o.name) as before
      from unnest(rows) as n(row_no)
      join import_row r on r.batch_id = b.id and r.row_no = n.row_no
      join account a
        on a.client_id = b.client_id
       and a.external_ref = r.ref
       and a.closed_reason is distinct from 'placement_undone'
      join debtor o on o.id = a.debtor_id
      join account_balance k on k.account_id = a.id
  ),
  accounts as (
    update account a
       set debtor_name = case when k.d ? 'debtor_name' then k.p ->> 'name' else a.debtor_name end,
           last_norm = case when k.d ? 'debtor_name' then k.p ->> 'last_norm' else a.last_norm end,
           first_norm = case when k.d ? 'debtor_name' then k.p ->> 'first_norm' else a.first_norm end,
           due_on = case when k.d ? 'due_date' then (k.p ->> 'due_on')::date else a.due_on end,
           creditor_name = case when k.d ? 'creditor_name' then k.p ->> 'creditor' else a.creditor_name end,
           account_type = case when k.d ? 'account_type' then k.p ->> 'kind' else a.account_type end,
           original_amount = a.original_amount + coalesce((
             select sum((v.value ->> 1)::bigint - (v.value ->> 0)::bigint)::bigint
               from jsonb_each(k.d) v
              where v.key in ('original_amount', 'interest', 'fees', 'costs')), 0)
      from asked k
     where a.id = k.id
  ),
  debtors as (
    update debtor o
       set name = case when k.d ? 'debtor_name' then k.p ->> 'name' else o.name end,
           last_norm = case when k.d ? 'debtor_name' then k.p ->> 'last_norm' else o.last_norm end,
           first_norm = case when k.d ? 'debtor_name' then k.p ->> 'first_norm' else o.first_norm end,
           ssn_last4 = case when k.d ? 'debtor_ssn_last4' then k.p ->> 'ssn4' else o.ssn_last4 end
      from asked k
     where o.id = k.debtor_id and k.d ?| array['debtor_name', 'debtor_ssn_last4']
  ),
  contacts as (
    insert into debtor_contact (agency_id, debtor_id, kind, value, is_primary)
    select b.agency_id, k.debtor_id, c.kind, k.p ->> c.kind,
           not exists (select
                         from debtor_contact x
                        where x.debtor_id = k.debtor_id and x.kind = c.kind and x.is_primary and x.removed_at is null)
      from asked k
      join (values ('phone', 'debtor_phone'), ('email', 'debtor_email')) as c(kind, col) on k.d ? c.col
    returning debtor_id, id
  )
  select jsonb_agg(jsonb_build_object(
           'row_no', k.row_no, 'account_id', k.id,
           'said', 'changed by the client, ' || (select string_agg(replace(c, '_', ' '), ', ' order by c)
                                                   from jsonb_object_keys(k.d) c),
           'effect', jsonb_build_object(
             'before', k.before,
             'contacts', (select coalesce(jsonb_agg(c.id), '[]') from contacts c where c.debtor_id = k.debtor_id),
             'version', jsonb_build_array(k.version, k.version))))
    into done
    from asked k;
  return done;
end $$;

create or replace function placement_change(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  done jsonb;
  weighed weighed_adjustment[];
begin
  if cardinality(rows) = 0 then return; end if;
  weighed := import_adjust_post(placement_change_items(b, rows), who);
  if exists (select from unnest(weighed) w where w.outcome <> 'posted') then
    raise exception using errcode = 'data_exception',
      constraint = (select min(w.outcome) from unnest(weighed) w where w.outcome <> 'posted'),
      message = 'a correction was refused';
  end if;
  done := placement_change_write(b, rows);
  perform import_landed(b, who, (
            select jsonb_agg(jsonb_set(d, '{effect}', d -> 'effect' || jsonb_build_object(
                     'transfers', t.ids,
                     'version', jsonb_build_array((d -> 'effect' -> 'version' ->> 0)::bigint - t.n,
                                                  d -> 'effect' -> 'version' -> 1))))
              from jsonb_array_elements(done) d
              cross join lateral (
                select coalesce(jsonb_agg(w.adjustment_id order by w.ord), '[]') as ids, least(count(*), 1) as n
                  from unnest(weighed) w
                 where w.account_id = (d ->> 'account_id')::bigint) t)),
          account_index(array(select (d ->> 'account_id')::bigint from jsonb_array_elements(done) d));
end $$;
