-- Promises, payment plans and settlement offers: who sees them, what the trail keeps, what the kernel may write.
set role debtflow_owner;

select office_reads(t), collectors_read(t, 'exists (select from account a where a.id = account_id)'), kernel_works(t)
  from unnest(array['promise', 'plan', 'plan_instalment', 'settlement']::regclass[]) t;

select audit_table('promise', 'account', 'account_id', '', 'reason',
                   'id,agency_id,account_id,after_id,look_on,judged_at,seen'),
       audit_table('plan', 'account', 'account_id', '', 'reason', 'id,agency_id,account_id,key,after_id,version'),
       audit_table('plan_instalment', 'account', 'account_id', '', '',
                   'id,plan_id,agency_id,account_id,charge_key,again_at'),
       audit_table('settlement', 'account', 'account_id', '', 'reason', 'id,agency_id,account_id,after_id');

select operators_may('select on promise, plan, plan_instalment, settlement');

grant insert on promise, plan, plan_instalment, settlement to debtflow_kernel;
grant delete on plan_instalment to debtflow_kernel;
grant update (state, look_on, reason, judged_at, seen) on promise to debtflow_kernel;
grant update (version, grace_days, method_id, state, reason) on plan to debtflow_kernel;
grant update (due_on, wanted, attempt, charge_key, charge_amount, charge_method, again_at, outcome, told)
  on plan_instalment to debtflow_kernel;
grant update (state, reason, accepted_at, write_off_id, written_off) on settlement to debtflow_kernel;
