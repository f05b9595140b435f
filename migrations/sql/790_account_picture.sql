-- Everything about one account in one answer, and who else is looking at it.
set role debtflow_owner;

-- The same person's other debts. Those that somebody else works show that they exist and who to talk to, never what is
-- owed. It reads past the policies, and answers only somebody who sees at least one account of that person.
create or replace function person_debts(person bigint, except_account bigint)
  returns table (number text, client text, status text, collector text, owing bigint, currency text)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with who as materialized (
    select (m).* from (select me() m) x
  ),
  debt as materialized (
    select a.*,
           may_see(row(w.user_id, w.agency_id, w.role, w.session_id)::identity, a.agency_id, a.collector_id) as visible
      from who w
      join debtor d on d.person_id = person and d.agency_id = w.agency_id
      join account a on a.debtor_id = d.id
  )
  select a.number, c.code, a.status, u.login, case when a.visible then sum4(b.due) end, a.currency::text
    from debt a
    join account_balance b on b.account_id = a.id
    join client c on c.id = a.client_id
    left join users u on u.id = a.collector_id
   where a.id <> except_account and exists (select from debt x where x.visible)
   order by a.number
$$;
grant execute on function person_debts to debtflow_kernel;

set role debtflow_kernel;

create or replace function contacts_of(debtor bigint) returns setof jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select jsonb_build_object(
           'id', c.id, 'kind', c.kind, 'value', seen_as(c.kind, c.value, m.sees), 'label', c.label,
           'primary', c.is_primary)
    from debtor_contact c
   cross join (select sight(me()) as sees offset 0) m
   where c.debtor_id = debtor and c.removed_at is null
   order by array_position(array['phone', 'email', 'address'], c.kind), not c.is_primary, c.id
$$;

-- What of a debtor is there and not seen in full: what revealing would show.
create or replace function masked_of(a account, d debtor, who identity, sees text[]) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array(
    select f.name
      from unnest(personal_families()) with ordinality as f(name, no)
     where f.name <> all (sees)
       and case
             when f.name = 'ssn' then d.ssn_last4 is not null
             when f.name = 'bank' then exists (select from bank_references(a.id, who))
             else exists (
               select from debtor_contact c where c.debtor_id = d.id and c.kind = f.name and c.removed_at is null)
           end
     order by f.no)
$$;

create or replace function account_version(number text) returns bigint
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select b.version from account_balance b where b.account_id = (select (account_seen(number)).id)
$$;

create or replace function flags_of(account bigint, zone text) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(jsonb_build_object('kind', g.kind, 'note', g.note, 'by', r.login,
                                               'since', (g.raised_at at time zone zone)::date)
                            order by g.raised_at, g.id), '[]')
    from account_flag g
    join users r on r.id = g.raised_by
   where g.account_id = account and g.lifted_at is null
$$;

create or replace function receipts_of(account bigint) returns jsonb
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('receipt', receipt_number(p.id),
                                                              'reverses', receipt_number(p.reverses),
                                                              'reversed_by', receipt_number(p.reversed_by))
                            order by p.id desc), '[]')
    from payments_of(account) p
$$;

create or replace function account_picture(number text, lines int) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  a constant account := account_seen(number);
  sees constant text[] := sight(me());
begin
  return (
    select to_jsonb(a) || jsonb_build_object(
             'version', b.version, 'due', b.due, 'unapplied', b.unapplied, 'held', b.held,
             'last_payment_on', b.last_payment_on,
             'client', c.code, 'client_name', c.name, 'collector', u.login,
             'debtor', jsonb_build_object(
               'id', d.id, 'name', d.name, 'ssn', seen_as('ssn', d.ssn_last4, sees),
               'person_id', d.person_id, 'masked', masked_of(a, d, me(), sees),
               'contacts', (select coalesce(jsonb_agg(x), '[]') from contacts_of(d.id) x)),
             'moves', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from account_moves(a) m),
             'flags', flags_of(a.id, z.zone),
             'others', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from person_debts(d.person_id, a.id) o),
             'payments', receipts_of(a.id),
             'activities', account_timeline(a.id, null, lines),
             'ahead', account_ahead(a.id, agency_today(a.agency_id)),
             'origin', (select jsonb_build_object('batch', i.id, 'file', i.file_name, 'row', a.import_row)
                          from import_batch i
                         where i.id = a.import_batch_id))
      from account_balance b
      join client c on c.id = a.client_id
      join debtor d on d.id = a.debtor_id
      join agency z on z.id = a.agency_id
      left join users u on u.id = a.collector_id
     where b.account_id = a.id);
end $$;

-- Who else has an account open: a heartbeat every 30 seconds, forgotten after one and a half. It blocks nothing and is
-- no part of the audit trail.
create or replace function account_look(number text) returns table (login text, since timestamptz)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  seen constant account := account_seen(number);
  alive constant timestamptz := kernel_now() - interval '45 seconds';
begin
  insert into account_viewer as v (account_id, user_id, session_id, since, seen_at)
  values (seen.id, who.user_id, who.session_id, kernel_now(), kernel_now())
  on conflict (account_id, session_id) do update
     set seen_at = excluded.seen_at,
         since = case when v.seen_at < alive then excluded.since else v.since end;
  return query
  select u.login, min(v.since)
    from account_viewer v
    join users u on u.id = v.user_id
   where v.account_id = seen.id and v.user_id <> who.user_id and v.seen_at >= alive
   group by u.login
   order by 2, 1;
end $$;

create or replace function account_leave(number text) returns void
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  delete from account_viewer v
   where v.account_id = (account_seen(number)).id and v.session_id = (me()).session_id
$$;

select operators_may('execute on function account_picture, account_version, account_look, account_leave');
