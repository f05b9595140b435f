-- Small things that everything else leans on: the clock, errors, check digits, guards, grants that many functions
-- share.
set role debtflow_owner;

-- The only clock. A test database may replace the body; `debtflow doctor` fails where it is not this one.
create or replace function kernel_now() returns timestamptz
  language sql stable parallel safe
as 'select pg_catalog.statement_timestamp()';

-- Time stands still within a statement, and whoever writes a statement can make it last: what it posts at its end would
-- be recorded as of its beginning. So posting refuses what began long ago by the clock on the wall.
create or replace function statement_lasts() returns interval
  language sql immutable parallel safe
as $$
  select interval '2 minutes'
$$;

create or replace function statement_is_fresh() returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if clock_timestamp() > statement_timestamp() + statement_lasts() then
    perform fail('DF409', 'statement_late', 'this statement began too long ago to post anything in it',
                 'post in a statement of its own');
  end if;
end $$;

-- Errors of our own are SQLSTATE class DF: the rule travels as CONSTRAINT, facts as DETAIL (JSON), what to do as HINT.
--   DF400 bad input     DF403 not allowed   DF404 not found         DF409 stale
--   DF422 a rule says no                    DF423 append-only       DF440 no live session
create or replace function fail(
  code text,
  rule text,
  message text,
  hint text default '',
  detail jsonb default '{}'
) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = code, constraint = rule, message = message, hint = hint, detail = detail::text;
end $$;

-- What the audit trail calls the changes that follow in this transaction. Every function that writes says it first, so
-- nobody can say it for them. The reason is a code (nsf, recalled): the trail keeps it for good, in plain words.
create or replace function act_begin(act text, reason text default '') returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('debtflow.act', act, true), set_config('debtflow.reason', coalesce(reason, ''), true);
end $$;

-- Check digit after H. M. Damm, "Totally anti-symmetric quasigroups" (2004): catches every single wrong digit and every
-- adjacent swap.
create or replace function damm_digit(digits text) returns text
  language plpgsql immutable strict parallel safe
  set search_path = pg_catalog, pg_temp
as $$
declare
  quasigroup constant text[] := array[
    '0317598642', '7092154863', '4206871359', '1750983426', '6123045978',
    '3674209581', '5869720134', '8945362017', '9438617205', '2581436790'];
  interim int := 0;
begin
  for i in 1 .. length(digits) loop
    interim := substr(quasigroup[interim + 1], substr(digits, i, 1)::int + 1, 1)::int;
  end loop;
  return interim::text;
end $$;

create or replace function account_number(base bigint) returns text
  language sql immutable strict parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select base || '-' || damm_digit(base::text)
$$;

create or replace function receipt_number(payment bigint) returns text
  language sql immutable strict parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select 'R-' || n.digits || '-' || damm_digit(n.digits)
    from (select lpad(payment::text, greatest(6, length(payment::text)), '0') as digits) n
$$;

create or replace function refuse_change() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'DF423',
    constraint = 'append_only',
    message = format('%s is append-only', tg_relid::regclass),
    hint = 'post a reversal instead';
end $$;

-- Statement triggers of a partitioned table are not copied to its partitions, so every partition gets a guard of its
-- own. Enabled always: in replica mode, too, which a restore or a superuser's shortcut uses.
create or replace function guard_append_only(t regclass) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  execute format('create or replace trigger append_only before update or delete or truncate on %s '
                 'for each statement execute function debtflow.refuse_change()', t);
  execute format('alter table %s enable always trigger append_only', t);
end $$;

-- Grants something to every group that people sign in as.
create or replace function operators_may(privilege text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  execute format('grant %s to debtflow_agency_admin, debtflow_supervisor, debtflow_collector, debtflow_readonly',
                 privilege);
end $$;

-- Grants something to the logins that do an agency's background work.
create or replace function worker_may(privilege text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  execute format('grant %s to debtflow_worker', privilege);
end $$;

grant execute on function operators_may, worker_may, act_begin, kernel_now, statement_lasts, statement_is_fresh, fail,
  damm_digit, account_number, receipt_number to debtflow_kernel, debtflow_useradmin;
select operators_may(f), worker_may(f)
  from (values ('execute on function kernel_now, fail, damm_digit, account_number, receipt_number')) x(f);
