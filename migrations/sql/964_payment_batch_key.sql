-- Keying: every line is kept the moment it is typed, whatever the rules will say to it; what they would say now stands
-- beside it.
set role debtflow_kernel;

-- Lines as typed: [{submission_id, account, amount, currency, method, reference?, payer?, effective_on?,
-- allow_duplicate?, overpayment?}].
create or replace function payment_batch_typed(b payment_batch, lines jsonb) returns table (
  ord bigint,
  submission_id uuid,
  account text,
  amount numeric,
  currency text,
  method text,
  reference text,
  payer text,
  effective_on date,
  allow_duplicate boolean,
  overpayment text
)
  language sql stable
as $$
  select x.ord, x.submission_id, x.account, x.amount, coalesce(x.currency, b.currency::text), x.method,
         nullif(x.reference, ''), coalesce(x.payer, 'debtor'), coalesce(x.effective_on, agency_today(b.agency_id)),
         coalesce(x.allow_duplicate, false), coalesce(x.overpayment, 'refuse')
    from rows from (
           jsonb_to_recordset(lines) as (
             submission_id uuid, account text, amount numeric, currency text, method text, reference text, payer text,
             effective_on date, allow_duplicate boolean, overpayment text)
         ) with ordinality as x(submission_id, account, amount, currency, method, reference, payer, effective_on,
                                allow_duplicate, overpayment, ord)
$$;

-- What could never be posted is not kept as a line; what only the account decides is.
create or replace function payment_batch_check(b payment_batch, lines jsonb) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  bad record;
begin
  select x.*, case
           when x.submission_id is null then 'submission_id'
           when x.account is null then 'account'
           when payment_form_rule(x.amount, x.reference, x.payer) is not null
             then split_part(payment_form_rule(x.amount, x.reference, x.payer), '_', 1)
           when not exists (select
                              from payment_method m
                             where m.name = x.method and m.processor in ('counter', 'client')) then 'method'
           when x.currency <> b.currency then 'currency'
           when x.effective_on > agency_today(b.agency_id) then 'effective_on'
         end as field
    into bad
    from payment_batch_typed(b, lines) x
   where x.submission_id is null or x.account is null or x.currency <> b.currency
      or payment_form_rule(x.amount, x.reference, x.payer) is not null
      or x.effective_on > agency_today(b.agency_id)
      or not exists (select from payment_method m where m.name = x.method and m.processor in ('counter', 'client'))
   order by x.ord
   limit 1;
  if not found then
    return;
  end if;
  perform fail('DF400', 'payment_batch_line_form',
    case bad.field
      when 'currency' then format('the batch is in %s, not in %s', b.currency, bad.currency)
      when 'method' then format('%s is not a method to key payments with', coalesce(bad.method, 'nothing'))
      when 'effective_on' then format('%s is in the future', bad.effective_on)
      else format('line %s has no %s that can be', bad.ord, bad.field)
    end,
    case bad.field when 'method' then 'cash, check, bank_transfer or paid_to_client' else '' end,
    jsonb_build_object('field', bad.field));
end $$;

create or replace function payment_batch_items(batch bigint, of_pass int, states text[], accounts text[]) returns jsonb
  language sql stable
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'account', l.account, 'submission_id', l.submission_id, 'amount', l.amount, 'currency', b.currency,
           'method', l.method, 'reference', l.reference, 'payer', l.payer, 'effective_on', l.effective_on,
           'allow_duplicate', l.allow_duplicate, 'overpayment', l.overpayment) order by l.no), '[]')
    from payment_batch b
    join payment_batch_line l on l.batch_id = b.id
   where b.id = batch and l.pass = of_pass and l.state = any (states)
     and (accounts is null or l.account = any (accounts))
$$;

-- What posting would say to the open lines of these accounts, one after the other.
create or replace function payment_batch_weigh(batch bigint, of_pass int, accounts text[], who identity) returns void
  language plpgsql
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
begin
  update payment_batch_line l
     set outcome = nullif(w.outcome, 'posted')
    from unnest(payment_weigh(payment_batch_items(batch, of_pass, '{open}', accounts), who,
                              most => limit_of(who, 'payment'))) w
   where l.submission_id = w.submission_id
     and l.outcome is distinct from nullif(w.outcome, 'posted');
end $$;

-- Adds the lines that are not there yet and gives the numbers of all; a repeat keys nothing twice.
create or replace function payment_batch_add(b payment_batch, of_pass int, lines jsonb, who identity) returns int[]
  language plpgsql
as $$
declare
  nos int[];
begin
  perform payment_batch_check(b, lines);
  perform act_begin('payment_batch.key');
  insert into payment_batch_line (batch_id, agency_id, pass, no, submission_id, account, amount, method, reference,
                                  payer, effective_on, allow_duplicate, overpayment, keyed_by, keyed_at)
  select b.id, b.agency_id, of_pass,
         coalesce((select max(l.no) from payment_batch_line l where l.batch_id = b.id and l.pass = of_pass), 0)
           + row_number() over (order by x.ord),
         x.submission_id, x.account, x.amount, x.method, x.reference, x.payer, x.effective_on, x.allow_duplicate,
         x.overpayment, who.user_id, kernel_now()
    from payment_batch_typed(b, lines) x
   where not exists (select from payment_batch_line l
                      where l.submission_id = x.submission_id and l.batch_id = b.id and l.pass = of_pass);
  nos := array(select l.no
                 from payment_batch_typed(b, lines) x
                 join payment_batch_line l on l.submission_id = x.submission_id
                order by x.ord);
  perform payment_batch_weigh(b.id, of_pass, array(select x.account from payment_batch_typed(b, lines) x), who);
  if (select t.lines from payment_batch_totals(b.id, of_pass) t) > 5000 then
    perform fail('DF422', 'payment_batch_full', 'a batch holds at most 5,000 lines', 'open another batch');
  end if;
  return nos;
end $$;

create or replace function payment_batch_key(batch bigint, lines jsonb, token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
  nos constant int[] := payment_batch_add(b, payment_batch_pass(b, who), lines, who);
begin
  b := payment_batch_moved(b.id);
  return payment_batch_document(b, who, nos);
end $$;

-- The line as the caller may change it now: of their own pass, not posted, at the version that was looked at.
create or replace function payment_batch_line_at(b payment_batch, of_pass int, no int, seen int)
  returns payment_batch_line
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  l payment_batch_line;
begin
  select * into l from payment_batch_line x
   where x.batch_id = b.id and x.pass = of_pass and x.no = payment_batch_line_at.no;
  if not found then
    perform fail('DF404', 'payment_batch_line', format('batch %s has no line %s', b.id, no), 'look at its lines');
  elsif l.state = 'posted' then
    perform fail('DF422', 'payment_batch_line_posted', format('line %s is posted and stays as it is', no),
                 'a supervisor can reverse its payment');
  elsif l.state = 'dropped' then
    perform fail('DF422', 'payment_batch_line_dropped', format('line %s was dropped', no), 'key it again');
  elsif seen is not null and seen <> l.version then
    perform fail('DF409', 'payment_batch_line_version', format('somebody else has changed line %s meanwhile', no),
                 'look at it again');
  end if;
  return l;
end $$;

create or replace function payment_batch_amend(
  batch bigint,
  no int,
  seen int,
  line jsonb,
  token text default null
) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
  this_pass constant int := payment_batch_pass(b, who);
  old constant payment_batch_line := payment_batch_line_at(b, this_pass, no, seen);
  typed constant jsonb := jsonb_build_array(line || jsonb_build_object('submission_id', old.submission_id));
begin
  perform payment_batch_check(b, typed);
  perform act_begin('payment_batch.amend');
  update payment_batch_line l
     set account = x.account, amount = x.amount, method = x.method, reference = x.reference, payer = x.payer,
         effective_on = x.effective_on, allow_duplicate = x.allow_duplicate, overpayment = x.overpayment,
         outcome = null, posting_id = null, version = l.version + 1
    from payment_batch_typed(b, typed) x
   where l.id = old.id;
  perform payment_batch_weigh(b.id, this_pass, array[old.account, line ->> 'account'], who);
  b := payment_batch_moved(b.id);
  return payment_batch_document(b, who, array[no]);
end $$;

create or replace function payment_batch_drop(batch bigint, nos int[], token text default null) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set lock_timeout = '3s'
as $$
declare
  who constant identity := payment_batch_clerk(token);
  b payment_batch := payment_batch_hold(batch);
  this_pass constant int := payment_batch_pass(b, who);
  gone payment_batch_line[];
begin
  gone := array(select payment_batch_line_at(b, this_pass, n, null) from unnest(nos) n);
  perform act_begin('payment_batch.drop');
  update payment_batch_line l
     set dropped = true, outcome = null, version = l.version + 1
    from unnest(gone) g
   where l.id = g.id;
  perform payment_batch_weigh(b.id, this_pass, array(select g.account from unnest(gone) g), who);
  b := payment_batch_settle_state(b.id);
  return payment_batch_document(b, who, nos);
end $$;

select operators_may('execute on function payment_batch_key, payment_batch_amend, payment_batch_drop');
