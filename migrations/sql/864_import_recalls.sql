-- Release of recalls: what was agreed on the accounts ends, and they are closed and go back to the client. What is owed
-- stays as it was: the client may place it again, and each row keeps with what balance its account went.
set role debtflow_kernel;

create or replace function import_recall(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  accounts constant bigint[] := import_accounts(b, rows);
  ended constant jsonb := agreements_end(array(
    select a.id from account a where a.id = any (accounts) and a.status not in ('closed', 'settled')), who);
  done jsonb;
begin
  with asked as materialized (
    select n.row_no, a.id, a.status, a.number, x.version, x.due, r.parsed ->> 'reason' as reason
      from unnest(rows) as n(row_no)
      join import_row r on r.batch_id = b.id and r.row_no = n.row_no
      join account a
        on a.client_id = b.client_id
       and a.external_ref = r.ref
       and a.closed_reason is distinct from 'placement_undone'
      join account_balance x on x.account_id = a.id
  ),
  closed as (
    update account a
       set status = 'closed', status_before = k.status, closed_reason = 'recalled'
      from asked k
     where a.id = k.id and a.status not in ('closed', 'settled')
    returning k.row_no, k.id, k.status, k.version, k.due, k.reason
  ),
  lifted as (
    update account_flag g
       set lifted_at = kernel_now(), lifted_by = who.user_id
      from closed k
     where g.account_id = k.id and k.status = 'disputed' and g.kind = 'dispute' and g.lifted_at is null
    returning g.account_id, g.id
  ),
  moved as (
    update account_balance x set version = x.version + 1 from closed k where x.account_id = k.id
  )
  select jsonb_agg(jsonb_build_object(
           'row_no', k.row_no, 'account_id', k.id,
           'said', concat_ws(', ', k.status || ' → closed: recalled', k.reason),
           'effect', jsonb_strip_nulls(jsonb_build_object(
             'status', k.status, 'flag', l.id, 'version', jsonb_build_array(k.version, k.version + 1),
             'due', to_jsonb(k.due), 'on', agency_today(b.agency_id), 'ended', nullif(ended -> k.id::text, '{}')))))
    into done
    from closed k
    left join lifted l on l.account_id = k.id;
  perform import_landed(b, who, coalesce(done, '[]'));
end $$;
