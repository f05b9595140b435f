-- Release: reviewed rows reach the accounts, some hundred a transaction. Each transaction moves the rows it took, so a
-- row happens exactly once, whoever releases at the same time and wherever a release is killed.
set role debtflow_kernel;

-- Whether the release may begin; once begun it goes on whatever it finds. What was placed with us earlier than it
-- reached this program keeps its day.
create or replace function import_release_begin(b import_batch, leave_errors boolean, placed_on date)
  returns import_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  today constant date := agency_today(b.agency_id);
  begun import_batch;
begin
  if placed_on not between '1970-01-01' and today then
    perform fail('DF400', 'placed_on', format('%s cannot be the day of a placement', placed_on),
                 'it is today or earlier', '{"field": "placed_on"}');
  end if;
  perform import_control_agrees(b);
  if b.errors > 0 and not coalesce(leave_errors, false) then
    perform fail('DF422', 'errors-remain', format('%s of %s rows are still in error', b.errors, b.rows),
                 'fix or exclude them, or leave them behind with --leave-errors',
                 jsonb_build_object('errors', b.errors, 'rows', b.rows));
  end if;
  if b.valid + b.warnings = 0 then
    perform fail('DF422', 'nothing-to-release', format('batch %s holds no row that could be released', b.id),
                 'fix its rows, or reject it');
  end if;
  perform import_second_eyes(b);
  update import_batch x
     set state = 'releasing', placed_on = coalesce(import_release_begin.placed_on, today)
   where x.id = b.id
  returning * into begun;
  perform security_note('import.release', entity => 'batch', entity_id => b.id,
                        detail => jsonb_build_object('rows', b.valid + b.warnings));
  return begun;
end $$;

-- The first rows of the batch that are ready. Two reads of the index by state, not one of the whole batch.
create or replace function import_ready(batch bigint, size int) returns int[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_sort = off
  set enable_bitmapscan = off
as $$
  select array(
    select r.row_no
      from ((select row_no from import_row where batch_id = batch and state = 'valid' order by row_no limit size)
            union all
            (select row_no from import_row where batch_id = batch and state = 'warning' order by row_no limit size)) r
     order by r.row_no
     limit size)
$$;

-- Holds what the rows will move before anybody looks at it again: the client whose round a placement takes its turn of,
-- then what `import_hold` holds.
create or replace function import_release_lock(b import_batch, rows int[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if b.kind = 'placements' then
    perform from client c where c.id = b.client_id for no key update;
  end if;
  perform import_hold(b, import_accounts(b, rows));
end $$;

-- Holds the agency where debtors are written, the period, plans that end or stand again, debtors, the accounts by id. A
-- placement finds out late which other debtors are the same person: two who write debtors would wait for each other, so
-- the second waits for the first from the beginning.
create or replace function import_hold(b import_batch, accounts bigint[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  writes_debtors constant boolean := b.kind in ('placements', 'contacts');
begin
  if writes_debtors then
    perform from agency a where a.id = b.agency_id for no key update;
  end if;
  perform period_shared(b.agency_id);
  if b.kind = 'recalls' then
    perform from plan p where p.account_id = any (accounts) order by p.id for no key update;
  end if;
  if writes_debtors then
    perform from debtor d
      where d.id in (select a.debtor_id from account a where a.id = any (accounts)) order by d.id for no key update;
  end if;
  perform from account_balance x where x.account_id = any (accounts) order by x.account_id for no key update;
end $$;

-- The accounts that these rows name, as far as they are there.
create or replace function import_accounts(b import_batch, rows int[]) returns bigint[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array(
    select distinct a.id
      from import_row r
      join lateral (select x.id
                      from account x
                     where x.client_id = b.client_id
                       and x.external_ref = r.ref
                       and x.closed_reason is distinct from 'placement_undone'
                     limit 1) a on true
     where r.batch_id = b.id and r.row_no = any (rows))
$$;

create or replace function import_release_do(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  known int[];
begin
  case b.kind
    when 'placements' then
      known := array(select r.row_no
                       from import_row r
                      where r.batch_id = b.id and r.row_no = any (rows) and r.verdict = 'changed'
                      order by r.row_no);
      perform placement_new(b, array(select n from unnest(rows) n where n <> all (known) order by n), who);
      perform placement_change(b, known, who);
    when 'payments' then perform import_pay(b, rows, who);
    when 'adjustments' then perform import_adjust(b, rows, who);
    when 'recalls' then perform import_recall(b, rows, who);
    when 'contacts' then perform import_reach(b, rows, who);
  end case;
end $$;

-- Releases these rows; where the database refuses one, halves until it stands alone, and only that one stays behind.
create or replace function import_release_try(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  half constant int := cardinality(rows) / 2;
  rule text;
begin
  perform import_release_do(b, rows, who);
exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
  get stacked diagnostics rule = constraint_name;
  if half > 0 then
    perform import_release_try(b, rows[:half], who);
    perform import_release_try(b, rows[half + 1:], who);
  else
    perform import_refused(b.id, jsonb_build_array(jsonb_build_object(
      'row_no', rows[1], 'why', coalesce(nullif(rule, ''), sqlstate))));
  end if;
end $$;

-- Releases the next rows, as far as they are still ready once they are compared again with all they need held.
create or replace function import_release_next(b import_batch, size int, who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  picked int[];
begin
  if b.kind = 'placements' and client_collectors(b.client_id) is null then
    perform fail('DF422', 'client-collectors', 'nobody is there to work what this client places',
                 'name its collectors: debtflow client edit');
  end if;
  picked := import_ready(b.id, size);
  perform import_release_lock(b, picked);
  perform import_compare_of(b.id, picked);
  picked := array(select r.row_no
                    from import_row r
                   where r.batch_id = b.id and r.row_no = any (picked) and r.state in ('valid', 'warning')
                   order by r.row_no);
  if cardinality(picked) > 0 then
    perform import_release_try(b, picked, who);
  end if;
  update import_batch x
     set state = 'released', finished_at = kernel_now()
   where x.id = b.id and x.valid + x.warnings = 0;
end $$;

create or replace function import_step_known(size int) returns void
  language plpgsql immutable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if coalesce(size, 0) not between 1 and 10000 then
    perform fail('DF400', 'size', 'a step takes 1 to 10000 rows', '', '{"field": "size"}');
  end if;
end $$;

-- A worker goes on with what it fetched and began to release under the client's conditions; the rest is a person's.
create or replace function import_releaser(batch bigint) returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  if who.role <> 'worker' then
    return import_clerk('import.release');
  end if;
  if not pull_released(batch, who) then
    perform fail('DF403', 'import_release_role', 'a worker releases only what it fetched and what is as agreed',
                 'a supervisor releases it');
  end if;
  return who;
end $$;

-- One step of a release: takes up to `size` rows that are ready and releases them. Gives the batch's state and how many
-- rows are still to come. Waits longer than other acts: whoever releases the same batch waits for the other's step, and
-- then goes on with it.
create or replace function import_release_chunk(
  batch bigint,
  size int,
  leave_errors boolean,
  placed_on date default null
) returns table (state text, ready int, released int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '30s'
as $$
declare
  who constant identity := import_releaser(batch);
  b import_batch := import_lock(batch, who);
begin
  perform import_step_known(size), act_begin('import.release');
  if b.state in ('rejected', 'undoing', 'undone') then
    perform fail('DF422', 'batch-state', format('batch %s is %s', b.id, b.state), 'stage the file again');
  elsif b.state = 'in_review' then
    perform step_up_wanted('release');
    b := import_release_begin(b, leave_errors, placed_on);
  end if;
  if b.state <> 'released' then
    perform import_release_next(b, size, who);
  end if;
  return query select x.state, x.valid + x.warnings, x.released from import_batch x where x.id = b.id;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function import_release_chunk')) x(f);
