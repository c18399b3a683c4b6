#pragma once

// What a volume's tags say, and how an EC2 volume becomes a Volume. All that the driver must remember of a
// volume is in its tags, so that every node sees the same and nothing is lost with a machine.
//
//   Name                  [ebs.tag/]NAME, as REX-Ray wrote it
//   rexraySet             REX-Ray 0.3.3's aws.rexrayTag; "rexray" where none is configured (the IAM policy
//   needs it) rexray:createdBy      made by this program: orchestrators may remove it rexray:blank the blank
//   mark; rexray:newUuid the mark of a copy (volume/volume.h) rexray:fsType, rexray:mkfsOptions,
//   rexray:mountOptions
//
// Fact: Amazon EC2 User Guide, "Tag restrictions": 50 tags, keys up to 128 and values up to 256 characters.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "drivers/ebs/ebs_options.h"
#include "drivers/ebs/ec2_types.h"
#include "volume/volume.h"

namespace rexray::drivers::ebs {

inline constexpr char kNameTag[] = "Name";
inline constexpr char kSetTag[] = "rexraySet";
inline constexpr char kDefaultSet[] = "rexray";
inline constexpr char kCreatedByTag[] = "rexray:createdBy";
inline constexpr char kBlankTag[] = "rexray:blank";
inline constexpr char kNewUuidTag[] = "rexray:newUuid";
inline constexpr char kFsTypeTag[] = "rexray:fsType";
inline constexpr char kMkfsOptionsTag[] = "rexray:mkfsOptions";
inline constexpr char kMountOptionsTag[] = "rexray:mountOptions";

/// How one service names its volumes.
class TagScheme {
 public:
  explicit TagScheme(const EbsOptions& options) : options_(options) {}

  /// "pgdata" -> "prod/pgdata".
  std::string FullName(const std::string& name) const;
  /// nullopt: a name of another namespace.
  std::optional<std::string> ShortName(const std::string& full_name) const;
  const std::string& set() const { return set_; }

  /// Whether this service sees it at all.
  bool IsVisible(const Ec2Tags& tags) const;

  /// Of a new volume, without the marks. InvalidArgument when they do not fit into EC2's tags.
  absl::StatusOr<Ec2Tags> NewTags(const CreateSpec& spec, const std::string& instance,
                                  const std::string& zone) const;
  /// The operator's and the created-by mark, for volumes and snapshots.
  Ec2Tags CommonTags(const std::string& name, const std::string& instance, const std::string& zone) const;

  Volume ToVolume(const Ec2Volume& volume) const;

 private:
  const EbsOptions options_;
  const std::string set_ = options_.set.empty() ? kDefaultSet : options_.set;
};

absl::Status CheckTags(const Ec2Tags& tags);

/// Options as words in one tag: spaces and % are %XX.
std::string JoinWords(const std::vector<std::string>& words);
std::vector<std::string> SplitWords(const std::string& text);

/// People's tags: without the driver's own.
std::map<std::string, std::string> TagsOfPeople(const Ec2Tags& tags);

}  // namespace rexray::drivers::ebs
