-- What the office lists: agencies, users, clients. An installer sees all of them, everybody else those of their agency.
-- CASE, because a planner that estimates `or` asks me() about an installer, who has no session.
set role debtflow_useradmin;

create or replace function agency_list() returns table (code text, name text, zone text, currency text)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.code, a.name, a.zone, a.currency::text
    from agency a
   where case when is_installer() then true else a.id = (me()).agency_id end
   order by a.code
$$;

create or replace function user_list() returns table (
  login text,
  full_name text,
  role text,
  agency text,
  created_at timestamptz,
  disabled_at timestamptz,
  locked_at timestamptz
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select u.login, u.full_name, r.role, a.code, u.created_at, u.disabled_at, u.locked_at
    from users u
    join user_roles r on r.user_id = u.id
    join agency a on a.id = u.agency_id
   where case when is_installer() then true else a.id = (me()).agency_id end
   order by a.code, u.login
$$;

create or replace function client_list() returns table (
  agency text,
  code text,
  name text,
  currency text,
  commission_bp int,
  bucket_order smallint[],
  since date,
  rule text,
  collectors text[],
  accounts bigint,
  spread_rule text,
  interest_bp int
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.code, c.code, c.name, b.currency::text, k.commission_bp, k.bucket_order, k.starts_on, c.assignment_rule,
         array(select u.login
                 from client_collector x
                 join users u on u.id = x.user_id
                where x.client_id = c.id
                order by x.position),
         client_accounts(c.id), k.spread_rule, k.interest_bp
    from client c
    join agency a on a.id = c.agency_id
    join book b on b.id = c.book_id
    cross join lateral (select k.*
                          from contract k
                         where k.client_id = c.id and k.starts_on <= agency_today(a.id)
                         order by k.starts_on desc
                         limit 1) k
   where case when is_installer() then true else a.id = (me()).agency_id end
   order by a.code, c.code
$$;
