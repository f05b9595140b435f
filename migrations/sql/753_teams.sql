-- Teams: some people of an agency whose work is levelled together, and how many accounts each of them works at most.
set role debtflow_kernel;

create or replace function team_found(agency int, team text) returns team
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  t team;
begin
  select * into t from team x where x.agency_id = agency and x.name = team_found.team;
  if not found then
    perform fail('DF404', 'team', format('there is no team %s', coalesce(team, '(none named)')),
                 'debtflow team list');
  end if;
  return t;
end $$;

-- Those of a team who can work accounts; of no team, every collector of the agency.
create or replace function team_people(agency int, team text) returns int[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if team is null then
    return array(select u.id
                   from users u
                   join user_roles r on r.user_id = u.id
                  where u.agency_id = agency and u.disabled_at is null and r.role = 'collector'
                  order by u.id);
  end if;
  return array(select u.id
                 from team_member m
                 join users u on u.id = m.user_id
                 join user_roles r on r.user_id = u.id
                where m.team_id = (team_found(agency, team)).id and u.disabled_at is null and works_accounts(r.role)
                order by u.id);
end $$;

-- Makes a team, or says anew who is in it; who was in another one leaves it.
create or replace function team_set(team text, members text[]) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  people int[];
  t team;
begin
  perform only_who_may(who, 'team.manage');
  if team is null or team !~ '^[a-z][a-z0-9-]{1,30}$' then
    perform fail('DF400', 'team', format('%s is no name for a team', team), 'small letters, digits and dashes',
                 '{"field": "team"}');
  end if;
  people := array(select assignable_user(m, who.agency_id) from (select distinct unnest(members)) x(m));
  perform people_hold(people);
  perform act_begin('team.set', team);
  insert into team (agency_id, name) values (who.agency_id, team) on conflict on constraint team_name_key do nothing;
  t := team_found(who.agency_id, team);
  delete from team_member m where m.team_id = t.id and m.user_id <> all (people);
  insert into team_member as m (user_id, team_id, agency_id)
  select p, t.id, who.agency_id from unnest(people) p
  on conflict on constraint team_member_pkey do update set team_id = excluded.team_id
   where m.team_id <> excluded.team_id;
end $$;

-- How many accounts each of a team works at most; null takes the limit away. A person's own goes before it.
create or replace function team_limit(team text, most bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  t team;
begin
  perform only_who_may(who, 'team.manage');
  t := team_found(who.agency_id, team);
  if most not between 0 and 1000000000000000 then
    perform fail('DF400', 'most', format('%s is no number of accounts', most), 'write it like 400',
                 '{"field": "most"}');
  end if;
  perform act_begin('team.limit', team);
  update team x set most_accounts = most where x.id = t.id and x.most_accounts is distinct from most;
end $$;

create or replace function team_remove(team text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  t team;
begin
  perform only_who_may(who, 'team.manage');
  t := team_found(who.agency_id, team);
  perform act_begin('team.remove', team);
  delete from team_member m where m.team_id = t.id;
  delete from team x where x.id = t.id;
end $$;

create or replace function team_list() returns table (name text, most bigint, members text[], held bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'people.see');
  return query
    select t.name, t.most_accounts, coalesce(array_agg(u.login order by u.login) filter (where u.id is not null), '{}'),
           coalesce(sum(h.held), 0)::bigint
      from team t
      left join team_member m on m.team_id = t.id
      left join users u on u.id = m.user_id
      left join accounts_held(who.agency_id) h on h.user_id = u.id
     where t.agency_id = who.agency_id
     group by t.id
     order by t.name;
end $$;

select operators_may('execute on function team_set, team_limit, team_remove, team_list');
