"""The demo: a made-up agency, the same on every machine, made through the services by the people in it.

cast       its agencies, people and clients
names      names, phones and addresses that belong to nobody
files      placement files: those that the accounts come from, and three to try the import with
history    twelve months of work
morning    the day it is opened on
load       all of it in order, once
"""

from debtflow_tui.demo.load import Made, prepare

__all__ = ["Made", "prepare"]
