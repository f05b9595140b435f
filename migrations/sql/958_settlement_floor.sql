-- The least that a client settles for, a term of its dated contract.
set role debtflow_useradmin;

-- Sets it from a day on; null takes it away. The other terms stay as they are.
create or replace function client_settlement_floor(agency_code text, code text, floor_bp int, starts_on date)
  returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  home constant int := agency_to_administer(agency_code);
  from_day constant date := coalesce(client_settlement_floor.starts_on, agency_today(home));
  c client;
begin
  select * into c from client x where x.agency_id = home and x.code = client_settlement_floor.code for update;
  if not found then
    perform fail('DF404', 'client', format('there is no client %s', code), 'debtflow client list');
  elsif floor_bp not between 1 and 10000 then
    perform fail('DF400', 'floor', 'a floor is 1 to 10,000 basis points of the balance', '60 % is 6000',
                 '{"field": "floor"}');
  end if;
  perform act_begin('client.settlement_floor');
  perform contract_renew(c, from_day, null, null, null, null);
  update contract k
     set settlement_floor_bp = floor_bp
   where k.client_id = c.id and k.starts_on = from_day;
end $$;

create or replace function client_settlement_floors()
  returns table (code text, name text, floor_bp int, since date)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select c.code, c.name, k.settlement_floor_bp, k.starts_on
    from client c
    join lateral (select * from contract k
                   where k.client_id = c.id and k.starts_on <= agency_today(c.agency_id)
                   order by k.starts_on desc
                   limit 1) k on true
   where case when is_installer() then true else c.agency_id = (me()).agency_id end
   order by c.code
$$;

grant execute on function client_settlement_floor to debtflow_agency_admin, debtflow_owner;
select operators_may('execute on function client_settlement_floors');
grant execute on function client_settlement_floors to debtflow_owner;
