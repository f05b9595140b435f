-- Revealing what is masked: one kind of value of one account, with a reason, at most so many a day and person. Whoever
-- reveals has proved a moment ago that they are still the person who signed in. What was revealed stands nowhere; that
-- it was is a security event, and its reason, which may name somebody, in a table from which it can be taken again.
set role debtflow_owner;

select office_reads('reveal'),
       collectors_read('reveal', 'user_id = (select (me()).user_id)'),
       kernel_works('reveal', 'agency_id = (select (me()).agency_id)');
select operators_may('select on reveal');
grant insert on reveal to debtflow_kernel;
create trigger append_only
  before delete or truncate or update of id, agency_id, account_id, user_id, field, shown, at on reveal
  for each statement execute function refuse_change();
alter table reveal enable always trigger append_only;
select audit_table('reveal', 'account', 'account_id', '', 'reason', 'id,agency_id,account_id,user_id,at');

set role debtflow_kernel;

create or replace function reveal_window() returns interval
  language sql immutable parallel safe
as $$
  select interval '24 hours'
$$;

-- By what the bank transfers of an account are known, without those that the caller entered.
create or replace function bank_references(account bigint, who identity) returns table (id bigint, value text)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select p.id, p.reference
    from payment p
   where p.account_id = account
     and p.method = 'bank_transfer'
     and p.reference <> ''
     and p.user_id is distinct from who.user_id
$$;

create or replace function personal_values(a account, field text, who identity) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(jsonb_build_object('of', v.of, 'value', v.value) order by v.no), '[]')
    from (select '' as of, d.ssn_last4 as value, 0::bigint as no
            from debtor d
           where field = 'ssn' and d.id = a.debtor_id and d.ssn_last4 is not null
          union all
          select c.label, c.value, row_number() over (order by not c.is_primary, c.id)
            from debtor_contact c
           where c.kind = field and c.debtor_id = a.debtor_id and c.removed_at is null
          union all
          select receipt_number(b.id), b.value, -b.id
            from bank_references(a.id, who) b
           where field = 'bank') v
$$;

-- How many this person has left, and from when on there will be one more.
create or replace function reveals_left(who identity, out left_over bigint, out again_at timestamptz)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select greatest(limit_of(who, 'reveal') - count(*), 0), min(r.at) + reveal_window()
    from reveal r
   where r.user_id = who.user_id and r.at > kernel_now() - reveal_window()
$$;

-- Puts on record that one kind of value of an account is looked at; account_revealed shows it, so that nobody sees it in
-- a transaction that is taken back. Two at once by the same person count one after the other, each seeing what the other
-- has put on record. A refusal for their number is kept, so it is an answer and no error:
-- {outcome: recorded, reveal, left} or {outcome: limit, most, again_at}.
create or replace function account_reveal(number text, field text, reason text) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  a constant account := account_seen(number);
  allowed record;
  shows int;
  recorded bigint;
begin
  if field is null or field <> all (personal_families()) then
    perform fail('DF400', 'field', format('%s is nothing that is masked', left(field, 40)),
                 array_to_string(personal_families(), ', '), '{"field": "field"}');
  end if;
  perform only_who_may(who, 'reveal.' || field);
  if coalesce(length(trim(reason)), 0) not between 3 and 400 then
    perform fail('DF400', 'reason', 'say why you need to see it, in 3 to 400 characters', '', '{"field": "reason"}');
  end if;
  perform step_up_wanted('reveal');
  if current_setting('transaction_isolation') <> 'read committed' then
    perform fail('DF400', 'isolation', 'revealing is counted in transactions that read what is committed');
  end if;
  perform pg_advisory_xact_lock(4627500, who.user_id);
  allowed := reveals_left(who);
  if allowed.left_over = 0 then
    perform security_note('reveal.refused', 'reveal_limit', 'account', a.id, jsonb_build_object('field', field));
    return jsonb_build_object('outcome', 'limit', 'most', limit_of(who, 'reveal'), 'again_at', allowed.again_at);
  end if;
  shows := jsonb_array_length(personal_values(a, field, who));
  perform act_begin('account.reveal');
  insert into reveal (agency_id, account_id, user_id, field, reason, shown, at)
  values (who.agency_id, a.id, who.user_id, field, trim(reason), shows, kernel_now())
  returning id into recorded;
  perform security_note('reveal', null, 'account', a.id, jsonb_build_object('field', field, 'values', shows));
  return jsonb_build_object('outcome', 'recorded', 'reveal', recorded, 'left', allowed.left_over - 1);
end $$;

-- What was put on record a moment ago and can be taken back by nobody any more: [{of, value}].
create or replace function account_revealed(reveal bigint) returns jsonb
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  r reveal;
  a account;
begin
  select *
    into r
    from reveal x
   where x.id = account_revealed.reveal and x.user_id = who.user_id
     and x.at > kernel_now() - interval '1 minute' and on_record(x.xmin);
  select * into a from account x where x.id = r.account_id;
  if not found then
    perform fail('DF404', 'reveal', 'nothing was put on record to be shown now', 'account reveal, in a transaction before');
  end if;
  perform only_who_may(who, 'reveal.' || r.field), step_up_wanted('reveal');
  return personal_values(a, r.field, who);
end $$;

select operators_may('execute on function account_reveal, account_revealed');
