-- Which debtors are one person. By itself only on equal name, last four digits of the social security number, and a
-- phone or e-mail in common: a wrong link tells a stranger about a debt.
set role debtflow_kernel;

-- For each of these debtors that is like an earlier one: the earliest. A key that many share is looked up once.
create or replace function person_roots(agency int, debtors bigint[]) returns table (debtor_id bigint, root_id bigint)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
  with alike as materialized (
    select d.last_norm, d.first_norm, d.ssn_last4, c.kind, c.value, array_agg(d.id) as ids
      from debtor d
      join debtor_contact c on c.debtor_id = d.id
     where d.id = any (debtors)
       and d.ssn_last4 is not null
       and c.kind in ('phone', 'email')
       and c.removed_at is null
     group by d.last_norm, d.first_norm, d.ssn_last4, c.kind, c.value
  ),
  found as (
    select a.ids,
           (select o.id
              from debtor o
             where o.agency_id = agency
               and o.ssn_last4 = a.ssn_last4
               and o.last_norm = a.last_norm
               and o.first_norm = a.first_norm
               and exists (select
                             from debtor_contact c
                            where c.debtor_id = o.id
                              and c.kind = a.kind
                              and c.value = a.value
                              and c.removed_at is null)
             order by o.id
             limit 1) as earliest
      from alike a
  )
  select x.id, min(f.earliest)
    from found f
    cross join unnest(f.ids) as x(id)
   group by x.id
  having min(f.earliest) < x.id
$$;

-- Likeness runs in chains (one by phone, the next by e-mail), so links are followed until nothing moves.
create or replace function persons_link(agency int, debtors bigint[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  ids bigint[];
  roots bigint[];
begin
  select array_agg(r.debtor_id), array_agg(r.root_id) into ids, roots from person_roots(agency, debtors) r;
  if ids is null then return; end if;
  with nobody as materialized (
    select d.id as debtor_id, nextval('debtflow.person_id_seq') as person_id
      from debtor d
     where d.id = any (roots) and d.id <> all (ids) and d.person_id is null
  ),
  made as (
    insert into person (id, agency_id)
    overriding system value
    select person_id, agency
      from nobody
  )
  update debtor d
     set person_id = n.person_id
    from nobody n
   where d.id = n.debtor_id;
  loop
    update debtor d
       set person_id = root.person_id
      from unnest(ids, roots) as l(id, root_id)
      join debtor root on root.id = l.root_id
     where d.id = l.id and d.person_id is null and root.person_id is not null;
    exit when not found;
  end loop;
end $$;
