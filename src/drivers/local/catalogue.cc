#include "drivers/local/catalogue.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>

#include "base/status.h"
#include "drivers/local/image_store.h"

namespace rexray::drivers::local {
namespace {

constexpr int64_t kApplicationId = 0x52455852;  // "REXR"

constexpr char kSchema1[] = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE volumes (
  id      TEXT PRIMARY KEY NOT NULL,
  name    TEXT NOT NULL UNIQUE,
  size    INTEGER NOT NULL,            -- bytes
  blank   INTEGER NOT NULL,            -- 1: has had no file system yet
  created INTEGER NOT NULL,            -- microseconds since 1970
  details TEXT NOT NULL                -- JSON; see record.h
) STRICT;
PRAGMA application_id = 1380276306;
PRAGMA user_version = 1;
COMMIT;
)sql";
constexpr char kSchema2[] = R"sql(
BEGIN IMMEDIATE;
ALTER TABLE volumes ADD COLUMN new_uuid INTEGER NOT NULL DEFAULT 0;  -- 1: a copy; its file system needs one
CREATE TABLE snapshots (
  id       TEXT PRIMARY KEY NOT NULL,
  name     TEXT NOT NULL,
  size     INTEGER NOT NULL,
  blank    INTEGER NOT NULL,
  created  INTEGER NOT NULL,
  details  TEXT NOT NULL,
  new_uuid INTEGER NOT NULL DEFAULT 0
) STRICT;
PRAGMA user_version = 2;
COMMIT;
)sql";
static_assert(kApplicationId == 1380276306 && Catalogue::kSchemaVersion == 2);

std::string TableOf(const std::string& id) {
  return IsSnapshotId(id) ? "snapshots" : "volumes";
}

/// One prepared statement. Finalized at the end of its scope.
class Statement {
 public:
  Statement(sqlite3* db, const std::string& sql) {
    code_ = sqlite3_prepare_v2(db, sql.c_str(), static_cast<int>(sql.size()), &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  int code() const { return code_; }

  void Bind(int column, const std::string& text) {
    sqlite3_bind_text64(statement_, column, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  void Bind(int column, int64_t number) { sqlite3_bind_int64(statement_, column, number); }

  int Step() { return code_ == SQLITE_OK ? sqlite3_step(statement_) : code_; }

  std::string Text(int column) {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    const int bytes = sqlite3_column_bytes(statement_, column);
    return text == nullptr ? std::string()
                           : std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(bytes));
  }
  int64_t Number(int column) { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
};

absl::StatusCode CodeOfSqlite(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kFailedPrecondition;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CONSTRAINT:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kInternal;
  }
}

const char* AdviceFor(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "; free some space on that file system";
    case SQLITE_READONLY:
      return "; mount that file system read-write";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "; check that this user may write there";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another program (sqlite3?) has it locked: end it";
    case SQLITE_IOERR:
      return "; look for disk errors in the kernel's log (dmesg)";
    default:
      return "";
  }
}

}  // namespace

absl::Status Catalogue::Failure(int code, const std::string& what) {
  const int extended = db_ == nullptr ? code : sqlite3_extended_errcode(db_);
  const char* words = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
  return Error(CodeOfSqlite(code), "catalogue {}: {}: {} (SQLite {}){}", path_, what, words, extended,
               AdviceFor(code));
}

absl::StatusOr<std::unique_ptr<Catalogue>> Catalogue::Open(const std::string& path) {
  std::unique_ptr<Catalogue> catalogue(new Catalogue(path));
  MutexLock lock(catalogue->mutex_);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(path.c_str(), &catalogue->db_, flags, nullptr);
  if (code != SQLITE_OK) return catalogue->Failure(code, "open");
  sqlite3_extended_result_codes(catalogue->db_, 1);
  sqlite3_busy_timeout(catalogue->db_, 5000);  // a person reading along
  RETURN_IF_ERROR(catalogue->Prepare());
  return catalogue;
}

Catalogue::~Catalogue() {
  MutexLock lock(mutex_);
  sqlite3_close_v2(db_);  // checkpoints, and removes the -wal file
}

absl::Status Catalogue::Execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return absl::OkStatus();
  absl::Status failure = Failure(code, sql.substr(0, sql.find('\n')));
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  return failure;
}

absl::StatusOr<int64_t> Catalogue::ReadNumber(const std::string& sql) {
  Statement statement(db_, sql);
  const int code = statement.Step();
  if (code != SQLITE_ROW) return Failure(code, sql);
  return statement.Number(0);
}

/// Before anything is written: is this file ours to write to?
absl::Status Catalogue::CheckOwner() {
  ASSIGN_OR_RETURN(const int64_t tables, ReadNumber("SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t owner, ReadNumber("PRAGMA application_id"));
  if (owner != kApplicationId) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "catalogue {} is a database of another program; move it away or choose another data directory",
        path_);
  }
  ASSIGN_OR_RETURN(const int64_t version, ReadNumber("PRAGMA user_version"));
  if (version > kSchemaVersion) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "catalogue {} was written by a newer rexray (schema {}, this one knows {}); install that version "
        "again, or choose another data directory",
        path_, version, kSchemaVersion);
  }
  Statement check(db_, "PRAGMA quick_check(1)");
  const int code = check.Step();
  if (code != SQLITE_ROW) return Failure(code, "quick_check");
  if (const std::string verdict = check.Text(0); verdict != "ok") {
    return Error(absl::StatusCode::kDataLoss, "catalogue {} is damaged: {}", path_, verdict);
  }
  return absl::OkStatus();
}

absl::Status Catalogue::Prepare() {
  RETURN_IF_ERROR(CheckOwner());
  RETURN_IF_ERROR(Execute("PRAGMA journal_mode = WAL"));
  RETURN_IF_ERROR(Execute("PRAGMA synchronous = FULL"));
  ASSIGN_OR_RETURN(const int64_t version, ReadNumber("PRAGMA user_version"));
  if (version < 1) RETURN_IF_ERROR(Execute(kSchema1));
  if (version < 2) RETURN_IF_ERROR(Execute(kSchema2));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<VolumeRecord>> Catalogue::ReadAll() {
  return ReadTable("volumes");
}

absl::StatusOr<std::vector<VolumeRecord>> Catalogue::ReadSnapshots() {
  return ReadTable("snapshots");
}

absl::StatusOr<std::vector<VolumeRecord>> Catalogue::ReadTable(const std::string& table) {
  MutexLock lock(mutex_);
  Statement rows(db_,
                 "SELECT id, name, size, blank, created, details, new_uuid FROM " + table + " ORDER BY name");
  std::vector<VolumeRecord> records;
  int code = rows.Step();
  for (; code == SQLITE_ROW; code = rows.Step()) {
    VolumeRecord record;
    record.id = rows.Text(0);
    record.name = rows.Text(1);
    record.size = static_cast<uint64_t>(rows.Number(2));
    record.blank = rows.Number(3) != 0;
    record.created = FromMicroseconds(rows.Number(4));
    RETURN_IF_ERROR(DecodeDetails(rows.Text(5), record));
    record.needs_new_uuid = rows.Number(6) != 0;
    records.push_back(std::move(record));
  }
  if (code != SQLITE_DONE) return Failure(code, "read " + table);
  return records;
}

absl::Status Catalogue::InsertOne(const VolumeRecord& record) {
  Statement insert(db_,
                   "INSERT INTO " + TableOf(record.id) +
                       " (id, name, size, blank, created, details, new_uuid) VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.Bind(1, record.id);
  insert.Bind(2, record.name);
  insert.Bind(3, static_cast<int64_t>(record.size));
  insert.Bind(4, int64_t{record.blank});
  insert.Bind(5, ToMicroseconds(record.created));
  insert.Bind(6, EncodeDetails(record));
  insert.Bind(7, int64_t{record.needs_new_uuid});
  const int code = insert.Step();
  if (code != SQLITE_DONE) return Failure(code, "insert \"" + record.name + "\" (" + record.id + ")");
  return absl::OkStatus();
}

absl::Status Catalogue::Insert(const VolumeRecord& record) {
  MutexLock lock(mutex_);
  return InsertOne(record);
}

absl::Status Catalogue::InsertAll(const std::vector<VolumeRecord>& records) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  for (const VolumeRecord& record : records) {
    if (absl::Status status = InsertOne(record); !status.ok()) {
      (void)Execute("ROLLBACK");
      return status;
    }
  }
  return Execute("COMMIT");
}

absl::Status Catalogue::Change(const std::string& sql, const std::string& id, const std::string& what) {
  MutexLock lock(mutex_);
  Statement statement(db_, sql);
  statement.Bind(1, id);
  const int code = statement.Step();
  return code == SQLITE_DONE ? absl::OkStatus() : Failure(code, what + " " + id);
}

absl::Status Catalogue::Erase(const std::string& id) {
  return Change("DELETE FROM " + TableOf(id) + " WHERE id = ?", id, "remove");
}

absl::Status Catalogue::SetSize(const std::string& id, uint64_t size) {
  MutexLock lock(mutex_);
  Statement update(db_, "UPDATE volumes SET size = ? WHERE id = ?");
  update.Bind(1, static_cast<int64_t>(size));
  update.Bind(2, id);
  const int code = update.Step();
  return code == SQLITE_DONE ? absl::OkStatus() : Failure(code, "note the size of volume " + id);
}

absl::Status Catalogue::ClearBlank(const std::string& id) {
  return Change("UPDATE volumes SET blank = 0 WHERE id = ?", id, "clear the blank mark of volume");
}

absl::Status Catalogue::ClearUuidMark(const std::string& id) {
  return Change("UPDATE volumes SET new_uuid = 0 WHERE id = ?", id, "clear the UUID mark of volume");
}

absl::StatusOr<std::string> SetAsideDamaged(const std::string& path, WallTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::string aside = fmt::format("{}.corrupt-{}", path, seconds);
  for (int n = 2; access(aside.c_str(), F_OK) == 0; ++n)
    aside = fmt::format("{}.corrupt-{}-{}", path, seconds, n);
  for (const char* suffix : {"-wal", "-shm", ""}) {  // the database itself last: a crash between repeats this
    if (std::rename((path + suffix).c_str(), (aside + suffix).c_str()) != 0 && errno != ENOENT) {
      return ErrnoError(errno,
                        "cannot move the damaged catalogue " + path + suffix + " to " + aside + suffix);
    }
  }
  return aside;
}

}  // namespace rexray::drivers::local
