-- Redacted copies: whoever forgets reads each file that holds rows of theirs, sends it again without those rows, and in
-- the same transaction the copy takes the place of the bytes. The hash of what was sent stays.
set role debtflow_owner;

grant update (place, redacted_as, bytes, bucket, key, pieces) on file to debtflow_kernel;
grant delete on file_chunk to debtflow_kernel;
select operators_may('select (redacted_as) on file');

set role debtflow_kernel;

-- The files to be redacted, each with the batches that read it: how, and on which lines rows of theirs begin.
create or replace function pii_files(number text)
  returns table (file bigint, size bigint, sha256 bytea, batch bigint, reading jsonb, lines int[])
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.forget');
begin
  return query
  select f.id, f.size, f.sha256, b.id, b.reading, array_agg(distinct r.line order by r.line)
    from pii_rows(pii_debtors(a)) r
    join import_batch b on b.id = r.batch_id
    join file f on f.id = r.file_id
   where r.done
   group by f.id, b.id
   order by f.id, b.id;
end $$;

-- Some bytes of a file that holds rows of theirs, as `import_file_read` gives them.
create or replace function pii_file_read(number text, file bigint, from_byte bigint, most int)
  returns table (bytes bytea, bucket text, key text, size bigint, pieces bytea[])
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a constant account := pii_account(number, 'pii.forget');
begin
  if not exists (select from pii_rows(pii_debtors(a)) r where r.file_id = pii_file_read.file) then
    perform fail('DF404', 'file', 'no file of that number holds rows of theirs');
  end if;
  if noted('file.read', 'account', a.id, jsonb_build_object('file', file, 'for', 'pii.forget')) then
    return query select * from file_bytes(file, from_byte, most);
  end if;
end $$;

-- Where copies go: the agency's folder in a bucket is named by its code.
create or replace function pii_copy_begin(
  digest bytea,
  size bigint,
  bucket text default null,
  key text default null,
  pieces bytea[] default null,
  out copy bigint,
  out wanted boolean
)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.forget'), act_begin('pii.forget');
  insert into file as f (agency_id, sha256, size, place, bucket, key, pieces, stored_at)
  values (who.agency_id, digest, pii_copy_begin.size, case when bucket is null then 'chunks' else 'bucket' end,
          pii_copy_begin.bucket, pii_copy_begin.key, pii_copy_begin.pieces, kernel_now())
  on conflict on constraint file_content_key do nothing
  returning f.id into copy;
  wanted := copy is not null and bucket is null;
  if copy is null then
    select f.id into copy from file f where f.agency_id = who.agency_id and f.sha256 = digest;
  end if;
end $$;

create or replace function pii_copy_chunk(copy bigint, seq int, bytes bytea) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.forget'), act_begin('pii.forget');
  if not exists (select from file f
                  where f.id = copy and f.agency_id = who.agency_id and f.place = 'chunks'
                    and f.xmin = pg_current_xact_id()::xid) then
    perform fail('DF422', 'file-whole', 'this file is not being sent', 'begin again');
  end if;
  insert into file_chunk (file_id, seq, agency_id, bytes) values (copy, seq, who.agency_id, pii_copy_chunk.bytes);
end $$;

-- Puts a copy in the place of a file's bytes. What lay in a bucket is named until somebody has removed it there.
create or replace function pii_redact(old bigint, copy bigint) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  insert into file_doomed (agency_id, bucket, key, pieces, since)
  select f.agency_id, f.bucket, f.key, cardinality(f.pieces), kernel_now()
    from file f
   where f.id = old and f.place = 'bucket';
  update file f
     set place = 'redacted', redacted_as = copy, bytes = null, bucket = null, key = null, pieces = null
   where f.id = old;
  update file f set redacted_as = copy where f.redacted_as = old;
  delete from file_chunk c where c.file_id = old;
end $$;

-- Copies are given as {file: copy}; every file that still holds rows of theirs must have one, sent in this transaction
-- or here from before as somebody's copy.
create or replace function pii_redact_all(files bigint[], copies jsonb) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  old bigint;
  copy bigint;
begin
  foreach old in array files loop
    copy := (copies ->> old::text)::bigint;
    perform from file f where f.id = old and f.place <> 'redacted' for no key update;
    if not found or copy is null or copy = old
       or not exists (select from file f where f.id = copy and f.place <> 'redacted') then
      perform fail('DF409', 'files-moved', 'a file with rows of theirs came or changed meanwhile', 'begin again');
    end if;
    perform pii_redact(old, copy);
  end loop;
  return cardinality(files);
end $$;

-- What still lies in a bucket and should not; and that it is gone.
create or replace function pii_doomed() returns table (id bigint, bucket text, key text, pieces int)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.forget');
  return query select d.id, d.bucket, d.key, d.pieces from file_doomed d where d.agency_id = who.agency_id order by d.id;
end $$;

create or replace function pii_doomed_gone(doomed bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'pii.forget'), act_begin('pii.forget');
  delete from file_doomed d where d.id = doomed and d.agency_id = who.agency_id;
end $$;

select operators_may('execute on function pii_files, pii_file_read, pii_copy_begin, pii_copy_chunk'),
       operators_may('execute on function pii_doomed, pii_doomed_gone');
