-- Review: rows are corrected, left out, taken back; a batch may be rejected as a whole. Every act locks the batch
-- first.
set role debtflow_kernel;

create or replace function import_lock(batch bigint, who identity) returns import_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b import_batch;
begin
  select * into b from import_batch x where x.id = batch and x.agency_id = who.agency_id for no key update;
  if not found then
    perform fail('DF404', 'batch', format('there is no import batch %s', batch), 'debtflow import list');
  end if;
  return b;
end $$;

create or replace function import_review(batch bigint) returns import_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_lock(batch, import_clerk());
begin
  if b.state <> 'in_review' then
    perform fail('DF422', 'batch-state', format('batch %s is %s: its rows do not change any more', b.id, b.state),
                 case b.state
                   when 'releasing' then 'repeat the release, it goes on where it stopped'
                   else 'stage a new file'
                 end);
  end if;
  return b;
end $$;

-- The row as it was looked at; somebody else may have corrected it meanwhile.
create or replace function import_row_at(batch bigint, row_no int, version int) returns import_row
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  r import_row;
begin
  select * into r from import_row x where x.batch_id = batch and x.row_no = import_row_at.row_no;
  if not found then
    perform fail('DF404', 'row', format('batch %s has no row %s', batch, row_no), 'debtflow import rows');
  end if;
  if r.version is distinct from import_row_at.version then
    perform fail('DF409', 'row-version', format('somebody else has changed row %s meanwhile', row_no),
                 'look at the row again');
  end if;
  return r;
end $$;

create or replace function import_rows_known(batch bigint, rows int[]) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  stranger int;
begin
  if coalesce(cardinality(rows), 0) = 0 then
    perform fail('DF400', 'rows', 'name at least one row', '', '{"field": "rows"}');
  end if;
  select n
    into stranger
    from unnest(rows) n
   where not exists (select from import_row r where r.batch_id = batch and r.row_no = n)
   order by n
   limit 1;
  if found then
    perform fail('DF404', 'row', format('batch %s has no row %s', batch, stranger), 'debtflow import rows');
  end if;
end $$;

create or replace function import_reason(reason text, ask text) returns void
  language plpgsql immutable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if coalesce(length(trim(reason)), 0) not between 1 and 400 then
    perform fail('DF400', 'reason', ask || ', in 1 to 400 characters', '', '{"field": "reason"}');
  end if;
end $$;

create or replace function import_fix(
  batch bigint,
  row_no int,
  version int,
  cells jsonb,
  findings jsonb,
  parsed jsonb,
  ref text
) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_review(batch);
  old constant import_row := import_row_at(b.id, row_no, version);
begin
  if old.state = 'excluded' then
    perform fail('DF422', 'row-excluded', format('row %s is left out of this batch', row_no), 'include it again first');
  end if;
  perform act_begin('import.fix');
  perform import_correct(
    b, import_change_begin(b, 'fix'),
    jsonb_build_array(jsonb_build_object(
      'row', row_no, 'version', version, 'cells', cells, 'findings', findings, 'parsed', parsed, 'ref', ref)));
end $$;

-- The change that is undone, where one is named: of this batch, for a foreign key looks behind row security.
create or replace function import_change_known(b import_batch, change bigint) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if change is not null and not exists (select from import_change c where c.id = change and c.batch_id = b.id) then
    perform fail('DF404', 'change', format('batch %s knows no change %s', b.id, change), 'debtflow import changes');
  end if;
end $$;

-- The same to many rows is begun once and comes in steps; whoever began it goes on with it.
create or replace function import_alike_begin(batch bigint, what jsonb, undoes bigint default null) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_review(batch);
begin
  perform import_change_known(b, undoes);
  perform act_begin('import.fix');
  return import_change_begin(b, case when import_alike_begin.undoes is null then 'alike' else 'undo' end, what,
                             import_alike_begin.undoes);
end $$;

create or replace function import_alike_step(change bigint, items jsonb) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '30s'
as $$
declare
  who constant identity := import_clerk();
  c import_change;
begin
  select *
    into c
    from import_change x
   where x.id = change and x.user_id = who.user_id and x.kind in ('alike', 'undo');
  if not found then
    perform fail('DF404', 'change', format('there is no change %s of yours', change), 'debtflow import changes');
  end if;
  perform act_begin('import.fix');
  return coalesce(cardinality(import_correct(import_review(c.batch_id), change, items)), 0);
end $$;

create or replace function import_exclude(batch bigint, rows int[], reason text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_review(batch);
  moved int[];
begin
  perform import_rows_known(b.id, rows);
  perform import_reason(reason, 'say why these rows are left out');
  perform act_begin('import.exclude');
  with put as (
    update import_row r
       set state = 'excluded', reason = import_exclude.reason, version = r.version + 1
     where r.batch_id = b.id and r.row_no = any (rows) and r.state <> 'excluded'
    returning r.row_no
  )
  select array_agg(row_no order by row_no) into moved from put;
  perform import_change_moved(
    import_change_begin(b, 'exclude', jsonb_build_object('reason', import_exclude.reason)), b, moved);
  perform import_compare_of(b.id, rows);
end $$;

create or replace function import_include(batch bigint, rows int[], undoes bigint default null) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_review(batch);
  moved int[];
begin
  perform import_rows_known(b.id, rows), import_change_known(b, undoes);
  perform act_begin('import.include');
  with put as (
    update import_row r
       set state = import_state_of(import_own_findings(r.findings), r.parsed),
           findings = import_own_findings(r.findings), reason = null, version = r.version + 1
     where r.batch_id = b.id and r.row_no = any (rows) and r.state = 'excluded'
    returning r.row_no
  )
  select array_agg(row_no order by row_no) into moved from put;
  perform import_change_moved(import_change_begin(b, 'include', '{}', undoes), b, moved);
  perform import_compare_of(b.id, rows);
end $$;

create or replace function import_reject(batch bigint, reason text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_review(batch);
begin
  perform import_reason(reason, 'say why the file is rejected');
  perform act_begin('import.reject');
  update import_batch x
     set state = 'rejected', reason = import_reject.reason, finished_at = kernel_now()
   where x.id = b.id;
end $$;

select operators_may('execute on function import_fix, import_alike_begin, import_alike_step, import_exclude,'
                     ' import_include, import_reject');
