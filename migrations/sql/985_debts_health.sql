-- What must hold between the papers of a debt (payments, receipts, adjustments, interest, settlements, plans, refunds)
-- and the transfers they stand for: one function a subject, each the names of what breaks its rule. Each is a join of
-- whole tables and never a look-up a row, so that the time grows with the rows and no faster.
set role debtflow_kernel;

create or replace function health_words(broken text[], bad text, good text, out ok boolean, out detail text)
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select cardinality(broken) = 0,
         case when cardinality(broken) = 0 then good
              else bad || ': ' || array_to_string(broken[1:10], ', ')
                   || case when cardinality(broken) > 10
                           then format(' and %s more', cardinality(broken) - 10) else '' end
         end
$$;

-- A payment, or what takes one back, moves the debt by its parts and what is unapplied by the rest, and nothing else.
create or replace function payments_not_moved(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as (
    select l.transfer_id,
           sum(l.amount) filter (where 2 in (l.debit % 16, l.credit % 16)) as debt,
           sum(l.amount) filter (where 3 in (l.debit % 16, l.credit % 16)) as over,
           min(l.parts) as parts, min(l.account_id) as account_id, max(l.account_id) as and_account_id,
           min(l.currency) as currency
      from leg l
     group by l.transfer_id
  )
  select receipt_number(p.id)
    from payment p
    join moved m on m.transfer_id = p.id
   where p.agency_id = agency
     and (p.amount - p.over <> coalesce(m.debt, 0)
          or p.over <> coalesce(m.over, 0)
          or p.parts <> coalesce(m.parts, '{0,0,0,0}')
          or m.account_id <> p.account_id
          or m.and_account_id <> p.account_id
          or m.currency <> p.currency)
   order by p.id
$$;

create or replace function receipts_not_whole(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with part as (
    select x.receipt_id, sum(p.amount) as paid,
           bool_and(p.id is not null and t.id is not null and p.account_id = x.account_id and p.reverses is null)
             filter (where x.payment_id is not null) as posted,
           array_agg(distinct (p.currency, p.effective_on, p.user_id)) filter (where p.id is not null) as told
      from receipt_part x
      left join payment p on p.id = x.payment_id and p.agency_id = x.agency_id
      left join transfer t on t.id = p.id and t.kind = 'payment' and t.effective_on = p.effective_on
     where x.agency_id = agency
     group by x.receipt_id
  )
  select receipt_number(r.id)
    from receipt r
    left join part x on x.receipt_id = r.id
   where r.agency_id = agency
     and (x.paid is distinct from r.amount
          or x.posted is distinct from true
          or x.told <> array[(r.currency, r.effective_on, r.user_id)])
   order by r.id
$$;

-- Each adjustment is one leg, the way its kind says; each transfer that adjusts or gives up is an adjustment, or what a
-- settlement gave up.
create or replace function adjustments_not_posted(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as (
    select t.id, t.kind, t.reverses, t.effective_on, l.account_id, l.amount, l.currency, l.parts, l.debit % 16 = 2 as up
      from transfer t
      join leg l on l.transfer_id = t.id
     where t.agency_id = agency and t.kind in ('adjustment', 'write_off')
  )
  select receipt_number(coalesce(d.id, m.id))
    from (select x.* from adjustment x where x.agency_id = agency) d
    full join moved m on m.id = d.id
   where case
           when d.id is null
           then not exists (select from settlement s where s.write_off_id = m.id)
                and not exists (select from transfer t where t.reverses = m.id)
           else (m.kind, m.account_id, m.amount, m.currency, m.parts, m.effective_on, m.reverses, m.up)
                is distinct from
                (case d.kind when 'write_off' then 'write_off' else 'adjustment' end, d.account_id, d.amount,
                 d.currency, d.parts, d.effective_on, d.reverses, adjustment_raises(d.kind) = (d.reverses is null))
         end
   order by coalesce(d.id, m.id)
$$;

-- The day's run counts every transfer of its day, and each moves interest and nothing else.
create or replace function interest_not_posted(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as materialized (
    select t.id, t.effective_on, count(l.transfer_id) as legs,
           bool_and(l.debit % 16 + l.credit % 16 = 6 and 2 in (l.debit % 16, l.credit % 16)
                    and l.parts = array[0, l.amount, 0, 0]) as interest
      from transfer t
      left join leg l on l.transfer_id = t.id
     where t.agency_id = agency and t.kind = 'interest'
     group by t.id
  ),
  day as (
    select m.effective_on as day, count(*) as posted from moved m group by m.effective_on
  )
  select receipt_number(m.id)
    from moved m
   where m.legs <> 1 or m.interest is distinct from true
  union all
  select 'the run of ' || coalesce(r.day, d.day)
    from (select x.* from interest_run x where x.agency_id = agency) r
    full join day d on d.day = r.day
   where coalesce(r.posted, 0) <> coalesce(d.posted, 0)
$$;

create or replace function settlements_not_posted(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select format('offer %s of account %s', s.id, a.number)
    from settlement s
    left join account a on a.id = s.account_id
    left join transfer t on t.id = s.write_off_id and t.kind = 'write_off'
    left join leg l on l.transfer_id = t.id
   where s.agency_id = agency
     and (s.state <> 'paid' and s.write_off_id is not null
          or s.write_off_id is null and s.written_off <> 0
          or s.write_off_id is not null
             and ((l.amount, l.account_id, l.currency) is distinct from (s.written_off, s.account_id, s.currency)
                  or exists (select from transfer b where b.reverses = t.id)))
   order by s.id
$$;

-- What a plan says it took was taken by the charge it names.
create or replace function instalments_not_charged(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select format('instalment of %s on account %s', i.due_on, a.number)
    from plan_instalment i
    left join account a on a.id = i.account_id
    left join plan p on p.id = i.plan_id
    left join charge c on c.id = i.charge_key
   where i.agency_id = agency
     and (p.account_id <> i.account_id
          or i.outcome = 'posted'
             and (c.state, c.account_id, c.amount, c.currency) is distinct from
                 ('posted', i.account_id, i.charge_amount, p.currency)
          or c.account_id <> i.account_id
          or c.amount <> i.charge_amount)
   order by i.due_on, i.id
$$;

-- What went back through the provider as a refund has the refund it was asked by, and none went back twice.
create or replace function refunds_unexplained(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with returned as (
    select p.id, p.amount, p.account_id, p.submission_id, p.reverses
      from payment p
      join payment_method m on m.name = p.method and not m.by_hand
      join payment o on o.id = p.reverses and o.reverses is null
     where p.agency_id = agency and p.reason = 'refund'
  )
  select receipt_number(r.id)
    from returned r
    left join refund f on f.id = r.submission_id
   where (f.payment_id, f.account_id, f.amount, f.posted_id) is distinct from (r.reverses, r.account_id, r.amount, r.id)
   order by r.id
$$;

create or replace function debts_health() returns table (name text, ok boolean, detail text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'house.examine');
  return query
    select x.name, w.ok, w.detail
      from (values
        ('payments-moved', array(select payments_not_moved(who.agency_id)),
         'payments that moved something else than they say',
         'every payment and reversal moved the debt by its parts and nothing else'),
        ('receipts-whole', array(select receipts_not_whole(who.agency_id)),
         'not the sum of their parts',
         'every receipt over several debts is the sum of its parts, and every part is posted'),
        ('adjustments-posted', array(select adjustments_not_posted(who.agency_id)),
         'adjustments and transfers that do not say the same',
         'every adjustment has its transfer, every adjusting transfer its adjustment'),
        ('interest-posted', array(select interest_not_posted(who.agency_id)),
         'interest that its run did not count, or that is no interest',
         'every day''s run counts the interest that was posted on it'),
        ('settlements-posted', array(select settlements_not_posted(who.agency_id)),
         'written off otherwise than they say',
         'what every settlement gave up is written off, and stands'),
        ('plans-charged', array(select instalments_not_charged(who.agency_id)),
         'not what was charged',
         'every instalment that a plan took was taken by its charge'),
        ('refunds-explained', array(select refunds_unexplained(who.agency_id)),
         'from no refund',
         'every refund through a provider was asked for')) as x(name, broken, bad, good)
      cross join health_words(x.broken, x.bad, x.good) w;
end $$;

select operators_may('execute on function debts_health');
