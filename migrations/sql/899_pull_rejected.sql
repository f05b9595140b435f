-- Fetched files whose batch was rejected by a person: on the client's server they leave the folder of what was taken.
set role debtflow_kernel;

create or replace function pull_rejected(client text)
  returns table (file bigint, name text, size bigint, modified_at timestamptz, moved_to text, batch bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  home constant int := pull_client_id(pull_clerk(), client);
begin
  return query
  select p.id, p.name::text, p.size, p.modified_at, p.moved_to, p.batch_id
    from pull_file p
    join import_batch b on b.id = p.batch_id
   where p.client_id = home and p.state = 'taken' and b.state = 'rejected' and p.moved_to is not null
   order by p.id;
end $$;

-- Where it lies now; null where it was gone from the server. What was typed as the reason stays with the batch.
create or replace function pull_put_aside(file bigint, moved_to text) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  p constant pull_file := pull_at(file, '{taken}');
begin
  if not exists (select from import_batch b where b.id = p.batch_id and b.state = 'rejected') then
    perform fail('DF409', 'pull_state', format('the batch of file %s is not rejected', file));
  end if;
  perform act_begin('pull.put_aside');
  update pull_file x
     set state = 'quarantined', rule = 'batch-rejected',
         reason = format('batch %s was rejected%s', p.batch_id,
                         case when pull_put_aside.moved_to is null then '; its file was gone by then' else '' end),
         moved_to = coalesce(pull_put_aside.moved_to, x.moved_to), since = kernel_now(), trouble = null
   where x.id = p.id;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function pull_rejected, pull_put_aside')) x(f);
