-- Accounting periods: a month that is closed takes postings from those who oversee the agency only, under their true
-- date. Whoever posts holds the period's lock shared; whoever closes a month holds it alone.
set role debtflow_owner;

select operators_read('closed_period'), kernel_works('closed_period', 'agency_id = (select (me()).agency_id)');
select operators_may('select on closed_period');

set role debtflow_kernel;

create or replace function period_shared(agency int) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select pg_advisory_xact_lock_shared(4627100, agency);
  select statement_is_fresh()
$$;

create or replace function period_closed(agency int, on_day date) returns boolean
  language sql stable
as $$
  select exists (select
                   from closed_period c
                  where c.agency_id = agency and c.month = date_trunc('month', on_day)::date)
$$;

-- For acts that post under another day than today: refuses a closed month to those who may not post into one.
create or replace function period_check(who identity, on_day date) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if period_closed(who.agency_id, on_day) and not may(who, 'payment.late') then
    perform fail('DF422', 'period_closed', format('%s is in a month that is closed', on_day),
                 'post it under a later day, or '
                 || roles_in_words(roles_that_may(who.agency_id, 'payment.late')),
                 jsonb_build_object('who_may', (roles_that_may(who.agency_id, 'payment.late'))[1]));
  end if;
end $$;
