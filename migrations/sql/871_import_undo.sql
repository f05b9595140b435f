-- Undo of a release: one linked set of reversals. Every transfer that the release posted is turned round by one that
-- names it, and each row keeps both. Nothing is undone where somebody has worked on an account since.
set role debtflow_kernel;

-- The accounts of these rows, all released ones by default, on which money, holds or status moved since, or somebody
-- wrote a line. Several rows of one account are one chain: nobody came between them either.
create or replace function import_worked_since(batch bigint, refs text[] default null)
  returns table (account_id bigint, number text)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
as $$
  with mine as (
    select r.account_id, min((r.effect -> 'version' ->> 0)::bigint) as was,
           max((r.effect -> 'version' ->> 1)::bigint) as now,
           sum((r.effect -> 'version' ->> 1)::bigint - (r.effect -> 'version' ->> 0)::bigint) as moved,
           max((r.effect ->> 'activity')::bigint) as activity
      from import_row r
     where r.batch_id = batch and r.state = 'released' and (refs is null or r.ref = any (refs))
     group by r.account_id
  )
  select m.account_id, a.number
    from mine m
    join lateral (select * from account x where x.id = m.account_id limit 1) a on true
    join lateral (select * from account_balance x where x.account_id = m.account_id limit 1) k on true
   where m.activity is null
      or k.version <> m.now
      or m.now - m.was <> m.moved
      or exists (select from activity x where x.account_id = m.account_id and x.id > m.activity)
$$;

create or replace function import_undo_begin(b import_batch, reason text, who identity) returns import_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  worked text[];
  n bigint;
  begun import_batch;
begin
  perform import_reason(reason, 'say why the release is undone');
  if b.released = 0 then
    perform fail('DF422', 'nothing-to-undo', format('batch %s has released nothing that stands', b.id));
  end if;
  select count(*), (array_agg(w.number order by w.account_id))[1:20] into n, worked from import_worked_since(b.id) w;
  if n > 0 then
    perform fail('DF422', 'undo-worked',
                 format('%s of the accounts that batch %s released were worked on since: %s%s', n, b.id,
                        array_to_string(worked[1:5], ', '), case when n > 5 then ' …' else '' end),
                 'take back what was done on them, or correct them one by one',
                 jsonb_build_object('accounts', worked, 'count', n));
  end if;
  update import_batch x
     set state = 'undoing', undone_at = kernel_now(), undone_by = who.user_id, undo_reason = import_undo_begin.reason
   where x.id = b.id
  returning * into begun;
  perform security_note('import.undo', entity => 'batch', entity_id => b.id,
                        detail => jsonb_build_object('rows', b.released));
  return begun;
end $$;

-- The next rows to be undone, newest first, all of an account together; those that were left are not looked at again.
create or replace function import_undo_refs(batch bigint, size int) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array(
    select distinct x.ref
      from (select r.ref
              from import_row r
             where r.batch_id = batch and r.state = 'released' and not r.findings @> '[{"rule": "undo-worked"}]'
             order by r.row_no desc
             limit size) x)
$$;

-- Leaves these rows as they were released, and says so.
create or replace function import_undo_left(batch bigint, rows int[]) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update import_row r
     set version = r.version + 1,
         findings = r.findings || import_finding(
           'undo-worked', '', 'somebody has worked on this account since its release: it was left as it is', '',
           'warning')
   where r.batch_id = batch and r.row_no = any (rows)
$$;

-- Undone: [{row_no, account_id, reversals?}].
create or replace function import_taken_back(b import_batch, who identity, undone jsonb) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  with back as materialized (
    select * from jsonb_to_recordset(undone) as d(row_no int, account_id bigint, reversals jsonb)
  ),
  told as (
    insert into activity (agency_id, account_id, at, user_id, kind, text)
    select b.agency_id, k.account_id, kernel_now(), who.user_id, 'import',
           format('release undone: %s, row %s', b.file_name, k.row_no)
      from back k
  )
  update import_row r
     set state = 'undone', version = r.version + 1,
         effect = r.effect || jsonb_build_object('reversals', coalesce(k.reversals, '[]'))
    from back k
   where r.batch_id = b.id and r.row_no = k.row_no;
end $$;

create or replace function import_undo_rows(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  placed int[];
begin
  case b.kind
    when 'placements' then
      placed := array(select r.row_no
                        from import_row r
                       where r.batch_id = b.id and r.row_no = any (rows) and r.effect ? 'new'
                       order by r.row_no);
      perform placement_undo(b, placed, who);
      perform placement_change_undo(b, array(select n from unnest(rows) n where n <> all (placed) order by n), who);
    when 'payments' then perform import_pay_undo(b, rows, who);
    when 'adjustments' then perform import_adjust_undo(b, rows, who);
    when 'recalls' then perform import_recall_undo(b, rows, who);
    when 'contacts' then perform import_reach_undo(b, rows, who);
  end case;
end $$;

create or replace function import_undo_next(b import_batch, size int, who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  picked constant text[] := import_undo_refs(b.id, size);
  rows int[];
  worked int[];
begin
  rows := array(select r.row_no
                  from import_row r
                 where r.batch_id = b.id and r.ref = any (picked) and r.state = 'released'
                 order by r.row_no desc);
  perform import_hold(b, array(
    select distinct r.account_id from import_row r where r.batch_id = b.id and r.row_no = any (rows)));
  worked := array(select r.row_no
                    from import_worked_since(b.id, picked) w
                    join import_row r on r.batch_id = b.id and r.account_id = w.account_id and r.ref = any (picked)
                   where r.state = 'released');
  perform import_undo_left(b.id, worked);
  rows := array(select n from unnest(rows) with ordinality as x(n, ord) where n <> all (worked) order by ord);
  if cardinality(rows) > 0 then
    perform import_undo_rows(b, rows, who);
  end if;
  if cardinality(import_undo_refs(b.id, 1)) = 0 then
    update import_batch x
       set state = case x.released when 0 then 'undone' else 'released' end
     where x.id = b.id;
  end if;
end $$;

-- One step of an undo: takes back up to `size` rows, and with them all others of their accounts. Gives the batch's
-- state, how many rows still stand, and how many were taken back. Repeated after an interruption, it goes on.
create or replace function import_undo_chunk(batch bigint, size int, reason text)
  returns table (state text, released int, undone int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '30s'
as $$
declare
  who constant identity := import_clerk('import.undo');
  b import_batch := import_lock(batch, who);
begin
  perform import_step_known(size), act_begin('import.undo');
  if b.state = 'released' then
    b := import_undo_begin(b, reason, who);
    perform two_persons(who, 'import.undo', format('undo batch %s, %s', b.id, b.file_name),
                        jsonb_build_object('batch', b.id));
  elsif b.state not in ('undoing', 'undone') then
    perform fail('DF422', 'batch-state', format('batch %s is %s: nothing of it is released', b.id,
                                                replace(b.state, '_', ' ')), 'reject it, or finish its release first');
  end if;
  if b.state = 'undoing' then
    perform import_undo_next(b, size, who);
  end if;
  return query select x.state, x.released, x.undone from import_batch x where x.id = b.id;
end $$;

select operators_may('execute on function import_undo_chunk');
