-- Promises to pay. Whether one is kept follows from the payments and the calendar; the worker only writes it down.
set role debtflow_kernel;

-- Each time of a promise, judged in order: money that came by its last day and was not needed before keeps it. A debt
-- that was paid off by then owes nothing more.
create or replace function promise_times(p promise, today date)
  returns table (no int, due_on date, amount bigint, paid bigint, state text)
  language plpgsql stable
as $$
declare
  owing constant bigint := owed_on(p.account_id);
  used bigint := 0;
  had bigint; later bigint; by_day date;
begin
  for k in 1 .. p.times loop
    no := k;
    due_on := due_day(p.first_on, p.every, k - 1);
    by_day := due_on + p.grace_days;
    amount := p.amount;
    select coalesce(sum(m.amount) filter (where m.effective_on <= by_day), 0) - used,
           coalesce(sum(m.amount) filter (where m.effective_on > by_day), 0)
      into had, later
      from money_since(p.account_id, p.after_id) m;
    state := case
      when had >= coalesce(p.amount, 1) or owing + later = 0 then 'kept'
      when today > by_day then 'broken'
      else 'open'
    end;
    paid := greatest(least(had, coalesce(p.amount, had)), 0);
    used := used + paid;
    return next;
  end loop;
end $$;

-- What a promise has come to: broken with the first time that was missed, open while one is to come, else kept.
create or replace function promise_state(p promise, today date) returns text
  language sql stable
as $$
  select case
    when p.state in ('canceled', 'replaced') then p.state
    when bool_or(t.state = 'broken') then 'broken'
    when bool_or(t.state = 'open') then 'open'
    else 'kept'
  end
    from promise_times(p, today) t
$$;

-- The first day on which time alone can break it.
create or replace function promise_look_on(p promise, today date) returns date
  language sql stable
as $$
  select coalesce(min(t.due_on) filter (where t.state = 'open'), max(t.due_on)) + p.grace_days + 1
    from promise_times(p, today) t
$$;

create or replace function promise_line(p promise, today date) returns jsonb
  language sql stable
as $$
  select jsonb_build_object(
           'id', p.id, 'amount', p.amount, 'currency', p.currency, 'every', p.every, 'times', p.times,
           'first_on', p.first_on, 'grace_days', p.grace_days, 'state', promise_state(p, today), 'reason', p.reason,
           'made_at', p.made_at, 'by', (select u.login from users u where u.id = p.made_by),
           'parts', (select jsonb_agg(to_jsonb(t) order by t.no) from promise_times(p, today) t))
$$;

create or replace function promises_on(account bigint, today date) returns jsonb
  language sql stable
as $$
  select coalesce(jsonb_agg(promise_line(p, today) order by p.id desc), '[]')
    from promise p
   where p.account_id = account
$$;

create or replace function promises_of(number text) returns jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select promises_on(a.id, agency_today(a.agency_id)) from account_seen(number) a
$$;

create or replace function promise_check(a account, p promise, today date) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if a.status in ('closed', 'settled') then
    perform fail('DF422', 'account_closed',
                 format('account %s is %s: there is nothing to promise', a.number, a.status));
  elsif p.currency is distinct from a.currency then
    perform fail('DF422', 'promise_currency', format('account %s owes %s, not %s', a.number, a.currency, p.currency));
  elsif p.first_on is null or p.first_on < today or p.first_on > today + 3660 then
    perform fail('DF400', 'first_on', 'a promise is for a day to come, within ten years',
                 'type +7, 5 Dec or 2026-12-05', '{"field": "first_on"}');
  end if;
end $$;

-- Writes a promise on an account that is locked; an open one is replaced.
create or replace function promise_write(a account, asked promise) returns bigint
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  today constant date := agency_today(a.agency_id);
  p promise := asked;
begin
  p.currency := coalesce(p.currency, a.currency);
  perform promise_check(a, p, today);
  perform promise_settle(array(select x from promise x where x.account_id = a.id and x.state = 'open'), today);
  update promise x set state = 'replaced', judged_at = kernel_now() where x.account_id = a.id and x.state = 'open';
  p.first_on := due_day(p.first_on, p.every, 0);
  insert into promise (
    agency_id, account_id, amount, currency, every, times, first_on, grace_days, after_id, look_on, made_at, made_by,
    judged_at, seen
  )
  values (a.agency_id, a.id, p.amount, p.currency, p.every, p.times, p.first_on, p.grace_days, payment_latest(a.id),
          p.first_on + p.grace_days + 1, kernel_now(), who.user_id, kernel_now(), 0)
  returning id into p.id;
  return p.id;
end $$;

-- What the worker writes down: the state that follows from the payments, a line in the timeline, and a follow-up for
-- the one who has to ask why. Gives how many changed. The accounts need no lock: who comes later judges again.
create or replace function promise_settle(promises promise[], today date) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  changed int;
begin
  with judged as materialized (
    select p.id, p.account_id, p.agency_id, p.state as was, promise_state(p, today) as state,
           promise_look_on(p, today) as look_on, b.version as seen
      from unnest(promises) p
      join account_balance b on b.account_id = p.account_id
  ),
  wrote as (
    update promise p
       set state = j.state, look_on = j.look_on, judged_at = kernel_now(), seen = j.seen
      from judged j
     where p.id = j.id and p.state = j.was
    returning p.id
  ),
  told as (
    insert into activity (agency_id, account_id, at, user_id, kind, text)
    select j.agency_id, j.account_id, kernel_now(), (me()).user_id, 'promise', 'promise ' || j.state
      from judged j
     where j.state <> j.was and j.state <> 'open'
  )
  select count(*) filter (where j.state <> j.was) into changed
    from judged j
    left join wrote w using (id);
  perform account_wants_a_look(array(
    select p.account_id
      from unnest(promises) p
     where p.state <> 'broken' and promise_state(p, today) = 'broken'), today);
  return changed;
end $$;

-- Asks: {amount?, currency, every, times, first_on, grace_days}.
create or replace function promise_make(number text, asked jsonb, submission uuid default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  replay constant jsonb := submission_claim(submission, 'promise.make', jsonb_build_array(number, asked));
  a account := account_hold(number, 'promise.make');
  p promise := jsonb_populate_record(null::promise, asked);
begin
  if replay is not null then
    p.id := (replay ->> 'promise')::bigint;
  else
    p.id := promise_write(a, p);
    perform activity_add(a, 'promise', promise_said(p)),
            submission_answer(submission, jsonb_build_object('promise', p.id));
  end if;
  return (select promise_line(x, agency_today(a.agency_id)) from promise x where x.id = p.id);
end $$;

create or replace function promise_said(p promise) returns text
  language sql immutable
as $$
  select concat_ws(' ',
    'promised', in_words(p.amount, p.currency), 'for', p.first_on,
    case when p.times > 1 then format('and %s more, %s', p.times - 1, replace(p.every, '_', ' ')) end)
$$;

-- A call that ended in a promise makes one; the call itself is what the timeline shows.
create or replace function promise_from_call(number text, on_day date, amount bigint) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'account.call');
  p promise;
begin
  if a.status in ('closed', 'settled') then return; end if;
  p.amount := promise_from_call.amount; p.currency := a.currency; p.every := 'once'; p.times := 1;
  p.first_on := on_day; p.grace_days := 0;
  perform promise_write(a, p);
end $$;

create or replace function promise_cancel(number text, promise bigint, reason text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'promise.cancel');
  p promise;
begin
  select * into p from promise x where x.account_id = a.id and x.id = promise_cancel.promise;
  if not found then
    perform fail('DF404', 'promise', format('account %s has no promise %s', number, promise));
  elsif promise_state(p, agency_today(a.agency_id)) <> 'open' or p.state <> 'open' then
    perform fail('DF422', 'promise_decided',
                 format('this promise is %s: only an open one can be taken back',
                        promise_state(p, agency_today(a.agency_id))));
  end if;
  update promise x
     set state = 'canceled', reason = promise_cancel.reason, judged_at = kernel_now()
   where x.id = p.id
  returning * into p;
  perform activity_add(a, 'promise', concat_ws(': ', 'promise taken back', nullif(reason, '')));
  return promise_line(p, agency_today(a.agency_id));
end $$;

-- One page of the worker's round: promises whose day is over, and those of accounts where money moved since they were
-- last judged. Their accounts are locked first, as whoever makes or takes back a promise does; one that somebody works on
-- is left for the next round. What was decided is looked at again for 120 days, as long as a bank can take money back.
create or replace function promises_judge(size int) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  today constant date := agency_today(who.agency_id);
  ripe bigint[];
  mine bigint[];
  page promise[];
begin
  perform clockwork_only(who);
  perform act_begin('promise.judge');
  ripe := array(
    select p.id
      from promise p
      join account_balance b on b.account_id = p.account_id
     where p.agency_id = who.agency_id
       and (p.state = 'open' and (p.look_on <= today or b.version <> p.seen)
            or p.state in ('kept', 'broken')
               and p.judged_at > kernel_now() - interval '120 days' and b.version <> p.seen)
     order by p.id
     limit size);
  mine := array(
    select b.account_id
      from account_balance b
     where b.account_id in (select p.account_id from promise p where p.id = any (ripe))
     order by b.account_id
       for no key update skip locked);
  page := array(
    select p
      from promise p
     where p.id = any (ripe) and p.account_id = any (mine) and p.state in ('open', 'kept', 'broken')
     order by p.id
       for no key update);
  perform promise_settle(page, today);
  return cardinality(page);
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function promises_of, promises_judge')) x(f);
select operators_may('execute on function promise_make, promise_cancel');
