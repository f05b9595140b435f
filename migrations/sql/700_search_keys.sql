-- What lookup searches: `search_key`, one row for each way an account can be named, and the small vocabulary of name
-- words through which typing errors go. Nobody but these functions reads either table: keys are personal values, and a
-- word of the vocabulary may belong to somebody else's debtor.
set role debtflow_kernel;

-- Everything that starts with p lies in [p, prefix_end(p)): ranges keep their index under any policy, LIKE does not.
create or replace function prefix_end(p text) returns text
  language sql immutable parallel safe
as $$
  select p || U&'\+10FFFF'
$$;

-- The words of a folded name that are searched for; a company with a long name is found by its first six.
create or replace function name_words(folded text) returns text[]
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select array(select left(w.word, 40)
                 from unnest(string_to_array(folded, ' ')) with ordinality w(word, place)
                where w.word <> ''
                order by w.place
                limit 6)
$$;

create or replace function phone_digits(phone text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select regexp_replace(case when phone like '+1%' then substr(phone, 3) else phone end, '[^0-9]', '', 'g')
$$;

-- A name stands as every ordered pair of its words, so that two typed words, in any order, are one range.
create or replace function account_keys(accounts bigint[])
  returns table (account_id bigint, agency_id int, collector_id int, kind text, key text)
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with asked as materialized (
    select a.id, a.agency_id, a.collector_id, a.external_ref, a.debtor_id, d.ssn_last4,
           name_words(a.last_norm || ' ' || a.first_norm) as words
      from unnest(accounts) u(id)
      join account a on a.id = u.id
      join debtor d on d.id = a.debtor_id
  ),
  contact as materialized (
    select a.id, c.kind, case c.kind when 'phone' then phone_digits(c.value) else lower(c.value) end as value
      from asked a
      join debtor_contact c on c.debtor_id = a.debtor_id
     where c.removed_at is null and c.kind in ('phone', 'email')
  ),
  keyed as (
    select a.id, 'name' as kind, f.word || ' ' || coalesce(o.word, '') as key
      from asked a
      cross join unnest(a.words) with ordinality f(word, place)
      left join lateral (select x.word
                           from unnest(a.words) with ordinality x(word, place)
                          where x.place <> f.place) o on true
    union
    select id, 'ref', lower(external_ref) from asked
    union
    select id, 'ssn4', ssn_last4 from asked where ssn_last4 is not null
    union
    select id, kind, value from contact where value <> ''
    union
    select id, 'phone_tail', reverse(value) from contact where kind = 'phone' and value <> ''
  )
  select a.id, a.agency_id, a.collector_id, k.kind, k.key
    from keyed k
    join asked a on a.id = k.id
$$;

-- Builds the search rows of these accounts anew. Whoever writes an account or a contact calls it in the same
-- transaction.
create or replace function account_index(accounts bigint[]) returns void
  language plpgsql
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  delete from search_key s where s.account_id = any (accounts);
  -- In the order of the indexes: many rows at once then meet in the same pages.
  insert into search_key (account_id, agency_id, collector_id, kind, key)
  select k.account_id, k.agency_id, k.collector_id, k.kind, k.key
    from account_keys(accounts) k
   order by k.kind, k.key;
  insert into name_token (agency_id, token)
  select distinct s.agency_id, split_part(s.key, ' ', 1)
    from search_key s
   where s.account_id = any (accounts)
     and s.kind = 'name'
     and not exists (select
                       from name_token t
                      where t.agency_id = s.agency_id and t.token = split_part(s.key, ' ', 1))
   order by 1, 2
  on conflict do nothing;
end $$;

-- Words of the agency's names that are one or two typing errors away from this one, nearest first.
create or replace function word_typos(agency int, word text) returns table (token text, typos int)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, public, pg_temp
  set enable_bitmapscan = on
as $$
declare
  allowed constant int := case when length(word) < 3 then 0 when length(word) < 6 then 1 else 2 end;
begin
  perform set_config('pg_trgm.similarity_threshold', case when length(word) < 6 then '0.2' else '0.3' end, true);
  return query
  with misspelt as (
    select t.token, levenshtein_less_equal(t.token, word, allowed) as typos
      from name_token t
     where t.agency_id = agency and t.token % word and abs(length(t.token) - length(word)) <= allowed
  ),
  swapped as (
    select t.token, 1 as typos
      from generate_series(1, length(word) - 1) n
      join name_token t
        on t.agency_id = agency
       and t.token = overlay(word placing substr(word, n + 1, 1) || substr(word, n, 1) from n for 2)
     where allowed > 0
  )
  select x.token, min(x.typos)
    from (select m.token, m.typos from misspelt m union all select s.token, s.typos from swapped s) x
   where x.typos between 1 and allowed and not starts_with(x.token, word)
   group by x.token
   order by min(x.typos), similarity(x.token, word) desc, x.token
   limit 12;
end $$;

-- The ranges in which a name with typing errors can lie, for its two longest words.
create or replace function name_typo_ranges(agency int, a text, b text) returns table (typos int, lo text, hi text)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if b is null then
    return query select x.typos, x.token || ' ', x.token || '!' from word_typos(agency, a) x;
    return;
  end if;
  return query
  with like_a as materialized (select x.token, x.typos from word_typos(agency, a) x),
  like_b as materialized (select x.token, x.typos from word_typos(agency, b) x)
  select x.typos, x.token || ' ' || b, prefix_end(x.token || ' ' || b)
    from like_a x
  union all
  select x.typos, x.token || ' ' || a, prefix_end(x.token || ' ' || a)
    from like_b x
  union all
  select x.typos + y.typos, x.token || ' ' || y.token, x.token || ' ' || y.token || e'\x01'
    from like_a x
    cross join like_b y;
end $$;
