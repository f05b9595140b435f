-- Months of the trail that are past their time go into files and leave the database. A part is written, read back, and
-- noted as read back; a month goes when each of its rows, of every agency, is in such a part as it was sealed. Only
-- workers may: whoever brings the file could bring another one. docs/audit-archive.md says how it is done.
set role debtflow_owner;

select office_reads(t, 'agency_id in ((select (me()).agency_id), 0)'), guard_append_only(t)
  from unnest(array['audit_archive', 'audit_archive_check']::regclass[]) t;
select guard_append_only('audit_archive_dropped');
grant select on audit_archive, audit_archive_check, audit_archive_dropped, audit_online
  to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
select audit_table('audit_archive', 'archive', 'file_id', 'month', '', 'agency_id,file_id,made_by'),
       audit_table('audit_archive_dropped', 'archive', 'id', 'month', '', 'id'),
       audit_table('audit_online', 'installation', 'id', '', '', 'id');

create or replace function audit_online_months() returns int
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce((select o.months from audit_online o), 24)
$$;

-- How many whole months stay in the database, besides the one that is going on: the installation's owner says it.
create or replace function audit_online_set(months int) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if not is_installer() then
    perform fail('DF403', 'installer', 'only the owner of the installation says how long the trail stays',
                 'sign in as its owner');
  elsif coalesce(months, 0) not between 3 and 600 then
    perform fail('DF400', 'months', 'the trail stays for 3 to 600 months', 'two years are 24',
                 '{"field": "months"}');
  end if;
  perform act_begin('audit.keep');
  insert into audit_online (months) values (audit_online_set.months)
  on conflict (id) do update set months = excluded.months;
end $$;

create or replace function month_begins(month date) returns timestamptz
  language sql immutable
as $$
  select month::timestamp at time zone 'UTC'
$$;

create or replace function audit_month_table(month date) returns regclass
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select to_regclass('debtflow.audit_log_' || to_char(month, 'YYYYMM'))
$$;

-- The months that are past their time and still here, the oldest first.
create or replace function audit_months_due() returns setof date
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select m.first
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral (select to_date(right(c.relname, 6), 'YYYYMM') as first) m
   where i.inhparent = 'debtflow.audit_log'::regclass
     and m.first < date_trunc('month', kernel_now() at time zone 'UTC') - make_interval(months => audit_online_months())
   order by m.first
$$;

create or replace function archive_keeper() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_keeper();
begin
  if who.role <> 'worker' then
    perform fail('DF403', 'archive_role', 'only a worker takes old months out of the database',
                 'let the worker do it, or sign in as its login');
  end if;
  return who;
end $$;

-- Whether nobody else archives this chain now; until the end of the transaction nobody else will.
create or replace function audit_archive_lock(chain int) returns boolean
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select pg_try_advisory_xact_lock(4627401, chain)
$$;

-- What the next part would hold: a month past its time, and the seals with rows in it that no part has. Nothing, where
-- all is done or somebody else is at it.
create or replace function audit_archive_next(installation boolean, most int default 64)
  returns table (chain int, agency text, month date, part int, first bigint, last bigint)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := archive_keeper();
  chain constant int := chain_of(who, installation);
  code constant text := (select a.code from agency a where a.id = who.agency_id);
begin
  if not audit_archive_lock(chain) then
    return;
  end if;
  return query
    select chain, code, m.first, p.part + 1, min(s.number), max(s.number)
      from audit_months_due() m(first)
      cross join lateral (select coalesce(max(r.part), 0) as part, coalesce(max(r.last_seal), 0) as seal
                            from audit_archive r
                           where r.agency_id = chain and r.month = m.first) p
      cross join lateral (select x.number
                            from audit_seal x
                           where x.agency_id = chain
                             and x.number > p.seal
                             and x.first_at < month_begins((m.first + interval '1 month')::date)
                             and x.last_at >= month_begins(m.first)
                             and exists (select from audit_listed(chain, x.number, x.number, m.first))
                           order by x.number
                           limit greatest(most, 1)) s
     group by m.first, p.part
     order by m.first
     limit 1;
end $$;

-- The sealed rows of a month, by the lists of a run of seals.
create or replace function audit_listed(chain int, first bigint, last bigint, month date)
  returns table (agency_id int, number bigint, place bigint, id bigint, at timestamptz, leaf bytea)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select d.agency_id, d.number, x.place, x.id, x.at, substring(d.leaves from (x.place::int - 1) * 32 + 1 for 32)
    from audit_sealed d
    cross join unnest(d.ids, d.ats) with ordinality x(id, at, place)
   where d.agency_id = chain
     and d.number between first and last
     and x.at >= month_begins(month)
     and x.at < month_begins((month + interval '1 month')::date)
$$;

-- What a part is made of: its rows as they are now, and the hash that each was sealed under.
create or replace function audit_archive_rows(installation boolean, month date, first bigint, last bigint)
  returns table (
    seal bigint, place int, leaf bytea, id bigint, at timestamptz, agency_id int, user_id int, session_id bigint,
    login text, act text, entity text, entity_id bigint, entity_ref text, before text, after text, reason text,
    xid bigint
  )
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  chain constant int := chain_of(archive_keeper(), installation);
begin
  return query
    select l.number, l.place::int, l.leaf, a.id, a.at, a.agency_id, a.user_id, a.session_id, a.login, a.act, a.entity,
           a.entity_id, a.entity_ref, a.before::text, a.after::text, a.reason, a.xid::text::bigint
      from audit_listed(chain, first, last, month) l
      join audit_log a on a.at = l.at and a.id = l.id
     where a.agency_id = chain
       and a.at >= month_begins(month)
       and a.at < month_begins((month + interval '1 month')::date)
     order by l.number, l.place;
end $$;

-- What a part says of its seals, so that it can be checked without this database: each seal as it is hashed, all hashes
-- of those that have rows in another month too, and the digests that were given of them or after.
create or replace function audit_archive_seals(installation boolean, month date, first bigint, last bigint)
  returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(archive_keeper(), installation);
begin
  return jsonb_build_object(
    'seals', (select jsonb_agg(to_jsonb(s) order by s.number)
                from audit_seal s
               where s.agency_id = chain and s.number between first and last),
    'leaves', (select jsonb_object_agg(d.number, encode(d.leaves, 'hex'))
                 from audit_sealed d
                 join audit_seal s using (agency_id, number)
                where d.agency_id = chain
                  and d.number between first and last
                  and (s.first_at < month_begins(month)
                       or s.last_at >= month_begins((month + interval '1 month')::date))),
    'digests', (select jsonb_agg(g.document::jsonb)
                  from (select x.document
                          from audit_digest x
                         where x.agency_id = chain and x.number >= first
                         order by x.number, x.made_at
                         limit 2) g));
end $$;

-- Says in the chain that a part is of what the part is, so that it is sealed with its rows' own chain. It names nobody:
-- the row that the audit writes says who did it, in the chain of their agency; this one can be made again, and so
-- compared with its seal, by everybody who may check the chain.
create or replace function audit_archive_tell(
  chain int, month date, part int, first bigint, last bigint, rows int, digest bytea, made bigint
) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into audit_log (at, agency_id, login, act, entity, entity_id, after)
  values (clock_timestamp(), chain, 'installation', 'seal.archive', 'archive', made,
          jsonb_build_object('month', month, 'part', part, 'first_seal', first, 'last_seal', last, 'rows', rows,
                             'sha256', encode(digest, 'hex')))
$$;

-- The file of a part: its bytes, or the bucket where they lie. Not noted as read back yet.
create or replace function audit_archive_keep(
  installation boolean, month date, part int, first bigint, last bigint, rows int, digest bytea, size bigint,
  chunks bytea[], bucket text, key text, pieces bytea[]
) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := archive_keeper();
  chain constant int := chain_of(who, installation);
  made bigint;
begin
  perform act_begin('audit.archive');
  if not audit_archive_lock(chain)
     or not exists (select
                      from audit_archive_next(installation, 1) n
                     where n.month = audit_archive_keep.month and n.part = audit_archive_keep.part
                       and n.first = audit_archive_keep.first)
     or rows <> (select count(*) from audit_listed(chain, first, last, month)) then
    perform fail('DF409', 'archive_fits', 'this is not the part that comes next', 'debtflow audit archive run');
  end if;
  insert into file (agency_id, sha256, size, place, bucket, key, pieces, stored_at)
  values (who.agency_id, digest, size, case when chunks is null then 'bucket' else 'chunks' end, bucket, key, pieces,
          kernel_now())
  on conflict (agency_id, sha256) do nothing
  returning id into made;
  insert into file_chunk (file_id, seq, agency_id, bytes)
  select made, c.place - 1, who.agency_id, c.bytes
    from unnest(chunks) with ordinality c(bytes, place)
   where made is not null;
  insert into audit_archive (agency_id, month, part, first_seal, last_seal, rows, sha256, file_id, made_at, made_by)
  select chain, month, part, first, last, rows, digest, f.id, clock_timestamp(), who.user_id
    from file f
   where f.agency_id = who.agency_id and f.sha256 = digest
  returning file_id into made;
  perform audit_archive_tell(chain, month, part, first, last, rows, digest, made);
end $$;

-- The caller has read a part back and found every row as it was sealed.
create or replace function audit_archive_checked(installation boolean, month date, part int) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := archive_keeper();
begin
  insert into audit_archive_check (agency_id, month, part, checked_at, user_id)
  values (chain_of(who, installation), month, part, clock_timestamp(), who.user_id);
end $$;

-- How many rows a month has, how many of them are in parts that were read back, and how many of those are as they were
-- sealed. The partition is read by itself: nothing else waits for it.
create or replace function audit_month_weigh(
  month date, out rows bigint, out kept bigint, out same bigint, out elsewhere bigint
)
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  mine constant int := (me()).agency_id;
begin
  execute format($q$
    with kept as materialized (
      select l.*
        from audit_archive r
        cross join lateral audit_listed(r.agency_id, r.first_seal, r.last_seal, r.month) l
       where r.month = $1
         and exists (select
                       from audit_archive_check c
                      where (c.agency_id, c.month, c.part) = (r.agency_id, r.month, r.part))
    )
    select count(*), count(k.leaf),
           count(*) filter (where k.leaf = sha256(audit_canonical(
             a.id, a.at, a.agency_id, a.user_id, a.session_id, a.login, a.act, a.entity, a.entity_id, a.entity_ref,
             a.before::text, a.after::text, a.reason, a.xid))),
           count(*) filter (where k.leaf is null and a.agency_id not in (0, $2))
      from %s a
      left join kept k on k.agency_id = a.agency_id and k.at = a.at and k.id = a.id$q$, audit_month_table(month))
    into rows, kept, same, elsewhere
    using month, mine;
end $$;

-- Takes a month out of the database, if each of its rows is in a part that was read back, as it was sealed; says what
-- it found either way. Nothing changes in the month meanwhile; the trail itself is held for the moment in which the
-- month is taken off, and not waited for long: those who write come first.
create or replace function audit_archive_drop(
  month date, out dropped boolean, out rows bigint, out kept bigint, out same bigint, out elsewhere bigint
)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := archive_keeper();
  gone constant regclass := audit_month_table(month);
begin
  dropped := false;
  if gone is null or not month in (select audit_months_due()) or not audit_archive_lock(-1) then
    return;
  end if;
  execute format('lock table %s in share mode', gone);
  select w.* into rows, kept, same, elsewhere from audit_month_weigh(month) w;
  if rows = same then
    perform set_config('lock_timeout', '300ms', true);
    execute format('alter table debtflow.audit_log detach partition %s', gone);
    execute format('drop table %s', gone);
    perform act_begin('audit.archive');
    insert into audit_archive_dropped (month, rows, dropped_at)
    values (audit_archive_drop.month, audit_archive_drop.rows, kernel_now());
    dropped := true;
  end if;
end $$;

-- The hashes that the rows of a part were sealed under, to compare them with what was read back.
create or replace function audit_archive_sealed(installation boolean, month date, first bigint, last bigint)
  returns table (seal bigint, place int, id bigint, leaf bytea)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select l.number, l.place::int, l.id, l.leaf
    from archive_keeper() who
    cross join lateral audit_listed(chain_of(who, installation), first, last, month) l
$$;

create or replace function audit_archive_due() returns setof date
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select audit_months_due() from archive_keeper()
$$;

select worker_may('execute on function audit_archive_next, audit_archive_rows, audit_archive_seals, audit_archive_keep, '
                  'audit_archive_sealed, audit_archive_checked, audit_archive_drop, audit_archive_due');
