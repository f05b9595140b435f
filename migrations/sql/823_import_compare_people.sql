-- Comparison of recalls and of contacts with the accounts they name.
set role debtflow_kernel;

-- A recall of what is closed has nothing to do; one under way to be paid waits, and so does one whose debtor has paid what
-- was offered, until the rest is given up; what it ends is said.
create or replace function import_recall_finding(account bigint, number text, status text, held bigint) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  planned constant bigint := (select p.id from plan p where p.account_id = account and p.state <> 'canceled');
  ends constant text := concat_ws(', ',
    case when planned is not null then 'a payment plan' end,
    (select 'an offer to settle' from settlement s where s.account_id = account and s.state = 'open' limit 1),
    (select 'a promise to pay' from promise p where p.account_id = account and p.state = 'open' limit 1));
begin
  return case
    when status in ('closed', 'settled') then import_finding(
      'already-closed', '', format('account %s is %s already: there is nothing to recall', number, status))
    when held > 0
      or planned is not null
         and exists (select from plan_lines(array[planned], current_date) l where l.state = 'charging')
    then import_finding(
      'charge-under-way', '', format('a card payment is under way on account %s: wait for it, or leave the row out',
                                     number))
    when settlement_is_met(account) then import_finding(
      'work-since', '', format(
        'the debtor has paid what was offered on account %s: wait until the rest is given up, or leave the row out',
        number), 'external_ref')
    when ends <> '' then import_finding(
      'work-ends', '', format('account %s has %s: it ends with the recall', number, ends),
      'external_ref', 'warning')
    else '[]'
  end;
end $$;

create or replace function import_compare_recalls(b import_batch, refs text[])
  returns table (row_no int, found jsonb, difference jsonb)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with judged as (
    select s.row_no, s.status,
           coalesce(case when s.status is null
                         then import_account_finding(b.agency_id, b.client_id, s.ref, s.number, s.status) end,
                    import_twin_finding(s.ref, s.earliest, s.row_no),
                    import_recall_finding(s.account_id, s.number, s.status, s.held)) as found
      from import_standing(b.id, refs) s
  )
  select j.row_no, j.found,
         case when not j.found @> '[{"severity": "error"}]'
              then jsonb_build_object('status', jsonb_build_array(j.status, 'closed')) end
    from judged j
$$;

-- What a row would change of a debtor's contacts, by column: the first of each kind, before and after.
create or replace function import_contact_difference(debtor bigint, parsed jsonb) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_object_agg('debtor_' || k.kind, jsonb_build_array(null, parsed ->> k.kind))
    from unnest(array['phone', 'email', 'address']) as k(kind)
   where parsed ->> k.kind is not null
     and not exists (select
                       from debtor_contact c
                      where c.debtor_id = debtor
                        and c.kind = k.kind
                        and c.value = parsed ->> k.kind
                        and c.is_primary
                        and c.removed_at is null)
$$;

-- The first contact of the row that somebody here removed and that is not there any more.
create or replace function import_contact_removed(debtor bigint, parsed jsonb) returns text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select k.kind
    from unnest(array['phone', 'email', 'address']) as k(kind)
   where exists (select
                   from debtor_contact c
                  where c.debtor_id = debtor
                    and c.kind = k.kind
                    and c.value = parsed ->> k.kind
                 having bool_and(c.removed_at is not null))
   limit 1
$$;

create or replace function import_compare_contacts(b import_batch, refs text[])
  returns table (row_no int, found jsonb, difference jsonb)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with judged as (
    select s.*,
           coalesce(case when s.status is null
                         then import_account_finding(b.agency_id, b.client_id, s.ref, s.number, s.status) end,
                    import_twin_finding(s.ref, s.earliest, s.row_no)) as found,
           case when s.debtor_id is not null then import_contact_difference(s.debtor_id, s.parsed) end as change,
           case when s.debtor_id is not null then import_contact_removed(s.debtor_id, s.parsed) end as removed
      from import_standing(b.id, refs) s
  )
  select j.row_no,
         coalesce(j.found, case
           when j.change is null then import_finding(
             'unchanged', '', format('account %s has these contacts already', j.number))
           when j.removed is not null then import_finding(
             'contact-removed', '', format(
               'somebody here has removed this %s from account %s: leave the cell empty, or the row out', j.removed,
               j.number), 'debtor_' || j.removed)
           when j.status in ('closed', 'settled') then import_finding(
             'account-closed', '', format('account %s is %s: the contacts are kept all the same', j.number, j.status),
             'external_ref', 'warning')
           else '[]'
         end),
         case when j.found is null and j.removed is null then j.change end
    from judged j
$$;
