-- Giving money back, in one piece or in several: a linked transfer with legs of the original turned round, as far as
-- the amount goes. What was returned before is taken into account, so that the pieces come to the whole exactly.
set role debtflow_kernel;

-- How much of a payment's commission has been given back once this much of what was applied has: proportionally,
-- rounded half up on the running total, so that the last piece gives back the exact rest.
create or replace function commission_returned(commission bigint, applied bigint, returned bigint) returns bigint
  language sql immutable parallel safe
as $$
  select case
    when returned >= applied then commission
    else floor((2 * commission::numeric * returned + applied) / (2 * applied))::bigint
  end
$$;

-- What is unapplied goes first, then the buckets in the reverse of the order they were filled in. Where the unapplied
-- part has been used since, the debtor owes it in the bucket that is filled last.
create or replace function give_back_parts(
  p payment,
  amount bigint,
  unapplied bigint,
  out parts bigint[],
  out over bigint
)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  before constant record := returned_of(p);
  rest bigint := amount;
  bucket smallint;
begin
  over := greatest(least(p.over - before.over, unapplied, rest), 0);
  rest := rest - over;
  parts := '{0,0,0,0}';
  for n in reverse 4 .. 1 loop
    bucket := p.bucket_order[n];
    parts[bucket] := greatest(least(p.parts[bucket] - before.parts[bucket], rest), 0);
    rest := rest - parts[bucket];
  end loop;
  bucket := p.bucket_order[4];
  parts[bucket] := parts[bucket] + rest;
end $$;

-- Gives back `amount` of a payment that came through a provider, because the provider did. Whole and for the first time
-- it is a reversal; otherwise a refund of the same family. The account is locked; act_begin was said. Gives the new
-- payment.
create or replace function give_back(
  p payment,
  amount bigint,
  reason text,
  submission uuid,
  who identity
) returns bigint
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  made constant bigint := nextval('debtflow.transfer_id_seq');
  at constant timestamptz := kernel_now();
  today constant date := agency_today(p.agency_id);
  before constant record := returned_of(p);
  b account_balance;
  back record;
  book int;
  commission bigint;
  whole boolean;
begin
  select * into strict b from account_balance x where x.account_id = p.account_id;
  back := give_back_parts(p, amount, b.unapplied);
  select min(l.debit) / 16, coalesce(sum(l.amount) filter (where l.credit % 16 = 6), 0)
    into book, commission
    from leg l
   where l.transfer_id = p.id;
  commission := commission_returned(commission, p.amount - p.over, before.amount - before.over + amount - back.over)
                - commission_returned(commission, p.amount - p.over, before.amount - before.over);
  whole := amount = p.amount and back.parts = p.parts and not exists (select from transfer t where t.reverses = p.id)
           and not exists (select from payment g where g.account_id = p.account_id and g.reverses = p.id);

  insert into payment (
    id, agency_id, account_id, submission_id, request_hash, amount, currency, method, payer,
    parts, over, due_before, bucket_order, effective_on, recorded_at, user_id, reverses, reason
  )
  values (made, p.agency_id, p.account_id, submission,
          sha256(convert_to(jsonb_build_array('give_back', p.id, amount, reason)::text, 'UTF8')),
          amount, p.currency, p.method, p.payer, back.parts, back.over, b.due, p.bucket_order, today, at, who.user_id,
          p.id, reason);
  insert into transfer (id, agency_id, kind, family_id, reverses, effective_on, recorded_at, user_id)
  overriding system value
  select made, p.agency_id, case when whole then 'reversal' else 'refund' end, t.family_id,
         case when whole then p.id end, today, at, who.user_id
    from transfer t
   where t.id = p.id;
  insert into leg (transfer_id, no, debit, credit, account_id, amount, currency, parts)
  select made, l.no, book * 16 + l.debit, book * 16 + l.credit, p.account_id, l.amount, p.currency, l.parts
    from (values
      (1, 2, 1, give_back.amount - back.over, back.parts),
      (2, 3, 1, back.over, null),
      (3, 5, 4, give_back.amount - back.over - commission, null),
      (4, 6, 4, commission, null)) as l(no, debit, credit, amount, parts)
   where l.amount > 0;

  update account_balance x
     set due = plus4(x.due, back.parts), unapplied = x.unapplied - back.over, version = x.version + 1,
         last_posted_at = at, last_payment_on = last_standing_payment(p.account_id)
   where x.account_id = p.account_id;
  perform events_follow(array[made], case when whole then 'PaymentReversed' else 'PaymentRefunded' end),
          books_follow(array[made]);
  perform account_follow_balance(array[p.account_id], who);
  return made;
end $$;

-- A return that came to nothing after all: the money is back. The return is reversed; where the account has moved too
-- far for that, what came back is a payment of its own. Gives the payment that brought it.
create or replace function regain(returned bigint, submission uuid, who identity, act text) returns bigint
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  g payment;
  w weighed_reversal[];
  again weighed_payment[];
begin
  select * into strict g from payment x where x.id = returned;
  w := payment_reverse_weigh(
    jsonb_build_array(jsonb_build_object('payment', returned, 'submission_id', submission, 'reason', g.reason)),
    who, true);
  if w[1].outcome = 'reversed' then
    w[1].reversal_id := nextval('debtflow.transfer_id_seq');
    perform payment_reverse_write(w, who);
    perform account_follow_balance(array[g.account_id], who);
    return w[1].reversal_id;
  end if;
  again := payment_carry(jsonb_build_array(jsonb_build_object(
    'account', (select a.number from account a where a.id = g.account_id), 'submission_id', submission,
    'amount', g.amount, 'currency', g.currency, 'method', g.method, 'reference', 'regained')), who, act, true);
  return again[1].payment_id;
end $$;
