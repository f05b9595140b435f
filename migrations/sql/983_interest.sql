-- Simple daily interest on principal, actual/365 fixed (ISDA 2006 Definitions, section 4.16 (d)): each day costs
-- principal × rate / 365, on the principal at the end of that day by effective date, a leap year's 366th day too. It is
-- always the whole from the first day that is rounded, half up and once, and what was posted before is taken off: so
-- cents neither gather nor go missing, and a payment that is entered late puts right what it comes too late for.
set role debtflow_owner;

select kernel_works('interest_off'),
       kernel_works('interest_run', 'agency_id = (select (me()).agency_id)');
select office_reads('interest_pause'),
       collectors_read('interest_pause', 'exists (select from account a where a.id = account_id)'),
       kernel_works('interest_pause', 'agency_id = (select (me()).agency_id)');
select audit_table('interest_pause', 'account', 'account_id', '', 'note', 'id,agency_id,account_id');
select operators_may('select on interest_pause');
grant insert on interest_off, interest_pause, interest_run to debtflow_kernel;
grant update (to_on) on interest_off to debtflow_kernel;
grant update (to_on, resumed_by) on interest_pause to debtflow_kernel;
grant update (after_account, accounts, posted, done_at) on interest_run to debtflow_kernel;

create or replace function interest_runs_in(status text) returns boolean
  language sql immutable parallel safe
as $$
  select status not in ('disputed', 'settled', 'closed')
$$;
grant execute on function interest_runs_in to debtflow_kernel;

-- Keeps the days on which an account's status stops its interest; what moved the status is audited there.
create or replace function account_interest_follow() returns trigger
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if interest_runs_in(new.status) then
    update interest_off o
       set to_on = greatest(o.from_on, agency_today(new.agency_id))
     where o.account_id = new.id and o.to_on is null;
  else
    insert into interest_off (agency_id, account_id, from_on)
    values (new.agency_id, new.id, agency_today(new.agency_id))
    on conflict (account_id) where to_on is null do nothing;
  end if;
  return null;
end $$;

create trigger interest_follow
  after update of status on account
  for each row when (interest_runs_in(old.status) <> interest_runs_in(new.status))
  execute function account_interest_follow();

set role debtflow_kernel;

-- Whole minor units of interest in so many (minor unit × basis point × day), half up.
create or replace function interest_rounded(basis numeric) returns bigint
  language sql immutable parallel safe
as $$
  select div(basis + 1825000, 3650000)::bigint
$$;

-- For each account, what its interest is made of up to that day, the day itself not counted, and what was posted of it.
create or replace function interest_basis(accounts bigint[], until date) returns table (
  account_id bigint,
  basis numeric,
  posted bigint
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as materialized (
    select l.account_id, t.effective_on, t.kind, s.sign * l.parts[1] as principal, s.sign * l.parts[2] as interest
      from leg l
      join transfer t on t.id = l.transfer_id
      cross join lateral (select case when l.debit % 16 = 2 then 1 else -1 end as sign) s
     where l.account_id = any (accounts) and l.parts is not null
  ),
  step as (
    select m.account_id, m.effective_on as since,
           lead(m.effective_on, 1, until) over w as next,
           sum(sum(m.principal)) over w as principal
      from moved m
     where m.effective_on < until
     group by m.account_id, m.effective_on
    window w as (partition by m.account_id order by m.effective_on)
  ),
  term as (
    select k.client_id, k.interest_bp,
           daterange(k.starts_on, lead(k.starts_on) over (partition by k.client_id order by k.starts_on)) as days
      from contract k
  ),
  stopped as (
    select x.account_id, range_agg(daterange(x.from_on, x.to_on)) as days
      from (select o.account_id, o.from_on, o.to_on from interest_off o where o.account_id = any (accounts)
            union all
            select p.account_id, p.from_on, p.to_on from interest_pause p where p.account_id = any (accounts)) x
     group by x.account_id
  ),
  earned as (
    select s.account_id, sum(s.principal * t.interest_bp * (upper(run.days) - lower(run.days))) as basis
      from step s
      join account a on a.id = s.account_id
      join term t on t.client_id = a.client_id and t.interest_bp > 0
      left join stopped o on o.account_id = s.account_id
      cross join lateral unnest(datemultirange(daterange(s.since, s.next) * t.days)
                                - coalesce(o.days, '{}'::datemultirange)) as run(days)
     where s.principal > 0
     group by s.account_id
  )
  select x.id, coalesce(e.basis, 0),
         coalesce((select sum(m.interest) from moved m where m.account_id = x.id and m.kind = 'interest'), 0)::bigint
    from unnest(accounts) x(id)
    left join earned e on e.account_id = x.id
$$;

-- What an account's interest stands at, and what would pay the debt off on a day that has not passed.
create or replace function interest_payoff(number text, on_day date) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := account_seen(number);
  today constant date := agency_today(a.agency_id);
  day constant date := coalesce(on_day, today);
begin
  if day < today then
    perform fail('DF400', 'on', format('%s has passed', day), 'name today or a day to come', '{"field": "on"}');
  elsif day > today + 3660 then
    perform fail('DF400', 'on', format('%s is more than ten years away', day), 'name an earlier day',
                 '{"field": "on"}');
  end if;
  return (
    select jsonb_build_object(
             'account', a.number, 'debtor', a.debtor_name, 'status', a.status, 'currency', a.currency, 'on', day,
             'due', b.due, 'held', b.held, 'version', b.version, 'posted', i.posted,
             'coming', greatest(interest_rounded(i.basis) - i.posted, -b.due[2]),
             'rate_bp', coalesce(k.interest_bp, 0), 'since', k.starts_on,
             'stopped', case when not interest_runs_in(a.status) then a.status when p.id is not null then 'paused' end,
             'note', p.note, 'paused_on', p.from_on)
      from account_balance b
      cross join lateral interest_basis(array[a.id], day) i
      left join interest_pause p on p.account_id = a.id and p.to_on is null
      left join lateral (select k.*
                           from contract k
                          where k.client_id = a.client_id and k.starts_on <= today
                          order by k.starts_on desc
                          limit 1) k on true
     where b.account_id = a.id);
end $$;

-- Stops an account's interest from today on, or lets it run again.
create or replace function interest_pause(number text, said text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := account_hold(number, 'interest.pause');
begin
  if exists (select from interest_pause p where p.account_id = a.id and p.to_on is null) then
    perform fail('DF422', 'interest_paused', format('the interest of account %s is paused already', number));
  end if;
  insert into interest_pause (agency_id, account_id, from_on, note, paused_by)
  values (a.agency_id, a.id, agency_today(a.agency_id), said, (me()).user_id);
  perform activity_add(a, 'note', 'interest paused: ' || said);
end $$;

create or replace function interest_resume(number text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := account_hold(number, 'interest.resume');
begin
  update interest_pause p
     set to_on = agency_today(a.agency_id), resumed_by = (me()).user_id
   where p.account_id = a.id and p.to_on is null;
  if not found then
    perform fail('DF404', 'interest_pause', format('the interest of account %s is not paused', number));
  end if;
  perform activity_add(a, 'note', 'interest runs again');
end $$;

select operators_may('execute on function interest_payoff, interest_pause, interest_resume');
