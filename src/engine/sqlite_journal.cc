// The journal in SQLite. One connection, one lock, prepared statements: a row costs some 20 µs.

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "base/mutex.h"
#include "base/status.h"
#include "engine/journal.h"

namespace rexray::engine {
namespace {

constexpr int kSchemaVersion = 2;

constexpr char kSchema[] = R"(
CREATE TABLE stages (
  service TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, device TEXT NOT NULL, identity TEXT NOT NULL,
  device_number INTEGER NOT NULL, stage_path TEXT NOT NULL, user_path TEXT NOT NULL, state TEXT NOT NULL,
  fs_type TEXT NOT NULL, mount_options TEXT NOT NULL, attached_by_us INTEGER NOT NULL, keep_attached INTEGER NOT NULL,
  read_only INTEGER NOT NULL, since INTEGER NOT NULL, lost_because TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (service, id)) WITHOUT ROWID;
CREATE TABLE consumers (
  service TEXT NOT NULL, id TEXT NOT NULL, api INTEGER NOT NULL, consumer TEXT NOT NULL, counted INTEGER NOT NULL,
  count INTEGER NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (service, id, api, consumer)) WITHOUT ROWID;
CREATE TABLE intents (
  service TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, operation TEXT NOT NULL, step TEXT NOT NULL,
  arguments TEXT NOT NULL, started INTEGER NOT NULL, PRIMARY KEY (service, id)) WITHOUT ROWID;
)";

/// What makes schema N+1 of schema N, at place N: a daemon is replaced by a newer one while volumes are
/// mounted.
constexpr std::array<const char*, kSchemaVersion> kUpgrades = {
    kSchema,
    "ALTER TABLE stages ADD COLUMN lost_because TEXT NOT NULL DEFAULT ''",
};

enum StatementIndex {
  kPutStage,
  kDropStage,
  kDropConsumersOfStage,
  kStages,
  kPutConsumer,
  kDropConsumer,
  kConsumers,
  kPutIntent,
  kDropIntent,
  kIntents,
  kBegin,
  kCommit,
  kStatements
};

constexpr std::array<const char*, kStatements> kSql = {
    "INSERT OR REPLACE INTO stages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "DELETE FROM stages WHERE service=? AND id=?",
    "DELETE FROM consumers WHERE service=? AND id=?",
    "SELECT * FROM stages ORDER BY service, id",
    "INSERT OR REPLACE INTO consumers VALUES (?,?,?,?,?,?,?)",
    "DELETE FROM consumers WHERE service=? AND id=? AND api=? AND consumer=?",
    "SELECT * FROM consumers ORDER BY service, id, api, consumer",
    "INSERT OR REPLACE INTO intents VALUES (?,?,?,?,?,?,?)",
    "DELETE FROM intents WHERE service=? AND id=?",
    "SELECT * FROM intents ORDER BY service, id",
    "BEGIN IMMEDIATE",
    "COMMIT",
};

absl::StatusCode CodeOfSqlite(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kInternal;
  }
}

int64_t ToMicros(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

WallTime FromMicros(int64_t micros) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::microseconds(micros)));
}

/// One use of a prepared statement: bind in order, then step. Resets it when it goes.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& Text(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Use& Number(int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  int Step() {
    column_ = 0;
    return sqlite3_step(statement_);
  }
  std::string NextText() {
    const int column = column_++;
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? ""
                           : std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
  }
  int64_t NextNumber() { return sqlite3_column_int64(statement_, column_++); }

 private:
  sqlite3_stmt* const statement_;
  int bound_ = 0;
  int column_ = 0;
};

class SqliteJournal final : public Journal {
 public:
  explicit SqliteJournal(std::string path) : path_(std::move(path)) {}
  ~SqliteJournal() override {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  absl::Status Open() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // nobody else has it yet
  void set_remark(std::string remark) { remark_ = std::move(remark); }
  std::string Remark() const override { return remark_; }

  absl::Status PutStage(const StageRow& row) override {
    MutexLock lock(mutex_);
    return Change(Use(statements_[kPutStage])
                      .Text(row.key.service)
                      .Text(row.key.id)
                      .Text(row.name)
                      .Text(row.device)
                      .Text(row.identity)
                      .Number(static_cast<int64_t>(row.device_number))
                      .Text(row.stage_path)
                      .Text(row.user_path)
                      .Text(row.state)
                      .Text(row.fs_type)
                      .Text(absl::StrJoin(row.mount_options, ","))
                      .Number(row.attached_by_us)
                      .Number(row.keep_attached)
                      .Number(row.read_only)
                      .Number(ToMicros(row.since))
                      .Text(row.lost_because));
  }

  absl::Status DropStage(const VolumeKey& key) override {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Change(Use(statements_[kBegin])));
    absl::Status status = Change(Use(statements_[kDropStage]).Text(key.service).Text(key.id));
    if (status.ok()) status = Change(Use(statements_[kDropConsumersOfStage]).Text(key.service).Text(key.id));
    if (status.ok()) status = Change(Use(statements_[kCommit]));
    if (!status.ok()) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    return status;
  }

  absl::StatusOr<std::vector<StageRow>> Stages() override {
    MutexLock lock(mutex_);
    std::vector<StageRow> rows;
    RETURN_IF_ERROR(Read(kStages, [&rows](Use& use) {
      StageRow row;
      row.key = {use.NextText(), ""};
      row.key.id = use.NextText();
      row.name = use.NextText();
      row.device = use.NextText();
      row.identity = use.NextText();
      row.device_number = static_cast<uint64_t>(use.NextNumber());
      row.stage_path = use.NextText();
      row.user_path = use.NextText();
      row.state = use.NextText();
      row.fs_type = use.NextText();
      if (const std::string options = use.NextText(); !options.empty()) {
        row.mount_options = absl::StrSplit(options, ',');
      }
      row.attached_by_us = use.NextNumber() != 0;
      row.keep_attached = use.NextNumber() != 0;
      row.read_only = use.NextNumber() != 0;
      row.since = FromMicros(use.NextNumber());
      row.lost_because = use.NextText();
      rows.push_back(std::move(row));
    }));
    return rows;
  }

  absl::Status PutConsumer(const ConsumerRow& row) override {
    MutexLock lock(mutex_);
    return Change(Use(statements_[kPutConsumer])
                      .Text(row.key.service)
                      .Text(row.key.id)
                      .Number(static_cast<int>(row.consumer.api))
                      .Text(row.consumer.id)
                      .Number(row.consumer.counted)
                      .Number(row.count)
                      .Number(ToMicros(row.since)));
  }

  absl::Status DropConsumer(const VolumeKey& key, const Consumer& consumer) override {
    MutexLock lock(mutex_);
    return Change(Use(statements_[kDropConsumer])
                      .Text(key.service)
                      .Text(key.id)
                      .Number(static_cast<int>(consumer.api))
                      .Text(consumer.id));
  }

  absl::StatusOr<std::vector<ConsumerRow>> Consumers() override {
    MutexLock lock(mutex_);
    std::vector<ConsumerRow> rows;
    RETURN_IF_ERROR(Read(kConsumers, [&rows](Use& use) {
      ConsumerRow row;
      row.key.service = use.NextText();
      row.key.id = use.NextText();
      row.consumer.api = static_cast<Consumer::Api>(use.NextNumber());
      row.consumer.id = use.NextText();
      row.consumer.counted = use.NextNumber() != 0;
      row.count = static_cast<int>(use.NextNumber());
      row.since = FromMicros(use.NextNumber());
      rows.push_back(std::move(row));
    }));
    return rows;
  }

  absl::Status PutIntent(const IntentRow& row) override {
    MutexLock lock(mutex_);
    return Change(Use(statements_[kPutIntent])
                      .Text(row.key.service)
                      .Text(row.key.id)
                      .Text(row.name)
                      .Text(row.operation)
                      .Text(row.step)
                      .Text(row.arguments)
                      .Number(ToMicros(row.started)));
  }

  absl::Status DropIntent(const VolumeKey& key) override {
    MutexLock lock(mutex_);
    return Change(Use(statements_[kDropIntent]).Text(key.service).Text(key.id));
  }

  absl::StatusOr<std::vector<IntentRow>> Intents() override {
    MutexLock lock(mutex_);
    std::vector<IntentRow> rows;
    RETURN_IF_ERROR(Read(kIntents, [&rows](Use& use) {
      IntentRow row;
      row.key.service = use.NextText();
      row.key.id = use.NextText();
      row.name = use.NextText();
      row.operation = use.NextText();
      row.step = use.NextText();
      row.arguments = use.NextText();
      row.started = FromMicros(use.NextNumber());
      rows.push_back(std::move(row));
    }));
    return rows;
  }

 private:
  absl::Status Failed(int result, const char* what) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return Error(CodeOfSqlite(result), "the journal {} cannot be {}: {}; {}", path_, what,
                 sqlite3_errmsg(database_),
                 CodeOfSqlite(result) == absl::StatusCode::kResourceExhausted
                     ? "make room in the run directory and repeat the call"
                     : "look at the run directory");
  }

  template <typename Bound>
  absl::Status Change(Bound&& use) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int result = use.Step();
    return result == SQLITE_DONE ? absl::OkStatus() : Failed(result, "written");
  }

  template <typename Row>
  absl::Status Read(StatementIndex statement, Row row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Use use(statements_[statement]);
    int result = SQLITE_OK;
    while ((result = use.Step()) == SQLITE_ROW) row(use);
    return result == SQLITE_DONE ? absl::OkStatus() : Failed(result, "read");
  }

  absl::Status Execute(const char* sql) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int result = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
    return result == SQLITE_OK ? absl::OkStatus() : Failed(result, "opened");
  }

  absl::StatusOr<int> Version() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  std::string remark_;
  Mutex mutex_;
  sqlite3* database_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::array<sqlite3_stmt*, kStatements> statements_ ABSL_GUARDED_BY(mutex_) = {};
};

absl::StatusOr<int> SqliteJournal::Version() {
  sqlite3_stmt* statement = nullptr;
  int result = sqlite3_prepare_v2(database_, "PRAGMA user_version", -1, &statement, nullptr);
  if (result == SQLITE_OK) result = sqlite3_step(statement);
  const int version = result == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
  sqlite3_finalize(statement);
  if (result != SQLITE_ROW) return Failed(result, "read");
  return version;
}

absl::Status SqliteJournal::Open() {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (const int result = sqlite3_open_v2(path_.c_str(), &database_, flags, nullptr); result != SQLITE_OK) {
    return Failed(result, "opened");
  }
  sqlite3_busy_timeout(database_, 2000);
  // EXCLUSIVE: one daemon has it, and the WAL needs no shared memory file.
  RETURN_IF_ERROR(Execute("PRAGMA locking_mode=EXCLUSIVE"));
  RETURN_IF_ERROR(Execute("PRAGMA synchronous=OFF"));  // first: what follows would wait for the disk
  RETURN_IF_ERROR(Execute("PRAGMA journal_mode=WAL"));
  ASSIGN_OR_RETURN(const int version, Version());
  if (version > kSchemaVersion) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "the journal {} has schema version {}, and this program knows {}: start the newer rexray, "
                 "or unmount all "
                 "volumes and remove the file",
                 path_, version, kSchemaVersion);
  }
  if (version < kSchemaVersion) {
    RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
    // Version 0 is an empty file: the newest schema, in one step.
    const size_t last = version == 0 ? 1 : kUpgrades.size();
    for (auto i = static_cast<size_t>(version); i < last; ++i) RETURN_IF_ERROR(Execute(kUpgrades[i]));
    RETURN_IF_ERROR(Execute(fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str()));
    RETURN_IF_ERROR(Execute("COMMIT"));
  }
  for (int i = 0; i < kStatements; ++i) {
    const int result =
        sqlite3_prepare_v3(database_, kSql[static_cast<size_t>(i)], -1, SQLITE_PREPARE_PERSISTENT,
                           &statements_[static_cast<size_t>(i)], nullptr);
    if (result != SQLITE_OK) {
      // A table that is not as it must be: as good as unreadable.
      return Error(absl::StatusCode::kDataLoss, "the journal {} has other tables than it should: {}", path_,
                   sqlite3_errmsg(database_));
    }
  }
  // A page that is damaged further back must show now, not in the middle of an unmount.
  RETURN_IF_ERROR(Stages().status());
  RETURN_IF_ERROR(Consumers().status());
  return Intents().status();
}

/// Journals of other boots say nothing about this one.
void RemoveOthers(const std::filesystem::path& directory, const std::string& keep) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with("journal-") || file.find(".db") == std::string::npos || file.starts_with(keep))
      continue;
    std::error_code ignored;  // it is only tidiness
    std::filesystem::remove(entry.path(), ignored);
  }
}

absl::StatusOr<std::string> MoveAside(const std::string& path) {
  std::string aside = path + ".unreadable";
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    std::filesystem::rename(path + suffix, aside + suffix, error);
    if (error && error != std::errc::no_such_file_or_directory) {
      return ErrnoError(error.value(), "cannot move " + path + suffix + " aside");
    }
  }
  return aside;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> OpenJournal(const std::string& run_directory,
                                                     const std::string& boot_id) {
  const std::string file = "journal-" + boot_id + ".db";
  const std::string path = run_directory + "/" + file;
  RemoveOthers(run_directory, file);
  auto journal = std::make_unique<SqliteJournal>(path);
  const absl::Status opened = journal->Open();
  if (opened.ok()) return std::unique_ptr<Journal>(std::move(journal));
  if (opened.code() != absl::StatusCode::kDataLoss) return opened;

  journal.reset();
  ASSIGN_OR_RETURN(const std::string aside, MoveAside(path));
  auto fresh = std::make_unique<SqliteJournal>(path);
  RETURN_IF_ERROR(fresh->Open());
  fresh->set_remark(
      fmt::format("{}; it was moved to {} and a new one begun, mounts are taken up from mountinfo",
                  MessageOf(opened), aside));
  return std::unique_ptr<Journal>(std::move(fresh));
}

absl::StatusOr<std::string> ReadBootId() {
  constexpr char kPath[] = "/proc/sys/kernel/random/boot_id";
  std::ifstream file(kPath);
  std::string id;
  if (!(file >> id) || id.empty()) {
    return Error(absl::StatusCode::kInternal, "cannot read {}: is /proc mounted?", kPath);
  }
  return id;
}

}  // namespace rexray::engine
