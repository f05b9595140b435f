-- The erasers: what each subject loses. The kernel may not write these columns in any other act, so these are the
-- owner's; whom they are called for was decided before, and nobody but the kernel can call them. Each says how much
-- there was. Rows stay: an account is a number in the books, a line of its history a line.
set role debtflow_owner;

create or replace function erase_debtors(debtors bigint[], out contacts int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update debtor d
     set name = forgotten(), first_norm = '', last_norm = '', ssn_last4 = null,
         forgotten_at = coalesce(d.forgotten_at, kernel_now())
   where d.id = any (debtors);
  update saved_method m
     set brand = '', last4 = '0000', expires = null, provider_id = 'forgotten_' || m.id,
         removed_at = coalesce(m.removed_at, kernel_now())
   where m.debtor_id = any (debtors);
  update legal_hold h set reason = forgotten() where h.debtor_id = any (debtors);
  delete from debtor_contact c where c.debtor_id = any (debtors);
  get diagnostics contacts = row_count;
end $$;

-- What people wrote on an account; lines that the program itself words, and that name nobody, stay.
create or replace function erase_accounts(accounts bigint[], out lines int, out payments int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  update account a set debtor_name = forgotten(), first_norm = '', last_norm = '' where a.id = any (accounts);
  update account_flag g set note = '' where g.account_id = any (accounts);
  update promise p set reason = '' where p.account_id = any (accounts);
  update plan p set reason = '' where p.account_id = any (accounts);
  update plan_instalment i set told = '' where i.account_id = any (accounts);
  update settlement s set reason = '' where s.account_id = any (accounts);
  update interest_pause i set note = forgotten() where i.account_id = any (accounts);
  update reveal r set reason = forgotten() where r.account_id = any (accounts);
  update charge c set url = null where c.account_id = any (accounts);
  update payment_batch_line l
     set reference = null
    from account a
   where a.id = any (accounts) and l.agency_id = a.agency_id and l.account = a.number and l.reference is not null;
  update payment p set reference = null where p.account_id = any (accounts) and p.reference is not null;
  get diagnostics payments = row_count;
  update activity v
     set text = ''
   where v.account_id = any (accounts) and v.text <> '' and v.kind not in ('assignment', 'follow_up', 'contact');
  get diagnostics lines = row_count;
end $$;

-- A claim whose form is not known any more: it stays taken, and its hash is no longer one of what was typed.
create or replace function erase_claims(accounts bigint[]) returns void
  language sql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  update idempotency_key k
     set request_hash = ''
   where exists (
     select
       from (select 'activity' as what, x.id from activity x where x.account_id = any (accounts)
             union all
             select 'promise', x.id from promise x where x.account_id = any (accounts)
             union all
             select 'plan', x.id from plan x where x.account_id = any (accounts)
             union all
             select 'settlement', x.id from settlement x where x.account_id = any (accounts)) mine
      where (k.answer ->> mine.what)::bigint = mine.id)
$$;

-- Words that no other name of the agency has.
create or replace function erase_words(agency int, words text[]) returns void
  language sql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  delete from name_token t
   where t.agency_id = agency
     and t.token = any (words)
     and not exists (select
                       from search_key s
                      where s.agency_id = agency and s.kind = 'name'
                        and s.key >= t.token || ' ' and s.key < t.token || '!')
$$;

-- Of what was found in a row: by which rule, in which column.
create or replace function import_findings_bare(findings jsonb) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select coalesce(jsonb_agg(f || jsonb_build_object('value', '', 'message', forgotten()) order by n), '[]')
    from jsonb_array_elements(findings) with ordinality as x(f, n)
$$;

-- Of what a row was read as: money and days, by which it stays a row of the books.
create or replace function import_parsed_bare(parsed jsonb) returns jsonb
  language sql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  select case
    when parsed is not null
    then (select coalesce(jsonb_object_agg(p.key, p.value), '{}')
            from jsonb_each(parsed) p
           where p.key in ('amount', 'interest', 'fees', 'costs', 'due_on', 'paid_on', 'effective_on', 'adjustment',
                           'bucket'))
  end
$$;

-- Rows are given as (batch_id, row_no), with the words by which they are known. What somebody corrected in many rows at once keeps what it said of the others.
create or replace function erase_rows(batches bigint[], numbers int[], known text[]) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  words text[];
  word text;
  change bigint;
begin
  words := array(
    select distinct c.value
      from unnest(batches, numbers) as m(batch_id, row_no)
      join import_row r on r.batch_id = m.batch_id and r.row_no = m.row_no
     cross join jsonb_each_text(r.cells) c
     where length(c.value) > 2
     union
    select distinct c.value
      from unnest(batches, numbers) as m(batch_id, row_no)
      join import_change h on h.batch_id = m.batch_id
      join import_change_row w on w.change_id = h.id and w.row_no = m.row_no
     cross join jsonb_each_text(coalesce(w.before, '{}') || coalesce(w.after, '{}')) c
     where length(c.value) > 2);
  for change, word in
    select h.id, leaf
      from import_change h
     cross join lateral (select distinct s #>> '{}' as leaf
                           from jsonb_path_query(h.what, '$.** ? (@.type() == "string")') s
                         union
                         select unnest(words)) l
     where h.batch_id = any (batches)
       and length(leaf) > 2
       and strpos(h.what::text, to_json(leaf)::text) > 0
       and (exists (select from unnest(words) w where strpos(lower(w), lower(leaf)) > 0)
            or exists (select from unnest(known) k where strpos(lower(leaf), k) > 0))
  loop
    update import_change h
       set what = replace(h.what::text, to_json(word)::text, to_json(forgotten())::text)::jsonb
     where h.id = change;
  end loop;
  update import_change h
     set what = h.what || jsonb_build_object('reason', forgotten())
   where h.batch_id = any (batches)
     and h.what ? 'reason'
     and exists (select
                   from import_change_row w
                   join unnest(batches, numbers) as m(batch_id, row_no)
                     on m.batch_id = h.batch_id and m.row_no = w.row_no
                  where w.change_id = h.id);
  update import_change_row w
     set before = '{}', after = '{}'
    from unnest(batches, numbers) as m(batch_id, row_no)
    join import_change h on h.batch_id = m.batch_id
   where w.change_id = h.id and w.row_no = m.row_no and w.before is not null;
  update import_row r
     set raw = '', cells = '{}', findings = import_findings_bare(r.findings), parsed = import_parsed_bare(r.parsed),
         difference = null, effect = r.effect - 'before', version = r.version + 1,
         reason = case when r.reason is not null then forgotten() end
    from unnest(batches, numbers) as m(batch_id, row_no)
   where r.batch_id = m.batch_id and r.row_no = m.row_no;
end $$;

-- Questions to the trail that people keep and that name them.
create or replace function erase_filters(agency int, known text[]) returns void
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  delete from audit_filter f
   where f.agency_id = agency
     and exists (select from unnest(known) w where strpos(lower(f.name || ' ' || f.text), w) > 0);
  delete from audit_personal p
   using audit_log a
   where a.agency_id = agency
     and a.act in ('audit.filter_save', 'audit.filter_drop', 'pii.forget')
     and a.entity = 'user'
     and p.audit_id = a.id
     and exists (select from unnest(known) w where strpos(lower(p.value), w) > 0);
end $$;

-- By what a provider names them, and what only they have.
create or replace function provider_names(debtors bigint[], accounts bigint[]) returns setof text
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select distinct n
    from (select unnest(array[c.id::text, c.provider_id, c.told_id, c.link_id]) as n
            from charge c where c.account_id = any (accounts)
          union all
          select unnest(array[r.id::text, r.provider_id]) from refund r where r.account_id = any (accounts)
          union all
          select d.provider_id from dispute d where d.account_id = any (accounts)
          union all
          select unnest(array[g.key::text, g.provider_id]) from gateway_customer g where g.debtor_id = any (debtors)
          union all
          select m.provider_id from saved_method m where m.debtor_id = any (debtors)
          union all
          select c.value from debtor_contact c where c.debtor_id = any (debtors) and c.kind = 'email') x
   where length(n) > 4
$$;

-- Deliveries that name them. One that nobody has looked at yet stands in the way.
create or replace function erase_webhooks(agency int, names text[], out events int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  theirs constant bigint[] := array(
    select e.id
      from webhook_event e
     where e.agency_id = agency
       and e.forgotten_at is null
       and exists (select from unnest(names) n where position(convert_to(n, 'UTF8') in e.body) > 0));
begin
  if exists (select from webhook_event e where e.id = any (theirs) and e.state = 'queued') then
    perform fail('DF422', 'webhook-open', 'the provider has sent something about them that nobody has looked at yet',
                 'let the worker look at it first: debtflow webhook list');
  end if;
  update webhook_event e
     set body = '', headers = '[]', signature = null, forgotten_at = kernel_now()
   where e.id = any (theirs);
  get diagnostics events = row_count;
end $$;

-- What stands beside the trail: with salt and value gone, a commitment says nothing about what was committed.
create or replace function erase_trail(debtors bigint[], accounts bigint[], batches bigint[], numbers int[],
                                       out vals int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  delete from audit_personal p
   using (select a.id from audit_log a where a.entity = 'account' and a.entity_id = any (accounts)
          union
          select a.id from audit_log a where a.entity = 'debtor' and a.entity_id = any (debtors)
          union
          select a.id
            from unnest(batches, numbers) as m(batch_id, row_no)
            join audit_log a on a.entity = 'batch' and a.entity_id = m.batch_id
           where (a.after ->> 'row')::int = m.row_no
              or a.after -> 'excluded' @> to_jsonb(m.row_no)
              or a.after -> 'included' @> to_jsonb(m.row_no)) t
   where p.audit_id = t.id;
  get diagnostics vals = row_count;
end $$;

-- The same for rows that have left the database: which those are is told by their seals. Which row of a batch one was
-- about is not, so there the value itself has to be one by which they are known.
create or replace function erase_archived(agency int, debtors bigint[], accounts bigint[], batches bigint[],
                                          known text[], out vals int)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  delete from audit_personal p
   using (select x.id, x.entity = hashtext('batch') as of_batch
            from audit_archive r
            join audit_archive_dropped d on d.month = r.month
            join audit_sealed s on s.agency_id = r.agency_id and s.number between r.first_seal and r.last_seal
           cross join unnest(s.ids, s.entities, s.entity_ids) x(id, entity, entity_id)
           where r.agency_id in (agency, 0)
             and (x.entity = hashtext('account') and x.entity_id = any (accounts)
                  or x.entity = hashtext('debtor') and x.entity_id = any (debtors)
                  or x.entity = hashtext('batch') and x.entity_id = any (batches))) t
   where p.audit_id = t.id
     and (not t.of_batch or lower(p.value) = any (known)
          or regexp_replace(p.value, '[^0-9]', '', 'g') = any (known));
  get diagnostics vals = row_count;
end $$;

grant execute on function erase_debtors, erase_accounts, erase_claims, erase_words, erase_rows, provider_names,
  erase_webhooks, erase_filters, erase_trail, erase_archived to debtflow_kernel;
