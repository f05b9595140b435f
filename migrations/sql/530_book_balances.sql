-- What the books say, by both clocks: `as_of` is the last day that counts, `known_at` the last moment at which it had
-- to be recorded. Null is now, and answered by the balances as they stand; any other moment is added up from the legs.
set role debtflow_kernel;

-- The books are read by those who see the whole agency.
create or replace function books_reader() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'books.see');
  return who;
end $$;

create or replace function balances_moved(agency int, as_of date, known_at timestamptz)
  returns table (ledger int, amount bigint)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as materialized (
    select l.debit, l.credit, sum(l.amount) as amount
      from transfer t
      join leg l on l.transfer_id = t.id
     where t.agency_id = agency
       and (as_of is null or t.effective_on <= as_of)
       and (known_at is null or t.recorded_at <= known_at)
     group by l.debit, l.credit
  )
  select side.ledger, sum(side.amount)::bigint
    from (select m.debit as ledger, m.amount from moved m
          union all
          select m.credit, -m.amount from moved m) side
   group by side.ledger
$$;

-- Debit positive.
create or replace function balances_at(agency int, as_of date, known_at timestamptz)
  returns table (ledger int, amount bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if as_of is null and known_at is null then
    return query
      select b.book_id * 16 + b.slot, b.balance from ledger_balance b where b.agency_id = agency;
  else
    return query select * from balances_moved(agency, as_of, known_at);
  end if;
end $$;

-- The chart of accounts: every ledger account of the agency with its balance, debit positive.
create or replace function ledger_chart(as_of date default null, known_at timestamptz default null)
  returns table (client text, book int, slot int, kind text, side text, what text, currency text, balance bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := books_reader();
begin
  return query
    select c.code, b.id, k.slot::int, k.name, k.side, k.what, b.currency::text, coalesce(x.amount, 0)
      from book b
      cross join ledger_kind k
      left join client c on c.book_id = b.id
      left join balances_at(who.agency_id, as_of, known_at) x on x.ledger = b.id * 16 + k.slot
     where b.agency_id = who.agency_id
     order by b.currency, c.code nulls last, b.id, k.slot;
end $$;

select operators_may('execute on function ledger_chart');
