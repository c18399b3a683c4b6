#pragma once

// The values of admin_api.h as JSON.

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "base/http/message.h"
#include "config/config.h"
#include "engine/event_log.h"
#include "engine/volume_engine.h"
#include "server/json_writer.h"

namespace rexray::server::admin {

http::Response ErrorAnswer(const absl::Status& status);
http::Response EmptyAnswer();
http::Response PathAnswer(const std::string& path);
http::Response VolumeAnswer(const engine::VolumeView& view, TimePoint now);
http::Response CreateAnswer(const engine::CreateResult& result, TimePoint now);
http::Response ConsumersAnswer(const engine::ConsumerReport& report);
http::Response UsageAnswer(const engine::VolumeUsage& usage, TimePoint now);
http::Response SnapshotAnswer(const Snapshot& snapshot);
void WriteSnapshot(const Snapshot& snapshot, JsonWriter& json);
http::Response EventsAnswer(const std::vector<engine::Event>& events, uint64_t after);
http::Response ConfigAnswer(const config::Config& config);

/// 200 with what the writer holds.
http::Response Answer(JsonWriter& json);
void WriteVolume(const engine::VolumeView& view, TimePoint now, JsonWriter& json);
void WriteServiceError(const std::string& service, const absl::Status& status, JsonWriter& json);
void WriteTexts(const std::vector<std::string>& texts, JsonWriter& json);
const char* LevelName(LogLevel level);

}  // namespace rexray::server::admin
