-- Reversal, never correction: the legs of the original turned round, as a new linked transfer. It never recomputes.
set role debtflow_kernel;

-- Items as they were asked, each with its payment and account. `direction` is +1 where the debt grows again, -1 for a
-- reversal of a reversal.
create or replace function reversal_candidates(items jsonb, agency int) returns table (
  ord bigint,
  submission_id uuid,
  reason text,
  reason_known boolean,
  hash bytea,
  old_id bigint,
  old_hash bytea,
  payment_id bigint,
  amount bigint,
  currency text,
  parts bigint[],
  over bigint,
  direction int,
  done boolean,
  by_hand boolean,
  partly boolean,
  refunding boolean,
  account_id bigint,
  number text,
  due bigint[],
  unapplied bigint,
  version bigint
)
  language sql stable
as $$
  select x.ord, x.submission_id, x.reason, r.name is not null,
         sha256(convert_to(jsonb_build_array('reverse', x.payment, x.reason)::text, 'UTF8')),
         old.id, old.request_hash,
         p.id, p.amount, p.currency::text, p.parts, p.over,
         case when l.debit % 16 in (2, 3) then -1 else 1 end,
         done.id is not null,
         m.by_hand,
         (returned_of(p)).amount > 0,
         exists (select from refund f where f.payment_id = p.id and f.state in ('pending', 'unknown')),
         a.id, a.number, b.due, b.unapplied, b.version
    from rows from (
           jsonb_to_recordset(items) as (payment bigint, submission_id uuid, reason text)
         ) with ordinality as x(payment, submission_id, reason, ord)
    left join payment p on p.id = x.payment and p.agency_id = agency
    left join account a on a.id = p.account_id
    left join account_balance b on b.account_id = a.id
    left join payment_method m on m.name = p.method
    left join reversal_reason r on r.name = x.reason
    left join transfer done on done.reverses = p.id
    left join payment old on old.submission_id = x.submission_id
    left join lateral (select l.debit from leg l where l.transfer_id = p.id order by l.no limit 1) l on true
$$;

-- Items: [{payment, submission_id, reason}], payment is the receipt's number. What a provider holds is given back
-- through the provider, so by hand it is only reversed where the bank took it: `told` says that the provider itself
-- says so.
create or replace function payment_reverse_weigh(
  items jsonb,
  who identity,
  told boolean default false
) returns weighed_reversal[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  answer weighed_reversal[] := array_fill(null::weighed_reversal, array[jsonb_array_length(items)]);
  w weighed_reversal;
  i record;
  in_hand bigint := 0;
  taken bigint[] := '{}';
  keys uuid[] := '{}';
  due bigint[]; unapplied bigint; version bigint;
begin
  for i in select * from reversal_candidates(items, who.agency_id) c order by c.account_id, c.ord loop
    if i.account_id is distinct from in_hand then
      in_hand := i.account_id;
      due := i.due; unapplied := i.unapplied; version := i.version;
    end if;
    w := null;
    w.ord := i.ord; w.submission_id := i.submission_id; w.request_hash := i.hash; w.reason := i.reason;
    w.payment_id := i.payment_id; w.account_id := i.account_id; w.number := i.number;
    w.amount := i.amount; w.currency := i.currency; w.parts := i.parts; w.over := i.over; w.direction := i.direction;
    w.outcome := case
      when i.account_id is null then 'not_found'
      when i.submission_id is null then 'submission_form'
      when i.old_id is not null then case when i.old_hash = i.hash then 'replayed' else 'conflict' end
      when i.submission_id = any (keys) then 'conflict'
      when not i.reason_known then 'reason_unknown'
      when i.done or i.payment_id = any (taken) then 'already_reversed'
      when i.partly then 'partly_returned'
      when not (told or i.by_hand or i.reason in ('nsf', 'chargeback')) then 'method_gateway'
      when i.refunding then 'refund_under_way'
      when 0 > any (plus4(due, i.parts, i.direction)) then 'paid_since'
      when unapplied - i.direction * i.over < 0 then 'unapplied_used'
      else 'reversed'
    end;
    if w.outcome = 'reversed' then
      due := plus4(due, i.parts, i.direction);
      unapplied := unapplied - i.direction * i.over;
      version := version + 1;
      taken := taken || i.payment_id;
      keys := keys || i.submission_id;
    elsif w.outcome = 'replayed' then
      w.reversal_id := i.old_id;
    end if;
    w.due := due; w.unapplied := unapplied; w.version := version;
    answer[i.ord] := w;
  end loop;
  return answer;
end $$;

-- The day of the newest payment that was not taken back for good, in one piece or in several.
create or replace function last_standing_payment(account bigint) returns date
  language sql stable
as $$
  select max(p.effective_on)
    from payment p
   where p.account_id = account and p.reverses is null and (returned_of(p)).amount < p.amount
$$;

create or replace function payment_reverse_write(weighed weighed_reversal[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  at constant timestamptz := kernel_now();
  today constant date := agency_today(who.agency_id);
  ids constant bigint[] := array(select w.reversal_id from unnest(weighed) w where w.outcome = 'reversed');
begin
  insert into payment (
    id, agency_id, account_id, submission_id, request_hash, amount, currency, method, payer,
    parts, over, due_before, bucket_order, effective_on, recorded_at, user_id, reverses, reason
  )
  select w.reversal_id, who.agency_id, w.account_id, w.submission_id, w.request_hash, w.amount, w.currency, p.method,
         p.payer, w.parts, w.over, plus4(w.due, w.parts, -w.direction), p.bucket_order, today, at, who.user_id,
         w.payment_id, w.reason
    from unnest(weighed) w
    join payment p on p.id = w.payment_id
   where w.outcome = 'reversed';

  insert into transfer (id, agency_id, kind, family_id, reverses, effective_on, recorded_at, user_id)
  overriding system value
  select w.reversal_id, who.agency_id, 'reversal', t.family_id, w.payment_id, today, at, who.user_id
    from unnest(weighed) w
    join transfer t on t.id = w.payment_id
   where w.outcome = 'reversed';

  insert into leg (transfer_id, no, debit, credit, account_id, amount, currency, parts)
  select w.reversal_id, l.no, l.credit, l.debit, l.account_id, l.amount, l.currency, l.parts
    from unnest(weighed) w
    join leg l on l.transfer_id = w.payment_id
   where w.outcome = 'reversed';

  update account_balance b
     set due = s.due, unapplied = s.unapplied, version = s.version, last_posted_at = at,
         last_payment_on = last_standing_payment(s.account_id)
    from (select distinct on (account_id) *
            from unnest(weighed) w
           where w.outcome = 'reversed'
           order by account_id, ord desc) s
   where b.account_id = s.account_id;

  perform events_follow(ids, 'PaymentReversed');
  perform books_follow(ids);
end $$;

-- A debt that owes again is open again, in the status it had; one that owes nothing after all is closed again.
create or replace function account_follow_balance(accounts bigint[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform settlements_follow(accounts, who);
  with reopened as (
    update account a
       set status = coalesce(a.status_before, 'assigned'), status_before = null, closed_reason = null
      from account_balance b
     where a.id = any (accounts)
       and b.account_id = a.id
       and a.status = 'closed'
       and a.closed_reason = 'paid_in_full'
       and sum4(b.due) > 0
    returning a.id, a.status
  )
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select who.agency_id, id, kernel_now(), who.user_id, 'status', 'closed → ' || status || ': payment reversed'
    from reopened;
  perform account_paid_in_full(
    array(select b.account_id from account_balance b where b.account_id = any (accounts) and sum4(b.due) = 0), who);
end $$;

create or replace function payment_reverse(items jsonb, token text default null) returns setof weighed_reversal
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who identity;
  weighed weighed_reversal[];
  reversed bigint[] := '{}';
begin
  if token is not null then
    perform set_config('debtflow.session', token, true);
  end if;
  who := me();
  perform only_who_may(who, 'payment.reverse');
  perform period_shared(who.agency_id);
  perform
     from account a
     join account_balance b on b.account_id = a.id
    where a.id in (select p.account_id
                     from jsonb_to_recordset(items) as x(payment bigint)
                     join payment p on p.id = x.payment and p.agency_id = who.agency_id)
    order by a.id
      for no key update of b;
  weighed := payment_reverse_weigh(items, who);
  for n in 1 .. coalesce(cardinality(weighed), 0) loop
    if weighed[n].outcome = 'reversed' then
      weighed[n].reversal_id := nextval('debtflow.transfer_id_seq');
      reversed := reversed || weighed[n].account_id;
    end if;
  end loop;
  if cardinality(reversed) > 0 then
    perform two_persons(who, 'payment.reverse', x.what, x.facts)
       from (select 'reverse ' || string_agg(format('%s of %s on %s: %s', receipt_number(w.payment_id),
                                                    in_words(w.amount, w.currency), w.number, w.reason),
                                             '; ' order by w.payment_id) as what,
                    jsonb_agg(jsonb_build_array(w.payment_id, w.reason) order by w.payment_id) as facts
               from unnest(weighed) w
              where w.outcome = 'reversed') x;
    perform act_begin('payment.reverse', (select string_agg(distinct w.reason, ', ')
                                            from unnest(weighed) w
                                           where w.outcome = 'reversed'));
    perform payment_reverse_write(weighed, who);
    perform account_follow_balance(reversed, who);
  end if;
  perform security_note('reversal.refused', w.outcome, 'account', w.account_id,
                        jsonb_build_object('payment', w.payment_id))
     from unnest(weighed) w
    where w.outcome not in ('reversed', 'replayed');
  return query select * from unnest(weighed);
end $$;

select operators_may('execute on function payment_reverse');
