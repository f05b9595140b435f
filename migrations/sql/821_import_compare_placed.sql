-- Comparison of a placements file: what is new, what is here unchanged, and what the client says otherwise than before.
set role debtflow_kernel;

-- What the client said last that a debt is made up of: what was placed, and what was corrected since. Asked for one
-- account at a time, whatever joins the caller has switched off for its own statements.
create or replace function import_said_parts(account bigint) returns bigint[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = on
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
as $$
  select array[coalesce(sum(x.sign * x.parts[1]), 0), coalesce(sum(x.sign * x.parts[2]), 0),
               coalesce(sum(x.sign * x.parts[3]), 0), coalesce(sum(x.sign * x.parts[4]), 0)]::bigint[]
    from (select l.parts, 1 as sign
            from leg l
            join transfer t on t.id = l.transfer_id and t.kind = 'placement'
           where l.account_id = account and l.parts is not null
          union all
          select d.parts, case when (d.kind = 'correct_up') = (d.reverses is null) then 1 else -1 end
            from adjustment d
           where d.account_id = account and d.kind in ('correct_up', 'correct_down')) x
$$;

-- What this row says of an account otherwise than before, by column: before and after. An empty cell says nothing.
-- Names are compared as they are searched for; a phone or e-mail is new where the debtor does not have it.
create or replace function import_placed_difference(
  account bigint,
  parsed jsonb,
  cells jsonb,
  due bigint[]
) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account;
  d debtor;
  said constant bigint[] := import_said_parts(account);
begin
  select * into a from account x where x.id = account;
  select * into d from debtor x where x.id = a.debtor_id;
  return (
    select jsonb_object_agg(f.col, jsonb_build_array(f.before, f.after))
      from (values
        ('debtor_name', to_jsonb(d.name), parsed -> 'name',
         (d.last_norm, d.first_norm) is distinct from (parsed ->> 'last_norm', parsed ->> 'first_norm')),
        ('debtor_ssn_last4', 'null', '"[hidden]"', parsed ->> 'ssn4' is not null and d.ssn_last4 is null),
        ('debtor_email', 'null'::jsonb, parsed -> 'email', import_contact_new(d.id, 'email', parsed ->> 'email')),
        ('debtor_phone', 'null'::jsonb, parsed -> 'phone', import_contact_new(d.id, 'phone', parsed ->> 'phone')),
        ('original_amount', to_jsonb(said[1]), parsed -> 'amount',
         said[1] is distinct from (parsed ->> 'amount')::bigint),
        ('interest', to_jsonb(said[2]), parsed -> 'interest',
         trim(cells ->> 'interest') <> '' and said[2] is distinct from (parsed ->> 'interest')::bigint),
        ('fees', to_jsonb(said[3]), parsed -> 'fees',
         trim(cells ->> 'fees') <> '' and said[3] is distinct from (parsed ->> 'fees')::bigint),
        ('costs', to_jsonb(said[4]), parsed -> 'costs',
         trim(cells ->> 'costs') <> '' and said[4] is distinct from (parsed ->> 'costs')::bigint),
        ('due_date', to_jsonb(a.due_on), parsed -> 'due_on',
         parsed ->> 'due_on' is not null and a.due_on is distinct from (parsed ->> 'due_on')::date),
        ('creditor_name', to_jsonb(a.creditor_name), parsed -> 'creditor',
         parsed ->> 'creditor' is not null and a.creditor_name is distinct from parsed ->> 'creditor'),
        ('account_type', to_jsonb(a.account_type), parsed -> 'kind',
         parsed ->> 'kind' is not null and a.account_type is distinct from parsed ->> 'kind')
        ) as f(col, before, after, differs)
     where f.differs);
end $$;

-- Whether a debtor never had this contact: one that somebody here removed does not come back by itself.
create or replace function import_contact_new(debtor bigint, kind text, value text) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select value is not null
         and not exists (select
                           from debtor_contact c
                          where c.debtor_id = debtor
                            and c.kind = import_contact_new.kind
                            and c.value = import_contact_new.value)
$$;

-- What was done on an account that the client's new figures do not know of.
create or replace function import_worked(account bigint, due bigint[], held bigint) returns text
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return case
    when held > 0 then 'a card payment is under way'
    when due is distinct from import_said_parts(account) then 'money has moved on it'
    when exists (select from settlement s where s.account_id = account and s.state = 'open') then 'an offer is open'
    when exists (select from plan p where p.account_id = account and p.state = 'active') then 'a payment plan runs'
  end;
end $$;

-- One warning a column that would change; an error where the client's figures come too late for what was done here.
create or replace function import_change_findings(
  account bigint,
  number text,
  difference jsonb,
  due bigint[],
  held bigint
) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  worked text := case when difference ?| array['original_amount', 'interest', 'fees', 'costs']
                      then import_worked(account, due, held) end;
  money constant text := (select k.currency from account a join client c on c.id = a.client_id
                                                           join book k on k.id = c.book_id where a.id = account);
begin
  if worked is not null then
    return import_finding('work-since', '', format(
      'the figures differ from those placed as account %s, and %s: send the difference as an adjustment, or leave the '
      'row out', number, worked), (select min(col) from jsonb_object_keys(difference) col
                                    where col in ('original_amount', 'interest', 'fees', 'costs')));
  end if;
  return (
    select jsonb_agg(x.finding -> 0 order by x.col)
      from (select d.key as col, import_finding('account-changed', '', format(
                     'account %s has %s here: release changes it to %s', number,
                     import_shown(d.key, d.value -> 0, money), import_shown(d.key, d.value -> 1, money)),
                     d.key, 'warning') as finding
              from jsonb_each(difference) d) x);
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
create or replace function import_placed_elsewhere(agency int, client int, ref text, last_norm text, first_norm text)
  returns text
  language sql stable
as $$
  select c.code
    from search_key s
    join lateral (select * from account x where x.id = s.account_id limit 1) a on true
    join lateral (select * from client x where x.id = a.client_id limit 1) c on true
   where s.agency_id = agency
     and s.kind = 'ref'
     and s.key = lower(ref)
     and a.external_ref = ref
     and a.client_id <> client
     and (a.last_norm, a.first_norm) = (import_placed_elsewhere.last_norm, import_placed_elsewhere.first_norm)
   limit 1
$$;

-- A name that shares no word with the debtor's, or other digits, are somebody else's: to change them would show a debt
-- to a stranger.
create or replace function import_stranger(debtor bigint, parsed jsonb) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select not name_words(d.last_norm || ' ' || d.first_norm)
             && name_words((parsed ->> 'last_norm') || ' ' || (parsed ->> 'first_norm'))
         or coalesce(d.ssn_last4 <> parsed ->> 'ssn4', false)
    from debtor d
   where d.id = debtor
$$;

create or replace function import_compare_placed(b import_batch, refs text[])
  returns table (row_no int, found jsonb, difference jsonb)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with standing as (
    select s.*, import_stranger(s.debtor_id, s.parsed) as stranger,
           case when s.account_id is not null
                then import_placed_difference(s.account_id, s.parsed, s.cells, s.due)
           end as change,
           case when s.account_id is null and s.earliest = s.row_no
                then import_placed_elsewhere(b.agency_id, b.client_id, s.ref, s.parsed ->> 'last_norm',
                                             s.parsed ->> 'first_norm')
           end as elsewhere
      from import_standing(b.id, refs) s
  )
  select s.row_no,
         case
           when s.earliest < s.row_no then import_finding(
             'key-duplicate', s.ref,
             format('the reference is already in row %s: leave this row out, or give it a reference of its own',
                    s.earliest))
           when s.account_id is null and s.elsewhere is null then '[]'
           when s.account_id is null then import_finding(
             'other-client', s.ref,
             format('client %s has placed the same reference for the same name: check whose file this is', s.elsewhere),
             'external_ref', 'warning')
           when s.change is null then import_finding(
             'already-placed', s.ref,
             format('the reference is already account %s of this client, and nothing in it differs', s.number))
           when s.stranger then import_finding(
             'already-placed', s.ref, format(
               'the reference is already account %s of this client, for somebody of another name or other digits: '
               'give it a reference of its own, or leave the row out', s.number))
           when s.status in ('closed', 'settled') then
             import_finding('already-placed', s.ref, format(
               'the reference is already account %s of this client, which is %s: leave the row out, or give it a '
               'reference of its own', s.number, s.status))
             || import_finding('account-closed', s.ref, format('account %s is %s', s.number, s.status))
           else import_change_findings(s.account_id, s.number, s.change, s.due, s.held)
         end,
         case when s.earliest = s.row_no and not s.stranger then s.change end
    from standing s
$$;
