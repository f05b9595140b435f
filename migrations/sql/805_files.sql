-- Files as they were sent: addressed by their content, in chunks of a mebibyte here or in pieces in a bucket, readable
-- for those who review imports.
set role debtflow_owner;

select kernel_works('file_chunk', 'agency_id = (select (me()).agency_id)');
-- A chunk stays as long as its file is kept: only what a redacted copy has taken the place of may go.
create or replace function file_chunk_stays() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if exists (select from file f where f.id = old.file_id and f.place <> 'redacted') then
    raise exception using
      errcode = 'DF423', constraint = 'append_only', message = 'file_chunk is append-only',
      hint = 'forget the person that is in it: debtflow pii forget';
  end if;
  return old;
end $$;
create trigger append_only before delete on file_chunk for each row execute function file_chunk_stays();
create trigger append_only_rows before update or truncate on file_chunk
  for each statement execute function refuse_change();
alter table file_chunk enable always trigger append_only, enable always trigger append_only_rows;
grant select, insert on file_chunk to debtflow_kernel;

-- A file is whole when the transaction that brings it ends, or that transaction does not end: nobody leaves half a file
-- behind under another one's address. Hashing needs the file in memory, so of a large one only the size is compared
-- here; whoever reads it compares its hash.
create or replace function file_is_whole() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found record;
begin
  if new.place <> 'chunks' then
    return null; -- of pieces elsewhere only the hashes are here: whoever reads one compares it
  end if;
  select coalesce(sum(length(c.bytes)), 0) as size, count(*) as chunks,
         count(*) filter (where c.seq < x.last and length(c.bytes) < 1048576) as short, coalesce(max(x.last), -1) as last
    into found
    from file_chunk c
   cross join (select max(l.seq) as last from file_chunk l where l.file_id = new.id) x
   where c.file_id = new.id;
  if found.size <> new.size or found.short > 0 or found.chunks <> found.last + 1
     or (new.size <= 67108864 and new.sha256 <> (select sha256(coalesce(string_agg(c.bytes, '' order by c.seq), ''))
                                                   from file_chunk c where c.file_id = new.id)) then
    perform fail('DF422', 'file-whole', 'the bytes that were sent are not those of the file', 'send the file again');
  end if;
  return null;
end $$;

create constraint trigger is_whole after insert on file deferrable initially deferred
  for each row execute function file_is_whole();

set role debtflow_kernel;

-- The file's row, new or from before; `wanted` where its bytes are to be sent, in this transaction.
create or replace function file_keep(digest bytea, size bigint) returns table (file bigint, wanted boolean)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_stager();
  made bigint;
begin
  perform act_begin('import.stage');
  insert into file (agency_id, sha256, size, place, stored_at)
  values (who.agency_id, digest, file_keep.size, 'chunks', kernel_now())
  on conflict (agency_id, sha256) do nothing
  returning id into made;
  perform import_refuse_known(who.agency_id, digest);
  return query
  select f.id, made is not null from file f where f.agency_id = who.agency_id and f.sha256 = digest;
end $$;

create or replace function file_part(file bigint, from_byte bigint, most int) returns bytea
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(
           substring(string_agg(c.bytes, '' order by c.seq) from (from_byte % 1048576)::int + 1 for most), '')
    from file_chunk c
   where c.file_id = file_part.file and c.seq between from_byte / 1048576 and (from_byte + most - 1) / 1048576
$$;

-- Where a file with this content lies, should one be here, and under what name the agency has a folder in a bucket.
create or replace function file_place(digest bytea)
  returns table (agency text, place text, bucket text, key text, pieces bytea[])
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_stager();
begin
  return query
  select a.code::text, f.place, f.bucket, f.key, f.pieces
    from agency a
    left join file f on f.agency_id = a.id and f.sha256 = digest
   where a.id = who.agency_id;
end $$;

-- The file's row for bytes that lie in a bucket already, every piece under the hash that is given; a row from before
-- stays as it is, wherever its bytes are.
create or replace function file_keep_outside(digest bytea, size bigint, bucket text, key text, pieces bytea[])
  returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_stager();
begin
  perform act_begin('import.stage');
  insert into file (agency_id, sha256, size, place, bucket, key, pieces, stored_at)
  values (who.agency_id, digest, file_keep_outside.size, 'bucket', file_keep_outside.bucket, file_keep_outside.key,
          file_keep_outside.pieces, kernel_now())
  on conflict (agency_id, sha256) do nothing;
  perform import_refuse_known(who.agency_id, digest);
  return (select f.id from file f where f.agency_id = who.agency_id and f.sha256 = digest);
end $$;

-- One chunk more of a file that this transaction brings; all but the last are a mebibyte.
create or replace function file_chunk_keep(file bigint, seq int, bytes bytea) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_stager();
begin
  perform act_begin('import.stage');
  if not exists (select from file f
                  where f.id = file_chunk_keep.file and f.agency_id = who.agency_id and f.place = 'chunks'
                    and f.xmin = pg_current_xact_id()::xid) then
    perform fail('DF422', 'file-whole', 'this file is not being sent', 'send the file again');
  end if;
  insert into file_chunk (file_id, seq, agency_id, bytes) values (file, seq, who.agency_id, file_chunk_keep.bytes);
end $$;

-- Some bytes of a file: themselves, or the bucket where they lie with the hashes of the pieces that hold them, 4 MiB
-- each.
create or replace function file_bytes(file bigint, from_byte bigint, most int)
  returns table (bytes bytea, bucket text, key text, size bigint, pieces bytea[])
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  piece constant bigint := 4194304;
begin
  if coalesce(from_byte, -1) not between 0 and 1099511627776 or coalesce(most, 0) not between 1 and 16777216 then
    perform fail('DF400', 'bytes', 'a reading takes 1 to 16777216 bytes from 0 to 1099511627776 on');
  end if;
  return query
  select case x.place
           when 'row' then substring(x.bytes from least(from_byte, 1073741824)::int + 1 for most)
           when 'chunks' then file_part(x.id, from_byte, most)
         end,
         x.bucket, x.key, x.size, x.pieces[from_byte / piece + 1 : (from_byte + most - 1) / piece + 1]
    from file x
   where x.id = file_bytes.file;
end $$;

-- The same of a batch's file as it was sent, or of the redacted copy that stands for it, and the hash of which it is.
-- Whoever reads them is noted first: no row means that it is noted now, and to ask again.
create or replace function import_file_read(batch bigint, from_byte bigint, most int)
  returns table (bytes bytea, bucket text, key text, size bigint, pieces bytea[], sha256 bytea)
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk('import.raw');
  f record;
begin
  select c.id, c.sha256
    into f
    from import_batch b
    join file x on x.id = b.file_id
    join file c on c.id = coalesce(x.redacted_as, x.id)
   where b.id = batch and b.agency_id = who.agency_id;
  if not found then
    perform fail('DF404', 'batch', format('there is no import batch %s', batch), 'debtflow import list');
  end if;
  return query
  select b.*, f.sha256 from file_bytes(f.id, from_byte, most) b where noted('file.read', 'batch', batch);
end $$;

select operators_may('execute on function file_keep, file_chunk_keep, file_place, file_keep_outside, import_file_read');
select worker_may('execute on function file_keep, file_chunk_keep, file_place, file_keep_outside');
