-- What the browser of the trail asks beside rows: whether they are sealed, filters that people keep, taking rows out.
set role debtflow_owner;

-- Of each row the seal that holds it, and when that seal was last checked and nothing was found.
create or replace function audit_proofs(ids bigint[], ats timestamptz[])
  returns table (audit_id bigint, seal bigint, verified_at timestamptz)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
  with who as materialized (select (me()).agency_id),
  asked as materialized (select id, at from unnest(ids, ats) as x(id, at)),
  near as materialized (
    select distinct s.agency_id, s.number
      from asked x
      join audit_seal s on tstzrange(s.first_at, s.last_at, '[]') @> x.at
      join who using (agency_id)
  ),
  held as (
    select distinct on (x.id) x.id, n.number
      from near n
      join audit_sealed d using (agency_id, number)
      cross join unnest(d.ids, d.ats) as e(id, at)
      join asked x on x.id = e.id and x.at = e.at
     order by x.id, n.number
  )
  select h.id, h.number,
         (select case when c.findings = 0 then c.checked_at end
            from audit_check c
            join who using (agency_id)
           where c.chain = who.agency_id and h.number between c.first and c.last
           order by c.id desc
           limit 1)
    from held h
$$;

-- Of security events, the seal that holds the list that they stand in: it is made within a day.
create or replace function security_proofs(ids bigint[], ats timestamptz[])
  returns table (audit_id bigint, seal bigint, verified_at timestamptz)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  agency constant int := (me()).agency_id;
  events bigint[];
  lists bigint[];
  list_ats timestamptz[];
begin
  select array_agg(x.id), array_agg(l.id), array_agg(l.at)
    into events, lists, list_ats
    from unnest(ids, ats) x(id, at)
    cross join lateral (select a.id, a.at
                          from audit_log a
                         where a.agency_id = agency
                           and a.act = 'seal.events'
                           and a.at >= x.at and a.at < x.at + interval '2 days'
                           and a.after -> 'ids' @> to_jsonb(x.id)
                         order by a.at, a.id
                         limit 1) l;
  return query
    select e.event, p.seal, p.verified_at
      from unnest(events, lists) e(event, list)
      join audit_proofs(lists, list_ats) p on p.audit_id = e.list;
end $$;
select operators_may('execute on function audit_proofs, security_proofs');

-- Filters are their owner's alone. The trail does without their text: it would be found among the notes.
select row_policy('own', 'audit_filter', $$
         for select to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector
         using (user_id = (select (me()).user_id))$$),
       kernel_works('audit_filter', 'user_id = (select (me()).user_id)'),
       audit_table('audit_filter', 'user', 'user_id', '', 'name', 'agency_id,user_id,saved_at,text');
select operators_may('select on audit_filter');
grant insert, delete on audit_filter to debtflow_kernel;
grant update (text, saved_at) on audit_filter to debtflow_kernel;

-- Taking rows of the trail out: said before the first row leaves, and again with what left. Gives how many may.
select act_ships('audit.export', 'export', 'take rows of the audit trail out', 'your role does not take the trail out',
                 'audit_export_role', 'supervisor agency_admin', 'collector supervisor agency_admin readonly');

set role debtflow_kernel;

create or replace function audit_filter_save(name text, query text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform act_begin('audit.filter_save');
  if length(btrim(name)) not between 1 and 60 or name is null then
    perform fail('DF400', 'name', 'a filter''s name has 1 to 60 characters', 'give it another name');
  elsif length(query) > 1000 or query is null then
    perform fail('DF400', 'query', 'a filter has up to 1000 characters', 'leave something out');
  elsif (select count(*) >= 100
           from audit_filter f
          where f.user_id = who.user_id and f.name <> audit_filter_save.name) then
    perform fail('DF422', 'filters_most', 'you keep 100 filters already', 'drop one first');
  end if;
  insert into audit_filter as f (agency_id, user_id, name, text, saved_at)
  values (who.agency_id, who.user_id, btrim(audit_filter_save.name), query, kernel_now())
  on conflict on constraint audit_filter_pkey do update set text = excluded.text, saved_at = excluded.saved_at;
end $$;

create or replace function audit_filter_drop(name text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform act_begin('audit.filter_drop');
  delete from audit_filter f where f.user_id = who.user_id and f.name = audit_filter_drop.name;
  if not found then
    perform fail('DF404', 'audit_filter', 'you keep no filter of this name', 'debtflow audit filters');
  end if;
end $$;

-- A question without the words that were searched for: they may name somebody, and security events stay for good.
create or replace function audit_query_bare(query text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select regexp_replace(query, 'text:("([^"]|"")*"|[^[:space:]]+)', 'text:…', 'gi')
$$;

create or replace function audit_export_begin(query text, form text) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'audit.export');
  if form is null or form not in ('csv', 'jsonl', 'parquet') then
    perform fail('DF400', 'form', 'the trail is taken out as csv, jsonl or parquet');
  end if;
  perform step_up_wanted('export');
  perform security_note('export', detail => jsonb_build_object(
    'what', 'audit', 'state', 'begun', 'form', form, 'query', left(audit_query_bare(query), 1000),
    'most', limit_of(who, 'export')));
  return limit_of(who, 'export');
end $$;

create or replace function audit_export_done(form text, rows bigint, sha256 text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform only_who_may(me(), 'audit.export');
  perform security_note('export', detail => jsonb_build_object(
    'what', 'audit', 'state', 'done', 'form', left(form, 10), 'rows', rows, 'sha256', left(sha256, 64)));
end $$;

select operators_may('execute on function audit_filter_save, audit_filter_drop, audit_export_begin, audit_export_done');
