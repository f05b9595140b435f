"""Files kept in pieces, and how and where in the file each row was read."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(FILES)
    op.execute(COMPRESSION)
    op.execute(ROWS)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# Whoever keeps a whole file in one value holds it in memory more than once. What came before stays where it is. A file
# in a bucket lies in pieces of 4 MiB below its key, which ends with its own hash; `pieces` are theirs.
FILES = """
alter table file
  alter column size drop expression,
  alter column size set not null,
  alter column bytes drop not null,
  add column place text not null default 'row'
    constraint file_place_known check (place in ('row', 'chunks', 'bucket')),
  add column bucket text constraint file_bucket_length check (length(bucket) between 1 and 255),
  add column key text,
  add column pieces bytea[],
  add constraint file_size_positive check (size >= 0),
  add constraint file_row_has_bytes check ((place = 'row') = (bytes is not null)),
  add constraint file_bucket_has_key check
    (num_nonnulls(bucket, key, pieces) = case when place = 'bucket' then 3 else 0 end),
  add constraint file_key_of_content check
    (length(key) between 64 and 1000 and right(key, 64) = encode(sha256, 'hex')),
  add constraint file_pieces_counted check
    (cardinality(pieces) = (size + 4194303) / 4194304 and array_position(pieces, null) is null);

create table file_chunk (
  file_id   bigint not null references file,
  seq       int not null constraint file_chunk_counts check (seq >= 0),
  agency_id int not null,
  bytes     bytea not null constraint file_chunk_size check (length(bytes) between 1 and 1048576),
  primary key (file_id, seq)
);
"""

# LZ4 takes a fraction of the time; a server built without it compresses as it does by itself.
COMPRESSION = """
do $$
begin
  alter table file_chunk alter column bytes set compression lz4;
exception when feature_not_supported then
  raise notice 'this server has no lz4: chunks are compressed with pglz';
end $$
"""

ROWS = """
alter table import_batch
  add column reading jsonb not null default '{}'
    constraint batch_reading_shape check (jsonb_typeof(reading) = 'object');
alter table import_row
  add column byte_at bigint,
  add column byte_count int,
  add constraint import_row_bytes_known check ((byte_at is null) = (byte_count is null)),
  add constraint import_row_bytes_positive check (byte_at >= 0 and byte_count >= 0);
alter table import_intake
  add column byte_at bigint,
  add column byte_count int;
"""
