-- The lookup box: what was typed, read in several ways, each tried with the finder that serves it.
set role debtflow_kernel;

-- One tier of one reading: {kind, needles, typed, whole}. Tier 0 is what was typed or starts so; tier 1 what comes
-- after it, if anything does. Written once for an agency and once for a collector, as its finders are.
do $do$
declare
  scope text;
begin
foreach scope in array array['agency', 'collector'] loop
execute format($f$
create or replace function lookup_tier_%1$s(
  scope int,
  agency int,
  reading jsonb,
  tier int,
  after lookup_place,
  f lookup_filter,
  n int
) returns table (typos int, token text, key text, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  kind constant text := reading ->> 'kind';
  whole constant boolean := reading ->> 'whole';
  typed constant text := reading ->> 'typed';
  words constant text[] := array(
    select left(w, 40) from jsonb_array_elements_text(reading -> 'needles') w order by length(w) desc, w);
  needle constant text := lower(reading -> 'needles' ->> 0);
  needle_end constant text := case when whole then needle || e'\x01' else prefix_end(needle) end;
  tail constant text := reverse(needle);
begin
  if kind in ('ref', 'email', 'phone') and tier = 0 then
    return query select 0, '', k.key, k.id
      from lookup_keys_%1$s(scope, kind, needle, needle_end, null, null, after, f, n) k;
  elsif kind = 'ssn' and tier = 0 then
    return query select 0, '', k.key, k.id
      from lookup_keys_%1$s(scope, 'ssn4', needle, needle || e'\x01', null, null, after, f, n) k;
  elsif kind = 'phone' and length(needle) >= 3 and not whole then
    return query select 0, '', k.key, k.id
      from lookup_keys_%1$s(scope, 'phone_tail', tail, prefix_end(tail), 'phone', needle, after, f, n) k;
  elsif kind = 'number' and tier = 0 then
    return query select 0, '', k.key, k.id
      from unnest(words) w
      cross join lateral lookup_numbers_%1$s(scope, w, w || e'\x01', '{}', after, f, n) k
     order by k.key
     limit n;
  elsif kind = 'number' and typed <> '' then
    return query select 0, '', k.key, k.id
      from lookup_numbers_%1$s(scope, typed, prefix_end(typed), words, after, f, n) k;
  elsif kind = 'name' and tier = 0 and cardinality(words) = 1 then
    return query select 0, '', k.key, k.id
      from lookup_keys_%1$s(scope, 'name', words[1], prefix_end(words[1]), null, null, after, f, n) k;
  elsif kind = 'name' and tier = 0 then
    return query select 0, '', k.key, k.id
      from lookup_pairs_%1$s(scope, agency, words[1], words[2], words[3:], after, f, n) k;
  elsif kind = 'name' then
    return query select k.typos, k.token, k.key, k.id
      from lookup_typos_%1$s(scope, agency, words[1], words[2], words[3:], after, f, n) k;
  elsif kind = 'text' and tier = 0 then
    return query select 0, '', k.key, k.id
      from lookup_texts_%1$s(scope, agency, array[reading -> 'needles' ->> 0], after, f, n) k;
  elsif kind = 'mine' or kind = 'any' and f.follow_from is not null and f.statuses is null then
    return query select 0, '', k.key, k.id
      from lookup_follow_%1$s(scope, tier = 0, after, f, n) k;
  elsif kind = 'any' and tier = 0 then
    return query select 0, '', k.key, k.id
      from lookup_numbers_%1$s(scope, '', prefix_end(''), '{}', after, f, n) k;
  end if;
end $$ $f$, scope);
end loop;
end $do$;

-- Whether what was typed must be the whole value.
create or replace function lookup_whole(kind text, sees text[]) returns boolean
  language sql immutable parallel safe
as $$
  select kind in ('phone', 'email') and not kind = any (sees)
$$;

-- `holder` is the collector whose accounts are searched, null for the whole agency. Whoever sees phones or e-mail only
-- masked finds by whole ones: prefixes would spell them out.
create or replace function lookup_tier(
  holder int,
  who identity,
  reading jsonb,
  whole boolean,
  no int,
  tier int,
  after lookup_place,
  f lookup_filter,
  n int
) returns lookup_place[]
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  asked constant jsonb := reading || jsonb_build_object('whole', whole);
begin
  if holder is null then
    return array(
      select row(no, lookup_tier.tier, k.typos, k.token, k.key, k.id)::lookup_place
        from lookup_tier_agency(who.agency_id, who.agency_id, asked, lookup_tier.tier, after, f, n) k);
  end if;
  return array(
    select row(no, lookup_tier.tier, k.typos, k.token, k.key, k.id)::lookup_place
      from lookup_tier_collector(holder, who.agency_id, asked, lookup_tier.tier, after, f, n) k);
end $$;

-- The lines of a page in the order of the ids; what the caller may not see is left out by the policy on `account`.
create or replace function account_rows(ids bigint[]) returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  return (
    with line as (
      select o.ord,
             jsonb_build_array(
               a.number, c.code, a.external_ref, a.debtor_name, a.status, sum4(b.due), a.currency, a.follow_up_on,
               u.login,
               (select jsonb_agg(g.kind order by g.kind)
                  from account_flag g
                 where g.account_id = a.id and g.lifted_at is null),
               d.person_id) as cells
        from unnest(ids) with ordinality o(id, ord)
        join account a on a.id = o.id
        join account_balance b on b.account_id = a.id
        join client c on c.id = a.client_id
        join debtor d on d.id = a.debtor_id
        left join users u on u.id = a.collector_id
    )
    select coalesce(jsonb_agg(l.cells order by l.ord), '[]')
      from line l);
end $$;

-- Tries the readings in order until one finds something; names with typing errors come last. Page n goes on from its
-- place, so nothing is counted or skipped. {rows, places, next}: `next` is the place of the last row where more follow.
create or replace function account_find(readings jsonb, filter jsonb, after jsonb, size int) returns jsonb
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
  set enable_bitmapscan = off
as $$
declare
  who constant identity := me();
  f constant lookup_filter := jsonb_populate_record(null::lookup_filter, filter);
  since constant lookup_place := jsonb_populate_record(null::lookup_place, after);
  sees constant text[] := sight(who);
  mine constant boolean := readings -> 0 ->> 'kind' = 'mine' and exists (
    select from account a where a.collector_id = who.user_id and a.status not in ('closed', 'settled'));
  holder int := case when who.role = 'collector' or mine then who.user_id end;
  found_at lookup_place[] := '{}';
  step record;
  whole boolean;
begin
  if f.collector is distinct from 'none' and f.collector is not null then
    holder := coalesce((select u.id
                          from users u
                         where u.login = f.collector
                           and u.agency_id = who.agency_id
                           and coalesce(holder, u.id) = u.id), -1);
  end if;
  for step in
    select r.no, r.reading, t.tier
      from jsonb_array_elements(readings) with ordinality r(reading, no)
      cross join generate_series(0, 1) t(tier)
     where since is null or (r.no = since.reading and t.tier >= since.tier)
     order by (r.reading ->> 'kind' = 'name' and t.tier = 1), r.no, t.tier
  loop
    continue when found_at <> '{}' and step.no <> found_at[1].reading;
    whole := lookup_whole(step.reading ->> 'kind', sees);
    continue when step.tier = 1 and whole;
    found_at := found_at || lookup_tier(holder, who, step.reading, whole, step.no::int, step.tier,
                                        case when since.tier = step.tier then since end, f,
                                        size + 1 - cardinality(found_at));
    exit when cardinality(found_at) > size;
  end loop;
  return jsonb_build_object(
    'rows', account_rows(array(select p.id from unnest(found_at[:size]) p)),
    'first', to_jsonb(found_at[1]),
    'mine', mine,
    'next', case when cardinality(found_at) > size then to_jsonb(found_at[size]) end);
end $$;

select operators_may('execute on function account_find');
