-- What has left the database: which parts there are, their bytes, and what of them the database says by itself.
set role debtflow_owner;

-- Only a worker reads the rows of the installation: they are of all agencies.
create or replace function archive_reader(installation boolean) returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_reader();
begin
  if installation and who.role <> 'worker' then
    perform fail('DF403', 'archive_installation', 'what the installation did is not shown to an agency',
                 'its worker reads it');
  end if;
  return who;
end $$;

-- The parts of a chain, the latest month first. `gone_at` is when the month left the database.
create or replace function audit_archive_parts(installation boolean) returns table (
  month date, part int, first_seal bigint, last_seal bigint, rows int, sha256 bytea, size bigint, place text,
  bucket text, key text, pieces bytea[], made_at timestamptz, checked_at timestamptz, gone_at timestamptz,
  file_id bigint
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(seal_reader(), installation);
begin
  return query
    select r.month, r.part, r.first_seal, r.last_seal, r.rows, r.sha256, f.size, f.place, f.bucket, f.key, f.pieces,
           r.made_at, c.checked_at, d.dropped_at, r.file_id
      from audit_archive r
      join file f on f.id = r.file_id
      left join audit_archive_dropped d on d.month = r.month
      left join lateral (select max(x.checked_at) as checked_at
                           from audit_archive_check x
                          where (x.agency_id, x.month, x.part) = (r.agency_id, r.month, r.part)) c on true
     where r.agency_id = chain
     order by r.month desc, r.part desc;
end $$;

-- One mebibyte of a part that lies in the database.
create or replace function audit_archive_chunk(installation boolean, month date, part int, seq int) returns bytea
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(archive_reader(installation), installation);
begin
  return (select c.bytes
            from audit_archive r
            join file_chunk c on c.file_id = r.file_id
           where r.agency_id = chain
             and r.month = audit_archive_chunk.month
             and r.part = audit_archive_chunk.part
             and c.seq = audit_archive_chunk.seq);
end $$;

-- The hash of the bytes of a part of the installation as they lie in the database now, for those who may not read them.
create or replace function audit_archive_digest(month date, part int) returns bytea
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform seal_reader();
  return (select sha256(string_agg(c.bytes, '' order by c.seq))
            from audit_archive r
            join file_chunk c on c.file_id = r.file_id
           where r.agency_id = 0
             and r.month = audit_archive_digest.month
             and r.part = audit_archive_digest.part);
end $$;

-- The rows of a seal of the installation that parts hold, by the list of the seal; the reader compares the bytes of the
-- parts with what was sealed of them.
create or replace function audit_archive_leaves(seal bigint)
  returns table (month date, part int, place bigint, leaf bytea)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform seal_reader();
  return query
    select r.month, r.part, l.place, l.leaf
      from audit_archive r
      cross join lateral audit_listed(0, seal, seal, r.month) l
     where r.agency_id = 0
       and seal between r.first_seal and r.last_seal;
end $$;

-- Which of the values that stand beside rows in a part are not those that were committed; `said` is what the rows say,
-- as (row, path, commitment).
create or replace function audit_archive_kept_wrong(ids bigint[], paths text[], said text[])
  returns table (id bigint, path text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_reader();
begin
  return query
    select p.audit_id, p.path
      from unnest(ids, paths, said) x(id, path, sha256)
      join audit_personal p on p.audit_id = x.id and p.path = x.path and p.agency_id = who.agency_id
     where commitment(p.salt, p.value) ->> 'sha256' is distinct from x.sha256;
end $$;

-- Personal values behind rows in parts, as `audit_values` gives them for rows that are here; only rows that a seal of
-- the caller's agency lists.
create or replace function audit_archive_values(seals bigint[], ids bigint[])
  returns table (audit_id bigint, path text, value text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_reader();
  sees constant text[] := sight(who);
begin
  return query
    select p.audit_id, p.path,
           seen_as(audit_family(p.path, p.value), p.value, sees)
      from unnest(seals, ids) x(seal, id)
      join audit_sealed d on d.agency_id = who.agency_id and d.number = x.seal and x.id = any (d.ids)
      join audit_personal p on p.audit_id = x.id;
end $$;

-- How many rows of a chain in a month are in no part that was read back.
create or replace function audit_month_left(chain int, month date) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select (select count(*)
            from audit_log a
           where a.agency_id = chain
             and a.at >= month_begins(month)
             and a.at < month_begins((month + interval '1 month')::date))
       - (select coalesce(sum(r.rows), 0)::bigint
            from audit_archive r
           where r.agency_id = chain
             and r.month = audit_month_left.month
             and exists (select
                           from audit_archive_check c
                          where (c.agency_id, c.month, c.part) = (r.agency_id, r.month, r.part)))
$$;

-- Who keeps months in the database that are past their time for three days and more; other agencies are only counted.
create or replace function archive_health() returns table (name text, ok boolean, detail text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_reader();
  code constant text := (select a.code from agency a where a.id = who.agency_id);
begin
  return query
    with late as (
      select m.first
        from audit_months_due() m(first)
       where m.first < date_trunc('month', (kernel_now() - interval '3 days') at time zone 'UTC')
                       - make_interval(months => audit_online_months())
    ),
    kept as (
      select l.first, a.id, x.rows
        from late l
        cross join agency a
        cross join lateral (select audit_month_left(a.id, l.first) as rows) x
       where x.rows > 0
    ),
    told as (
      select (select to_char(min(l.first), 'YYYY-MM') from late l) as oldest,
             (select count(*) from late) as months,
             (select sum(k.rows) from kept k where k.id = who.agency_id) as ours,
             (select count(distinct k.id) from kept k where k.id <> who.agency_id and k.id <> 0) as others
    )
    select 'archive', t.months = 0,
           case
             when t.months = 0 then 'no month of the audit trail is past its time'
             when t.ours > 0 then
               format('%s keeps months from %s on in the database, with %s rows: no worker of it archives them; '
                      'start debtflow worker for it, or run debtflow audit archive run as its worker''s login',
                      code, t.oldest, t.ours)
             when t.others > 0 then
               format('months from %s on stay in the database for other agencies (%s), whose workers do not archive; '
                      'debtflow doctor of each says so: start debtflow worker for them', t.oldest, t.others)
             else format('months from %s on are still in the database: debtflow audit archive run, as the worker''s '
                         'login, says why', t.oldest)
           end
      from told t;
end $$;

grant execute on function archive_health to debtflow_supervisor, debtflow_agency_admin;
grant execute on function audit_archive_parts, audit_archive_chunk
  to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly, debtflow_worker;
grant execute on function audit_archive_digest, audit_archive_leaves, audit_archive_kept_wrong, audit_archive_values
  to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
