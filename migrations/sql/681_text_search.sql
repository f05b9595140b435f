-- Searching what people wrote: notes and reasons. An index of words is not used under a policy, because comparing words
-- may leak; so it is asked in functions that look behind row security, and each looks only at what its caller sees.
-- Words of one agency in one month are marked by a word of their own: a search goes back month by month until its page
-- is full, and pays only for what it gives.
set role debtflow_owner;

-- The words of every text beside each other, the last of each as a beginning: "refund du" finds "refund due". Words are
-- taken as they stand, in no language.
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
    question := case when numnode(question) = 0 then (words::text || ':*')::tsquery
                     else question && (words::text || ':*')::tsquery end;
  end loop;
  return question;
end $$;

-- As the columns of words read a text.
create or replace function text_plain(value text) returns text
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select translate(normalize(value, NFKC), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))
$$;

-- The word that marks the texts of an agency in a month.
create or replace function text_mark(agency int, month timestamp) returns tsquery
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select quote_literal('@' || agency || '.' || (extract(year from month) * 12 + extract(month from month))::int)::tsquery
$$;

do $$
begin
  if to_regtype('debtflow.trail_filter') is null then
    create type debtflow.trail_filter as (
      user_id int, act text, act_like text, kind text, entities text[], since timestamptz, until timestamptz,
      transaction text);
  end if;
end $$;

-- Whether a row of the trail is what is asked for, and its caller's to read: the policies on the trail say the same.
create or replace function trail_fits(who identity, f trail_filter, a audit_log) returns boolean
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select (f.user_id is null or a.user_id = f.user_id)
     and (f.act is null or a.act = f.act)
     and (f.act_like is null or a.act like f.act_like)
     and (f.kind is null or a.entity = f.kind)
     and (f.entities is null or a.entity || '/' || a.entity_id = any (f.entities))
     and (f.transaction is null or a.xid = f.transaction::xid8)
     and (who.role <> 'collector'
          or a.user_id = who.user_id
          or (a.entity = 'account'
              and exists (select from account x where x.id = a.entity_id and x.collector_id = who.user_id)))
     and (a.entity <> 'payment_batch_line'
          or exists (select
                       from payment_batch_line l
                       join payment_batch b on b.id = l.batch_id
                      where l.id = a.entity_id and (not b.blind or l.keyed_by = who.user_id)))
$$;

-- The codes of reasons that the question finds among those that the agency has used in a span.
create or replace function reasons_found(agency int, question tsquery, since timestamptz, until timestamptz)
  returns text[]
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
  with recursive used as (
    (select a.reason
       from audit_log a
      where a.agency_id = agency and a.reason is not null and a.at >= since and a.at < until
      order by a.reason
      limit 1)
    union all
    select (select a.reason
              from audit_log a
             where a.agency_id = agency and a.reason > u.reason and a.at >= since and a.at < until
             order by a.reason
             limit 1)
      from used u
     where u.reason is not null
  )
  select array_agg(reason) from used where to_tsvector('simple', text_plain(reason)) @@ question
$$;

-- What is found in one month, newest first.
create or replace function audit_texts_in(
  who identity,
  question tsquery,
  f trail_filter,
  month timestamp,
  until timestamptz,
  until_id bigint,
  n int
) returns table (at timestamptz, id bigint)
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
declare
  first constant timestamptz := greatest(month at time zone 'UTC', f.since);
  next constant timestamptz := least((month + interval '1 month') at time zone 'UTC', until + interval '1 us');
  codes constant text[] := reasons_found(who.agency_id, question, first, next);
  marked constant tsquery := question && text_mark(who.agency_id, month);
begin
  return query
    select a.at, a.id
      from (select distinct p.at, p.audit_id
              from audit_personal p
             where p.words @@ marked
               and p.agency_id = who.agency_id
               and p.at >= first and p.at < next
               and (p.at, p.audit_id) < (until, until_id)) p
      join audit_log a on a.agency_id = who.agency_id and a.at = p.at and a.id = p.audit_id
     where a.at >= first and a.at < next and trail_fits(who, f, a)
    union
    select a.at, a.id
      from unnest(codes) c(code)
      cross join lateral (
        select a.*
          from audit_log a
         where a.agency_id = who.agency_id
           and a.reason = c.code
           and a.at >= first and a.at < next
           and (a.at, a.id) < (until, until_id)
           and trail_fits(who, f, a)
         order by a.at desc, a.id desc
         limit n) a
     order by 1 desc, 2 desc
     limit n;
end $$;

-- Where the texts of an agency begin, so that a search does not go back for ever.
create or replace function texts_begin(agency int) returns timestamptz
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
  set enable_seqscan = off
as $$
  select least((select p.at
                  from audit_personal p
                 where p.agency_id = agency and p.words is not null
                 order by p.at
                 limit 1),
               (select a.at from audit_log a where a.agency_id = agency order by a.at limit 1))
$$;

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
  until constant timestamptz := least(before_at, f.until, clock_timestamp() + interval '1 day');
  until_id constant bigint := case when before_at <= coalesce(f.until, 'infinity') then before_id
                                   else -9223372036854775808 end;
  begins constant timestamptz := greatest(f.since, texts_begin(who.agency_id));
  month timestamp := date_trunc('month', until at time zone 'UTC');
  left_over int := size;
  found_now int;
begin
  while left_over > 0 and (month + interval '1 month') at time zone 'UTC' > begins loop
    return query select x.at, x.id from audit_texts_in(who, question, f, month, until, until_id, left_over) x;
    get diagnostics found_now = row_count;
    left_over := left_over - found_now;
    month := month - interval '1 month';
  end loop;
end $$;

select operators_may('execute on function audit_texts');
