-- What was agreed with the debtor ends with a recall, as if each plan, offer and promise had been canceled by hand; taking
-- the recall back lets it stand again.
set role debtflow_kernel;

create or replace function recalled_words() returns text
  language sql immutable parallel safe
as $$
  select 'recalled by the client'
$$;

-- A reason that says so too, where there is room, and the same without it: what somebody wrote before comes back.
create or replace function recalled_reason(reason text) returns text
  language sql immutable parallel safe
as $$
  select case when length(reason) <= 370 then concat_ws('; ', nullif(reason, ''), recalled_words()) else reason end
$$;

create or replace function reason_before_recall(reason text) returns text
  language sql immutable parallel safe
as $$
  select regexp_replace(reason, '(^|; )' || recalled_words() || '$', '')
$$;

-- One line a plan, offer or promise in the timeline of its account.
create or replace function agreements_told(accounts bigint[], kind text, said text, who identity) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select who.agency_id, a, kernel_now(), who.user_id, agreements_told.kind, said from unnest(accounts) a
$$;

-- Ends what was agreed on accounts that are locked, their plans before them. Gives what each account had, so that it can
-- come back: {account: {plan, plan_state, instalments, offer, promises}}. What is decided already stays as it is.
create or replace function agreements_end(accounts bigint[], who identity) returns jsonb
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  plans constant plan[] := array(select p from plan p where p.account_id = any (accounts) and p.state <> 'canceled');
  offers constant settlement[] := array(
    select s from settlement s where s.account_id = any (accounts) and s.state = 'open');
  promises promise[];
  canceled jsonb;
begin
  perform promise_settle(array(select p from promise p where p.account_id = any (accounts) and p.state = 'open'),
                         agency_today(who.agency_id));
  promises := array(select p from promise p where p.account_id = any (accounts) and p.state = 'open');
  with ended as (
    update plan_instalment i
       set outcome = 'canceled'
      from unnest(plans) p
     where i.plan_id = p.id and i.outcome is null
    returning i.account_id, i.id
  )
  select jsonb_object_agg(e.account_id, e.ids)
    into canceled
    from (select x.account_id, jsonb_agg(x.id order by x.id) as ids from ended x group by x.account_id) e;
  update plan x
     set state = 'canceled', version = x.version + 1, reason = recalled_reason(x.reason)
    from unnest(plans) p
   where x.id = p.id;
  update settlement x set state = 'canceled', reason = recalled_reason(x.reason) from unnest(offers) s where x.id = s.id;
  update promise x
     set state = 'canceled', reason = recalled_reason(x.reason), judged_at = kernel_now()
    from unnest(promises) p
   where x.id = p.id;
  perform agreements_told(array(select p.account_id from unnest(plans) p), 'plan',
                          'plan canceled: ' || recalled_words(), who),
          agreements_told(array(select s.account_id from unnest(offers) s), 'settlement',
                          'offer taken back: ' || recalled_words(), who),
          agreements_told(array(select p.account_id from unnest(promises) p), 'promise',
                          'promise taken back: ' || recalled_words(), who);
  return (
    select coalesce(jsonb_object_agg(a, jsonb_strip_nulls(jsonb_build_object(
             'plan', (select p.id from unnest(plans) p where p.account_id = a),
             'plan_state', (select p.state from unnest(plans) p where p.account_id = a),
             'instalments', canceled -> a::text,
             'offer', (select s.id from unnest(offers) s where s.account_id = a),
             'promises', (select jsonb_agg(p.id) from unnest(promises) p where p.account_id = a)))), '{}')
      from unnest(accounts) a);
end $$;

-- Lets stand again what a recall has ended: [{account_id, ended}]. Days that passed meanwhile count as they always do.
create or replace function agreements_back(ended jsonb, who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  plans bigint[];
  offers bigint[];
  promises bigint[];
begin
  with asked as materialized (
    select e.account_id, e.ended from jsonb_to_recordset(agreements_back.ended) as e(account_id bigint, ended jsonb)
  ),
  planned as (
    update plan x
       set state = a.ended ->> 'plan_state', version = x.version + 1, reason = reason_before_recall(x.reason)
      from asked a
     where x.id = (a.ended ->> 'plan')::bigint and x.state = 'canceled'
    returning x.account_id
  ),
  due as (
    update plan_instalment i
       set outcome = null
      from asked a
      cross join lateral jsonb_array_elements(a.ended -> 'instalments') k
     where i.id = k.value::bigint and i.outcome = 'canceled'
  ),
  offered as (
    update settlement x
       set state = 'open', reason = reason_before_recall(x.reason)
      from asked a
     where x.id = (a.ended ->> 'offer')::bigint and x.state = 'canceled'
    returning x.account_id
  ),
  promised as (
    update promise x
       set state = 'open', reason = reason_before_recall(x.reason), judged_at = kernel_now()
      from asked a
      cross join lateral jsonb_array_elements(a.ended -> 'promises') k
     where x.id = k.value::bigint and x.state = 'canceled'
    returning x.account_id
  )
  select array(select account_id from planned), array(select account_id from offered),
         array(select account_id from promised)
    into plans, offers, promises;
  perform agreements_told(plans, 'plan', 'plan stands again: the recall is undone', who),
          agreements_told(offers, 'settlement', 'offer stands again: the recall is undone', who),
          agreements_told(promises, 'promise', 'promise stands again: the recall is undone', who);
end $$;
