-- What each role may do in an agency that has said nothing else. Rows are: act, family, what it is, what is said to who
-- may not, the rule's name, who may, who could be allowed (nobody else, where nothing is said), whether two persons can
-- be wanted for it.
set role debtflow_owner;

-- Reading what covers the whole agency.
select act_ships('books.see', 'see', 'read the books and their statements',
                 'your role reads the statements of the accounts it holds, not the books',
                 'books_role', 'supervisor agency_admin readonly');
select act_ships('events.see', 'see', 'read the events of the agency',
                 'your role does not read the events of the agency',
                 'events_role', 'supervisor agency_admin readonly worker');
select act_ships('books.replay', 'see', 'rebuild every balance and compare',
                 'the replay covers the whole agency',
                 'ledger_replay_role', 'supervisor agency_admin');
select act_ships('house.examine', 'see', 'examine the money and the safeguards',
                 'the examination covers the whole agency',
                 'doctor_role', 'supervisor agency_admin');
select act_ships('people.see', 'see', 'see who works how many accounts',
                 'your role does not see how much others work',
                 'people_role', 'supervisor agency_admin readonly');
select act_ships('seal.check', 'see', 'check and prove the audit trail',
                 'your role does not check the trail of the agency',
                 'seal_role', 'supervisor agency_admin readonly worker');

-- Seeing personal values in full: who works accounts sees how their debtors are reached; the digits that people are
-- recognised by are seen by nobody who has not asked for them, by what banks know a transfer only those who reconcile.
-- These are never refused: who may not sees a mask.
select act_ships('see.phone', 'see', 'see phone numbers in full', 'your role sees phone numbers masked',
                 'see_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');
select act_ships('see.email', 'see', 'see e-mail addresses in full', 'your role sees e-mail addresses masked',
                 'see_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');
select act_ships('see.address', 'see', 'see postal addresses in full', 'your role sees postal addresses masked',
                 'see_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');
select act_ships('see.ssn', 'see', 'see social security digits in full', 'your role sees these digits masked',
                 'see_role', '', 'supervisor agency_admin');
select act_ships('see.bank', 'see', 'see references of bank transfers in full',
                 'your role sees references of bank transfers masked',
                 'see_role', 'supervisor agency_admin', 'collector supervisor agency_admin readonly');

-- Having one of them shown for once, with a reason.
select act_ships('reveal.phone', 'reveal', 'have phone numbers shown', 'your role does not reveal phone numbers',
                 'reveal_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');
select act_ships('reveal.email', 'reveal', 'have e-mail addresses shown', 'your role does not reveal e-mail addresses',
                 'reveal_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');
select act_ships('reveal.address', 'reveal', 'have postal addresses shown',
                 'your role does not reveal postal addresses',
                 'reveal_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');
select act_ships('reveal.ssn', 'reveal', 'have social security digits shown',
                 'your role does not reveal social security digits',
                 'reveal_role', 'collector supervisor agency_admin');
select act_ships('reveal.bank', 'reveal', 'have references of bank transfers shown',
                 'your role does not reveal references of bank transfers',
                 'reveal_role', 'collector supervisor agency_admin', 'collector supervisor agency_admin readonly');

-- Working an account.
select act_ships(a.name, 'account', a.what, 'your role sees accounts but does not change them',
                 'account_write', 'collector supervisor agency_admin')
  from (values ('account.note', 'write notes, calls, follow-up dates and priorities'),
               ('account.contact', 'change how a debtor is reached'),
               ('account.status', 'change the status of an account and its flags'),
               ('promise.make', 'take promises and take them back'),
               ('plan.make', 'agree, change and end payment plans'),
               ('settlement.offer', 'offer a settlement, from the client''s floor on'),
               ('interest.pause', 'pause interest and let it run again'),
               ('method.remove', 'remove a saved payment method')) a(name, what);
select act_ships('settlement.below', 'account', 'offer less than the client''s floor',
                 'your role offers nothing below the client''s floor',
                 'settlement_floor', 'supervisor agency_admin', 'collector supervisor agency_admin', true);
select act_ships('account.assign', 'assign', 'assign accounts', 'your role does not assign accounts',
                 'account_assign', 'supervisor agency_admin');
select act_ships('team.manage', 'assign', 'make teams and limit their accounts', 'your role does not make teams',
                 'team_role', 'supervisor agency_admin');

-- Money.
select act_ships('payment.post', 'enter payment', 'enter payments', 'your role sees payments but does not post them',
                 'payment_post_role', 'collector supervisor agency_admin');
select act_ships('payment.spread', 'enter payment', 'enter one receipt over several debts',
                 'your role sees payments but does not post them',
                 'payment_spread_role', 'collector supervisor agency_admin');
select act_ships('payment.batch', 'enter payment', 'key batches of payments',
                 'your role sees batches but does not key them',
                 'payment_batch_role', 'collector supervisor agency_admin');
select act_ships('charge.make', 'enter payment', 'charge saved methods and send payment links',
                 'your role sees charges but makes none',
                 'charge_role', 'collector supervisor agency_admin worker');
select act_ships('payment.late', 'enter payment', 'post into a closed month',
                 'your role does not post into a closed month',
                 'period_closed', 'supervisor agency_admin worker', 'collector supervisor agency_admin worker');
select act_ships('adjustment.post', 'adjust', 'add fees and costs, write off, correct, each up to a limit',
                 'your role sees accounts but does not adjust them',
                 'adjustment_post_role', 'collector supervisor agency_admin', null, true);
select act_ships('adjustment.reverse', 'reverse', 'take an adjustment back',
                 'your role does not take adjustments back',
                 'adjustment_reverse_role', 'supervisor agency_admin', 'collector supervisor agency_admin', true);
select act_ships('payment.reverse', 'reverse', 'reverse a payment', 'your role does not reverse payments',
                 'payment_reverse_role', 'supervisor agency_admin', 'collector supervisor agency_admin', true);
select act_ships('refund.make', 'refund', 'give a card payment back', 'your role does not refund payments',
                 'refund_role', 'supervisor agency_admin', null, true);
select act_ships('payment_batch.oversee', 'approve', 'put somebody else''s batch right or end it',
                 'your role does not oversee batches', 'payment_batch_oversee', 'supervisor agency_admin');
select act_ships('charge.settle', 'approve', 'settle what the provider tells otherwise',
                 'the provider tells this charge otherwise', 'charge_mismatch', 'supervisor agency_admin');

-- Files of clients.
select act_ships('import.see', 'see', 'read the rows of clients'' files', 'your role does not read the rows of files',
                 'import_role', 'supervisor agency_admin');
select act_ships('import.work', 'import', 'stage files and correct their rows', 'your role does not import files',
                 'import_role', 'supervisor agency_admin');
select act_ships('import.fetch', 'import', 'fetch files from clients'' servers', 'your role does not fetch files',
                 'pull_role', 'supervisor agency_admin');
select act_ships('import.approve', 'approve', 'approve what somebody else has changed in a file',
                 'your role does not approve imports', 'import_approve_role', 'supervisor agency_admin');
select act_ships('import.release', 'release', 'release a file into the accounts', 'your role does not release imports',
                 'import_release_role', 'supervisor agency_admin', null, true);
select act_ships('import.undo', 'release', 'undo a released file', 'your role does not undo imports',
                 'import_undo_role', 'supervisor agency_admin', null, true);
select act_ships('import.raw', 'export', 'take a client''s file out as it was sent', 'your role does not import files',
                 'import_role', 'supervisor agency_admin');
select act_ships('webhook.reveal', 'reveal', 'read what a provider sent, payers'' names and all',
                 'only a supervisor may read what a provider sent', 'webhook_reveal', 'supervisor agency_admin');

-- The agency itself.
select act_ships('webhook.redrive', 'administer', 'have a webhook looked at again',
                 'only a supervisor may have a webhook looked at again',
                 'webhook_redrive', 'supervisor agency_admin');
select act_ships('clock.run', 'administer', 'do the worker''s rounds by hand',
                 'your role does not do the worker''s work', 'clockwork', 'supervisor agency_admin worker');
select act_ships('interest.accrue', 'administer', 'accrue interest by hand', 'your role does not accrue interest',
                 'interest_accrue_role', 'supervisor agency_admin worker');
select act_ships('seal.make', 'administer', 'seal the audit trail by hand',
                 'your role does not seal the trail of the agency',
                 'seal_role', 'supervisor agency_admin worker');
select act_ships('events.consume', 'administer', 'move a consumer of events on',
                 'your role does not consume the events of the agency',
                 'events_role', 'supervisor agency_admin worker');
select act_ships('period.close', 'administer', 'close a month', 'your role does not close months',
                 'period_close_role', 'supervisor agency_admin');
select act_ships('period.reopen', 'administer', 'open a closed month again',
                 'only an agency administrator opens a closed month again',
                 'period_reopen_role', 'agency_admin', 'supervisor agency_admin', true);
select act_ships('import.rules', 'administer', 'decide how imports are released',
                 'your role does not decide how imports are released', 'import_rules_role', 'agency_admin');
select act_ships('office.administer', 'administer', 'add and change people and clients',
                 'only an agency administrator does this', 'agency_admin', 'agency_admin');
select act_ships('session.see', 'administer', 'see who is signed in',
                 'your role sees its own sessions', 'session_see_role', 'supervisor agency_admin',
                 'supervisor agency_admin readonly');
select act_ships('session.end', 'administer', 'end somebody else''s session',
                 'your role ends its own sessions', 'session_end_role', 'supervisor agency_admin');
select act_ships('user.unlock', 'administer', 'let somebody in again after too many failed sign-ins',
                 'your role lets nobody in again', 'user_unlock_role', 'supervisor agency_admin');
select act_ships('limit.set', 'administer', 'set limits', 'only an agency administrator sets limits',
                 'adjustment_limit_role', 'agency_admin');
select act_ships('rights.set', 'administer', 'decide who may do what',
                 'only an agency administrator decides who may do what', 'rights_role', 'agency_admin');
