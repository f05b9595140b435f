-- Disputes: the payer's bank takes the money back at once and the provider keeps a fee, which the agency's own
-- commission pays. A dispute that is won brings it back.
set role debtflow_owner;

grant update (state, fee, heard_at, closed_at, returned_id, regained_id) on dispute to debtflow_kernel;
select operators_may('select on dispute');
select audit_table('dispute', 'account', 'account_id', '', '', 'id,agency_id,account_id,heard_at');

set role debtflow_kernel;

-- Brings what the provider has kept for a dispute to `fee`: more of it, or some of it given back.
create or replace function dispute_fee(d dispute, p payment, fee bigint) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  more constant bigint := fee - d.fee;
  book constant int := (select min(l.debit) / 16 from leg l where l.transfer_id = p.id);
  commission constant int := book * 16 + 6;
  trust constant int := book * 16 + 1;
begin
  if more = 0 then
    return;
  end if;
  perform ledger_post(jsonb_build_array(jsonb_build_object(
    'kind', 'gateway_fee', 'effective_on', agency_today(p.agency_id),
    'family_id', (select t.family_id from transfer t where t.id = p.id),
    'legs', jsonb_build_array(jsonb_build_object(
      'debit', case when more > 0 then commission else trust end,
      'credit', case when more > 0 then trust else commission end,
      'account_id', p.account_id, 'amount', abs(more))))));
end $$;

-- Takes back what is left of the payment: not what was returned before. An inquiry takes nothing.
create or replace function dispute_opened(d dispute, p payment, taken bigint, who identity) returns dispute
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  rest constant bigint := least(taken, p.amount - (returned_of(p)).amount);
begin
  if rest > 0 then
    d.returned_id := give_back(
      p, rest, 'chargeback', md5('dispute ' || d.agency_id || ' ' || d.provider_id)::uuid, who);
  end if;
  return d;
end $$;

-- Heard: {payment, provider_id, state: open|won|lost, amount, taken, currency, fee, fee_currency, reason, opened_at,
-- source}. Gives processed, replayed, or unposted where the payment itself was not heard of yet.
create or replace function dispute_hear(heard jsonb) returns text
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := charge_clerk();
  told constant text := heard ->> 'state';
  fee bigint := greatest((heard ->> 'fee')::bigint, 0);
  c charge;
  d dispute;
  was dispute;
  p payment;
begin
  perform act_begin('charge.dispute', 'chargeback');
  perform period_shared(who.agency_id);
  select x.* into c
    from charge x
    join account a on a.id = x.account_id
   where x.agency_id = who.agency_id and x.provider_id = heard ->> 'payment';
  if c.payment_id is null then
    return case when c.id is null then 'unknown' else 'unposted' end;
  end if;
  perform from account_balance b where b.account_id = c.account_id for no key update;
  select * into strict p from payment x where x.id = c.payment_id;
  if heard ->> 'currency' is distinct from p.currency::text then
    perform security_note('dispute.mismatch', 'currency', 'account', c.account_id, heard);
    return 'mismatch';
  end if;
  if heard ->> 'fee_currency' is distinct from p.currency::text then
    fee := 0;
  end if;
  insert into dispute as n (agency_id, account_id, charge_id, gateway, provider_id, amount, currency, state, reason,
                            opened_at, heard_at)
  values (c.agency_id, c.account_id, c.id, c.gateway, heard ->> 'provider_id', (heard ->> 'amount')::bigint, p.currency,
          'open', left(coalesce(heard ->> 'reason', 'general'), 200), (heard ->> 'opened_at')::timestamptz,
          kernel_now())
  on conflict do nothing;
  select * into strict was
    from dispute x
   where x.agency_id = c.agency_id and x.gateway = c.gateway and x.provider_id = heard ->> 'provider_id'
     for no key update;
  d := was;
  if was.state <> 'open' then
    return 'replayed';
  end if;
  if d.returned_id is null and told <> 'won' then
    d := dispute_opened(d, p, coalesce((heard ->> 'taken')::bigint, 0), who);
  elsif told = 'won' and d.returned_id is not null then
    d.regained_id := regain(
      d.returned_id, md5('won ' || d.agency_id || ' ' || d.provider_id)::uuid, who, 'charge.dispute');
  end if;
  d.fee := case told when 'open' then greatest(fee, d.fee) else fee end;
  perform dispute_fee(was, p, d.fee);
  update dispute x
     set state = told, fee = d.fee, heard_at = kernel_now(), returned_id = d.returned_id, regained_id = d.regained_id,
         closed_at = case when told <> 'open' then kernel_now() end
   where x.id = d.id;
  return case when (d.state, d.fee, d.returned_id, d.regained_id) is distinct from
                   (told, was.fee, was.returned_id, was.regained_id) then 'processed' else 'replayed' end;
end $$;

select worker_may('execute on function dispute_hear');
