// `env`, `config show`, `config check`: read from the files and the environment, without a daemon.

#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "cli/rexray/commands.h"
#include "cli/rexray/terminal_text.h"
#include "cli/rexray/text_table.h"
#include "cli/rexray/volume_loop.h"
#include "nlohmann/json.hpp"

#include "base/status.h"
#include "config/config.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

absl::StatusOr<std::unique_ptr<config::Config>> LoadConfig(const Context& context) {
  config::LoadRequest request = config::RequestFromProcess();
  request.environment = context.environment;
  request.root = context.root;
  const Invocation& asked = context.invocation;
  if (!asked.config_file.empty()) request.file = asked.config_file;
  request.flags = asked.settings;
  if (!asked.log_level.empty()) request.flags["rexray.logLevel"] = asked.log_level;
  if (!asked.preempt.empty()) request.flags["rexray.volume.mount.preempt"] = asked.preempt;
  return config::Load(request);
}

void PrintWarnings(Context& context, const config::Config& config) {
  for (const std::string& warning : config.warnings()) {
    context.console.Err("rexray: warning: " + TerminalSafe(warning) + "\n");
  }
}

/// 0.3.3's flattening: upper case, dots to underscores, nothing else changed.
std::string EnvironmentKey(const std::string& key) {
  std::string out = absl::AsciiStrToUpper(key);
  for (char& c : out) {
    if (c == '.') c = '_';
  }
  return out;
}

const char* KindWord(config::Origin::Kind kind) {
  switch (kind) {
    case config::Origin::Kind::kFile:
      return "file";
    case config::Origin::Kind::kEnvironment:
      return "environment";
    case config::Origin::Kind::kFlag:
      return "flag";
    default:
      return "default";
  }
}

}  // namespace

int ShowEnvironment(Context& context) {
  const auto config = LoadConfig(context);
  if (!config.ok()) return Fail(context.console, config.status());
  for (const config::EffectiveValue& it : (*config)->Effective()) {
    context.console.Out(EnvironmentKey(it.key) + "=" + TerminalSafe(it.value) + "\n");
  }
  PrintWarnings(context, **config);
  return 0;
}

int ShowConfig(Context& context) {
  const auto config = LoadConfig(context);
  if (!config.ok()) return Fail(context.console, config.status());
  Json list = Json::array();
  TextTable table;
  for (const char* header : {"Key", "Value", "From"}) table.AddColumn(header);
  for (const config::EffectiveValue& it : (*config)->Effective()) {
    table.AddRow({it.key, it.value, it.origin.where});
    list.push_back({{"key", it.key},
                    {"value", it.value},
                    {"origin", KindWord(it.origin.kind)},
                    {"where", it.origin.where},
                    {"secret", it.secret}});
  }
  PrintWarnings(context, **config);
  const Format format = context.output.format;
  if (format == Format::kTemplate) return PrintResult(context, ApplyTemplate(context.output, list), 0);
  const bool is_table = format == Format::kTable || format == Format::kOldTable;
  context.console.Out(is_table ? table.Render(context.output.quiet) : Encode(list, format));
  return 0;
}

int CheckConfig(Context& context) {
  const auto config = LoadConfig(context);
  if (!config.ok()) {
    Fail(context.console, config.status());
    return 1;
  }
  PrintWarnings(context, **config);
  if (!(*config)->warnings().empty()) return 1;
  context.console.Out("the configuration is sound\n");
  return 0;
}

}  // namespace rexray::cli
