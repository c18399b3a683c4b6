#include "drivers/ebs/ec2_client.h"

#include "base/backoff.h"
#include "base/status.h"
#include "drivers/ebs/ec2_answers.h"
#include "drivers/ebs/ec2_error.h"

namespace rexray::drivers::ebs {
namespace {

constexpr uint64_t kPageSize = 1000;  ///< EC2's most
/// A service that repeats its pages for ever is broken.
constexpr int kMostPages = 10'000;

/// Annotates with the action: the readers do not know it.
template <typename T>
absl::StatusOr<T> Named(const std::string& action, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return Annotate(result.status(), action);
}

template <typename T>
absl::StatusOr<std::vector<T>> Walk(Ec2Caller& caller, const Query& query, bool paged,
                                    absl::StatusOr<Page<T>> (*read)(const std::string&), Deadline deadline) {
  std::vector<T> all;
  std::string token;
  for (int page_number = 0; page_number < kMostPages; ++page_number) {
    Query page_query = query;
    if (paged) page_query.AddNumber("MaxResults", kPageSize);
    if (!token.empty()) page_query.Add("NextToken", token);
    ASSIGN_OR_RETURN(const std::string body, caller.Call(page_query, deadline));
    ASSIGN_OR_RETURN(Page<T> page, Named(query.action(), read(body)));
    if (all.empty()) {
      all = std::move(page.items);
    } else {
      for (T& item : page.items) all.push_back(std::move(item));
    }
    if (page.next_token.empty()) return all;
    token = std::move(page.next_token);
  }
  return Error(absl::StatusCode::kInternal, "{}: more than {} pages", query.action(), kMostPages);
}

/// MaxResults together with ids is refused by EC2.
Query DescribeQuery(const std::string& action, const std::string& id_name, const Selection& selection) {
  Query query(action);
  query.AddList(id_name, selection.ids);
  for (const auto& [name, values] : selection.filters) query.AddFilter(name, values);
  return query;
}

}  // namespace

absl::StatusOr<std::vector<Ec2Volume>> Ec2Client::DescribeVolumes(const Selection& selection,
                                                                  Deadline deadline) {
  return Walk<Ec2Volume>(caller_, DescribeQuery("DescribeVolumes", "VolumeId", selection),
                         selection.ids.empty(), &ReadVolumes, deadline);
}

absl::StatusOr<std::vector<Ec2Snapshot>> Ec2Client::DescribeSnapshots(const Selection& selection,
                                                                      Deadline deadline) {
  Query query = DescribeQuery("DescribeSnapshots", "SnapshotId", selection);
  if (selection.ids.empty()) query.AddList("Owner", {"self"});
  return Walk<Ec2Snapshot>(caller_, query, selection.ids.empty(), &ReadSnapshots, deadline);
}

absl::StatusOr<std::vector<Ec2Instance>> Ec2Client::DescribeInstances(const Selection& selection,
                                                                      Deadline deadline) {
  return Walk<Ec2Instance>(caller_, DescribeQuery("DescribeInstances", "InstanceId", selection),
                           selection.ids.empty(), &ReadInstances, deadline);
}

absl::StatusOr<std::vector<Ec2Modification>> Ec2Client::DescribeModifications(const Selection& selection,
                                                                              Deadline deadline) {
  return Walk<Ec2Modification>(caller_, DescribeQuery("DescribeVolumesModifications", "VolumeId", selection),
                               selection.ids.empty(), &ReadModifications, deadline);
}

absl::StatusOr<Ec2InstanceType> Ec2Client::DescribeInstanceType(const std::string& type, Deadline deadline) {
  Query query("DescribeInstanceTypes");
  query.AddList("InstanceType", {type});
  ASSIGN_OR_RETURN(const std::vector<Ec2InstanceType> types,
                   Walk<Ec2InstanceType>(caller_, query, false, &ReadInstanceTypes, deadline));
  if (types.empty()) return Error(absl::StatusCode::kNotFound, "EC2 knows no instance type \"{}\"", type);
  return types.front();
}

absl::StatusOr<Ec2Volume> Ec2Client::CreateVolume(const NewVolume& volume, Deadline deadline) {
  Query query("CreateVolume");
  query.Add("AvailabilityZone", volume.zone);
  if (volume.size_gib > 0) query.AddNumber("Size", volume.size_gib);
  if (!volume.type.empty()) query.Add("VolumeType", volume.type);
  if (volume.iops) query.AddNumber("Iops", *volume.iops);
  if (volume.throughput) query.AddNumber("Throughput", *volume.throughput);
  if (volume.encrypted) query.AddFlag("Encrypted", *volume.encrypted);
  if (!volume.kms_key.empty()) query.Add("KmsKeyId", volume.kms_key);
  if (!volume.snapshot.empty()) query.Add("SnapshotId", volume.snapshot);
  if (!volume.client_token.empty()) query.Add("ClientToken", volume.client_token);
  query.AddTagSpecification("volume", volume.tags);
  ASSIGN_OR_RETURN(const std::string body, caller_.Call(query, deadline));
  return Named(query.action(), ReadCreatedVolume(body));
}

absl::Status Ec2Client::DeleteVolume(const std::string& id, Deadline deadline) {
  return caller_.Call(Query("DeleteVolume").Add("VolumeId", id), deadline).status();
}

absl::StatusOr<Ec2Attachment> Ec2Client::AttachVolume(const std::string& volume, const std::string& instance,
                                                      const std::string& device, Deadline deadline) {
  Query query("AttachVolume");
  query.Add("VolumeId", volume).Add("InstanceId", instance).Add("Device", device);
  ASSIGN_OR_RETURN(const std::string body, caller_.Call(query, deadline));
  return Named(query.action(), ReadAttachment(body));
}

absl::StatusOr<Ec2Attachment> Ec2Client::DetachVolume(const std::string& volume, const std::string& instance,
                                                      bool force, Deadline deadline) {
  Query query("DetachVolume");
  query.Add("VolumeId", volume).Add("InstanceId", instance);
  if (force) query.AddFlag("Force", true);
  ASSIGN_OR_RETURN(const std::string body, caller_.Call(query, deadline));
  return Named(query.action(), ReadAttachment(body));
}

absl::StatusOr<Ec2Modification> Ec2Client::ModifyVolume(const std::string& id, const VolumeChange& change,
                                                        Deadline deadline) {
  Query query("ModifyVolume");
  query.Add("VolumeId", id);
  if (change.size_gib) query.AddNumber("Size", *change.size_gib);
  if (change.type) query.Add("VolumeType", *change.type);
  if (change.iops) query.AddNumber("Iops", *change.iops);
  if (change.throughput) query.AddNumber("Throughput", *change.throughput);
  ASSIGN_OR_RETURN(const std::string body, caller_.Call(query, deadline));
  return Named(query.action(), ReadModification(body));
}

absl::StatusOr<Ec2Snapshot> Ec2Client::CreateSnapshot(const std::string& volume,
                                                      const std::string& description, const Ec2Tags& tags,
                                                      Deadline deadline) {
  Query query("CreateSnapshot");
  query.Add("VolumeId", volume);
  if (!description.empty()) query.Add("Description", description);
  query.AddTagSpecification("snapshot", tags);
  ASSIGN_OR_RETURN(const std::string body, caller_.Call(query, deadline, WhenUnsure::kReturn));
  return Named(query.action(), ReadCreatedSnapshot(body));
}

absl::Status Ec2Client::DeleteSnapshot(const std::string& id, Deadline deadline) {
  return caller_.Call(Query("DeleteSnapshot").Add("SnapshotId", id), deadline).status();
}

absl::Status Ec2Client::CreateTags(const std::string& resource, const Ec2Tags& tags, Deadline deadline) {
  Query query("CreateTags");
  query.AddList("ResourceId", {resource}).AddTags(tags);
  return caller_.Call(query, deadline).status();
}

absl::Status Ec2Client::DeleteTags(const std::string& resource, const std::vector<std::string>& keys,
                                   Deadline deadline) {
  Query query("DeleteTags");
  query.AddList("ResourceId", {resource});
  int number = 0;
  for (const std::string& key : keys) query.Add(fmt::format("Tag.{}.Key", ++number), key);
  return caller_.Call(query, deadline).status();
}

absl::Status Ec2Client::DryRun(Query query, Deadline deadline) {
  query.AddFlag("DryRun", true);
  const absl::Status status = caller_.Call(query, deadline).status();
  return Ec2CodeOf(status) == "DryRunOperation" ? absl::OkStatus() : status;
}

}  // namespace rexray::drivers::ebs
