-- Posting a batch: one act for all its lines, an answer for each. What differs from its expected totals is not posted,
-- whoever asks.
set role debtflow_kernel;

create or replace function payment_batch_postable(b payment_batch, seen int) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  differing int;
begin
  perform payment_batch_unfinished(b);
  if seen is not null and seen <> b.version then
    perform fail('DF409', 'payment_batch_version', format('batch %s has changed since you looked', b.id),
                 'look at its totals again');
  end if;
  if b.blind then
    perform fail('DF422', 'payment_batch_second_keying', format('batch %s is keyed twice before it is posted', b.id),
                 case b.state when 'keying' then 'hand it over to another operator'
                              else 'compare both keyings first' end);
  end if;
  perform payment_batch_must_agree(b, 1);
  if b.second_keying then
    select count(*) into differing from payment_batch_differences(b.id);
    if differing > 0 then
      perform fail('DF422', 'payment_batch_keyings_differ',
                   format('%s differences between the keyings of batch %s', differing, b.id), 'settle them first');
    end if;
  end if;
end $$;

-- The answer of one posting: what it said to each line then, whatever became of the line since.
create or replace function payment_batch_answer(b payment_batch, who identity, p payment_batch_posting, again boolean)
  returns jsonb
  language sql stable
as $$
  with line as (
    select payment_batch_lines(b, who, 1, array(select (x ->> 0)::int from jsonb_array_elements(p.answer) x)) as all_of
  )
  select jsonb_build_object(
    'batch', payment_batch_head(b, who),
    'submission_id', p.submission_id, 'at', p.at, 'replayed', again,
    'by', (select u.login from users u where u.id = p.user_id),
    'lines', (
      select coalesce(jsonb_agg(l.value || jsonb_build_object(
               'outcome', a.value -> 1, 'payment_id', a.value -> 2,
               'state', case when a.value -> 2 = 'null' then 'failed' else 'posted' end) order by l.ordinality), '[]')
        from line
        cross join jsonb_array_elements(line.all_of) with ordinality l
        join jsonb_array_elements(p.answer) with ordinality a using (ordinality)))
$$;

-- A submission that was answered before, or a batch that was posted as a whole: the same answer, nothing done.
create or replace function payment_batch_posted_before(b payment_batch, submission uuid) returns payment_batch_posting
  language plpgsql stable
as $$
declare
  p payment_batch_posting;
begin
  select * into p from payment_batch_posting x where x.submission_id = submission;
  if found and p.batch_id <> b.id then
    perform fail('DF422', 'submission_conflict', 'this submission id was already used for another batch',
                 'a new posting needs a new submission id');
  elsif not found and b.state = 'posted' then
    select * into p from payment_batch_posting x where x.batch_id = b.id order by x.id desc limit 1;
  end if;
  return p;
end $$;

-- The settings are those of payment_post: they keep a plan that was made on an empty table from scanning a full one.
create or replace function payment_batch_carry(b payment_batch, submission uuid, who identity)
  returns payment_batch_posting
  language plpgsql
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  weighed weighed_payment[];
  p payment_batch_posting;
begin
  weighed := payment_carry(payment_batch_items(b.id, 1, '{open,failed}', null), who, 'payment.batch');
  perform act_begin('payment.batch');
  insert into payment_batch_posting (batch_id, agency_id, submission_id, user_id, at, posted, refused, answer)
  select b.id, b.agency_id, submission, who.user_id, kernel_now(),
         count(*) filter (where w.outcome in ('posted', 'replayed')),
         count(*) filter (where w.outcome not in ('posted', 'replayed')),
         coalesce(jsonb_agg(jsonb_build_array(
           l.no, case when w.outcome not in ('posted', 'replayed') then w.outcome end,
           case when w.outcome in ('posted', 'replayed') then w.payment_id end) order by l.no), '[]')
    from unnest(weighed) w
    join payment_batch_line l on l.submission_id = w.submission_id
  returning * into p;
  update payment_batch_line l
     set posting_id = p.id, version = l.version + 1,
         outcome = case when w.outcome not in ('posted', 'replayed') then w.outcome end,
         payment_id = case when w.outcome in ('posted', 'replayed') then w.payment_id end
    from unnest(weighed) w
   where l.submission_id = w.submission_id;
  return p;
end $$;

-- Locks the accounting period, the batch, then the accounts. Where nothing could be posted the batch stays as it was,
-- but for the reasons beside its lines.
create or replace function payment_batch_post(
  batch bigint,
  seen int,
  submission uuid,
  token text default null
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch;
  p payment_batch_posting;
begin
  perform period_shared(who.agency_id);
  b := payment_batch_hold(batch);
  p := payment_batch_posted_before(b, submission);
  if p.id is not null then
    return payment_batch_answer(b, who, p, true);
  end if;
  perform payment_batch_postable(b, seen);
  p := payment_batch_carry(b, submission, who);
  perform act_begin('payment.batch');
  if p.posted > 0 then
    update payment_batch x set state = 'part_posted' where x.id = b.id and x.state <> 'part_posted';
  end if;
  b := payment_batch_settle_state(b.id);
  return payment_batch_answer(b, who, p, false);
end $$;

-- A file: opened, keyed and posted in one act, or not at all where its totals differ. `submission` is the posting's;
-- null only keys it.
create or replace function payment_batch_enter(
  form jsonb,
  lines jsonb,
  submission uuid,
  token text default null
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch;
begin
  perform period_shared(who.agency_id);
  b := payment_batch_opened(form, lines, who);
  b := payment_batch_hold(b.id);
  if b.state = 'keying' then
    perform payment_batch_add(b, 1, lines, who);
  end if;
  if submission is null then
    return payment_batch_document(b, who, array(
      select l.no from payment_batch_line l where l.batch_id = b.id and l.pass = 1 order by l.no));
  end if;
  return payment_batch_post(b.id, null, submission);
end $$;

select operators_may('execute on function payment_batch_post, payment_batch_enter');
