-- What state a row is in, and the findings that come from other rows and from the accounts: what the comparison says.
set role debtflow_kernel;

-- The rules of the comparison. Their findings are made anew each time; those about the row itself stay.
create or replace function import_compared_rules() returns text[]
  language sql immutable parallel safe
as $$
  select array['key-duplicate', 'already-placed', 'already-posted', 'already-closed', 'unchanged', 'account-changed',
               'account-unknown', 'account-closed', 'other-client', 'work-since', 'over-balance', 'before-placement',
               'charge-under-way', 'work-ends', 'contact-removed']
$$;

-- The one place that says what state a row is in; exclusion and release are decisions, not findings. A duplicate is
-- what is here already: it never releases, and holds no release back.
create or replace function import_state_of(findings jsonb, parsed jsonb) returns text
  language sql immutable parallel safe
as $$
  select case
    when parsed is null then 'error'
    when findings = '[]' then 'valid'
    when findings @> '[{"rule": "key-duplicate"}]' or findings @> '[{"rule": "already-placed"}]'
      or findings @> '[{"rule": "already-posted"}]' or findings @> '[{"rule": "already-closed"}]'
      or findings @> '[{"rule": "unchanged"}]' then 'duplicate'
    when findings @> '[{"severity": "error"}]' then 'error'
    else 'warning'
  end
$$;

create or replace function import_finding(
  rule text,
  value text,
  message text,
  col text default 'external_ref',
  severity text default 'error'
) returns jsonb
  language sql stable parallel safe
as $$
  select jsonb_build_array(jsonb_build_object(
    'column', col, 'value', value, 'rule', rule, 'severity', severity, 'message', message))
$$;

-- What was found in the row itself, without what other rows and accounts add.
create or replace function import_own_findings(findings jsonb) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when findings = '[]' then findings
    else (select coalesce(jsonb_agg(f order by ord), '[]')
            from jsonb_array_elements(findings) with ordinality as x(f, ord)
           where not f ->> 'rule' = any (import_compared_rules()))
  end
$$;

-- By what a row is known again inside its file and across files, beside the account's reference. A payment or an
-- adjustment is known by the client's own reference, where it has one.
create or replace function import_key(kind text, parsed jsonb) returns text
  language sql immutable parallel safe
as $$
  select case kind
    when 'payments' then coalesce('ref ' || (parsed ->> 'reference'),
                                  'paid ' || (parsed ->> 'amount') || ' ' || (parsed ->> 'paid_on'))
    when 'adjustments' then coalesce('ref ' || (parsed ->> 'reference'), parsed::text)
    when 'contacts' then parsed::text
    else ''
  end
$$;

-- The client of the same agency whose account this reference is, where it is somebody else's.
create or replace function import_elsewhere(agency int, client int, ref text) returns text
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = on
  set enable_seqscan = off
as $$
begin
  return (
    select c.code
      from search_key s
      join account a on a.id = s.account_id
      join client c on c.id = a.client_id
     where s.agency_id = agency
       and s.kind = 'ref'
       and s.key = lower(ref)
       and a.external_ref = ref
       and a.client_id <> client
     limit 1);
end $$;

-- The rows with these references, all by default, that were not left out: the earliest row of the same key, and the
-- account of the reference as it stands. Each account is looked up by itself: a batch just staged is unknown to the
-- planner, who takes it for a row or two, and a client may have millions of accounts.
create or replace function import_standing(batch bigint, refs text[]) returns table (
  row_no int,
  ref text,
  parsed jsonb,
  cells jsonb,
  state text,
  earliest int,
  account_id bigint,
  number text,
  status text,
  placed_on date,
  due bigint[],
  held bigint,
  debtor_id bigint
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $$
  with standing as (
    select r.row_no, r.ref, r.parsed, r.cells, r.state, b.client_id,
           min(r.row_no) over (partition by r.ref, import_key(b.kind, r.parsed)) as earliest
      from import_row r
      cross join (select x.client_id, x.kind from import_batch x where x.id = batch) b
     where r.batch_id = batch
       and r.ref is not null
       and r.state <> 'excluded'
       and (refs is null or r.ref = any (refs))
  )
  select s.row_no, s.ref, s.parsed, s.cells, s.state, s.earliest, a.id, a.number, a.status, a.placed_on, b.due, b.held,
         a.debtor_id
    from standing s
    left join lateral (select *
                         from account x
                        where x.client_id = s.client_id
                          and x.external_ref = s.ref
                          and x.closed_reason is distinct from 'placement_undone'
                        limit 1) a on true
    left join lateral (select * from account_balance x where x.account_id = a.id limit 1) b on true
   where s.parsed is not null and s.state not in ('released', 'undone')
$$;

-- What keeps any row from an account that has to be there and be open; null where nothing does.
create or replace function import_account_finding(
  agency int,
  client int,
  ref text,
  number text,
  status text
) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  elsewhere text;
begin
  if number is null then
    elsewhere := import_elsewhere(agency, client, ref);
    return case
      when elsewhere is not null then import_finding(
        'other-client', ref,
        format('the reference is an account of another client, %s: check whose file this is, or correct the reference',
               elsewhere))
      else import_finding(
        'account-unknown', ref,
        'this client has no account of that reference: correct it, or leave the row out')
    end;
  elsif status in ('closed', 'settled') then
    return import_finding(
      'account-closed', ref, format('account %s is %s: leave the row out, or ask the client', number, status));
  end if;
  return null;
end $$;

create or replace function import_twin_finding(ref text, earliest int, row_no int) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case when earliest < row_no then import_finding(
    'key-duplicate', ref,
    format('the same is already in row %s: leave this row out, or give it a reference of its own', earliest)) end
$$;

-- What a finding of the comparison makes of its row, for those who ask how a file stands to the accounts.
create or replace function import_verdict(found jsonb, difference jsonb) returns text
  language sql immutable parallel safe
as $$
  select case
    when found @> '[{"rule": "account-unknown"}]' then 'unknown'
    when found @> '[{"rule": "other-client", "severity": "error"}]' then 'other_client'
    when found @> '[{"rule": "account-closed"}]' then 'closed'
    when found @> '[{"rule": "already-placed"}]' or found @> '[{"rule": "already-posted"}]'
      or found @> '[{"rule": "already-closed"}]' or found @> '[{"rule": "unchanged"}]' then 'unchanged'
    when found @> '[{"rule": "work-since"}]' or found @> '[{"rule": "over-balance"}]'
      or found @> '[{"rule": "before-placement"}]' or found @> '[{"rule": "charge-under-way"}]'
      or found @> '[{"rule": "contact-removed", "severity": "error"}]' then 'conflict'
    when difference is not null then 'changed'
  end
$$;
