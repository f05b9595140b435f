-- What people see of a batch: its head with the running totals, its lines with the debtor decoded beside them. The
-- policies say what is in it.
set role debtflow_kernel;

create or replace function payment_batch_totals(batch bigint, of_pass int) returns table (
  lines int,
  sum bigint,
  hash bigint,
  posted int,
  posted_sum bigint,
  failed int,
  open int,
  flagged int
)
  language sql stable
as $$
  select count(*)::int, coalesce(sum(l.amount), 0)::bigint, coalesce(sum(l.base), 0)::bigint,
         count(*) filter (where l.state = 'posted')::int,
         coalesce(sum(l.amount) filter (where l.state = 'posted'), 0)::bigint,
         count(*) filter (where l.state = 'failed')::int,
         count(*) filter (where l.state = 'open')::int,
         count(*) filter (where l.outcome is not null)::int
    from payment_batch_line l
   where l.batch_id = batch and l.pass = of_pass and not l.dropped
$$;

-- Both keyings beside each other, paired by account: the nth of an account with the nth. Only lines that differ.
create or replace function payment_batch_differences(batch bigint) returns table (first_no int, second_no int)
  language sql stable
as $$
  with side as (
    select l.pass, l.no, l.account, row(l.amount, l.method, l.reference, l.effective_on) as facts,
           row_number() over (partition by l.pass, l.account
                              order by l.amount, l.method, l.reference, l.effective_on, l.no) as nth
      from payment_batch_line l
     where l.batch_id = batch and not l.dropped
  )
  select f.no, s.no
    from (select * from side where pass = 1) f
    full join (select * from side where pass = 2) s using (account, nth)
   where f.facts is distinct from s.facts
   order by coalesce(f.no, s.no), s.no
$$;

-- The pass that is the caller's: the second operator's own, everybody else's the first.
create or replace function payment_batch_side(b payment_batch, who identity) returns int
  language sql immutable
as $$
  select case when b.second_by = who.user_id then 2 else 1 end
$$;

create or replace function payment_batch_head(b payment_batch, who identity) returns jsonb
  language sql stable
as $$
  select jsonb_build_object(
           'id', b.id, 'submission_id', b.submission_id, 'title', b.title, 'currency', b.currency, 'state', b.state,
           'second_keying', b.second_keying, 'opened_by', o.login, 'opened_at', b.opened_at, 'second_by', s.login,
           'finished_at', b.finished_at, 'reason', b.reason, 'version', b.version,
           'expected', jsonb_build_array(b.expected_count, b.expected_sum, b.expected_hash),
           'pass', side.pass,
           'hidden', b.blind and who.user_id is distinct from case side.pass when 2 then b.second_by
                                                              else b.opened_by end,
           'keyed', jsonb_build_array(t.lines, t.sum, t.hash),
           'posted', t.posted, 'posted_sum', t.posted_sum, 'failed', t.failed, 'open', t.open, 'flagged', t.flagged,
           'differences', case when b.second_keying and not b.blind
                               then (select count(*) from payment_batch_differences(b.id)) end,
           'posted_by', p.login, 'posted_at', p.at)
    from users o
    cross join (select payment_batch_side(b, who) as pass) side
    cross join lateral payment_batch_totals(b.id, side.pass) t
    left join users s on s.id = b.second_by
    left join lateral (select u.login, p.at
                         from payment_batch_posting p
                         join users u on u.id = p.user_id
                        where p.batch_id = b.id
                        order by p.id desc
                        limit 1) p on true
   where o.id = b.opened_by
$$;

-- Lines as an array of objects; the debtor and what is owed now only where the caller may see the account.
create or replace function payment_batch_lines(b payment_batch, who identity, of_pass int, nos int[]) returns jsonb
  language sql stable
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'id', l.id, 'pass', l.pass, 'no', l.no, 'submission_id', l.submission_id, 'account', l.account,
           'amount', l.amount, 'method', l.method, 'reference', case
             when who.user_id in (b.opened_by, b.second_by) then l.reference
             else seen_reference(l.method, l.reference, l.keyed_by, who, m.sees)
           end,
           'payer', l.payer, 'effective_on', l.effective_on, 'allow_duplicate', l.allow_duplicate,
           'overpayment', l.overpayment, 'state', l.state, 'outcome', l.outcome, 'payment_id', l.payment_id,
           'by', u.login, 'version', l.version, 'debtor', a.debtor_name, 'status', a.status,
           'owing', sum4(d.due), 'owing_currency', d.currency) order by l.no), '[]')
    from unnest(nos) n
    cross join (select sight(who) as sees offset 0) m
    cross join lateral (select *
                          from payment_batch_line l
                         where l.batch_id = b.id and l.pass = of_pass and l.no = n
                         limit 1) l
    join users u on u.id = l.keyed_by
    left join lateral (select *
                         from account a
                        where a.agency_id = b.agency_id and a.number = l.account
                        limit 1) a on true
    left join lateral (select * from account_balance d where d.account_id = a.id limit 1) d on true
$$;

create or replace function payment_batch_document(b payment_batch, who identity, nos int[]) returns jsonb
  language sql stable
as $$
  select jsonb_build_object('batch', payment_batch_head(b, who),
                            'lines', payment_batch_lines(b, who, payment_batch_side(b, who), nos))
$$;

create or replace function payment_batch_find(batch bigint) returns payment_batch
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b payment_batch;
begin
  select * into b from payment_batch x where x.id = batch;
  if not found then
    perform fail('DF404', 'payment_batch', format('there is no payment batch %s', batch), 'debtflow payment batches');
  end if;
  return b;
end $$;

-- A page of lines of the caller's own pass, newest first. What people sort out comes alone where it is asked for:
-- `wanted` is failed, open, flagged or null.
create or replace function payment_batch_show(batch bigint, before int, size int, wanted text) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  b constant payment_batch := payment_batch_find(batch);
begin
  return payment_batch_document(b, who, array(
    select l.no
      from payment_batch_line l
     where l.batch_id = b.id
       and l.pass = payment_batch_side(b, who)
       and (before is null or l.no < before)
       and case wanted when 'flagged' then l.outcome is not null and not l.dropped
                       else wanted is null or l.state = wanted end
     order by l.no desc
     limit size));
end $$;

-- Both sides of every difference: {batch, differences: [{first, second}]}; one side is null where it lacks the line.
create or replace function payment_batch_compared(batch bigint) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  b constant payment_batch := payment_batch_find(batch);
begin
  return jsonb_build_object(
    'batch', payment_batch_head(b, who),
    'differences', (
      select coalesce(jsonb_agg(jsonb_build_object(
               'first', payment_batch_lines(b, who, 1, array[d.first_no]) -> 0,
               'second', payment_batch_lines(b, who, 2, array[d.second_no]) -> 0)), '[]')
        from payment_batch_differences(batch) d
       where b.second_keying and not b.blind));
end $$;

-- Newest first; `wanted` is a state, `open` for all that is not finished, or null.
create or replace function payment_batch_list(before bigint, size int, wanted text) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  return (
    select coalesce(jsonb_agg(payment_batch_head(b, who) order by b.id desc), '[]')
      from (select *
              from payment_batch x
             where x.agency_id = who.agency_id
               and (before is null or x.id < before)
               and case wanted when 'unfinished' then x.finished_at is null
                               else wanted is null or x.state = wanted end
             order by x.id desc
             limit size) b);
end $$;

select operators_may('execute on function payment_batch_show, payment_batch_compared, payment_batch_list');
