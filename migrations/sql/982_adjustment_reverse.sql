-- Taking an adjustment back: the same leg turned round, linked to the one it takes back. It never recomputes.
set role debtflow_kernel;

-- Items: [{adjustment, submission_id, reason}], adjustment is the receipt's number.
create or replace function adjustment_reverse_weigh(items jsonb, who identity) returns weighed_adjustment[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  answer weighed_adjustment[] := array_fill(null::weighed_adjustment, array[jsonb_array_length(items)]);
  w weighed_adjustment;
  i record;
  in_hand bigint := 0;
  direction int;
  due bigint[]; version bigint; keys uuid[] := '{}'; taken bigint[] := '{}';
begin
  for i in
    select x.*, old.id as old_id, r.name is not null as reason_known, done.id is not null as done,
           d.id as known, d.kind, d.amount, d.currency::text as money, d.parts, d.reverses, d.closed_as,
           a.id as account_id, a.number, a.debtor_name, a.status, c.book_id, b.due, b.held, b.version
      from rows from (
             jsonb_to_recordset(items) as (adjustment bigint, submission_id uuid, reason text)
           ) with ordinality as x(adjustment, submission_id, reason, ord)
      left join adjustment d on d.id = x.adjustment
      left join account a on a.id = d.account_id
      left join account_balance b on b.account_id = a.id
      left join client c on c.id = a.client_id
      left join adjustment_reason r on r.kind = 'reversal' and r.name = x.reason
      left join transfer done on done.reverses = d.id
      left join adjustment old on old.submission_id = x.submission_id
     order by a.id, x.ord
  loop
    if i.account_id is distinct from in_hand then
      in_hand := i.account_id; due := i.due; version := i.version;
    end if;
    direction := case when adjustment_raises(i.kind) then -1 else 1 end;
    w := null;
    w.ord := i.ord; w.submission_id := i.submission_id; w.reverses := i.known; w.account_id := i.account_id;
    w.request_hash := sha256(convert_to(jsonb_build_array('reverse', i.adjustment, i.reason)::text, 'UTF8'));
    w.number := i.number; w.debtor := i.debtor_name; w.status := i.status; w.book_id := i.book_id; w.kind := i.kind;
    w.reason := i.reason; w.amount := i.amount; w.currency := i.money; w.parts := i.parts; w.due_before := due;
    w.due := due; w.held := i.held; w.closes_as := i.closed_as; w.effective_on := agency_today(who.agency_id);
    w.recorded_at := kernel_now(); w.entered_by := session_user;
    w.outcome := case
      when i.account_id is null then 'not_found'
      when i.submission_id is null then 'submission_form'
      when i.old_id is not null then 'replayed'
      when i.submission_id = any (keys) then 'conflict'
      when not i.reason_known then 'reason_unknown'
      when i.reverses is not null then 'not_reversible'
      when i.done or i.known = any (taken) then 'already_reversed'
      when i.status = 'settled' then 'settled'
      when 0 > any (plus4(due, i.parts, direction)) then 'paid_since'
      when direction < 0 and sum4(due) - i.amount < i.held then 'held'
      else 'posted'
    end;
    if w.outcome = 'posted' then
      due := plus4(due, i.parts, direction);
      w.due := due; version := version + 1; keys := keys || w.submission_id; taken := taken || i.known;
    elsif w.outcome = 'replayed' then
      w := adjustment_replay(w, i.old_id);
    end if;
    w.version := version;
    answer[i.ord] := w;
  end loop;
  return answer;
end $$;

-- What was closed because nothing was left is open again where something is, in the status it had; where nothing is
-- left after all, it is closed as paid.
create or replace function account_follow_adjustment(weighed weighed_adjustment[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  with reopened as (
    update account a
       set status = coalesce(a.status_before, 'assigned'), status_before = null, closed_reason = null
      from unnest(weighed) w
      join account_balance b on b.account_id = w.account_id
     where a.id = w.account_id
       and w.outcome = 'posted'
       and a.status = 'closed'
       and a.closed_reason in ('paid_in_full', w.closes_as)
       and sum4(b.due) > 0
    returning a.id, a.status
  )
  insert into activity (agency_id, account_id, at, user_id, kind, text)
  select who.agency_id, id, kernel_now(), who.user_id, 'status', 'closed → ' || status || ': adjustment taken back'
    from reopened;
  perform account_paid_in_full(array(
    select w.account_id
      from unnest(weighed) w
      join account_balance b on b.account_id = w.account_id
     where w.outcome = 'posted' and sum4(b.due) = 0), who);
end $$;

create or replace function adjustment_reverse(items jsonb, token text default null) returns setof weighed_adjustment
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who identity;
  weighed weighed_adjustment[];
begin
  if token is not null then
    perform set_config('debtflow.session', token, true);
  end if;
  who := me();
  perform only_who_may(who, 'adjustment.reverse');
  perform period_shared(who.agency_id);
  perform payment_lock(who.agency_id, (
    select coalesce(jsonb_agg(jsonb_build_object('account', a.number)), '[]')
      from jsonb_to_recordset(items) as x(adjustment bigint)
      join adjustment d on d.id = x.adjustment
      join account a on a.id = d.account_id));
  weighed := adjustment_reverse_weigh(items, who);
  perform two_persons(who, 'adjustment.reverse', x.what, x.facts)
     from (select 'take back ' || string_agg(format('%s of %s on %s', receipt_number(w.reverses), in_words(w.amount, w.currency), w.number), '; ' order by w.ord) as what,
                  jsonb_agg(jsonb_build_array(w.reverses, w.reason) order by w.ord) as facts
             from unnest(weighed) w
            where w.outcome = 'posted'
           having count(*) > 0) x;
  perform act_begin('adjustment.reverse', (select string_agg(distinct w.reason, ', ')
                                             from unnest(weighed) w
                                            where w.outcome = 'posted'));
  weighed := adjustment_write(weighed, who);
  perform account_follow_adjustment(weighed, who), adjustment_refusals(weighed);
  return query select * from unnest(weighed);
end $$;

-- Adjustments of one account, newest first.
create or replace function adjustments_of(number text) returns table (
  id bigint, kind text, reason text, amount bigint, currency text, parts bigint[], effective_on date,
  recorded_at timestamptz, login text, reverses bigint, reversed_by bigint
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select d.id, d.kind, d.reason, d.amount, d.currency::text, d.parts, d.effective_on, d.recorded_at, u.login,
         d.reverses, t.id
    from adjustment d
    left join users u on u.id = d.user_id
    left join transfer t on t.reverses = d.id
   where d.account_id = (select (account_seen(number)).id)
   order by d.id desc
$$;

select operators_may('execute on function adjustment_reverse, adjustments_of');
