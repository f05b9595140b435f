-- What an error report for a client takes of the file as it was sent: its first bytes, with the header line.
set role debtflow_kernel;

create or replace function import_file_head(batch bigint, most int) returns bytea
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk();
begin
  return (select substring(coalesce(f.bytes, c.bytes) for least(most, 1048576))
            from import_batch b
            join file f on f.id = b.file_id
            left join file_chunk c on c.file_id = f.id and c.seq = 0
           where b.id = batch and b.agency_id = who.agency_id);
end $$;

select operators_may('execute on function import_file_head');
