-- One transfer with everything that belongs to it: its legs, its family, and the document it comes from.
set role debtflow_kernel;

create or replace function ledger_named(ledger int) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_build_object('client', c.code, 'kind', k.name)
    from ledger_kind k
    left join client c on c.book_id = ledger / 16
   where k.slot = ledger % 16
$$;

create or replace function legs_of(transfer bigint) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_agg(jsonb_build_object(
           'no', l.no, 'debit', ledger_named(l.debit), 'credit', ledger_named(l.credit), 'account', a.number,
           'amount', l.amount, 'currency', l.currency, 'parts', l.parts) order by l.no)
    from leg l
    left join account a on a.id = l.account_id
   where l.transfer_id = legs_of.transfer
$$;

-- All that was ever done about one movement of money, oldest first.
create or replace function family_of(t transfer) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_agg(jsonb_build_object(
           'id', f.id, 'kind', f.kind, 'receipt', case when p.id is not null then receipt_number(p.id) end,
           'effective_on', f.effective_on, 'recorded_at', f.recorded_at, 'by', u.login, 'reverses', f.reverses,
           'reason', p.reason,
           'amount', (select l.amount from leg l where l.transfer_id = f.id order by l.no limit 1),
           'currency', (select l.currency from leg l where l.transfer_id = f.id order by l.no limit 1)) order by f.id)
    from transfer f
    left join payment p on p.id = f.id
    left join users u on u.id = f.user_id
   where f.id = t.family_id or (f.family_id = t.family_id and f.family_id <> f.id)
$$;

-- What brought a payment in: a charge at the provider, a line of a keyed batch, a receipt over several debts.
create or replace function payment_came_by(p payment) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return jsonb_build_object(
    'charge', (select c.id from charge c where c.payment_id = p.id),
    'gateway', (select c.gateway from charge c where c.payment_id = p.id),
    'spread', (select receipt_number(r.receipt_id) from receipt_part r where r.payment_id = p.id))
    || coalesce((select jsonb_build_object('payment_batch', l.batch_id, 'line', l.no)
                   from payment_batch_line l
                  where l.submission_id = p.submission_id and l.payment_id = p.id), '{}');
end $$;

-- What a transfer was made from: a receipt, a reversal, an adjustment, a row of a file, or the act itself.
create or replace function source_of(t transfer) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return coalesce(
    (select jsonb_build_object(
              'kind', case when p.reverses is null then 'receipt' when t.kind = 'refund' then 'refund'
                           else 'reversal' end,
              'ref', receipt_number(p.id),
              'method', p.method, 'payer', p.payer,
              'reference', seen_reference(p.method, p.reference, p.user_id, me(), sight(me())),
              'reason', p.reason, 'what', r.what, 'of', receipt_number(p.reverses)) || payment_came_by(p)
       from payment p
       left join reversal_reason r on r.name = p.reason
      where p.id = t.id),
    (select jsonb_build_object(
              'kind', 'import', 'ref', b.id::text, 'batch', b.id, 'file', b.file_name, 'row', a.import_row,
              'external_ref', a.external_ref)
       from import_batch b
       join leg l on l.transfer_id = t.id and l.no = 1
       left join account a on a.id = l.account_id
      where b.id = t.import_batch_id),
    (select jsonb_build_object('kind', 'adjustment', 'ref', x.id::text, 'act', x.kind, 'reason', x.reason)
       from adjustment x
      where x.id = t.id),
    jsonb_build_object('kind', t.kind, 'ref', t.id::text));
end $$;

create or replace function transfer_picture(id bigint) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  who constant identity := books_reader();
  t transfer;
begin
  select * into t from transfer x where x.id = transfer_picture.id and x.agency_id = who.agency_id;
  if not found then
    perform fail('DF404', 'transfer', format('there is no transfer %s', id), 'debtflow ledger statement lists them');
  end if;
  return jsonb_build_object(
    'id', t.id, 'kind', t.kind,
    'receipt', (select receipt_number(p.id) from payment p where p.id = t.id),
    'effective_on', t.effective_on, 'recorded_at', t.recorded_at,
    'by', (select u.login from users u where u.id = t.user_id),
    'account', (select a.number from leg l join account a on a.id = l.account_id
                 where l.transfer_id = t.id order by l.no limit 1),
    'reverses', t.reverses,
    'reversed_by', (select r.id from transfer r where r.reverses = t.id),
    'legs', legs_of(t.id), 'family', family_of(t), 'source', source_of(t));
end $$;

select operators_may('execute on function transfer_picture');
