#include "drivers/ebs/ec2_answers.h"

#include <pugixml.hpp>

#include "base/status.h"
#include "drivers/ebs/http_date.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

using Node = pugi::xml_node;

std::string Text(const Node& node, const char* name) {
  return node.child(name).text().get();
}

bool Flag(const Node& node, const char* name) {
  return Text(node, name) == "true";
}

std::optional<uint64_t> Number(const Node& node, const char* name) {
  const Node child = node.child(name);
  if (!child || child.text().empty()) return std::nullopt;
  return child.text().as_ullong();
}

std::optional<WallTime> Time(const Node& node, const char* name) {
  return ParseIso8601(Text(node, name));
}

/// "35%", or "" before it has begun.
int Percent(const Node& node, const char* name) {
  return node.child(name).text().as_int();
}

Ec2Tags TagsOf(const Node& node) {
  Ec2Tags tags;
  for (const Node& item : node.child("tagSet").children("item"))
    tags[Text(item, "key")] = Text(item, "value");
  return tags;
}

Ec2Attachment AttachmentOf(const Node& node) {
  Ec2Attachment attachment;
  attachment.volume = Text(node, "volumeId");
  attachment.instance = Text(node, "instanceId");
  attachment.device = Text(node, "device");
  attachment.state = Text(node, "status");
  attachment.since = Time(node, "attachTime");
  return attachment;
}

Ec2Volume VolumeOf(const Node& node) {
  Ec2Volume volume;
  volume.id = Text(node, "volumeId");
  volume.state = Text(node, "status");
  volume.size_gib = Number(node, "size").value_or(0);
  volume.type = Text(node, "volumeType");
  volume.iops = Number(node, "iops");
  volume.throughput = Number(node, "throughput");
  volume.zone = Text(node, "availabilityZone");
  volume.encrypted = Flag(node, "encrypted");
  volume.kms_key = Text(node, "kmsKeyId");
  volume.snapshot = Text(node, "snapshotId");
  volume.multi_attach = Flag(node, "multiAttachEnabled");
  volume.created = Time(node, "createTime");
  volume.tags = TagsOf(node);
  for (const Node& item : node.child("attachmentSet").children("item")) {
    volume.attachments.push_back(AttachmentOf(item));
  }
  return volume;
}

Ec2Snapshot SnapshotOf(const Node& node) {
  Ec2Snapshot snapshot;
  snapshot.id = Text(node, "snapshotId");
  snapshot.volume = Text(node, "volumeId");
  snapshot.state = Text(node, "status");
  snapshot.state_message = Text(node, "statusMessage");
  snapshot.progress = Percent(node, "progress");
  snapshot.size_gib = Number(node, "volumeSize").value_or(0);
  snapshot.owner = Text(node, "ownerId");
  snapshot.description = Text(node, "description");
  snapshot.started = Time(node, "startTime");
  snapshot.encrypted = Flag(node, "encrypted");
  snapshot.tags = TagsOf(node);
  return snapshot;
}

Ec2Modification ModificationOf(const Node& node) {
  Ec2Modification modification;
  modification.volume = Text(node, "volumeId");
  modification.state = Text(node, "modificationState");
  modification.message = Text(node, "statusMessage");
  modification.progress = Percent(node, "progress");
  modification.target_size_gib = Number(node, "targetSize").value_or(0);
  modification.target_type = Text(node, "targetVolumeType");
  modification.target_iops = Number(node, "targetIops");
  modification.target_throughput = Number(node, "targetThroughput");
  modification.started = Time(node, "startTime");
  modification.ended = Time(node, "endTime");
  return modification;
}

Ec2Instance InstanceOf(const Node& node) {
  Ec2Instance instance;
  instance.id = Text(node, "instanceId");
  instance.state = Text(node.child("instanceState"), "name");
  instance.type = Text(node, "instanceType");
  instance.zone = Text(node.child("placement"), "availabilityZone");
  instance.root_device = Text(node, "rootDeviceName");
  for (const Node& item : node.child("networkInterfaceSet").children("item")) {
    instance.network_interfaces += item ? 1 : 0;
  }
  for (const Node& item : node.child("blockDeviceMapping").children("item")) {
    instance.block_devices.push_back(
        {Text(item, "deviceName"), Text(item.child("ebs"), "volumeId"), Text(item.child("ebs"), "status")});
  }
  instance.tags = TagsOf(node);
  return instance;
}

Ec2InstanceType InstanceTypeOf(const Node& node) {
  Ec2InstanceType type;
  type.type = Text(node, "instanceType");
  type.hypervisor = Text(node, "hypervisor");
  const Node ebs = node.child("ebsInfo");
  if (const auto limit = Number(ebs, "maximumEbsAttachments")) type.attach_limit = static_cast<int>(*limit);
  type.attach_limit_type = Text(ebs, "attachmentLimitType");
  return type;
}

absl::Status NotXml(const std::string& body, const char* why) {
  return Error(absl::StatusCode::kUnavailable, "the answer is not EC2's XML ({}): \"{}\"", why,
               Printable(std::string_view(body).substr(0, 100)));
}

/// The one element of the document, checked to be whole.
absl::StatusOr<Node> RootOf(pugi::xml_document& document, const std::string& body) {
  const pugi::xml_parse_result parsed = document.load_buffer(body.data(), body.size());
  if (!parsed) return NotXml(body, parsed.description());
  return document.document_element();
}

template <typename T>
absl::StatusOr<Page<T>> ReadPage(const std::string& body, const char* set, T (*read)(const Node&)) {
  pugi::xml_document document;
  ASSIGN_OR_RETURN(const Node root, RootOf(document, body));
  Page<T> page;
  for (const Node& item : root.child(set).children("item")) page.items.push_back(read(item));
  page.next_token = Text(root, "nextToken");
  return page;
}

template <typename T>
absl::StatusOr<T> ReadOne(const std::string& body, T (*read)(const Node&)) {
  pugi::xml_document document;
  ASSIGN_OR_RETURN(const Node root, RootOf(document, body));
  return read(root);
}

/// A page for people, without its tags.
std::string PlainText(const std::string& body) {
  std::string text;
  bool in_tag = false;
  for (const char c : body) {
    if (c == '<') in_tag = true;
    if (!in_tag && (c != '\n' || !text.empty())) text += c == '\n' ? ' ' : c;
    if (c == '>') in_tag = false;
    if (text.size() > 120) break;
  }
  return Printable(text);
}

}  // namespace

Ec2Failure ReadFailure(const std::string& action, int http_status, const std::string& body) {
  Ec2Failure failure;
  failure.action = action;
  failure.http_status = http_status;
  pugi::xml_document document;
  if (document.load_buffer(body.data(), body.size())) {
    const Node root = document.document_element();
    Node error = root.child("Errors").child("Error");  // EC2's
    if (!error) error = root.child("Error");           // other services', and some front ends'
    failure.code = Text(error, "Code");
    failure.message = Text(error, "Message");
    failure.request_id = Text(root, "RequestID");
    if (failure.request_id.empty()) failure.request_id = Text(root, "RequestId");
  }
  if (failure.code.empty()) {
    failure.code = fmt::format("HTTP {}", http_status);
    const std::string text = PlainText(body);
    failure.message = text.empty() ? "an answer without a body" : fmt::format("not EC2's answer: {}", text);
  }
  return failure;
}

absl::Status CheckAnswer(const std::string& action, const std::string& body) {
  pugi::xml_document document;
  absl::StatusOr<Node> root = RootOf(document, body);
  if (!root.ok()) return Annotate(root.status(), action);
  if (action + "Response" == root->name()) return absl::OkStatus();
  return Annotate(NotXml(body, "another element"), action);
}

absl::StatusOr<Page<Ec2Volume>> ReadVolumes(const std::string& body) {
  return ReadPage<Ec2Volume>(body, "volumeSet", &VolumeOf);
}

absl::StatusOr<Page<Ec2Snapshot>> ReadSnapshots(const std::string& body) {
  return ReadPage<Ec2Snapshot>(body, "snapshotSet", &SnapshotOf);
}

absl::StatusOr<Page<Ec2Modification>> ReadModifications(const std::string& body) {
  return ReadPage<Ec2Modification>(body, "volumeModificationSet", &ModificationOf);
}

absl::StatusOr<Page<Ec2InstanceType>> ReadInstanceTypes(const std::string& body) {
  return ReadPage<Ec2InstanceType>(body, "instanceTypeSet", &InstanceTypeOf);
}

absl::StatusOr<Page<Ec2Instance>> ReadInstances(const std::string& body) {
  pugi::xml_document document;
  ASSIGN_OR_RETURN(const Node root, RootOf(document, body));
  Page<Ec2Instance> page;
  for (const Node& reservation : root.child("reservationSet").children("item")) {
    for (const Node& item : reservation.child("instancesSet").children("item")) {
      page.items.push_back(InstanceOf(item));
    }
  }
  page.next_token = Text(root, "nextToken");
  return page;
}

absl::StatusOr<Ec2Volume> ReadCreatedVolume(const std::string& body) {
  return ReadOne<Ec2Volume>(body, &VolumeOf);
}

absl::StatusOr<Ec2Snapshot> ReadCreatedSnapshot(const std::string& body) {
  return ReadOne<Ec2Snapshot>(body, &SnapshotOf);
}

absl::StatusOr<Ec2Attachment> ReadAttachment(const std::string& body) {
  return ReadOne<Ec2Attachment>(body, &AttachmentOf);
}

absl::StatusOr<Ec2Modification> ReadModification(const std::string& body) {
  pugi::xml_document document;
  ASSIGN_OR_RETURN(const Node root, RootOf(document, body));
  return ModificationOf(root.child("volumeModification"));
}

}  // namespace rexray::drivers::ebs
