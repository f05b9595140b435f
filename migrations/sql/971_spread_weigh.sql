-- Weighing a receipt over several debts: preview shows what this says, posting writes what this says.
set role debtflow_kernel;

-- The submission of one part: made of the receipt's, so that a repeat finds the parts of the first time.
create or replace function spread_submission(submission uuid, number text) returns uuid
  language sql immutable parallel safe
as $$
  select md5(submission::text || ' ' || number)::uuid
$$;

-- What a repeat must agree in: what was asked for, not what had been looked at.
create or replace function spread_hash(form jsonb) returns bytea
  language sql immutable parallel safe
as $$
  select sha256(convert_to((form - '{versions,allow_duplicate,submission_id}'::text[])::text, 'UTF8'))
$$;

-- Every debt of the person with what it would get. Money that finds no room falls on the debt it was brought for, or on
-- the oldest that takes part, where the caller chose to keep it. Where clients disagree, the contract of the oldest
-- placement that takes part decides.
create or replace function spread_lines(form jsonb, who identity) returns table (
  no bigint,
  account_id bigint,
  number text,
  debtor text,
  client_id int,
  client text,
  status text,
  placed_on date,
  due bigint[],
  held bigint,
  version bigint,
  rule text,
  since date,
  skipped text,
  room bigint,
  part bigint,
  amount bigint,
  decides boolean
)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  anchor constant account := account_seen(form ->> 'account');
  on_day constant date := coalesce((form ->> 'effective_on')::date, agency_today(who.agency_id));
  by_hand constant boolean := form -> 'lines' is not null;
  total constant bigint := (form ->> 'amount')::bigint;
begin
  return query
  with debt as materialized (
    select row_number() over (order by a.placed_on, a.account_id) as no, a.*,
           (form -> 'lines' ->> a.number)::bigint as named,
           spread_skips(a.status, a.currency, a.due, a.held, a.placed_on, a.rule, on_day, form ->> 'currency', by_hand,
                        form -> 'lines' ? a.number, form ->> 'instruction' is not null) as skipped
      from spread_accounts(anchor, on_day) a
  ),
  taking as (
    select array_agg(d.no order by d.no) as nos,
           array_agg(greatest(sum4(d.due) - d.held, 0) order by d.no) as room,
           (array_agg(d.rule order by d.no))[1] as rule,
           coalesce(min(d.no) filter (where d.account_id = anchor.id), min(d.no)) as keeper
      from debt d
     where d.skipped is null
  ),
  given as (
    select u.no, u.part
      from taking t
      cross join lateral unnest(t.nos, spread_amounts(total, t.room, t.rule)) as u(no, part)
     where not by_hand
    union all
    select d.no, d.named from debt d where by_hand and d.skipped is null and d.named is not null
  ),
  rest as (
    select total - coalesce(sum(g.part), 0) as left_over from given g
  )
  select d.no, d.account_id, d.number, d.debtor, d.client_id, d.client, d.status, d.placed_on, d.due, d.held, d.version,
         d.rule, d.since, d.skipped, greatest(sum4(d.due) - d.held, 0), coalesce(g.part, 0)::bigint,
         (coalesce(g.part, 0)
          + case when d.no = t.keeper and form ->> 'remainder' = 'unapplied' then greatest(r.left_over, 0) else 0 end
         )::bigint,
         d.no = t.nos[1]
    from debt d
    cross join rest r
    left join taking t on true
    left join given g on g.no = d.no
   order by d.no;
end $$;

-- The parts as payments, in the order of the debts.
create or replace function spread_items(form jsonb, lines jsonb) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(
           jsonb_strip_nulls(jsonb_build_object(
             'account', l.number, 'submission_id', spread_submission((form ->> 'submission_id')::uuid, l.number),
             'amount', l.amount, 'currency', form ->> 'currency', 'method', form ->> 'method',
             'reference', form ->> 'reference', 'payer', form ->> 'payer', 'effective_on', form ->> 'effective_on',
             'version', form -> 'versions' -> l.number,
             'overpayment', case when l.amount > l.part then 'unapplied' else 'refuse' end,
             'allow_duplicate', form -> 'allow_duplicate'))
           order by l.no), '[]')
    from jsonb_to_recordset(lines) as l(no int, number text, part bigint, amount bigint)
   where l.amount > 0
$$;

-- What stands against the whole, in the order in which a person would put it right; null where nothing does.
create or replace function spread_outcome(form jsonb, lines jsonb, weighed weighed_payment[]) returns text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with line as (
    select *
      from jsonb_to_recordset(lines) as l(number text, version bigint, skipped text, part bigint, amount bigint)
  ),
  sums as (
    select (form ->> 'amount')::bigint as wanted, coalesce(sum(l.part), 0) as found, coalesce(sum(l.amount), 0) as falls
      from line l
  )
  select case
    when exists (select from jsonb_each(coalesce(form -> 'versions', '{}')) v
                   left join line l on l.number = v.key
                  where l.version is distinct from v.value::text::bigint) then 'stale'
    when exists (select from jsonb_object_keys(form -> 'lines') n where n not in (select l.number from line l))
    then 'not_theirs'
    when exists (select from line l where form -> 'lines' ? l.number and l.skipped = 'disputed') then 'disputed'
    when form -> 'lines' is null and not exists (select from line l where l.skipped is null) then 'nothing_owed'
    when s.found > s.wanted then 'more_than_amount'
    when (select w.outcome from unnest(weighed) w where w.outcome <> 'posted' order by w.ord limit 1) is not null
    then (select w.outcome from unnest(weighed) w where w.outcome <> 'posted' order by w.ord limit 1)
    when s.falls < s.wanted then 'remainder'
  end
    from sums s
$$;

-- Form: {account, submission_id, amount, currency, method, reference?, payer?, effective_on?, remainder:
-- refuse|unapplied, lines?: {number: amount}, instruction?, versions?: {number: version}, allow_duplicate?}. Takes no
-- lock.
create or replace function spread_weigh(form jsonb, who identity) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  lines jsonb;
  items jsonb;
  weighed weighed_payment[];
begin
  select jsonb_agg(to_jsonb(l) order by l.no) into lines from spread_lines(form, who) l;
  items := spread_items(form, lines);
  weighed := payment_weigh(items, who);
  return jsonb_build_object(
    'outcome', coalesce(
      case when (form ->> 'amount')::bigint > limit_of(who, 'payment') then 'limit' end,
      spread_outcome(form, lines, weighed), 'posted'),
    'amount', form -> 'amount', 'currency', form -> 'currency',
    'basis', case when form -> 'lines' is null then 'policy'
                  when form ->> 'instruction' is null then 'operator'
                  else 'payer' end,
    'instruction', form -> 'instruction',
    'agree', (select count(distinct l ->> 'rule') <= 1
                from jsonb_array_elements(lines) l
               where l ->> 'skipped' is null),
    'rest', (form ->> 'amount')::bigint - (select sum((l ->> 'part')::bigint) from jsonb_array_elements(lines) l),
    'items', items,
    'lines', (select jsonb_agg(l || jsonb_build_object('weighed', to_jsonb(w)) order by (l ->> 'no')::int)
                from jsonb_array_elements(lines) l
                left join unnest(weighed) w on w.number = l ->> 'number'));
end $$;

create or replace function payment_spread_preview(form jsonb) returns jsonb
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select spread_weigh(form, me()) - 'items'
$$;

select operators_may('execute on function payment_spread_preview');
