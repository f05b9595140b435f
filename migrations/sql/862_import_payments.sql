-- Release of payments that the client received directly: through the same door as every payment, one chunk a call.
set role debtflow_kernel;

-- The client's own reference makes two equal payments two; without one, the same amount within a day is a duplicate.
create or replace function import_payment_items(b import_batch, rows int[]) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_agg(jsonb_build_object(
           'account', a.number, 'submission_id', gen_random_uuid(), 'amount', (r.parsed ->> 'amount')::bigint,
           'currency', a.currency, 'method', 'paid_to_client', 'reference', r.parsed ->> 'reference',
           'payer', r.parsed ->> 'payer', 'effective_on', r.parsed ->> 'paid_on', 'overpayment', 'refuse',
           'allow_duplicate', r.parsed ->> 'reference' is not null) order by n.ord)
    from unnest(rows) with ordinality as n(row_no, ord)
    join import_row r on r.batch_id = b.id and r.row_no = n.row_no
    left join account a
      on a.client_id = b.client_id
     and a.external_ref = r.ref
     and a.closed_reason is distinct from 'placement_undone'
$$;

create or replace function import_pay(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  weighed constant weighed_payment[] := payment_carry(import_payment_items(b, rows), who, 'import.release');
begin
  perform import_landed(b, who, (
            select coalesce(jsonb_agg(jsonb_build_object(
                     'row_no', rows[w.ord], 'account_id', w.account_id,
                     'said', 'paid to the client, ' || in_words(w.amount, w.currency),
                     'effect', jsonb_build_object('transfer', w.payment_id, 'version',
                                                  jsonb_build_array(w.version - 1, w.version)))), '[]')
              from unnest(weighed) w
             where w.outcome = 'posted')),
          import_refused(b.id, (
            select coalesce(jsonb_agg(jsonb_build_object('row_no', rows[w.ord], 'why', w.outcome)), '[]')
              from unnest(weighed) w
             where w.outcome <> 'posted'));
end $$;
