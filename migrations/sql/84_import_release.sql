-- Release: reviewed rows become debtors, accounts and placements, some hundred a transaction. Each transaction moves the rows it took, so a row is
-- placed exactly once, whoever releases at the same time and wherever a release is killed.
set role debtflow_kernel;

-- Who works what is placed next: the client's collectors in their order, without those who have left.
create or replace function client_collectors(client int) returns int[] language sql stable set search_path = pg_catalog, debtflow, pg_temp as $$
  select array_agg(cc.user_id order by cc.position) from client_collector cc join users u on u.id = cc.user_id and u.disabled_at is null where cc.client_id = client $$;

-- Takes n turns of the client's round and n account numbers; gives the first of each. Locks client, then agency.
create or replace function placement_claim(client int, agency int, n int, out turn bigint, out base bigint) language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  update client c set turn = c.turn + n where c.id = client returning c.turn - n into placement_claim.turn;
  update agency a set next_number = a.next_number + n where a.id = agency returning a.next_number - n into base;
end $$;

-- What a row's debt is made up of: principal, interest, fees, costs. Inlined, so it has no search path of its own.
create or replace function placement_parts(parsed jsonb) returns bigint[] language sql immutable parallel safe as $$
  select array[(parsed ->> 'amount')::bigint, coalesce((parsed ->> 'interest')::bigint, 0),
               coalesce((parsed ->> 'fees')::bigint, 0), coalesce((parsed ->> 'costs')::bigint, 0)] $$;

-- Writes debtors, contacts and accounts of these rows, owing nothing yet. Rows and accounts in the order of the file.
-- A batch just staged is unknown to the planner, who takes it for a row or two: nested loops over all of it are ruled out.
create or replace function placement_write(b import_batch, rows int[], who identity) returns bigint[] language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp set enable_nestloop = off as $$
declare
  collectors constant int[] := client_collectors(b.client_id);
  claimed constant record := placement_claim(b.client_id, b.agency_id, cardinality(rows));
  ids bigint[];
begin
  with placed as materialized (
    select r.row_no, p.*, sum4(placement_parts(r.parsed)) as amount, nextval('debtflow.debtor_id_seq') as debtor_id, nextval('debtflow.account_id_seq') as account_id,
           account_number(claimed.base + o.ord - 1) as number, collectors[(claimed.turn + o.ord - 1) % cardinality(collectors) + 1] as collector_id
      from unnest(rows) with ordinality as o(row_no, ord) join import_row r on r.batch_id = b.id and r.row_no = o.row_no and r.row_no = any (rows)
      cross join lateral jsonb_to_record(r.parsed) as p(ref text, name text, first_norm text, last_norm text, ssn4 text, email text, phone text,
                                                        due_on date, creditor text, kind text)),
  wrote_debtors as (
    insert into debtor (id, agency_id, name, first_norm, last_norm, ssn_last4) overriding system value
    select debtor_id, b.agency_id, name, first_norm, last_norm, ssn4 from placed),
  wrote_contacts as (
    insert into debtor_contact (agency_id, debtor_id, kind, value, is_primary)
    select b.agency_id, debtor_id, c.kind, c.value, true from placed cross join lateral (values ('phone', phone), ('email', email)) as c(kind, value) where c.value is not null),
  wrote_accounts as (
    insert into account (id, agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name, last_norm, first_norm, status, currency, original_amount,
                         account_type, creditor_name, placed_on, due_on, import_batch_id, import_row) overriding system value
    select account_id, b.agency_id, b.client_id, collector_id, debtor_id, number, ref, name, last_norm, first_norm, 'assigned', k.currency, amount,
           kind, creditor, b.placed_on, due_on, b.id, row_no
      from placed cross join (select k.currency from client c join book k on k.id = c.book_id where c.id = b.client_id) k),
  wrote_balances as (
    insert into account_balance (account_id, agency_id, collector_id, currency, due)
    select account_id, b.agency_id, collector_id, k.currency, '{0,0,0,0}'
      from placed cross join (select k.currency from client c join book k on k.id = c.book_id where c.id = b.client_id) k),
  wrote_activities as (
    insert into activity (agency_id, account_id, at, user_id, kind, text)
    select b.agency_id, account_id, kernel_now(), who.user_id, 'import', format('placed by %s: %s, row %s', c.code, b.file_name, row_no)
      from placed cross join client c where c.id = b.client_id),
  moved as (
    update import_row r set state = 'released', account_id = p.account_id from placed p
     where r.batch_id = b.id and r.row_no = p.row_no and r.row_no = any (rows))
  select array_agg(account_id order by row_no) into ids from placed;
  return ids;
end $$;

-- The placement itself: the debt enters the books, debit receivable, credit placement control, by what it is made up of.
create or replace function placement_post(b import_batch, accounts bigint[]) returns void language sql set search_path = pg_catalog, debtflow, pg_temp as $$
  select ledger_post(jsonb_agg(jsonb_build_object('kind', 'placement', 'effective_on', a.placed_on, 'import_batch_id', b.id, 'legs', jsonb_build_array(
           jsonb_build_object('debit', c.book_id * 16 + 2, 'credit', c.book_id * 16 + 4, 'account_id', a.id, 'amount', a.original_amount,
                              'parts', (select to_jsonb(placement_parts(r.parsed)) from import_row r where r.batch_id = b.id and r.row_no = a.import_row)))) order by a.id))
    from account a join client c on c.id = a.client_id where a.id = any (accounts) $$;

-- Places these rows; where the database refuses one, halves until it stands alone, and only that one stays behind.
create or replace function placement_try(b import_batch, rows int[], who identity) returns void language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  half constant int := cardinality(rows) / 2;
  accounts bigint[];
  rule text;
begin
  accounts := placement_write(b, rows, who);
  perform persons_link(b.agency_id, array(select a.debtor_id from account a where a.id = any (accounts)));
  perform placement_post(b, accounts);
  perform account_index(accounts);
exception when data_exception or integrity_constraint_violation then
  get stacked diagnostics rule = constraint_name;
  if half > 0 then
    perform placement_try(b, rows[:half], who);
    perform placement_try(b, rows[half + 1:], who);
  else
    perform placement_refused(b.id, rows[1], coalesce(nullif(rule, ''), sqlstate));
  end if;
end $$;

create or replace function placement_refused(batch bigint, row_no int, rule text) returns void language sql set search_path = pg_catalog, debtflow, pg_temp as $$
  update import_row r set state = 'error', version = r.version + 1, findings = r.findings || import_finding('release-refused', '',
           format('the database refuses this row (%s): correct it and send it again', placement_refused.rule), '')
   where r.batch_id = batch and r.row_no = placement_refused.row_no $$;

-- Whether the release may begin; once begun it goes on whatever it finds. What was placed with us earlier than it reached this program keeps its day.
create or replace function import_release_begin(b import_batch, leave_errors boolean, placed_on date) returns import_batch language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  today constant date := agency_today(b.agency_id);
  begun import_batch;
begin
  if placed_on not between '1970-01-01' and today then
    perform fail('DF400', 'placed_on', format('%s cannot be the day of a placement', placed_on), 'it is today or earlier', '{"field": "placed_on"}');
  end if;
  if b.errors > 0 and not leave_errors then
    perform fail('DF422', 'errors-remain', format('%s of %s rows are still in error', b.errors, b.rows), 'fix or exclude them, or leave them behind with --leave-errors',
                 jsonb_build_object('errors', b.errors, 'rows', b.rows));
  end if;
  if b.valid + b.warnings = 0 then
    perform fail('DF422', 'nothing-to-release', format('batch %s holds no row that could be released', b.id), 'fix its rows, or reject it');
  end if;
  update import_batch x set state = 'releasing', placed_on = coalesce(import_release_begin.placed_on, today) where x.id = b.id returning * into begun;
  return begun;
end $$;

-- One step of a release: takes up to `size` rows that are ready and places them. Gives the batch's state and how many rows are still to come.
-- Waits longer than other acts: whoever releases the same batch waits for the other's step, and then goes on with it.
create or replace function import_release_chunk(batch bigint, size int, leave_errors boolean, placed_on date default null)
  returns table (state text, ready int, released int) language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp set lock_timeout = '30s' as $$
declare
  who constant identity := import_clerk();
  b import_batch := import_lock(batch, who);
  picked int[];
begin
  perform act_begin('import.release');
  if b.state = 'rejected' then
    perform fail('DF422', 'batch-state', format('batch %s was rejected', b.id), 'stage the file again');
  elsif b.state = 'in_review' then
    b := import_release_begin(b, leave_errors, placed_on);
  end if;
  if b.state <> 'released' then
    if client_collectors(b.client_id) is null then
      perform fail('DF422', 'client-collectors', 'nobody is there to work what this client places', 'name its collectors: debtflow client edit');
    end if;
    perform from client c where c.id = b.client_id for no key update;
    picked := import_ready(b.id, size);
    perform import_mark_duplicates(b.id, array(select r.ref from import_row r where r.batch_id = b.id and r.row_no = any (picked)));
    picked := array(select r.row_no from import_row r where r.batch_id = b.id and r.row_no = any (picked) and r.state in ('valid', 'warning') order by r.row_no);
    if cardinality(picked) > 0 then perform placement_try(b, picked, who); end if;
    update import_batch x set state = 'released', finished_at = kernel_now() where x.id = b.id and x.valid + x.warnings = 0;
  end if;
  return query select x.state, x.valid + x.warnings, x.released from import_batch x where x.id = b.id;
end $$;

create or replace function import_ready(batch bigint, size int) returns int[] language sql stable set search_path = pg_catalog, debtflow, pg_temp as $$
  select array(select r.row_no from (
    (select row_no from import_row where batch_id = batch and state = 'valid' order by row_no limit size)
    union all
    (select row_no from import_row where batch_id = batch and state = 'warning' order by row_no limit size)) r order by r.row_no limit size) $$;

grant execute on function import_release_chunk to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
