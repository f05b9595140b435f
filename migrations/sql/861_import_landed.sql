-- What every release of a row leaves behind: the row with its account and its effect, and a line in the timeline.
set role debtflow_owner;

grant update (verdict, difference, effect) on import_row to debtflow_kernel;
grant update (undone_at, undone_by, undo_reason) on import_batch to debtflow_kernel;
grant update (debtor_name, last_norm, first_norm, due_on, creditor_name, account_type, original_amount) on account
  to debtflow_kernel;
grant update (name, last_norm, first_norm, ssn_last4) on debtor to debtflow_kernel;

set role debtflow_kernel;

-- Done: [{row_no, account_id, said, effect}]. `effect` says what the release did, and the account's version before and
-- after it, so that an undo knows what to take back and whether anybody came between.
create or replace function import_landed(b import_batch, who identity, done jsonb) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  with landed as materialized (
    select d.*, nextval('debtflow.activity_id_seq') as activity
      from jsonb_to_recordset(done) as d(row_no int, account_id bigint, said text, effect jsonb)
  ),
  told as (
    insert into activity (id, agency_id, account_id, at, user_id, kind, text)
    overriding system value
    select l.activity, b.agency_id, l.account_id, kernel_now(), who.user_id, 'import',
           format('%s: %s, row %s', l.said, b.file_name, l.row_no)
      from landed l
  )
  update import_row r
     set state = 'released', account_id = l.account_id,
         effect = l.effect || jsonb_build_object('activity', l.activity)
    from landed l
   where r.batch_id = b.id and r.row_no = l.row_no;
end $$;

-- What the kernel refuses stays behind, and keeps nobody else back: [{row_no, why}].
create or replace function import_refused(batch bigint, refused jsonb) returns void
  language sql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update import_row r
     set state = 'error',
         version = r.version + 1,
         findings = r.findings || import_finding(
           'release-refused', '',
           format('the database refuses this row (%s): correct it and send it again', x.why), '')
    from jsonb_to_recordset(refused) as x(row_no int, why text)
   where r.batch_id = batch and r.row_no = x.row_no
$$;
