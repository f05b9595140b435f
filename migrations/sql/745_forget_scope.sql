-- Forgetting a person: whom it is about, what stands in the way, and where things of theirs are. What happens to them is
-- in the files that follow. docs/forgetting.md says what is beyond the reach of all of it.
set role debtflow_owner;

select act_ships('pii.see', 'see', 'see where a person''s data is, and what keeps them from being forgotten',
                 'your role does not see where a person''s data is',
                 'pii_see', 'supervisor agency_admin');
select act_ships('pii.hold', 'administer', 'place a legal hold on a debtor', 'your role places no legal holds',
                 'pii_hold', 'supervisor agency_admin');
select act_ships('pii.release', 'administer', 'lift a legal hold', 'your role lifts no legal holds',
                 'pii_release', 'agency_admin', 'supervisor agency_admin', true);
select act_ships('pii.retention', 'administer', 'decide how long records are kept',
                 'your role does not decide how long records are kept', 'pii_retention', 'agency_admin');
select act_ships('pii.forget', 'administer', 'forget a person', 'your role forgets nobody',
                 'pii_forget', 'agency_admin', null, true);

select supervisors_read(t), kernel_works(t, 'agency_id = (select (me()).agency_id)')
  from unnest(array['forgetting', 'file_doomed']::regclass[]) t;
select operators_read('retention');
select kernel_works(t, 'agency_id = (select (me()).agency_id)') from unnest(array['legal_hold', 'retention']::regclass[]) t;
select operators_may('select on retention');
grant select on forgetting, file_doomed to debtflow_agency_admin, debtflow_supervisor;
grant insert on legal_hold, retention, forgetting, file_doomed to debtflow_kernel;
grant update (lifted_by, lifted_at) on legal_hold to debtflow_kernel;
grant update (days) on retention to debtflow_kernel;
grant delete on retention, file_doomed to debtflow_kernel;
select guard_append_only('forgetting');
select audit_table('legal_hold', 'debtor', 'debtor_id', '', 'reason', 'id,agency_id,debtor_id'),
       audit_table('retention', 'agency', 'agency_id', '', '', 'agency_id');

-- What stands where something was forgotten.
create or replace function forgotten() returns text
  language sql immutable parallel safe
as $$
  select '(forgotten)'
$$;
grant execute on function forgotten to debtflow_kernel;

set role debtflow_kernel;

-- The account that a person is named by, for who may do this.
create or replace function pii_account(number text, act text) returns account
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform only_who_may(me(), act);
  return account_seen(number);
end $$;

-- Every debtor that is the same person, as far as anybody has said so.
create or replace function pii_debtors(a account) returns bigint[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array_agg(d.id order by d.id)
    from debtor x
    join debtor d on d.agency_id = x.agency_id and (d.id = x.id or d.person_id = x.person_id)
   where x.id = a.debtor_id
$$;

create or replace function pii_accounts(debtors bigint[]) returns setof account
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select a from account a where a.debtor_id = any (debtors) order by a.id
$$;

-- Three years after the last thing that was done about the debt: 12 CFR 1006.100 (a), Regulation F.
create or replace function retention_days(agency int) returns int
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce((select r.days from retention r where r.agency_id = agency), 1096)
$$;

create or replace function pii_last_work(debtors bigint[]) returns timestamptz
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select max(greatest(
           a.placed_on::timestamptz,
           (select max(x.at) from activity x where x.account_id = a.id),
           (select max(p.recorded_at) from payment p where p.account_id = a.id),
           (select max(j.recorded_at) from adjustment j where j.account_id = a.id)))
    from pii_accounts(debtors) a
$$;

-- By what somebody is known again in a file: e-mail addresses, digits of phones, the name in lower case.
create or replace function pii_known(debtors bigint[]) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(array_agg(distinct k), '{}')
    from (select case c.kind when 'phone' then phone_digits(c.value) else lower(c.value) end as k
            from debtor_contact c
           where c.debtor_id = any (debtors)
          union all
          select lower(d.name) from debtor d where d.id = any (debtors) and d.forgotten_at is null) x
   where length(k) > 4
$$;

-- The same, and each word of the name.
create or replace function pii_words(debtors bigint[]) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select pii_known(debtors)
         || array(select w
                    from debtor d
                   cross join lateral regexp_split_to_table(lower(d.name), '[^[:alnum:]]+') w
                   where d.id = any (debtors) and d.forgotten_at is null and length(w) > 2)
$$;

-- Whether a row that became no account says it is about them. A row that names another social security number is
-- somebody else's, whatever the name.
create or replace function pii_row_tells(r import_row, known text[], ssns text[]) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select exists (select
                   from jsonb_each_text(r.cells) c
                  where lower(c.value) = any (known) or phone_digits(c.value) = any (known))
     and (r.parsed ->> 'ssn4' is null or cardinality(ssns) = 0 or r.parsed ->> 'ssn4' = any (ssns))
$$;

-- Rows of files that are about these debtors and still say so. A row that became somebody else's account is theirs.
create or replace function pii_rows(debtors bigint[])
  returns table (batch_id bigint, row_no int, line int, file_id bigint, done boolean)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_custom_plan
as $$
  with mine as materialized (
    select a.id, a.client_id, a.external_ref from pii_accounts(debtors) a
  ),
  by_account as (
    select r.batch_id, r.row_no from import_row r where r.account_id in (select m.id from mine m)
  ),
  by_ref as (
    select r.batch_id, r.row_no
      from mine m
      join import_batch b on b.client_id = m.client_id
      join import_row r on r.batch_id = b.id and r.ref = m.external_ref
  ),
  by_words as (
    select r.batch_id, r.row_no
      from import_batch b
      join import_row r on r.batch_id = b.id and r.account_id is null
     cross join (select pii_known(debtors) as known,
                        array(select d.ssn_last4 from debtor d
                               where d.id = any (debtors) and d.ssn_last4 is not null) as ssns) k
     where b.client_id in (select m.client_id from mine m)
       and cardinality(k.known) > 0
       and pii_row_tells(r, k.known, k.ssns)
  )
  select r.batch_id, r.row_no, r.line, coalesce(f.redacted_as, f.id),
         b.state in ('released', 'rejected', 'undone')
    from (select * from by_account union select * from by_ref union select * from by_words) x
    join import_row r on r.batch_id = x.batch_id and r.row_no = x.row_no
    join import_batch b on b.id = r.batch_id
    join file f on f.id = b.file_id
   where (r.raw, r.cells) is distinct from ('', '{}'::jsonb)
   order by r.batch_id, r.row_no
$$;

create or replace function pii_money_moves(a account) returns text
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b account_balance;
begin
  select * into b from account_balance x where x.account_id = a.id;
  return case
    when b.unapplied > 0 then in_words(b.unapplied, b.currency::text) || ' of it lies unapplied'
    when b.held > 0 or exists (select from charge c where c.account_id = a.id and charge_is_open(c.state))
      then 'a charge is under way'
    when exists (select from refund r where r.account_id = a.id and r.state in ('pending', 'unknown'))
      then 'a refund is under way'
    when exists (select from dispute d where d.account_id = a.id and d.state = 'open') then 'a dispute is open'
    when exists (select
                   from payment_batch_line l
                   join payment_batch k on k.id = l.batch_id
                  where l.agency_id = a.agency_id and l.account = a.number and l.state = 'open'
                    and k.state not in ('posted', 'cancelled'))
      then 'a payment of a batch waits to be posted'
  end;
end $$;

-- What keeps these debtors from being forgotten: the rule, the account that it is about, and who may do what about it.
create or replace function pii_blocks(who identity, debtors bigint[])
  returns table (rule text, account text, said text, what text)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select 'legal-hold', min(a.number), format('a legal hold was placed on %s on %s', min(a.number), h.placed_at::date),
         roles_in_words(roles_that_may(who.agency_id, 'pii.release')) || ' to lift it: debtflow pii release '
         || min(a.number)
    from legal_hold h
    join pii_accounts(debtors) a on a.debtor_id = h.debtor_id
   where h.lifted_at is null
   group by h.id
  union all
  select 'account-open', a.number, format('account %s is still %s', a.number, replace(a.status, '_', ' ')),
         'close it first: a debt that is worked needs its debtor'
    from pii_accounts(debtors) a
   where a.status not in ('closed', 'settled')
  union all
  select 'account-money', a.number, format('account %s: %s', a.number, m.said), 'let it end first'
    from pii_accounts(debtors) a
   cross join lateral (select pii_money_moves(a) as said) m
   where m.said is not null
  union all
  select 'import-open', null, format('batch %s still holds rows of theirs that are not decided', r.batch_id),
         'release or reject it first'
    from (select distinct x.batch_id from pii_rows(debtors) x where not x.done) r
  union all
  select 'retention', null, format('records are kept until %s, %s days after the last work',
                                   (k.last_work + make_interval(days => k.days))::date, k.days),
         roles_in_words(roles_that_may(who.agency_id, 'pii.retention'))
         || ' about how long: debtflow pii retention'
    from (select pii_last_work(debtors) as last_work, retention_days(who.agency_id) as days) k
   where k.last_work + make_interval(days => k.days) > kernel_now()
     and exists (select from debtor d where d.id = any (debtors) and d.forgotten_at is null)
$$;
