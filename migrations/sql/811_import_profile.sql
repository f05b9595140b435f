-- How a client writes a kind of file: versions that are only added, who sees them, and what the trail says of them.
set role debtflow_owner;

select office_reads('import_profile'), kernel_works('import_profile', 'agency_id = (select (me()).agency_id)');
select operators_may('select on import_profile');
grant select, insert on import_profile to debtflow_kernel;

-- What a batch was read with stays for good; the words beside it are free text, which may have to be forgotten.
create trigger append_only
  before delete or truncate or update of agency_id, client_id, kind, version, body, made_by, made_at on import_profile
  for each statement execute function refuse_change();
alter table import_profile enable always trigger append_only;

grant update (control_accepted_by, control_accepted_at, control_reason) on import_batch to debtflow_kernel;

create or replace function audit_import_profile() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  facts jsonb;
begin
  select jsonb_agg(jsonb_build_object(
           'entity_id', p.client_id,
           'entity_ref', c.code,
           'after', jsonb_strip_nulls(jsonb_build_object(
             'kind', p.kind, 'version', p.version, 'note', p.note))))
    into facts
    from new_rows p
    join client c on c.id = p.client_id;
  if facts is not null then
    perform audit_write(facts, 'client', 'import_profile.insert', '{note}'),
            configuration_note(tg_table_name, tg_op, jsonb_array_length(facts));
  end if;
  return null;
end $$;

create trigger audit_insert
  after insert on import_profile referencing new table as new_rows
  for each statement execute function audit_import_profile();

set role debtflow_kernel;

create or replace function import_profile_client(who identity, client text) returns int
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found_id int;
begin
  select c.id into found_id from client c where c.agency_id = who.agency_id and c.code = import_profile_client.client;
  if not found then
    perform fail('DF404', 'client', format('there is no client %s', left(client, 40)), 'debtflow client list');
  end if;
  return found_id;
end $$;

create or replace function import_profile_newest(client int, kind text) returns import_profile
  language sql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select p.*
    from import_profile p
   where p.agency_id = (me()).agency_id
     and p.client_id = import_profile_newest.client
     and p.kind = import_profile_newest.kind
   order by p.version desc
   limit 1
$$;

-- The profile that a batch of this client and kind is read with; any other is not there.
create or replace function import_profile_for(client int, kind text, profile bigint) returns bigint
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if profile is not null
     and not exists (select from import_profile p
                      where p.id = profile
                        and p.client_id = import_profile_for.client
                        and p.kind = import_profile_for.kind) then
    perform fail('DF404', 'profile', format('there is no profile %s of this client for %s', profile, kind),
                 'debtflow import profile list');
  end if;
  return profile;
end $$;

-- What a file of this client is read with: the newest version, or the one that is named. Whoever may read profiles may
-- ask, and the worker, who reads no table.
create or replace function import_profile_bound(client text, kind text, version int default null)
  returns table (id bigint, version int, body jsonb)
  language sql stable security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select p.id, p.version, p.body
    from import_profile p
    join client c on c.id = p.client_id
   where (me()).role <> 'collector'
     and p.agency_id = (me()).agency_id
     and c.agency_id = p.agency_id
     and c.code = import_profile_bound.client
     and p.kind = import_profile_bound.kind
     and (import_profile_bound.version is null or p.version = import_profile_bound.version)
   order by p.version desc
   limit 1
$$;

-- Adds a version after the one that was looked at, 0 for none; the same body again adds nothing. Locks the client, so
-- that of two people at once the second is told.
create or replace function import_profile_keep(client text, kind text, body jsonb, after int, note text) returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := import_clerk();
  of_client constant int := import_profile_client(who, client);
  newest import_profile;
begin
  perform from client c where c.id = of_client for no key update;
  newest := import_profile_newest(of_client, kind);
  if coalesce(newest.version, 0) is distinct from after then
    perform fail('DF409', 'profile-version',
                 format('the profile of %s for %s is at version %s meanwhile', client, kind,
                        coalesce(newest.version, 0)),
                 'look at it again: debtflow import profile show');
  end if;
  if newest.body = body then
    return newest.version;
  end if;
  perform act_begin('import.profile');
  insert into import_profile (agency_id, client_id, kind, version, body, note, made_by, made_at)
  values (who.agency_id, of_client, kind, coalesce(after, 0) + 1, body, note, who.user_id, kernel_now());
  return coalesce(after, 0) + 1;
end $$;

select operators_may('execute on function import_profile_keep, import_profile_bound'),
       worker_may('execute on function import_profile_bound');
