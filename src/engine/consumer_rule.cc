// Which consumer a protocol's mount id stands for (design §3).

#include "engine/consumer_rule.h"

#include <algorithm>

namespace rexray::engine {
namespace {

/// What podman sends for every container; it counts by itself (podman's libpod/plugin, traced with 4.3.1).
constexpr char kPodmanPrefix[] = "2f73349c";
constexpr char kPodmanSuffix[] = "918ec2";
constexpr size_t kDockerIdLength = 64;

bool IsDockerId(const std::string& id) {
  return id.size() == kDockerIdLength && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Consumer ConsumerOfDockerId(const std::string& volume_name, const std::string& id) {
  Consumer consumer;
  consumer.id = id;
  if (id == "dvdcli:" + volume_name) {
    consumer.api = Consumer::Api::kDvdcli;
  } else if (IsDockerId(id) && id.starts_with(kPodmanPrefix) && id.ends_with(kPodmanSuffix)) {
    consumer.api = Consumer::Api::kPodman;
  } else if (IsDockerId(id)) {
    consumer.api = Consumer::Api::kDocker;
    consumer.counted = true;
  } else {
    consumer.api = Consumer::Api::kUnknown;
  }
  return consumer;
}

std::vector<ConsumerRecord> AfterUnmount(std::vector<ConsumerRecord> consumers, const Consumer& consumer,
                                         bool drop_uncounted) {
  std::erase_if(consumers, [&](ConsumerRecord& record) {
    if (record.consumer.api == consumer.api && record.consumer.id == consumer.id) {
      return !record.consumer.counted || --record.count <= 0;
    }
    return drop_uncounted && !record.consumer.counted;
  });
  return consumers;
}

Consumer AdoptedConsumer() {
  return {Consumer::Api::kUnknown, "adopted", false};
}

bool OnlyAdopted(const std::vector<ConsumerRecord>& consumers) {
  return consumers.size() == 1 && consumers.front().consumer == AdoptedConsumer();
}

std::vector<ConsumerRecord> AfterRelease(std::vector<ConsumerRecord> consumers,
                                         const std::string& consumer_id) {
  std::erase_if(consumers, [&](const ConsumerRecord& record) { return record.consumer.id == consumer_id; });
  return consumers;
}

}  // namespace rexray::engine
