-- One receipt over several debts: who may see it, and the rules by which money is spread. A receipt's parts are
-- payments like any other; the receipt says that they came together, and why they fell as they did.
set role debtflow_owner;

select office_reads('receipt'),
       collectors_read('receipt', $$
         exists (select from receipt_part p join account a on a.id = p.account_id where p.receipt_id = receipt.id)$$),
       kernel_works('receipt', 'agency_id = (select (me()).agency_id)');
select office_reads('receipt_part'),
       collectors_read('receipt_part', 'exists (select from account a where a.id = account_id)'),
       kernel_works('receipt_part', 'agency_id = (select (me()).agency_id)');
select guard_append_only('receipt'), guard_append_only('receipt_part');
select operators_may('select on receipt, receipt_part');
grant insert on receipt, receipt_part to debtflow_kernel;

set role debtflow_kernel;

-- Spreads an amount over debts with so much room each, oldest first in the array; never more than the room. Shares are
-- rounded down, and the minor units that are left go to the largest remainders, the older debt first.
create or replace function spread_amounts(amount bigint, room bigint[], rule text) returns bigint[]
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  with debt as (
    select no, r as room,
           least(amount, (sum(r) over ())::numeric) as payable,
           sum(r) over () as whole,
           coalesce(sum(r) over (order by case rule when 'largest_first' then -r when 'smallest_first' then r end, no
                                 rows between unbounded preceding and 1 preceding), 0) as before
      from unnest(room) with ordinality x(r, no)
  ),
  share as (
    select no, room, payable, before, div(payable * room, greatest(whole, 1)) as whole_units,
           mod(payable * room, greatest(whole, 1)) as remainder
      from debt
  ),
  ranked as (
    select s.*, row_number() over (order by remainder desc, no) as turn, payable - sum(whole_units) over () as left_over
      from share s
  )
  select array_agg((case rule
                      when 'proportional' then whole_units + case when turn <= left_over then 1 else 0 end
                      else greatest(0, least(room, payable - before))
                    end)::bigint order by no)
    from ranked
$$;

-- The accounts of the person who owes this one, as far as the caller may see them, oldest placement first, each with
-- the terms of its client on that day.
create or replace function spread_accounts(anchor account, on_day date) returns table (
  account_id bigint,
  number text,
  debtor text,
  client_id int,
  client text,
  status text,
  currency text,
  placed_on date,
  due bigint[],
  held bigint,
  version bigint,
  rule text,
  since date
)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a.id, a.number, a.debtor_name, c.id, c.code, a.status, a.currency::text, a.placed_on, b.due, b.held, b.version,
         k.spread_rule, k.starts_on
    from debtor mine
    join debtor d on d.id = mine.id or (d.person_id = mine.person_id and d.agency_id = mine.agency_id)
    join account a on a.debtor_id = d.id
    join account_balance b on b.account_id = a.id
    join client c on c.id = a.client_id
    left join lateral (select k.*
                         from contract k
                        where k.client_id = c.id and k.starts_on <= on_day
                        order by k.starts_on desc
                        limit 1) k on true
   where mine.id = anchor.debtor_id
   order by a.placed_on, a.id
   limit 200
$$;

-- Why a debt takes no part, or null. What the payer names takes part though it is disputed; what nobody names takes
-- none where amounts are given by hand.
create or replace function spread_skips(
  status text, currency text, due bigint[], held bigint, placed_on date, rule text,
  on_day date, money text, by_hand boolean, named boolean, by_payer boolean
) returns text
  language sql immutable parallel safe
as $$
  select case
    when by_hand and named then case when status = 'disputed' and not by_payer then 'disputed' end
    when currency <> money then 'currency'
    when status in ('closed', 'settled') or sum4(due) = 0 then 'closed'
    when status = 'disputed' then 'disputed'
    when on_day < placed_on then 'before_placement'
    when rule is null then 'no_contract'
    when by_hand then 'not_named'
    when sum4(due) <= held then 'held'
  end
$$;
