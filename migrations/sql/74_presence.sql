-- Who else has an account open: a heartbeat every 30 seconds, forgotten after one and a half. It blocks nothing and is no part of the audit trail.
set role debtflow_kernel;

create or replace function account_look(number text) returns table (login text, since timestamptz) language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  who constant identity := me();
  seen constant account := account_seen(number);
  alive constant timestamptz := kernel_now() - interval '45 seconds';
begin
  insert into account_viewer as v (account_id, user_id, session_id, since, seen_at) values (seen.id, who.user_id, who.session_id, kernel_now(), kernel_now())
  on conflict (account_id, session_id) do update set seen_at = excluded.seen_at, since = case when v.seen_at < alive then excluded.since else v.since end;
  return query
  select u.login, min(v.since) from account_viewer v join users u on u.id = v.user_id
   where v.account_id = seen.id and v.user_id <> who.user_id and v.seen_at >= alive group by u.login order by 2, 1;
end $$;

create or replace function account_leave(number text) returns void language sql volatile security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  delete from account_viewer v where v.account_id = (account_seen(number)).id and v.session_id = (me()).session_id $$;
