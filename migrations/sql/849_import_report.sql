-- What an error report for a client takes of the file as it was sent: its first bytes, with the header line. They are the
-- client's own, cards and all: whoever reads them is noted.
set role debtflow_kernel;

create or replace function import_file_head(batch bigint, most int) returns bytea
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk();
  wanted constant int := least(greatest(coalesce(most, 0), 0), 1048576);
  kept bigint;
begin
  select b.file_id into kept from import_batch b where b.id = batch and b.agency_id = who.agency_id;
  if not found then
    perform fail('DF404', 'batch', format('there is no import batch %s', batch), 'debtflow import list');
  end if;
  perform security_note('file.read', null, 'batch', batch, jsonb_build_object('from', 0, 'bytes', wanted));
  return (select substring(coalesce(f.bytes, c.bytes) for wanted)
            from file f
            left join file_chunk c on c.file_id = f.id and c.seq = 0
           where f.id = kept);
end $$;

select operators_may('execute on function import_file_head');
