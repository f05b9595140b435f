-- Posting adjustments: lock, weigh, write. Preview shows what weighing says.
set role debtflow_kernel;

create or replace function adjustment_candidates(items jsonb, agency int, today date) returns table (
  ord bigint,
  submission_id uuid,
  kind text,
  reason text,
  reason_known boolean,
  closes_as text,
  amount numeric,
  whole boolean,
  currency text,
  bucket numeric,
  on_day date,
  seen numeric,
  hash bytea,
  old_id bigint,
  account_id bigint,
  number text,
  debtor text,
  status text,
  placed_on date,
  account_currency text,
  book_id int,
  due bigint[],
  held bigint,
  version bigint,
  bucket_order smallint[]
)
  language sql stable
as $$
  select x.ord, x.submission_id, x.kind, x.reason, r.name is not null, r.closes_as, x.amount, coalesce(x.whole, false),
         x.currency, x.bucket, coalesce(x.effective_on, today), x.version,
         sha256(convert_to(jsonb_build_array(x.account, x.kind, x.reason, x.amount, x.whole, x.currency, x.bucket,
                                             x.effective_on)::text, 'UTF8')),
         (select d.id from adjustment d where d.submission_id = x.submission_id),
         a.id, coalesce(a.number, x.account), a.debtor_name, a.status, a.placed_on, a.currency::text, c.book_id,
         b.due, b.held, b.version, k.bucket_order
    from rows from (
           jsonb_to_recordset(items) as (
             account text, submission_id uuid, kind text, reason text, amount numeric, whole boolean, currency text,
             bucket numeric, effective_on date, version numeric)
         ) with ordinality as x(account, submission_id, kind, reason, amount, whole, currency, bucket, effective_on,
                                version, ord)
    left join account a on a.agency_id = agency and a.number = x.account
    left join account_balance b on b.account_id = a.id
    left join client c on c.id = a.client_id
    left join adjustment_reason r on r.kind = x.kind and r.name = x.reason and r.kind <> 'reversal'
    left join lateral (select k.bucket_order
                         from contract k
                        where k.client_id = a.client_id and k.starts_on <= today
                        order by k.starts_on desc
                        limit 1) k on true
$$;

-- What was answered when this submission was first posted.
create or replace function adjustment_replay(w weighed_adjustment, old_id bigint) returns weighed_adjustment
  language plpgsql stable
as $$
declare
  old adjustment;
begin
  select * into old from adjustment d where d.id = old_id;
  if old.request_hash <> w.request_hash or old.account_id is distinct from w.account_id then
    w.outcome := 'conflict';
    return w;
  end if;
  w.adjustment_id := old.id; w.reverses := old.reverses; w.reason := old.reason; w.kind := old.kind;
  w.amount := old.amount; w.parts := old.parts; w.due_before := old.due_before; w.closes_as := old.closed_as;
  w.due := plus4(old.due_before, old.parts,
                 case when adjustment_raises(old.kind) = (old.reverses is null) then 1 else -1 end);
  w.effective_on := old.effective_on; w.recorded_at := old.recorded_at;
  select u.login into w.entered_by from users u where u.id = old.user_id;
  return w;
end $$;

-- The rules about the debt itself, once the form is known to be good.
create or replace function adjustment_rule(w weighed_adjustment, raises boolean) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when not raises and (sum4(w.parts) <> w.amount or 0 > any (plus4(w.due_before, w.parts, -1))) then 'more_than_owed'
    when not raises and sum4(w.due_before) - w.amount < w.held then 'held'
    when raises and sum4(w.due_before) + w.amount > 1000000000000000 then 'too_large'
    when w.amount + w.used > w.most then 'limit'
  end
$$;

-- Items: [{account, submission_id, kind, reason, amount | whole, currency, bucket?, effective_on?, version?}], one
-- after the other where several are of one account. Takes no lock. What a client's file `told` is the client's word about
-- its own debt, so the limits of the person who releases it do not bound it.
create or replace function adjustment_weigh(
  items jsonb,
  who identity,
  told boolean default false
) returns weighed_adjustment[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  today constant date := agency_today(who.agency_id);
  answer weighed_adjustment[] := array_fill(null::weighed_adjustment, array[jsonb_array_length(items)]);
  w weighed_adjustment;
  i record;
  in_hand bigint := 0;
  gone boolean;
  due bigint[]; version bigint; keys uuid[] := '{}'; done jsonb := '{}';
begin
  for i in select * from adjustment_candidates(items, who.agency_id, today) c order by c.account_id, c.ord loop
    if i.account_id is distinct from in_hand then
      in_hand := i.account_id; due := i.due; version := i.version; done := '{}';
      gone := i.status in ('closed', 'settled');
    end if;
    w := null;
    w.ord := i.ord; w.submission_id := i.submission_id; w.request_hash := i.hash; w.account_id := i.account_id;
    w.number := i.number; w.debtor := i.debtor; w.status := i.status; w.book_id := i.book_id; w.kind := i.kind;
    w.reason := i.reason; w.currency := i.account_currency; w.due_before := due; w.due := due; w.held := i.held;
    w.parts := '{0,0,0,0}'; w.effective_on := i.on_day; w.recorded_at := kernel_now(); w.entered_by := session_user;
    w.outcome := case
      when i.account_id is null then 'not_found'
      when i.submission_id is null then 'submission_form'
      when i.old_id is not null then 'replayed'
      when i.submission_id = any (keys) then 'conflict'
      when i.kind is null or i.kind not in ('fee', 'cost', 'write_off', 'correct_up', 'correct_down')
      then 'kind_unknown'
      when not i.reason_known then 'reason_unknown'
      when not i.whole and i.currency is distinct from i.account_currency then 'currency'
      when i.bucket is not null and (i.bucket not in (1, 2, 3, 4) or i.kind in ('fee', 'cost')) then 'bucket_form'
      when i.whole and (i.amount is not null or i.bucket is not null or i.kind <> 'write_off') then 'whole_form'
      when not i.whole and (i.amount is null or i.amount not between 1 and 1000000000000000
                            or i.amount <> trunc(i.amount)) then 'amount_form'
      when i.seen is not null and i.seen <> i.version then 'stale'
      when gone or i.whole and sum4(due) = 0 then 'closed'
      when i.on_day > today then 'future_date'
      when i.on_day < i.placed_on then 'before_placement'
      when period_closed(who.agency_id, i.on_day) and not may(who, 'payment.late') then 'period_closed'
    end;
    if w.outcome is null then
      w.amount := case when i.whole then sum4(due) else i.amount end;
      w.bucket := i.bucket;
      w.parts := adjustment_parts(w.kind, w.amount, w.bucket, due, i.bucket_order);
      w.most := case when not told then limit_of(who, w.kind) end;
      w.used := adjusted_lately(w.account_id, who.user_id, w.kind) + coalesce((done ->> w.kind)::bigint, 0);
      w.outcome := coalesce(adjustment_rule(w, adjustment_raises(w.kind)), 'posted');
    end if;
    if w.outcome = 'posted' then
      due := plus4(due, w.parts, case when adjustment_raises(w.kind) then 1 else -1 end);
      w.due := due; version := version + 1; keys := keys || w.submission_id;
      done := done || jsonb_build_object(w.kind, coalesce((done ->> w.kind)::bigint, 0) + w.amount);
      if sum4(due) = 0 then
        w.closes_as := i.closes_as;
        gone := true;
      end if;
    elsif w.outcome = 'replayed' then
      w := adjustment_replay(w, i.old_id);
    end if;
    w.version := version;
    answer[i.ord] := w;
  end loop;
  return answer;
end $$;

create or replace function adjustment_preview(items jsonb) returns setof weighed_adjustment
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select * from unnest(adjustment_weigh(items, me()))
$$;

-- The legs: what raises a debt is owed to the client's control account, what lowers it comes off there; what is given
-- up goes to its own account.
create or replace function adjustment_transfers(weighed weighed_adjustment[]) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_agg(jsonb_build_object(
           'kind', case w.kind when 'write_off' then 'write_off' else 'adjustment' end,
           'effective_on', w.effective_on,
           'family_id', t.family_id,
           'reverses', w.reverses,
           'legs', jsonb_build_array(jsonb_build_object(
             'debit', w.book_id * 16 + case when up.owed then 2 else up.other end,
             'credit', w.book_id * 16 + case when up.owed then up.other else 2 end,
             'account_id', w.account_id, 'amount', w.amount, 'parts', w.parts)))
           order by w.ord)
    from unnest(weighed) w
    left join transfer t on t.id = w.reverses
    cross join lateral (select adjustment_raises(w.kind) = (w.reverses is null) as owed,
                               case w.kind when 'write_off' then 8 else 4 end as other) up
   where w.outcome = 'posted'
$$;

-- Writes what was weighed as `posted`, and gives the items back with their numbers.
create or replace function adjustment_write(weighed weighed_adjustment[], who identity) returns weighed_adjustment[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  transfers constant jsonb := adjustment_transfers(weighed);
  ids bigint[];
  next int := 1;
begin
  if transfers is null then return weighed; end if;
  ids := ledger_post(transfers);
  for n in 1 .. cardinality(weighed) loop
    if weighed[n].outcome = 'posted' then
      weighed[n].adjustment_id := ids[next];
      next := next + 1;
    end if;
  end loop;
  insert into adjustment (
    id, agency_id, account_id, submission_id, request_hash, kind, reason, amount, currency, parts, due_before,
    closed_as, effective_on, recorded_at, user_id, reverses
  )
  select w.adjustment_id, who.agency_id, w.account_id, w.submission_id, w.request_hash, w.kind, w.reason, w.amount,
         w.currency, w.parts, w.due_before, w.closes_as, w.effective_on, w.recorded_at, who.user_id, w.reverses
    from unnest(weighed) w
   where w.outcome = 'posted';
  return weighed;
end $$;

-- A debt of which nothing is left is closed, for the reason that the adjustment stands for.
create or replace function account_adjusted_away(weighed weighed_adjustment[], who identity) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with gone as (
    select w.account_id, w.closes_as from unnest(weighed) w where w.outcome = 'posted' and w.closes_as is not null
  ),
  closed as (
    update account a
       set status_before = a.status, status = 'closed', closed_reason = g.closes_as
      from gone g
     where a.id = g.account_id and a.status not in ('closed', 'settled')
    returning a.id, a.status_before, a.closed_reason
  )
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select who.agency_id, id, kernel_now(), who.user_id, 'status', status_before || ' → closed: ' || closed_reason
    from closed
$$;

create or replace function adjustment_refusals(weighed weighed_adjustment[]) returns void
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select security_note('adjustment.refused', w.outcome, 'account', w.account_id,
                       jsonb_build_object('amount', w.amount, 'kind', w.kind))
    from unnest(weighed) w
   where w.outcome not in ('posted', 'replayed', 'stale')
$$;

-- Locks the period, then the accounts by id. A refused item is a result and stops no other.
create or replace function adjustment_post(items jsonb, token text default null) returns setof weighed_adjustment
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
  set plan_cache_mode = force_generic_plan
as $$
declare
  who identity;
  weighed weighed_adjustment[];
begin
  if token is not null then
    perform set_config('debtflow.session', token, true);
  end if;
  who := me();
  perform only_who_may(who, 'adjustment.post');
  perform period_shared(who.agency_id);
  perform payment_lock(who.agency_id, items);
  weighed := adjustment_weigh(items, who);
  perform two_persons(who, 'adjustment.post', x.what, x.facts)
     from (select '' || string_agg(format('%s of %s on %s: %s', w.kind, in_words(w.amount, w.currency), w.number, w.reason), '; ' order by w.ord) as what,
                  jsonb_agg(jsonb_build_array(w.number, w.kind, w.reason, w.amount, w.bucket) order by w.ord) as facts
             from unnest(weighed) w
            where w.outcome = 'posted'
           having count(*) > 0) x;
  perform act_begin('adjustment.post', (select string_agg(distinct w.reason, ', ')
                                          from unnest(weighed) w
                                         where w.outcome = 'posted'));
  weighed := adjustment_write(weighed, who);
  perform account_adjusted_away(weighed, who), adjustment_refusals(weighed);
  return query select * from unnest(weighed);
end $$;

select operators_may('execute on function adjustment_preview, adjustment_post');
