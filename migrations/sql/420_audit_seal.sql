-- Sealing the trail, off the hot path: rows of transactions that have ended become a seal, a tree of their hashes, and
-- each seal hashes the one before. docs/audit-proof.md says what is hashed, byte for byte. The functions look behind
-- row security, so each looks only at the chain of its caller's agency, or at that of the installation (agency 0).
set role debtflow_owner;

select office_reads(t, 'agency_id in ((select (me()).agency_id), 0)'), guard_append_only(t)
  from unnest(array['audit_seal', 'audit_sealed', 'audit_digest']::regclass[]) t;
select office_reads('audit_check'), guard_append_only('audit_check');
grant select on audit_seal, audit_sealed, audit_digest, audit_check
  to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;

-- What is hashed of a row: PostgreSQL's own binary form of a record, which says how long each value is. `before` and
-- `after` come as text. Text is sent in the client's encoding, hence `seal_keeper`. Inlined.
create or replace function audit_canonical(
  id bigint, at timestamptz, agency_id int, user_id int, session_id bigint, login text, act text, entity text,
  entity_id bigint, entity_ref text, before text, after text, reason text, xid xid8
) returns bytea
  language sql stable parallel safe
as $$
  select record_send(row(id, at, agency_id, user_id, session_id, login, act, entity, entity_id, entity_ref, before,
                         after, reason, xid))
$$;

-- The root of a tree over leaves of 32 bytes each: sixteen neighbours become one node until one is left.
create or replace function audit_root(leaves bytea) returns bytea
  language plpgsql immutable strict
  set search_path = pg_catalog, pg_temp
as $$
declare
  level bytea := leaves;
begin
  while length(level) > 32 loop
    select string_agg(sha256('\x01'::bytea || substring(level from place * 512 + 1 for 512)), '' order by place)
      into level
      from generate_series(0, (length(level) - 1) / 512) place;
  end loop;
  return level;
end $$;

create or replace function audit_head(s audit_seal) returns bytea
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select sha256(record_send(row(
           'debtflow-seal-1'::text, s.agency_id, s.number, s.previous, s.rows, s.total, s.root, s.first_at, s.last_at,
           s.last_id, s.sealed_at, s.pass, s.pass_at, s.pass_xmax, s.low, s.below, s.cluster, s.more)))
$$;

create or replace function seal_reader() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'seal.check');
  return who;
end $$;

create or replace function seal_keeper() returns identity
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'seal.make');
  if current_setting('client_encoding') <> 'UTF8' then
    perform fail('DF400', 'encoding', 'rows are hashed as UTF-8, and this connection speaks something else',
                 'take PGCLIENTENCODING out of the environment', '{"field": "encoding"}');
  end if;
  return who;
end $$;

create or replace function chain_of(who identity, installation boolean) returns int
  language sql immutable
as $$
  select case when installation then 0 else who.agency_id end
$$;

-- In another cluster, as after a restore from a dump, transactions count from anew.
create or replace function seal_cluster() returns bigint
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when has_function_privilege('pg_control_system()', 'execute')
    then (select system_identifier from pg_control_system())
    else 0
  end
$$;

create or replace function audit_last_seal(chain int) returns audit_seal
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select s
    from audit_seal s
   where s.agency_id = chain
   order by s.number desc
   limit 1
$$;

-- From when on a transaction with this number or a later one can have written: a row is written after its transaction
-- has a number, and a pass that knew of no such number began earlier. There is no index by transaction on the trail,
-- and there need be none. The margin is for a clock that is set back.
create or replace function audit_written_since(chain int, number xid8, cluster bigint) returns timestamptz
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce((select s.pass_at - interval '10 seconds'
                     from audit_seal s
                    where s.agency_id = chain and s.cluster = audit_written_since.cluster
                      and s.pass_xmax <= audit_written_since.number
                    order by s.number desc
                    limit 1), '-infinity')
$$;

-- The seal that follows: in the pass that is going on, or as the first of a new one. A pass takes what lies between two
-- horizons: every transaction below the upper one has ended, so nothing in between can still appear.
create or replace function audit_seal_draft(chain int, last audit_seal, goes_on boolean, here bigint)
  returns audit_seal
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  draft audit_seal := last;
begin
  draft.agency_id := chain;
  draft.number := coalesce(last.number, 0) + 1;
  draft.previous := coalesce(last.head, decode(repeat('00', 32), 'hex'));
  draft.sealed_at := statement_timestamp();
  if not goes_on then
    draft.pass := draft.number;
    draft.pass_at := statement_timestamp();
    draft.pass_xmax := pg_snapshot_xmax(pg_current_snapshot());
    draft.low := case when last.number is null then '0' when last.cluster = here then last.below end;
    draft.below := pg_snapshot_xmin(pg_current_snapshot());
    draft.cluster := here;
  end if;
  return draft;
end $$;

-- What a seal covers, in the order of time. Personal values are not in it: the trail holds their commitments. What was
-- sealed before is a set that is hashed once: `<> all (array)` would walk the array for each row.
create or replace function audit_take(s audit_seal, since timestamptz, after_id bigint, sealed bigint[], most int)
  returns audit_sealed
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
  select s.agency_id, s.number,
         string_agg(sha256(audit_canonical(r.id, r.at, r.agency_id, r.user_id, r.session_id, r.login, r.act, r.entity,
                                           r.entity_id, r.entity_ref, r.was, r.becomes, r.reason, r.xid)), ''),
         array_agg(r.id), array_agg(r.at), array_agg(r.user_id), array_agg(r.session_id),
         array_agg(hashtext(r.login)), array_agg(hashtext(r.act)), array_agg(hashtext(r.entity)),
         array_agg(r.entity_id), array_agg(hashtext(r.entity_ref)), array_agg(hashtext(r.was)),
         array_agg(hashtext(r.becomes)), array_agg(hashtext(r.reason)), array_agg(r.xid)::text::bigint[]
    from (select a.*, a.before::text as was, a.after::text as becomes
            from audit_log a
           where a.agency_id = s.agency_id
             and a.at >= since
             and (a.at, a.id) > (since, after_id)
             and (s.low is null or (a.xid >= s.low and a.xid < s.below))
             and a.id not in (select unnest(sealed))
           order by a.at, a.id
           limit most) r
$$;

-- Rows that earlier passes sealed among those that a new one looks at.
create or replace function audit_sealed_since(chain int, before_number bigint, since timestamptz) returns bigint[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(array_agg(x.id), '{}')
    from audit_sealed d
    cross join unnest(d.ids) x(id)
   where d.agency_id = chain
     and d.number < before_number
     and d.number > coalesce((select s.number
                                from audit_seal s
                               where s.agency_id = chain and s.sealed_at < since
                               order by s.number desc
                               limit 1), 0)
$$;

-- Where the search of a pass begins: where it stopped, or where its transactions can have begun to write.
create or replace function audit_seal_since(draft audit_seal, last audit_seal, goes_on boolean) returns timestamptz
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when goes_on then last.last_at
    when last.number is null then '-infinity'
    else audit_written_since(draft.agency_id,
                             case when last.more and draft.low is null then last.low else last.below end, last.cluster)
  end
$$;

create or replace function audit_seal_fill(s audit_seal, d audit_sealed, last audit_seal, most int) returns audit_seal
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  s.rows := cardinality(d.ids);
  s.total := coalesce(last.total, 0) + s.rows;
  s.root := audit_root(d.leaves);
  s.first_at := d.ats[1];
  s.last_at := d.ats[s.rows];
  s.last_id := d.ids[s.rows];
  s.more := s.rows = most;
  s.head := audit_head(s);
  insert into audit_seal select (s).*;
  insert into audit_sealed select (d).*;
  return s;
end $$;

-- Makes the next seals of a chain, up to a few, and says what they are; nothing, where there is nothing to seal or
-- somebody else is at it. The rows of one call are final when it commits: killed before, it is as if it had not begun.
create or replace function audit_seal_next(installation boolean default false, most int default 4096,
                                           seals int default 1)
  returns setof audit_seal
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(seal_keeper(), installation);
  here constant bigint := seal_cluster();
  size constant int := least(greatest(most, 1), 4096);
  last audit_seal;
  draft audit_seal;
  taken audit_sealed;
  since timestamptz;
  goes_on boolean;
  made int := 0;
begin
  if not pg_try_advisory_xact_lock(4627400, chain) then
    return;
  end if;
  last := audit_last_seal(chain);
  goes_on := coalesce(last.more and last.cluster = here, false);
  loop
    draft := audit_seal_draft(chain, last, goes_on, here);
    exit when draft.low >= draft.below;
    since := audit_seal_since(draft, last, goes_on);
    taken := audit_take(draft, since, case when goes_on then last.last_id else -9223372036854775808 end,
                        audit_sealed_since(chain, draft.pass, since), size);
    exit when taken.ids is null and not goes_on;
    if taken.ids is null then
      goes_on := false;
      continue;
    end if;
    last := audit_seal_fill(draft, taken, last, size);
    return next last;
    made := made + 1;
    exit when not last.more or made >= least(seals, 64);
    goes_on := true;
  end loop;
end $$;

grant execute on function audit_seal_next to debtflow_worker, debtflow_supervisor, debtflow_agency_admin;
