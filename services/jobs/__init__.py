"""The queue of background work, as people see it, and what its workers write down."""

from services.jobs.results import JOB_STATES, ChoreRun, Count, Job, Queue, WorkerSeen
from services.jobs.service import Jobs

__all__ = ["JOB_STATES", "ChoreRun", "Count", "Job", "Jobs", "Queue", "WorkerSeen"]
