-- Four eyes, where an agency wants them: who has changed rows of a batch, or taken a difference to its control records
-- upon themselves, does not release it alone.
set role debtflow_owner;

grant update (import_four_eyes) on agency to debtflow_kernel;

set role debtflow_kernel;

create or replace function import_changed_by(batch bigint, who int) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select exists (
           select from import_change c
            where c.batch_id = batch and c.user_id = who
              and exists (select from import_change_step s where s.change_id = c.id))
         or exists (select from import_batch b where b.id = batch and b.control_accepted_by = who)
$$;

-- An approval is of the rows as they are: the next change takes it away. `seen` is the version of the batch that was
-- looked at, null for whatever it is by now.
create or replace function import_approve(batch bigint, seen int default null) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk('import.approve');
  b constant import_batch := import_review(batch);
begin
  if import_changed_by(b.id, who.user_id) then
    perform fail('DF422', 'four-eyes', format('you have changed batch %s yourself', b.id),
                 'somebody else approves it');
  elsif seen <> b.version then
    perform fail('DF409', 'batch-version', format('somebody has changed rows of batch %s meanwhile', b.id),
                 'look at the batch again');
  end if;
  perform act_begin('import.approve');
  update import_batch x set approved_by = who.user_id, approved_at = kernel_now() where x.id = b.id;
end $$;

create or replace function import_second_eyes(b import_batch) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if b.approved_by is null
     and (select a.import_four_eyes from agency a where a.id = b.agency_id)
     and import_changed_by(b.id, (me()).user_id) then
    perform fail('DF422', 'four-eyes',
                 format('you have changed batch %s: it takes somebody else to release it', b.id),
                 format('somebody else releases it, or approves it: p on the screen, debtflow import approve %s', b.id));
  end if;
end $$;

create or replace function import_four_eyes() returns boolean
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.import_four_eyes from agency a where a.id = (me()).agency_id
$$;

create or replace function import_four_eyes_set(wanted boolean) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'import.rules');
  perform act_begin('import.rules');
  update agency a set import_four_eyes = wanted where a.id = who.agency_id and a.import_four_eyes <> wanted;
end $$;

select operators_may('execute on function import_approve, import_four_eyes, import_four_eyes_set');
