-- Acts that an agency wants two persons for: who asked does it after somebody else, who may do it as well, has said yes
-- to exactly this. What is approved stands in `facts`, so that nothing else can be done with it; it is good for once,
-- within a day, for who asked.
set role debtflow_owner;

select operators_read('two_person'), kernel_works('two_person', 'agency_id = (select (me()).agency_id)'),
       kernel_works('approval', 'agency_id = (select (me()).agency_id)');
select operators_may('select on two_person');
grant insert on two_person, approval to debtflow_kernel;
grant update (wanted) on two_person to debtflow_kernel;
grant update (decided_by, decided_at, approved, used_at) on approval to debtflow_kernel;

-- By this the database knows its own question again: who asks must not find other words for what they want to do. Good
-- in the session in which the act was refused.
create or replace function question_seal(who identity, act text, what text, facts jsonb) returns text
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select encode(sha256(convert_to(s.secret::text || encode(q.hash, 'hex'), 'UTF8')), 'hex')
    from session s
    cross join (select sha256(convert_to(jsonb_build_array(act, what, facts)::text, 'UTF8')) as hash) q
   where s.id = who.session_id
$$;
grant execute on function question_seal to debtflow_kernel;

set role debtflow_kernel;

create or replace function approval_lasts() returns interval
  language sql immutable parallel safe
as $$
  select interval '24 hours'
$$;

create or replace function takes_two(agency int, act text) returns boolean
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return exists (select from two_person t where t.agency_id = agency and t.act = takes_two.act and t.wanted);
end $$;

-- Called where the act is about to be done and everything else has let it pass: an approval is not used up by what is
-- refused for another reason. It is claimed after the accounts are locked; nobody who holds one waits for an account.
create or replace function two_persons(who identity, act text, what text, facts jsonb) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if not takes_two(who.agency_id, act) then
    return;
  end if;
  update approval a
     set used_at = kernel_now()
   where a.used_at is null
     and a.id = (select min(x.id)
                   from approval x
                  where x.agency_id = who.agency_id
                    and x.asked_by = who.user_id
                    and x.act = two_persons.act
                    and x.facts = two_persons.facts
                    and x.approved
                    and x.used_at is null
                    and x.decided_by <> who.user_id
                    and x.asked_at > kernel_now() - approval_lasts());
  if not found and length(what) > 4000 then
    perform fail('DF422', 'two-persons-most', 'this is more than one question to a second person can hold',
                 'do it in smaller parts');
  elsif not found then
    perform fail('DF422', 'two-persons', 'this takes two persons: ' || left(what, 360),
                 'somebody else approves it: debtflow approval list; then do it again',
                 jsonb_build_object('act', act, 'what', what, 'facts', facts,
                                    'seal', question_seal(who, act, what, facts)));
  end if;
end $$;

-- Asks for a second person, in the words in which the act was refused; the same question by the same person again is the
-- same one.
create or replace function approval_ask(act text, what text, facts jsonb, seal text) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  asked bigint;
begin
  perform only_who_may(who, (act_known(act)).name);
  if not takes_two(who.agency_id, act) then
    perform fail('DF422', 'one-person', format('%s takes one person here', act), 'do it');
  elsif octet_length(facts::text) > 20000 then
    perform fail('DF400', 'facts', 'this is too much to approve at once', 'do it in smaller parts');
  elsif seal is distinct from question_seal(who, act, what, facts) then
    perform fail('DF422', 'two-persons-own-words', 'a question to a second person is not put in words of one''s own',
                 'do it: what was refused is asked as it stands');
  end if;
  select a.id
    into asked
    from approval a
   where a.agency_id = who.agency_id and a.asked_by = who.user_id and a.act = approval_ask.act
     and a.facts = approval_ask.facts and a.used_at is null and coalesce(a.approved, true)
     and a.asked_at > kernel_now() - approval_lasts();
  if not found then
    perform act_begin('approval.ask');
    insert into approval (agency_id, act, what, facts, asked_by, asked_at)
    values (who.agency_id, act, what, facts, who.user_id, kernel_now())
    returning id into asked;
  end if;
  return asked;
end $$;

-- Whose questions somebody may answer: of what they may do themselves. A collector may do nothing on what others hold.
create or replace function may_answer(who identity, act text) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select who.role <> 'collector' and may(who, act)
$$;

-- Says yes or no to what somebody else wants to do. Who may not do it themselves does not find it.
create or replace function approval_decide(approval bigint, yes boolean) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  a approval;
begin
  select * into a from approval x where x.id = approval_decide.approval for no key update;
  if not found or (a.asked_by <> who.user_id and not may_answer(who, a.act)) then
    perform fail('DF404', 'approval', format('there is no question %s', approval), 'debtflow approval list');
  elsif a.asked_by = who.user_id and yes then
    perform fail('DF422', 'two-persons', 'nobody approves what they want to do themselves', 'ask a colleague');
  elsif a.used_at is not null then
    perform fail('DF422', 'approval-used', format('question %s was approved, and it is done', a.id));
  elsif a.asked_at <= kernel_now() - approval_lasts() then
    perform fail('DF422', 'approval-old', format('question %s is older than a day', a.id), 'it is asked again');
  elsif a.approved is not null then
    perform fail('DF422', 'approval-decided', format('question %s is decided already', a.id));
  elsif a.asked_by = who.user_id then
    perform fail('DF422', 'approval-own', 'your own question ends by itself after a day', 'a colleague may say no');
  end if;
  perform act_begin(case when yes then 'approval.give' else 'approval.refuse' end);
  update approval x
     set decided_by = who.user_id, decided_at = kernel_now(), approved = yes
   where x.id = a.id;
end $$;

-- Questions of the last day that the caller asked or may decide, newest first; all that was ever asked with `old`.
create or replace function approvals(old boolean default false) returns table (
  id bigint,
  act text,
  what text,
  state text,
  asked_by text,
  asked_at timestamptz,
  decided_by text,
  decided_at timestamptz,
  mine boolean
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.id, a.act, a.what,
         case
           when a.used_at is not null then 'done'
           when a.approved is false then 'refused'
           when a.asked_at <= kernel_now() - approval_lasts() then 'expired'
           when a.approved then 'approved'
           else 'open'
         end,
         u.login, a.asked_at, d.login, a.decided_at, a.asked_by = w.user_id
    from (select (x).* from (select me() x) y) w
    join approval a on a.agency_id = w.agency_id
    join users u on u.id = a.asked_by
    left join users d on d.id = a.decided_by
   where (old or a.asked_at > kernel_now() - approval_lasts())
     and (a.asked_by = w.user_id
          or exists (select
                       from office_act o
                      where o.name = a.act
                        and may_answer(row(w.user_id, w.agency_id, w.role, w.session_id)::identity, o.name)))
   order by a.id desc
   limit 500
$$;

select operators_may('execute on function approval_ask, approval_decide, approvals');
