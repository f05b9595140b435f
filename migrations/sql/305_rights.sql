-- Who may do what: one table of the acts that are not everybody's, as this release ships it, and one of what an agency
-- has said instead. Every act of the kernel asks here, and nowhere else. Whose rows somebody sees is no right: that is
-- decided by the policies, and none of these can widen it.
set role debtflow_owner;

select operators_read('permission'),
       kernel_works('permission', 'agency_id = (select (me()).agency_id)');
select operators_may('select on office_act, permission');
grant insert on permission to debtflow_kernel;
grant update (allowed) on permission to debtflow_kernel;

-- The acts stand in the order in which they are named; files that add some name them beside their functions.
delete from office_act;

-- `shipped` are the roles that may where the agency says nothing, `possible` those that it may say it of: never more
-- than the policies behind the act let somebody see. `two` is whether an agency may want two persons for it.
create or replace function act_ships(
  name text,
  family text,
  what text,
  refusal text,
  rule text,
  shipped text,
  possible text default null,
  two boolean default false
) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into office_act (name, family, place, what, refusal, rule, shipped, possible, two)
  select name, family, (select count(*) + 1 from office_act), what, refusal, rule, string_to_array(shipped, ' '),
         string_to_array(coalesce(possible, shipped), ' '), two
$$;

-- Whether somebody of this role may. Looks behind row security, at the agency of who asks; an act that nobody has named
-- is a mistake of ours and stops everything.
create or replace function role_may(agency int, role text, act text) returns boolean
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  said boolean;
begin
  select role_may.role = any (a.possible) and coalesce(p.allowed, role_may.role = any (a.shipped))
    into said
    from office_act a
    left join permission p on p.agency_id = agency and p.act = a.name and p.role = role_may.role
   where a.name = role_may.act;
  if not found then
    raise exception 'no act is called %', act;
  end if;
  return said;
end $$;

create or replace function may(who identity, act text) returns boolean
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return role_may(who.agency_id, who.role, act);
end $$;

-- The people's roles that may, the nearest to the desk first.
create or replace function roles_that_may(agency int, act text) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(array_agg(r.role order by r.no), '{}')
    from unnest(array['collector', 'supervisor', 'agency_admin', 'readonly']) with ordinality as r(role, no)
   where role_may(agency, r.role, act)
$$;

-- Whom to ask, in words.
create or replace function roles_in_words(roles text[]) returns text
  language sql immutable parallel safe
as $$
  select case
    when cardinality(roles) = 0 then 'nobody of this agency may: an administrator decides it with debtflow rights set'
    else 'ask ' || (select string_agg(case r when 'agency_admin' then 'an agency administrator' else 'a ' || r end,
                                      ' or ' order by n)
                      from unnest(roles) with ordinality as x(r, n)
                     where n = 1 or roles[1] = 'collector' and n = 2)
  end
$$;

-- Refuses everybody else, and says who may. The words and the rule are the act's, unless this is a special case of it.
create or replace function only_who_may(
  who identity,
  act text,
  rule text default null,
  message text default null
) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a office_act;
  others text[];
begin
  if not may(who, act) then
    select * into a from office_act x where x.name = act;
    others := roles_that_may(who.agency_id, act);
    perform fail('DF403', coalesce(rule, a.rule), coalesce(message, a.refusal), roles_in_words(others),
                 jsonb_build_object('act', act, 'who_may', others[1]));
  end if;
end $$;

grant select on office_act to debtflow_useradmin;
grant execute on function role_may, may, roles_that_may, roles_in_words, only_who_may
  to debtflow_kernel, debtflow_useradmin;
