-- Rebalancing: the accounts of a team spread evenly over it, nobody above their limit, with as few changes of hands as
-- that takes.
set role debtflow_kernel;

-- Where everybody ends. The smallest limits are filled first, the others share the rest; who holds more gets what does
-- not divide, so that less moves. More than fits stays with who has it.
create or replace function caseload_targets(agency int, people int[], more bigint)
  returns table (user_id int, login text, held bigint, most bigint, target bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  c record;
  rest bigint;
  without int := cardinality(people);
begin
  select coalesce(sum(x.held), 0) + more into rest from caseloads(agency, people) x;
  for c in select * from caseloads(agency, people) x order by x.most, x.held, x.user_id loop
    user_id := c.user_id; login := c.login; held := c.held; most := c.most;
    target := least(c.most, rest / without);
    rest := rest - target;
    without := without - 1;
    return next;
  end loop;
end $$;

create or replace function nobodys_accounts(agency int) returns bigint
  language sql stable
as $$
  select count(*)
    from account a
   where a.agency_id = agency and a.collector_id is null and a.status not in ('closed', 'settled')
$$;

-- What a rebalancing comes to, before it is done. Of no team: of every collector. With `unassigned`, accounts of nobody
-- are spread as well.
create or replace function rebalance_plan(team text, unassigned boolean)
  returns table (login text, held bigint, most bigint, target bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'people.see');
  return query
    select t.login, t.held, t.most, t.target
      from caseload_targets(who.agency_id, team_people(who.agency_id, team),
                            case when unassigned then nobodys_accounts(who.agency_id) else 0 end) t
     order by t.login;
end $$;

-- One step: up to `size` accounts from who has too many to who has too few; how many went. None once it is level.
create or replace function rebalance_step(team text, unassigned boolean, size int) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  people int[];
  accounts bigint[];
  givers int[];
  takers int[];
begin
  perform only_who_may(who, 'account.assign');
  perform step_check(size);
  people := team_people(who.agency_id, team);
  perform people_hold(people);
  people := team_people(who.agency_id, team); -- who has left meanwhile takes nothing
  perform act_begin('account.rebalance', team);
  with load as materialized (
    select *
      from caseload_targets(who.agency_id, people,
                            case when unassigned then nobodys_accounts(who.agency_id) else 0 end)
  ),
  giving as (
    select g.id, l.user_id, account_ties(g.status) as ties
      from (select l.user_id, l.held - l.target as many
              from load l
             where l.held > l.target
             union all
            select null, size
             where unassigned) l
      cross join lateral (select a.id, a.status
                            from account a
                           where a.agency_id = who.agency_id
                             and a.collector_id is not distinct from l.user_id
                             and a.status not in ('closed', 'settled')
                           order by account_ties(a.status), a.id desc
                           limit least(l.many, size)) g
  ),
  given as (
    select g.id, g.user_id, row_number() over (order by g.user_id is not null, g.ties, g.id desc) as n from giving g
  ),
  taken as (
    select l.user_id, row_number() over (order by s.place, l.user_id) as n
      from load l
      cross join lateral generate_series(l.held + 1, least(l.target, l.held + size)) s(place)
  )
  select array_agg(g.id), array_agg(g.user_id), array_agg(t.user_id)
    into accounts, givers, takers
    from given g
    join taken t using (n)
   where n <= size;
  return case when accounts is null then 0 else accounts_deal(accounts, givers, takers, who) end;
end $$;

select operators_may('execute on function rebalance_plan, rebalance_step');
