-- The rules of a payment, in one place: preview shows what this says, posting writes what this says.
set role debtflow_kernel;

-- Fills the buckets in order until the money is gone.
create or replace function allocate(amount bigint, due bigint[], bucket_order smallint[]) returns bigint[] language plpgsql immutable parallel safe as $$
declare
  parts bigint[] := '{0,0,0,0}';
  rest bigint := amount;
  bucket smallint;
begin
  foreach bucket in array bucket_order loop
    parts[bucket] := least(rest, due[bucket]);
    rest := rest - parts[bucket];
  end loop;
  return parts;
end $$;

-- Basis points of an amount, rounded half up once; split so that no amount can overflow on the way.
create or replace function commission_on(amount bigint, basis_points int) returns bigint language sql immutable parallel safe as
  'select amount / 10000 * basis_points + (amount % 10000 * basis_points + 5000) / 10000';

-- The newest payment of the same amount within 24 hours that still stands.
create or replace function payment_earlier(account bigint, amount bigint) returns bigint language sql stable set search_path = pg_catalog, debtflow, pg_temp as $$
  select p.id from payment p where p.account_id = account and p.amount = payment_earlier.amount and p.reverses is null
     and p.recorded_at > kernel_now() - interval '24 hours' and not exists (select from transfer t where t.reverses = p.id)
   order by p.id desc limit 1 $$;

-- What was answered when this submission was first posted; another request under the same key is a conflict, and so is the same one for an
-- account of another agency that happens to have the number.
create or replace function payment_replay(w weighed_payment, old_id bigint) returns weighed_payment language plpgsql stable as $$
declare old payment;
begin
  select * into old from payment p where p.id = old_id;
  if old.request_hash <> w.request_hash or old.account_id <> w.account_id then
    w.outcome := 'conflict';
    return w;
  end if;
  w.payment_id := old.id; w.amount := old.amount; w.parts := old.parts; w.over := old.over; w.due_before := old.due_before;
  w.due := plus4(old.due_before, old.parts, -1);
  w.recorded_at := old.recorded_at;
  select u.login into w.entered_by from users u where u.id = old.user_id;
  return w;
end $$;

-- Items: [{account, submission_id, amount, currency, method, reference?, payer?, effective_on?, version?, overpayment?: refuse|unapplied, allow_duplicate?}].
-- Takes no lock. Several items of one account are weighed one after the other. Comparisons are null-safe: a missing value is refused, never passed.
create or replace function payment_weigh(items jsonb, who identity) returns weighed_payment[] language plpgsql stable as $$
declare
  today constant date := agency_today(who.agency_id);
  answer weighed_payment[] := array_fill(null::weighed_payment, array[jsonb_array_length(items)]);
  w weighed_payment;
  i record;
  in_hand bigint := 0;
  due bigint[]; unapplied bigint; version bigint; last_on date;
  amounts bigint[]; keys uuid[] := '{}';
begin
  for i in
    select x.*, a.id as account_id, a.number, a.status, a.placed_on, a.currency as account_currency, c.book_id, b.due, b.unapplied, b.version as current_version,
           b.last_payment_on, b.last_posted_at, k.commission_bp, k.bucket_order, k.starts_on, m.in_trust, a.debtor_name,
           (select p.id from payment p where p.submission_id = x.submission_id) as old_id, coalesce(x.effective_on, today) as on_day,
           sha256(convert_to(jsonb_build_array(x.account, x.amount, x.currency, x.method, x.reference, x.payer, x.effective_on, x.overpayment)::text, 'UTF8')) as hash
      from rows from (jsonb_to_recordset(items) as (account text, submission_id uuid, amount numeric, currency text, method text, reference text, payer text,
                      effective_on date, version numeric, overpayment text, allow_duplicate boolean)) with ordinality
             as x(account, submission_id, amount, currency, method, reference, payer, effective_on, version, overpayment, allow_duplicate, ord)
      left join account a on a.agency_id = who.agency_id and a.number = x.account
      left join account_balance b on b.account_id = a.id
      left join client c on c.id = a.client_id
      left join lateral (select k.commission_bp, k.bucket_order, k.starts_on from contract k
                          where k.client_id = a.client_id and k.starts_on <= coalesce(x.effective_on, today) order by k.starts_on desc limit 1) k on true
      left join payment_method m on m.name = x.method
     order by a.id, x.ord
  loop
    if i.account_id is distinct from in_hand then
      in_hand := i.account_id; due := i.due; unapplied := i.unapplied; version := i.current_version; last_on := i.last_payment_on; amounts := '{}';
    end if;
    w := null;
    w.ord := i.ord; w.submission_id := i.submission_id; w.account_id := i.account_id; w.number := coalesce(i.number, i.account); w.status := i.status; w.book_id := i.book_id;
    w.currency := i.account_currency; w.method := i.method; w.in_trust := i.in_trust; w.reference := i.reference; w.payer := coalesce(i.payer, 'debtor');
    w.effective_on := i.on_day; w.bucket_order := i.bucket_order; w.contract_since := i.starts_on; w.due_before := due; w.request_hash := i.hash;
    w.debtor := i.debtor_name; w.recorded_at := kernel_now(); w.entered_by := session_user;
    w.parts := '{0,0,0,0}'; w.over := 0; w.commission := 0;
    w.outcome := case
      when i.account_id is null then 'not_found'
      when i.submission_id is null then 'submission_form'
      when i.old_id is not null then 'replayed'
      when i.submission_id = any (keys) then 'conflict'
      when i.in_trust is null then 'method_unknown'
      when i.currency is distinct from i.account_currency then 'currency'
      when i.amount is null or i.amount not between 1 and 1000000000000000 or i.amount <> trunc(i.amount) then 'amount_form'
      when length(i.reference) > 100 then 'reference_long'
      when w.payer not in ('debtor', 'spouse', 'attorney', 'employer', 'third_party') then 'payer_unknown'
      when i.version is not null and i.version <> i.current_version then 'stale'
      when i.status in ('closed', 'settled') then 'closed'
      when sum4(due) = 0 then 'closed'
      when i.on_day > today then 'future_date'
      when i.on_day < i.placed_on then 'before_placement'
      when i.bucket_order is null then 'no_contract'
    end;
    if w.outcome is null then
      w.amount := i.amount;
      w.parts := allocate(w.amount, due, i.bucket_order);
      w.over := w.amount - sum4(w.parts);
      if not coalesce(i.allow_duplicate, false) then
        if i.last_posted_at > kernel_now() - interval '24 hours' then w.earlier := payment_earlier(i.account_id, w.amount); end if;
        if w.earlier is not null or w.amount = any (amounts) then w.outcome := 'duplicate'; end if;
      end if;
      if w.over > 0 and (i.overpayment is distinct from 'unapplied' or not i.in_trust) then w.outcome := 'overpayment'; end if;
    end if;
    if w.outcome is null then
      w.outcome := 'posted';
      w.commission := commission_on(w.amount - w.over, i.commission_bp);
      due := plus4(due, w.parts, -1);
      unapplied := unapplied + w.over;
      version := version + 1;
      last_on := greatest(last_on, w.effective_on);
      amounts := amounts || w.amount;
      keys := keys || w.submission_id;
    elsif w.outcome = 'replayed' then
      w := payment_replay(w, i.old_id);
    end if;
    if w.outcome <> 'replayed' then w.due := due; end if;
    w.unapplied := unapplied; w.version := version; w.last_payment_on := last_on;
    answer[i.ord] := w;
  end loop;
  return answer;
end $$;

create or replace function payment_preview(items jsonb) returns setof weighed_payment language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as
  'select * from unnest(payment_weigh(items, me()))';
