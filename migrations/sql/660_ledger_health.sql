-- What must hold of an agency's books and accounts at any time: one function a rule, the count of what breaks it.
set role debtflow_kernel;

create or replace function books_out_of_balance(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from (select
            from ledger_balance lb
           where lb.agency_id = agency
           group by lb.book_id
          having sum(lb.balance) filter (
                   where lb.kind in ('trust', 'client_due', 'commission', 'escrow', 'unapplied')) <> 0) x
$$;

create or replace function currencies_not_zero(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from (select
            from transfer t
            join posting p on p.transfer_id = t.id
           where t.agency_id = agency
           group by p.currency
          having sum(p.amount) <> 0) x
$$;

create or replace function payments_without_transfer(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as (
    select t.id from transfer t where t.agency_id = agency and t.kind in ('payment', 'reversal')
  )
  select count(*)
    from payment p
    full join moved t on t.id = p.id
   where (p.agency_id = agency or p.id is null) and (p.id is null or t.id is null)
$$;

create or replace function transfers_not_whole(agency int) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from transfer t
    left join leg l on l.transfer_id = t.id
    left join book d on d.id = l.debit / 16
    left join book c on c.id = l.credit / 16
   where t.agency_id = agency
     and (l.transfer_id is null
          or d.agency_id is distinct from t.agency_id
          or c.agency_id is distinct from t.agency_id)
$$;

create or replace function collectors_not_copied() returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from account a
    join account_balance b on b.account_id = a.id
   where b.collector_id is distinct from a.collector_id or b.agency_id <> a.agency_id
$$;

create or replace function paid_in_full_but_owing() returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select count(*)
    from account a
    join account_balance b on b.account_id = a.id
   where a.closed_reason = 'paid_in_full' and sum4(b.due) <> 0
$$;

create or replace function ledger_health() returns table (name text, broken bigint, what text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform supervisor_only(who, 'doctor_role', 'the examination covers the whole agency');
  return query values
    ('trust-equation', books_out_of_balance(who.agency_id),
     'trust cash = due to clients + commission not drawn + escrow + unapplied, per client'),
    ('postings-zero', currencies_not_zero(who.agency_id),
     'postings of every currency sum to zero'),
    ('payments-transfers', payments_without_transfer(who.agency_id),
     'every payment has its transfer, every payment transfer its payment'),
    ('legs-whole', transfers_not_whole(who.agency_id),
     'every transfer has legs, every leg a ledger account of its agency'),
    ('collector-copies', collectors_not_copied(),
     'the collector on the account is the one on its balance'),
    ('closed-zero', paid_in_full_but_owing(),
     'paid in full means nothing owed');
end $$;

select operators_may('execute on function ledger_health');
