#include "drivers/ebs/volume_tags.h"

#include <utility>

#include "base/size.h"
#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

constexpr char kOwnPrefix[] = "rexray:";
constexpr size_t kMostTags = 50;
constexpr size_t kLongestKey = 128;
constexpr size_t kLongestValue = 256;

std::string Get(const Ec2Tags& tags, const char* key) {
  const auto found = tags.find(key);
  return found == tags.end() ? "" : found->second;
}

VolumeStatus StatusOf(const std::string& state) {
  if (state == "creating") return VolumeStatus::kCreating;
  if (state == "in-use") return VolumeStatus::kInUse;
  if (state == "deleting" || state == "deleted") return VolumeStatus::kDeleting;
  return state == "error" ? VolumeStatus::kError : VolumeStatus::kAvailable;
}

AttachmentState AttachmentStateOf(const std::string& state) {
  if (state == "attaching") return AttachmentState::kAttaching;
  if (state == "detaching") return AttachmentState::kDetaching;
  return state == "busy" ? AttachmentState::kBusy : AttachmentState::kAttached;
}

std::string Filled(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

}  // namespace

std::string JoinWords(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    for (const char c : word) {
      if (c == ' ' || c == '%') {
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      } else {
        out += c;
      }
    }
  }
  return out;
}

std::vector<std::string> SplitWords(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') {
      words.push_back(std::exchange(word, ""));
    } else if (text.compare(i, 3, "%20") == 0 || text.compare(i, 3, "%25") == 0) {
      word += text[i + 2] == '0' ? ' ' : '%';
      i += 2;
    } else {
      word += text[i];
    }
  }
  if (!text.empty()) words.push_back(word);
  return words;
}

absl::Status CheckTags(const Ec2Tags& tags) {
  if (tags.size() > kMostTags) {
    return Error(absl::StatusCode::kInvalidArgument,
                 "{} tags are more than EC2's {} (the driver's own count)", tags.size(), kMostTags);
  }
  for (const auto& [key, value] : tags) {
    if (!key.empty() && key.size() <= kLongestKey && value.size() <= kLongestValue &&
        key.rfind("aws:", 0) != 0) {
      continue;
    }
    return Error(
        absl::StatusCode::kInvalidArgument,
        "the tag \"{}\" is none that EC2 takes: 1 to {} characters, not beginning with aws:, and at most {} "
        "in its value ({})",
        Printable(key), kLongestKey, kLongestValue, value.size());
  }
  return absl::OkStatus();
}

std::map<std::string, std::string> TagsOfPeople(const Ec2Tags& tags) {
  std::map<std::string, std::string> shown;
  for (const auto& [key, value] : tags) {
    if (key != kNameTag && key.rfind(kOwnPrefix, 0) != 0) shown.emplace(key, value);
  }
  return shown;
}

std::string TagScheme::FullName(const std::string& name) const {
  return options_.tag_prefix.empty() ? name : options_.tag_prefix + "/" + name;
}

std::optional<std::string> TagScheme::ShortName(const std::string& full_name) const {
  if (options_.tag_prefix.empty()) return full_name;
  const std::string prefix = options_.tag_prefix + "/";
  if (full_name.rfind(prefix, 0) != 0) return std::nullopt;
  return full_name.substr(prefix.size());
}

bool TagScheme::IsVisible(const Ec2Tags& tags) const {
  if (!options_.set.empty() && Get(tags, kSetTag) != options_.set) return false;
  return options_.tag_prefix.empty() || ShortName(Get(tags, kNameTag)).has_value();
}

Ec2Tags TagScheme::CommonTags(const std::string& name, const std::string& instance,
                              const std::string& zone) const {
  Ec2Tags tags;
  const std::map<std::string, std::string> values = {
      {"{volume}", name}, {"{service}", options_.service}, {"{instance}", instance}, {"{zone}", zone}};
  for (const auto& [key, value] : options_.tags) tags[key] = Filled(value, values);
  tags[kSetTag] = set_;
  tags[kCreatedByTag] = "rexray";
  return tags;
}

absl::StatusOr<Ec2Tags> TagScheme::NewTags(const CreateSpec& spec, const std::string& instance,
                                           const std::string& zone) const {
  for (const auto& [key, value] : spec.tags) {
    if (key == kNameTag || key == kSetTag || key.rfind(kOwnPrefix, 0) == 0) {
      return Error(absl::StatusCode::kInvalidArgument,
                   "the tag \"{}\" is the driver's own: choose another key", Printable(key));
    }
  }
  Ec2Tags tags = spec.tags;
  tags.merge(CommonTags(spec.name, instance, zone));
  tags[kNameTag] = FullName(spec.name);
  if (spec.fs_type) tags[kFsTypeTag] = *spec.fs_type;
  if (!spec.mkfs_options.empty()) tags[kMkfsOptionsTag] = JoinWords(spec.mkfs_options);
  if (!spec.mount_options.empty()) tags[kMountOptionsTag] = JoinWords(spec.mount_options);
  RETURN_IF_ERROR(CheckTags(tags));
  return tags;
}

Volume TagScheme::ToVolume(const Ec2Volume& ec2) const {
  Volume volume;
  volume.key = {options_.service, ec2.id};
  const std::string full_name = Get(ec2.tags, kNameTag);
  volume.name = ShortName(full_name).value_or(full_name);
  volume.size = ec2.size_gib * kGiB;
  volume.type = ec2.type;
  volume.fs_type = Get(ec2.tags, kFsTypeTag);
  volume.iops = ec2.iops;
  volume.throughput = ec2.throughput;
  volume.zone = ec2.zone;
  volume.encrypted = ec2.encrypted;
  volume.tags = TagsOfPeople(ec2.tags);
  volume.status = StatusOf(ec2.state);
  if (volume.status == VolumeStatus::kError) {
    volume.status_detail = "EC2 could not make it (a KMS key that cannot be used, often)";
  }
  for (const Ec2Attachment& attachment : ec2.attachments) {
    if (attachment.state == "detached") continue;
    volume.attachments.push_back(
        {attachment.instance, AttachmentStateOf(attachment.state), attachment.device});
  }
  volume.created = ec2.created;
  volume.created_by_us = ec2.tags.contains(kCreatedByTag);
  volume.blank = ec2.tags.contains(kBlankTag);
  volume.needs_new_uuid = ec2.tags.contains(kNewUuidTag);
  volume.mkfs_options = SplitWords(Get(ec2.tags, kMkfsOptionsTag));
  volume.mount_options = SplitWords(Get(ec2.tags, kMountOptionsTag));
  return volume;
}

}  // namespace rexray::drivers::ebs
