-- Fetched files that nobody has to look at: where a batch is what was agreed with its client, its release begins here
-- and import_release_chunk goes on with it. Decided once for each file; what was agreed and what was found is kept.
set role debtflow_kernel;

-- A worker has to do with what a worker of its agency staged, whichever of them; a person with all of it.
create or replace function pull_is_theirs(who identity, staged_by int) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select who.role <> 'worker' or exists (select from user_roles r where r.user_id = staged_by and r.role = 'worker')
$$;

create or replace function pull_released(batch bigint, who identity) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select exists (
    select
      from pull_file p
      join import_batch b on b.id = p.batch_id
     where p.batch_id = batch and p.agency_id = who.agency_id and p.verdict = 'released'
       and pull_is_theirs(who, b.staged_by))
$$;

-- Files whose batch nobody has decided on, and those whose release was begun here and never ended.
create or replace function pull_undecided(client text) returns table (file bigint, name text, batch bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := pull_clerk();
  home constant int := pull_client_id(who, client);
begin
  return query
  select p.id, p.name::text, p.batch_id
    from pull_file p
    join import_batch b on b.id = p.batch_id
   where p.client_id = home
     and (p.verdict is null and p.state in ('staged', 'taken') or p.verdict = 'released' and b.state = 'releasing')
     and pull_is_theirs(who, b.staged_by)
   order by p.id;
end $$;

-- Why nobody but a person may release the batch. Where somebody has changed rows it is theirs to go on with: whether
-- they may release it alone is not for a worker to get round.
create or replace function pull_doubts(b import_batch, policy jsonb) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(d))), '[]')
    from (select 'batch-state' as condition, null as agreed, null as found,
                 format('batch %s was %s by then', b.id, replace(b.state, '_', ' ')) as message
           where b.state <> 'in_review'
          union all
          select 'no-policy', null, null, 'nothing is agreed with this client: [release.CLIENT] in the configuration'
           where policy is null
          union all
          select 'release-right', null, null, 'who fetched it does not release imports'
           where (me()).role <> 'worker' and not may(me(), 'import.release')
          union all
          select 'changed-by-hand', null, null, 'somebody has changed its rows and goes on with it'
           where exists (select from import_change c where c.batch_id = b.id)
          union all
          select 'client-collectors', null, null, 'nobody is there to work what this client places'
           where b.kind = 'placements' and client_collectors(b.client_id) is null
          union all
          select u.condition, u.agreed, u.found, null from import_unmet(b, policy) u) d
$$;

-- Begins the release; gives what refused it, as a doubt.
create or replace function pull_release_begin(b import_batch) returns jsonb
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  rule text;
  said text;
begin
  perform act_begin('import.release', 'policy');
  perform import_release_begin(b, true, null);
  return '[]';
exception when sqlstate 'DF422' then
  get stacked diagnostics rule = constraint_name, said = message_text;
  return jsonb_build_array(jsonb_build_object('condition', rule, 'message', said));
end $$;

-- Whether the batch of a fetched file is released or left for review, and why; what was decided stays. `policy` is as
-- import_unmet reads it, and null where nothing is agreed with the client.
create or replace function pull_decide(file bigint, policy jsonb) returns table (verdict text, why jsonb)
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := pull_clerk();
  p constant pull_file := pull_at(file, '{staged,taken}');
  b constant import_batch := import_lock(p.batch_id, who);
  doubts jsonb;
begin
  if not pull_is_theirs(who, b.staged_by) then
    perform fail('DF403', 'pull_release_role', 'a worker decides on what a worker has fetched',
                 'a supervisor releases it');
  elsif policy is not null and policy ->> 'max_error_rate' is null then
    perform fail('DF400', 'policy', 'how many rows may be in error is not said', '', '{"field": "policy"}');
  end if;
  if p.verdict is null then
    doubts := pull_doubts(b, policy);
    if doubts = '[]' then
      doubts := pull_release_begin(b);
    end if;
    perform act_begin(case doubts when '[]' then 'pull.release' else 'pull.leave' end);
  end if;
  return query
  update pull_file x
     set verdict = coalesce(x.verdict, case doubts when '[]' then 'released' else 'left' end),
         why = coalesce(x.why, doubts),
         policy = case when x.verdict is null then pull_decide.policy else x.policy end,
         decided_at = coalesce(x.decided_at, kernel_now()),
         trouble = null
   where x.id = p.id
  returning x.verdict, x.why;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function pull_undecided, pull_decide')) x(f);
