-- What happened on an account: payments, activities and postings, with personal values as the caller's role may see
-- them.
set role debtflow_kernel;

-- The reference of one payment as the caller may read it; null where they may not see the payment.
create or replace function payment_reference(payment bigint) returns text
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select seen_reference(p.method, p.reference, p.user_id, m.who, m.sees)
    from payment p
    join account a on a.id = p.account_id
   cross join (select w as who, sight(w) as sees from (select me() as w) x) m
   where p.id = payment
$$;

-- Payments and what took them back; `sign` is -1 where money was taken back, `returned` what was of this one so far.
create or replace function payments_of(account bigint) returns table (
  id bigint,
  submission_id uuid,
  sign int,
  amount bigint,
  currency text,
  method text,
  reference text,
  effective_on date,
  recorded_at timestamptz,
  login text,
  reverses bigint,
  reversed_by bigint,
  returned bigint,
  reason text
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with m as materialized (
    select w as who, sight(w) as sees from (select me() as w) x
  )
  select p.id, p.submission_id, case when l.debit % 16 in (2, 3) then -1 else 1 end, p.amount, p.currency::text,
         p.method, seen_reference(p.method, p.reference, p.user_id, m.who, m.sees), p.effective_on, p.recorded_at, u.login,
         p.reverses, r.id, (returned_of(p)).amount, p.reason
    from payment p
    cross join m
    left join users u on u.id = p.user_id
    left join transfer r on r.reverses = p.id
    cross join lateral (select l.debit from leg l where l.transfer_id = p.id order by l.no limit 1) l
   where p.account_id = account
   order by p.id desc
$$;

-- The timeline: what was done, paid and adjusted, in one order. The id of a payment or an adjustment is the negative of
-- its own, so that every line has one.
create or replace function account_lines(account bigint) returns table (id bigint, at timestamptz, line jsonb)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select v.id, v.at,
         jsonb_build_object(
           'id', v.id, 'at', v.at, 'by', u.login, 'kind', v.kind, 'text', v.text, 'outcome', v.outcome,
           'promised_on', v.promised_on, 'promised', v.promised, 'currency', a.currency)
    from activity v
    join account a on a.id = v.account_id
    left join users u on u.id = v.user_id
   where v.account_id = account
  union all
  select -p.id, p.recorded_at,
         jsonb_build_object(
           'id', -p.id, 'at', p.recorded_at, 'by', p.login,
           'kind', case when p.reverses is null then 'payment' else 'reversal' end,
           'amount', p.sign * p.amount, 'currency', p.currency, 'method', p.method, 'reference', p.reference,
           'receipt', receipt_number(p.id), 'reverses', receipt_number(p.reverses), 'reason', p.reason)
    from payments_of(account) p
  union all
  select -d.id, d.recorded_at,
         jsonb_build_object(
           'id', -d.id, 'at', d.recorded_at, 'by', u.login, 'kind', 'adjustment', 'what', d.kind, 'reason', d.reason,
           'amount', d.amount, 'currency', d.currency, 'receipt', receipt_number(d.id),
           'reverses', receipt_number(d.reverses))
    from adjustment d
    left join users u on u.id = d.user_id
   where d.account_id = account
$$;

create or replace function account_line(account bigint, wanted bigint) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select l.line from account_lines(account) l where l.id = wanted
$$;

create or replace function account_timeline(account bigint, before_id bigint, size int) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with l as materialized (
    select * from account_lines(account)
  ),
  page as (
    select *
      from l
     where before_id is null or (l.at, l.id) < (select x.at, x.id from l x where x.id = before_id)
     order by l.at desc, l.id desc
     limit size
  )
  select coalesce(jsonb_agg(p.line order by p.at desc, p.id desc), '[]')
    from page p
$$;

create or replace function account_activities(number text, before_id bigint, size int) returns jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select account_timeline((account_seen(number)).id, before_id, size)
$$;

-- Every movement of the buckets in the order it was recorded, with what each bucket stood at after it.
create or replace function account_postings(number text) returns table (
  recorded_at timestamptz,
  effective_on date,
  kind text,
  receipt text,
  bucket int,
  amount bigint,
  running bigint,
  currency text
)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select t.recorded_at, t.effective_on, t.kind, case when t.kind <> 'placement' then receipt_number(t.id) end,
         p.bucket::int, p.amount,
         sum(p.amount) over (partition by p.bucket order by t.id, l.no)::bigint,
         l.currency::text
    from leg l
    join transfer t on t.id = l.transfer_id
    cross join lateral (select x.bucket, case when l.debit % 16 = 2 then x.part else -x.part end as amount
                          from unnest(l.parts) with ordinality x(part, bucket)
                         where x.part > 0) p
   where l.account_id = (select (account_seen(number)).id) and l.parts is not null
   order by t.id, l.no, p.bucket
$$;

select operators_may('execute on function payment_reference, account_activities, account_postings');
