-- The schedule of a payment plan, computed from what is owed: paid since plus owing is the total; each instalment takes
-- what is wanted of it as long as there is something left, and the last one takes the rest. So the instalments sum to
-- the total, and what is open of them to the balance, whatever happens to either.
set role debtflow_kernel;

create or replace function plan_lines(plans bigint[], today date) returns table (
  plan_id bigint,
  instalment bigint,
  no int,
  due_on date,
  amount bigint,
  paid bigint,
  is_last boolean,
  state text,
  told text,
  outcome text
)
  language sql stable
as $$
  with the_plan as materialized (
    select p.id, p.grace_days, p.state, m.paid, sum4(b.due) + m.paid as total
      from plan p
      join account_balance b on b.account_id = p.account_id
      cross join lateral (select coalesce(sum(s.amount), 0)::bigint as paid
                            from money_since(p.account_id, p.after_id) s) m
     where p.id = any (plans)
  ),
  wanted as (
    select i.*, p.grace_days, p.state as plan_state, p.paid as money, p.total,
           row_number() over each_plan as no,
           lead(i.id) over each_plan is null as is_last,
           least(p.total, coalesce(sum(i.wanted) over (each_plan rows between unbounded preceding and 1 preceding), 0))
             as before
      from the_plan p
      join plan_instalment i on i.plan_id = p.id
    window each_plan as (partition by i.plan_id order by i.due_on, i.id)
  ),
  filled as (
    select w.*,
           case when w.is_last then w.total - w.before else least(w.wanted, w.total - w.before) end as amount
      from wanted w
  )
  select f.plan_id, f.id, f.no::int, f.due_on, f.amount::bigint,
         greatest(0, least(f.amount, f.money - f.before))::bigint, f.is_last,
         case
           when f.amount = 0 then 'nothing'
           when f.money >= f.before + f.amount then 'paid'
           when f.charge_key is not null and f.outcome is null then 'charging'
           when f.outcome in ('declined', 'refused') then f.outcome
           when today > f.due_on + f.grace_days then 'late'
           when today >= f.due_on then 'due'
           else 'planned'
         end,
         f.told, f.outcome
    from filled f
   order by f.plan_id, f.no
$$;

-- The plan that counts on an account: the one that was not canceled, else none.
create or replace function plan_live(account bigint) returns plan
  language sql stable
as $$
  select p from plan p where p.account_id = account and p.state <> 'canceled'
$$;

-- A version that moves with the plan and with the account: both only grow, so their sum tells any move of either.
create or replace function plan_version(p plan) returns bigint
  language sql stable
as $$
  select p.version + b.version from account_balance b where b.account_id = p.account_id
$$;

create or replace function plan_picture(p plan, today date) returns jsonb
  language sql stable
as $$
  select case when p.id is not null then jsonb_build_object(
           'id', p.id, 'version', plan_version(p), 'every', p.every, 'grace_days', p.grace_days, 'currency', p.currency,
           'state', case when p.state <> 'canceled' and owed_on(p.account_id) = 0 then 'done' else p.state end,
           'reason', p.reason, 'method_id', p.method_id, 'made_at', p.made_at,
           'by', (select u.login from users u where u.id = p.made_by),
           'on_track', p.state = 'active' and not exists (
             select from plan_lines(array[p.id], today) l where l.state in ('late', 'declined', 'refused')),
           'instalments', (select jsonb_agg(to_jsonb(l) order by l.no) from plan_lines(array[p.id], today) l)) end
$$;

-- What a plan would come to, before there is one. Asks: {every, first_on, times? or amount?}; an amount says how many
-- there are, a number how much each is, and the last one takes the rest.
create or replace function plan_days(asked jsonb, owing bigint) returns table (no int, due_on date, amount bigint)
  language sql stable
as $$
  with shape as (
    select x.every, x.first_on,
           coalesce(x.times::bigint, (owing + x.amount - 1) / nullif(x.amount, 0)) as times,
           coalesce(x.amount, owing / nullif(x.times, 0)) as each_one
      from jsonb_to_record(asked) as x(every text, first_on date, times int, amount bigint)
  )
  select k + 1, due_day(s.first_on, s.every, k),
         case when k + 1 = s.times then owing - s.each_one * k else s.each_one end
    from shape s
    cross join lateral generate_series(0, least(s.times, 361)::int - 1) k
$$;
