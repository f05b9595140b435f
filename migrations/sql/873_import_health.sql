-- What must hold between imports and the ledger: one function a subject, each the names of what breaks its rule. Whole
-- tables are joined, so that the time grows with the rows and no faster.
set role debtflow_kernel;

-- A batch's counts are those of its rows, its findings those that are counted, and its state allows for them.
create or replace function imports_not_counted(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with counted as (
    select r.batch_id, count(*) as rows,
           count(*) filter (where r.state = 'valid') as valid,
           count(*) filter (where r.state = 'warning') as warnings,
           count(*) filter (where r.state = 'error') as errors,
           count(*) filter (where r.state = 'duplicate') as duplicates,
           count(*) filter (where r.state = 'excluded') as excluded,
           count(*) filter (where r.state = 'released') as released,
           count(*) filter (where r.state = 'undone') as undone
      from import_row r
     where r.agency_id = agency
     group by r.batch_id
  ),
  found as (
    select coalesce(f.batch_id, t.batch_id) as batch_id,
           bool_or(f.rows is distinct from t.rows) as differs
      from (select x.batch_id, x.rule, x.severity, x.col, count(*) as rows
              from import_found x
             where x.agency_id = agency
             group by x.batch_id, x.rule, x.severity, x.col) f
      full join (select * from import_tally x where x.agency_id = agency and x.rows <> 0) t
        on (t.batch_id, t.rule, t.severity, t.col) = (f.batch_id, f.rule, f.severity, f.col)
     group by 1
  )
  select format('batch %s', b.id)
    from import_batch b
    left join counted c on c.batch_id = b.id
    left join found f on f.batch_id = b.id
   where b.agency_id = agency
     and ((b.rows, b.valid, b.warnings, b.errors, b.duplicates, b.excluded, b.released, b.undone) is distinct from
          (c.rows, c.valid, c.warnings, c.errors, c.duplicates, c.excluded, c.released, c.undone)
          or f.differs
          or b.state in ('in_review', 'rejected', 'undone') and b.released > 0
          or b.state not in ('undoing', 'undone', 'released') and b.undone > 0
          or b.state = 'released' and b.valid + b.warnings > 0)
   order by b.id
$$;

-- What a row that was released moved: its transfers, and what took them back. A placement names none: it is the one that
-- its account came with.
create or replace function import_moves(agency int)
  returns table (batch_id bigint, row_no int, state text, account_id bigint, transfer bigint, reversals bigint[])
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with done as (
    select r.batch_id, r.row_no, r.state, r.account_id, r.effect,
           array(select x::bigint from jsonb_array_elements_text(r.effect -> 'reversals') x) as reversals
      from import_row r
     where r.agency_id = agency and r.account_id is not null
  )
  select d.batch_id, d.row_no, d.state, d.account_id, (d.effect ->> 'transfer')::bigint, d.reversals
    from done d
   where d.effect ? 'transfer'
  union all
  select d.batch_id, d.row_no, d.state, d.account_id, x::bigint, d.reversals
    from done d
   cross join lateral jsonb_array_elements_text(d.effect -> 'transfers') x
   where d.effect ? 'transfers'
  union all
  select d.batch_id, d.row_no, d.state, d.account_id, t.id, d.reversals
    from done d
    join account a on a.id = d.account_id and a.import_batch_id = d.batch_id and a.import_row = d.row_no
    join leg l on l.account_id = a.id and l.parts is not null
    join transfer t on t.id = l.transfer_id and t.kind = 'placement' and t.import_batch_id = d.batch_id
$$;

-- Every released row has the account it says, and there the money that it says; what new accounts came with, the row
-- that brought them.
create or replace function imports_not_posted(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moved as materialized (
    select m.batch_id, m.row_no, count(*) as transfers, sum(l.amount)::bigint as amount,
           bool_and(l.account_id is not distinct from m.account_id) as its_own
      from import_moves(agency) m
      left join leg l on l.transfer_id = m.transfer and l.parts is not null
     group by m.batch_id, m.row_no
  ),
  row as (
    select r.batch_id, r.row_no, r.account_id, r.ref, b.client_id,
           case when b.kind = 'placements' and (r.effect is null or r.effect ? 'new') then 'new' else b.kind end as kind,
           case when b.kind = 'placements' then sum4(placement_parts(r.parsed))
                else (r.parsed ->> 'amount')::bigint end as amount
      from import_row r
      join import_batch b on b.id = r.batch_id
     where r.agency_id = agency and r.account_id is not null
  )
  select format('batch %s row %s', r.batch_id, r.row_no)
    from row r
    left join account a on a.id = r.account_id
    left join moved m on m.batch_id = r.batch_id and m.row_no = r.row_no
   where (a.client_id, a.external_ref) is distinct from (r.client_id, r.ref)
      or m.its_own = false
      or r.kind in ('new', 'payments', 'adjustments')
         and (m.transfers, m.amount) is distinct from (1::bigint, r.amount)
      or r.kind = 'new' and (a.import_batch_id, a.import_row) is distinct from (r.batch_id, r.row_no)
  union all
  select format('account %s', a.number)
    from account a
    left join import_row r on r.batch_id = a.import_batch_id and r.row_no = a.import_row
   where a.agency_id = agency and a.import_batch_id is not null and r.account_id is distinct from a.id
$$;

-- No transfer is named twice, and those that carry a batch are named by one of its rows.
create or replace function imports_not_once(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with moves as materialized (
    select * from import_moves(agency)
  ),
  named as (
    select m.batch_id, m.row_no, m.transfer from moves m
    union
    select m.batch_id, m.row_no, x from moves m cross join lateral unnest(m.reversals) x
  )
  select receipt_number(coalesce(t.id, n.transfer))
    from (select x.id, x.import_batch_id from transfer x where x.agency_id = agency and x.import_batch_id is not null) t
    full join (select x.transfer, count(*) as rows, min(x.batch_id) as batch_id from named x group by x.transfer) n
      on n.transfer = t.id
   where n.rows is distinct from 1 or t.import_batch_id <> n.batch_id
   order by coalesce(t.id, n.transfer)
$$;

-- What a row moved is turned round where the row is undone, by what it names and by nothing else; an account that an
-- undone row brought is closed and owes nothing.
create or replace function imports_not_undone(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with back as (
    select m.batch_id, m.row_no, count(*) as moved, count(t.id) as turned, min(cardinality(m.reversals)) as named
      from import_moves(agency) m
      left join transfer t on t.reverses = m.transfer and t.id = any (m.reversals)
     where m.state = 'undone'
     group by m.batch_id, m.row_no
  )
  select format('batch %s row %s', r.batch_id, r.row_no)
    from import_row r
    left join back k on k.batch_id = r.batch_id and k.row_no = r.row_no
    left join account a on a.import_batch_id = r.batch_id and a.import_row = r.row_no
    left join account_balance x on x.account_id = a.id
   where r.agency_id = agency
     and (r.state = 'undone'
          and (coalesce(k.moved, 0) <> coalesce(jsonb_array_length(r.effect -> 'reversals'), 0)
               or k.moved <> k.turned
               or a.closed_reason is distinct from 'placement_undone' and a.id is not null
               or sum4(x.due) <> 0)
          or r.state <> 'undone' and (r.effect ? 'reversals' or a.closed_reason = 'placement_undone'))
   order by r.batch_id, r.row_no
$$;

-- A file that is kept here is as long as it says, in pieces without a gap; and what was fetched became the batch of the same bytes.
-- Whether the bytes are those of the hash is seen by whoever reads them: debtflow import file.
create or replace function files_not_whole(agency int) returns setof text
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  with piece as (
    select c.file_id, sum(length(c.bytes)) as size, count(*) as pieces, max(c.seq) as last,
           count(*) filter (where length(c.bytes) < 1048576) as short,
           max(c.seq) filter (where length(c.bytes) < 1048576) as short_one
      from file_chunk c
     where c.agency_id = agency
     group by c.file_id
  )
  select format('file %s', left(encode(f.sha256, 'hex'), 12))
    from file f
    left join piece p on p.file_id = f.id
   where f.agency_id = agency
     and case f.place
           when 'row' then length(f.bytes) is distinct from f.size or p.file_id is not null
           when 'bucket' then p.file_id is not null
           when 'redacted' then p.file_id is not null
           else coalesce(p.size, 0) <> f.size
                or p.pieces <> p.last + 1
                or p.short > 1
                or p.short_one <> p.last
         end
  union all
  select format('%s of %s', p.name, c.code)
    from pull_file p
    join client c on c.id = p.client_id
    left join import_batch b on b.id = p.batch_id and b.client_id = p.client_id
    left join file f on f.id = b.file_id
   where p.agency_id = agency and p.batch_id is not null and f.sha256 is distinct from p.sha256
$$;

create or replace function imports_health() returns table (name text, ok boolean, detail text)
  language plpgsql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
begin
  perform only_who_may(who, 'house.examine');
  return query
    select x.name, w.ok, w.detail
      from (values
        ('imports-counted', array(select imports_not_counted(who.agency_id)),
         'batches whose counts are not those of their rows',
         'the counts of every import batch are those of its rows'),
        ('imports-posted', array(select imports_not_posted(who.agency_id)),
         'released otherwise than they say',
         'every released row has the account and the money that it says'),
        ('imports-once', array(select imports_not_once(who.agency_id)),
         'transfers of no row, or of more than one',
         'every transfer of an import is one row''s'),
        ('imports-undone', array(select imports_not_undone(who.agency_id)),
         'taken back otherwise than they say',
         'every undone row is reversed, wholly, and no other'),
        ('files-whole', array(select files_not_whole(who.agency_id)),
         'not as they were sent',
         'every file is kept whole, and is its batch''s')) as x(name, broken, bad, good)
      cross join health_words(x.broken, x.bad, x.good) w;
end $$;

select operators_may('execute on function imports_health');
