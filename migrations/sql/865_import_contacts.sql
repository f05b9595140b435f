-- Release of contacts: each becomes the debtor's first of its kind; those that were there stay, behind it.
set role debtflow_kernel;

-- Makes a contact the first of its kind: the one that is there, or a new one. Says what it did.
create or replace function contact_first(agency int, debtor bigint, kind text, value text, label text) returns jsonb
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  demoted bigint[];
  known bigint;
  first boolean;
  added bigint;
begin
  select c.id, c.is_primary
    into known, first
    from debtor_contact c
   where c.debtor_id = debtor
     and c.kind = contact_first.kind
     and c.value = contact_first.value
     and c.removed_at is null
   order by c.id
   limit 1;
  if first then return null; end if;
  with was as (
    update debtor_contact c
       set is_primary = false
     where c.debtor_id = debtor and c.kind = contact_first.kind and c.is_primary and c.removed_at is null
    returning c.id
  )
  select array_agg(id) into demoted from was;
  if known is null then
    insert into debtor_contact (agency_id, debtor_id, kind, value, label, is_primary)
    values (agency, debtor, contact_first.kind, contact_first.value, contact_first.label, true)
    returning id into added;
  else
    update debtor_contact c set is_primary = true where c.id = known;
  end if;
  return jsonb_strip_nulls(jsonb_build_object('added', added, 'raised', known, 'lowered', to_jsonb(demoted)));
end $$;

create or replace function import_reach(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  x record;
  steps jsonb;
  done jsonb := '[]';
  accounts bigint[] := '{}';
begin
  for x in
    select n.row_no, a.id, a.debtor_id, r.parsed, k.version
      from unnest(rows) as n(row_no)
      join import_row r on r.batch_id = b.id and r.row_no = n.row_no
      join account a
        on a.client_id = b.client_id
       and a.external_ref = r.ref
       and a.closed_reason is distinct from 'placement_undone'
      join account_balance k on k.account_id = a.id
     order by n.row_no
  loop
    select coalesce(jsonb_agg(s.step), '[]')
      into steps
      from (select contact_first(b.agency_id, x.debtor_id, k.kind, x.parsed ->> k.kind, x.parsed ->> 'label') as step
              from unnest(array['phone', 'email', 'address']) as k(kind)
             where x.parsed ->> k.kind is not null) s
     where s.step is not null;
    accounts := accounts || x.id;
    done := done || jsonb_build_object(
      'row_no', x.row_no, 'account_id', x.id, 'said', 'contacts from the client',
      'effect', jsonb_build_object('contacts', steps, 'version', jsonb_build_array(x.version, x.version)));
  end loop;
  perform import_landed(b, who, done), account_index(accounts);
end $$;
