-- Heads-down batches: who sees which, what is audited, what never changes. Until both keyings of a batch are compared,
-- a line is seen by nobody but who keyed it: not by the other operator, not by a supervisor (who might be the other
-- operator tomorrow), not by the kernel on behalf of either, and not in the trail.
set role debtflow_owner;

create or replace function payment_batch_seen_by(
  who identity,
  agency int,
  opened_by int,
  second_by int,
  state text
) returns boolean
  language sql immutable parallel safe
as $$
  select who.agency_id = agency
         and (who.role <> 'collector'
              or who.user_id = opened_by
              or who.user_id = second_by
              or (state = 'second' and second_by is null))
$$;
select operators_may('execute on function payment_batch_seen_by');
grant execute on function payment_batch_seen_by to debtflow_kernel;

select office_reads('payment_batch'),
       collectors_read('payment_batch',
                       'payment_batch_seen_by((select me()), agency_id, opened_by, second_by, state)'),
       kernel_works('payment_batch',
                    'payment_batch_seen_by((select me()), agency_id, opened_by, second_by, state)');

select office_reads('payment_batch_line', rows), collectors_read('payment_batch_line', rows),
       kernel_works('payment_batch_line', rows)
  from (values ($$
    agency_id = (select (me()).agency_id)
    and exists (select
                  from payment_batch b
                 where b.id = batch_id and (not b.blind or keyed_by = (select (me()).user_id)))$$)) v(rows);

select office_reads('payment_batch_posting', rows), collectors_read('payment_batch_posting', rows),
       kernel_works('payment_batch_posting', rows)
  from (values ('exists (select from payment_batch b where b.id = batch_id)')) v(rows);

-- The trail of a line is as blind as the line.
create policy blind on audit_log as restrictive for select
  to debtflow_supervisor, debtflow_agency_admin, debtflow_readonly, debtflow_collector, debtflow_kernel
  using (entity <> 'payment_batch_line' or exists (select from payment_batch_line l where l.id = entity_id));

-- What a posting does to a line stands in the payment. A reference may name a bank: the trail does without it.
select audit_table('payment_batch', 'payment_batch', 'id', '', 'title,reason',
                   'id,agency_id,submission_id,request_hash,blind,version'),
       audit_table('payment_batch_line', 'payment_batch_line', 'id', '', '',
                   'id,agency_id,submission_id,base,reference,outcome,posting_id,payment_id,state,keyed_at,version');

select guard_append_only('payment_batch_posting');

create or replace function payment_batch_line_guard() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'DF423', constraint = 'payment_batch_line_posted',
    message = format('line %s of batch %s is posted', old.no, old.batch_id),
    hint = 'a supervisor can reverse its payment';
end $$;
-- All but the reference, which may have to be forgotten.
create trigger posted_stays
  before update of
    id, batch_id, agency_id, pass, no, submission_id, account, amount, method, payer, effective_on, allow_duplicate,
    overpayment, dropped, outcome, posting_id, payment_id, keyed_by, keyed_at, version
  on payment_batch_line for each row when (old.payment_id is not null)
  execute function payment_batch_line_guard();
create trigger append_only_rows
  before delete or truncate on payment_batch_line for each statement execute function refuse_change();
create trigger append_only_rows
  before delete or truncate on payment_batch for each statement execute function refuse_change();
alter table payment_batch_line enable always trigger posted_stays, enable always trigger append_only_rows;
alter table payment_batch enable always trigger append_only_rows;

select operators_may('select (id, agency_id, submission_id, currency, expected_count, expected_sum, expected_hash, '
                     'second_keying, state, blind, opened_by, opened_at, second_by, finished_at, version) '
                     'on payment_batch'),
       operators_may('select (id, batch_id, agency_id, pass, no, submission_id, account, base, amount, method, payer, '
                     'effective_on, allow_duplicate, overpayment, dropped, outcome, posting_id, payment_id, state, '
                     'keyed_by, keyed_at, version) on payment_batch_line'),
       operators_may('select on payment_batch_posting');
grant insert on payment_batch, payment_batch_line, payment_batch_posting to debtflow_kernel;
grant update (title, expected_count, expected_sum, expected_hash, state, second_by, finished_at, reason, version)
  on payment_batch to debtflow_kernel;
grant update (account, amount, method, reference, payer, effective_on, allow_duplicate, overpayment, dropped, outcome,
              posting_id, payment_id, version)
  on payment_batch_line to debtflow_kernel;
