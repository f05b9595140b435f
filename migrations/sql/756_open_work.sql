-- What a person has under way, and how all of it goes to others. Follow-ups, promises, plans and offers hang on their
-- accounts and go with them; who took a promise stays on record.
set role debtflow_owner;

-- Whether somebody has keyed lines of this batch: looks behind the blindness of second keying, and says nothing else.
create or replace function payment_batch_keyed_by(batch bigint, person int) returns boolean
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select exists (select from payment_batch_line l where l.batch_id = batch and l.keyed_by = person and not l.dropped)
$$;
grant execute on function payment_batch_keyed_by to debtflow_kernel;
grant update (opened_by) on payment_batch to debtflow_kernel;

set role debtflow_kernel;

-- Unfinished batches that somebody keys. Of a blind keying that has begun, nobody can go on where another stopped: such
-- a batch is ended by who oversees them, and keyed anew.
create or replace function batches_of(agency int, person int)
  returns table (id bigint, title text, state text, first boolean, goes boolean)
  language sql stable
as $$
  select b.id, b.title, b.state, b.opened_by = person,
         case
           when not b.blind then true
           when b.opened_by = person then b.state = 'keying' and not payment_batch_keyed_by(b.id, person)
           else not payment_batch_keyed_by(b.id, person)
         end
    from payment_batch b
   where b.agency_id = agency and b.finished_at is null and person in (b.opened_by, b.second_by)
   order by b.id
$$;

create or replace function work_of(agency int, person int) returns jsonb
  language sql stable
as $$
  with mine as (
    select a.id, a.follow_up_on
      from account a
     where a.agency_id = agency and a.collector_id = person and a.status not in ('closed', 'settled')
  )
  select jsonb_build_object(
    'accounts', (select count(*) from mine),
    'follow_ups', (select count(*) from mine m where m.follow_up_on is not null),
    'due', (select count(*) from mine m where m.follow_up_on <= agency_today(agency)),
    'promises', (select count(*) from promise p join mine m on m.id = p.account_id where p.state = 'open'),
    'plans', (select count(*) from plan p join mine m on m.id = p.account_id where p.state <> 'canceled'),
    'settlements', (select count(*) from settlement s join mine m on m.id = s.account_id where s.state = 'open'),
    'batches', (select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'title', b.title, 'state', b.state,
                                                             'goes', b.goes) order by b.id), '[]')
                  from batches_of(agency, person) b),
    'clients', (select coalesce(jsonb_agg(c.code order by c.code), '[]')
                  from client_collector x
                  join client c on c.id = x.client_id
                 where x.user_id = person),
    'questions', (select count(*)
                    from approval a
                   where a.agency_id = agency and a.asked_by = person and a.decided_at is null
                     and a.asked_at > kernel_now() - approval_lasts()))
$$;

-- What somebody leaves open, for those who see who works what.
create or replace function work_open(login text) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'people.see');
  if login is null then
    perform fail('DF404', 'user', 'there is no user of no name', 'debtflow user list');
  end if;
  return work_of(who.agency_id, giver_of(who.agency_id, login)) || jsonb_build_object('login', login);
end $$;

create or replace function work_must_be_done(person int) returns void
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  w constant jsonb := work_of(who.agency_id, person);
begin
  if (w ->> 'accounts')::int > 0 or w -> 'batches' <> '[]' or w -> 'clients' <> '[]' then
    perform fail('DF422', 'open_work',
                 format('%s accounts, %s batches and %s clients would be left without anybody', w ->> 'accounts',
                        jsonb_array_length(w -> 'batches'), jsonb_array_length(w -> 'clients')),
                 'say who takes them: --to LOGIN or --team NAME; --leave lets them lie', w);
  end if;
end $$;

create or replace function work_takers(person int, takers text[], team text) returns int[]
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select takers_of((me()).agency_id, person, takers, team)
$$;

-- Batches that can go, each to the first taker who is not its other operator. A second keying that has not begun waits
-- for anybody again.
create or replace function batches_hand_over(person int, takers int[], who identity) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  going bigint[];
  gone int;
begin
  perform
     from payment_batch b
    where b.agency_id = who.agency_id and b.finished_at is null and person in (b.opened_by, b.second_by)
    order by b.id
      for no key update;
  going := array(select b.id from batches_of(who.agency_id, person) b where b.goes);
  update payment_batch b
     set opened_by = case when b.opened_by = person then t.taker else b.opened_by end,
         second_by = case when b.second_by is distinct from person then b.second_by
                          when b.blind then null
                          else t.taker end,
         version = b.version + 1
    from (select g.id, (select p
                          from unnest(takers) with ordinality as x(p, no)
                         where p is distinct from o.opened_by and p is distinct from o.second_by
                         order by no
                         limit 1) as taker
            from unnest(going) g(id)
            join payment_batch o on o.id = g.id) t
   where b.id = t.id and (t.taker is not null or (b.blind and b.second_by = person));
  get diagnostics gone = row_count;
  return gone;
end $$;

-- Hands over what somebody has under way, as many accounts as one step takes; they may have left already. Everything or
-- nothing has to fit. Gives what went and how many accounts are left for the next step.
create or replace function work_hand_over(login text, takers text[], team text, size int default 1000) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  person int;
  to_whom int[];
  picked bigint[];
  counted bigint;
  handed int; batches int; clients int; questions int;
begin
  perform only_who_may(who, 'office.administer');
  perform step_check(size);
  person := giver_of(who.agency_id, login);
  if person is null then
    perform fail('DF404', 'user', 'there is no user of no name', 'debtflow user list');
  end if;
  to_whom := takers_of(who.agency_id, person, takers, team);
  perform people_hold(to_whom || person);
  to_whom := takers_of(who.agency_id, person, takers, team);
  counted := (work_of(who.agency_id, person) ->> 'accounts')::bigint;
  if counted > room_of(who.agency_id, to_whom) then
    perform fail('DF422', 'accounts_most',
                 format('%s open accounts are too many: there is room for %s', counted,
                        room_of(who.agency_id, to_whom)),
                 'name more people or a team, or raise the limit: debtflow limit set accounts',
                 jsonb_build_object('who_may', (roles_that_may(who.agency_id, 'limit.set'))[1]));
  end if;
  perform act_begin('user.hand_over', login || ' → ' || coalesce(team, array_to_string(takers, ', ')));
  clients := client_collectors_hand_over(person, to_whom);
  batches := batches_hand_over(person, to_whom, who);
  update approval a
     set decided_by = who.user_id, decided_at = kernel_now(), approved = false
   where a.agency_id = who.agency_id and a.asked_by = person and a.decided_at is null and a.used_at is null
     and a.asked_by <> who.user_id and a.asked_at > kernel_now() - approval_lasts();
  get diagnostics questions = row_count;
  picked := accounts_of(who.agency_id, person, null, null, size);
  handed := accounts_deal(picked, array_fill(person, array[cardinality(picked)]),
                          places_of(who.agency_id, to_whom, cardinality(picked)), who);
  return jsonb_build_object('accounts', handed, 'batches', batches, 'clients', clients, 'questions', questions,
                            'left', counted - handed);
end $$;

grant execute on function work_must_be_done, work_takers, work_hand_over to debtflow_useradmin;
select operators_may('execute on function work_open');
grant execute on function work_hand_over to debtflow_agency_admin;
