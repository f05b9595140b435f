-- Rows of clients' files as people may see them, and as they were sent for those who put them right. The columns that
-- hold personal values are in no grant: reading masks them by what the caller sees, and opening a row is on record.
set role debtflow_kernel;

-- What of a row the caller does not see, as it stands in its cells, in what was read of them and in what they change.
create or replace function import_secrets(r import_row, sees text[]) returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select array(
    select v.value
      from (select key, value from jsonb_each_text(r.cells)
            union
            select key, value from jsonb_each_text(r.parsed)
            union
            select d.key, e.value
              from jsonb_each(r.difference) d
             cross join jsonb_array_elements_text(d.value) e) v
     where length(v.value) > 2 and hides(column_family(v.key), sees)
     order by length(v.value) desc)
$$;

create or replace function veiled(words text, secrets text[]) returns text
  language plpgsql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
declare
  secret text;
begin
  foreach secret in array secrets loop
    words := replace(words, secret, '•••');
  end loop;
  return words;
end $$;

create or replace function cells_seen(cells jsonb, sees text[]) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when cells is not null
    then (select coalesce(jsonb_object_agg(c.key, seen_as(column_family(c.key), c.value, sees)), '{}')
            from jsonb_each_text(cells) c)
  end
$$;

-- A finding names its cell's value, and may repeat it or another one in its words.
create or replace function findings_seen(findings jsonb, secrets text[], sees text[]) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when findings = '[]' then findings
    else (select jsonb_agg(f || jsonb_build_object(
                   'value', veiled(seen_as(k.family, f ->> 'value', sees), secrets),
                   'message', veiled(f ->> 'message', k.own || secrets)) order by ord)
            from jsonb_array_elements(findings) with ordinality as x(f, ord)
           cross join lateral (select column_family(f ->> 'column') as family) c
           cross join lateral (select c.family,
                                      case when hides(c.family, sees) and f ->> 'value' <> ''
                                           then array[f ->> 'value'] else '{}'::text[] end as own) k)
  end
$$;

create or replace function difference_seen(difference jsonb, sees text[]) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when difference is not null
    then (select coalesce(jsonb_object_agg(d.key, case
                   when hides(column_family(d.key), sees)
                   then (select jsonb_agg(masked(column_family(d.key), e.value))
                           from jsonb_array_elements_text(d.value) e)
                   else d.value
                 end), '{}')
            from jsonb_each(difference) d)
  end
$$;

-- The record as it was sent is shown where none of it could be masked: its cells are all known and open, nobody has put
-- others in their place, and no profile has left some out.
create or replace function raw_seen(r import_row, sees text[], profile bigint) returns text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select case
    when personal_families() <@ sees
      or r.cells <> '{}'
         and r.version = 1
         and profile is null
         and not exists (select from jsonb_object_keys(r.cells) k where hides(column_family(k), sees))
    then r.raw
    else ''
  end
$$;

create or replace function import_batch_seen(batch bigint, act text) returns import_batch
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk(act);
  b import_batch;
begin
  select * into b from import_batch x where x.id = batch and x.agency_id = who.agency_id;
  if not found then
    perform fail('DF404', 'batch', format('there is no import batch %s', batch), 'debtflow import list');
  end if;
  return b;
end $$;

create or replace function import_rows_seen(batch bigint, rows int[]) returns table (
  row_no int,
  line int,
  state text,
  cells jsonb,
  findings jsonb,
  raw text,
  version int,
  reason text,
  account text,
  verdict text,
  difference jsonb,
  byte_at bigint,
  byte_count int
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_bitmapscan = off
as $$
declare
  b constant import_batch := import_batch_seen(batch, 'import.see');
  sees constant text[] := sight(me());
begin
  return query
  select r.row_no, r.line, r.state, cells_seen(r.cells, sees), findings_seen(r.findings, k.secrets, sees),
         raw_seen(r, sees, b.profile_id), r.version, r.reason, a.number, r.verdict,
         difference_seen(r.difference, sees), r.byte_at, r.byte_count
    from import_row r
   cross join lateral (select import_secrets(r, sees) as secrets) k
    left join account a on a.id = r.account_id
   where r.batch_id = b.id and r.row_no = any (rows)
   order by r.row_no;
end $$;

-- Puts on record that rows of a batch are opened, for five minutes, in a transaction before the one that opens them.
create or replace function import_opening(batch bigint, purpose text) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  perform import_noted((import_batch_to_open(batch, purpose)).id, purpose);
end $$;

create or replace function import_batch_to_open(batch bigint, purpose text) returns import_batch
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_batch_seen(batch, case purpose when 'report' then 'import.raw' else 'import.work' end);
begin
  if purpose is distinct from 'report' and b.state <> 'in_review' then
    perform fail('DF422', 'batch-state', format('batch %s is %s: its rows do not change any more', b.id, b.state),
                 'stage a new file');
  end if;
  return b;
end $$;

create or replace function import_noted(batch bigint, purpose text) returns boolean
  language sql volatile
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select noted('import.opened', 'batch', batch,
               jsonb_build_object('for', case purpose when 'report' then 'report' else 'correction' end))
$$;

create or replace function import_only_on_record(batch bigint, purpose text) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if not import_noted(batch, purpose) then
    perform fail('DF403', 'import_opened', 'that rows are opened is put on record first', 'import_opening');
  end if;
end $$;

-- Rows as they were sent: to be put right, while that is still possible, or to go back to whose they are. That
-- somebody opens some is on record before.
create or replace function import_rows_open(batch bigint, rows int[], purpose text) returns table (
  row_no int,
  line int,
  state text,
  cells jsonb,
  findings jsonb,
  raw text,
  version int,
  reason text,
  account text,
  verdict text,
  difference jsonb,
  byte_at bigint,
  byte_count int
)
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_bitmapscan = off
as $$
declare
  b constant import_batch := import_batch_to_open(batch, purpose);
begin
  if coalesce(cardinality(rows), 0) not between 1 and 1000 then
    perform fail('DF400', 'rows', 'between 1 and 1000 rows are opened at once', '', '{"field": "rows"}');
  end if;
  perform import_only_on_record(b.id, purpose);
  return query
  select r.row_no, r.line, r.state, r.cells, r.findings, r.raw, r.version, r.reason, a.number, r.verdict, r.difference,
         r.byte_at, r.byte_count
    from import_row r
    left join account a on a.id = r.account_id
   where r.batch_id = b.id and r.row_no = any (rows)
   order by r.row_no;
end $$;

-- Which rows are meant: the numbers of the next ones that fit everything that is given, in the order of the file. Numbers
-- first, rows after: the planner does not know a batch that was just staged, and with both in one question it would
-- rather read and sort all of it. A value is compared whole.
create or replace function import_rows_picked(
  batch bigint,
  after int,
  size int,
  state text,
  rule text,
  col text,
  value text,
  rows int[]
) returns int[]
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_sort = off
  set enable_bitmapscan = off
as $$
declare
  b constant import_batch := import_batch_seen(batch, 'import.see');
  more text := '';
  query text;
  found int[];
begin
  if rule is not null and state is not null then
    more := more || ' and r.state = $4';
  end if;
  if value is not null then
    more := more || ' and btrim(r.cells ->> $6) = $7';
  elsif col is not null then
    more := more || ' and r.findings <> ''[]'' and r.findings @> jsonb_build_array(jsonb_strip_nulls('
                 || 'jsonb_build_object(''column'', $6, ''rule'', $5)))';
  end if;
  query := case
    when rule is not null
    then 'select f.row_no as n from import_found f where f.batch_id = $1 and f.row_no > $2 and f.rule = $5'
         || case when more <> '' then ' and exists (select from import_row r where r.batch_id = f.batch_id '
                                       'and r.row_no = f.row_no' || more || ')' else '' end
         || case when rows is not null then ' and f.row_no = any ($8)' else '' end
         || ' order by f.row_no'
    else 'select r.row_no as n from import_row r where r.batch_id = $1 and r.row_no > $2'
         || case when state is not null then ' and r.state = $4' else '' end
         || more
         || case when rows is not null then ' and r.row_no = any ($8)' else '' end
         || ' order by r.row_no'
  end;
  execute 'select array_agg(x.n) from (' || query || ' limit $3) x'
    into found
   using b.id, after, size, state, rule, col, value, rows;
  return coalesce(found, '{}');
end $$;

-- The columns that somebody has corrected, without what stood there.
create or replace function import_touched(batch bigint, rows int[]) returns table (row_no int, cols text[])
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_batch_seen(batch, 'import.see');
begin
  return query
  select m.row_no, array_agg(distinct k)
    from import_change c
    join import_change_row m on m.change_id = c.id
   cross join jsonb_object_keys(m.after) k
   where c.batch_id = b.id and m.row_no = any (rows)
   group by m.row_no;
end $$;

-- What a change was, in words: of a column that is masked only that it was corrected.
create or replace function import_change_said(batch bigint, change bigint) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_batch_seen(batch, 'import.see');
  sees constant text[] := sight(me());
  said jsonb := (select c.what from import_change c where c.id = change and c.batch_id = b.id);
  of constant text := substring(said ->> 'change' from '^(.*?)(?:: | becomes | is emptied)');
begin
  if hides(column_family(of), sees) then
    said := said || jsonb_build_object('change', of || ': corrected');
  end if;
  if hides(column_family(said #>> '{where,column}'), sees) and said #> '{where,value}' is not null then
    said := jsonb_set(said, '{where,value}',
                      to_jsonb(masked(column_family(said #>> '{where,column}'), said #>> '{where,value}')));
  end if;
  return said;
end $$;

-- What a change put in place of what, for who undoes it.
create or replace function import_change_open(batch bigint, change bigint, after int, size int)
  returns table (row_no int, before jsonb, now jsonb)
  language plpgsql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_batch_seen(batch, 'import.work');
begin
  perform import_only_on_record(b.id, 'correction');
  return query
  select m.row_no, m.before, m.after
    from import_change_row m
    join import_change c on c.id = m.change_id
   where m.change_id = change and c.batch_id = b.id and m.row_no > import_change_open.after
   order by m.row_no
   limit least(size, 1000);
end $$;

-- What went back to the client with a file of recalls.
create or replace function import_returned(batch bigint, after int, size int) returns table (
  row_no int,
  ref text,
  number text,
  debtor text,
  returned_on date,
  currency text,
  due bigint[],
  reason text
)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  b constant import_batch := import_batch_seen(batch, 'import.see');
begin
  return query
  select r.row_no, r.ref::text, a.number, a.debtor_name, (r.effect ->> 'on')::date, a.currency::text,
         array(select jsonb_array_elements_text(r.effect -> 'due')::bigint), coalesce(r.parsed ->> 'reason', '')
    from import_row r
    join account a on a.id = r.account_id
   where r.batch_id = b.id and r.state = 'released' and r.row_no > import_returned.after
   order by r.row_no
   limit size;
end $$;

select operators_may('execute on function import_opening, import_rows_seen, import_rows_open, import_rows_picked,'
                     ' import_touched, import_change_said, import_change_open, import_returned');
