-- What must hold of charges and their provider at any time: one function a rule.
set role debtflow_kernel;

create or replace function holds_not_covered(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.number
    from account a
    join account_balance b on b.account_id = a.id
    left join (select c.account_id, sum(c.amount) as held
                 from charge c
                where c.agency_id = agency and charge_is_open(c.state)
                group by c.account_id) h on h.account_id = a.id
   where a.agency_id = agency and b.held <> coalesce(h.held, 0)
$$;

create or replace function charges_not_posted(agency int) returns setof uuid
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.id
    from charge c
    left join payment p on p.id = c.payment_id
    left join transfer t on t.id = p.id
   where c.agency_id = agency
     and c.state = 'posted'
     and (t.id is null or p.submission_id <> c.id or p.amount <> c.amount or p.account_id <> c.account_id)
$$;

-- A provider's payment that no charge and no won dispute stands behind.
create or replace function card_payments_unexplained(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select receipt_number(p.id)
    from payment p
    join payment_method m on m.name = p.method and not m.by_hand
   where p.agency_id = agency
     and p.reverses is null
     and not exists (select from charge c where c.payment_id = p.id)
     and not exists (select from dispute d where d.regained_id = p.id)
     and p.reference is distinct from 'regained'
$$;

create or replace function refunds_not_posted(agency int) returns setof uuid
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select f.id
    from refund f
    left join payment p on p.id = f.posted_id
   where f.agency_id = agency
     and f.state = 'posted'
     and (p.id is null or p.amount <> f.amount or p.reverses is distinct from f.payment_id)
$$;

-- What was said here and the provider denies, as long as the books still say it; and what it was not asked about yet.
create or replace function charges_contradicted(agency int) returns setof uuid
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.id
    from charge c
    left join payment p on p.id = c.payment_id
   where c.agency_id = agency
     and c.reason = 'contradicted'
     and (p.id is null or (returned_of(p)).amount < p.amount)
  union all
  select f.id
    from refund f
   where f.agency_id = agency
     and f.reason = 'contradicted'
     and (f.posted_id is null or transfer_stands(f.posted_id))
$$;

create or replace function charges_confirmed(agency int, out ok boolean, out detail text)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with waiting as (
    select count(*) as n, min(y.confirm_at) as since
      from (select c.confirm_at from charge c where c.agency_id = agency and c.confirm_at is not null
            union all
            select f.confirm_at from refund f where f.agency_id = agency and f.confirm_at is not null) y
  )
  select denied.ids is null and coalesce(w.since > kernel_now() - interval '1 hour', true),
         case
           when denied.ids is not null
           then 'the provider denies what was said here: ' || denied.ids || '; see who said it, and take it back'
           when w.since <= kernel_now() - interval '1 hour'
           then w.n || ' outcomes are not confirmed by the provider for more than an hour: is the worker running?'
           else 'the provider was asked about every outcome that operators and webhooks told'
                || case when w.n > 0 then ', but ' || w.n || ' of the last minutes' else '' end
         end
    from waiting w
    cross join (select string_agg(x::text, ', ') as ids from charges_contradicted(agency) x) denied
$$;

create or replace function charge_health() returns table (name text, ok boolean, detail text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'house.examine');
  return query
    select 'holds', count(*) = 0,
           coalesce('not the sum of the charges under way: ' || string_agg(x, ', '),
                    'what is held on an account is the sum of its charges under way')
      from holds_not_covered(who.agency_id) x;
  return query
    select 'charges-posted', count(*) = 0,
           coalesce('posted without their payment: ' || string_agg(x::text, ', '),
                    'every posted charge and refund has its payment and transfer')
      from (select charges_not_posted(who.agency_id) union all select refunds_not_posted(who.agency_id)) y(x);
  return query
    select 'charges-explained', count(*) = 0,
           coalesce('from no charge: ' || string_agg(x, ', '),
                    'every payment through a provider comes from a charge')
      from card_payments_unexplained(who.agency_id) x;
  return query
    select 'charges-told', count(*) = 0,
           coalesce('told otherwise by the provider, to be settled by a person: ' || string_agg(x::text, ', '),
                    'no charge or refund is told otherwise by the provider')
      from (select c.id from charge c
             where c.agency_id = who.agency_id and c.reason in ('mismatch', 'taken_twice')
            union all
            select f.id from refund f where f.agency_id = who.agency_id and f.reason = 'mismatch') y(x);
  return query
    select 'charges-confirmed', y.ok, y.detail from charges_confirmed(who.agency_id) y;
  return query
    select 'charges-unknown',
           count(*) filter (where y.next_ask_at < kernel_now() - interval '15 minutes'
                               or y.started_at < kernel_now() - interval '1 day') = 0,
           case count(*)
             when 0 then 'of every charge and refund it is known what became of it'
             else format('%s not decided yet, asked about again at %s', count(*),
                         to_char(min(y.next_ask_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
                  || case when min(y.next_ask_at) < kernel_now() - interval '15 minutes'
                          then ': overdue, is the worker running?'
                          when min(y.started_at) < kernel_now() - interval '1 day'
                          then ': for more than a day, look at the provider' else '' end
           end
      from (select c.next_ask_at, c.started_at from charge c
             where c.agency_id = who.agency_id and c.state = 'unknown' and c.next_ask_at is not null
            union all
            select f.next_ask_at, f.started_at from refund f
             where f.agency_id = who.agency_id and f.state = 'unknown' and f.next_ask_at is not null) y;
  return query
    select 'breaker', coalesce(bool_and(b.state = 'closed'), true),
           coalesce(string_agg(b.gateway || case b.state
             when 'closed' then ' is called'
             else format(' is not called (%s since %s): %s; next try at %s', replace(b.state, '_', ' '),
                         to_char(b.since at time zone 'UTC', 'HH24:MI "UTC"'), coalesce(b.cause, 'no answer'),
                         to_char(coalesce(b.next_try_at, b.probe_until) at time zone 'UTC', 'HH24:MI "UTC"'))
           end, '; '), 'no provider was called yet')
      from breaker b
     where b.agency_id = who.agency_id;
end $$;

select operators_may('execute on function charge_health');
