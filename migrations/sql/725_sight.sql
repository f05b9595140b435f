-- What of a person is seen in full, and how the rest is shown. Five kinds of personal values are masked by the caller's
-- role: phone numbers, e-mail and postal addresses, the digits of a social security number, and what bank transfers are
-- known by. Which role sees which is a right like any other (see.phone …); every function that gives such a value back
-- passes it through here, and the columns themselves are in no grant.
set role debtflow_owner;

create or replace function personal_families() returns text[]
  language sql immutable parallel safe
as $$
  select array['phone', 'email', 'address', 'ssn', 'bank']
$$;

-- What this person's role sees in full, asked once a statement.
create or replace function sight(who identity) returns text[]
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(array_agg(f.name), '{}')
    from unnest(personal_families()) as f(name)
    join office_act a on a.name = 'see.' || f.name
    left join permission p on p.agency_id = who.agency_id and p.act = a.name and p.role = who.role
   where who.role = any (a.possible) and coalesce(p.allowed, who.role = any (a.shipped))
$$;

-- The mask of a value: enough to recognise what one knows already, never enough to use it.
create or replace function masked(family text, value text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when value is null or value = '' then value
    when family = 'phone' and value ~ '^\+[0-9]{8,15}$'
    then case when value like '+1%' then '+1' else '+••' end || ' ••• ••• ' || right(value, 4)
    when family = 'email' and value ~ '^[^@\s]+@[^@\s]+$' then left(value, 1) || '•••@' || split_part(value, '@', 2)
    when family = 'ssn' and value ~ '^[0-9]{4}$' then '···' || right(value, 1)
    when family = 'bank' and length(value) > 6 then '•••' || right(value, 2)
    else '•••'
  end
$$;

create or replace function hides(family text, sees text[]) returns boolean
  language sql immutable parallel safe
as $$
  select family is not null and not family = any (sees)
$$;

create or replace function seen_as(family text, value text, sees text[]) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case when hides(family, sees) then masked(family, value) else value end
$$;

-- Whose own entry it is sees what they typed.
create or replace function seen_reference(
  method text,
  reference text,
  entered_by int,
  who identity,
  sees text[]
) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when method = 'bank_transfer' and entered_by is distinct from who.user_id then seen_as('bank', reference, sees)
    else reference
  end
$$;

-- Where nothing beside a value says what it is.
create or replace function value_family(value text) returns text
  language sql immutable parallel safe
as $$
  select case
    when value ~ '^\+?[0-9 ().-]{7,}$' then 'phone'
    when value like '%@%' then 'email'
    else 'address'
  end
$$;

-- What kind of personal value stands in a column of a client's file: ours by name, the sender's own by what they are
-- called; null for all others.
create or replace function column_family(col text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when col in ('external_ref', 'debtor_name', 'original_amount', 'interest', 'fees', 'costs', 'due_date',
                 'creditor_name', 'account_type', 'adjustment', 'amount', 'bucket', 'reason', 'effective_on',
                 'reference', 'paid_on', 'payer', 'label') then null
    when k.key ~ 'ssn|social|taxid|taxpayer|national' then 'ssn'
    when k.key ~ 'mail' and k.key !~ 'mailing' then 'email'
    when k.key ~ 'phone|mobile|cell|telefon|fax|^tel|^call' then 'phone'
    when k.key ~ 'addr|street|zip|postal|postcode|mailing' then 'address'
    when k.key ~ 'iban|^bic|swift|routing|bank|^aba' then 'bank'
  end
    from (select regexp_replace(lower(col), '[^a-z0-9]', '', 'g') as key) k
$$;

-- The same for a value behind the audit trail, by its path; null for words and names.
create or replace function audit_family(path text, value text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when path like '%.ssn\_last4' then 'ssn'
    when path like '%.value' then value_family(value)
    when path like '%.cell %' then column_family(substr(path, strpos(path, '.cell ') + 6))
  end
$$;

grant execute on function personal_families, sight, masked, hides, seen_as, seen_reference, value_family, column_family
  to debtflow_kernel;
