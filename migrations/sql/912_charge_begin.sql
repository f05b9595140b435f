-- Act 1 of a charge: every rule of a payment, then the charge with its hold. Nothing has been asked of the provider
-- yet.
set role debtflow_owner;

select office_reads(t), collectors_read(t, 'exists (select from account a where a.id = account_id)'),
       kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['charge', 'refund', 'dispute']::regclass[]) t;
grant insert on charge, refund, dispute to debtflow_kernel;
grant update (user_id, started_at, method, state, reason, late, told, told_currency, told_id, provider_id, link_id, url,
              expires_at, called_at, settled_at, next_ask_at, confirm_at, asks, lease, lease_until, payment_id, version)
  on charge to debtflow_kernel;
grant update (held) on account_balance to debtflow_kernel;
select operators_may('select (id, agency_id, account_id, user_id, gateway, kind, method, saved_method_id, amount, '
                     'currency, state, reason, late, expires_at, started_at, settled_at, next_ask_at, payment_id, '
                     'version) on charge');
select audit_table('charge', 'account', 'account_id', '', '',
                   'agency_id,account_id,user_id,request_hash,url,called_at,next_ask_at,confirm_at,asks,lease,'
                   'lease_until,version');

set role debtflow_kernel;

-- Money that is promised and not yet decided.
create or replace function charge_is_open(state text) returns boolean
  language sql immutable parallel safe
as $$
  select state in ('pending', 'unknown', 'processing')
$$;

-- Who may begin charges or say what became of them.
create or replace function charge_clerk() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'charge.make');
  return who;
end $$;

-- Adds to what is held on an account, or gives it back. The account is locked already.
create or replace function account_hold_money(account bigint, amount bigint) returns bigint
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update account_balance b
     set held = b.held + amount, version = b.version + 1
   where b.account_id = account
  returning b.version
$$;

-- The rules that only charges have. Null where none says no.
create or replace function charge_rule(form jsonb, w weighed_payment, agency int) returns text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when form ->> 'kind' = 'saved'
         and not exists (select
                           from saved_method m
                           join account a on a.debtor_id = m.debtor_id
                          where m.id = (form ->> 'method_id')::bigint
                            and a.id = w.account_id
                            and m.gateway = form ->> 'gateway'
                            and m.removed_at is null)
    then 'method_gone'
    when form ->> 'kind' = 'link' and (form ->> 'minutes')::int not between 30 and 1440 then 'link_minutes'
    when not coalesce((form ->> 'allow_duplicate')::boolean, false)
         and exists (select
                       from charge c
                      where c.account_id = w.account_id and c.amount = w.amount and charge_is_open(c.state))
    then 'charge_under_way'
    when breaker_blocks(agency, form ->> 'gateway') then 'breaker_open'
  end
$$;

-- What a form stands for, whoever sends it again; the version that was looked at is no part of it.
create or replace function charge_hash(form jsonb) returns bytea
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(jsonb_build_array(
           'charge', form ->> 'account', form -> 'amount', form ->> 'currency', form ->> 'kind', form -> 'method_id',
           form -> 'save')::text, 'UTF8'))
$$;

create or replace function charge_write(form jsonb, w weighed_payment, who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  insert into charge (
    id, agency_id, account_id, user_id, gateway, kind, method, saved_method_id, save, request_hash, amount, currency,
    state, expires_at, started_at, next_ask_at
  )
  select w.submission_id, who.agency_id, w.account_id, who.user_id, form ->> 'gateway', form ->> 'kind',
         coalesce(m.kind, 'card'), m.id, coalesce((form ->> 'save')::boolean, false), charge_hash(form), w.amount,
         w.currency, 'pending', kernel_now() + make_interval(mins => (form ->> 'minutes')::int), kernel_now(),
         kernel_now() + interval '2 minutes'
    from (select) nothing
    left join saved_method m on m.id = (form ->> 'method_id')::bigint
  on conflict (id) do update
     set state = 'pending', reason = null, settled_at = null, called_at = null, confirm_at = null, asks = 0,
         version = charge.version + 1,
         user_id = excluded.user_id, started_at = excluded.started_at, expires_at = excluded.expires_at,
         next_ask_at = excluded.next_ask_at
   where charge.agency_id = excluded.agency_id and charge_may_begin_again(charge);
  if not found then
    raise exception using errcode = '40001', message = 'this submission is being sent twice';
  end if;
end $$;

-- Nothing of it ever left the house: the same form may be sent again, under every rule anew.
create or replace function charge_may_begin_again(c charge) returns boolean
  language sql immutable parallel safe
as $$
  select c.state = 'failed' and c.reason in ('not_sent', 'breaker_open')
$$;

-- Form: {id, gateway, kind: saved|link, account, amount, currency, version?, allow_duplicate?, method_id?, save?,
-- minutes?}. Gives the form weighed; its outcome is `begun`, `replayed`, or the rule that says no.
create or replace function charge_begin(form jsonb) returns setof weighed_payment
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  items constant jsonb := jsonb_build_array(
    form || jsonb_build_object('submission_id', form ->> 'id', 'method', 'bank_transfer'));
  old charge;
  w weighed_payment;
begin
  perform act_begin('charge.begin');
  perform period_shared(who.agency_id);
  perform payment_lock(who.agency_id, items);
  w := (payment_weigh(items, who, most => limit_of(who, 'payment')))[1];
  select * into old from charge c where c.id = (form ->> 'id')::uuid;
  if w.outcome = 'not_found' then
    null;
  elsif old.account_id <> w.account_id or old.request_hash <> charge_hash(form) then
    w.outcome := 'conflict';
  elsif old.id is not null and not charge_may_begin_again(old) then
    w.outcome := 'replayed';
  elsif w.outcome = 'replayed' then
    w.outcome := 'conflict';
  elsif w.outcome = 'posted' then
    w.outcome := coalesce(charge_rule(form, w, who.agency_id), 'begun');
  end if;
  if w.outcome = 'begun' then
    perform charge_write(form, w, who);
    w.version := account_hold_money(w.account_id, w.amount);
  elsif w.outcome not in ('replayed', 'stale') then
    perform security_note('charge.refused', w.outcome, 'account', w.account_id,
                          jsonb_build_object('amount', w.amount));
  end if;
  return next w;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function charge_begin')) x(f);
