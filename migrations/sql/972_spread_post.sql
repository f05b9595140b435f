-- Posting a receipt over several debts: all of its parts in one act, or none.
set role debtflow_kernel;

-- Refuses what cannot be a receipt whatever the accounts hold.
create or replace function spread_form(form jsonb) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  amounts constant jsonb[] := array(select form -> 'amount' union all select value from jsonb_each(form -> 'lines'));
begin
  if (form ->> 'submission_id') is null then
    perform fail('DF400', 'submission_id', 'a receipt needs a submission id', '', '{"field": "submission_id"}');
  elsif exists (select
                  from unnest(amounts) a
                 where jsonb_typeof(a) is distinct from 'number'
                    or not case when jsonb_typeof(a) = 'number'
                                then a::numeric between 1 and 1000000000000000 and a::numeric = trunc(a::numeric)
                           end) then
    perform fail('DF400', 'amount', 'an amount is at least one cent', 'write it like 250.00', '{"field": "amount"}');
  elsif form ->> 'instruction' is not null and coalesce(form -> 'lines', '{}') = '{}' then
    perform fail('DF400', 'instruction', 'an instruction of the payer names accounts and amounts',
                 'name them, or leave the instruction out', '{"field": "instruction"}');
  elsif not exists (select from payment_method m where m.name = form ->> 'method' and m.in_trust and m.by_hand) then
    perform fail('DF400', 'method', format('%s cannot be spread over several debts', form ->> 'method'),
                 'cash, check or bank_transfer', '{"field": "method"}');
  end if;
end $$;

-- A receipt as it was given: its parts with their payments, and what was left out and why.
create or replace function receipt_picture(r receipt) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select to_jsonb(r) - '{request_hash,agency_id,user_id}'::text[] || jsonb_build_object(
           'receipt', receipt_number(r.id),
           'account', (select a.number from account a where a.id = r.account_id),
           'method', (select min(p.method) from payment p join receipt_part x on x.payment_id = p.id
                       where x.receipt_id = r.id),
           'reference', (select min(seen_reference(p.method, p.reference, p.user_id, me(), sight(me())))
                           from payment p
                           join receipt_part x on x.payment_id = p.id
                          where x.receipt_id = r.id),
           'by', (select u.login from users u where u.id = r.user_id),
           'rule_of', (select c.code from client c where c.id = r.rule_client_id),
           'whole', (select count(*) = count(a.id) from receipt_part x left join account a on a.id = x.account_id
                      where x.receipt_id = r.id),
           'lines', (select jsonb_agg(jsonb_build_object(
                              'no', x.no, 'number', a.number, 'debtor', a.debtor_name, 'client', c.code,
                              'status', a.status, 'placed_on', a.placed_on, 'skipped', x.skipped,
                              'receipt', receipt_number(p.id), 'amount', p.amount, 'parts', p.parts, 'over', p.over,
                              'due_before', p.due_before, 'due', b.due, 'bucket_order', p.bucket_order,
                              'since', k.starts_on, 'version', b.version,
                              'reversed_by', receipt_number(t.id))
                              order by x.no)
                       from receipt_part x
                       join account a on a.id = x.account_id
                       join account_balance b on b.account_id = a.id
                       join client c on c.id = a.client_id
                       left join payment p on p.id = x.payment_id
                       left join transfer t on t.reverses = p.id
                       left join lateral (select k.starts_on
                                            from contract k
                                           where k.client_id = c.id and k.starts_on <= r.effective_on
                                           order by k.starts_on desc
                                           limit 1) k on true
                      where x.receipt_id = r.id))
$$;

create or replace function receipt_write(form jsonb, w jsonb, paid weighed_payment[], who identity) returns receipt
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  r receipt;
  decides jsonb := (select l from jsonb_array_elements(w -> 'lines') l where (l ->> 'decides')::boolean);
begin
  insert into receipt (
    id, agency_id, account_id, submission_id, request_hash, amount, currency, basis, instruction, rule, rule_client_id,
    rule_since, rules_agree, effective_on, recorded_at, user_id
  )
  select nextval('debtflow.transfer_id_seq'), who.agency_id, a.id, (form ->> 'submission_id')::uuid, spread_hash(form),
         (form ->> 'amount')::bigint, form ->> 'currency', w ->> 'basis', form ->> 'instruction',
         case w ->> 'basis' when 'policy' then decides ->> 'rule' end, (decides ->> 'client_id')::int,
         (decides ->> 'since')::date, (w ->> 'agree')::boolean, paid[1].effective_on, kernel_now(), who.user_id
    from account a
   where a.agency_id = who.agency_id and a.number = form ->> 'account'
  returning * into strict r;
  insert into receipt_part (receipt_id, no, agency_id, account_id, payment_id, skipped)
  select r.id, l.no, who.agency_id, l.account_id, p.payment_id,
         case when p.payment_id is null then coalesce(l.skipped, 'nothing_left') end
    from jsonb_to_recordset(w -> 'lines') as l(no int, account_id bigint, skipped text)
    left join unnest(paid) p on p.account_id = l.account_id;
  return r;
end $$;

-- Posts all parts or none. Locks the period, then every account of the person that the caller may see, by id. What was
-- posted under this submission before is given again; another request under it is a conflict.
create or replace function payment_spread(form jsonb, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  who identity;
  r receipt;
  w jsonb;
  paid weighed_payment[];
begin
  if token is not null then
    perform set_config('debtflow.session', token, true);
  end if;
  who := me();
  perform only_who_may(who, 'payment.spread');
  perform spread_form(form);
  perform period_shared(who.agency_id);
  perform payment_lock(who.agency_id, (
    select coalesce(jsonb_agg(jsonb_build_object('account', a.number)), '[]')
      from spread_accounts(account_seen(form ->> 'account'), agency_today(who.agency_id)) a));
  select * into r from receipt x where x.submission_id = (form ->> 'submission_id')::uuid;
  if found then
    return case when r.request_hash = spread_hash(form)
                then receipt_picture(r) || '{"outcome": "replayed"}'
                else '{"outcome": "conflict"}' end;
  end if;
  w := spread_weigh(form, who);
  if w ->> 'outcome' <> 'posted' then
    if w ->> 'outcome' <> 'stale' then
      perform security_note('spread.refused', w ->> 'outcome', 'account', (account_seen(form ->> 'account')).id,
                            jsonb_build_object('amount', form -> 'amount'));
    end if;
    return w;
  end if;
  paid := payment_carry(w -> 'items', who, 'payment.spread');
  if exists (select from unnest(paid) p where p.outcome <> 'posted') then
    perform fail('DF422', 'spread_whole', 'the parts of this receipt were not all posted, so none was');
  end if;
  r := receipt_write(form, w, paid, who);
  return receipt_picture(r) || '{"outcome": "posted"}';
end $$;

create or replace function receipt_show(receipt bigint) returns jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select receipt_picture(r)
    from receipt r
   where r.id = receipt_show.receipt
     and exists (select from receipt_part x join account a on a.id = x.account_id where x.receipt_id = r.id)
$$;

select operators_may('execute on function payment_spread, receipt_show');
