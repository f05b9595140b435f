-- What taking back a row means, by kind. Rows come newest first; their accounts are held, and nobody has worked on
-- them.
set role debtflow_kernel;

-- A refusal here is none of the file's: what the kernel does not take back stands, and the row is left.
create or replace function import_pay_undo(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  weighed weighed_reversal[] := payment_reverse_weigh((
    select jsonb_agg(jsonb_build_object(
             'payment', r.effect -> 'transfer', 'submission_id', gen_random_uuid(), 'reason', 'void') order by n.ord)
      from unnest(rows) with ordinality as n(row_no, ord)
      join import_row r on r.batch_id = b.id and r.row_no = n.row_no), who);
begin
  for n in 1 .. cardinality(weighed) loop
    if weighed[n].outcome = 'reversed' then weighed[n].reversal_id := nextval('debtflow.transfer_id_seq'); end if;
  end loop;
  perform payment_reverse_write(weighed, who);
  perform account_follow_balance(array(
    select distinct w.account_id from unnest(weighed) w where w.outcome = 'reversed'), who);
  perform import_taken_back(b, who, (
            select coalesce(jsonb_agg(jsonb_build_object(
                     'row_no', rows[w.ord], 'account_id', w.account_id, 'reversals', array[w.reversal_id])), '[]')
              from unnest(weighed) w
             where w.outcome = 'reversed')),
          import_undo_left(b.id, array(select rows[w.ord] from unnest(weighed) w where w.outcome <> 'reversed'));
end $$;

-- Takes adjustments back; gives them in the order that they were asked for.
create or replace function import_adjust_back(adjustments bigint[], who identity) returns weighed_adjustment[]
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  weighed weighed_adjustment[];
begin
  if coalesce(cardinality(adjustments), 0) = 0 then return '{}'; end if;
  weighed := adjustment_write(adjustment_reverse_weigh((
    select jsonb_agg(jsonb_build_object('adjustment', x.id, 'submission_id', gen_random_uuid(), 'reason', 'void')
                     order by x.ord)
      from unnest(adjustments) with ordinality as x(id, ord)), who), who);
  perform account_follow_adjustment(weighed, who);
  return weighed;
end $$;

create or replace function import_adjust_undo(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  weighed constant weighed_adjustment[] := import_adjust_back(array(
    select (r.effect ->> 'transfer')::bigint
      from unnest(rows) with ordinality as n(row_no, ord)
      join import_row r on r.batch_id = b.id and r.row_no = n.row_no
     order by n.ord), who);
begin
  perform import_taken_back(b, who, (
            select coalesce(jsonb_agg(jsonb_build_object(
                     'row_no', rows[w.ord], 'account_id', w.account_id, 'reversals', array[w.adjustment_id])), '[]')
              from unnest(weighed) w
             where w.outcome = 'posted')),
          import_undo_left(b.id, array(select rows[w.ord] from unnest(weighed) w where w.outcome <> 'posted'));
end $$;

-- The account is open again, in the status it had, its dispute with it.
create or replace function import_recall_undo(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform agreements_back((
    select coalesce(jsonb_agg(jsonb_build_object('account_id', r.account_id, 'ended', r.effect -> 'ended')), '[]')
      from import_row r
     where r.batch_id = b.id and r.row_no = any (rows) and r.effect ? 'ended'), who);
  with asked as materialized (
    select r.account_id, r.effect ->> 'status' as status, (r.effect ->> 'flag')::bigint as flag
      from import_row r
     where r.batch_id = b.id and r.row_no = any (rows)
  ),
  opened as (
    update account a
       set status = k.status, status_before = null, closed_reason = null
      from asked k
     where a.id = k.account_id
  ),
  raised as (
    update account_flag g set lifted_at = null, lifted_by = null from asked k where g.id = k.flag
  )
  update account_balance x set version = x.version + 1 from asked k where x.account_id = k.account_id;
  perform import_taken_back(b, who, (
    select jsonb_agg(jsonb_build_object('row_no', r.row_no, 'account_id', r.account_id))
      from import_row r
     where r.batch_id = b.id and r.row_no = any (rows)));
end $$;

create or replace function import_reach_undo(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  step jsonb;
begin
  for step in
    select s.step
      from unnest(rows) with ordinality as n(row_no, ord)
      join import_row r on r.batch_id = b.id and r.row_no = n.row_no
      cross join lateral jsonb_array_elements(r.effect -> 'contacts') as s(step)
     order by n.ord
  loop
    update debtor_contact c
       set removed_at = case when c.id = (step ->> 'added')::bigint then kernel_now() end, is_primary = false
     where c.id in ((step ->> 'added')::bigint, (step ->> 'raised')::bigint);
    update debtor_contact c
       set is_primary = true
     where c.id in (select l::bigint from jsonb_array_elements_text(step -> 'lowered') l) and c.removed_at is null;
  end loop;
  perform import_taken_back(b, who, (
            select jsonb_agg(jsonb_build_object('row_no', r.row_no, 'account_id', r.account_id))
              from import_row r
             where r.batch_id = b.id and r.row_no = any (rows))),
          account_index(array(select distinct r.account_id
                                from import_row r
                               where r.batch_id = b.id and r.row_no = any (rows)));
end $$;

-- The debt leaves the books as it came, and the account stays as a closed one that says why: its reference is free for
-- the file that is right.
create or replace function placement_undo(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  asked jsonb;
  ids bigint[];
begin
  if cardinality(rows) = 0 then return; end if;
  select jsonb_agg(jsonb_build_object('row_no', r.row_no, 'account_id', r.account_id, 'leg', to_jsonb(l))
                   order by r.account_id)
    into asked
    from import_row r
    join leg l on l.account_id = r.account_id and l.parts is not null
    join transfer t on t.id = l.transfer_id and t.kind = 'placement'
   where r.batch_id = b.id and r.row_no = any (rows);
  ids := ledger_post((
    select jsonb_agg(jsonb_build_object(
             'kind', 'reversal', 'effective_on', agency_today(b.agency_id), 'import_batch_id', b.id,
             'family_id', x.leg -> 'transfer_id', 'reverses', x.leg -> 'transfer_id',
             'legs', jsonb_build_array(jsonb_build_object(
               'debit', x.leg -> 'credit', 'credit', x.leg -> 'debit', 'account_id', x.account_id,
               'amount', x.leg -> 'amount', 'parts', x.leg -> 'parts'))) order by x.account_id)
      from jsonb_to_recordset(asked) as x(account_id bigint, leg jsonb)));
  update account a
     set status_before = a.status, status = 'closed', closed_reason = 'placement_undone'
    from jsonb_to_recordset(asked) as x(account_id bigint)
   where a.id = x.account_id;
  perform import_taken_back(b, who, (
    select jsonb_agg(jsonb_build_object('row_no', x.item -> 'row_no', 'account_id', x.item -> 'account_id',
                                        'reversals', array[ids[x.ord]]))
      from jsonb_array_elements(asked) with ordinality as x(item, ord)));
end $$;

create or replace function placement_change_undo(b import_batch, rows int[], who identity) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  weighed weighed_adjustment[];
begin
  if cardinality(rows) = 0 then return; end if;
  weighed := import_adjust_back(array(
    select t::bigint
      from import_row r
      cross join lateral jsonb_array_elements_text(r.effect -> 'transfers') t
     where r.batch_id = b.id and r.row_no = any (rows)
     order by t::bigint desc), who);
  if exists (select from unnest(weighed) w where w.outcome <> 'posted') then
    raise exception using errcode = 'DF409', constraint = 'undo-worked',
      message = 'an account was worked on while its release was undone', hint = 'repeat the undo';
  end if;
  with asked as materialized (
    select r.account_id, a.debtor_id, r.effect -> 'before' as before, r.effect -> 'contacts' as contacts,
           r.difference ? 'debtor_ssn_last4' as digits
      from import_row r
      join account a on a.id = r.account_id
     where r.batch_id = b.id and r.row_no = any (rows)
  ),
  accounts as (
    update account a
       set debtor_name = k.before ->> 'debtor_name', last_norm = k.before ->> 'last_norm',
           first_norm = k.before ->> 'first_norm', due_on = (k.before ->> 'due_on')::date,
           creditor_name = k.before ->> 'creditor_name', account_type = k.before ->> 'account_type',
           original_amount = (k.before ->> 'original_amount')::bigint
      from asked k
     where a.id = k.account_id
  ),
  debtors as (
    update debtor o
       set name = k.before ->> 'name', last_norm = k.before ->> 'last_norm', first_norm = k.before ->> 'first_norm',
           ssn_last4 = case when not k.digits then o.ssn_last4 end
      from asked k
     where o.id = k.debtor_id
       and (k.digits or o.name is distinct from k.before ->> 'name')
  )
  update debtor_contact c
     set removed_at = kernel_now(), is_primary = false
    from asked k
   where c.debtor_id = k.debtor_id and k.contacts @> to_jsonb(c.id);
  perform import_taken_back(b, who, (
            select jsonb_agg(jsonb_build_object(
                     'row_no', r.row_no, 'account_id', r.account_id,
                     'reversals', array(select w.adjustment_id
                                          from unnest(weighed) w
                                         where w.account_id = r.account_id)))
              from import_row r
             where r.batch_id = b.id and r.row_no = any (rows))),
          account_index(array(select r.account_id
                                from import_row r
                               where r.batch_id = b.id and r.row_no = any (rows)));
end $$;
