-- What becomes of a webhook: the worker looks at it and says, a supervisor may have it looked at again.
set role debtflow_kernel;

-- An event that still waits, for the worker that is about to look at it; no row where somebody has already.
create or replace function webhook_take(event bigint) returns table (
  id bigint,
  provider text,
  event_id text,
  type text,
  created_at timestamptz,
  received_at timestamptz,
  attempts int,
  body bytea
)
  language sql volatile security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
  select act_begin('webhook.process');
  update webhook_event e
     set attempts = e.attempts + 1
   where e.id = event and e.agency_id = (me()).agency_id and e.state = 'queued'
  returning e.id, e.provider, e.event_id, e.type, e.created_at, e.received_at, e.attempts, e.body
$$;

-- What became of it. Said twice is said once; `queued` with a reason means that it will be tried again.
create or replace function webhook_settle(event bigint, outcome text, why text default null) returns boolean
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
begin
  if outcome is null or outcome not in ('queued', 'processed', 'replayed', 'ignored', 'failed') then
    perform fail('DF400', 'outcome', format('%s is not what can become of a webhook', outcome));
  end if;
  perform act_begin('webhook.process');
  update webhook_event e
     set state = outcome,
         reason = left(nullif(why, ''), 400),
         settled_at = case when outcome <> 'queued' then kernel_now() end
   where e.id = event and e.agency_id = (me()).agency_id and e.state = 'queued';
  return found;
end $$;

-- Raises where there is none that the caller may see.
create or replace function webhook_known(who identity, event bigint) returns webhook_event
  language plpgsql stable
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  found_event webhook_event;
begin
  select * into found_event from webhook_event e where e.id = event and e.agency_id = who.agency_id;
  if not found then
    perform fail('DF404', 'webhook', format('there is no webhook %s', event), 'debtflow webhook list');
  end if;
  return found_event;
end $$;

-- Has an event looked at again, whatever became of it: what was done already is found done. Gives its state before.
create or replace function webhook_redrive(event bigint) returns text
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  e webhook_event;
begin
  perform only_who_may(who, 'webhook.redrive');
  e := webhook_known(who, event);
  if e.state = 'refused' then
    perform fail('DF422', 'webhook_refused', format('webhook %s was refused: %s', event, e.reason),
                 'nobody knows who sent it; ask the provider to send the event again');
  end if;
  if e.forgotten_at is not null then
    perform fail('DF422', 'webhook_forgotten', format('webhook %s was about somebody who was forgotten', event),
                 'nothing is left to look at');
  end if;
  perform act_begin('webhook.redrive');
  update webhook_event x
     set state = 'queued', reason = null, settled_at = null
   where x.id = event and x.state <> 'queued';
  return e.state;
end $$;

-- The delivery as it came, for a supervisor, on record: payers' names and addresses stand in it. No row means that it is
-- on record now, and to ask again.
create or replace function webhook_reveal(event bigint) returns table (headers jsonb, signature text, body bytea)
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  e webhook_event;
begin
  perform only_who_may(who, 'webhook.reveal');
  e := webhook_known(who, event);
  if noted('webhook.reveal', 'webhook', event) then
    return query select e.headers, e.signature, e.body;
  end if;
end $$;

-- Refused deliveries tell about attacks and wrong secrets for a month, then they go; of very many only the latest stay.
create or replace function webhook_forget() returns int
  language plpgsql security definer
  set search_path = pg_catalog, debtflow, pg_temp
as $$
declare
  who constant identity := me();
  gone int;
begin
  perform act_begin('webhook.forget');
  delete from webhook_event e
   where e.agency_id = who.agency_id
     and e.state = 'refused'
     and (e.received_at < kernel_now() - interval '30 days'
          or e.id <= (select x.id
                        from webhook_event x
                       where x.agency_id = who.agency_id and x.state = 'refused'
                       order by x.id desc
                      offset 20000
                       limit 1));
  get diagnostics gone = row_count;
  return gone;
end $$;

select operators_may('execute on function webhook_redrive, webhook_reveal');
select worker_may('execute on function webhook_take, webhook_settle, webhook_forget');
