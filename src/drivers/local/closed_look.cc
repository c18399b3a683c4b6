#include "drivers/local/closed_look.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "base/status.h"
#include "drivers/local/catalogue.h"
#include "drivers/local/image_store.h"

namespace rexray::drivers::local {
namespace {

namespace fs = std::filesystem;

/// Gone at the end of its scope.
class CatalogueCopy {
 public:
  CatalogueCopy() : directory_((fs::temp_directory_path() / "rexray-doctor-XXXXXX").string()) {}
  ~CatalogueCopy() {
    std::error_code ignored;
    if (made_) fs::remove_all(directory_, ignored);
  }
  CatalogueCopy(const CatalogueCopy&) = delete;
  CatalogueCopy& operator=(const CatalogueCopy&) = delete;

  std::string path() const { return directory_ + "/catalogue.db"; }

  absl::Status Take(const std::string& from) {
    if (mkdtemp(directory_.data()) == nullptr) return ErrnoError(errno, directory_);  // 0700
    made_ = true;
    for (const char* suffix : {"", "-wal"}) {
      std::error_code error;
      if (*suffix != '\0' && !fs::exists(from + suffix, error)) continue;
      fs::copy_file(from + suffix, path() + suffix, error);
      if (error) return ErrnoError(error.value(), from + suffix);
    }
    return absl::OkStatus();
  }

 private:
  std::string directory_;
  bool made_ = false;
};

absl::StatusOr<std::vector<VolumeRecord>> ReadCatalogue(const std::string& path) {
  CatalogueCopy copy;
  RETURN_IF_ERROR(copy.Take(path));
  ASSIGN_OR_RETURN(const std::unique_ptr<Catalogue> catalogue, Catalogue::Open(copy.path()));
  ASSIGN_OR_RETURN(std::vector<VolumeRecord> records, catalogue->ReadAll());
  ASSIGN_OR_RETURN(std::vector<VolumeRecord> snapshots, catalogue->ReadSnapshots());
  std::move(snapshots.begin(), snapshots.end(), std::back_inserter(records));
  return records;
}

}  // namespace

std::string ImageProblem(const VolumeRecord& record, std::optional<uint64_t> length,
                         const std::string& image) {
  if (!length)
    return fmt::format("its image {} is gone; put it back (then restart), or remove the volume", image);
  if (*length >= record.size) return "";
  return fmt::format("its image {} is cut off: {} bytes of {}; put back a whole one (then restart)", image,
                     *length, record.size);
}

absl::StatusOr<ClosedLook> LookWithoutOpening(const std::string& data_directory) {
  ClosedLook look;
  const std::string catalogue = data_directory + "/catalogue.db";
  const std::string images = data_directory + "/images";
  struct stat info {};
  if (stat(images.c_str(), &info) == 0) {
    look.has_attributes =
        getxattr(images.c_str(), "user.rexray.format", nullptr, 0) >= 0 || errno != EOPNOTSUPP;
  }
  if (stat(catalogue.c_str(), &info) != 0) {
    if (errno != ENOENT) return ErrnoError(errno, catalogue);
    if (look.has_attributes) {
      look.findings.push_back(catalogue + " is not there; the next start rebuilds it from the images");
    }
    return look;
  }
  const absl::StatusOr<std::vector<VolumeRecord>> records = ReadCatalogue(catalogue);
  if (absl::IsDataLoss(records.status())) {
    look.findings.push_back(fmt::format(
        "{} is damaged; the next start moves it aside and rebuilds it from the images", catalogue));
    return look;
  }
  if (!records.ok()) return records.status();
  for (const VolumeRecord& record : *records) {
    if (!IsSnapshotId(record.id)) ++look.volumes;
    const std::string image = fmt::format("{}/{}.img", images, record.id);
    const bool there = lstat(image.c_str(), &info) == 0;
    if (!there && errno != ENOENT) return ErrnoError(errno, image);
    const std::optional<uint64_t> length =
        there ? std::optional<uint64_t>(static_cast<uint64_t>(info.st_size)) : std::nullopt;
    const std::string problem = ImageProblem(record, length, image);
    if (!problem.empty()) look.findings.push_back(fmt::format("volume \"{}\": {}", record.name, problem));
  }
  return look;
}

}  // namespace rexray::drivers::local
