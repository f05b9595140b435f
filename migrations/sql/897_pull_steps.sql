-- A file's way from the client's server to a batch, a step at a time; each is written down before the next begins, so
-- that whoever comes after a death knows where to go on.
--   waiting → fetched → staging → staged → taken        (refused on the way: → refused → quarantined)
set role debtflow_kernel;

create or replace function pull_at(file bigint, states text[]) returns pull_file
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := pull_clerk();
  p pull_file;
begin
  select * into p from pull_file x where x.id = file and x.agency_id = who.agency_id for no key update;
  if not found then
    perform fail('DF404', 'pull_file', format('there is no fetched file %s', file), 'debtflow sftp files');
  end if;
  if p.state <> all (states) then
    perform fail('DF409', 'pull_state', format('file %s is %s by now', file, p.state), 'somebody else went on with it');
  end if;
  return p;
end $$;

-- Here, whole, and hashed.
create or replace function pull_fetched(file bigint, digest bytea) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{waiting,fetched}');
begin
  perform act_begin('pull.fetch');
  update pull_file x
     set state = 'fetched', sha256 = digest, since = kernel_now(), trouble = null
   where x.id = p.id;
end $$;

create or replace function pull_staging(file bigint) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{fetched}');
begin
  perform act_begin('pull.stage');
  update pull_file x set state = 'staging', since = kernel_now() where x.id = p.id;
end $$;

-- The file that was staged is the one that was fetched: its hash says so.
create or replace function pull_staged(file bigint, batch bigint) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{staging}');
begin
  perform act_begin('pull.stage');
  update pull_file x
     set state = 'staged', batch_id = b.id, since = kernel_now(), trouble = null
    from import_batch b
    join file f on f.id = b.file_id
   where x.id = p.id and b.id = batch and b.client_id = p.client_id and f.sha256 = p.sha256;
  if not found then
    perform fail('DF422', 'pull_batch', format('batch %s was not made from file %s', batch, file));
  end if;
end $$;

create or replace function pull_refused(file bigint, rule text, reason text, hint text default null) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{waiting,fetched,staging}');
begin
  perform act_begin('pull.refuse');
  update pull_file x
     set state = 'refused', rule = left(nullif(pull_refused.rule, ''), 60), reason = left(pull_refused.reason, 400),
         hint = left(nullif(pull_refused.hint, ''), 400), since = kernel_now(), trouble = null
   where x.id = p.id;
end $$;

-- Where it is about to be moved: written down first, so that after a death between the move and its word the file is
-- not lost sight of.
create or replace function pull_moving(file bigint, moved_to text) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{staged,refused}');
begin
  perform act_begin('pull.move');
  update pull_file x set moved_to = pull_moving.moved_to where x.id = p.id;
end $$;

-- Out of the folder: archived, or in quarantine.
create or replace function pull_moved(file bigint, moved_to text) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{staged,refused}');
begin
  perform act_begin('pull.move');
  update pull_file x
     set state = case p.state when 'staged' then 'taken' else 'quarantined' end, moved_to = pull_moved.moved_to,
         since = kernel_now(), finished_at = kernel_now(), trouble = null
   where x.id = p.id;
end $$;

-- What kept a step from being done, the release too; it is tried again at the next look. Whether one that was being
-- staged became a batch is found out then.
create or replace function pull_troubled(file bigint, trouble text) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{waiting,fetched,staging,staged,refused,taken}');
begin
  perform act_begin('pull.trouble');
  update pull_file x
     set trouble = left(nullif(pull_troubled.trouble, ''), 400), tries = x.tries + 1
   where x.id = p.id;
end $$;

select operators_may(f), worker_may(f)
  from (values ('execute on function pull_fetched, pull_staging, pull_staged, pull_refused, pull_moving, pull_moved,'
               ' pull_troubled'))
       x(f);
