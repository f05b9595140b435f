-- Comparison of files that move money on accounts which are there: payments to the client, and adjustments.
set role debtflow_kernel;

-- Fills what room there is, first come first served: what does not fit takes nothing away from those after it. A debt
-- of which nothing is left is closed, and nothing is added to it.
create or replace function import_fit_step(taken bigint, amount bigint, room bigint) returns bigint
  language sql immutable parallel safe
as $$
  select case when taken < room and taken + amount <= room then taken + amount else taken end
$$;

create or replace aggregate import_fit(amount bigint, room bigint) (
  sfunc = import_fit_step, stype = bigint, initcond = '0'
);

-- The receipt of this payment, where it is here already: by the client's own reference, else by amount and day.
create or replace function import_payment_known(account bigint, parsed jsonb) returns text
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return (
    select receipt_number(p.id)
      from payment p
     where p.account_id = account
       and p.method = 'paid_to_client'
       and p.reverses is null
       and case
             when parsed ->> 'reference' is not null and p.reference is not null
             then p.reference = parsed ->> 'reference'
             else p.amount = (parsed ->> 'amount')::bigint and p.effective_on = (parsed ->> 'paid_on')::date
           end
       and (returned_of(p)).amount < p.amount
     order by p.id
     limit 1);
end $$;

-- The batch and row that posted this adjustment, known by the client's reference or by everything in it and its day.
create or replace function import_adjustment_known(batch bigint, account bigint, parsed jsonb) returns text
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_nestloop = on
as $$
begin
  if parsed ->> 'reference' is null and parsed ->> 'effective_on' is null then return null; end if;
  return (
    select format('row %s of batch %s', r.row_no, r.batch_id)
      from import_row r
      join import_batch b on b.id = r.batch_id
     where r.account_id = account
       and r.batch_id <> batch
       and r.state = 'released'
       and b.kind = 'adjustments'
       and import_key('adjustments', r.parsed) = import_key('adjustments', import_adjustment_known.parsed)
     limit 1);
end $$;

create or replace function import_over_balance(
  number text,
  currency text,
  due bigint[],
  held bigint,
  before bigint
) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if held > 0 then
    return import_finding('charge-under-way', '', format(
      'account %s owes %s, of which a card payment under way takes %s: wait for it, or leave the row out',
      number, in_words(sum4(due), currency), in_words(held, currency)), 'amount');
  end if;
  return import_finding('over-balance', '', format(
    'account %s owes %s%s: correct the amount, or leave the row out', number, in_words(sum4(due), currency),
    case when before > 0 then format(', and rows before this one take %s of it', in_words(before, currency))
         else '' end), 'amount');
end $$;

-- What is here already, and what happened before the debt was placed.
create or replace function import_past_finding(
  b import_batch,
  account bigint,
  number text,
  placed_on date,
  parsed jsonb
) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  payment constant boolean := b.kind = 'payments';
  col constant text := case when payment then 'paid_on' else 'effective_on' end;
  known constant text := case when payment then import_payment_known(account, parsed)
                              else import_adjustment_known(b.id, account, parsed) end;
begin
  if known is not null then
    return import_finding('already-posted', '', format(
      'this %s is already here, %s: leave the row out, or give it a reference of its own',
      case when payment then 'payment' else 'adjustment' end, known), 'amount');
  elsif (parsed ->> col)::date < placed_on then
    return import_finding('before-placement', parsed ->> col, format(
      'account %s was placed on %s: %s', number, placed_on,
      case when payment then 'send what was paid before as an adjustment (correct_down, paid_before_placement)'
           else 'write that day or a later one' end), col);
  end if;
  return null;
end $$;

-- What a row takes off its debt is seen after the rows before it of the same account, as far as they fit.
create or replace function import_compare_money(b import_batch, refs text[])
  returns table (row_no int, found jsonb, difference jsonb)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with standing as (
    select s.*, k.currency::text as currency, sum4(s.due) - s.held as room,
           case when s.parsed ->> 'adjustment' in ('correct_up', 'fee', 'cost') then -1 else 1 end
             * (s.parsed ->> 'amount')::bigint as amount,
           coalesce(import_account_finding(b.agency_id, b.client_id, s.ref, s.number, s.status),
                    import_twin_finding(s.ref, s.earliest, s.row_no),
                    import_past_finding(b, s.account_id, s.number, s.placed_on, s.parsed)) as found
      from import_standing(b.id, refs) s
      join client c on c.id = b.client_id
      join book k on k.id = c.book_id
  ),
  filled as (
    select s.*, import_fit(case when s.found is null then s.amount else 0 end, s.room)
                  over (partition by s.account_id order by s.row_no) as taken
      from standing s
  ),
  told as (
    select f.*, lag(f.taken, 1, 0::bigint) over (partition by f.account_id order by f.row_no) as before from filled f
  )
  select t.row_no,
         coalesce(t.found, case when t.taken = t.before
                                then import_over_balance(t.number, t.currency, t.due, t.held, t.before) else '[]' end),
         case when t.taken <> t.before
              then jsonb_build_object('owing', jsonb_build_array(sum4(t.due) - t.before, sum4(t.due) - t.taken)) end
    from told t
$$;
