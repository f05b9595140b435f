-- Flags on an account: cease and desist, attorney, bankrupt, deceased, dispute. A dispute is a status as well.
set role debtflow_kernel;

create or replace function account_flag_raise(number text, kind text, said text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'account.flag');
begin
  if exists (
    select
      from account_flag g
     where g.account_id = a.id and g.kind = account_flag_raise.kind and g.lifted_at is null
  ) then
    perform fail('DF422', 'flag_raised', format('account %s carries this flag already: %s', number, kind),
                 'lift it first to say something else');
  elsif kind = 'dispute' and a.status in ('closed', 'settled') then
    perform fail('DF422', 'account_closed', format('account %s is %s: it cannot be disputed', number, a.status));
  end if;
  insert into account_flag (agency_id, account_id, kind, note, raised_at, raised_by)
  values (a.agency_id, a.id, account_flag_raise.kind, said, kernel_now(), (me()).user_id);
  perform activity_add(a, 'flag', concat_ws(': ', kind || ' raised', nullif(said, '')));
  if kind = 'dispute' and a.status <> 'disputed' then
    perform account_step(a, 'disputed', said);
  end if;
end $$;

-- A dispute that ends gives back the status from before it, as far as there is one to go back to.
create or replace function account_flag_lift(number text, kind text, said text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_hold(number, 'account.flag_lift');
begin
  update account_flag g
     set lifted_at = kernel_now(), lifted_by = (me()).user_id
   where g.account_id = a.id and g.kind = account_flag_lift.kind and g.lifted_at is null;
  if not found then
    perform fail('DF404', 'flag', format('account %s does not carry this flag: %s', number, kind));
  end if;
  perform activity_add(a, 'flag', kind || ' lifted: ' || said);
  if kind = 'dispute' and a.status = 'disputed' then
    perform account_step(a, case
      when a.collector_id is null then 'new'
      when a.status_before in ('assigned', 'in_contact', 'negotiating', 'payment_plan') then a.status_before
      else 'assigned'
    end, said);
  end if;
end $$;

select operators_may('execute on function account_flag_raise, account_flag_lift');
