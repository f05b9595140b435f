-- Agencies and their clients: opened, and changed by dated contracts.
set role debtflow_owner;

-- How many accounts a client has: a count the office lists, whoever holds them.
create or replace function client_accounts(client int) returns bigint
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*) from account where client_id = client
$$;
grant execute on function client_accounts to debtflow_useradmin;

-- Somebody of the agency whom accounts can be assigned to.
create or replace function assignable_user(login text, agency int) returns int
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  uid int;
begin
  select u.id
    into uid
    from users u
    join user_roles r on r.user_id = u.id
   where u.login = assignable_user.login
     and u.agency_id = agency
     and u.disabled_at is null
     and r.role in ('collector', 'supervisor', 'agency_admin');
  if not found then
    perform fail('DF404', 'collector', format('%s is not somebody accounts can be assigned to', login),
                 'debtflow user list');
  end if;
  return uid;
end $$;
grant execute on function assignable_user to debtflow_kernel, debtflow_useradmin;

set role debtflow_useradmin;

-- The agency a caller may administer: an installer any by its code, an agency administrator their own.
create or replace function agency_to_administer(code text) returns int
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  wanted int;
  m identity;
begin
  select id into wanted from agency a where a.code = agency_to_administer.code;
  if is_installer() then
    if wanted is null then
      perform fail('DF404', 'agency', format('there is no agency %s', coalesce(code, '(none named)')),
                   'debtflow agency add');
    end if;
    return wanted;
  end if;
  m := me();
  perform only_who_may(m, 'office.administer');
  if code is not null and wanted is distinct from m.agency_id then
    perform fail('DF404', 'agency', format('there is no agency %s', code));
  end if;
  return m.agency_id;
end $$;

-- Codes of agencies and clients have one form; `thing` says which of them this one is for.
create or replace function code_check(code text, thing text) returns void
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if code is null or code !~ '^[A-Z][A-Z0-9_]{1,15}$' then
    perform fail('DF400', 'code', format('%s is not %s code', code, thing),
                 'capital letters and digits, 2 to 16 of them', '{"field": "code"}');
  end if;
end $$;

-- ISO 4217's active currencies: one that is none cannot be shown to anybody.
create or replace function currency_check(currency text) returns void
  language plpgsql immutable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  known constant text := '
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH
    UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
  ';
begin
  if currency is null or currency <> all (regexp_split_to_array(btrim(known, e' \n'), '\s+')) then
    perform fail('DF400', 'currency', format('%s is not a currency', currency),
                 'write its ISO code, such as USD or EUR', '{"field": "currency"}');
  end if;
end $$;

create or replace function agency_create(code text, name text, zone text, currency text) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  opened int;
begin
  if not is_installer() then
    perform fail('DF403', 'installer', 'only the installation''s owner adds an agency');
  end if;
  if not exists (select from pg_timezone_names z where z.name = zone and z.name ~ '/|^UTC$') then
    perform fail('DF400', 'zone', format('%s is not an IANA time zone', zone), 'write it like America/Chicago',
                 '{"field": "zone"}');
  end if;
  perform code_check(code, 'an agency');
  perform currency_check(currency);
  if exists (select from agency a where a.code = agency_create.code) then
    perform fail('DF422', 'agency_code_key', format('there is already an agency %s', code));
  end if;
  perform act_begin('agency.add');
  insert into agency (code, name, zone, currency)
  values (code, name, zone, currency)
  returning id into opened;
  return opened;
end $$;

create or replace function client_collectors_set(client int, agency int, rule text, collectors text[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if rule = 'one_collector' and cardinality(collectors) <> 1 then
    perform fail('DF400', 'collectors', 'the rule one_collector needs exactly one collector', '',
                 '{"field": "collectors"}');
  elsif coalesce(cardinality(collectors), 0) = 0 then
    perform fail('DF400', 'collectors', 'name at least one collector', '', '{"field": "collectors"}');
  elsif cardinality(collectors) > (select count(distinct c) from unnest(collectors) c) then
    perform fail('DF400', 'collectors', 'name each collector once', '', '{"field": "collectors"}');
  end if;
  delete from client_collector c where c.client_id = client;
  insert into client_collector (client_id, position, user_id)
  select client, c.position, assignable_user(c.login, agency)
    from unnest(collectors) with ordinality as c(login, position);
end $$;

-- Whoever leaves is no client's collector any more: the first of the takers who is not yet there comes in their place.
-- Gives how many clients that were; holds them in the order of their ids.
create or replace function client_collectors_hand_over(leaver int, takers int[]) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  clients int[];
begin
  clients := array(select c.id
                     from client c
                    where exists (select from client_collector x where x.client_id = c.id and x.user_id = leaver)
                    order by c.id
                      for no key update);
  update client_collector x
     set user_id = p.taker
    from (select c.id, (select t.taker
                          from unnest(takers) with ordinality as t(taker, no)
                         where not exists (select from client_collector y
                                            where y.client_id = c.id and y.user_id = t.taker)
                         order by t.no
                         limit 1) as taker
            from unnest(clients) c(id)) p
   where x.client_id = p.id and x.user_id = leaver and p.taker is not null;
  delete from client_collector x where x.user_id = leaver;
  return cardinality(clients);
end $$;
grant execute on function client_collectors_hand_over to debtflow_kernel;

create or replace function client_create(
  agency_code text,
  code text,
  name text,
  commission_bp int,
  bucket_order smallint[],
  starts_on date,
  rule text,
  collectors text[],
  currency text default null,
  spread_rule text default null,
  interest_bp int default null
) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  home constant int := agency_to_administer(agency_code);
  money constant text := coalesce(currency, (select a.currency from agency a where a.id = home));
  opened int;
begin
  perform code_check(code, 'a client');
  perform currency_check(money);
  if exists (select from client c where c.agency_id = home and c.code = client_create.code) then
    perform fail('DF422', 'client_code_key', format('there is already a client %s', code));
  end if;
  perform act_begin('client.add');
  insert into client (agency_id, book_id, code, name, assignment_rule)
  values (home, book_open(home, money), code, name, rule)
  returning id into opened;
  insert into contract (agency_id, client_id, starts_on, commission_bp, bucket_order, spread_rule, interest_bp)
  values (home, opened, starts_on, commission_bp, bucket_order, coalesce(client_create.spread_rule, 'oldest_first'),
          coalesce(client_create.interest_bp, 0));
  perform client_collectors_set(opened, home, rule, collectors);
  return opened;
end $$;

-- A contract is dated: a change of terms is a new one from a day on, and payments effective before keep the old.
create or replace function contract_renew(
  client client,
  starts_on date,
  commission_bp int,
  bucket_order smallint[],
  spread_rule text,
  interest_bp int
) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  terms contract;
begin
  select * into terms from contract k where k.client_id = client.id order by k.starts_on desc limit 1;
  if contract_renew.starts_on < terms.starts_on then
    perform fail('DF422', 'contract_forward',
                 format('the contract in force starts on %s: a new one cannot start before it', terms.starts_on));
  end if;
  insert into contract (agency_id, client_id, starts_on, commission_bp, bucket_order, spread_rule, interest_bp,
                        settlement_floor_bp)
  values (client.agency_id, client.id, contract_renew.starts_on,
          coalesce(contract_renew.commission_bp, terms.commission_bp),
          coalesce(contract_renew.bucket_order, terms.bucket_order),
          coalesce(contract_renew.spread_rule, terms.spread_rule),
          coalesce(contract_renew.interest_bp, terms.interest_bp), terms.settlement_floor_bp)
  on conflict on constraint contract_client_start_key
  do update set commission_bp = excluded.commission_bp, bucket_order = excluded.bucket_order,
                spread_rule = excluded.spread_rule, interest_bp = excluded.interest_bp;
end $$;

create or replace function client_edit(
  agency_code text,
  code text,
  name text default null,
  commission_bp int default null,
  bucket_order smallint[] default null,
  starts_on date default null,
  rule text default null,
  collectors text[] default null,
  spread_rule text default null,
  interest_bp int default null
) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  home constant int := agency_to_administer(agency_code);
  c client;
begin
  select * into c from client x where x.agency_id = home and x.code = client_edit.code for update;
  if not found then
    perform fail('DF404', 'client', format('there is no client %s', code), 'debtflow client list');
  end if;
  perform act_begin('client.edit');
  if name is not null or rule is not null then
    update client x
       set name = coalesce(client_edit.name, x.name), assignment_rule = coalesce(rule, x.assignment_rule)
     where x.id = c.id;
  end if;
  if num_nonnulls(commission_bp, bucket_order, spread_rule, interest_bp) > 0 then
    perform contract_renew(c, coalesce(starts_on, agency_today(home)), commission_bp, bucket_order, spread_rule,
                           interest_bp);
  end if;
  if collectors is not null then
    perform client_collectors_set(c.id, home, coalesce(rule, c.assignment_rule), collectors);
  end if;
  return c.id;
end $$;
