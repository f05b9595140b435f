-- Charges as people see them, under their own rights.
set role debtflow_kernel;

create or replace function charge_rows(wanted uuid[]) returns table (
  id uuid,
  account text,
  debtor text,
  amount bigint,
  currency text,
  kind text,
  method text,
  brand text,
  last4 text,
  state text,
  reason text,
  late boolean,
  told bigint,
  told_currency text,
  url text,
  expires_at timestamptz,
  payment_id bigint,
  started_at timestamptz,
  settled_at timestamptz,
  login text,
  next_ask_at timestamptz,
  version int
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.id, a.number, a.debtor_name, c.amount, c.currency::text, c.kind, c.method, m.brand, m.last4, c.state,
         c.reason, c.late, c.told, c.told_currency, c.url, c.expires_at, c.payment_id, c.started_at, c.settled_at,
         u.login,
         c.next_ask_at, c.version
    from charge c
    join account a on a.id = c.account_id
    left join saved_method m on m.id = c.saved_method_id
    left join users u on u.id = c.user_id
   where c.id = any (wanted)
   order by c.started_at desc, c.id
$$;

create or replace function charge_show(wanted uuid) returns setof jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select to_jsonb(r) from charge_rows(array[wanted]) r where (me()).session_id is not null
$$;

create or replace function charges_of(number text) returns setof jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select to_jsonb(r)
    from charge_rows(array(select c.id from charge c where c.account_id = (select (account_seen(number)).id))) r
$$;

-- What is not decided yet, and what a person has to look at; the newest first.
create or replace function charges_waiting(size int) returns setof jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select to_jsonb(r)
    from charge_rows(array(select c.id
                             from charge c
                            where c.agency_id = (select (me()).agency_id)
                              and (charge_is_open(c.state) or c.reason in ('mismatch', 'taken_twice', 'contradicted'))
                              and exists (select from account a where a.id = c.account_id)
                            order by c.started_at desc
                            limit least(size, 1000))) r
$$;

-- The account's charge by what a provider calls its payment or its link.
create or replace function charge_named(provider_name text) returns uuid
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.id
    from charge c
    join account a on a.id = c.account_id
   where c.agency_id = (select (me()).agency_id) and (c.provider_id = provider_name or c.link_id = provider_name)
$$;

-- Links whose time is up, for the provider to end.
create or replace function links_overdue(size int) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.id
    from charge c
    join account a on a.id = c.account_id
   where c.agency_id = (select (me()).agency_id)
     and c.next_ask_at is not null
     and c.kind = 'link'
     and c.state = 'pending'
     and c.link_id is not null
     and c.expires_at <= kernel_now()
   order by c.expires_at
   limit size
$$;

select operators_may(f), worker_may(f)
  from (values ('execute on function charge_show, charges_of, charges_waiting, charge_named, links_overdue')) x(f);
