-- A debtor's contacts: added, changed, removed. One of a kind is primary; lookup finds the account by each of them.
set role debtflow_kernel;

-- Adds a contact, or changes the one that `contact` names.
create or replace function account_contact_save(
  number text,
  kind text,
  value text,
  label text,
  is_primary boolean,
  contact bigint default null
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'account.contact');
  wanted debtor_contact;
  saved bigint := contact;
begin
  wanted.kind := kind; wanted.value := value; wanted.label := label; wanted.is_primary := is_primary;
  perform from debtor d where d.id = a.debtor_id for no key update;
  if exists (
    select
      from debtor_contact c
     where c.debtor_id = a.debtor_id
       and c.kind = wanted.kind
       and c.value = wanted.value
       and c.removed_at is null
       and c.id is distinct from contact
  ) then
    perform fail('DF422', 'contact_known', 'this contact is on the account already', 'change its label instead');
  end if;
  if wanted.is_primary then
    update debtor_contact c
       set is_primary = false
     where c.debtor_id = a.debtor_id and c.kind = wanted.kind and c.is_primary and c.id is distinct from contact;
  end if;
  if contact is null then
    insert into debtor_contact (agency_id, debtor_id, kind, value, label, is_primary)
    values (a.agency_id, a.debtor_id, wanted.kind, wanted.value, wanted.label, wanted.is_primary)
    returning id into saved;
  else
    update debtor_contact c
       set value = wanted.value, label = wanted.label, is_primary = wanted.is_primary
     where c.id = contact and c.debtor_id = a.debtor_id and c.kind = wanted.kind and c.removed_at is null;
    if not found then
      perform fail('DF404', 'contact', format('account %s has no such %s', number, wanted.kind),
                   'look at the account again');
    end if;
  end if;
  perform account_index(array[a.id]),
          activity_add(a, 'contact', wanted.kind || case when contact is null then ' added' else ' changed' end);
  return (select c from contacts_of(a.debtor_id) c where (c ->> 'id')::bigint = saved);
end $$;

create or replace function account_contact_remove(number text, contact bigint) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'account.contact_remove');
  gone text;
begin
  perform from debtor d where d.id = a.debtor_id for no key update;
  update debtor_contact c
     set removed_at = kernel_now(), is_primary = false
   where c.id = contact and c.debtor_id = a.debtor_id and c.removed_at is null
  returning kind into gone;
  if not found then
    perform fail('DF404', 'contact', format('account %s has no such contact', number), 'look at the account again');
  end if;
  perform account_index(array[a.id]), activity_add(a, 'contact', gone || ' removed');
end $$;

select operators_may('execute on function account_contact_save, account_contact_remove');
