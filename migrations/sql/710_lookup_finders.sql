-- The finders behind the lookup box. What people type is compared as a range of one b-tree, so a page costs the same
-- wherever it stands. A range begins in one condition, at its start or where the page before ended: a b-tree given two
-- beginnings may take the farther one.
-- Every finder exists twice: over the rows of an agency and over those of one collector. The column is written into the
-- text, because only then does each have the one index that serves it.
set role debtflow_kernel;

-- The place of a note among others, so that later ones sort before: microseconds and ids, counted from the end.
create or replace function note_place(at timestamptz, id bigint) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select lpad((9000000000000000 - (extract(epoch from at) * 1000000)::bigint)::text, 16, '0')
         || lpad((9223372036854775807 - id)::text, 19, '0')
$$;

create or replace function note_place_at(key text) returns timestamptz
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case when key ~ '^[0-9]{35}$'
              then timestamptz 'epoch' + (9000000000000000 - left(key, 16)::bigint) * interval '1 us' end
$$;

create or replace function note_place_id(key text) returns bigint
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case when key ~ '^[0-9]{35}$' and right(key, 19) <= '9223372036854775807'
              then 9223372036854775807 - right(key, 19)::bigint end
$$;

do $do$
declare
  scope text;
  way text;
  passes constant text := $p$
       (f.statuses is null or a.status = any (f.statuses))
       and (f.client is null
            or a.client_id in (select c.id from client c where c.agency_id = a.agency_id and c.code = f.client))
       and (f.collector is distinct from 'none' or a.collector_id is null)
       and (f.priority_from is null or a.priority between f.priority_from and f.priority_to)
       and (f.follow_from is null or a.follow_up_on between f.follow_from and f.follow_to)
       and (f.flag is null
            or (select true
                  from account_flag g
                 where g.account_id = a.id and g.kind = f.flag and g.lifted_at is null))
       and (f.balance_from is null
            or exists (select
                         from account_balance b
                        where b.account_id = a.id
                          and b.currency = f.currency
                          and sum4(b.due) between f.balance_from and f.balance_to)) $p$;
begin
foreach scope in array array['agency', 'collector'] loop

-- One range of one kind of key, exact matches first because they are the shortest. An account stands where its smallest
-- key in the range does.
execute format($f$
create or replace function lookup_keys_%1$s(
  scope int,
  kind text,
  lo text,
  hi text,
  skip_kind text,
  skip_lo text,
  after lookup_place,
  f lookup_filter,
  n int
) returns table (key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return query
  select s.key, s.account_id
    from search_key s
   where s.%1$s_id = scope
     and s.kind = lookup_keys_%1$s.kind
     and (s.key, s.account_id) > (greatest(after.key, lo), case when after.key >= lo then after.id else 0 end)
     and s.key < hi
     and not exists (select
                       from search_key d
                      where d.account_id = s.account_id
                        and d.kind = lookup_keys_%1$s.kind
                        and d.key >= lo
                        and d.key < s.key)
     and (select d.key
            from search_key d
           where d.account_id = s.account_id
             and d.kind = skip_kind
             and d.key >= skip_lo
             and d.key < prefix_end(skip_lo)
           limit 1) is null
     and (f is null or exists (select from account a where a.id = s.account_id and %2$s))
   order by s.key, s.account_id
   limit n;
end $$ $f$, scope, passes);

-- Two words or more: each word of the vocabulary that starts with a gives a range of pairs with b; the rest is looked
-- up.
execute format($f$
create or replace function lookup_pairs_%1$s(
  scope int,
  agency int,
  a text,
  b text,
  rest text[],
  after lookup_place,
  f lookup_filter,
  n int
) returns table (key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  resume constant text := coalesce(split_part(after.key, ' ', 1), '');
begin
  return query
  select s.key, s.account_id
    from name_token t
    cross join lateral (
      select s.key, s.account_id
        from search_key s
       where s.%1$s_id = scope
         and s.kind = 'name'
         and s.key < prefix_end(t.token || ' ' || b)
         and (s.key, s.account_id) > (greatest(after.key, t.token || ' ' || b),
                                      case when after.key >= t.token || ' ' || b then after.id else 0 end)
         and not exists (select
                           from search_key d
                          where d.account_id = s.account_id
                            and d.kind = 'name'
                            and d.key >= lookup_pairs_%1$s.a
                            and d.key < s.key
                            and starts_with(split_part(d.key, ' ', 2), b))
         and not exists (select
                           from unnest(rest) w
                          where not exists (select
                                              from search_key d
                                             where d.account_id = s.account_id
                                               and d.kind = 'name'
                                               and d.key >= w
                                               and d.key < prefix_end(w)))
         and (f is null or exists (select from account a where a.id = s.account_id and %2$s))
       order by s.key, s.account_id
       limit n) s
   where t.agency_id = agency
     and t.token >= greatest(lookup_pairs_%1$s.a, resume)
     and t.token < prefix_end(lookup_pairs_%1$s.a)
   order by t.token, s.key, s.account_id
   limit n;
end $$ $f$, scope, passes);

-- Typing errors: the ranges in order of their errors; who was found without any is not repeated.
execute format($f$
create or replace function lookup_typos_%1$s(
  scope int,
  agency int,
  a text,
  b text,
  rest text[],
  after lookup_place,
  f lookup_filter,
  n int
) returns table (typos int, token text, key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return query
  with r as materialized (select x.typos, x.lo, x.hi from name_typo_ranges(agency, a, b) x)
  select r.typos, r.lo, s.key, s.account_id
    from r
    cross join lateral (
      select s.key, s.account_id
        from search_key s
       where s.%1$s_id = scope
         and s.kind = 'name'
         and s.key < r.hi
         and (s.key, s.account_id) > (case when r.lo = after.token then after.key else r.lo end,
                                      case when r.lo = after.token then after.id else 0 end)
         and not exists (select
                           from search_key d
                          where d.account_id = s.account_id
                            and d.kind = 'name'
                            and d.key >= lookup_typos_%1$s.a
                            and d.key < prefix_end(lookup_typos_%1$s.a)
                            and starts_with(split_part(d.key, ' ', 2), coalesce(b, '')))
         and not exists (select
                           from search_key d
                           join r as e on d.key >= e.lo and d.key < e.hi
                          where d.account_id = s.account_id
                            and d.kind = 'name'
                            and (e.typos, e.lo, d.key) < (r.typos, r.lo, s.key))
         and not exists (select
                           from unnest(rest) w
                          where not exists (select
                                              from search_key d
                                             where d.account_id = s.account_id
                                               and d.kind = 'name'
                                               and d.key >= w
                                               and d.key < prefix_end(w)))
         and (f is null or exists (select from account a where a.id = s.account_id and %2$s))
       order by s.key, s.account_id
       limit n) s
   where (r.typos, r.lo) >= (coalesce(after.typos, 0), coalesce(after.token, ''))
   order by r.typos, r.lo, s.key, s.account_id
   limit n;
end $$ $f$, scope, passes);

execute format($f$
create or replace function lookup_numbers_%1$s(
  scope int,
  lo text,
  hi text,
  skip text[],
  after lookup_place,
  f lookup_filter,
  n int
) returns table (key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return query
  select a.number, a.id
    from account a
   where a.%1$s_id = scope
     and a.number >= greatest(lo, after.key)
     and a.number < hi
     and a.number is distinct from after.key
     and a.number <> all (skip)
     and %2$s
   order by a.number
   limit n;
end $$ $f$, scope, passes);

-- Open accounts by follow-up date; `dated` says which half of the list, for those without a date come last.
execute format($f$
create or replace function lookup_follow_%1$s(
  scope int,
  dated boolean,
  after lookup_place,
  f lookup_filter,
  n int
) returns table (key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if dated then
    return query
    select a.follow_up_on::text, a.id
      from account a
     where a.%1$s_id = scope
       and a.status not in ('closed', 'settled')
       and a.follow_up_on is not null
       and (a.follow_up_on, a.id) > (coalesce(after.key::date, '-infinity'), coalesce(after.id, 0))
       and %2$s
     order by a.follow_up_on, a.id
     limit n;
  else
    return query
    select '', a.id
      from account a
     where a.%1$s_id = scope
       and a.status not in ('closed', 'settled')
       and a.follow_up_on is null
       and a.id > coalesce(after.id, 0)
       and %2$s
     order by a.id
     limit n;
  end if;
end $$ $f$, scope, passes);

-- Accounts by words of their notes: an account stands where the latest note of it does that holds them all. The latest
-- notes are looked at one by one; `month` goes by the index of words instead, null by all of it.
foreach way in array array['walked', 'indexed'] loop
execute format($f$
create or replace function lookup_notes_%3$s_%1$s(
  scope int,
  question tsquery,
  marked tsquery,
  agency int,
  first timestamptz,
  until timestamptz,
  until_id bigint,
  f lookup_filter,
  n int
) returns table (at timestamptz, note bigint, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_bitmapscan = %4$s
as $$
begin
  return query
  select v.at, v.id, v.account_id
    from (select * from activity x where x.words is not null and x.words @@ marked %5$s) v
   where v.agency_id = agency
     and v.at >= first and v.at <= until
     and (v.at, v.id) < (until, until_id)
     and not exists (select
                       from activity d
                      where d.account_id = v.account_id
                        and (d.at, d.id) > (v.at, v.id)
                        and d.words @@ question)
     and exists (select from account a where a.id = v.account_id and a.%1$s_id = scope and (f is null or %2$s))
   order by v.at desc, v.id desc
   limit n;
end $$ $f$, scope, passes, way, case way when 'indexed' then 'on' else 'off' end,
            case way when 'indexed' then 'offset 0' else '' end);
end loop;

execute format($f$
create or replace function lookup_texts_%1$s(
  scope int,
  agency int,
  texts text[],
  after lookup_place,
  f lookup_filter,
  n int
) returns table (key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  question constant tsquery := text_question(texts);
  beginnings constant boolean := texts::text like '%%*%%';
  begins timestamptz;
  first timestamptz;
  until timestamptz := coalesce(note_place_at(after.key), 'infinity');
  until_id bigint := coalesce(note_place_id(after.key), 0);
  month timestamp;
  found_now int;
  left_over int := n;
begin
  select v.at into begins from activity v
   where v.agency_id = agency and v.words is not null order by v.at limit 1;
  select v.at into first from activity v
   where v.agency_id = agency and v.words is not null and v.at <= until and (v.at, v.id) < (until, until_id)
   order by v.at desc, v.id desc offset 1000 limit 1;
  first := coalesce(first, begins);
  return query select note_place(k.at, k.note), k.id
                 from lookup_notes_walked_%1$s(scope, question, question, agency, first, until, until_id, f, left_over) k;
  get diagnostics found_now = row_count;
  left_over := left_over - found_now;
  month := case when not beginnings then date_trunc('month', first at time zone 'UTC') end;
  until := first;
  while left_over > 0 and until > begins loop
    first := greatest(month at time zone 'UTC', begins);
    return query select note_place(k.at, k.note), k.id
                   from lookup_notes_indexed_%1$s(
                          scope, question,
                          case when month is null then question else question && text_month(agency, month) end,
                          agency, first, until, 0, f, left_over) k;
    get diagnostics found_now = row_count;
    left_over := left_over - found_now;
    month := month - interval '1 month';
    until := first;
  end loop;
end $$ $f$, scope);
end loop;
end $do$;
