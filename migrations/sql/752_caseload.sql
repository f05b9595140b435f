-- Who works how many accounts, how many they may, and in which team they are.
set role debtflow_owner;

select operators_read(t), kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['team', 'team_member']::regclass[]) t;
select useradmin_works('team_member');
select audit_table('team', 'agency', 'agency_id', '', '', 'id,agency_id'),
       audit_table('team_member', 'user', 'user_id', '', '', 'agency_id');
select operators_may('select on team, team_member');
grant select, delete on team_member to debtflow_useradmin;
grant insert, delete on team, team_member to debtflow_kernel;
grant update (most_accounts) on team to debtflow_kernel;
grant update (team_id) on team_member to debtflow_kernel;

set role debtflow_kernel;

-- What is finished is nobody's work.
create or replace function is_work(status text) returns boolean
  language sql immutable parallel safe
as $$
  select status not in ('closed', 'settled')
$$;

create or replace function works_accounts(role text) returns boolean
  language sql immutable parallel safe
as $$
  select role in ('collector', 'supervisor', 'agency_admin')
$$;

-- The most accounts for one person: their own limit, else that of their team, else that of their role.
create or replace function accounts_most(agency int, person int, role text, team int) returns bigint
  language sql stable
as $$
  select coalesce(
    (select l.most from office_limit l where l.agency_id = agency and l.what = 'accounts' and l.user_id = person),
    (select t.most_accounts from team t where t.id = team),
    (select l.most
       from office_limit l
      where l.agency_id = agency and l.what = 'accounts' and l.role = accounts_most.role),
    limit_shipped('accounts', role))
$$;

-- Open accounts a person, whoever it is.
create or replace function accounts_held(agency int) returns table (user_id int, held bigint)
  language sql stable
as $$
  select a.collector_id, count(*)
    from account a
   where a.agency_id = agency and a.collector_id is not null and a.status not in ('closed', 'settled')
   group by a.collector_id
$$;

-- These people, each with what they hold and how many it may be.
create or replace function caseloads(agency int, people int[])
  returns table (user_id int, login text, held bigint, most bigint)
  language sql stable
as $$
  select u.id, u.login, coalesce(h.held, 0), accounts_most(agency, u.id, r.role, m.team_id)
    from users u
    join user_roles r on r.user_id = u.id
    left join team_member m on m.user_id = u.id
    left join accounts_held(agency) h on h.user_id = u.id
   where u.id = any (people)
$$;

-- Refuses to give somebody more than fits. They are held already, so nobody else gives them anything meanwhile.
create or replace function caseload_check(agency int, person int, more bigint) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  c record;
begin
  select * into c from caseloads(agency, array[person]);
  if more > 0 and c.held + more > c.most then
    perform fail('DF422', 'accounts_most',
                 format('%s works %s accounts and may work %s: %s more do not fit', c.login, c.held, c.most, more),
                 'give them to somebody else, or raise the limit: debtflow limit set accounts',
                 jsonb_build_object('who_may', (roles_that_may(agency, 'limit.set'))[1]));
  end if;
end $$;

-- Everybody of the agency, those who left as well: what they are, and what they hold.
create or replace function people_list() returns table (
  login text,
  full_name text,
  role text,
  team text,
  held bigint,
  most bigint,
  due bigint,
  created_at timestamptz,
  disabled_at timestamptz
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'people.see');
  return query
    with work as (
      select a.collector_id, count(*) as held,
             count(*) filter (where a.follow_up_on <= agency_today(who.agency_id)) as due
        from account a
       where a.agency_id = who.agency_id and a.collector_id is not null and a.status not in ('closed', 'settled')
       group by a.collector_id
    )
    select u.login, u.full_name, r.role, t.name, coalesce(w.held, 0),
           case when works_accounts(r.role) then accounts_most(who.agency_id, u.id, r.role, t.id) end,
           coalesce(w.due, 0), u.created_at, u.disabled_at
      from users u
      join user_roles r on r.user_id = u.id
      left join team_member m on m.user_id = u.id
      left join team t on t.id = m.team_id
      left join work w on w.collector_id = u.id
     where u.agency_id = who.agency_id
     order by u.disabled_at is not null, u.login;
end $$;

select operators_may('execute on function people_list');
