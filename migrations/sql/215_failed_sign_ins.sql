-- Failed sign-ins leave nothing in SQL: the server's log has them, and the worker reads it.
set role debtflow_owner;

alter table signin_log enable row level security;
create policy kernel on signin_log to debtflow_kernel using (agency_id = (select (debtflow.me()).agency_id));
grant select, insert, update on signin_log to debtflow_kernel;
