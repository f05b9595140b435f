-- The worker's round over payment plans: due instalments are found and claimed in pages, charged outside, and what came
-- of it is written in pages.
set role debtflow_kernel;

-- The key under which an instalment is charged: the same for every worker and after every crash, another after a
-- release.
create or replace function instalment_key(p plan, i plan_instalment) returns uuid
  language sql immutable
as $$
  select encode(substring(sha256(convert_to(concat_ws(':', p.key, i.id, i.attempt), 'UTF8')) for 16), 'hex')::uuid
$$;

-- The oldest due instalments that are undecided and that nobody is at.
create or replace function instalments_due(agency int, today date, size int)
  returns table (instalment bigint, plan_id bigint)
  language sql stable
as $$
  select i.id, i.plan_id
    from plan_instalment i
    join plan p on p.id = i.plan_id
   where i.agency_id = agency and i.outcome is null and i.due_on <= today
     and p.state = 'active'
     and (i.again_at is null or i.again_at <= kernel_now())
   order by i.due_on, i.id
   limit size
$$;

-- What is to be done about the due instalments of these plans. One that is paid needs nothing; one whose plan saw money
-- taken back holds the plan; one that is paid by hand is late after its grace; where nothing may be taken now, it
-- waits.
create or replace function plan_verdicts(plans bigint[], due bigint[], today date, charging boolean)
  returns table (instalment bigint, plan_id bigint, account_id bigint, rest bigint, method_id bigint, next_key uuid,
                 verdict text)
  language sql stable
as $$
  with line as materialized (
    select l.instalment, l.plan_id, l.outcome, l.state, l.amount - l.paid as rest, i.charge_key, i.again_at,
           coalesce(i.charge_method, p.method_id) as method_id, p.account_id, instalment_key(p, i) as next_key,
           p.state = 'active' and a.status not in ('disputed', 'closed', 'settled')
             and not settlement_is_met(p.account_id) as running
      from plan_lines(plans, today) l
      join plan_instalment i on i.id = l.instalment
      join plan p on p.id = l.plan_id
      join account a on a.id = p.account_id
  )
  select l.instalment, l.plan_id, l.account_id, l.rest, l.method_id, l.next_key,
         case
           when l.charge_key is not null and charging then 'charge'
           when l.rest = 0 then 'paid'
           when not l.running then 'wait'
           when exists (select from line x where x.plan_id = l.plan_id and x.outcome = 'posted' and x.rest > 0)
             then 'hold'
           when l.method_id is not null then case when charging then 'charge' else 'wait' end
           when l.state = 'late' then 'late'
           else 'wait'
         end
    from line l
   where l.instalment = any (due) and l.outcome is null and coalesce(l.again_at <= kernel_now(), true)
$$;

-- Claims one page of due instalments and says what there is to charge; nothing where the caller cannot charge. A plan
-- that somebody is working on is left for the next round. What was claimed before comes again with the key, method and
-- amount it had.
create or replace function plan_claim(size int, charging boolean) returns table (
  instalment bigint,
  account text,
  amount bigint,
  currency text,
  method_id bigint,
  charge_key uuid,
  seen int
)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  who constant identity := me();
  today constant date := agency_today(who.agency_id);
  due bigint[];
  plans bigint[];
  claimed bigint[]; stopped bigint[]; watched bigint[];
begin
  perform clockwork_only(who);
  perform act_begin('plan.run');
  due := array(select d.instalment from instalments_due(who.agency_id, today, size) d);
  plans := array(
    select p.id
      from plan p
     where p.id in (select i.plan_id from plan_instalment i where i.id = any (due))
     order by p.id
       for no key update skip locked);
  with verdict as materialized (
    select * from plan_verdicts(plans, due, today, charging)
  ),
  claim as (
    update plan_instalment i
       set charge_key = coalesce(i.charge_key, v.next_key), charge_amount = coalesce(i.charge_amount, v.rest),
           charge_method = v.method_id, again_at = kernel_now() + interval '10 minutes'
      from verdict v
     where i.id = v.instalment and v.verdict = 'charge'
  ),
  decided as (
    update plan_instalment i
       set outcome = nullif(v.verdict, 'wait'),
           again_at = case v.verdict when 'wait' then kernel_now() + interval '1 hour' end
      from verdict v
     where i.id = v.instalment and v.verdict in ('paid', 'late', 'wait')
  )
  select array_agg(v.instalment) filter (where v.verdict = 'charge'),
         array_agg(distinct v.plan_id) filter (where v.verdict = 'hold'),
         array_agg(distinct v.account_id) filter (where v.verdict in ('late', 'hold'))
    into claimed, stopped, watched
    from verdict v;
  perform plan_stop(p, 'money was taken back') from unnest(stopped) p;
  perform account_wants_a_look(watched, today);
  return query
  select i.id, a.number, i.charge_amount, a.currency::text, i.charge_method, i.charge_key, cardinality(due)
    from (select cardinality(due) where cardinality(due) > 0) page
    left join (plan_instalment i join account a on a.id = i.account_id) on i.id = any (claimed)
   order by i.id;
end $$;

-- Holds the rest of a schedule until somebody releases it. The reason of the clockwork is in plain words.
create or replace function plan_stop(stopped bigint, why text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update plan p
     set state = 'held', reason = why, version = p.version + 1
   where p.id = stopped and p.state = 'active';
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select p.agency_id, p.account_id, kernel_now(), (me()).user_id, 'plan', 'plan held: ' || why
    from plan p
   where p.id = stopped;
end $$;

-- What came of a page: [{instalment, outcome: posted|declined|refused|open|again, told?}]. A charge under way is asked
-- about after ten minutes; one that was never begun is weighed anew then.
create or replace function plan_outcomes(items jsonb) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  stopped bigint[];
begin
  perform clockwork_only(who);
  perform act_begin('plan.run');
  perform from plan p
    where p.id in (select i.plan_id
                     from jsonb_to_recordset(items) as x(instalment bigint)
                     join plan_instalment i on i.id = x.instalment and i.agency_id = who.agency_id)
    order by p.id
      for no key update;
  with told as (
    select x.instalment, x.outcome, left(coalesce(x.told, ''), 200) as told
      from jsonb_to_recordset(items) as x(instalment bigint, outcome text, told text)
  ),
  wrote as (
    update plan_instalment i
       set outcome = case when t.outcome in ('posted', 'declined', 'refused') then t.outcome end,
           told = t.told,
           charge_key = case when t.outcome <> 'again' then i.charge_key end,
           charge_amount = case when t.outcome <> 'again' then i.charge_amount end,
           charge_method = case when t.outcome <> 'again' then i.charge_method end,
           again_at = case when t.outcome in ('open', 'again') then kernel_now() + interval '10 minutes' end
      from told t
     where i.id = t.instalment and i.agency_id = who.agency_id and i.outcome is null
    returning i.plan_id, i.outcome, t.told
  )
  select array_agg(distinct w.plan_id) into stopped from wrote w where w.outcome in ('declined', 'refused');
  perform plan_stop(i.plan_id, concat_ws(': ', i.outcome, nullif(i.told, '')))
     from (select distinct on (x.plan_id) x.*
             from plan_instalment x
            where x.plan_id = any (stopped) and x.outcome in ('declined', 'refused')
            order by x.plan_id, x.due_on desc, x.id desc) i;
  perform account_wants_a_look(array(select p.account_id from plan p where p.id = any (stopped)),
                               agency_today(who.agency_id));
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function plan_claim, plan_outcomes')) x(f);
