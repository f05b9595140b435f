-- Settlement offers: less than what is owed, if it is paid in time. Nothing is taken away before it is paid, so an
-- offer that expires has nothing to restore. What is given up goes to the client's written-off account.
set role debtflow_kernel;

create or replace function settlement_paid(s settlement) returns bigint
  language sql stable
as $$
  select coalesce(sum(m.amount), 0)::bigint
    from money_since(s.account_id, s.after_id) m
   where m.effective_on <= s.expires_on
$$;

-- Whether what was agreed has come in, so that the rest is about to be given up.
create or replace function settlement_is_met(account bigint) returns boolean
  language sql stable
as $$
  select exists (select
                   from settlement s
                  where s.account_id = account and s.state = 'open' and settlement_paid(s) >= s.amount)
$$;

create or replace function settlement_state(s settlement, today date) returns text
  language sql stable
as $$
  select case
    when s.state <> 'open' then s.state
    when settlement_paid(s) >= s.amount then 'met'
    when today > s.expires_on then 'expired'
    else 'open'
  end
$$;

create or replace function settlement_line(s settlement, today date) returns jsonb
  language sql stable
as $$
  select jsonb_build_object(
           'id', s.id, 'amount', s.amount, 'currency', s.currency, 'owing', s.owing, 'floor_bp', s.floor_bp,
           'expires_on', s.expires_on, 'state', settlement_state(s, today), 'paid', settlement_paid(s),
           'reason', s.reason, 'offered_at', s.offered_at, 'accepted_at', s.accepted_at,
           'by', (select u.login from users u where u.id = s.offered_by), 'written_off', s.written_off)
$$;

create or replace function settlements_on(account bigint, today date) returns jsonb
  language sql stable
as $$
  select coalesce(jsonb_agg(settlement_line(s, today) order by s.id desc), '[]')
    from settlement s
   where s.account_id = account
$$;

-- The least part of the balance that the client's contract lets a collector offer, in basis points; null where the
-- contract says nothing.
create or replace function settlement_floor(a account, on_day date) returns int
  language sql stable
as $$
  select k.settlement_floor_bp
    from contract k
   where k.client_id = a.client_id and k.starts_on <= on_day
   order by k.starts_on desc
   limit 1
$$;

create or replace function settlements_of(number text) returns jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_build_object('floor_bp', settlement_floor(a, agency_today(a.agency_id)),
                            'offers', settlements_on(a.id, agency_today(a.agency_id)))
    from account_seen(number) a
$$;

create or replace function settlement_check(a account, amount bigint, currency text, until_day date) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  today constant date := agency_today(a.agency_id);
  owing constant bigint := owed_on(a.id);
begin
  if a.status in ('closed', 'settled') or owing = 0 then
    perform fail('DF422', 'account_closed', format('account %s %s: there is nothing to settle', a.number,
                 case when owing = 0 then 'owes nothing' else 'is ' || a.status end));
  elsif currency is distinct from a.currency::text then
    perform fail('DF422', 'settlement_currency', format('account %s owes %s, not %s', a.number, a.currency, currency));
  elsif amount is null or amount < 1 or amount >= owing then
    perform fail('DF400', 'amount', format('a settlement is for less than the %s owed', in_words(owing, a.currency)),
                 'enter a payment for all of it', '{"field": "amount"}');
  elsif until_day is null or until_day not between today and today + 366 then
    perform fail('DF400', 'expires_on', 'an offer ends on a day to come, within a year',
                 'type +14, 5 Dec or 2026-12-05', '{"field": "expires_on"}');
  elsif exists (
    select from settlement s where s.account_id = a.id and settlement_state(s, today) in ('open', 'met')
  ) then
    perform fail('DF422', 'settlement_one', format('account %s has an offer already', a.number), 'take it back first');
  end if;
end $$;

-- Below the client's floor only for those who may, as far as their limit goes, and for a reason.
create or replace function settlement_floor_check(a account, amount bigint, reason text) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  floor_bp constant int := settlement_floor(a, agency_today(a.agency_id));
  owing constant bigint := owed_on(a.id);
  lowest constant bigint := ceil(owing::numeric * coalesce(floor_bp, 10000) / 10000);
  who constant identity := me();
  others constant text[] := roles_that_may(who.agency_id, 'settlement.below');
  below constant int := case when may(who, 'settlement.below') then limit_of(who, 'settlement') else 0 end;
  above constant text := case
    when floor_bp is null then 'the client''s contract names no settlement'
    else format('the client takes no less than %s %% of the balance, %s', round(floor_bp / 100.0, 2),
                in_words(lowest, a.currency)) end;
begin
  if amount < lowest then
    if amount < ceil(owing::numeric * greatest(coalesce(floor_bp, 10000) - below, 0) / 10000) or below = 0 then
      perform fail('DF422', 'settlement_floor', above, 'offer more, or ' || roles_in_words(others),
                   jsonb_build_object('who_may', others[1]));
    elsif coalesce(reason, '') = '' then
      perform fail('DF400', 'reason', above, 'say why you go below it', '{"field": "reason"}');
    end if;
    perform two_persons(who, 'settlement.below', format('settle %s for %s of %s', a.number,
                                                        in_words(amount, a.currency), in_words(owing, a.currency)),
                        jsonb_build_object('account', a.number, 'amount', amount));
  end if;
  return floor_bp;
end $$;

create or replace function settlement_offer(
  number text,
  amount bigint,
  currency text,
  until_day date,
  seen bigint,
  reason text,
  submission uuid
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  replay constant jsonb := submission_claim(
    submission, 'settlement.offer', jsonb_build_array(number, amount, currency, until_day, reason));
  a account := account_hold(number, 'settlement.offer');
  today constant date := agency_today(a.agency_id);
  s settlement;
begin
  if replay is not null then
    return (select settlement_line(x, today) from settlement x where x.id = (replay ->> 'settlement')::bigint);
  end if;
  perform account_unmoved(a.id, a.number, seen), settlement_check(a, amount, currency, until_day);
  update settlement x set state = 'expired' where x.account_id = a.id and x.state = 'open';
  insert into settlement (agency_id, account_id, amount, currency, owing, floor_bp, expires_on, after_id, reason,
                          offered_at, offered_by)
  values (a.agency_id, a.id, amount, a.currency, owed_on(a.id), settlement_floor_check(a, amount, reason), until_day,
          payment_latest(a.id), coalesce(settlement_offer.reason, ''), kernel_now(), (me()).user_id)
  returning * into s;
  perform activity_add(a, 'settlement', format('offered to settle for %s of %s until %s', in_words(amount, a.currency),
                                               in_words(s.owing, a.currency), until_day)),
          account_moved(a.id),
          submission_answer(submission, jsonb_build_object('settlement', s.id));
  return settlement_line(s, today);
end $$;

-- The offer that stands on an account that is held for an act on it.
create or replace function settlement_open(a account) returns settlement
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  s settlement;
begin
  select * into s from settlement x where x.account_id = a.id and x.state = 'open';
  if not found then
    perform fail('DF404', 'settlement', format('account %s has no offer', a.number), 'debtflow settlement offer');
  elsif settlement_state(s, agency_today(a.agency_id)) <> 'open' then
    perform fail('DF422', 'settlement_over',
                 format('this offer is %s', settlement_state(s, agency_today(a.agency_id))));
  end if;
  return s;
end $$;

create or replace function settlement_accept(number text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'settlement.accept');
  s settlement := settlement_open(a);
begin
  if s.accepted_at is null then
    update settlement x set accepted_at = kernel_now() where x.id = s.id returning * into s;
    perform activity_add(a, 'settlement', 'offer accepted by the debtor');
  end if;
  return settlement_line(s, agency_today(a.agency_id));
end $$;

create or replace function settlement_cancel(number text, reason text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'settlement.cancel');
  s settlement := settlement_open(a);
begin
  update settlement x
     set state = 'canceled', reason = concat_ws('; ', nullif(x.reason, ''), nullif(settlement_cancel.reason, ''))
   where x.id = s.id
  returning * into s;
  perform activity_add(a, 'settlement', concat_ws(': ', 'offer taken back', nullif(settlement_cancel.reason, ''))),
          account_moved(a.id);
  return settlement_line(s, agency_today(a.agency_id));
end $$;

select operators_may('execute on function settlements_of');
select operators_may('execute on function settlement_offer, settlement_accept, settlement_cancel');
