-- Opening a batch, changing what it is expected to be, cancelling it; and how every act on one begins: the batch's row is
-- the lock of everything in it.
set role debtflow_kernel;

create or replace function payment_batch_clerk(token text) returns identity
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who identity;
begin
  if token is not null then
    perform set_config('debtflow.session', token, true);
  end if;
  who := me();
  perform only_who_may(who, 'payment.batch');
  return who;
end $$;

create or replace function payment_batch_hold(batch bigint) returns payment_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform from payment_batch x where x.id = batch for no key update;
  return payment_batch_find(batch);
end $$;

create or replace function payment_batch_unfinished(b payment_batch) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if b.state in ('posted', 'cancelled') then
    perform fail('DF422', 'payment_batch_closed', format('batch %s is %s', b.id, b.state), 'open another batch');
  end if;
end $$;

-- Which keying the caller may type into now. With second keying each pass has its one operator.
create or replace function payment_batch_pass(b payment_batch, who identity) returns int
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform payment_batch_unfinished(b);
  if not b.second_keying then
    return 1;
  end if;
  if b.state = 'second' and who.user_id = b.opened_by then
    perform fail('DF422', 'payment_batch_handed_over',
                 format('batch %s waits for its second keying: the first one stays as it is', b.id),
                 'differences are settled after both are compared');
  end if;
  if who.user_id is distinct from (case b.state when 'second' then b.second_by else b.opened_by end)
     and (b.state in ('keying', 'second') or who.user_id is distinct from b.second_by) then
    perform fail('DF403', 'payment_batch_keyer', format('batch %s is keyed by somebody else', b.id),
                 case when b.state = 'second' and b.second_by is null
                      then 'take it over for second keying first' else 'open a batch of your own' end);
  end if;
  return payment_batch_side(b, who);
end $$;

create or replace function payment_batch_moved(batch bigint) returns payment_batch
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update payment_batch set version = version + 1 where id = batch returning *
$$;

-- A batch without anything left to post is finished.
create or replace function payment_batch_settle_state(batch bigint) returns payment_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update payment_batch b
     set state = 'posted', finished_at = kernel_now()
   where b.id = batch
     and b.state = 'part_posted'
     and not exists (select from payment_batch_line l
                      where l.batch_id = batch and l.pass = 1 and l.state in ('open', 'failed'));
  return payment_batch_moved(batch);
end $$;

create or replace function payment_batch_opened(form jsonb, lines jsonb, who identity) returns payment_batch
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  f record;
  b payment_batch;
  house_currency text;
  hash constant bytea := sha256(convert_to(jsonb_build_array(form, lines)::text, 'UTF8'));
begin
  select * into f from jsonb_to_record(form) as (submission_id uuid, title text, count int, sum numeric, currency text,
                                                 hash_total numeric, second_keying boolean);
  select * into b from payment_batch x where x.submission_id = f.submission_id;
  if found then
    if b.request_hash <> hash or b.opened_by <> who.user_id then
      perform fail('DF422', 'submission_conflict', 'this submission id was already used for another batch',
                   'a new batch needs a new submission id');
    end if;
    return b;
  end if;
  select a.currency into house_currency from agency a where a.id = who.agency_id;
  if f.currency is distinct from house_currency then
    perform fail('DF422', 'currency', format('a batch is in the currency of the agency, %s', house_currency),
                 format('enter the sum in %s', house_currency));
  end if;
  if f.sum <> trunc(f.sum) or coalesce(f.sum, 0) not between 1 and 1000000000000000 then
    perform fail('DF400', 'sum_form', 'the expected sum is an amount', 'write it like 2,500.00', '{"field": "sum"}');
  end if;
  if coalesce(f.count, 0) not between 1 and 5000 then
    perform fail('DF400', 'count_form', 'a batch has 1 to 5,000 lines', 'split the stack', '{"field": "count"}');
  end if;
  perform act_begin('payment_batch.open');
  insert into payment_batch (agency_id, submission_id, request_hash, title, currency, expected_count, expected_sum,
                             expected_hash, second_keying, opened_by, opened_at)
  values (who.agency_id, f.submission_id, hash, nullif(f.title, ''), f.currency, f.count, f.sum, f.hash_total,
          coalesce(f.second_keying, false), who.user_id, kernel_now())
  returning * into b;
  return b;
end $$;

-- Form: {submission_id, title?, count, sum, currency, hash_total?, second_keying?}.
create or replace function payment_batch_open(form jsonb, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
begin
  return payment_batch_document(payment_batch_opened(form, null, who), who, '{}');
end $$;

-- The expected totals were noted wrong. Whoever opened the batch may say so while keying, later a supervisor.
create or replace function payment_batch_expect(
  batch bigint,
  count int,
  sum bigint,
  hash_total bigint,
  reason text,
  token text default null
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
begin
  perform payment_batch_unfinished(b);
  if coalesce(length(trim(reason)), 0) not between 1 and 400 then
    perform fail('DF400', 'reason', 'say why the expected totals change, in 1 to 400 characters', '',
                 '{"field": "reason"}');
  end if;
  if b.state <> 'keying' or who.user_id <> b.opened_by then
    perform only_who_may(who, 'payment_batch.oversee', 'payment_batch_expect_role', 'expected totals are changed by a supervisor now');
  end if;
  perform act_begin('payment_batch.expect');
  update payment_batch x
     set expected_count = payment_batch_expect.count, expected_sum = payment_batch_expect.sum,
         expected_hash = hash_total, reason = payment_batch_expect.reason
   where x.id = b.id;
  b := payment_batch_moved(b.id);
  return payment_batch_document(b, who, '{}');
end $$;

create or replace function payment_batch_cancel(batch bigint, reason text, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
begin
  perform payment_batch_unfinished(b);
  if who.user_id <> b.opened_by then
    perform only_who_may(who, 'payment_batch.oversee', 'payment_batch_cancel_role', 'a batch is cancelled by who opened it or a supervisor');
  end if;
  if b.state = 'part_posted' then
    perform fail('DF422', 'payment_batch_part_posted', format('lines of batch %s are posted', b.id),
                 'drop the lines that are not');
  end if;
  if coalesce(length(trim(reason)), 0) not between 1 and 400 then
    perform fail('DF400', 'reason', 'say why the batch is cancelled, in 1 to 400 characters', '',
                 '{"field": "reason"}');
  end if;
  perform act_begin('payment_batch.cancel');
  update payment_batch x
     set state = 'cancelled', finished_at = kernel_now(), reason = payment_batch_cancel.reason
   where x.id = b.id;
  b := payment_batch_moved(b.id);
  return payment_batch_document(b, who, '{}');
end $$;

select operators_may('execute on function payment_batch_open, payment_batch_expect, payment_batch_cancel');
