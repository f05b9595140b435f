-- Security events are sealed with the trail: every minute their hashes become a row of it, a list of those that are over,
-- and that row is sealed like any other. An event that is changed, removed or slipped in later no longer fits its list.
set role debtflow_owner;

create or replace function security_leaf(e security_event) returns bytea
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select sha256(record_send(row(e.id, e.at, e.agency_id, e.user_id, e.session_id, e.login, e.kind, e.rule, e.entity,
                                e.entity_id, e.detail::text)))
$$;

-- The events of a chain from some moment on; those of nobody's agency are the installation's.
create or replace function security_events_of(chain int, since timestamptz) returns setof security_event
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select e
    from security_event e
   where e.agency_id = nullif(chain, 0) and e.at >= since
   union all
  select e
    from security_event e
   where chain = 0 and (e.agency_id is null or e.agency_id = 0) and e.at >= since
$$;

-- What the lists of a chain say: which events, under which hash. Lists that have left the database are not looked at.
create or replace function security_listed(chain int, since timestamptz)
  returns table (id bigint, leaf bytea, listed_at timestamptz)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select x.id::bigint, substring(decode(a.after ->> 'leaves', 'hex') from (x.place::int - 1) * 32 + 1 for 32), a.at
    from audit_log a
    cross join lateral jsonb_array_elements_text(a.after -> 'ids') with ordinality x(id, place)
   where a.agency_id = chain and a.act = 'seal.events' and a.at >= since
$$;

-- Lists the next events whose transactions, and all before them, have ended; how many there were. A transaction that
-- wrote an event more than a day before it ended would be too late, and is told as added.
create or replace function security_seal(installation boolean default false, most int default 200) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := seal_keeper();
  chain constant int := chain_of(who, installation);
  newest constant bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  oldest constant bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  since timestamptz;
  ids bigint[];
  leaves bytea;
begin
  if not pg_try_advisory_xact_lock(4627402, chain) then
    return 0;
  end if;
  since := coalesce((select coalesce(e.at, a.at)
                       from audit_log a
                       left join security_event e on e.id = a.entity_id
                      where a.agency_id = chain and a.act = 'seal.events'
                      order by a.at desc
                      limit 1) - interval '1 day', '-infinity');
  select array_agg(f.id), string_agg(f.leaf, '')
    into ids, leaves
    from (select e.id, security_leaf(e) as leaf
            from security_events_of(chain, since) e
            join security_event s on s.id = e.id
           where newest - ((newest - s.xmin::text::bigint) & 4294967295) < oldest
             and e.id not in (select l.id from security_listed(chain, since) l)
           order by e.at, e.id
           limit least(greatest(most, 1), 1000)) f;
  if ids is null then
    return 0;
  end if;
  insert into audit_log (at, agency_id, user_id, session_id, login, act, entity, entity_id, after)
  values (clock_timestamp(), chain, who.user_id, who.session_id, session_user, 'seal.events', 'security_event',
          ids[cardinality(ids)], jsonb_build_object('ids', to_jsonb(ids), 'leaves', encode(leaves, 'hex')));
  return cardinality(ids);
end $$;

-- Events that are not what their list says, or in no list though they are older than the newest that is; the words of
-- the database, and as many as are asked for.
create or replace function security_wrong(installation boolean, since timestamptz, until timestamptz, most int)
  returns table (what text, id bigint, at timestamptz)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = off
as $$
declare
  chain constant int := chain_of(seal_reader(), installation);
begin
  return query
    with listed as materialized (select l.* from security_listed(chain, '-infinity') l),
    here as materialized (select e.id, e.at, security_leaf(e) as leaf from security_events_of(chain, '-infinity') e),
    reach as (
      select min(h.at) as first, max(h.at) - interval '1 day' as last
        from listed l
        join here h on h.id = l.id
    ),
    wrong as (
      select case when h.id is null then 'removed' else 'changed' end as what, l.id, coalesce(h.at, l.listed_at) as at
        from listed l
        left join here h on h.id = l.id
       where h.leaf is distinct from l.leaf
       union all
      select 'added', h.id, h.at
        from here h
        cross join reach r
       where h.at between r.first and r.last
         and h.id not in (select l.id from listed l)
    )
    select w.what, w.id, w.at
      from wrong w
     where w.at >= since and w.at < until
     order by w.at, w.id
     limit most;
end $$;

grant execute on function security_seal to debtflow_worker, debtflow_supervisor, debtflow_agency_admin;
grant execute on function security_wrong to debtflow_agency_admin, debtflow_supervisor, debtflow_readonly;
