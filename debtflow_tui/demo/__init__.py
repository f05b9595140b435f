"""The demo: a made-up agency, the same on every machine, made through the services by the people in it.

cast       its agencies, people and clients
names      names, phones and addresses that belong to nobody
files      placement files: those that the accounts come from, and three to try the import with
clock      a load that begins four weeks ago
agreed     promises, plans and offers, and what was paid of them
history    twelve months of work
morning    the day it is opened on
till       batches, one receipt for several debts, adjustments, closed months
cards      card payments and bank debits at the stand-in, and what it tells by webhook
crew       the worker and the door for webhooks that run beside it
load       all of it in order, once
"""

from debtflow_tui.demo.load import Made, prepare

__all__ = ["Made", "prepare"]
