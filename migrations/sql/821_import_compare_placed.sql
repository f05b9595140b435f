-- Comparison of a placements file: what is new, what is here unchanged, and what the client says otherwise than before.
-- A file may have a million rows, so nothing here is a question of its own for each of them: the functions without a
-- search path are taken into the one query at the end.
set role debtflow_kernel;

-- What the client said last that a debt is made up of: what was placed, and what was corrected since.
create or replace function import_said(account bigint) returns table (parts bigint[])
  language sql stable
as $$
  select array[coalesce(sum(x.sign * x.parts[1]), 0), coalesce(sum(x.sign * x.parts[2]), 0),
               coalesce(sum(x.sign * x.parts[3]), 0), coalesce(sum(x.sign * x.parts[4]), 0)]::bigint[]
    from (select l.parts, 1 as sign
            from leg l
           where l.account_id = account
             and l.parts is not null
             and (select t.kind from transfer t where t.id = l.transfer_id) = 'placement'
          union all
          select d.parts, case when (d.kind = 'correct_up') = (d.reverses is null) then 1 else -1 end
            from adjustment d
           where d.account_id = account and d.kind in ('correct_up', 'correct_down')) x
$$;

-- What a row says of a column, before and after, where it says something else.
create or replace function import_moved(differs boolean, before jsonb, after jsonb) returns jsonb
  language sql stable parallel safe
as $$
  select case when differs then jsonb_build_array(before, after) end
$$;

-- What this row says of an account otherwise than before, by column: before and after. An empty cell says nothing.
-- Names are compared as they are searched for; a phone or e-mail is new where the debtor does not have it.
create or replace function import_placed_difference(
  a account,
  d debtor,
  said bigint[],
  p jsonb,
  cells jsonb,
  new_email boolean,
  new_phone boolean
) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'debtor_name', import_moved((d.last_norm, d.first_norm) is distinct from (p ->> 'last_norm', p ->> 'first_norm'),
                                to_jsonb(d.name), p -> 'name'),
    'debtor_ssn_last4', import_moved(p ->> 'ssn4' is not null and d.ssn_last4 is null, null, '"[hidden]"'),
    'debtor_email', import_moved(new_email, null, p -> 'email'),
    'debtor_phone', import_moved(new_phone, null, p -> 'phone'),
    'original_amount', import_moved(said[1] is distinct from (p ->> 'amount')::bigint,
                                    to_jsonb(said[1]), p -> 'amount'),
    'interest', import_moved(trim(cells ->> 'interest') <> '' and said[2] is distinct from (p ->> 'interest')::bigint,
                             to_jsonb(said[2]), p -> 'interest'),
    'fees', import_moved(trim(cells ->> 'fees') <> '' and said[3] is distinct from (p ->> 'fees')::bigint,
                         to_jsonb(said[3]), p -> 'fees'),
    'costs', import_moved(trim(cells ->> 'costs') <> '' and said[4] is distinct from (p ->> 'costs')::bigint,
                          to_jsonb(said[4]), p -> 'costs'),
    'due_date', import_moved(p ->> 'due_on' is not null and a.due_on is distinct from (p ->> 'due_on')::date,
                             to_jsonb(a.due_on), p -> 'due_on'),
    'creditor_name', import_moved(p ->> 'creditor' is not null and a.creditor_name is distinct from p ->> 'creditor',
                                  to_jsonb(a.creditor_name), p -> 'creditor'),
    'account_type', import_moved(p ->> 'kind' is not null and a.account_type is distinct from p ->> 'kind',
                                 to_jsonb(a.account_type), p -> 'kind')
    )), '{}');
end $$;

-- One warning a column that would change; an error where the client's figures come too late for what was done here.
create or replace function import_change_findings(number text, difference jsonb, worked text, currency text)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if worked is not null then
    return import_finding('work-since', '', format(
      'the figures differ from those placed as account %s, and %s: send the difference as an adjustment, or leave the '
      'row out', number, worked), (select min(col) from jsonb_object_keys(difference) col
                                    where col in ('original_amount', 'interest', 'fees', 'costs')));
  end if;
  return (
    select jsonb_agg(import_finding('account-changed', '', format(
                       'account %s has %s here: release changes it to %s', number,
                       import_shown(d.key, d.value -> 0, currency), import_shown(d.key, d.value -> 1, currency)),
                       d.key, 'warning') -> 0
                     order by d.key)
      from jsonb_each(difference) d);
end $$;

create or replace function import_shown(col text, value jsonb, currency text) returns text
  language plpgsql immutable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return case
    when value = 'null' then 'none of it'
    when col in ('original_amount', 'interest', 'fees', 'costs') then in_words((value #>> '{}')::bigint, currency)
    else value #>> '{}'
  end;
end $$;

-- The client that placed the same reference for the same name, where the row is nothing else.
create or replace function import_placed_elsewhere(agency int, client int, ref text, parsed jsonb)
  returns table (code text)
  language sql stable
as $$
  select c.code::text
    from search_key s
    join lateral (select * from account x where x.id = s.account_id limit 1) a on true
    join lateral (select * from client x where x.id = a.client_id limit 1) c on true
   where s.agency_id = agency
     and s.kind = 'ref'
     and s.key = lower(ref)
     and a.external_ref = ref
     and a.client_id <> client
     and a.last_norm = parsed ->> 'last_norm'
     and a.first_norm = parsed ->> 'first_norm'
   limit 1
$$;

-- A name that shares no word with the debtor's, or other digits, are somebody else's: to change them would show a debt
-- to a stranger.
create or replace function import_stranger(d debtor, parsed jsonb) returns boolean
  language sql stable
as $$
  select case
           when d.last_norm = parsed ->> 'last_norm' and d.first_norm = parsed ->> 'first_norm' then false
           else not name_words(d.last_norm || ' ' || d.first_norm)
                      && name_words((parsed ->> 'last_norm') || ' ' || (parsed ->> 'first_norm'))
         end
         or coalesce(d.ssn_last4 <> parsed ->> 'ssn4', false)
$$;

-- The account of a row as it is here, beside the row itself; nothing where the row is new. A contact that somebody here
-- removed does not come back by itself, so it is not new. One lookup leads to the next: a limit keeps the planner from
-- beginning elsewhere.
create or replace function import_placed_here(place tid, client int, ref text) returns table (
  account_id bigint,
  number text,
  status text,
  due bigint[],
  held bigint,
  said bigint[],
  stranger boolean,
  change jsonb
)
  language sql stable
as $$
  select a.id, a.number::text, a.status, k.due, k.held, s.parts, import_stranger(d, r.parsed),
         import_placed_difference(
           a, d, s.parts, r.parsed, r.cells,
           r.parsed ->> 'email' is not null
             and (select c.id
                    from debtor_contact c
                   where c.debtor_id = d.id and c.kind = 'email' and c.value = r.parsed ->> 'email'
                   limit 1) is null,
           r.parsed ->> 'phone' is not null
             and (select c.id
                    from debtor_contact c
                   where c.debtor_id = d.id and c.kind = 'phone' and c.value = r.parsed ->> 'phone'
                   limit 1) is null)
    from (select *
            from account x
           where x.client_id = client
             and x.external_ref = ref
             and x.closed_reason is distinct from 'placement_undone'
           limit 1) a
    cross join lateral (select * from import_row x where x.ctid = place limit 1) r
    cross join lateral (select * from debtor x where x.id = a.debtor_id limit 1) d
    cross join lateral (select * from account_balance x where x.account_id = a.id limit 1) k
    cross join lateral import_said(a.id) s
$$;

-- The rows of these references, all by default, about which there is something to say, or was before. Everything is
-- looked up by its key, a row at a time; and no row is carried along whole, because sorting a million of them would go
-- by way of the disk. The place of a row stays what it is as long as the query runs; asked for its number, the planner,
-- to whom a batch just staged is a row or two, reads all of the batch each time.
create or replace function import_compare_placed(b import_batch, refs text[])
  returns table (row_no int, found jsonb, difference jsonb)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
  set enable_nestloop = on
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
  set jit = off
as $$
declare
  money constant text := (select k.currency from client c join book k on k.id = c.book_id where c.id = b.client_id);
begin
  return query
  with standing as (
    select r.ctid as place, r.row_no, r.ref, r.parsed is not null and r.state not in ('released', 'undone') as is_open,
           r.findings <> '[]' or r.verdict is not null as was_told, min(r.row_no) over (partition by r.ref) as earliest
      from import_row r
     where r.batch_id = b.id
       and r.ref is not null
       and r.state <> 'excluded'
       and (refs is null or r.ref = any (refs))
  ),
  known as materialized (
    select s.row_no, s.ref, s.earliest, s.was_told, h.*, e.code as elsewhere
      from standing s
      left join lateral import_placed_here(s.place, b.client_id, s.ref) h on true
      left join lateral (
        select x.code
          from import_row r
          cross join lateral import_placed_elsewhere(b.agency_id, b.client_id, s.ref, r.parsed) x
         where r.ctid = s.place and h.account_id is null and s.earliest = s.row_no
         limit 1) e on true
     where s.is_open
  ),
  told as materialized (
    select k.row_no, k.was_told,
           case
             when k.earliest < k.row_no then import_finding(
               'key-duplicate', k.ref,
               format('the reference is already in row %s: leave this row out, or give it a reference of its own',
                      k.earliest))
             when k.account_id is null and k.elsewhere is null then '[]'
             when k.account_id is null then import_finding(
               'other-client', k.ref,
               format('client %s has placed the same reference for the same name: check whose file this is',
                      k.elsewhere),
               'external_ref', 'warning')
             when k.change is null then import_finding(
               'already-placed', k.ref,
               format('the reference is already account %s of this client, and nothing in it differs', k.number))
             when k.stranger then import_finding(
               'already-placed', k.ref, format(
                 'the reference is already account %s of this client, for somebody of another name or other digits: '
                 'give it a reference of its own, or leave the row out', k.number))
             when k.status in ('closed', 'settled') then
               import_finding('already-placed', k.ref, format(
                 'the reference is already account %s of this client, which is %s: leave the row out, or give it a '
                 'reference of its own', k.number, k.status))
               || import_finding('account-closed', k.ref, format('account %s is %s', k.number, k.status))
             else import_change_findings(
               k.number, k.change,
               case
                 when not k.change ?| array['original_amount', 'interest', 'fees', 'costs'] then null
                 when k.held > 0 then 'a card payment is under way'
                 when k.due is distinct from k.said then 'money has moved on it'
                 when (select s.id from settlement s where s.account_id = k.account_id and s.state = 'open' limit 1)
                      is not null then 'an offer is open'
                 when (select p.id from plan p where p.account_id = k.account_id and p.state = 'active' limit 1)
                      is not null then 'a payment plan runs'
               end,
               money)
           end as found,
           case when k.earliest = k.row_no and not k.stranger then k.change end as difference
      from known k
  )
  select t.row_no, t.found, t.difference
    from told t
   where t.was_told or t.found <> '[]' or t.difference is not null;
end $$;
