-- Many accounts to several people, a step at a time: each step holds the people, picks, locks the accounts by id, and
-- hands over those that still are as they were picked. What is not done yet is found by the next step anew, so whoever
-- works beside it, or does the same at once, is not run over.
set role debtflow_kernel;

-- Accounts on which least has begun change hands first.
create or replace function account_ties(status text) returns int
  language sql immutable parallel safe
as $$
  select array_position(array['new', 'assigned', 'in_contact', 'disputed', 'negotiating', 'payment_plan'], status)
$$;

create or replace function step_check(size int) returns void
  language plpgsql immutable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if size is null or size not between 1 and 5000 then
    perform fail('DF400', 'size', format('a step is 1 to 5,000 accounts, not %s', size));
  end if;
end $$;

-- Hands over: the nth account, held by the nth giver (null: by nobody), to the nth taker. Accounts beyond the last taker
-- stay.
create or replace function accounts_deal(accounts bigint[], givers int[], takers int[], who identity) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  still bigint[];
  receivers int[];
begin
  perform
     from account_balance b
    where b.account_id = any (accounts[1:cardinality(takers)])
    order by b.account_id
      for no key update;
  select array_agg(a.id order by a.id), array_agg(d.taker order by a.id)
    into still, receivers
    from unnest(accounts, givers, takers) as d(id, giver, taker)
    join account a on a.id = d.id
   where d.taker is not null
     and a.agency_id = who.agency_id
     and a.collector_id is not distinct from d.giver
     and is_work(a.status);
  perform account_hand_over(still, receivers, who);
  return coalesce(cardinality(still), 0);
end $$;

-- Where the next accounts go, the nth account to the nth: always to whom of them has least, as long as it fits.
create or replace function places_of(agency int, takers int[], size int) returns int[]
  language sql stable
as $$
  select array(
    select c.user_id
      from caseloads(agency, takers) c
      cross join lateral generate_series(c.held + 1, least(c.most, c.held + size)) s(place)
     order by s.place, c.user_id
     limit size)
$$;

create or replace function room_of(agency int, takers int[]) returns bigint
  language sql stable
as $$
  select coalesce(sum(greatest(c.most - c.held, 0)), 0)::bigint from caseloads(agency, takers) c
$$;

-- Who takes: the people named, or a team; never the giver.
create or replace function takers_of(agency int, giver int, logins text[], team text) returns int[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found_people int[];
begin
  if (logins is null) = (team is null) then
    perform fail('DF400', 'to', 'say who takes the accounts', 'one or several people, or a team', '{"field": "to"}');
  end if;
  found_people := case when team is null
                       then array(select assignable_user(l, agency) from (select distinct unnest(logins)) x(l))
                       else team_people(agency, team) end;
  found_people := array(select p from unnest(found_people) p where p is distinct from giver order by p);
  if cardinality(found_people) = 0 then
    perform fail('DF422', 'no_taker', 'nobody is there to take the accounts', 'debtflow team list');
  end if;
  return found_people;
end $$;

-- Somebody's open accounts (null: nobody's), of one client and in one status where they are named.
create or replace function accounts_of(agency int, giver int, client text, status text, size int) returns bigint[]
  language sql stable
as $$
  select array(
    select a.id
      from account a
     where a.agency_id = agency
       and a.collector_id is not distinct from giver
       and a.status not in ('closed', 'settled')
       and (accounts_of.client is null
            or a.client_id = (select c.id from client c where c.agency_id = agency and c.code = accounts_of.client))
       and (accounts_of.status is null or a.status = accounts_of.status)
     order by account_ties(a.status), a.id
     limit size)
$$;

-- Somebody of the agency, who may have left; null for nobody.
create or replace function giver_of(agency int, login text) returns int
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  person int;
begin
  if login is null then return null; end if;
  select u.id into person from users u where u.agency_id = agency and u.login = giver_of.login;
  if not found then
    perform fail('DF404', 'user', format('there is no user %s', login), 'debtflow user list');
  end if;
  return person;
end $$;

-- One step of giving accounts from somebody (null: those of nobody) to people or a team; how many went. None where
-- nothing is left or nothing fits any more.
create or replace function accounts_give(
  giver text,
  client text,
  status text,
  takers text[],
  team text,
  size int
) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  from_whom int;
  to_whom int[];
  picked bigint[];
begin
  perform only_who_may(who, 'account.assign');
  perform step_check(size);
  from_whom := giver_of(who.agency_id, giver);
  to_whom := takers_of(who.agency_id, from_whom, takers, team);
  perform people_hold(to_whom || from_whom);
  to_whom := takers_of(who.agency_id, from_whom, takers, team); -- who has left meanwhile takes nothing
  perform act_begin('account.give', coalesce(giver, 'nobody') || ' → ' || coalesce(team, array_to_string(takers, ', ')));
  picked := accounts_of(who.agency_id, from_whom, client, status, size);
  return accounts_deal(picked, array_fill(from_whom, array[cardinality(picked)]),
                       places_of(who.agency_id, to_whom, cardinality(picked)), who);
end $$;

-- What such a giving is about: how many accounts there are, and how many fit.
create or replace function accounts_to_give(
  giver text,
  client text,
  status text,
  takers text[],
  team text,
  out accounts bigint,
  out room bigint
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  from_whom int;
begin
  perform only_who_may(who, 'account.assign');
  from_whom := giver_of(who.agency_id, giver);
  accounts := cardinality(accounts_of(who.agency_id, from_whom, client, status, null));
  room := room_of(who.agency_id, takers_of(who.agency_id, from_whom, takers, team));
end $$;

select operators_may('execute on function accounts_give, accounts_to_give');
