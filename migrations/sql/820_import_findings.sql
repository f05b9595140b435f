-- What state a row is in, and the findings that come from other rows and accounts: duplicates.
set role debtflow_kernel;

-- The one place that says what state a row is in; exclusion and release are decisions, not findings.
create or replace function import_state_of(findings jsonb, parsed jsonb) returns text
  language sql immutable parallel safe
as $$
  select case
    when parsed is null then 'error'
    when findings = '[]' then 'valid'
    when findings @> '[{"rule": "key-duplicate"}]' or findings @> '[{"rule": "already-placed"}]' then 'duplicate'
    when findings @> '[{"severity": "error"}]' then 'error'
    else 'warning'
  end
$$;

create or replace function import_finding(
  rule text,
  value text,
  message text,
  col text default 'external_ref'
) returns jsonb
  language sql immutable parallel safe
as $$
  select jsonb_build_array(jsonb_build_object(
    'column', col, 'value', value, 'rule', rule, 'severity', 'error', 'message', message))
$$;

-- What was found in the row itself, without what other rows and accounts add.
create or replace function import_own_findings(findings jsonb) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when findings = '[]' then findings
    else (select coalesce(jsonb_agg(f order by ord), '[]')
            from jsonb_array_elements(findings) with ordinality as x(f, ord)
           where f ->> 'rule' not in ('key-duplicate', 'already-placed'))
  end
$$;

-- Marks and unmarks duplicates among the rows with these references, all by default: against earlier rows of the file
-- that are not excluded, and against accounts of the client. Planned anew each time, because "all" and "these" want
-- different indexes, and without nested loops: a batch just staged is unknown to the planner, who takes it for a row or
-- two.
create or replace function import_mark_duplicates(batch bigint, refs text[] default null) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $$
  with standing as (
    select r.row_no, r.ref, r.state, r.parsed, r.findings, min(r.row_no) over (partition by r.ref) as earliest
      from import_row r
     where r.batch_id = batch
       and r.ref is not null
       and r.state <> 'excluded'
       and (refs is null or r.ref = any (refs))
  ),
  placed as (
    select s.*,
           (select a.number from account a where a.client_id = b.client_id and a.external_ref = s.ref) as account
      from standing s
      cross join import_batch b
     where b.id = batch and s.parsed is not null and s.state <> 'released'
  ),
  verdict as (
    select p.row_no, p.parsed, p.findings as before,
           import_own_findings(p.findings) || case
             when p.account is not null then import_finding(
               'already-placed', p.ref,
               format('the reference is already account %s of this client: leave the row out, '
                      'or give it a reference of its own', p.account))
             when p.earliest < p.row_no then import_finding(
               'key-duplicate', p.ref,
               format('the reference is already in row %s: leave this row out, '
                      'or give it a reference of its own', p.earliest))
             else '[]'
           end as findings
      from placed p
  )
  update import_row r
     set findings = v.findings, state = import_state_of(v.findings, v.parsed)
    from verdict v
   where r.batch_id = batch and r.row_no = v.row_no and v.findings <> v.before
$$;

-- The same for the references that these rows have.
create or replace function import_mark_duplicates_of(batch bigint, rows int[]) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select import_mark_duplicates(batch, array(
    select r.ref from import_row r where r.batch_id = batch and r.row_no = any (rows) and r.ref is not null))
$$;
