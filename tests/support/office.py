"""The people, clients and helper functions that the template database starts with."""

from __future__ import annotations

from typing import Final

import psycopg

HARBOR: Final = {"ada": "agency_admin", "bea": "supervisor", "ana": "collector", "ben": "collector", "rex": "readonly"}
NORTHBY: Final = {"zed": "agency_admin", "zack": "supervisor", "zoe": "collector", "zia": "readonly"}


def password_of(login: str) -> str:
    return f"{login}-password"


def scram(connection: psycopg.Connection, login: str, password: str) -> str:
    return connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()


def furnish(connection: psycopg.Connection) -> None:
    """Two agencies; HARBOR with the clients HXL (ana, 25 %) and MED (ana and ben in turn, 30 %), NORTHBY with ZEN (zoe)."""
    run = connection.execute
    run("select debtflow.agency_create('HARBOR', 'Harbor Collections', 'America/Chicago', 'USD')")
    run("select debtflow.agency_create('NORTHBY', 'Northby Recovery', 'Europe/Berlin', 'EUR')")
    for agency, people in (("HARBOR", HARBOR), ("NORTHBY", NORTHBY)):
        for login, role in people.items():
            verifier = scram(connection, login, password_of(login))
            run("select debtflow.user_create(%s, %s, %s, %s, %s)", [agency, login, login.title(), role, verifier])
    client = "select debtflow.client_create(%s, %s, %s, %s, '{4,3,2,1}', '2020-01-01', %s, %s)"
    run(client, ["HARBOR", "HXL", "Harbor Lending", 2500, "one_collector", ["ana"]])
    run(client, ["HARBOR", "MED", "Lakeside Medical", 3000, "round_robin", ["ana", "ben"]])
    run(client, ["NORTHBY", "ZEN", "Zentrum Bank", 2000, "one_collector", ["zoe"]])
    run(PLACE)


# Places one account as an import would, for tests that are not about imports. Runs with the superuser's rights but under
# the caller's session, so that the ledger names a person.
PLACE: Final = """
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
"""
