-- Weighing: every rule of a payment applied in order. Preview shows what this says, posting writes what this says.
set role debtflow_kernel;

-- Items as they were asked, each with its account, contract and method; all of these are null where there is none. No
-- settings of its own: so it is planned as a part of the query that asks. Each limit 1 keeps a plan that was made on an
-- empty table from reading a full one.
create or replace function payment_candidates(items jsonb, agency int, today date) returns table (
  ord bigint,
  submission_id uuid,
  amount numeric,
  currency text,
  method text,
  reference text,
  payer text,
  on_day date,
  seen numeric,
  overpayment text,
  allow_duplicate boolean,
  hash bytea,
  old_id bigint,
  account_id bigint,
  number text,
  status text,
  placed_on date,
  account_currency text,
  debtor text,
  book_id int,
  due bigint[],
  unapplied bigint,
  version bigint,
  last_payment_on date,
  last_posted_at timestamptz,
  held bigint,
  in_trust boolean,
  by_hand boolean,
  commission_bp int,
  bucket_order smallint[],
  contract_since date,
  month_closed boolean
)
  language sql stable
as $$
  select x.ord, x.submission_id, x.amount, x.currency, x.method, x.reference, coalesce(x.payer, 'debtor'),
         coalesce(x.effective_on, today), x.version, x.overpayment, x.allow_duplicate,
         sha256(convert_to(jsonb_build_array(x.account, x.amount, x.currency, x.method, x.reference, x.payer,
                                             x.effective_on, x.overpayment)::text, 'UTF8')),
         (select p.id from payment p where p.submission_id = x.submission_id),
         a.id, coalesce(a.number, x.account), a.status, a.placed_on, a.currency::text, a.debtor_name, c.book_id,
         b.due, b.unapplied, b.version, b.last_payment_on, b.last_posted_at, b.held,
         m.in_trust, m.by_hand, k.commission_bp, k.bucket_order, k.starts_on,
         exists (select
                   from closed_period q
                  where q.agency_id = agency
                    and q.month = date_trunc('month', coalesce(x.effective_on, today))::date)
    from rows from (
           jsonb_to_recordset(items) as (
             account text, submission_id uuid, amount numeric, currency text, method text, reference text, payer text,
             effective_on date, version numeric, overpayment text, allow_duplicate boolean)
         ) with ordinality as x(account, submission_id, amount, currency, method, reference, payer,
                                effective_on, version, overpayment, allow_duplicate, ord)
    left join lateral (select * from account a where a.agency_id = agency and a.number = x.account limit 1) a on true
    left join lateral (select * from account_balance b where b.account_id = a.id limit 1) b on true
    left join client c on c.id = a.client_id
    left join lateral (select k.commission_bp, k.bucket_order, k.starts_on
                         from contract k
                        where k.client_id = a.client_id and k.starts_on <= coalesce(x.effective_on, today)
                        order by k.starts_on desc
                        limit 1) k on true
    left join payment_method m on m.name = x.method
$$;

-- Items: [{account, submission_id, amount, currency, method, reference?, payer?, effective_on?, version?,
-- overpayment?: refuse|unapplied, allow_duplicate?}]. Takes no lock. Several items of one account are weighed one after
-- the other: due, unapplied, version and last_on are the account's, as the items before have left it. What charges under
-- way hold is not to be had. Money that was `received` is there already: nothing refuses it, and what does not fit the
-- debt is kept as unapplied. `most` is what somebody who enters it may enter at once, null for no limit.
create or replace function payment_weigh(
  items jsonb,
  who identity,
  received boolean default false,
  most bigint default null
) returns weighed_payment[]
  language plpgsql stable
as $$
declare
  today constant date := agency_today(who.agency_id);
  answer weighed_payment[] := array_fill(null::weighed_payment, array[jsonb_array_length(items)]);
  w weighed_payment;
  i record;
  in_hand bigint := 0;
  due bigint[]; unapplied bigint; version bigint; last_on date;
  amounts bigint[]; keys uuid[] := '{}';
begin
  for i in select * from payment_candidates(items, who.agency_id, today) c order by c.account_id, c.ord loop
    if i.account_id is distinct from in_hand then
      in_hand := i.account_id; amounts := '{}';
      due := i.due; unapplied := i.unapplied; version := i.version; last_on := i.last_payment_on;
    end if;
    w := null;
    w.ord := i.ord; w.submission_id := i.submission_id; w.request_hash := i.hash;
    w.account_id := i.account_id; w.number := i.number; w.status := i.status; w.debtor := i.debtor;
    w.book_id := i.book_id; w.currency := i.account_currency; w.due_before := due;
    w.method := i.method; w.in_trust := i.in_trust; w.reference := i.reference; w.payer := i.payer;
    w.effective_on := i.on_day; w.bucket_order := i.bucket_order; w.contract_since := i.contract_since;
    w.recorded_at := kernel_now(); w.entered_by := session_user; w.held := i.held;
    w.parts := '{0,0,0,0}'; w.over := 0; w.commission := 0;
    w.outcome := case
      when i.account_id is null then 'not_found'
      when i.submission_id is null then 'submission_form'
      when i.old_id is not null then 'replayed'
      when i.submission_id = any (keys) then 'conflict'
      when i.in_trust is null then 'method_unknown'
      when not (i.by_hand or received) then 'method_gateway'
      when i.currency is distinct from i.account_currency then 'currency'
      else coalesce(
        payment_form_rule(i.amount, i.reference, i.payer),
        case when received then 'received' end,
        case when i.amount > most then 'limit' end,
        case when i.seen is not null and i.seen <> i.version then 'stale' end,
        payment_debt_rule(i.status, due),
        payment_day_rule(i.on_day, today, i.placed_on, i.bucket_order),
        case when i.month_closed and not may(who, 'payment.late') then 'period_closed' end)
    end;
    if w.outcome = 'received' then
      w.amount := i.amount;
      w.bucket_order := coalesce(i.bucket_order, '{4,3,2,1}');
      if i.status not in ('closed', 'settled') then w.parts := allocate(w.amount, due, w.bucket_order); end if;
      w.over := w.amount - sum4(w.parts);
      w.outcome := 'posted';
    elsif w.outcome is null then
      w.amount := i.amount;
      w.parts := allocate(least(w.amount, greatest(sum4(due) - i.held, 0)), due, i.bucket_order);
      w.over := w.amount - sum4(w.parts);
      if not coalesce(i.allow_duplicate, false) and i.last_posted_at > kernel_now() - interval '24 hours' then
        w.earlier := payment_earlier(i.account_id, w.amount);
      end if;
      w.outcome := case
        when w.over > 0 and (i.overpayment is distinct from 'unapplied' or not i.in_trust) then 'overpayment'
        when w.earlier is not null then 'duplicate'
        when w.amount = any (amounts) and not coalesce(i.allow_duplicate, false) then 'duplicate'
        else 'posted'
      end;
    end if;
    if w.outcome = 'posted' then
      w.commission := commission_on(w.amount - w.over, coalesce(i.commission_bp, 0));
      due := plus4(due, w.parts, -1); unapplied := unapplied + w.over; version := version + 1;
      last_on := greatest(last_on, w.effective_on);
      amounts := amounts || w.amount; keys := keys || w.submission_id;
    elsif w.outcome = 'replayed' then
      w := payment_replay(w, i.old_id);
    end if;
    if w.outcome <> 'replayed' then w.due := due; end if;
    w.unapplied := unapplied; w.version := version; w.last_payment_on := last_on;
    answer[i.ord] := w;
  end loop;
  return answer;
end $$;

create or replace function payment_preview(items jsonb) returns setof weighed_payment
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
  select * from unnest(payment_weigh(items, me(), most => limit_of(me(), 'payment')))
$$;
