-- Making, changing, holding, releasing and ending a payment plan.
set role debtflow_kernel;

create or replace function plan_check(a account, asked jsonb, owing bigint) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  today constant date := agency_today(a.agency_id);
  times bigint; least_one bigint;
begin
  if a.status in ('closed', 'settled', 'disputed') or owing = 0 then
    perform fail('DF422', 'plan_account', format('account %s %s: no plan can be made', a.number,
                 case when owing = 0 then 'owes nothing' else 'is ' || a.status end),
                 case a.status when 'disputed' then 'end the dispute first' else '' end);
  elsif coalesce(asked ->> 'currency', a.currency) <> a.currency then
    perform fail('DF422', 'plan_currency', format('account %s owes %s, not %s', a.number, a.currency,
                                                  asked ->> 'currency'));
  elsif coalesce((asked ->> 'first_on')::date, '-infinity') not between today and today + 3660 then
    perform fail('DF400', 'first_on', 'the first instalment is for a day to come, within ten years',
                 'type +7, 5 Dec or 2026-12-05', '{"field": "first_on"}');
  end if;
  select count(*), min(d.amount) into times, least_one from plan_days(asked, owing) d;
  if times > 360 then
    perform fail('DF422', 'plan_length', 'a plan has at most 360 instalments', 'make them larger');
  elsif times = 0 or least_one < 1 then
    perform fail('DF422', 'plan_length', 'there are more instalments than there is money to divide', 'make them fewer');
  elsif asked ->> 'every' = 'once' and times > 1 then
    perform fail('DF400', 'every', 'several instalments need their distance', 'weekly, two_weeks, monthly or month_end',
                 '{"field": "every"}');
  end if;
end $$;

create or replace function plan_propose(number text, asked jsonb) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := account_seen(number);
  owing constant bigint := owed_on(a.id);
begin
  perform plan_check(a, asked, owing);
  return jsonb_build_object(
    'version', (select b.version from account_balance b where b.account_id = a.id),
    'currency', a.currency,
    'instalments', (select jsonb_agg(to_jsonb(d) order by d.no) from plan_days(asked, owing) d));
end $$;

-- The saved method must be one of the account's debtor.
create or replace function plan_method_check(a account, method bigint) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if method is null then return; end if;
  perform from saved_method m where m.id = method and m.debtor_id = a.debtor_id and m.removed_at is null;
  if not found then
    perform fail('DF404', 'method', format('account %s has no such saved method', a.number),
                 'debtflow payment methods');
  end if;
end $$;

create or replace function plan_make(
  number text,
  asked jsonb,
  seen bigint,
  method bigint,
  submission uuid
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  replay constant jsonb := submission_claim(submission, 'plan.make', jsonb_build_array(number, asked, method));
  a account := account_hold(number, 'plan.make');
  owing constant bigint := owed_on(a.id);
  p plan;
begin
  if replay is not null then return plan_answer(a); end if;
  perform account_unmoved(a.id, a.number, seen);
  perform plan_check(a, asked, owing), plan_method_check(a, method);
  if exists (select from plan x where x.account_id = a.id and x.state <> 'canceled') then
    perform fail('DF422', 'plan_one', format('account %s has a plan already', a.number),
                 'change it, or cancel it first');
  end if;
  insert into plan (agency_id, account_id, key, currency, every, grace_days, method_id, after_id, made_at, made_by)
  values (a.agency_id, a.id, submission, a.currency, asked ->> 'every', (asked ->> 'grace_days')::smallint, method,
          payment_latest(a.id), kernel_now(), (me()).user_id)
  returning * into p;
  insert into plan_instalment (plan_id, agency_id, account_id, due_on, wanted)
  select p.id, a.agency_id, a.id, d.due_on, d.amount
    from plan_days(asked, owing) d
   order by d.no;
  perform plan_said(a, p, 'plan made: ' || (select format('%s instalments from %s', count(*), min(d.due_on))
                                              from plan_days(asked, owing) d));
  if a.status in ('assigned', 'in_contact', 'negotiating') then
    perform account_step(a, 'payment_plan', '');
  end if;
  perform submission_answer(submission, jsonb_build_object('plan', p.id));
  return plan_answer(a);
end $$;

create or replace function plan_answer(a account) returns jsonb
  language sql stable
as $$
  select plan_picture(plan_live(a.id), agency_today(a.agency_id))
$$;

create or replace function plan_said(a account, p plan, said text) returns void
  language sql volatile
as $$
  select activity_add(a, 'plan', said)
$$;

-- How every act on a plan begins: the plan is locked before its account, and neither has moved since it was looked at.
create or replace function plan_hold_open(number text, act text, seen bigint) returns plan
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, act);
  p plan;
begin
  perform from plan x where x.account_id = a.id and x.state <> 'canceled' for no key update;
  a := account_hold(number, act);
  p := plan_live(a.id);
  if p.id is null then
    perform fail('DF404', 'plan', format('account %s has no plan', a.number), 'debtflow plan make');
  elsif seen is distinct from plan_version(p) then
    perform fail('DF409', 'version',
                 format('the plan of account %s has changed since you looked', a.number), 'look again, then repeat');
  end if;
  return p;
end $$;

create or replace function plan_moved(p plan) returns void
  language sql volatile
as $$
  update plan x set version = x.version + 1 where x.id = p.id
$$;

-- The instalment with this number, if it is still to be changed.
create or replace function plan_line_open(p plan, wanted_no int, today date) returns record
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l record;
begin
  select * into l from plan_lines(array[p.id], today) x where x.no = wanted_no;
  if not found then
    perform fail('DF404', 'instalment', format('there is no instalment %s', wanted_no));
  elsif l.state = 'paid' then
    perform fail('DF422', 'instalment_paid', format('instalment %s is paid', wanted_no), 'change one that is open');
  elsif l.state = 'charging' then
    perform fail('DF422', 'instalment_charging', format('instalment %s is being charged', wanted_no),
                 'wait until it is decided');
  end if;
  return l;
end $$;

create or replace function plan_day_check(on_day date, today date) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if on_day is null or on_day not between today and today + 3660 then
    perform fail('DF400', 'due_on', 'an instalment is for a day to come, within ten years',
                 'type +7, 5 Dec or 2026-12-05', '{"field": "due_on"}');
  end if;
end $$;

-- One instalment's amount. What it takes more, the ones after it have less; the last one takes what is left.
create or replace function plan_set_amount(p plan, wanted_no int, asked bigint, today date) returns text
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l record := plan_line_open(p, wanted_no, today);
  rest bigint;
begin
  select sum(x.amount) into rest from plan_lines(array[p.id], today) x where x.no >= wanted_no;
  if l.is_last then
    perform fail('DF422', 'instalment_last', 'the last instalment takes what is left',
                 'add one, or change another', '{"field": "amount"}');
  elsif asked is null or asked <= l.paid or asked > rest then
    perform fail('DF400', 'amount', format('this instalment can be %s to %s',
                 in_words(l.paid + 1, p.currency), in_words(rest, p.currency)), '', '{"field": "amount"}');
  end if;
  update plan_instalment i set wanted = asked where i.id = l.instalment;
  return format('instalment %s: %s instead of %s', wanted_no, in_words(asked, p.currency),
                in_words(l.amount, p.currency));
end $$;

create or replace function plan_set_day(p plan, wanted_no int, on_day date, today date) returns text
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l record := plan_line_open(p, wanted_no, today);
begin
  perform plan_day_check(on_day, today);
  perform plan_amounts_fix(p, today);
  update plan_instalment i
     set due_on = on_day, outcome = case when i.outcome = 'late' then null else i.outcome end
   where i.id = l.instalment;
  return format('instalment %s: on %s instead of %s', wanted_no, on_day, l.due_on);
end $$;

-- Before the order changes, every instalment is wanted as much as it comes to: the one that was the last does not fall
-- back to an older figure.
create or replace function plan_amounts_fix(p plan, today date) returns void
  language sql volatile
as $$
  update plan_instalment i
     set wanted = l.amount
    from plan_lines(array[p.id], today) l
   where i.id = l.instalment and l.amount >= 1 and l.amount <> i.wanted
$$;

-- A further one takes its amount from the last.
create or replace function plan_add(p plan, on_day date, asked bigint, today date) returns text
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l record;
begin
  perform plan_day_check(on_day, today);
  select * into l from plan_lines(array[p.id], today) x where x.is_last;
  if l.state = 'charging' then
    perform fail('DF422', 'instalment_charging', 'the last instalment is being charged', 'wait until it is decided');
  elsif asked is null or asked < 1 or asked >= l.amount - l.paid then
    perform fail('DF400', 'amount', format('the last instalment has %s to give, and keeps at least one cent',
                 in_words(l.amount - l.paid, p.currency)), '', '{"field": "amount"}');
  elsif (select count(*) from plan_instalment i where i.plan_id = p.id) >= 360 then
    perform fail('DF422', 'plan_length', 'a plan has at most 360 instalments');
  end if;
  update plan_instalment i set wanted = l.amount - asked where i.id = l.instalment;
  insert into plan_instalment (plan_id, agency_id, account_id, due_on, wanted)
  values (p.id, p.agency_id, p.account_id, on_day, asked);
  return format('instalment added: %s on %s', in_words(asked, p.currency), on_day);
end $$;

create or replace function plan_drop(p plan, wanted_no int, today date) returns text
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l record := plan_line_open(p, wanted_no, today);
begin
  if l.paid > 0 then
    perform fail('DF422', 'instalment_paid', format('instalment %s is paid in part', wanted_no), 'change its amount');
  elsif not exists (
    select from plan_lines(array[p.id], today) x where x.no <> wanted_no and x.state <> 'paid' and x.amount > 0
  ) then
    perform fail('DF422', 'instalment_only', 'this is the only open instalment', 'cancel the plan instead');
  end if;
  delete from plan_instalment i where i.id = l.instalment;
  return format('instalment %s of %s dropped: %s', wanted_no, l.due_on, in_words(l.amount, p.currency));
end $$;

create or replace function plan_set_method(p plan, a account, method bigint) returns text
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform plan_method_check(a, method);
  update plan x set method_id = method where x.id = p.id;
  update plan_instalment i set outcome = null where i.plan_id = p.id and i.outcome = 'late' and method is not null;
  return case when method is null then 'plan is paid by hand' else 'plan is charged to another method' end;
end $$;

-- One change: {do: amount|day|add|drop|method|grace, no?, amount?, due_on?, method_id?, grace_days?}.
create or replace function plan_change(number text, seen bigint, change jsonb) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant plan := plan_hold_open(number, 'plan.change', seen);
  a constant account := account_seen(number);
  today constant date := agency_today(a.agency_id);
  no constant int := (change ->> 'no')::int;
  amount constant bigint := (change ->> 'amount')::bigint;
  due_on constant date := (change ->> 'due_on')::date;
  said text;
begin
  if coalesce(change ->> 'currency', a.currency) <> a.currency then
    perform fail('DF422', 'plan_currency', format('account %s owes %s, not %s', a.number, a.currency,
                                                  change ->> 'currency'));
  end if;
  case change ->> 'do'
    when 'amount' then said := plan_set_amount(p, no, amount, today);
    when 'day' then said := plan_set_day(p, no, due_on, today);
    when 'add' then said := plan_add(p, due_on, amount, today);
    when 'drop' then said := plan_drop(p, no, today);
    when 'method' then said := plan_set_method(p, a, (change ->> 'method_id')::bigint);
    when 'grace' then
      update plan x set grace_days = (change ->> 'grace_days')::smallint where x.id = p.id;
      said := format('%s days of grace', change ->> 'grace_days');
    else perform fail('DF400', 'do', 'a plan is not changed like that', 'amount, day, add, drop, method or grace');
  end case;
  perform plan_moved(p), plan_said(a, p, said);
  return plan_answer(a);
end $$;

create or replace function plan_pause(number text, seen bigint, reason text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant plan := plan_hold_open(number, 'plan.hold', seen);
  a constant account := account_seen(number);
begin
  if p.state = 'held' then
    perform fail('DF422', 'plan_held', format('the plan of %s is held already', number), 'release it with a reason');
  end if;
  update plan x set state = 'held', reason = plan_pause.reason where x.id = p.id;
  perform plan_moved(p), plan_said(a, p, 'plan held: ' || reason);
  return plan_answer(a);
end $$;

-- Lets a held plan go on, for a reason. What was declined is tried again under a key of its own.
create or replace function plan_release(number text, seen bigint, reason text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant plan := plan_hold_open(number, 'plan.release', seen);
  a constant account := account_seen(number);
begin
  if p.state <> 'held' then
    perform fail('DF422', 'plan_held', format('the plan of %s is not held', number));
  end if;
  update plan x set state = 'active', reason = plan_release.reason where x.id = p.id;
  update plan_instalment i
     set attempt = i.attempt + 1, outcome = null, told = '', charge_key = null, charge_amount = null,
         charge_method = null, again_at = null
    from plan_lines(array[p.id], agency_today(a.agency_id)) l
   where i.id = l.instalment and i.outcome in ('declined', 'refused', 'posted') and l.amount > l.paid;
  perform plan_moved(p), plan_said(a, p, 'plan released: ' || reason);
  return plan_answer(a);
end $$;

create or replace function plan_cancel(number text, seen bigint, reason text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p plan := plan_hold_open(number, 'plan.cancel', seen);
  a constant account := account_seen(number);
begin
  if exists (select from plan_lines(array[p.id], agency_today(a.agency_id)) l where l.state = 'charging') then
    perform fail('DF422', 'instalment_charging', 'an instalment is being charged', 'wait until it is decided');
  end if;
  update plan_instalment i set outcome = 'canceled' where i.plan_id = p.id and i.outcome is null;
  perform plan_moved(p), plan_said(a, p, 'plan canceled: ' || reason);
  update plan x set state = 'canceled', reason = plan_cancel.reason where x.id = p.id returning * into p;
  if a.status = 'payment_plan' and owed_on(a.id) > 0 then
    perform account_step(a, 'negotiating', reason);
  end if;
  return plan_picture(p, agency_today(a.agency_id));
end $$;

select operators_may('execute on function plan_propose, plan_make, plan_change, plan_pause, plan_release, plan_cancel');
