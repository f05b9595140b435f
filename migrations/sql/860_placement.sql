-- A placement: reviewed rows become debtors, contacts, accounts, and a transfer that enters the debt in the books.
set role debtflow_kernel;

-- Who works what is placed next: the client's collectors in their order, without those who have left.
create or replace function client_collectors(client int) returns int[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array_agg(cc.user_id order by cc.position)
    from client_collector cc
    join users u on u.id = cc.user_id and u.disabled_at is null
   where cc.client_id = client
$$;

-- Takes n turns of the client's round and n account numbers; gives the first of each. Locks client, then agency.
create or replace function placement_claim(client int, agency int, n int, out turn bigint, out base bigint)
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update client c set turn = c.turn + n where c.id = client returning c.turn - n into placement_claim.turn;
  update agency a set next_number = a.next_number + n where a.id = agency returning a.next_number - n into base;
end $$;

-- What a row's debt is made up of: principal, interest, fees, costs. Inlined, so it has no search path of its own.
create or replace function placement_parts(parsed jsonb) returns bigint[]
  language sql immutable parallel safe
as $$
  select array[
    (parsed ->> 'amount')::bigint,
    coalesce((parsed ->> 'interest')::bigint, 0),
    coalesce((parsed ->> 'fees')::bigint, 0),
    coalesce((parsed ->> 'costs')::bigint, 0)]
$$;

-- Writes debtors, contacts and accounts of these rows, owing nothing yet. Rows and accounts in the order of the file. A
-- batch just staged is unknown to the planner, who takes it for a row or two: nested loops over all of it are ruled
-- out, and rows come as they lie, which after corrections is not as they were sent: they are put in order before they
-- get their ids.
create or replace function placement_write(b import_batch, rows int[], who identity) returns bigint[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
as $$
declare
  collectors constant int[] := client_collectors(b.client_id);
  claimed constant record := placement_claim(b.client_id, b.agency_id, cardinality(rows));
  placed_by client;
  money text;
  ids bigint[];
begin
  select * into placed_by from client c where c.id = b.client_id;
  select k.currency into money from book k where k.id = placed_by.book_id;
  with placed as materialized (
    select r.row_no, r.ref, p.*, sum4(placement_parts(r.parsed)) as amount,
           nextval('debtflow.debtor_id_seq') as debtor_id,
           nextval('debtflow.account_id_seq') as account_id,
           nextval('debtflow.activity_id_seq') as activity_id,
           account_number(claimed.base + r.ord - 1) as number,
           collectors[(claimed.turn + r.ord - 1) % cardinality(collectors) + 1] as collector_id
      from (select o.ord, x.row_no, x.ref, x.parsed
              from unnest(rows) with ordinality as o(row_no, ord)
              join import_row x on x.batch_id = b.id and x.row_no = o.row_no and x.row_no = any (rows)
             order by o.ord) r
      cross join lateral jsonb_to_record(r.parsed) as p(
        name text, first_norm text, last_norm text, ssn4 text, email text, phone text,
        due_on date, creditor text, kind text)
  ),
  wrote_debtors as (
    insert into debtor (id, agency_id, name, first_norm, last_norm, ssn_last4)
    overriding system value
    select debtor_id, b.agency_id, name, first_norm, last_norm, ssn4 from placed
  ),
  wrote_contacts as (
    insert into debtor_contact (agency_id, debtor_id, kind, value, is_primary)
    select b.agency_id, debtor_id, c.kind, c.value, true
      from placed
      cross join lateral (values ('phone', phone), ('email', email)) as c(kind, value)
     where c.value is not null
  ),
  wrote_accounts as (
    insert into account (
      id, agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name, last_norm, first_norm,
      status, currency, original_amount, account_type, creditor_name, placed_on, due_on, import_batch_id, import_row
    )
    overriding system value
    select account_id, b.agency_id, b.client_id, collector_id, debtor_id, number, ref, name, last_norm, first_norm,
           'assigned', money, amount, kind, creditor, b.placed_on, due_on, b.id, row_no
      from placed
  ),
  wrote_balances as (
    insert into account_balance (account_id, agency_id, collector_id, currency, due)
    select account_id, b.agency_id, collector_id, money, '{0,0,0,0}' from placed
  ),
  wrote_activities as (
    insert into activity (id, agency_id, account_id, at, user_id, kind, text)
    overriding system value
    select activity_id, b.agency_id, account_id, kernel_now(), who.user_id, 'import',
           format('placed by %s: %s, row %s', placed_by.code, b.file_name, row_no)
      from placed
  ),
  moved as (
    update import_row r
       set state = 'released', account_id = p.account_id,
           effect = jsonb_build_object('new', true, 'version', '[2, 2]'::jsonb, 'activity', p.activity_id)
      from placed p
     where r.batch_id = b.id and r.row_no = p.row_no and r.row_no = any (rows)
  )
  select array_agg(account_id order by row_no) into ids from placed;
  return ids;
end $$;

-- The placement itself: the debt enters the books, debit receivable, credit placement control, by what it is made up
-- of.
create or replace function placement_post(b import_batch, accounts bigint[]) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with placed as (
    select a.id, a.placed_on, c.book_id * 16 as book, a.original_amount as amount,
           (select to_jsonb(placement_parts(r.parsed))
              from import_row r
             where r.batch_id = b.id and r.row_no = a.import_row) as parts
      from account a
      join client c on c.id = a.client_id
     where a.id = any (accounts)
  )
  select ledger_post(jsonb_agg(
           jsonb_build_object(
             'kind', 'placement', 'effective_on', p.placed_on, 'import_batch_id', b.id,
             'legs', jsonb_build_array(jsonb_build_object(
               'debit', p.book + 2, 'credit', p.book + 4, 'account_id', p.id, 'amount', p.amount, 'parts', p.parts)))
           order by p.id))
    from placed p
$$;

-- Places these rows: debtors and accounts, persons, the transfer, the search keys.
create or replace function placement_new(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  accounts bigint[];
begin
  if cardinality(rows) = 0 then return; end if;
  accounts := placement_write(b, rows, who);
  perform persons_link(b.agency_id, array(select a.debtor_id from account a where a.id = any (accounts)));
  perform placement_post(b, accounts);
  perform account_index(accounts);
end $$;
