-- Closing a month and opening it again. Whoever posts holds the agency's period lock shared, so a month closes between
-- two postings, never in the middle of one. Months close in order and open again in reverse.
set role debtflow_owner;

select kernel_works('period_reopened', 'agency_id = (select (me()).agency_id)'),
       audit_table('closed_period', 'agency', 'agency_id', '', '', 'agency_id'),
       audit_table('period_reopened', 'agency', 'agency_id', '', 'reason', 'id,agency_id');
grant insert, delete on closed_period to debtflow_kernel;
grant insert on period_reopened to debtflow_kernel;

set role debtflow_kernel;

create or replace function period_lock(agency int) returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock(4627100, agency)
$$;

-- The month after the last closed one, else that of the first transfer; null where nothing was ever posted.
create or replace function period_next(agency int) returns date
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(
    (select max(c.month) + interval '1 month' from closed_period c where c.agency_id = agency),
    (select date_trunc('month', min(t.effective_on)) from transfer t where t.agency_id = agency))::date
$$;

create or replace function period_close_check(who identity, month date) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  next constant date := period_next(who.agency_id);
begin
  if month + interval '1 month' > agency_today(who.agency_id) then
    perform fail('DF422', 'period_not_over', format('%s is not over', to_char(month, 'YYYY-MM')),
                 'close it when the next month has begun');
  end if;
  if period_closed(who.agency_id, month) then
    perform fail('DF422', 'period_is_closed', format('%s is closed already', to_char(month, 'YYYY-MM')),
                 'debtflow ledger periods');
  end if;
  if next is distinct from month and next is not null then
    perform fail('DF422', 'period_order',
                 format('months close one after the other: %s is next', to_char(next, 'YYYY-MM')),
                 format('debtflow ledger close %s', to_char(next, 'YYYY-MM')));
  end if;
  if books_out_of_balance(who.agency_id) > 0 or currencies_not_zero(who.agency_id) > 0 then
    perform fail('DF422', 'books_balance', 'the books do not balance: nothing closes over a difference',
                 'debtflow ledger replay --check');
  end if;
end $$;

-- The month is its first day.
create or replace function period_close(month date) returns date
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'period.close');
  perform period_lock(who.agency_id);
  perform period_close_check(who, month);
  perform act_begin('period.close');
  insert into closed_period (agency_id, month, closed_at, closed_by)
  values (who.agency_id, month, kernel_now(), who.user_id);
  perform event_record(who.agency_id, 'period', to_char(month, 'YYYY-MM'), 'PeriodClosed',
                       jsonb_build_object('month', to_char(month, 'YYYY-MM')));
  return month;
end $$;

create or replace function period_reopen(month date, reason text) returns date
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := me();
  last_closed date;
begin
  perform only_who_may(who, 'period.reopen');
  perform period_lock(who.agency_id);
  select max(c.month) into last_closed from closed_period c where c.agency_id = who.agency_id;
  if not period_closed(who.agency_id, month) then
    perform fail('DF422', 'period_is_open', format('%s is not closed', to_char(month, 'YYYY-MM')),
                 'debtflow ledger periods');
  end if;
  if month < last_closed then
    perform fail('DF422', 'period_order',
                 format('months open again from the last one: %s first', to_char(last_closed, 'YYYY-MM')),
                 format('debtflow ledger reopen %s', to_char(last_closed, 'YYYY-MM')));
  end if;
  perform two_persons(who, 'period.reopen', format('open %s again', to_char(month, 'YYYY-MM')),
                      jsonb_build_object('month', to_char(month, 'YYYY-MM')));
  perform act_begin('period.reopen');
  insert into period_reopened (agency_id, month, closed_at, closed_by, reopened_at, reopened_by, reason)
  select c.agency_id, c.month, c.closed_at, c.closed_by, kernel_now(), who.user_id, period_reopen.reason
    from closed_period c
   where c.agency_id = who.agency_id and c.month = period_reopen.month;
  delete from closed_period c where c.agency_id = who.agency_id and c.month = period_reopen.month;
  perform event_record(who.agency_id, 'period', to_char(month, 'YYYY-MM'), 'PeriodReopened',
                       jsonb_build_object('month', to_char(month, 'YYYY-MM')));
  return month;
end $$;

-- Every month since the first posting: how much was posted under it, how much of that after it was closed, and how
-- often it was opened again.
create or replace function ledger_periods() returns table (
  month date,
  closed_at timestamptz,
  closed_by text,
  transfers bigint,
  late bigint,
  may_close boolean,
  reopened jsonb
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := books_reader();
  today constant date := agency_today(who.agency_id);
  next constant date := period_next(who.agency_id);
begin
  return query
    with posted as (
      select date_trunc('month', t.effective_on)::date as month, count(*) as transfers,
             count(*) filter (where t.recorded_at > c.closed_at) as late
        from transfer t
        left join closed_period c on c.agency_id = t.agency_id
                                 and c.month = date_trunc('month', t.effective_on)::date
       where t.agency_id = who.agency_id
       group by 1
    ),
    months as (
      select m::date as month
        from (select min(p.month) as first from (select x.month from posted x
                                                 union all
                                                 select y.month from closed_period y
                                                  where y.agency_id = who.agency_id) p) f
        cross join generate_series(f.first, date_trunc('month', today), interval '1 month') m
    )
    select m.month, c.closed_at, u.login, coalesce(p.transfers, 0), coalesce(p.late, 0),
           c.month is null and m.month = next and m.month + interval '1 month' <= today,
           coalesce((select jsonb_agg(jsonb_build_object('closed_at', r.closed_at, 'at', r.reopened_at,
                                                         'by', b.login, 'reason', r.reason) order by r.id)
                       from period_reopened r
                       join users b on b.id = r.reopened_by
                      where r.agency_id = who.agency_id and r.month = m.month), '[]')
      from months m
      left join closed_period c on c.agency_id = who.agency_id and c.month = m.month
      left join posted p on p.month = m.month
      left join users u on u.id = c.closed_by
     order by m.month desc;
end $$;

select operators_may('execute on function period_close, period_reopen, ledger_periods');
