-- What a debtor left with a provider for later charges: names and last digits, never a number.
set role debtflow_owner;

select kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['gateway_customer', 'saved_method']::regclass[]) t;
select office_reads('saved_method'),
       collectors_read('saved_method', 'exists (select from account a where a.debtor_id = saved_method.debtor_id)');
grant insert on gateway_customer, saved_method to debtflow_kernel;
grant update (provider_id) on gateway_customer to debtflow_kernel;
grant update (brand, last4, expires, removed_at) on saved_method to debtflow_kernel;
select operators_may('select (id, agency_id, debtor_id, gateway, kind, brand, last4, expires, added_at, removed_at) '
                     'on saved_method');
select audit_table('gateway_customer', 'debtor', 'debtor_id', '', '', 'id,agency_id,debtor_id,key'),
       audit_table('saved_method', 'debtor', 'debtor_id', '', 'provider_id,brand,last4,expires', 'id,agency_id,debtor_id');

set role debtflow_kernel;

create or replace function methods_of(number text)
  returns table (id bigint, kind text, brand text, last4 text, expires text, added_at timestamptz)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select m.id, m.kind, m.brand, m.last4, m.expires, m.added_at
    from saved_method m
   where m.debtor_id = (select (account_seen(number)).debtor_id) and m.removed_at is null
   order by m.id desc
$$;

-- The debtor's customer at a provider; its key is kept before the provider is asked, so that asking twice makes one.
create or replace function customer_of(debtor bigint, agency int, gateway text) returns gateway_customer
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found_one gateway_customer;
begin
  insert into gateway_customer as g (agency_id, debtor_id, gateway, key, made_at)
  values (agency, debtor, gateway, gen_random_uuid(), kernel_now())
  on conflict on constraint gateway_customer_once do nothing;
  select * into strict found_one
    from gateway_customer g
   where g.debtor_id = debtor and g.gateway = customer_of.gateway;
  return found_one;
end $$;

-- What the provider calls this customer: noted before anything is charged, so that a charge can be looked for later.
create or replace function customer_known(customer bigint, provider_id text) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select act_begin('customer.known');
  update gateway_customer g
     set provider_id = customer_known.provider_id
   where g.id = customer
     and g.provider_id is null
     and may(me(), 'charge.make')
     and exists (select from account a where a.debtor_id = g.debtor_id)
$$;

-- Keeps a method that was left at the provider; one that was removed here stays removed.
create or replace function method_keep(agency int, debtor bigint, gateway text, saved jsonb) returns bigint
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  insert into saved_method as m (agency_id, debtor_id, gateway, provider_id, kind, brand, last4, expires, added_at)
  select agency, debtor, method_keep.gateway, s.provider_id, s.kind, left(s.brand, 60), s.last4, s.expires, kernel_now()
    from jsonb_to_record(saved) as s(provider_id text, kind text, brand text, last4 text, expires text)
   where s.provider_id is not null
  on conflict (agency_id, gateway, provider_id) do update
     set brand = excluded.brand, last4 = excluded.last4, expires = excluded.expires
   where m.debtor_id = excluded.debtor_id
  returning id
$$;

-- Gives the provider's name of the method, so that the provider can be told to forget it.
create or replace function method_remove(number text, method bigint) returns text
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  a account := account_open(number, 'method.remove');
  token text;
begin
  update saved_method m
     set removed_at = coalesce(m.removed_at, kernel_now())
   where m.id = method and m.debtor_id = a.debtor_id
  returning m.provider_id into token;
  if not found then
    perform fail('DF404', 'method', format('account %s has no saved method %s', number, method),
                 'debtflow payment methods ' || number);
  end if;
  return token;
end $$;

select operators_may('execute on function methods_of, method_remove');
select worker_may('execute on function methods_of');
select operators_may('execute on function customer_known'), worker_may('execute on function customer_known');
