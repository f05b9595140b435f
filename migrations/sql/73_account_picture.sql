-- Everything about one account in one answer, with personal values as the caller's role may see them.
set role debtflow_kernel;

create or replace function mask_contact(kind text, value text, role text) returns text language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select case
    when role in ('collector', 'supervisor', 'agency_admin') then value
    when kind = 'phone' and length(value) > 8 then case when value like '+1%' then '+1' else '+••' end || ' ••• ••• ' || right(value, 4)
    when kind = 'email' then left(value, 1) || '•••@' || split_part(value, '@', 2)
    else '•••' end $$;

create or replace function mask_reference(method text, reference text, role text) returns text language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select case when method = 'bank_transfer' and role = 'readonly' then '•••' || case when length(reference) > 6 then right(reference, 2) else '' end else reference end $$;

create or replace function mask_ssn(last4 text) returns text language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select '···' || right(last4, 1) $$;

create or replace function contacts_of(debtor bigint) returns setof jsonb language sql stable set search_path = pg_catalog, debtflow, pg_temp as $$
  select jsonb_build_object('id', c.id, 'kind', c.kind, 'value', mask_contact(c.kind, c.value, (me()).role), 'label', c.label, 'primary', c.is_primary)
    from debtor_contact c where c.debtor_id = debtor and c.removed_at is null order by array_position(array['phone', 'email', 'address'], c.kind), not c.is_primary, c.id $$;

-- The reference of one payment as the caller may read it; null where they may not see the payment.
create or replace function payment_reference(payment bigint) returns text language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  select mask_reference(p.method, p.reference, (me()).role) from payment p join account a on a.id = p.account_id where p.id = payment $$;

-- Payments and reversals; `sign` is -1 where money was taken back.
create or replace function payments_of(account bigint) returns table (id bigint, submission_id uuid, sign int, amount bigint, currency text, method text, reference text,
    effective_on date, recorded_at timestamptz, login text, reverses bigint, reversed_by bigint, reason text) language sql stable
  set search_path = pg_catalog, debtflow, pg_temp as $$
  select p.id, p.submission_id, case when l.debit % 16 in (2, 3) then -1 else 1 end, p.amount, p.currency::text, p.method, mask_reference(p.method, p.reference, (me()).role),
         p.effective_on, p.recorded_at, u.login, p.reverses, r.id, p.reason
    from payment p left join users u on u.id = p.user_id left join transfer r on r.reverses = p.id
    cross join lateral (select l.debit from leg l where l.transfer_id = p.id order by l.no limit 1) l
   where p.account_id = account order by p.id desc $$;

-- The timeline: what was done and what was paid, in one order. A payment's id is the negative of its own, so that every line has one.
create or replace function account_lines(account bigint) returns table (id bigint, at timestamptz, line jsonb) language sql stable
  set search_path = pg_catalog, debtflow, pg_temp as $$
  select v.id, v.at, jsonb_build_object('id', v.id, 'at', v.at, 'by', u.login, 'kind', v.kind, 'text', v.text, 'outcome', v.outcome,
                                        'promised_on', v.promised_on, 'promised', v.promised, 'currency', a.currency)
    from activity v join account a on a.id = v.account_id left join users u on u.id = v.user_id where v.account_id = account
  union all
  select -p.id, p.recorded_at, jsonb_build_object('id', -p.id, 'at', p.recorded_at, 'by', p.login, 'kind', case when p.reverses is null then 'payment' else 'reversal' end,
                                                  'amount', p.sign * p.amount, 'currency', p.currency, 'method', p.method, 'reference', p.reference,
                                                  'receipt', receipt_number(p.id), 'reverses', receipt_number(p.reverses), 'reason', p.reason)
    from payments_of(account) p $$;

create or replace function account_line(account bigint, wanted bigint) returns jsonb language sql stable set search_path = pg_catalog, debtflow, pg_temp as $$
  select l.line from account_lines(account) l where l.id = wanted $$;

create or replace function account_timeline(account bigint, before_id bigint, size int) returns jsonb language sql stable set search_path = pg_catalog, debtflow, pg_temp as $$
  with l as materialized (select * from account_lines(account)),
  page as (select * from l where before_id is null or (l.at, l.id) < (select x.at, x.id from l x where x.id = before_id) order by l.at desc, l.id desc limit size)
  select coalesce(jsonb_agg(p.line order by p.at desc, p.id desc), '[]') from page p $$;

-- The account with this number, if the caller may see it.
create or replace function account_seen(number text) returns account language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  who constant identity := me();
  a account;
begin
  select * into a from account x where x.agency_id = who.agency_id and x.number = account_seen.number;
  if not found then perform fail('DF404', 'account', format('there is no account %s', number), 'look it up by name, phone or reference'); end if;
  return a;
end $$;

create or replace function account_activities(number text, before_id bigint, size int) returns jsonb language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$ select account_timeline((account_seen(number)).id, before_id, size) $$;

create or replace function account_version(number text) returns bigint language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  select b.version from account_balance b where b.account_id = (select (account_seen(number)).id) $$;

-- Every movement of the buckets in the order it was recorded, with what each bucket stood at after it.
create or replace function account_postings(number text) returns table (recorded_at timestamptz, effective_on date, kind text, receipt text, bucket int,
    amount bigint, running bigint, currency text) language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  select t.recorded_at, t.effective_on, t.kind, case when t.kind <> 'placement' then receipt_number(t.id) end, p.bucket::int, p.amount,
         sum(p.amount) over (partition by p.bucket order by t.id, l.no)::bigint, l.currency::text
    from leg l join transfer t on t.id = l.transfer_id
    cross join lateral (select x.bucket, case when l.debit % 16 = 2 then x.part else -x.part end as amount
                          from unnest(l.parts) with ordinality x(part, bucket) where x.part > 0) p
   where l.account_id = (select (account_seen(number)).id) and l.parts is not null
   order by t.id, l.no, p.bucket $$;

create or replace function account_picture(number text, lines int) returns jsonb language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp set enable_seqscan = off as $$
declare
  a constant account := account_seen(number);
  role constant text := (me()).role;
begin
  return (
    select to_jsonb(a) || jsonb_build_object(
             'version', b.version, 'due', b.due, 'unapplied', b.unapplied, 'last_payment_on', b.last_payment_on,
             'client', c.code, 'client_name', c.name, 'collector', u.login,
             'debtor', jsonb_build_object('id', d.id, 'name', d.name, 'ssn', mask_ssn(d.ssn_last4), 'person_id', d.person_id,
                                          'contacts', (select coalesce(jsonb_agg(x), '[]') from contacts_of(d.id) x)),
             'moves', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from account_moves(a, role) m),
             'flags', (select coalesce(jsonb_agg(jsonb_build_object('kind', g.kind, 'note', g.note, 'by', r.login,
                                                                    'since', (g.raised_at at time zone z.zone)::date) order by g.raised_at, g.id), '[]')
                         from account_flag g join users r on r.id = g.raised_by where g.account_id = a.id and g.lifted_at is null),
             'others', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from person_debts(d.person_id, a.id) o),
             'payments', (select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('receipt', receipt_number(p.id), 'reverses', receipt_number(p.reverses),
                                                                                      'reversed_by', receipt_number(p.reversed_by)) order by p.id desc), '[]') from payments_of(a.id) p),
             'activities', account_timeline(a.id, null, lines),
             'origin', (select jsonb_build_object('batch', i.id, 'file', i.file_name, 'row', a.import_row) from import_batch i where i.id = a.import_batch_id))
      from account_balance b join client c on c.id = a.client_id join debtor d on d.id = a.debtor_id join agency z on z.id = a.agency_id
      left join users u on u.id = a.collector_id where b.account_id = a.id);
end $$;

-- The same person's other debts. Those that somebody else works show that they exist and who to talk to, never what is owed.
-- It reads past the policies, and answers only somebody who sees at least one account of that person.
set role debtflow_owner;
create or replace function person_debts(person bigint, except_account bigint) returns table (number text, client text, status text, collector text, owing bigint, currency text)
  language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  with who as materialized (select (m).* from (select me() m) x),
  debt as materialized (
    select a.*, may_see(row(w.user_id, w.agency_id, w.role, w.session_id)::identity, a.agency_id, a.collector_id) as visible
      from who w join debtor d on d.person_id = person and d.agency_id = w.agency_id join account a on a.debtor_id = d.id)
  select a.number, c.code, a.status, u.login, case when a.visible then sum4(b.due) end, a.currency::text
    from debt a join account_balance b on b.account_id = a.id join client c on c.id = a.client_id left join users u on u.id = a.collector_id
   where a.id <> except_account and exists (select from debt x where x.visible) order by a.number $$;
grant execute on function person_debts to debtflow_kernel;
