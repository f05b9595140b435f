-- What lies in a client's folder, compared with what lay there the last time. A file stands still when its size and its
-- time are what they were at an earlier look, and that look is long enough ago.
set role debtflow_kernel;

-- Files that were being staged when somebody died: what became a batch is staged, the rest is to be staged again. Only
-- whoever holds the client's claim asks; but the last act of a dead worker may still be on its way to its commit, and
-- then nobody can say yet what becomes of it: such a file stays as it is until the next look.
create or replace function pull_settle(client int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  over constant bigint[] := array(
    select p.id
      from pull_file p
     where p.client_id = pull_settle.client
       and p.state = 'staging'
       and pg_try_advisory_xact_lock(4627310, import_stage_key(p.agency_id, p.sha256)));
begin
  with outcome as (
    select p.id, (select b.id
                    from import_batch b
                    join file f on f.id = b.file_id
                   where b.client_id = p.client_id and f.agency_id = p.agency_id and f.sha256 = p.sha256
                     and b.staged_at >= p.since
                   order by b.id desc
                   limit 1) as batch
      from pull_file p
     where p.id = any (over)
  )
  update pull_file p
     set state = case when o.batch is null then 'fetched' else 'staged' end, batch_id = o.batch, since = kernel_now()
    from outcome o
   where p.id = o.id;
end $$;

-- Open files whose place is empty, or taken by another file: they end as what they have come to. Where the place is
-- empty, the move that was under way was the last that was done with it, and the file is where that led.
create or replace function pull_ended(listed jsonb, client int) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with now_there as (
    select * from jsonb_to_recordset(listed) as x(name text, size bigint, modified_at timestamptz)
  ), over as (
    select p.id, n.name is null as moved
      from pull_file p
      left join now_there n on n.name = p.name
     where p.client_id = pull_ended.client
       and p.finished_at is null
       and p.state <> 'staging'
       and (n.name is null
            or (p.state in ('staged', 'refused') and (n.size, n.modified_at) <> (p.size, p.modified_at)))
  )
  update pull_file p
     set state = case p.state when 'staged' then 'taken' when 'refused' then 'quarantined' else 'gone' end,
         since = kernel_now(), finished_at = kernel_now(), trouble = null,
         moved_to = case when o.moved then p.moved_to end
    from over o
   where p.id = o.id
$$;

create or replace function pull_compared(listed jsonb, agency int, client int) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into pull_file as p (agency_id, client_id, name, size, modified_at, first_seen_at, still_since, since)
  select agency, pull_compared.client, n.name, n.size, n.modified_at, kernel_now(), kernel_now(), kernel_now()
    from jsonb_to_recordset(listed) as n(name text, size bigint, modified_at timestamptz)
  on conflict (client_id, name) where finished_at is null do update
     set size = excluded.size, modified_at = excluded.modified_at, still_since = excluded.still_since,
         state = 'waiting', since = excluded.since, sha256 = null, trouble = null, tries = 0
   where (p.size, p.modified_at) <> (excluded.size, excluded.modified_at) and p.state <> 'staging'
$$;

-- The open files of a client after a look at `listed` ([{name, size, modified_at}], each name once): `ready` are those
-- that stand still and that nobody may still be staging.
create or replace function pull_look(client text, listed jsonb, still_for interval) returns table (
  id bigint,
  name text,
  size bigint,
  modified_at timestamptz,
  state text,
  sha256 text,
  ready boolean,
  rule text,
  reason text,
  hint text
)
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := pull_clerk();
  home constant int := pull_client_id(who, client);
begin
  perform act_begin('pull.look');
  perform pull_settle(home);
  perform pull_ended(listed, home);
  perform pull_compared(listed, who.agency_id, home);
  return query
  select p.id, p.name::text, p.size, p.modified_at, p.state, encode(p.sha256, 'hex'),
         p.state not in ('waiting', 'staging')
         or p.state = 'waiting' and p.still_since + still_for <= kernel_now() and p.still_since < kernel_now(),
         p.rule, p.reason, p.hint
    from pull_file p
   where p.client_id = home and p.finished_at is null
   order by p.modified_at, p.name;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function pull_look')) x(f);
