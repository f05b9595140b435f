-- Places one account as an import would, for tests that are not about imports. Runs with the superuser's rights but under
-- the caller's session, so that the ledger names a person.
create schema testing;
grant usage on schema testing to public;
create function testing.place(client_code text, collector_login text, debtor_name text, buckets bigint[], ref text, placed date)
  returns text language plpgsql security definer set search_path = pg_catalog, debtflow, pg_temp as $$
declare
  who constant identity := me();
  c client; account_id bigint; debtor_id bigint; next bigint; collector int; names text[];
begin
  select * into strict c from client x where x.code = client_code and x.agency_id = who.agency_id;
  select id into collector from users where login = collector_login;
  names := regexp_match(lower(debtor_name), '^(.*?) ?([^ ]*)$');
  update agency set next_number = next_number + 1 where id = who.agency_id returning next_number - 1 into next;
  insert into debtor (agency_id, name, first_norm, last_norm) values (who.agency_id, debtor_name, names[1], names[2]) returning id into debtor_id;
  insert into account (agency_id, client_id, collector_id, debtor_id, number, external_ref, debtor_name, last_norm, first_norm, status, currency, original_amount, placed_on)
    values (who.agency_id, c.id, collector, debtor_id, account_number(next), ref, debtor_name, names[2], names[1],
            case when collector is null then 'new' else 'assigned' end, (select currency from book where id = c.book_id), greatest(sum4(buckets), 1), placed)
    returning id into account_id;
  insert into account_balance (account_id, agency_id, collector_id, currency, due)
    values (account_id, who.agency_id, collector, (select currency from book where id = c.book_id), '{0,0,0,0}');
  if sum4(buckets) > 0 then
    perform ledger_post(jsonb_build_array(jsonb_build_object('kind', 'placement', 'effective_on', placed, 'legs', jsonb_build_array(jsonb_build_object(
      'debit', c.book_id * 16 + 2, 'credit', c.book_id * 16 + 4, 'account_id', account_id, 'amount', sum4(buckets), 'parts', buckets)))));
  end if;
  if to_regprocedure('debtflow.account_index(bigint[])') is not null then
    execute 'select debtflow.account_index($1)' using array[account_id];
  end if;
  return account_number(next);
end $$;
