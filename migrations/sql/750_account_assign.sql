-- Giving accounts to somebody.
set role debtflow_kernel;

-- The nth account to the nth receiver. The accounts are locked; new ones become assigned.
create or replace function account_hand_over(accounts bigint[], receivers int[], who identity) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update account_balance b
     set version = b.version + 1
    from account a
   where b.account_id = any (accounts) and a.id = b.account_id and a.status = 'new';

  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select a.agency_id, a.id, kernel_now(), who.user_id, 'assignment',
         coalesce(old.login, 'nobody') || ' → ' || new.login
    from unnest(accounts, receivers) as d(id, receiver)
    join account a on a.id = d.id
    join users new on new.id = d.receiver
    left join users old on old.id = a.collector_id;

  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select a.agency_id, a.id, kernel_now(), who.user_id, 'status', 'new → assigned'
    from account a
   where a.id = any (accounts) and a.status = 'new';

  update account a
     set collector_id = d.receiver, status = case a.status when 'new' then 'assigned' else a.status end
    from unnest(accounts, receivers) as d(id, receiver)
   where a.id = d.id
$$;

-- Gives 1..n accounts to one person, all or none, and no more of them than that person works at most. Holds the person,
-- then locks the accounts by id.
create or replace function account_assign(numbers text[], login text) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  receiver int;
  moving bigint[];
  missing text;
begin
  perform only_who_may(who, 'account.assign');
  perform act_begin('account.assign');
  receiver := assignable_user(login, who.agency_id);
  perform people_hold(array[receiver]);
  receiver := assignable_user(login, who.agency_id);
  perform
     from account a
     join account_balance b on b.account_id = a.id
    where a.agency_id = who.agency_id and a.number = any (numbers)
    order by a.id
      for no key update of b;
  select string_agg(n, ', ' order by n)
    into missing
    from (select distinct unnest(numbers) as n) x
   where not exists (select from account a where a.agency_id = who.agency_id and a.number = n);
  if missing is not null then
    perform fail('DF404', 'account', format('there is no account %s: nothing was assigned', missing));
  end if;
  moving := array(
    select a.id
      from account a
     where a.agency_id = who.agency_id
       and a.number = any (numbers)
       and (a.collector_id is distinct from receiver or a.status = 'new'));
  perform caseload_check(who.agency_id, receiver, (
    select count(*)
      from account a
     where a.id = any (moving) and a.collector_id is distinct from receiver and is_work(a.status)));
  perform account_hand_over(moving, array_fill(receiver, array[cardinality(moving)]), who);
  return (select count(distinct n) from unnest(numbers) n);
end $$;

select operators_may('execute on function account_assign');
