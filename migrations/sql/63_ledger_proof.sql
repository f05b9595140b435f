-- The ledger proves itself: every balance rebuilt from the legs, compared to the minor unit. Bound by the caller's policies on accounts and books.
set role debtflow_kernel;

create or replace function ledger_replay() returns table (what text, currency text, stored bigint, replayed bigint) language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare who constant identity := me();
begin
  if who.role not in ('supervisor', 'agency_admin') then
    perform fail('DF403', 'ledger_replay_role', 'the replay covers the whole agency', 'ask a supervisor', '{"who_may": "supervisor"}');
  end if;
  return query
    with mine as (select l.* from transfer t join leg l on l.transfer_id = t.id where t.agency_id = who.agency_id),
    bucket as (
      select l.account_id, b.no, sum(case when l.debit % 16 = 2 then b.part else -b.part end)::bigint as amount
        from mine l cross join lateral unnest(l.parts) with ordinality as b(part, no) where l.parts is not null group by l.account_id, b.no)
    select 'account ' || a.number || ' ' || (array['principal', 'interest', 'fees', 'costs'])[n], b.currency::text, b.due[n], coalesce(r.amount, 0)
      from account a join account_balance b on b.account_id = a.id cross join generate_series(1, 4) n
      left join bucket r on r.account_id = a.id and r.no = n
     where b.due[n] <> coalesce(r.amount, 0);
  return query
    with mine as (select l.* from transfer t join leg l on l.transfer_id = t.id where t.agency_id = who.agency_id and (l.debit % 16 = 3 or l.credit % 16 = 3)),
    held as (select l.account_id, sum(case when l.credit % 16 = 3 then l.amount else -l.amount end)::bigint as amount from mine l group by l.account_id)
    select 'account ' || a.number || ' unapplied', b.currency::text, b.unapplied, coalesce(h.amount, 0)
      from account a join account_balance b on b.account_id = a.id left join held h on h.account_id = a.id where b.unapplied <> coalesce(h.amount, 0);
  return query
    with side as (
      select l.debit as ledger, l.amount from transfer t join leg l on l.transfer_id = t.id where t.agency_id = who.agency_id
      union all
      select l.credit, -l.amount from transfer t join leg l on l.transfer_id = t.id where t.agency_id = who.agency_id),
    rebuilt as (select ledger, sum(amount)::bigint as amount from side group by ledger)
    select 'book ' || coalesce(c.code, lb.book_id::text) || ' ' || lb.kind, lb.currency::text, lb.balance, coalesce(r.amount, 0)
      from ledger_balance lb left join rebuilt r on r.ledger = lb.book_id * 16 + lb.slot left join client c on c.book_id = lb.book_id
     where lb.agency_id = who.agency_id and lb.balance <> coalesce(r.amount, 0);
end $$;

create or replace function ledger_transfers() returns bigint language sql stable security definer set search_path = pg_catalog, debtflow, pg_temp as $$
  select count(*) from transfer where agency_id = (me()).agency_id $$;

-- What must hold at any time, one row a rule: the count of rows that break it.
create or replace function ledger_health() returns table (name text, broken bigint, what text) language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare who constant identity := me();
begin
  if who.role not in ('supervisor', 'agency_admin') then
    perform fail('DF403', 'doctor_role', 'the examination covers the whole agency', 'ask a supervisor', '{"who_may": "supervisor"}');
  end if;
  return query select 'trust-equation', count(*), 'trust cash = due to clients + commission not drawn + escrow + unapplied, per client'
    from (select from ledger_balance lb where lb.agency_id = who.agency_id group by lb.book_id
          having sum(lb.balance) filter (where lb.kind in ('trust', 'client_due', 'commission', 'escrow', 'unapplied')) <> 0) x;
  return query select 'postings-zero', count(*), 'postings of every currency sum to zero'
    from (select from transfer t join posting p on p.transfer_id = t.id where t.agency_id = who.agency_id group by p.currency having sum(p.amount) <> 0) x;
  return query select 'payments-transfers', count(*), 'every payment has its transfer, every payment transfer its payment'
    from (select from payment p full join (select t.id from transfer t where t.agency_id = who.agency_id and t.kind in ('payment', 'reversal')) t on t.id = p.id
           where (p.agency_id = who.agency_id or p.id is null) and (p.id is null or t.id is null)) x;
  return query select 'legs-whole', count(*), 'every transfer has legs, every leg a ledger account of its agency'
    from (select t.id from transfer t left join leg l on l.transfer_id = t.id left join book d on d.id = l.debit / 16 left join book c on c.id = l.credit / 16
           where t.agency_id = who.agency_id and (l.transfer_id is null or d.agency_id is distinct from t.agency_id or c.agency_id is distinct from t.agency_id)) x;
  return query select 'collector-copies', count(*), 'the collector on the account is the one on its balance and search rows'
    from account a join account_balance b on b.account_id = a.id where b.collector_id is distinct from a.collector_id or b.agency_id <> a.agency_id;
  return query select 'closed-zero', count(*), 'paid in full means nothing owed'
    from account a join account_balance b on b.account_id = a.id where a.closed_reason = 'paid_in_full' and sum4(b.due) <> 0;
end $$;

-- What must hold of the installation, for anybody who may examine it.
set role debtflow_owner;
create or replace function house_health() returns table (name text, ok boolean, detail text) language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp as $$
declare who constant identity := me();
begin
  return query select 'clock', p.prosrc = 'select pg_catalog.statement_timestamp()', 'kernel_now() is the shipped one'
    from pg_proc p where p.oid = 'debtflow.kernel_now()'::regprocedure;
  return query select 'roles', count(*) = 0, coalesce('differ from the record: ' || string_agg(u.login, ', '), 'every login is in exactly the group that is recorded')
    from users u join user_roles r on r.user_id = u.id left join pg_roles l on l.rolname = u.login
   where u.agency_id = who.agency_id and (u.disabled_at is null or l.rolcanlogin)
     and ((u.disabled_at is not null and l.rolcanlogin) or l.rolname is null or array[('debtflow_' || r.role)::name] is distinct from
          array(select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = l.oid order by 1));
  return query select 'append-only', count(*) = 0, coalesce('without a guard: ' || string_agg(c.relname, ', '), 'payments, transfers, legs, events and audit rows are guarded')
    from pg_class c where c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p')
     and (c.relname in ('transfer', 'leg', 'ledger_event', 'security_event', 'audit_log', 'payment') or c.relname like 'audit\_log\_%')
     and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'append_only' and t.tgenabled = 'A');
  return query select 'row-security', count(*) = 0, coalesce('off for: ' || string_agg(c.relname, ', '), 'on for every table that holds an agency''s rows')
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'agency_id' and not a.attisdropped
   where c.relnamespace = 'debtflow'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity;
  return query select 'partitions', count(*) >= 2, format('the audit trail has partitions up to %s', max(to_date(right(c.relname, 6), 'YYYYMM')))
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'debtflow.audit_log'::regclass and to_date(right(c.relname, 6), 'YYYYMM') >= date_trunc('month', kernel_now() at time zone 'UTC');
  return query select 'writes', count(*) = 0, coalesce('may be written directly: ' || string_agg(distinct x.table_name::text, ', '), 'no operator may write a table directly')
    from information_schema.table_privileges x where x.table_schema = 'debtflow' and x.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
     and x.grantee in ('PUBLIC', 'debtflow_agency_admin', 'debtflow_supervisor', 'debtflow_collector', 'debtflow_readonly') and x.table_name not like '%intake';
end $$;
grant execute on function house_health to debtflow_agency_admin, debtflow_supervisor;
set role debtflow_kernel;
grant execute on function ledger_replay, ledger_transfers, ledger_health to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly;
