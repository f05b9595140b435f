-- Release of the client's adjustments: the same rules, legs and receipts as those that people post.
set role debtflow_kernel;

-- Posts items of adjustment_weigh that a client's file told, their accounts being held; gives them back weighed.
create or replace function import_adjust_post(items jsonb, who identity) returns weighed_adjustment[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
declare
  weighed weighed_adjustment[];
begin
  if items is null then return '{}'; end if;
  weighed := adjustment_write(adjustment_weigh(items, who, told => true), who);
  perform account_adjusted_away(weighed, who), adjustment_refusals(weighed);
  return weighed;
end $$;

create or replace function import_adjustment_items(b import_batch, rows int[]) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_agg(jsonb_build_object(
           'account', a.number, 'submission_id', gen_random_uuid(), 'kind', r.parsed ->> 'adjustment',
           'reason', r.parsed ->> 'reason', 'amount', (r.parsed ->> 'amount')::bigint, 'currency', a.currency,
           'bucket', (r.parsed ->> 'bucket')::int, 'effective_on', r.parsed ->> 'effective_on') order by n.ord)
    from unnest(rows) with ordinality as n(row_no, ord)
    join import_row r on r.batch_id = b.id and r.row_no = n.row_no
    left join account a
      on a.client_id = b.client_id
     and a.external_ref = r.ref
     and a.closed_reason is distinct from 'placement_undone'
$$;

-- What is posted in one call moves an account by one version, whatever number of rows it is.
create or replace function import_adjust(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  weighed constant weighed_adjustment[] := import_adjust_post(import_adjustment_items(b, rows), who);
begin
  perform import_landed(b, who, (
            select coalesce(jsonb_agg(jsonb_build_object(
                     'row_no', rows[w.ord], 'account_id', w.account_id,
                     'said', replace(w.kind, '_', ' ') || ' of ' || in_words(w.amount, w.currency),
                     'effect', jsonb_build_object('transfer', w.adjustment_id, 'version', jsonb_build_array(
                       k.version - (w.place = 1)::int, k.version)))), '[]')
              from (select x.*, row_number() over (partition by x.account_id order by x.ord) as place
                      from unnest(weighed) x
                     where x.outcome = 'posted') w
              join account_balance k on k.account_id = w.account_id)),
          import_refused(b.id, (
            select coalesce(jsonb_agg(jsonb_build_object('row_no', rows[w.ord], 'why', w.outcome)), '[]')
              from unnest(weighed) w
             where w.outcome <> 'posted'));
end $$;
