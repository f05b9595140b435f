-- The search behind the lookup box. What people type is compared with `search_key`, always as a range of one b-tree, so a page costs the
-- same wherever it stands; typos go through the small vocabulary of name words. Nobody but these functions reads either table: keys are
-- personal values, and a word of the vocabulary may belong to somebody else's debtor.
set role debtflow_kernel;

-- Everything that starts with p lies in [p, prefix_end(p)): ranges keep their index under any policy, LIKE does not.
create or replace function prefix_end(p text) returns text language sql immutable parallel safe as $$ select p || U&'\+10FFFF' $$;

-- The words of a folded name that are searched for; a company with a long name is found by its first six.
create or replace function name_words(folded text) returns text[] language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select array(select left(w.word, 40) from unnest(string_to_array(folded, ' ')) with ordinality w(word, place) where w.word <> '' order by w.place limit 6) $$;

create or replace function phone_digits(phone text) returns text language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select regexp_replace(case when phone like '+1%' then substr(phone, 3) else phone end, '[^0-9]', '', 'g') $$;

-- A name stands as every ordered pair of its words, so that two typed words, in any order, are one range.
create or replace function account_keys(accounts bigint[]) returns table (account_id bigint, agency_id int, collector_id int, kind text, key text) language sql stable
  set search_path = pg_catalog, debtflow, pg_temp as $$
  with asked as materialized (
    select a.id, a.agency_id, a.collector_id, a.external_ref, a.debtor_id, d.ssn_last4, name_words(a.last_norm || ' ' || a.first_norm) as words
      from unnest(accounts) u(id) join account a on a.id = u.id join debtor d on d.id = a.debtor_id),
  contact as materialized (
    select a.id, c.kind, case c.kind when 'phone' then phone_digits(c.value) else lower(c.value) end as value
      from asked a join debtor_contact c on c.debtor_id = a.debtor_id where c.removed_at is null and c.kind in ('phone', 'email')),
  keyed as (
    select a.id, 'name' as kind, f.word || ' ' || coalesce(o.word, '') as key
      from asked a cross join unnest(a.words) with ordinality f(word, place)
      left join lateral (select x.word from unnest(a.words) with ordinality x(word, place) where x.place <> f.place) o on true
    union select id, 'ref', lower(external_ref) from asked
    union select id, 'ssn4', ssn_last4 from asked where ssn_last4 is not null
    union select id, kind, value from contact where value <> ''
    union select id, 'phone_tail', reverse(value) from contact where kind = 'phone' and value <> '')
  select a.id, a.agency_id, a.collector_id, k.kind, k.key from keyed k join asked a on a.id = k.id $$;

-- Builds the search rows of these accounts anew. Whoever writes an account or a contact calls it in the same transaction.
create or replace function account_index(accounts bigint[]) returns void language plpgsql set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  delete from search_key s where s.account_id = any (accounts);
  -- In the order of the indexes: many rows at once then meet in the same pages.
  insert into search_key (account_id, agency_id, collector_id, kind, key)
  select k.account_id, k.agency_id, k.collector_id, k.kind, k.key from account_keys(accounts) k order by k.kind, k.key;
  insert into name_token (agency_id, token)
  select distinct s.agency_id, split_part(s.key, ' ', 1) from search_key s
   where s.account_id = any (accounts) and s.kind = 'name'
     and not exists (select from name_token t where t.agency_id = s.agency_id and t.token = split_part(s.key, ' ', 1))
   order by 1, 2
  on conflict do nothing;
end $$;

-- Words of the agency's names that are one or two typing errors away from this one, nearest first.
create or replace function word_typos(agency int, word text) returns table (token text, typos int) language plpgsql stable
  set search_path = pg_catalog, debtflow, public, pg_temp set enable_bitmapscan = on as $$
declare allowed constant int := case when length(word) < 3 then 0 when length(word) < 6 then 1 else 2 end;
begin
  perform set_config('pg_trgm.similarity_threshold', case when length(word) < 6 then '0.2' else '0.3' end, true);
  return query
  select x.token, min(x.typos) from (
    select t.token, levenshtein_less_equal(t.token, word, allowed) as typos from name_token t
     where t.agency_id = agency and t.token % word and abs(length(t.token) - length(word)) <= allowed
    union all
    select t.token, 1 from generate_series(1, length(word) - 1) n
      join name_token t on t.agency_id = agency
       and t.token = overlay(word placing substr(word, n + 1, 1) || substr(word, n, 1) from n for 2)
     where allowed > 0) x
   where x.typos between 1 and allowed and not starts_with(x.token, word)
   group by x.token order by min(x.typos), similarity(x.token, word) desc, x.token limit 12;
end $$;

-- The ranges in which a name with typing errors can lie, for its two longest words.
create or replace function name_typo_ranges(agency int, a text, b text) returns table (typos int, lo text, hi text) language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  if b is null then
    return query select x.typos, x.token || ' ', x.token || '!' from word_typos(agency, a) x;
    return;
  end if;
  return query
  with like_a as materialized (select x.token, x.typos from word_typos(agency, a) x),
       like_b as materialized (select x.token, x.typos from word_typos(agency, b) x)
  select x.typos, x.token || ' ' || b, prefix_end(x.token || ' ' || b) from like_a x
  union all select x.typos, x.token || ' ' || a, prefix_end(x.token || ' ' || a) from like_b x
  union all select x.typos + y.typos, x.token || ' ' || y.token, x.token || ' ' || y.token || e'\x01' from like_a x cross join like_b y;
end $$;

-- A range begins in one condition, at its start or where the page before ended: a b-tree given two beginnings may take the farther one.
-- Every finder exists twice: over the rows of an agency and over those of one collector. The column is written into the text, because only
-- then does each have the one index that serves it.
do $do$
declare
  scope text;
  passes constant text := $p$
       (f.statuses is null or a.status = any (f.statuses))
       and (f.client is null or a.client_id in (select c.id from client c where c.agency_id = a.agency_id and c.code = f.client))
       and (f.collector is distinct from 'none' or a.collector_id is null)
       and (f.priority_from is null or a.priority between f.priority_from and f.priority_to)
       and (f.follow_from is null or a.follow_up_on between f.follow_from and f.follow_to)
       and (f.flag is null or (select true from account_flag g where g.account_id = a.id and g.kind = f.flag and g.lifted_at is null))
       and (f.balance_from is null or exists (select from account_balance b where b.account_id = a.id and b.currency = f.currency
                                                 and sum4(b.due) between f.balance_from and f.balance_to)) $p$;
begin
foreach scope in array array['agency', 'collector'] loop
  -- One range of one kind of key, exact matches first because they are the shortest. An account stands where its smallest key in the range does.
  execute format($f$
create or replace function lookup_keys_%1$s(scope int, kind text, lo text, hi text, skip_kind text, skip_lo text, after lookup_place, f lookup_filter, n int)
  returns table (key text, id bigint) language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  return query
  select s.key, s.account_id from search_key s
   where s.%1$s_id = scope and s.kind = lookup_keys_%1$s.kind and (s.key, s.account_id) > (coalesce(after.key, lo), coalesce(after.id, 0)) and s.key < hi
     and not exists (select from search_key d where d.account_id = s.account_id and d.kind = lookup_keys_%1$s.kind and d.key >= lo and d.key < s.key)
     and (select d.key from search_key d where d.account_id = s.account_id and d.kind = skip_kind and d.key >= skip_lo and d.key < prefix_end(skip_lo) limit 1) is null
     and (f is null or exists (select from account a where a.id = s.account_id and %2$s))
   order by s.key, s.account_id limit n;
end $$ $f$, scope, passes);

  -- Two words or more: each word of the vocabulary that starts with a gives a range of pairs with b; the rest is looked up.
  execute format($f$
create or replace function lookup_pairs_%1$s(scope int, agency int, a text, b text, rest text[], after lookup_place, f lookup_filter, n int)
  returns table (key text, id bigint) language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
declare resume constant text := coalesce(split_part(after.key, ' ', 1), '');
begin
  return query
  select s.key, s.account_id from name_token t
    cross join lateral (
      select s.key, s.account_id from search_key s
       where s.%1$s_id = scope and s.kind = 'name' and s.key < prefix_end(t.token || ' ' || b)
         and (s.key, s.account_id) > (greatest(after.key, t.token || ' ' || b), case when after.key >= t.token || ' ' || b then after.id else 0 end)
         and not exists (select from search_key d where d.account_id = s.account_id and d.kind = 'name' and d.key >= lookup_pairs_%1$s.a and d.key < s.key
                            and starts_with(split_part(d.key, ' ', 2), b))
         and not exists (select from unnest(rest) w where not exists (
               select from search_key d where d.account_id = s.account_id and d.kind = 'name' and d.key >= w and d.key < prefix_end(w)))
         and (f is null or exists (select from account a where a.id = s.account_id and %2$s))
       order by s.key, s.account_id limit n) s
   where t.agency_id = agency and t.token >= greatest(lookup_pairs_%1$s.a, resume) and t.token < prefix_end(lookup_pairs_%1$s.a)
   order by t.token, s.key, s.account_id limit n;
end $$ $f$, scope, passes);

  -- Typing errors: the ranges in order of their errors; who was found without any is not repeated.
  execute format($f$
create or replace function lookup_typos_%1$s(scope int, agency int, a text, b text, rest text[], after lookup_place, f lookup_filter, n int)
  returns table (typos int, token text, key text, id bigint) language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  return query
  with r as materialized (select x.typos, x.lo, x.hi from name_typo_ranges(agency, a, b) x)
  select r.typos, r.lo, s.key, s.account_id from r
    cross join lateral (
      select s.key, s.account_id from search_key s
       where s.%1$s_id = scope and s.kind = 'name' and s.key < r.hi
         and (s.key, s.account_id) > (case when r.lo = after.token then after.key else r.lo end, case when r.lo = after.token then after.id else 0 end)
         and not exists (select from search_key d where d.account_id = s.account_id and d.kind = 'name'
                            and d.key >= lookup_typos_%1$s.a and d.key < prefix_end(lookup_typos_%1$s.a) and starts_with(split_part(d.key, ' ', 2), coalesce(b, '')))
         and not exists (select from search_key d join r as e on d.key >= e.lo and d.key < e.hi
                          where d.account_id = s.account_id and d.kind = 'name' and (e.typos, e.lo, d.key) < (r.typos, r.lo, s.key))
         and not exists (select from unnest(rest) w where not exists (
               select from search_key d where d.account_id = s.account_id and d.kind = 'name' and d.key >= w and d.key < prefix_end(w)))
         and (f is null or exists (select from account a where a.id = s.account_id and %2$s))
       order by s.key, s.account_id limit n) s
   where (r.typos, r.lo) >= (coalesce(after.typos, 0), coalesce(after.token, ''))
   order by r.typos, r.lo, s.key, s.account_id limit n;
end $$ $f$, scope, passes);

  execute format($f$
create or replace function lookup_numbers_%1$s(scope int, lo text, hi text, skip text[], after lookup_place, f lookup_filter, n int)
  returns table (key text, id bigint) language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  return query
  select a.number, a.id from account a
   where a.%1$s_id = scope and a.number >= greatest(lo, after.key) and a.number < hi and a.number is distinct from after.key and a.number <> all (skip) and %2$s
   order by a.number limit n;
end $$ $f$, scope, passes);

  -- Open accounts by follow-up date; `dated` says which half of the list, for those without a date come last.
  execute format($f$
create or replace function lookup_follow_%1$s(scope int, dated boolean, after lookup_place, f lookup_filter, n int)
  returns table (key text, id bigint) language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  if dated then
    return query
    select a.follow_up_on::text, a.id from account a
     where a.%1$s_id = scope and a.status not in ('closed', 'settled') and a.follow_up_on is not null
       and (a.follow_up_on, a.id) > (coalesce(after.key::date, '-infinity'), coalesce(after.id, 0)) and %2$s
     order by a.follow_up_on, a.id limit n;
  else
    return query
    select '', a.id from account a
     where a.%1$s_id = scope and a.status not in ('closed', 'settled') and a.follow_up_on is null and a.id > coalesce(after.id, 0) and %2$s
     order by a.id limit n;
  end if;
end $$ $f$, scope, passes);

  -- One tier of one reading: {kind, needles, typed, whole}. Tier 0 is what was typed or starts so; tier 1 what comes after it, if anything does.
  execute format($f$
create or replace function lookup_tier_%1$s(scope int, agency int, reading jsonb, tier int, after lookup_place, f lookup_filter, n int)
  returns table (typos int, token text, key text, id bigint) language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  kind constant text := reading ->> 'kind';
  words constant text[] := array(select left(w, 40) from jsonb_array_elements_text(reading -> 'needles') w order by length(w) desc, w);
  needle constant text := lower(reading -> 'needles' ->> 0);
  needle_end constant text := case when (reading ->> 'whole')::boolean then needle || e'\x01' else prefix_end(needle) end;
begin
  if kind in ('ref', 'email') and tier = 0 then
    return query select 0, '', k.key, k.id from lookup_keys_%1$s(scope, kind, needle, needle_end, null, null, after, f, n) k;
  elsif kind = 'ssn' and tier = 0 then
    return query select 0, '', k.key, k.id from lookup_keys_%1$s(scope, 'ssn4', needle, needle || e'\x01', null, null, after, f, n) k;
  elsif kind = 'phone' and tier = 0 then
    return query select 0, '', k.key, k.id from lookup_keys_%1$s(scope, 'phone', needle, needle_end, null, null, after, f, n) k;
  elsif kind = 'phone' and length(needle) >= 3 and not (reading ->> 'whole')::boolean then
    return query select 0, '', k.key, k.id from lookup_keys_%1$s(scope, 'phone_tail', reverse(needle), prefix_end(reverse(needle)), 'phone', needle, after, f, n) k;
  elsif kind = 'number' and tier = 0 then
    return query select 0, '', k.key, k.id from unnest(words) w
      cross join lateral lookup_numbers_%1$s(scope, w, w || e'\x01', '{}', after, f, n) k order by k.key limit n;
  elsif kind = 'number' and reading ->> 'typed' <> '' then
    return query select 0, '', k.key, k.id from lookup_numbers_%1$s(scope, reading ->> 'typed', prefix_end(reading ->> 'typed'), words, after, f, n) k;
  elsif kind = 'name' and tier = 0 and cardinality(words) = 1 then
    return query select 0, '', k.key, k.id from lookup_keys_%1$s(scope, 'name', words[1], prefix_end(words[1]), null, null, after, f, n) k;
  elsif kind = 'name' and tier = 0 then
    return query select 0, '', k.key, k.id from lookup_pairs_%1$s(scope, agency, words[1], words[2], words[3:], after, f, n) k;
  elsif kind = 'name' then
    return query select k.typos, k.token, k.key, k.id from lookup_typos_%1$s(scope, agency, words[1], words[2], words[3:], after, f, n) k;
  elsif kind = 'mine' or kind = 'any' and f.follow_from is not null and f.statuses is null then
    return query select 0, '', k.key, k.id from lookup_follow_%1$s(scope, tier = 0, after, f, n) k;
  elsif kind = 'any' and tier = 0 then
    return query select 0, '', k.key, k.id from lookup_numbers_%1$s(scope, '', prefix_end(''), '{}', after, f, n) k;
  end if;
end $$ $f$, scope);
end loop;
end $do$;

-- Tries the readings in order until one finds something; names with typing errors come last. Page n goes on from its place, so nothing is
-- counted or skipped. {rows, places, next}: `next` is the place of the last row where more follow.
create or replace function account_find(readings jsonb, filter jsonb, after jsonb, size int) returns jsonb language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
declare
  who constant identity := me();
  f constant lookup_filter := jsonb_populate_record(null::lookup_filter, filter);
  since constant lookup_place := jsonb_populate_record(null::lookup_place, after);
  mine constant boolean := readings -> 0 ->> 'kind' = 'mine' and exists (
    select from account a where a.collector_id = who.user_id and a.status not in ('closed', 'settled'));
  holder int := case when who.role = 'collector' or mine then who.user_id end;
  found_at lookup_place[] := '{}';
  step record;
begin
  if f.collector is distinct from 'none' and f.collector is not null then
    holder := coalesce((select u.id from users u where u.login = f.collector and u.agency_id = who.agency_id and coalesce(holder, u.id) = u.id), -1);
  end if;
  for step in
    select r.no, r.reading, t.tier from jsonb_array_elements(readings) with ordinality r(reading, no) cross join generate_series(0, 1) t(tier)
     where since is null or (r.no = since.reading and t.tier >= since.tier)
     order by (r.reading ->> 'kind' = 'name' and t.tier = 1), r.no, t.tier
  loop
    continue when found_at <> '{}' and step.no <> found_at[1].reading;
    continue when who.role = 'readonly' and step.reading ->> 'kind' in ('phone', 'email') and step.tier = 1;
    found_at := found_at || lookup_tier(holder, who, step.reading, step.no::int, step.tier,
                                        case when since.tier = step.tier then since end, f, size + 1 - cardinality(found_at));
    exit when cardinality(found_at) > size;
  end loop;
  return jsonb_build_object('rows', account_rows(array(select p.id from unnest(found_at[:size]) p)), 'first', to_jsonb(found_at[1]), 'mine', mine,
                            'next', case when cardinality(found_at) > size then to_jsonb(found_at[size]) end);
end $$;

create or replace function lookup_tier(holder int, who identity, reading jsonb, no int, tier int, after lookup_place, f lookup_filter, n int)
  returns lookup_place[] language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  -- Whoever sees masked values finds only by whole ones: prefixes would spell them out.
  asked constant jsonb := reading || jsonb_build_object('whole', who.role = 'readonly' and reading ->> 'kind' in ('phone', 'email'));
begin
  if holder is null then
    return array(select row(no, lookup_tier.tier, k.typos, k.token, k.key, k.id)::lookup_place
                   from lookup_tier_agency(who.agency_id, who.agency_id, asked, lookup_tier.tier, after, f, n) k);
  end if;
  return array(select row(no, lookup_tier.tier, k.typos, k.token, k.key, k.id)::lookup_place
                 from lookup_tier_collector(holder, who.agency_id, asked, lookup_tier.tier, after, f, n) k);
end $$;

-- The lines of a page in the order of the ids; what the caller may not see is left out by the policy on `account`.
create or replace function account_rows(ids bigint[]) returns jsonb language plpgsql stable set search_path = pg_catalog, debtflow, pg_temp as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_array(a.number, c.code, a.external_ref, a.debtor_name, a.status, sum4(b.due), a.currency, a.follow_up_on, u.login,
                     (select jsonb_agg(g.kind order by g.kind) from account_flag g where g.account_id = a.id and g.lifted_at is null), d.person_id) order by o.ord), '[]')
      from unnest(ids) with ordinality o(id, ord) join account a on a.id = o.id
      join account_balance b on b.account_id = a.id join client c on c.id = a.client_id join debtor d on d.id = a.debtor_id
      left join users u on u.id = a.collector_id);
end $$;
