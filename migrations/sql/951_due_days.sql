-- What promises, plans and offers have in common: the days that things fall due, and the money that came in since.
set role debtflow_kernel;

-- The day of the k-th time, from 0. Every month is counted from the first day, so a 31st falls on the last day of a
-- short month and on the 31st again after it.
create or replace function due_day(first_on date, every text, k int) returns date
  language sql immutable parallel safe
as $$
  select case every
    when 'weekly' then first_on + 7 * k
    when 'two_weeks' then first_on + 14 * k
    when 'monthly' then (first_on + make_interval(months => k))::date
    when 'month_end' then (date_trunc('month', first_on) + make_interval(months => k + 1) - interval '1 day')::date
    else first_on
  end
$$;

-- What was paid on an account after its payment `after_id` and still stands, by the day that it counts from. What was
-- taken back or given back later is gone from that day, as if it had never come.
create or replace function money_since(account bigint, after_id bigint)
  returns table (effective_on date, amount bigint)
  language sql stable
as $$
  select o.effective_on, sum(case when l.debit % 16 = 2 then -l.amount else l.amount end)::bigint
    from leg l
    join transfer t on t.id = l.transfer_id
    join transfer o on o.id = t.family_id and o.kind = 'payment'
   where l.account_id = account and l.parts is not null and l.transfer_id > after_id and t.family_id > after_id
   group by o.id, o.effective_on
$$;

-- The newest payment there is on an account that is locked: money counts from after it.
create or replace function payment_latest(account bigint) returns bigint
  language sql stable
as $$
  select coalesce(max(p.id), 0) from payment p where p.account_id = account
$$;

create or replace function owed_on(account bigint) returns bigint
  language sql stable
as $$
  select sum4(b.due) from account_balance b where b.account_id = account
$$;

-- Refuses an act on an account that was looked at in another state.
create or replace function account_unmoved(account bigint, number text, seen bigint) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  now_at constant bigint := (select b.version from account_balance b where b.account_id = account);
begin
  if seen is distinct from now_at then
    perform fail('DF409', 'version',
                 format('account %s has changed since you looked (version %s, now %s)', number, seen, now_at),
                 'look again, then repeat');
  end if;
end $$;

-- Whoever works by the clock: the worker, and those who may look after it by hand.
create or replace function clockwork_only(who identity) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform only_who_may(who, 'clock.run');
end $$;

-- An account that needs somebody today, whatever its follow-up date said.
create or replace function account_wants_a_look(accounts bigint[], today date) returns void
  language sql volatile
as $$
  update account a
     set follow_up_on = today
   where a.id = any (accounts)
     and a.status not in ('closed', 'settled')
     and (a.follow_up_on is null or a.follow_up_on > today)
$$;

-- Money as words: 12345 of a currency with two decimals is 123.45.
create or replace function in_words(amount bigint, currency text) returns text
  language sql immutable parallel safe
as $$
  select case
    when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                      'XAF', 'XOF', 'XPF')
    then to_char(amount, 'FM999,999,999,999,990')
    when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')
    then to_char(amount / 1000.0, 'FM999,999,999,999,990.000')
    when currency in ('CLF', 'UYW') then to_char(amount / 10000.0, 'FM999,999,999,999,990.0000')
    else to_char(amount / 100.0, 'FM999,999,999,999,990.00')
  end || ' ' || currency
$$;
