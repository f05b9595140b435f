-- From a file to a batch under review: rows come by COPY into the intake, and one call makes them a batch in the same
-- transaction.
set role debtflow_owner;

-- A batch that was just staged is unknown to the planner, who takes it for a row or two and, where it is most of the
-- table, reads all of it for a few: it is told of a large one at once. Whoever else is telling it holds a lock, and
-- then does it for both; only the columns that rows are looked for by are counted.
create or replace function import_tell_planner(rows bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '1s'
as $$
begin
  if rows >= 20000 then
    analyze import_row (batch_id, row_no, state, ref);
  end if;
exception when lock_not_available then
  return;
end $$;
grant execute on function import_tell_planner to debtflow_kernel;

set role debtflow_kernel;

create or replace function import_clerk(act text default 'import.work') returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, act);
  return who;
end $$;

-- A worker stages what it fetched from a client's server; what is done to a batch afterwards is a person's.
create or replace function import_stager() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  return case when who.role = 'worker' then who else import_clerk() end;
end $$;

create or replace function import_refuse_known(agency int, digest bytea) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b record;
begin
  select x.id, x.file_name, x.state, (x.staged_at at time zone a.zone)::date as staged_on
    into b
    from import_batch x
    join file f on f.id = x.file_id
    join agency a on a.id = x.agency_id
   where f.agency_id = agency and f.sha256 = digest and x.state not in ('rejected', 'undone');
  if found then
    perform fail('DF422', 'file-known',
                 format('this file is already here: batch %s, staged as %s on %s (%s)',
                        b.id, b.file_name, b.staged_on, replace(b.state, '_', ' ')),
                 case b.state
                   when 'in_review' then 'go on with that batch, or reject it before sending the file again'
                   else 'send only what is new'
                 end,
                 jsonb_build_object('batch', b.id));
  elsif exists (select from file f where f.agency_id = agency and f.sha256 = digest and f.place = 'redacted') then
    perform fail('DF422', 'file-redacted', 'somebody who is in this file was forgotten: it does not come in again',
                 'ask the client for a file without them');
  end if;
end $$;

-- The currency that a client of the caller's agency places in; a collector lists batches and reads no books.
create or replace function client_currency(client int) returns text
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select b.currency::text
    from client c
    join book b on b.id = c.book_id
   where c.id = client_currency.client and c.agency_id = (select (me()).agency_id)
$$;
select operators_may('execute on function client_currency');

-- By what two people, or a worker and the one who came after its death, know that they stage the same file.
create or replace function import_stage_key(agency int, digest bytea) returns int
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select hashtext(agency || ' ' || encode(digest, 'hex'))
$$;

-- What reading the file takes; refuses before it is read what would be refused after. Whoever is staging the same file
-- is waited for.
create or replace function import_stage_begin(client text, digest bytea) returns table (currency text, today date)
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_stager();
begin
  perform pg_advisory_xact_lock(4627310, import_stage_key(who.agency_id, digest));
  return query
  select b.currency::text, agency_today(who.agency_id)
    from client c
    join book b on b.id = c.book_id
   where c.agency_id = who.agency_id and c.code = import_stage_begin.client;
  if not found then
    perform fail('DF404', 'client', format('there is no client %s', left(client, 40)), 'debtflow client list');
  end if;
  perform import_refuse_known(who.agency_id, digest);
end $$;

-- The rows of an upload become a batch of a file that is kept already; `terms` say how it was read: encoding, delimiter,
-- reading (all of it). Whoever calls this without having begun may stage a file at the same time as somebody else: the
-- second waits on the file or on the batch's unique key, and is told the first one's batch.
create or replace function import_stage_close(
  upload uuid,
  client text,
  name text,
  file bigint,
  terms jsonb,
  profile bigint default null,
  control jsonb default null,
  kind text default 'placements'
) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_stager();
  batch bigint;
begin
  perform act_begin('import.stage');
  begin
    insert into import_batch (
      agency_id, client_id, kind, file_id, file_name, encoding, delimiter, reading, rows, staged_by, staged_at,
      profile_id, control
    )
    select who.agency_id, c.id, import_stage_close.kind, f.id, import_stage_close.name, terms ->> 'encoding',
           terms ->> 'delimiter', terms -> 'reading',
           (select count(*) from import_intake i where i.upload = import_stage_close.upload),
           who.user_id, kernel_now(), import_profile_for(c.id, import_stage_close.kind, profile), control
      from client c
      join file f on f.agency_id = c.agency_id
     where c.agency_id = who.agency_id and c.code = import_stage_close.client and f.id = import_stage_close.file
    returning id into strict batch;
  exception when unique_violation then
    perform import_refuse_known(who.agency_id, f.sha256) from file f where f.id = import_stage_close.file;
    raise;
  end;
  insert into import_row (
    batch_id, row_no, agency_id, line, raw, cells, findings, parsed, ref, state, byte_at, byte_count
  )
  select batch, i.row_no, who.agency_id, i.line, i.raw, i.cells, i.findings, i.parsed, i.ref,
         import_state_of(i.findings, i.parsed), i.byte_at, i.byte_count
    from import_intake i
   where i.upload = import_stage_close.upload;
  -- Ours, and what others committed without closing it; what they are still sending is not visible here.
  delete from import_intake;
  perform import_tell_planner((select b.rows from import_batch b where b.id = batch));
  perform import_compare(batch);
  return batch;
end $$;

select operators_may(f), worker_may(f) from (values ('execute on function import_stage_begin, import_stage_close')) x(f);
