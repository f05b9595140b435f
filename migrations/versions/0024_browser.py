"""What the audit browser needs: words of notes and reasons that are found, filters that people keep."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute(WORDS)
    op.execute(FILTERS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# The words stand in the row that is deleted when a value is forgotten, so they and their places in the index go with
# it. Among them are words that nobody can type, of the agency and the month, of the person, the act and the kind:
# searching a month of an agency reads no other's, and what two filters find is not looked for row by row. Of personal
# values only what people wrote is searched.
PUNCTUATION = r"""'!"#$%%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '"""
MONTH = "(extract(year from at at time zone 'UTC') * 12 + extract(month from at at time zone 'UTC'))::int::text"
WORDS_OF = f"""to_tsvector('simple', translate(normalize(%s, NFKC), {PUNCTUATION}))
             || array_to_tsvector(array['@' || agency_id::text || '.' || {MONTH}]%s)"""
# The trail's own indexes serve one filter each; these are for two of them and for what is rare, and hold nothing of
# what a payment writes: posting pays for none of them.
WORDS = f"""
alter table audit_personal add column agency_id int, add column at timestamptz, add column marks text[];
update audit_personal p
   set agency_id = a.agency_id, at = a.at,
       marks = array['@who:' || coalesce(a.user_id, 0), '@act:' || a.act, '@kind:' || a.entity]
  from audit_log a
 where a.id = p.audit_id;
alter table audit_personal add column words tsvector generated always as (
  case when marks is not null and split_part(path, '.', 2) in ('text', 'note', 'reason', 'title', 'totals accepted')
       then {WORDS_OF % ("value", " || marks")} end) stored;
create index audit_personal_words_idx on audit_personal using gin (words) where words is not null;
create index audit_personal_place_idx on audit_personal (agency_id, at, audit_id) where words is not null;

create index audit_log_agency_reason_idx on audit_log (agency_id, reason, at, id) where reason is not null;
create index audit_log_person_act_idx on audit_log (user_id, act, at, id) where act <> 'payment.post';
create index audit_log_kind_idx on audit_log (agency_id, entity, at, id) where entity <> 'account';
create index audit_seal_span_idx on audit_seal using gist (tstzrange(first_at, last_at, '[]'));

alter table activity add column words tsvector generated always as (
  case when text <> '' and kind not in ('import', 'assignment')
       then {WORDS_OF % ("text", "")} end) stored;
create index activity_words_idx on activity using gin (words) where words is not null;
create index activity_place_idx on activity (agency_id, at, id) where words is not null;
""".replace("%%", "%")  # noqa: S608 - words of ours alone

FILTERS = """
create table audit_filter (
  agency_id int not null references agency,
  user_id   int not null references users,
  name      text not null constraint audit_filter_name_length check (length(name) between 1 and 60),
  text      text not null constraint audit_filter_text_length check (length(text) <= 1000),
  saved_at  timestamptz not null,
  primary key (user_id, name)
);
"""
