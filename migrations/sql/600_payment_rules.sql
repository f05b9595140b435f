-- The rules of a payment, one function each. Those without a table in them melt into the expression that calls them.
set role debtflow_kernel;

-- Fills the buckets in order until the money is gone.
create or replace function allocate(amount bigint, due bigint[], bucket_order smallint[]) returns bigint[]
  language plpgsql immutable parallel safe
as $$
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
create or replace function commission_on(amount bigint, basis_points int) returns bigint
  language sql immutable parallel safe
as $$
  select amount / 10000 * basis_points + (amount % 10000 * basis_points + 5000) / 10000
$$;

-- The rules below name what is wrong, or give null. Comparisons are null-safe: a missing value is refused, never
-- passed.
create or replace function payment_form_rule(amount numeric, reference text, payer text) returns text
  language sql immutable parallel safe
as $$
  select case
    when amount is null or amount not between 1 and 1000000000000000 or amount <> trunc(amount) then 'amount_form'
    when length(reference) > 100 then 'reference_long'
    when payer not in ('debtor', 'spouse', 'attorney', 'employer', 'third_party') then 'payer_unknown'
  end
$$;

create or replace function payment_debt_rule(status text, due bigint[]) returns text
  language sql immutable parallel safe
as $$
  select case when status in ('closed', 'settled') or sum4(due) = 0 then 'closed' end
$$;

create or replace function payment_day_rule(
  on_day date,
  today date,
  placed_on date,
  bucket_order smallint[]
) returns text
  language sql immutable parallel safe
as $$
  select case
    when on_day > today then 'future_date'
    when on_day < placed_on then 'before_placement'
    when bucket_order is null then 'no_contract'
  end
$$;

-- Whether a transfer still counts: nothing reversed it, or what did was reversed itself.
create or replace function transfer_stands(transfer bigint) returns boolean
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return not exists (select from transfer t where t.reverses = transfer_stands.transfer and transfer_stands(t.id));
end $$;

-- How much of a payment was given back, by one reversal or by several refunds, as far as that still counts.
create or replace function returned_of(p payment, out amount bigint, out parts bigint[], out over bigint)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(sum(g.amount), 0)::bigint,
         array[coalesce(sum(g.parts[1]), 0), coalesce(sum(g.parts[2]), 0),
               coalesce(sum(g.parts[3]), 0), coalesce(sum(g.parts[4]), 0)]::bigint[],
         coalesce(sum(g.over), 0)::bigint
    from payment g
   where g.account_id = p.account_id and g.reverses = p.id and transfer_stands(g.id)
$$;

-- The newest payment of the same amount within 24 hours that still stands.
create or replace function payment_earlier(account bigint, amount bigint) returns bigint
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select p.id
    from payment p
   where p.account_id = account
     and p.amount = payment_earlier.amount
     and p.reverses is null
     and p.recorded_at > kernel_now() - interval '24 hours'
     and (returned_of(p)).amount < p.amount
   order by p.id desc
   limit 1
$$;

-- What was answered when this submission was first posted; another request under the same key is a conflict, and so is
-- the same one for an account of another agency that happens to have the number.
create or replace function payment_replay(w weighed_payment, old_id bigint) returns weighed_payment
  language plpgsql stable
as $$
declare
  old payment;
begin
  select * into old from payment p where p.id = old_id;
  if old.request_hash <> w.request_hash or old.account_id <> w.account_id then
    w.outcome := 'conflict';
    return w;
  end if;
  w.payment_id := old.id;
  w.amount := old.amount;
  w.parts := old.parts;
  w.over := old.over;
  w.due_before := old.due_before;
  w.due := plus4(old.due_before, old.parts, -1);
  w.recorded_at := old.recorded_at;
  select u.login into w.entered_by from users u where u.id = old.user_id;
  return w;
end $$;
