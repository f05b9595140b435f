-- Reading the trail: the parts that no plain SELECT may show.
set role debtflow_owner;

-- The personal values behind commitments, for rows the caller may see; digits and contacts masked by role.
create or replace function audit_values(ids bigint[], ats timestamptz[])
  returns table (audit_id bigint, path text, value text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  sees constant text[] := sight(who);
begin
  return query
    select p.audit_id, p.path,
           seen_as(audit_family(p.path, p.value), p.value, sees)
      from unnest(ids, ats) as asked(id, at)
      join audit_log a on a.agency_id = who.agency_id and a.at = asked.at and a.id = asked.id
      join audit_personal p on p.audit_id = a.id
     where who.role <> 'collector'
        or a.user_id = who.user_id
        or (a.entity = 'account'
            and exists (select from account x where x.id = a.entity_id and x.collector_id = who.user_id))
        or (a.entity = 'debtor'
            and exists (select from account x where x.debtor_id = a.entity_id and x.collector_id = who.user_id));
end $$;

create or replace function audit_origins(sessions bigint[]) returns table (session_id bigint, origin text)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select s.id, s.origin
    from session s
   where s.id = any (sessions)
     and s.agency_id = (me()).agency_id
     and ((me()).role <> 'collector' or s.user_id = (me()).user_id)
$$;

select operators_may('execute on function audit_values, audit_origins');
