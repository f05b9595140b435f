-- Reading and changing who may do what, how much, and what takes two persons.
set role debtflow_kernel;

-- The table as it stands for the caller's agency: every act, every role of people.
create or replace function rights_table() returns table (
  act text,
  family text,
  what text,
  role text,
  allowed boolean,
  shipped boolean,
  possible boolean,
  two boolean,
  two_wanted boolean
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.name, a.family, a.what, r.role, role_may(w.agency_id, r.role, a.name), r.role = any (a.shipped),
         r.role = any (a.possible) and a.name <> 'rights.set', a.two,
         case when a.name = 'import.release' then (select g.import_four_eyes from agency g where g.id = w.agency_id)
              else takes_two(w.agency_id, a.name) end
    from (select (x).* from (select me() x) y) w
    cross join office_act a
    cross join unnest(array['agency_admin', 'supervisor', 'collector', 'readonly']) with ordinality as r(role, no)
   order by a.place, r.no
$$;

-- What a session carries from its beginning: for every act the roles that may, and the caller's own limits.
create or replace function session_rights(out rights jsonb, out limits jsonb)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select (select jsonb_object_agg(t.act, t.roles)
            from (select r.act, coalesce(jsonb_agg(r.role) filter (where r.allowed), '[]') as roles
                    from rights_table() r
                   group by r.act) t),
         (select jsonb_object_agg(l.what, limit_of(me(), l.what))
            from unnest(limits_known()) l(what))
$$;

create or replace function act_known(act text) returns office_act
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a office_act;
begin
  select * into a from office_act x where x.name = act_known.act;
  if not found then
    perform fail('DF404', 'act', format('no act is called %s', act), 'debtflow rights show');
  end if;
  return a;
end $$;

create or replace function permission_set(act text, role text, allowed boolean) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  a office_act;
begin
  perform only_who_may(who, 'rights.set');
  a := act_known(act);
  if role is null or role not in ('agency_admin', 'supervisor', 'collector', 'readonly') then
    perform fail('DF400', 'role', format('%s is not a role of people', role),
                 'agency_admin, supervisor, collector or readonly', '{"field": "role"}');
  elsif a.name = 'rights.set' then
    perform fail('DF422', 'rights-kept', 'who decides about rights is not decided here',
                 'agency administrators do, so that nobody can shut all of them out');
  elsif allowed is null or allowed and not role = any (a.possible) then
    perform fail('DF422', 'rights-possible', format('%s is nothing a %s can be allowed', a.name, role),
                 'it reaches what the role does not see: '
                 || (select string_agg(x, ', ') from unnest(a.possible) x where x <> 'worker'));
  end if;
  perform act_begin('rights.set');
  insert into permission as p (agency_id, act, role, allowed)
  values (who.agency_id, a.name, permission_set.role, permission_set.allowed)
  on conflict on constraint permission_pkey do update set allowed = excluded.allowed
   where p.allowed <> excluded.allowed;
end $$;

-- A release of imports looks at who changed the batch, and has a setting of its own.
create or replace function two_person_set(act text, wanted boolean) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  a office_act;
begin
  perform only_who_may(who, 'rights.set');
  a := act_known(act);
  if not a.two or wanted is null then
    perform fail('DF422', 'two-possible', format('%s takes one person', a.name),
                 (select string_agg(x.name, ', ' order by x.place) from office_act x where x.two));
  end if;
  perform act_begin('rights.two');
  if a.name = 'import.release' then
    update agency g set import_four_eyes = wanted where g.id = who.agency_id and g.import_four_eyes <> wanted;
    return;
  end if;
  insert into two_person as t (agency_id, act, wanted)
  values (who.agency_id, a.name, two_person_set.wanted)
  on conflict on constraint two_person_pkey do update set wanted = excluded.wanted where t.wanted <> excluded.wanted;
end $$;

-- Sets a limit of a role, or of one person; null takes it back. Exactly one of `role` and `login` is given.
create or replace function limit_set(what text, role text, login text, most bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
#variable_conflict use_column
declare
  who constant identity := me();
  person int;
begin
  perform only_who_may(who, 'limit.set');
  if what is null or what <> all (limits_known()) then
    perform fail('DF400', 'what', format('%s has no limit', what), array_to_string(limits_known(), ', '),
                 '{"field": "what"}');
  elsif most not between 0 and (case what when 'settlement' then 10000 else 1000000000000000 end) then
    perform fail('DF400', 'most', format('%s is no limit of %s', most, what), '', '{"field": "most"}');
  elsif num_nonnulls(role, login) <> 1 then
    perform fail('DF400', 'whose', 'a limit is a role''s or a person''s');
  elsif role not in ('collector', 'supervisor', 'agency_admin') 
    and not (role = 'readonly' and what in ('export', 'reveal')) then
    perform fail('DF400', 'role', format('%s has no limit of this', role), 'collector, supervisor or agency_admin',
                 '{"field": "role"}');
  end if;
  if login is not null then
    select u.id into person from users u where u.agency_id = who.agency_id and u.login = limit_set.login;
    if not found then
      perform fail('DF404', 'user', format('there is no user %s', login), 'debtflow user list');
    end if;
  end if;
  perform act_begin('limit.set');
  if most is null then
    delete from office_limit l
     where l.agency_id = who.agency_id and l.what = limit_set.what
       and (l.role = limit_set.role or l.user_id = person);
  elsif person is null then
    insert into office_limit as l (agency_id, what, role, most) values (who.agency_id, what, role, most)
    on conflict (agency_id, what, role) where role is not null do update set most = excluded.most;
  else
    insert into office_limit as l (agency_id, what, user_id, most) values (who.agency_id, what, person, most)
    on conflict (agency_id, what, user_id) where user_id is not null do update set most = excluded.most;
  end if;
end $$;

-- What stands: every limit of every role, and those that persons were given.
create or replace function limits_table() returns table (what text, role text, login text, most bigint, agreed boolean)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select k.what, r.role, null::text,
         coalesce(l.most, limit_shipped(k.what, r.role)), l.most is not null
    from (select (x).agency_id from (select me() x) y) w
    cross join unnest(limits_known()) with ordinality as k(what, no)
    cross join unnest(array['readonly', 'collector', 'supervisor', 'agency_admin']) with ordinality as r(role, no)
    left join office_limit l on l.agency_id = w.agency_id and l.what = k.what and l.role = r.role
   where r.role <> 'readonly' or k.what in ('export', 'reveal')
   union all
  select l.what, null, u.login, l.most, true
    from office_limit l
    join users u on u.id = l.user_id
   where l.agency_id = (me()).agency_id
$$;

-- The same for adjustments alone, as those ask who post them.
create or replace function adjustment_limits() returns table (role text, kind text, most bigint, agreed boolean)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select l.role, l.what, l.most, l.agreed
    from limits_table() l
   where l.what in ('fee', 'cost', 'write_off', 'correct_up', 'correct_down') and l.role is not null
   order by array_position(array['collector', 'supervisor', 'agency_admin'], l.role),
            array_position(limits_known(), l.what)
$$;

select operators_may('execute on function rights_table, session_rights, permission_set, two_person_set, limit_set'),
       operators_may('execute on function limits_table, adjustment_limits');
select worker_may('execute on function session_rights');
