-- What a file says of itself in its control records: where it does not agree, nothing is released before somebody has
-- taken the difference upon themselves.
set role debtflow_kernel;

create or replace function import_control_agrees(b import_batch) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if jsonb_array_length(coalesce(b.control -> 'findings', '[]')) > 0 and b.control_accepted_by is null then
    perform fail('DF422', 'control-totals',
                 format('the file does not agree with its control record: %s',
                        b.control -> 'findings' -> 0 ->> 'message'),
                 format('ask the client, then reject the batch or take the difference: '
                        'debtflow import totals %s --accept --reason …', b.id),
                 jsonb_build_object('findings', b.control -> 'findings'));
  end if;
end $$;

create or replace function import_control_accept(batch bigint, reason text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk();
  b constant import_batch := import_review(batch);
begin
  if jsonb_array_length(coalesce(b.control -> 'findings', '[]')) = 0 then
    perform fail('DF422', 'control-agrees', format('batch %s has no difference to its control records', b.id),
                 'there is nothing to accept');
  end if;
  perform import_reason(reason, 'say why the difference is accepted');
  perform act_begin('import.accept_totals');
  update import_batch x
     set control_accepted_by = who.user_id, control_accepted_at = kernel_now(),
         control_reason = import_control_accept.reason, approved_by = null, approved_at = null
   where x.id = b.id;
end $$;

select operators_may('execute on function import_control_accept');
