-- Statements, newest recorded first, a page at a time: of one debt, and of the ledger accounts of a client or of the
-- whole agency. Each line says what moved; `after` is the balance when it had moved, over the lines that the clocks let
-- through.
set role debtflow_kernel;

-- One debt and what is held for it, at a moment of both clocks.
create or replace function debt_balance(
  number text,
  as_of date default null,
  known_at timestamptz default null,
  out due bigint[],
  out unapplied bigint,
  out currency text
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  a constant account := account_seen(number);
begin
  currency := a.currency;
  select array[coalesce(sum(s.sign * l.parts[1]), 0), coalesce(sum(s.sign * l.parts[2]), 0),
               coalesce(sum(s.sign * l.parts[3]), 0), coalesce(sum(s.sign * l.parts[4]), 0)]::bigint[]
    into due
    from leg l
    join transfer t on t.id = l.transfer_id
    cross join lateral (select case when l.debit % 16 = 2 then 1 else -1 end as sign) s
   where l.account_id = a.id
     and l.parts is not null
     and (as_of is null or t.effective_on <= as_of)
     and (known_at is null or t.recorded_at <= known_at);
  select coalesce(sum(case when l.credit % 16 = 3 then l.amount else -l.amount end), 0)::bigint
    into unapplied
    from leg l
    join transfer t on t.id = l.transfer_id
   where l.account_id = a.id
     and l.parts is null
     and (l.debit % 16 = 3 or l.credit % 16 = 3)
     and (as_of is null or t.effective_on <= as_of)
     and (known_at is null or t.recorded_at <= known_at);
end $$;

create or replace function debt_statement(
  number text,
  as_of date,
  known_at timestamptz,
  last_transfer bigint,
  last_no int,
  lines int
) returns table (
  transfer bigint,
  no int,
  kind text,
  receipt text,
  effective_on date,
  recorded_at timestamptz,
  entered_by text,
  reason text,
  parts bigint[],
  amount bigint,
  after bigint
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  a constant account := account_seen(number);
begin
  return query
    with line as (
      select t.id, l.no::int as leg_no, t.kind, t.effective_on, t.recorded_at, t.user_id,
             plus4('{0,0,0,0}', l.parts, s.sign) as parts, s.sign * l.amount as amount,
             sum(s.sign * l.amount) over (order by t.id, l.no)::bigint as after
        from leg l
        join transfer t on t.id = l.transfer_id
        cross join lateral (select case when l.debit % 16 = 2 then 1 else -1 end as sign) s
       where l.account_id = a.id
         and l.parts is not null
         and (as_of is null or t.effective_on <= as_of)
         and (known_at is null or t.recorded_at <= known_at)
    )
    select x.id, x.leg_no, x.kind, case when p.id is not null then receipt_number(p.id) end, x.effective_on,
           x.recorded_at, u.login, p.reason, x.parts, x.amount, x.after
      from line x
      left join payment p on p.id = x.id
      left join users u on u.id = x.user_id
     where last_transfer is null or (x.id, x.leg_no) < (last_transfer, last_no)
     order by x.id desc, x.leg_no desc
     limit lines;
end $$;

-- The ledger accounts of one kind in one currency: a client's, or with a null client those of the whole agency.
create or replace function ledgers_of(agency int, client text, kind text, currency text) returns int[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array_agg(b.id * 16 + k.slot order by b.id)
    from book b
    join ledger_kind k on k.name = kind
    left join client c on c.book_id = b.id
   where b.agency_id = agency
     and (ledgers_of.client is null or c.code = ledgers_of.client)
     and (ledgers_of.currency is null or b.currency = ledgers_of.currency)
$$;

-- Walks the transfers backwards from the newest, so a page costs what it shows, however long the journal is. No balance
-- after a line here: whoever asks knows where the page begins.
create or replace function book_statement(
  client text,
  kind text,
  currency text,
  as_of date,
  known_at timestamptz,
  last_transfer bigint,
  last_no int,
  lines int
) returns table (
  transfer bigint,
  no int,
  kind_of_transfer text,
  receipt text,
  effective_on date,
  recorded_at timestamptz,
  entered_by text,
  reason text,
  client_code text,
  account text,
  other text,
  amount bigint
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_seqscan = off
as $$
declare
  who constant identity := books_reader();
  ledgers constant int[] := ledgers_of(who.agency_id, client, kind, currency);
begin
  return query
    select t.id, l.no::int, t.kind, case when p.id is not null then receipt_number(p.id) end, t.effective_on,
           t.recorded_at, u.login, p.reason, c.code, a.number::text, o.name,
           case when l.debit = any (ledgers) then l.amount else -l.amount end
      from transfer t
      cross join lateral (select *
                            from leg x
                           where x.transfer_id = t.id
                             and (x.debit = any (ledgers)) <> (x.credit = any (ledgers))) l
      join ledger_kind o on o.slot = case when l.debit = any (ledgers) then l.credit else l.debit end % 16
      left join client c on c.book_id = case when l.debit = any (ledgers) then l.debit else l.credit end / 16
      left join account a on a.id = l.account_id
      left join payment p on p.id = t.id
      left join users u on u.id = t.user_id
     where t.agency_id = who.agency_id
       and (as_of is null or t.effective_on <= as_of)
       and (known_at is null or t.recorded_at <= known_at)
       and (last_transfer is null or t.id <= last_transfer)
       and (last_transfer is null or (t.id, l.no::int) < (last_transfer, last_no))
     order by t.id desc, l.no desc
     limit lines;
end $$;

select operators_may('execute on function debt_balance, debt_statement, book_statement');
