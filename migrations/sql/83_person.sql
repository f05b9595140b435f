-- Which debtors are one person. By itself only on equal name, last four digits of the social security number, and a phone or e-mail in common:
-- a wrong link tells a stranger about a debt.
set role debtflow_kernel;

-- For each of these debtors that is like an earlier one: the earliest. A key that many share is looked up once.
create or replace function person_roots(agency int, debtors bigint[]) returns table (debtor_id bigint, root_id bigint) language sql stable
  set search_path = pg_catalog, debtflow, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
  with mine as (
    select d.id, d.last_norm, d.first_norm, d.ssn_last4, c.kind, c.value
      from debtor d join debtor_contact c on c.debtor_id = d.id
     where d.id = any (debtors) and d.ssn_last4 is not null and c.kind in ('phone', 'email') and c.removed_at is null),
  likeness as (
    select k.*, (select o.id from debtor o
                  where o.agency_id = agency and o.ssn_last4 = k.ssn_last4 and o.last_norm = k.last_norm and o.first_norm = k.first_norm
                    and exists (select from debtor_contact c where c.debtor_id = o.id and c.kind = k.kind and c.value = k.value and c.removed_at is null)
                  order by o.id limit 1) as earliest
      from (select distinct last_norm, first_norm, ssn_last4, kind, value from mine) k)
  select m.id, min(l.earliest) from mine m join likeness l using (last_norm, first_norm, ssn_last4, kind, value)
   group by m.id having min(l.earliest) < m.id $$;

-- Likeness runs in chains (one by phone, the next by e-mail), so links are followed until nothing moves.
create or replace function persons_link(agency int, debtors bigint[]) returns void language plpgsql set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  ids bigint[];
  roots bigint[];
begin
  select array_agg(r.debtor_id), array_agg(r.root_id) into ids, roots from person_roots(agency, debtors) r;
  if ids is null then return; end if;
  with nobody as materialized (
    select d.id as debtor_id, nextval('debtflow.person_id_seq') as person_id from debtor d where d.id = any (roots) and d.id <> all (ids) and d.person_id is null),
  made as (insert into person (id, agency_id) overriding system value select person_id, agency from nobody)
  update debtor d set person_id = n.person_id from nobody n where d.id = n.debtor_id;
  loop
    update debtor d set person_id = root.person_id from unnest(ids, roots) as l(id, root_id) join debtor root on root.id = l.root_id
     where d.id = l.id and d.person_id is null and root.person_id is not null;
    exit when not found;
  end loop;
end $$;
