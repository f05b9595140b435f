-- The status machine, and the flags that go with it. Whoever moves an account, by whatever function, moves it along
-- `status_move`; what the kernel alone decides (paid in full, reopened by a reversal, assigned) is decided inside the
-- acts named here.
set role debtflow_owner;

create or replace function account_status_guard() returns trigger
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  kernel_acts constant text[] := array[
    'payment.post', 'payment.reverse', 'payment.batch', 'payment.spread', 'payment.refund', 'charge.settle',
    'charge.dispute', 'adjustment.post', 'adjustment.reverse', 'write_off.post', 'interest.accrue',
    'settlement.complete', 'settlement.expire', 'account.assign', 'account.give', 'account.rebalance',
    'user.hand_over', 'import.release', 'import.undo'];
  move status_move;
  by_kernel boolean;
begin
  select * into move from status_move m where m.from_status = old.status and m.to_status = new.status;
  if not found then
    perform fail('DF422', 'status_move', format('an account that is %s does not become %s', old.status, new.status));
  end if;
  if new.status = 'closed' and new.closed_reason is null then
    perform fail('DF422', 'closing_reason', 'an account is closed for a reason',
                 (select string_agg(name, ', ') from closing_reason where made_by = 'person'));
  end if;
  by_kernel := move.made_by = 'kernel'
               or exists (select
                            from closing_reason r
                           where new.status = 'closed' and r.name = new.closed_reason and r.made_by = 'kernel');
  if by_kernel
     and not (current_user = 'debtflow_kernel'
              and (current_setting('debtflow.act', true) = any (kernel_acts)
                   or current_setting('debtflow.act', true) like 'plan.%')) then
    perform fail('DF422', 'status_move', format('%s → %s is not made by hand', old.status, new.status),
                 'post or reverse a payment, or assign the account');
  end if;
  return new;
end $$;

create trigger status_guard
  before update of status on account
  for each row when (old.status is distinct from new.status) execute function account_status_guard();

-- The collector stands on the balance and on every search key as well, so that each has one policy and one index.
create or replace function account_collector_follow() returns trigger
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  -- Not a join: the planner takes both for tiny, and would pair each of a thousand with each.
  if exists (select id, collector_id from new_rows except select id, collector_id from old_rows) then
    update account_balance b
       set collector_id = n.collector_id
      from new_rows n
     where b.account_id = n.id and b.collector_id is distinct from n.collector_id;
    update search_key s
       set collector_id = n.collector_id
      from new_rows n
     where s.account_id = n.id and s.collector_id is distinct from n.collector_id;
  end if;
  return null;
end $$;

create trigger collector_follow
  after update on account referencing old table as old_rows new table as new_rows
  for each statement execute function account_collector_follow();

set role debtflow_kernel;

-- The moves a person could make from here. A dispute that ends goes back to `new` only while nobody works the account.
create or replace function account_moves(a account)
  returns table (to_status text, needs_reason boolean, reasons text[])
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select m.to_status, m.needs_reason,
         case m.to_status
           when 'closed' then array(select r.name from closing_reason r where r.made_by = 'person' order by r.name)
           else '{}'
         end
    from status_move m
   where m.from_status = a.status
     and m.made_by = 'person'
     and (select may(me(), 'account.status'))
     and (m.to_status in ('disputed', 'closed') or (m.to_status = 'new') = (a.collector_id is null))
   order by array_position(
     array['new', 'assigned', 'in_contact', 'negotiating', 'payment_plan', 'disputed', 'closed'], m.to_status)
$$;

-- Refuses a move that is none, or that lacks its reason.
create or replace function account_move_check(a account, wanted text, reason text) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  move record;
begin
  select * into move from account_moves(a) m where m.to_status = wanted;
  if not found then
    perform fail('DF422', 'status_move', format('an account that is %s does not become %s', a.status, wanted),
                 coalesce('it can become ' || (select string_agg(m.to_status, ', ') from account_moves(a) m),
                          'only a reversal opens it again'));
  elsif move.needs_reason and coalesce(reason, '') = '' then
    perform fail('DF400', 'reason', format('%s → %s needs a reason', a.status, wanted),
                 coalesce(nullif(array_to_string(move.reasons, ', '), ''), 'say why in a few words'),
                 '{"field": "reason"}');
  elsif wanted = 'closed' and reason <> all (move.reasons) then
    perform fail('DF400', 'reason', format('%s is no reason to close an account', reason),
                 array_to_string(move.reasons, ', '), '{"field": "reason"}');
  end if;
end $$;

-- Writes one step and what belongs to it: the status disputed and an open dispute flag come and go together.
create or replace function account_step(a account, wanted text, said text) returns bigint
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update account x
     set status = wanted,
         status_before = case when wanted in ('disputed', 'closed') then a.status end,
         closed_reason = case when wanted = 'closed' then split_part(said, ':', 1) end
   where x.id = a.id;
  if wanted = 'disputed' then
    insert into account_flag (agency_id, account_id, kind, note, raised_at, raised_by)
    values (a.agency_id, a.id, 'dispute', left(said, 400), kernel_now(), (me()).user_id)
    on conflict do nothing;
  elsif a.status = 'disputed' then
    update account_flag g
       set lifted_at = kernel_now(), lifted_by = (me()).user_id
     where g.account_id = a.id and g.kind = 'dispute' and g.lifted_at is null;
  end if;
  perform activity_add(a, 'status', concat_ws(': ', a.status || ' → ' || wanted, nullif(said, '')));
  return account_moved(a.id);
end $$;

-- Moves the status of an account that was looked at as `seen`. Gives the new version.
create or replace function account_status(number text, wanted text, seen bigint, reason text, said text) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'account.status', case wanted when 'closed' then reason end);
  now_at constant bigint := (select b.version from account_balance b where b.account_id = a.id);
begin
  if seen is distinct from now_at then
    perform fail('DF409', 'version',
                 format('account %s has changed since you looked (version %s, now %s)', number, seen, now_at),
                 'look again, then repeat');
  end if;
  perform account_move_check(a, wanted, reason);
  return account_step(a, wanted, concat_ws(': ', nullif(reason, ''), nullif(said, '')));
end $$;

select operators_may('execute on function account_status');
