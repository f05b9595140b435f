-- What seals say: how far they reach, which rows are in none, what of a row differs; digests that were given out, and
-- who checked. Whoever checks hashes the rows again on their own machine; here is only what they may not read, and
-- names for what differs.
set role debtflow_owner;

-- Whether a row without a seal will still be given one.
create or replace function audit_waits(last audit_seal, draft audit_seal, since timestamptz, a audit_log)
  returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select (a.at >= since and (draft.low is null or a.xid >= draft.low))
      or coalesce(last.more and (a.at, a.id) > (last.last_at, last.last_id) and (last.low is null or a.xid >= last.low),
                  false)
$$;

-- Rows of a chain, written in a span, that are in no seal.
create or replace function audit_unsealed(chain int, since timestamptz, until timestamptz)
  returns table (id bigint, at timestamptz, entity text, entity_id bigint, act text, waiting boolean)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  last constant audit_seal := audit_last_seal(chain);
  draft constant audit_seal := audit_seal_draft(chain, last, false, seal_cluster());
  reach constant timestamptz := audit_seal_since(draft, last, false);
  first bigint;
begin
  select coalesce(max(s.number), 0)
    into first
    from audit_seal s
   where s.agency_id = chain and s.sealed_at < since - interval '10 seconds';
  return query
    with sealed as (
      select x.id, x.at
        from audit_sealed d
        cross join unnest(d.ids, d.ats) x(id, at)
       where d.agency_id = chain and d.number > first
    )
    select a.id, a.at, a.entity, a.entity_id, a.act, audit_waits(last, draft, reach, a)
      from audit_log a
     where a.agency_id = chain
       and a.at >= since
       and a.at < until
       and not exists (select from sealed s where s.id = a.id and s.at = a.at);
end $$;

-- The end of a chain, and what is not in it yet.
create or replace function audit_seal_state(
  installation boolean default false,
  out chain int,
  out number bigint,
  out head bytea,
  out total bigint,
  out sealed_at timestamptz,
  out waiting bigint,
  out waiting_since timestamptz,
  out digested bigint
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  last audit_seal;
begin
  chain := chain_of(seal_reader(), installation);
  last := audit_last_seal(chain);
  number := coalesce(last.number, 0);
  head := last.head;
  total := coalesce(last.total, 0);
  sealed_at := last.sealed_at;
  select count(*), min(u.at)
    into waiting, waiting_since
    from audit_unsealed(chain, audit_seal_since(audit_seal_draft(chain, last, false, seal_cluster()), last,
                                                coalesce(last.more, false)), 'infinity') u
   where u.waiting;
  select max(d.number) into digested from audit_digest d where d.agency_id = chain;
end $$;

-- Rows that no seal holds and none will: added behind the program's back, or with a clock that was set back.
create or replace function audit_added(installation boolean, since timestamptz, until timestamptz, most int)
  returns table (id bigint, at timestamptz, entity text, entity_id bigint, act text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(seal_reader(), installation);
begin
  return query
    select u.id, u.at, u.entity, u.entity_id, u.act
      from audit_unsealed(chain, since, until) u
     where not u.waiting
     union all
    select a.id, a.at, a.entity, a.entity_id, a.act
      from audit_log a
     where installation
       and a.agency_id <> 0
       and not exists (select from agency x where x.id = a.agency_id)
       and a.at >= since
       and a.at < until
     order by at, id
     limit most;
end $$;

-- The hashes, as they would be now, of rows that the caller may not read: those of the installation, and what a second
-- keying must not see.
create or replace function audit_leaves(installation boolean, number bigint)
  returns table (id bigint, at timestamptz, leaf bytea)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
  select a.id, a.at,
         sha256(audit_canonical(a.id, a.at, a.agency_id, a.user_id, a.session_id, a.login, a.act, a.entity, a.entity_id,
                                a.entity_ref, a.before::text, a.after::text, a.reason, a.xid))
    from audit_sealed d
    cross join unnest(d.ids, d.ats) x(id, at)
    join audit_log a on a.agency_id = d.agency_id and a.at = x.at and a.id = x.id
   where d.agency_id = chain_of(seal_reader(), installation) and d.number = audit_leaves.number
$$;

-- One line a sealed row of the seal.
create or replace function audit_noted(chain int, number bigint) returns table (
  place bigint, leaf bytea, id bigint, at timestamptz, user_id int, session_id bigint, login int, act int, entity int,
  entity_id bigint, entity_ref int, before int, after int, reason int, xid bigint
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select u.place, substring(d.leaves from (u.place::int - 1) * 32 + 1 for 32), u.id, u.at, u.user_id, u.session_id,
         u.login, u.act, u.entity, u.entity_id, u.entity_ref, u.before, u.after, u.reason, u.xid
    from audit_sealed d
    cross join unnest(d.ids, d.ats, d.user_ids, d.session_ids, d.logins, d.acts, d.entities, d.entity_ids,
                      d.entity_refs, d.befores, d.afters, d.reasons, d.xids)
      with ordinality u(id, at, user_id, session_id, login, act, entity, entity_id, entity_ref, before, after, reason,
                        xid, place)
   where d.agency_id = chain and d.number = audit_noted.number
$$;

-- In which columns, in their order, a row is not what was noted of it.
create or replace function audit_differs(chain int, n record, a audit_log) returns text[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return array_remove(array[
    case when a.id <> n.id then 'id' end,
    case when a.at <> n.at then 'at' end,
    case when a.agency_id <> chain then 'agency_id' end,
    case when a.user_id is distinct from n.user_id then 'user_id' end,
    case when a.session_id is distinct from n.session_id then 'session_id' end,
    case when hashtext(a.login) is distinct from n.login then 'login' end,
    case when hashtext(a.act) is distinct from n.act then 'act' end,
    case when hashtext(a.entity) is distinct from n.entity then 'entity' end,
    case when a.entity_id is distinct from n.entity_id then 'entity_id' end,
    case when hashtext(a.entity_ref) is distinct from n.entity_ref then 'entity_ref' end,
    case when hashtext(a.before::text) is distinct from n.before then 'before' end,
    case when hashtext(a.after::text) is distinct from n.after then 'after' end,
    case when hashtext(a.reason) is distinct from n.reason then 'reason' end,
    case when a.xid::text::bigint <> n.xid then 'xid' end], null);
end $$;

-- What became of the rows of a seal that are no longer what they were: the columns that differ, and where the row
-- stands now; no columns at all, where it is gone. A row whose place was changed is looked for by its id, then by its
-- time.
create or replace function audit_named(installation boolean, number bigint)
  returns table (place bigint, id bigint, at timestamptz, columns text[], now_id bigint, now_at timestamptz)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(seal_reader(), installation);
begin
  return query
    with noted as materialized (select n.* from audit_noted(chain, audit_named.number) n),
    here as materialized (select l.id, l.at, l.leaf from audit_leaves(installation, audit_named.number) l),
    wrong as materialized (
      select n.*, h.id is null as missing
        from noted n
        left join here h on h.id = n.id and h.at = n.at
       where h.leaf is distinct from n.leaf
    ),
    elsewhere as materialized (
      select a from audit_log a where a.id = any (array(select w.id from wrong w where w.missing))
    )
    select w.place, w.id, w.at, case when c.rank is not null then audit_differs(chain, w, c.a) end, (c.a).id, (c.a).at
      from wrong w
      left join lateral (
        select s.a, s.rank
          from (select x as a, 1 as rank
                  from audit_log x
                 where not w.missing and x.agency_id = chain and x.at = w.at and x.id = w.id
                 union all
                select e.a, 2
                  from elsewhere e
                 where w.missing and (e.a).id = w.id
                 union all
                select x, 3
                  from audit_log x
                 where w.missing and x.agency_id = chain and x.at = w.at and audit_differs(chain, w, x) = '{id}') s
         order by s.rank, (s.a).agency_id <> chain
         limit 1) c on true
     order by w.place;
end $$;

-- Values that stand beside the trail and are not those that were committed. What was forgotten is not there, and that
-- is as it should be. Rows of neighbouring seals have neighbouring numbers and times: each table is read once, in order.
create or replace function audit_kept_wrong(installation boolean, first bigint, last bigint)
  returns table (id bigint, at timestamptz, path text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  chain constant int := chain_of(seal_reader(), installation);
  low bigint;
  high bigint;
  since timestamptz;
  until timestamptz;
begin
  select min(x.id), max(x.id), min(x.at), max(x.at)
    into low, high, since, until
    from audit_sealed d
    cross join unnest(d.ids, d.ats) x(id, at)
   where d.agency_id = chain and d.number between first and last;
  return query
    select a.id, a.at, p.path
      from audit_personal p
      join audit_log a on a.id = p.audit_id
      cross join lateral (select split_part(p.path, '.', 1) as side,
                                 substr(p.path, strpos(p.path, '.') + 1) as col) w
     where p.audit_id between low and high
       and a.agency_id = chain
       and a.at between since and until
       and (case w.side when 'before' then a.before else a.after end) -> w.col
           is distinct from commitment(p.salt, p.value);
end $$;

-- Whoever gives a digest says it of a seal that is there, in the words of the seal.
create or replace function audit_digest_keep(installation boolean, number bigint, document text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  chain constant int := chain_of(seal_keeper(), installation);
begin
  if not exists (select
                   from audit_seal s
                  where s.agency_id = chain
                    and s.number = audit_digest_keep.number
                    and document::jsonb @> jsonb_build_object(
                          'format', 'debtflow-audit-digest-1', 'agency_id', chain, 'number', s.number, 'total', s.total,
                          'head', encode(s.head, 'hex'))) then
    perform fail('DF409', 'digest_fits', format('this is no digest of seal %s', number), 'make it again');
  end if;
  insert into audit_digest (agency_id, number, made_at, document)
  values (chain, number, clock_timestamp(), document);
end $$;

-- Somebody says that they checked the seals of a chain, and how much they found.
create or replace function audit_checked(installation boolean, first bigint, last bigint, findings bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_reader();
begin
  insert into audit_check (agency_id, chain, first, last, findings, checked_at, user_id)
  values (who.agency_id, chain_of(who, installation), first, last, findings, clock_timestamp(), who.user_id);
  if findings > 0 then
    perform security_note('audit.differs',
                          detail => jsonb_build_object('findings', findings, 'seals', array[first, last]));
  end if;
end $$;

create or replace function seal_health() returns table (name text, ok boolean, detail text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_reader();
begin
  return query
    select 'seals', coalesce(s.waiting_since > clock_timestamp() - interval '15 minutes', true),
           format('%s rows of the audit trail are sealed, %s wait', s.total, s.waiting)
             || coalesce(' since ' || to_char(s.waiting_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), '')
      from audit_seal_state() s;
  return query
    select 'seals checked', coalesce(c.findings = 0, true),
           case when c.findings is null then 'nobody has checked them yet: debtflow audit verify'
                else format('%s findings on %s by %s', c.findings,
                            to_char(c.checked_at at time zone 'UTC', 'YYYY-MM-DD'), u.login) end
      from (select) nothing
      left join lateral (select k.*
                           from audit_check k
                          where k.agency_id = who.agency_id and k.chain = who.agency_id
                          order by k.id desc
                          limit 1) c on true
      left join users u on u.id = c.user_id;
end $$;

grant execute on function audit_seal_state, audit_added, audit_leaves, audit_named, audit_kept_wrong, audit_checked
  to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
grant execute on function audit_seal_state, audit_digest_keep to debtflow_worker;
grant execute on function audit_digest_keep, seal_health to debtflow_supervisor, debtflow_agency_admin;
