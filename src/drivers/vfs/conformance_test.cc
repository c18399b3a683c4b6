#include "drivers/conformance/conformance.h"

#include "drivers/conformance/temporary_directory.h"
#include "drivers/vfs/vfs_driver.h"

namespace rexray::drivers::vfs {
namespace {

using conformance::Backend;
using conformance::Conformance;
using conformance::ConformanceParam;
using conformance::NameOfParam;

class VfsBackend final : public Backend {
 public:
  VfsBackend() {
    const absl::Status opened = Reopen();
    EXPECT_TRUE(opened.ok()) << opened;
  }
  StorageDriver& driver() override { return *driver_; }
  absl::Status Reopen() override {
    driver_.reset();
    VfsOptions options;
    options.service = "vfs";
    options.node_id = "this-node";
    options.root = directory_.path() + "/vfs";
    absl::StatusOr<std::unique_ptr<StorageDriver>> opened = OpenVfsDriver(options, {});
    if (opened.ok()) driver_ = *std::move(opened);
    return opened.status();
  }
  uint64_t minimum_size() const override { return 1; }

 private:
  conformance::TemporaryDirectory directory_;
  std::unique_ptr<StorageDriver> driver_;
};

INSTANTIATE_TEST_SUITE_P(Vfs, Conformance,
                         ::testing::Values(ConformanceParam{"Directories", nullptr,
                                                            [] { return std::make_unique<VfsBackend>(); }}),
                         NameOfParam);

}  // namespace
}  // namespace rexray::drivers::vfs
