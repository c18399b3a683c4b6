#include "drivers/ebs/cloud.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "drivers/ebs/ec2_error.h"

namespace rexray::drivers::ebs {
namespace {

template <typename T>
using ById = std::map<std::string, T>;

template <typename T>
using Describe = std::function<absl::StatusOr<std::vector<T>>(const Selection& selection, Deadline deadline)>;

bool IsUnknownId(const absl::Status& status) {
  const std::string code = Ec2CodeOf(status);
  return absl::IsNotFound(status) || code.find(".Malformed") != std::string::npos ||
         (code == "InvalidParameterValue" && !IdsNamedIn(MessageOf(status)).empty());
}

/// EC2 fails a whole Describe for one id that it does not know: those that it names are left out, and where
/// it names none the question is halved.
template <typename T>
absl::Status AskKnown(const Describe<T>& describe, std::string T::*id, std::vector<std::string> ids,
                      Deadline deadline, ById<T>& found) {
  while (!ids.empty()) {
    absl::StatusOr<std::vector<T>> answer = describe(Selection{ids, {}}, deadline);
    if (answer.ok()) {
      for (T& item : *answer) {
        std::string key = item.*id;
        found.insert_or_assign(std::move(key), std::move(item));
      }
      return absl::OkStatus();
    }
    if (!IsUnknownId(answer.status())) return answer.status();
    const std::vector<std::string> unknown = IdsNamedIn(MessageOf(answer.status()));
    const size_t removed = std::erase_if(ids, [&](const std::string& asked) {
      return std::find(unknown.begin(), unknown.end(), asked) != unknown.end();
    });
    if (removed > 0) continue;
    if (ids.size() == 1) return absl::OkStatus();
    const auto middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
    RETURN_IF_ERROR(AskKnown<T>(describe, id, {ids.begin(), middle}, deadline, found));
    ids.erase(ids.begin(), middle);
  }
  return absl::OkStatus();
}

/// In as many calls as it takes.
template <typename T>
std::function<absl::StatusOr<ById<T>>(const std::vector<std::string>&, Deadline)> AskById(
    Describe<T> describe, std::string T::*id) {
  return [describe = std::move(describe), id](const std::vector<std::string>& ids,
                                              Deadline deadline) -> absl::StatusOr<ById<T>> {
    ById<T> found;
    for (size_t at = 0; at < ids.size(); at += kMostIds) {
      const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(at);
      const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), at + kMostIds));
      RETURN_IF_ERROR(AskKnown<T>(describe, id, {begin, end}, deadline, found));
    }
    return found;
  };
}

template <typename T>
auto Bound(Ec2Client& client,
           absl::StatusOr<std::vector<T>> (Ec2Client::*describe)(const Selection&, Deadline)) {
  return [&client, describe](const Selection& selection, Deadline deadline) {
    return (client.*describe)(selection, deadline);
  };
}

absl::StatusOr<ById<std::vector<Ec2Volume>>> AskByName(Ec2Client& client,
                                                       const std::vector<std::string>& names,
                                                       Deadline deadline) {
  Selection selection;
  selection.filters.emplace_back("tag:Name", names);
  ASSIGN_OR_RETURN(std::vector<Ec2Volume> volumes, client.DescribeVolumes(selection, deadline));
  ById<std::vector<Ec2Volume>> found;
  for (Ec2Volume& volume : volumes) {
    const auto name = volume.tags.find("Name");
    if (name == volume.tags.end()) continue;
    const std::string key = name->second;
    found[key].push_back(std::move(volume));
  }
  return found;
}

/// A process has one, nearly always.
absl::StatusOr<ById<Ec2InstanceType>> AskForTypes(Ec2Client& client, const std::vector<std::string>& types,
                                                  Deadline deadline) {
  ById<Ec2InstanceType> found;
  for (const std::string& type : types) {
    const absl::StatusOr<Ec2InstanceType> described = client.DescribeInstanceType(type, deadline);
    if (described.ok()) found.emplace(type, *described);
    if (!described.ok() && !absl::IsNotFound(described.status())) return described.status();
  }
  return found;
}

}  // namespace

Cloud::Cloud(Clock& clock, std::shared_ptr<HttpTransport> transport,
             std::shared_ptr<CredentialChain> credentials, Options options)
    : clock_(clock),
      transport_(std::move(transport)),
      credentials_(std::move(credentials)),
      options_(std::move(options)),
      caller_(clock, *transport_, *credentials_, options_.caller),
      client_(caller_),
      volumes_(clock, "DescribeVolumes", {.most = kMostIds},
               AskById<Ec2Volume>(Bound(client_, &Ec2Client::DescribeVolumes), &Ec2Volume::id)),
      volumes_by_name_(clock, "DescribeVolumes (by name)", {.most = kMostFilterValues},
                       [this](const std::vector<std::string>& names, Deadline deadline) {
                         return AskByName(client_, names, deadline);
                       }),
      instances_(clock, "DescribeInstances", {.most = kMostIds},
                 AskById<Ec2Instance>(Bound(client_, &Ec2Client::DescribeInstances), &Ec2Instance::id)),
      snapshots_(clock, "DescribeSnapshots", {.most = kMostIds},
                 AskById<Ec2Snapshot>(Bound(client_, &Ec2Client::DescribeSnapshots), &Ec2Snapshot::id)),
      instance_types_(clock, "DescribeInstanceTypes", {},
                      [this](const std::vector<std::string>& types, Deadline deadline) {
                        return AskForTypes(client_, types, deadline);
                      }),
      volume_poll_(clock, options_.pace,
                   AskById<Ec2Volume>(Bound(client_, &Ec2Client::DescribeVolumes), &Ec2Volume::id)),
      snapshot_poll_(clock, options_.pace,
                     AskById<Ec2Snapshot>(Bound(client_, &Ec2Client::DescribeSnapshots), &Ec2Snapshot::id)),
      modification_poll_(clock, options_.pace,
                         AskById<Ec2Modification>(Bound(client_, &Ec2Client::DescribeModifications),
                                                  &Ec2Modification::volume)) {}

VolumeList& Cloud::ListOf(const Selection& selection) {
  std::string key;
  for (const auto& [name, values] : selection.filters) {
    key += name;
    for (const std::string& value : values) key += "\t" + value;
    key += "\n";
  }
  MutexLock lock(mutex_);
  std::unique_ptr<VolumeList>& list = lists_[key];
  if (list == nullptr) {
    list = std::make_unique<VolumeList>(clock_, options_.list_ages, [this, selection](Deadline deadline) {
      return client_.DescribeVolumes(selection, deadline);
    });
  }
  return *list;
}

void Cloud::Note(const Ec2Volume& volume) {
  MutexLock lock(mutex_);
  for (const auto& [key, list] : lists_) list->Note(volume);
}

void Cloud::NoteRemoved(const std::string& id) {
  MutexLock lock(mutex_);
  for (const auto& [key, list] : lists_) list->NoteRemoved(id);
}

absl::StatusOr<Ec2InstanceType> Cloud::InstanceType(const std::string& type, Deadline deadline) {
  {
    MutexLock lock(mutex_);
    if (const auto found = types_.find(type); found != types_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(const auto described, instance_types_.Get({type}, deadline));
  const auto found = described.find(type);
  if (found == described.end()) {
    return Error(absl::StatusCode::kNotFound, "EC2 knows no instance type \"{}\"", type);
  }
  MutexLock lock(mutex_);
  types_[type] = found->second;
  return found->second;
}

}  // namespace rexray::drivers::ebs
