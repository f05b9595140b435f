-- What is to come on an account: its promise, its plan, its offer; in a line for the account's head, and whole.
set role debtflow_kernel;

create or replace function plan_ahead(account bigint, today date) returns jsonb
  language sql stable
as $$
  select jsonb_build_object(
           'kind', 'plan', 'on', l.due_on, 'amount', l.amount - l.paid,
           'state', case
             when p.state = 'held' then 'held'
             when bool_or(l.state in ('late', 'declined', 'refused')) over () then 'behind'
             else 'on_track'
           end)
    from plan p
    cross join lateral plan_lines(array[p.id], today) l
   where p.account_id = account and p.state <> 'canceled' and l.amount > l.paid
   order by l.no
   limit 1
$$;

-- The newest promise, while it is open or has just been broken.
create or replace function promise_ahead(account bigint, today date) returns jsonb
  language sql stable
as $$
  select jsonb_build_object('kind', 'promise', 'on', t.due_on, 'amount', t.amount - t.paid, 'state', t.state)
    from (select p
            from promise p
           where p.account_id = account and p.state not in ('canceled', 'replaced')
           order by p.id desc
           limit 1) newest
    cross join lateral promise_times(newest.p, today) t
   where t.state = 'open' or t.state = 'broken' and t.due_on > today - 30
   order by t.state = 'broken' desc, t.no
   limit 1
$$;

create or replace function settlement_ahead(account bigint, today date) returns jsonb
  language sql stable
as $$
  select jsonb_build_object('kind', 'offer', 'on', s.expires_on, 'amount', greatest(s.amount - settlement_paid(s), 0),
                            'state', settlement_state(s, today))
    from settlement s
   where s.account_id = account and s.state = 'open' and settlement_state(s, today) in ('open', 'met')
$$;

create or replace function account_ahead(account bigint, today date) returns jsonb
  language sql stable
as $$
  select coalesce(jsonb_agg(f.fact order by f.place), '[]')
    from (values (1, plan_ahead(account, today)), (2, promise_ahead(account, today)),
                 (3, settlement_ahead(account, today))) as f(place, fact)
   where f.fact is not null
$$;

-- Promises, plan and offers of an account at one moment.
create or replace function account_outlook(number text) returns jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_build_object(
           'number', a.number, 'debtor', a.debtor_name, 'status', a.status, 'currency', a.currency,
           'owing', sum4(b.due), 'version', b.version,
           'promises', promises_on(a.id, agency_today(a.agency_id)),
           'plan', plan_picture(plan_live(a.id), agency_today(a.agency_id)),
           'floor_bp', settlement_floor(a, agency_today(a.agency_id)),
           'offers', settlements_on(a.id, agency_today(a.agency_id)))
    from account_seen(number) a
    join account_balance b on b.account_id = a.id
$$;

select operators_may('execute on function account_outlook');
