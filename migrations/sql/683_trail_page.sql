-- Pages of the trail, under the policies of who asks. Each question walks one index in the order of time and stops when
-- its page is full; months that hold nothing of the page are not opened. The text of a walk is the same for all of its
-- questions, so that it is planned once a connection: planning over all months takes longer than most pages.
set role debtflow_owner;

do $$
begin
  if to_regtype('debtflow.trail_line') is null then
    create type debtflow.trail_line as (
      id bigint, at timestamptz, login text, act text, entity text, entity_id bigint, ref text, before jsonb,
      after jsonb, reason text, transaction bigint, session_id bigint);
  end if;
end $$;

-- What a question comes down to: `acts` are those that its star stands for, `entities` pairs of kind and id. `since`
-- and `until` always hold a moment; `seen` and `upto` are snapshots, for what was written since somebody looked.
do $$
begin
  if to_regtype('debtflow.trail_question') is null then
    create type debtflow.trail_question as (
      agency_id int, user_id int, acts text[], kind text, kinds text[], ids bigint[], transaction text,
      since timestamptz, until timestamptz, until_id bigint, seen text, upto text);
  end if;
end $$;

do $do$
declare
  walk record;
  fits constant text := $f$
           e.agency_id = q.agency_id
       and e.at >= q.since and e.at <= q.until
       and (e.at, e.id) < (q.until, q.until_id)
       and (q.user_id is null or e.user_id = q.user_id)
       and (q.acts is null or e.act = any (q.acts))
       and (q.kind is null or e.entity = q.kind)
       and (q.transaction is null or e.xid = q.transaction::xid8)
       and (q.seen is null or not pg_visible_in_snapshot(e.xid, q.seen::pg_snapshot))
       and (q.upto is null or pg_visible_in_snapshot(e.xid, q.upto::pg_snapshot)) $f$;
begin
for walk in
  select *
    from (values ('time', 'generate_series(1, 1) w(k)', 'true'),
                 ('person', 'generate_series(1, 1) w(k)', 'e.user_id = q.user_id'),
                 ('act', 'unnest(q.acts) w(k)', 'e.act = w.k'),
                 ('person_act', 'unnest(q.acts) w(k)',
                  $$e.user_id = q.user_id and e.act = w.k and e.act <> 'payment.post'$$),
                 ('kind', 'generate_series(1, 1) w(k)', $$e.entity = q.kind and e.entity <> 'account'$$),
                 ('entity', 'unnest(q.kinds, q.ids) w(k, id)', 'e.entity = w.k and e.entity_id = w.id')
         ) v(name, branches, branch)
loop
execute format($f$
create or replace function trail_by_%1$s(q trail_question, size int) returns setof trail_line
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
begin
  return query
    select x.id, x.at, x.login, x.act, x.entity, x.entity_id, coalesce(a.number, x.entity_ref), x.before, x.after,
           x.reason, x.xid::text::bigint, x.session_id
      from (select e.*
              from %2$s
              cross join lateral (select e.*
                                    from audit_log e
                                   where %3$s and %4$s
                                   order by e.at desc, e.id desc
                                   limit size) e
             order by e.at desc, e.id desc
             limit size) x
      left join account a on x.entity = 'account' and a.id = x.entity_id
     order by x.at desc, x.id desc;
end $$ $f$, walk.name, walk.branches, walk.branch, fits);
end loop;
end $do$;

-- Rows by their places, as the search of words gives them.
create or replace function trail_at(ats timestamptz[], ids bigint[]) returns setof trail_line
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  agency constant int := (me()).agency_id;
begin
  return query
    select e.id, e.at, e.login, e.act, e.entity, e.entity_id, coalesce(a.number, e.entity_ref), e.before, e.after,
           e.reason, e.xid::text::bigint, e.session_id
      from unnest(ats, ids) w(at, id)
      cross join lateral (select * from audit_log e where e.agency_id = agency and e.at = w.at and e.id = w.id) e
      left join account a on e.entity = 'account' and a.id = e.entity_id
     order by e.at desc, e.id desc;
end $$;

-- The acts of an agency that a pattern of LIKE stands for. They are few, and each is found at the end of the last.
create or replace function acts_like(agency int, pattern text) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
  with recursive
  known as (
    select split_part(replace(pattern, '\_', '_'), '%', 1) as prefix
  ),
  act as (
    (select e.act
       from audit_log e
      where e.agency_id = agency and e.act >= (select prefix from known)
      order by e.act
      limit 1)
    union all
    select (select e.act
              from audit_log e
             where e.agency_id = agency and e.act > a.act
             order by e.act
             limit 1)
      from act a
     where a.act < (select prefix || U&'\+10FFFF' from known)
  )
  select coalesce(array_agg(act), '{}') from act where act like pattern
$$;

-- When a transaction can have written: after a pass of the sealer that knew no such number, and before one that knew it
-- had ended. There is no index by transaction; with seals made each minute these are some minutes of the trail. Numbers
-- of another cluster, as after a restore from a dump, say nothing about times.
create or replace function transaction_span(transaction xid8, out since timestamptz, out until timestamptz)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := (me()).agency_id;
  here constant bigint := seal_cluster();
begin
  if exists (select from audit_seal s where s.agency_id = chain and s.cluster <> here) then
    since := '-infinity';
    until := 'infinity';
    return;
  end if;
  since := audit_written_since(chain, transaction, here);
  select min(s.pass_at) + interval '10 seconds'
    into until
    from audit_seal s
   where s.agency_id = chain and s.cluster = here and s.below > transaction;
  until := coalesce(until, 'infinity');
end $$;

-- A page of the trail: `filter` as the program gives it, before a place, newest first.
create or replace function trail_page(filter jsonb, before_at timestamptz, before_id bigint, size int)
  returns setof trail_line
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  f constant trail_filter := jsonb_populate_record(null::trail_filter, filter);
  q trail_question := jsonb_populate_record(null::trail_question, filter);
begin
  q.agency_id := (me()).agency_id;
  q.since := coalesce(f.since, '-infinity');
  q.until := coalesce(least(before_at, f.until), 'infinity');
  q.until_id := case when before_at <= coalesce(f.until, 'infinity') then before_id else -9223372036854775808 end;
  if f.transaction is not null then
    select greatest(q.since, s.since), least(q.until, s.until),
           case when s.until < q.until then -9223372036854775808 else q.until_id end
      into q.since, q.until, q.until_id
      from transaction_span(f.transaction::xid8) s;
  end if;
  q.acts := case when f.act is not null then array[f.act]
                 when f.act_like is not null then acts_like(q.agency_id, f.act_like) end;
  q.kinds := array(select split_part(e, '/', 1) from unnest(f.entities) with ordinality x(e, n) order by n);
  q.ids := array(select split_part(e, '/', 2)::bigint from unnest(f.entities) with ordinality x(e, n) order by n);
  if f.entities is not null then
    return query select * from trail_by_entity(q, size);
  elsif q.acts is not null and q.user_id is not null and not ('payment.post' = any (q.acts)) then
    return query select * from trail_by_person_act(q, size);
  elsif q.kind <> 'account' and cardinality(q.acts) is distinct from 1 then
    return query select * from trail_by_kind(q, size);
  elsif q.user_id is not null then
    return query select * from trail_by_person(q, size);
  elsif q.acts is not null then
    return query select * from trail_by_act(q, size);
  else
    return query select * from trail_by_time(q, size);
  end if;
end $$;

select operators_may('execute on function trail_by_time, trail_by_person, trail_by_act, trail_by_person_act, '
                     'trail_by_kind, trail_by_entity, trail_at, acts_like, trail_page, '
                     'transaction_span');
