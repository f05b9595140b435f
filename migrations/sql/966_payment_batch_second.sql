-- Second keying: another operator keys the same stack without seeing the first keying; then both are compared. In a
-- difference each operator may only give in to the other, so no error of one becomes true by the word of one.
set role debtflow_kernel;

create or replace function payment_batch_agrees(b payment_batch, of_pass int) returns boolean
  language sql stable
as $$
  select t.lines = b.expected_count and t.sum = b.expected_sum and t.hash = coalesce(b.expected_hash, t.hash)
    from payment_batch_totals(b.id, of_pass) t
$$;

-- How far the keying is from what was expected, for people and for scripts: keyed minus expected.
create or replace function payment_batch_must_agree(b payment_batch, of_pass int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  t record;
begin
  select * into t from payment_batch_totals(b.id, of_pass);
  if not payment_batch_agrees(b, of_pass) then
    perform fail('DF422', 'payment_batch_differs',
                 format('batch %s differs from its expected totals', b.id),
                 'amend its lines, or what is expected',
                 jsonb_build_object('count', t.lines - b.expected_count, 'sum', t.sum - b.expected_sum,
                                    'hash', t.hash - b.expected_hash));
  end if;
end $$;

create or replace function payment_batch_in_state(b payment_batch, wanted text, act text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if not b.second_keying then
    perform fail('DF422', 'payment_batch_keyed_once', format('batch %s is keyed once', b.id), 'post it');
  elsif b.state <> wanted then
    perform fail('DF422', 'payment_batch_state',
                 format('batch %s is %s: %s', b.id,
                        case b.state when 'keying' then 'still being keyed' when 'second' then 'in its second keying'
                                     when 'compared' then 'already compared' else replace(b.state, '_', ' ') end, act),
                 'look at the batch again');
  end if;
end $$;

create or replace function payment_batch_step(batch bigint, wanted text) returns payment_batch
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update payment_batch set state = wanted, version = version + 1 where id = batch returning *
$$;

-- The first keying is done: from here on it stands, and waits for another operator.
create or replace function payment_batch_hand_over(batch bigint, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
begin
  perform payment_batch_in_state(b, 'keying', 'only a batch being keyed is handed over');
  perform payment_batch_pass(b, who);
  perform payment_batch_must_agree(b, 1);
  perform act_begin('payment_batch.hand_over');
  b := payment_batch_step(b.id, 'second');
  return payment_batch_document(b, who, '{}');
end $$;

create or replace function payment_batch_take(batch bigint, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
begin
  perform payment_batch_in_state(b, 'second', 'it does not wait for a second keying');
  if b.opened_by = who.user_id then
    perform fail('DF403', 'payment_batch_second_is_another', 'the second keying is another operator''s',
                 'ask a colleague');
  elsif b.second_by is distinct from who.user_id and b.second_by is not null then
    perform fail('DF403', 'payment_batch_keyer', format('somebody else keys batch %s the second time', b.id),
                 'open a batch of your own');
  end if;
  if b.second_by is null then
    perform act_begin('payment_batch.take');
    update payment_batch x set second_by = who.user_id, version = x.version + 1 where x.id = b.id returning * into b;
  end if;
  return payment_batch_document(b, who, '{}');
end $$;

-- Ends the blindness. The second operator has to arrive at the expected totals first: who could look after keying
-- nothing would not have to key. A supervisor who keyed neither may look earlier, where the expected totals are wrong.
create or replace function payment_batch_compare(batch bigint, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
begin
  perform payment_batch_in_state(b, 'second', 'both keyings are compared after the second');
  if who.user_id is distinct from b.second_by then
    if who.user_id = b.opened_by then
      perform fail('DF403', 'payment_batch_second_is_another', 'the second keying is ended by who keys it',
                   'ask a colleague');
    end if;
    perform only_who_may(who, 'payment_batch.oversee', 'payment_batch_compare_role', 'the second keying is ended by who keys it');
  else
    perform payment_batch_must_agree(b, 2);
  end if;
  perform act_begin('payment_batch.compare');
  b := payment_batch_step(b.id, 'compared');
  return payment_batch_document(b, who, '{}');
end $$;

-- Refuses who would stand by their own keying.
create or replace function payment_batch_may_settle(b payment_batch, who identity, take text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if take is null or take not in ('first', 'second') then
    perform fail('DF400', 'take_form', 'say which keying is right', 'first or second', '{"field": "take"}');
  elsif who.user_id is not distinct from (case take when 'first' then b.opened_by else b.second_by end) then
    perform fail('DF403', 'payment_batch_settle_other', 'nobody settles a difference for their own keying',
                 'the other operator or a supervisor does; you may give in, or amend your own line');
  elsif who.user_id <> b.opened_by and who.user_id is distinct from b.second_by then
    perform only_who_may(who, 'payment_batch.oversee', 'payment_batch_settle_role', 'a difference is settled by the two who keyed');
  end if;
end $$;

-- One side becomes like the other: the line is amended, dropped, or added where it is missing.
create or replace function payment_batch_settle_line(
  b payment_batch,
  from_pass int,
  source int,
  target int,
  key uuid,
  who identity
) returns void
  language plpgsql
as $$
declare
  to_pass constant int := 3 - from_pass;
  model payment_batch_line;
begin
  if target is not null then
    perform payment_batch_line_at(b, to_pass, target, null);
  end if;
  select * into model from payment_batch_line l
   where l.batch_id = b.id and l.pass = from_pass and l.no = source and not l.dropped;
  if source is null then
    update payment_batch_line l set dropped = true, outcome = null, version = l.version + 1
     where l.batch_id = b.id and l.pass = to_pass and l.no = target;
  elsif model.id is null then
    perform fail('DF404', 'payment_batch_line', format('batch %s has no line %s', b.id, source), 'compare again');
  elsif target is not null then
    update payment_batch_line l
       set account = model.account, amount = model.amount, method = model.method, reference = model.reference,
           effective_on = model.effective_on, outcome = null, posting_id = null, version = l.version + 1
     where l.batch_id = b.id and l.pass = to_pass and l.no = target;
  else
    insert into payment_batch_line (batch_id, agency_id, pass, no, submission_id, account, amount, method, reference,
                                    payer, effective_on, allow_duplicate, overpayment, keyed_by, keyed_at)
    select b.id, b.agency_id, to_pass,
           coalesce((select max(l.no) from payment_batch_line l where l.batch_id = b.id and l.pass = to_pass), 0) + 1,
           key, model.account, model.amount, model.method, model.reference, model.payer, model.effective_on,
           model.allow_duplicate, model.overpayment, who.user_id, kernel_now();
  end if;
end $$;

-- Settles differences: [{first, second, take: first|second, submission_id}], a side without a line is null. Only pairs
-- that differ now: what was looked at may have moved.
create or replace function payment_batch_settle(batch bigint, choices jsonb, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
  c record;
begin
  if b.state <> 'part_posted' then
    perform payment_batch_in_state(b, 'compared', 'differences are settled after both keyings are compared');
  end if;
  perform act_begin('payment_batch.settle');
  for c in
    select * from jsonb_to_recordset(choices) as x(first int, second int, take text, submission_id uuid)
  loop
    perform payment_batch_may_settle(b, who, c.take);
    if not exists (select from payment_batch_differences(b.id) d
                    where d.first_no is not distinct from c.first and d.second_no is not distinct from c.second) then
      perform fail('DF409', 'payment_batch_difference', 'this difference is no longer there', 'compare again');
    end if;
    if c.take = 'first' then
      perform payment_batch_settle_line(b, 1, c.first, c.second, c.submission_id, who);
    else
      perform payment_batch_settle_line(b, 2, c.second, c.first, c.submission_id, who);
    end if;
  end loop;
  perform payment_batch_weigh(b.id, 1, null, who);
  b := payment_batch_settle_state(b.id);
  return payment_batch_document(b, who, '{}');
end $$;

select operators_may('execute on function payment_batch_hand_over, payment_batch_take, payment_batch_compare, '
                     'payment_batch_settle');
