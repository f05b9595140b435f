-- Files fetched from clients' servers: who may, whose turn it is, and the lock that keeps two from fetching for one
-- client.
set role debtflow_owner;

select office_reads(t), kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['pull_client', 'pull_file']::regclass[]) t;
grant select on pull_client, pull_file to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
grant insert on pull_client, pull_file to debtflow_kernel;
grant update (looked_at, next_at, trouble, failures, looks) on pull_client to debtflow_kernel;
grant update (size, modified_at, still_since, state, since, sha256, batch_id, rule, reason, hint, moved_to, trouble,
              tries, finished_at, verdict, policy, why, decided_at) on pull_file to debtflow_kernel;
select audit_table('pull_file', 'client', 'client_id', '', '',
                   'id,agency_id,client_id,first_seen_at,still_since,since,trouble,tries,decided_at');

-- A worker stages what it fetched.
select worker_may('insert on import_intake');

set role debtflow_kernel;

-- A worker, or who may stage a file by hand.
create or replace function pull_clerk() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  if who.role <> 'worker' then
    perform only_who_may(who, 'import.fetch');
  end if;
  return who;
end $$;

create or replace function pull_client_id(who identity, client text) returns int
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found_id int;
begin
  select c.id
    into found_id
    from client c
   where c.agency_id = who.agency_id and c.code = pull_client_id.client;
  if found_id is null then
    perform fail('DF404', 'client', format('there is no client %s', left(client, 40)), 'debtflow client list');
  end if;
  return found_id;
end $$;

-- Held until the transaction ends: by the connection that fetches, and by nobody once that is gone. False where another
-- fetches for this client.
create or replace function pull_claim(client text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return pg_try_advisory_xact_lock(4627300, pull_client_id(pull_clerk(), client));
end $$;

-- Those of these clients that it is time to look at; codes of other agencies' clients are passed over.
create or replace function pull_due(clients text[]) returns setof text
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := pull_clerk();
begin
  return query
  select c.code::text
    from client c
    left join pull_client p on p.client_id = c.id
   where c.agency_id = who.agency_id and c.code = any (clients) and (p.next_at is null or p.next_at <= kernel_now())
   order by p.next_at nulls first, c.code;
end $$;

-- How a look went, and when the next one is due. A server that is not the one it was is a security event, once.
create or replace function pull_looked(
  client text,
  again interval,
  trouble text default null,
  rule text default null
) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := pull_clerk();
  home constant int := pull_client_id(who, client);
  said constant text := left(nullif(pull_looked.trouble, ''), 400);
begin
  if again is null or again not between interval '0' and interval '31 days' then
    perform fail('DF400', 'again', 'the next look is due within 31 days', '', '{"field": "again"}');
  elsif rule = 'sftp-host-key'
     and not exists (select from pull_client p where p.client_id = home and p.trouble = said) then
    perform security_note('sftp.host_key', rule, 'client', home);
  end if;
  insert into pull_client as p (client_id, agency_id, looked_at, next_at, trouble, failures)
  values (home, who.agency_id, kernel_now(), kernel_now() + again, said,
          (said is not null)::int)
  on conflict (client_id) do update
     set looked_at = excluded.looked_at,
         next_at = excluded.next_at,
         trouble = excluded.trouble,
         failures = case when excluded.trouble is null then 0 else p.failures + 1 end,
         looks = p.looks + 1;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function pull_claim, pull_due, pull_looked')) x(f);
