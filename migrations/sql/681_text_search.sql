-- Searching what people wrote: notes and reasons. An index of words is not used under a policy, because comparing words
-- may leak; so it is asked in functions that look behind row security, and each looks only at what its caller sees.
-- A search looks at the latest texts one by one, which finds what is frequent, and then goes back month by month by the
-- index: texts carry a word of their agency and month, so it pays only for the months of its page. Beginnings of words
-- are gathered whole by such an index, whatever the month; so they are asked for once.
set role debtflow_owner;

-- As the columns of words read a text.
create or replace function text_plain(value text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select translate(normalize(value, NFKC), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))
$$;

-- The words of every text beside each other; where it ends in a star, the last one may go on: "refund du*" finds
-- "refund due". Words are taken as they stand, in no language.
create or replace function text_question(texts text[]) returns tsquery
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  question tsquery := '';
  one text;
  words tsquery;
begin
  if coalesce(cardinality(texts), 0) not between 1 and 8 then
    perform fail('DF400', 'text', 'from one to eight texts can be looked for at once');
  end if;
  foreach one in array texts loop
    words := phraseto_tsquery('simple', text_plain(left(one, 400)));
    if numnode(words) = 0 then
      perform fail('DF400', 'text', 'there is no word to look for', 'type letters or figures');
    end if;
    if rtrim(one) like '%*' then
      words := (words::text || ':*')::tsquery;
    end if;
    question := case when numnode(question) = 0 then words else question && words end;
  end loop;
  return question;
end $$;

do $$
begin
  if to_regtype('debtflow.trail_filter') is null then
    create type debtflow.trail_filter as (
      user_id int, act text, act_like text, kind text, entities text[], since timestamptz, until timestamptz,
      transaction text);
  end if;
end $$;

-- The words that mark the texts of an agency in a month.
create or replace function text_month(agency int, month timestamp) returns tsquery
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select quote_literal(
           '@' || agency || '.' || (extract(year from month) * 12 + extract(month from month))::int)::tsquery
$$;

-- The question with the words that mark who, which act, which kind; null where no act has such a name.
create or replace function text_marked(agency int, question tsquery, f trail_filter) returns tsquery
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  marked tsquery := question;
  acts tsquery;
begin
  if f.user_id is not null then
    marked := marked && quote_literal('@who:' || f.user_id)::tsquery;
  end if;
  if f.kind is not null then
    marked := marked && quote_literal('@kind:' || f.kind)::tsquery;
  end if;
  if f.act is not null or f.act_like is not null then
    select string_agg(quote_literal('@act:' || a), ' | ')::tsquery
      into acts
      from unnest(case when f.act is not null then array[f.act] else acts_like(agency, f.act_like) end) a;
    marked := marked && acts;
  end if;
  return marked;
end $$;

-- The codes of reasons that the question finds among those that the agency has used in a span.
create or replace function reasons_found(agency int, question tsquery, since timestamptz, until timestamptz)
  returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
  with recursive used as (
    (select a.reason
       from audit_log a
      where a.agency_id = agency and a.reason is not null and a.at >= since and a.at <= until
      order by a.reason
      limit 1)
    union all
    select (select a.reason
              from audit_log a
             where a.agency_id = agency and a.reason > u.reason and a.at >= since and a.at <= until
             order by a.reason
             limit 1)
      from used u
     where u.reason is not null
  )
  select array_agg(reason) from used where to_tsvector('simple', text_plain(reason)) @@ question
$$;

-- Three ways to the same rows, newest first, between two moments and before a place: every text of the span, those that
-- the index of words gives, those of the entities asked for. What a row must be besides is written into each, and says
-- what the policies on the trail say.
do $do$
declare
  way record;
  fits constant text := $f$
           a.at >= first and a.at <= until and (a.at, a.id) < (until, until_id)
       and (f.user_id is null or a.user_id = f.user_id)
       and (f.act is null or a.act = f.act)
       and (f.act_like is null or a.act like f.act_like)
       and (f.kind is null or a.entity = f.kind)
       and (f.transaction is null or a.xid = f.transaction::xid8)
       and (who.role <> 'collector'
            or a.user_id = who.user_id
            or (a.entity = 'account'
                and exists (select from account x where x.id = a.entity_id and x.collector_id = who.user_id)))
       and (a.entity <> 'payment_batch_line'
            or exists (select
                         from payment_batch_line l
                         join payment_batch b on b.id = l.batch_id
                        where l.id = a.entity_id and (not b.blind or l.keyed_by = who.user_id))) $f$;
  within constant text := $f$
           p.agency_id = who.agency_id
       and p.at >= first and p.at <= until
       and (p.at, p.audit_id) < (until, until_id)
       and p.words @@ question
       and not exists (select from audit_personal d
                        where d.audit_id = p.audit_id and d.path < p.path and d.words @@ question) $f$;
begin
for way in
  select *
    from (values
      ('walked', 'off', $$
        from (select p.* from audit_personal p where p.words is not null and $within$
               order by p.at desc, p.audit_id desc) p
        cross join lateral (select * from audit_log a
                             where a.agency_id = who.agency_id and a.at = p.at and a.id = p.audit_id) a
       where $fits$
       order by p.at desc, p.audit_id desc
       limit size$$),
      ('indexed', 'on', $$
        from (select p.*
                from (select * from audit_personal p where p.words is not null and p.words @@ question offset 0) p
               where $within$
               order by p.at desc, p.audit_id desc) p
        cross join lateral (select * from audit_log a
                             where a.agency_id = who.agency_id and a.at = p.at and a.id = p.audit_id) a
       where $fits$
       order by p.at desc, p.audit_id desc
       limit size$$),
      ('of_entities', 'off', $$
        from unnest(f.entities) e(name)
        cross join lateral (select *
                              from audit_log a
                             where a.entity = split_part(e.name, '/', 1)
                               and a.entity_id = split_part(e.name, '/', 2)::bigint
                               and a.agency_id = who.agency_id
                               and (a.reason = any (codes)
                                    or exists (select from audit_personal p
                                                where p.audit_id = a.id and p.words @@ question))
                               and $fits$
                             order by a.at desc, a.id desc
                             limit size) a
       order by a.at desc, a.id desc
       limit size$$)) v(name, bitmaps, rows)
loop
execute format($f$
create or replace function texts_%1$s(
  who identity,
  question tsquery,
  codes text[],
  f trail_filter,
  first timestamptz,
  until timestamptz,
  until_id bigint,
  size int
) returns table (at timestamptz, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = %2$s
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
begin
  return query
    select a.at, a.id %3$s;
end $$ $f$, way.name, way.bitmaps, replace(replace(way.rows, '$within$', within), '$fits$', fits));
end loop;

execute format($f$
create or replace function texts_by_code(
  who identity,
  codes text[],
  f trail_filter,
  first timestamptz,
  until timestamptz,
  until_id bigint,
  size int
) returns table (at timestamptz, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
begin
  return query
    select a.at, a.id
      from unnest(codes) c(code)
      cross join lateral (select *
                            from audit_log a
                           where a.agency_id = who.agency_id and a.reason = c.code and %1$s
                           order by a.at desc, a.id desc
                           limit size) a
     order by a.at desc, a.id desc
     limit size;
end $$ $f$, fits);
end $do$;

-- Where the last of so many texts before a place stands; null where there are fewer.
create or replace function texts_back(agency int, until timestamptz, until_id bigint, many int) returns timestamptz
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
  select p.at
    from audit_personal p
   where p.agency_id = agency and p.words is not null and p.at <= until and (p.at, p.audit_id) < (until, until_id)
   order by p.at desc, p.audit_id desc
  offset many
   limit 1
$$;

-- Where the texts of an agency begin, so that a search does not go back for ever.
create or replace function texts_begin(agency int) returns timestamptz
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
  select least((select p.at
                  from audit_personal p
                 where p.agency_id = agency and p.words is not null
                 order by p.at
                 limit 1),
               (select a.at from audit_log a where a.agency_id = agency order by a.at limit 1))
$$;

-- One stretch of time: what the texts say and what the codes say, newest first, each row once.
create or replace function texts_between(
  who identity,
  question tsquery,
  marked tsquery,
  f trail_filter,
  walked boolean,
  month timestamp,
  first timestamptz,
  until timestamptz,
  until_id bigint,
  size int
) returns table (at timestamptz, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  codes constant text[] := reasons_found(who.agency_id, question, first, until);
  looked constant tsquery := case when month is null then marked else marked && text_month(who.agency_id, month) end;
begin
  if f.entities is not null then
    return query select * from texts_of_entities(who, question, codes, f, first, until, until_id, size);
    return;
  end if;
  if walked and codes is null then
    return query select * from texts_walked(who, looked, codes, f, first, until, until_id, size);
  elsif codes is null then
    return query select * from texts_indexed(who, looked, codes, f, first, until, until_id, size);
  else
    return query
      select * from texts_walked(who, looked, codes, f, first, until, until_id, case when walked then size else 0 end)
       union
      select * from texts_indexed(who, looked, codes, f, first, until, until_id, case when walked then 0 else size end)
       union
      select * from texts_by_code(who, codes, f, first, until, until_id, size)
       order by 1 desc, 2 desc
       limit size;
  end if;
end $$;

-- The rows of the trail whose notes or reasons hold all these texts, newest first, before a place.
create or replace function audit_texts(
  texts text[],
  filter jsonb,
  before_at timestamptz,
  before_id bigint,
  size int
) returns table (at timestamptz, id bigint)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  f constant trail_filter := jsonb_populate_record(null::trail_filter, filter);
  question constant tsquery := text_question(texts);
  marked constant tsquery := text_marked(who.agency_id, question, f);
  until timestamptz := least(before_at, f.until, clock_timestamp() + interval '1 day');
  until_id bigint := case when before_at <= coalesce(f.until, 'infinity') then before_id
                          else -9223372036854775808 end;
  begins constant timestamptz := greatest(f.since, texts_begin(who.agency_id));
  beginnings constant boolean := texts::text like '%*%';
  month timestamp;
  first timestamptz := begins;
  left_over int := size;
  found_now int;
begin
  if f.entities is null then
    first := greatest(begins, texts_back(who.agency_id, until, until_id, 1000));
  end if;
  return query select * from texts_between(who, question, marked, f, true, null, first, until, until_id, left_over);
  get diagnostics found_now = row_count;
  left_over := left_over - found_now;
  month := date_trunc('month', first at time zone 'UTC');
  until := first;
  until_id := -9223372036854775808;
  while left_over > 0 and until > begins and marked is not null loop
    if beginnings then
      month := null;
    end if;
    first := greatest(month at time zone 'UTC', begins);
    return query select * from texts_between(who, question, marked, f, false, month, first, until, until_id,
                                             left_over);
    get diagnostics found_now = row_count;
    left_over := left_over - found_now;
    month := month - interval '1 month';
    until := first;
  end loop;
end $$;

select operators_may('execute on function audit_texts');
grant execute on function text_question, text_plain, text_month to debtflow_kernel;
